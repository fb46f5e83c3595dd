//! `process::Lock` and `process::RLock`: one body for every backend, and what the checked one finds.
//!
//! Must not know: how a file is locked.
//! INVARIANT: nothing is ordered by a pause: processes say through pipes how far they are.

#[cfg(feature = "engine")]
mod found;
mod peer;

use std::fs::File;
use std::path::{Path, PathBuf};

/// Returns an empty folder for the locks of one test. Its peers must not call this.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("processes").join(name);
    drop(std::fs::remove_dir_all(&path));
    std::fs::create_dir_all(&path).expect("the folder for tests can be written");
    path
}

/// The path of a test's only lock; its peers have the same.
fn path_of(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("processes").join(name);
    std::fs::create_dir_all(&folder).expect("the folder for tests can be written");
    folder.join("a.lock")
}

/// Asks the system, as another program would.
fn is_locked(path: &Path) -> bool {
    File::open(path).expect("it is there").try_lock().is_err()
}

/// The claims, over a path that has `process` and `thread`.
macro_rules! claims {
    ($backend:ident, $($root:ident)::+) => {
        mod $backend {
            use super::peer::{peer, say, wait};
            #[cfg(unix)]
            use super::peer::{exit, fork};
            use super::{folder, is_locked, path_of};
            use $($root)::+::process::{Lock, RLock};
            use $($root)::+::thread;
            use std::fs::{self, TryLockError};
            use std::io::ErrorKind;
            use std::path::{Path, PathBuf};
            use std::sync::Barrier;
            use std::sync::atomic::{AtomicUsize, Ordering};
            use std::time::Duration;

            const MOMENT: Duration = Duration::from_millis(1);
            const LONG: Duration = Duration::from_secs(60);

            fn lock_of(name: &str) -> PathBuf {
                path_of(&format!("{}_{name}", stringify!($backend)))
            }

            #[track_caller]
            fn open(path: &Path) -> Lock {
                Lock::open(path).expect("it can be opened")
            }

            /// Asks from a thread that holds nothing.
            fn is_free(lock: &Lock) -> bool {
                thread::scope(|scope| scope.spawn(|| lock.try_lock().is_ok()).join().unwrap())
            }

            #[test]
            fn another_process_is_kept_out_until_the_lock_is_given_back() {
                let path = lock_of("kept_out");
                let mut peer = peer(&[], || {
                    let guard = open(&path).lock().unwrap();
                    say("locked");
                    wait();
                    drop(guard);
                    say("free");
                    wait();
                });
                peer.says("locked");
                let lock = open(&path);
                assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
                peer.go_on();
                peer.says("free");
                assert!(lock.try_lock().is_ok());
            }

            #[test]
            fn a_process_that_waits_is_let_in() {
                let path = lock_of("let_in");
                let mut peer = peer(&[], || {
                    wait();
                    say("waits");
                    let _guard = open(&path).lock().unwrap();
                    say("is in");
                });
                let guard = open(&path).lock().unwrap();
                peer.go_on();
                peer.says("waits");
                drop(guard);
                peer.says("is in");
            }

            #[test]
            fn no_increment_is_lost_between_threads_and_processes() {
                const EACH: usize = 50;
                let path = lock_of("increments");
                let counter = path.with_extension("count");
                let work = || {
                    let lock = open(&path);
                    for _ in 0..EACH {
                        let _guard = lock.lock().unwrap();
                        let count: usize = fs::read_to_string(&counter).unwrap().parse().unwrap();
                        fs::write(&counter, (count + 1).to_string()).unwrap();
                    }
                };
                let mut peer = peer(&[], || {
                    say("ready");
                    wait();
                    work();
                });
                peer.says("ready");
                fs::write(&counter, "0").unwrap();
                peer.go_on();
                thread::scope(|scope| {
                    scope.spawn(work);
                    work();
                });
                peer.says("ended");
                assert_eq!(fs::read_to_string(&counter).unwrap(), (3 * EACH).to_string());
            }

            #[test]
            fn a_killed_process_gives_its_lock_back_and_its_note_is_not_believed() {
                let path = lock_of("killed");
                let mut peer = peer(&[], || {
                    let _guard = open(&path).lock().unwrap();
                    say("locked");
                    wait();
                });
                peer.says("locked");
                let lock = open(&path);
                assert_eq!(lock.holder().expect("it left a note").pid, peer.pid());
                peer.kill();
                assert_eq!(lock.holder(), None);
                let mut note = path.clone().into_os_string();
                note.push(".holder");
                assert!(fs::exists(&note).unwrap(), "nobody could remove it");
                drop(lock.lock_timeout(LONG).expect("the system gave it back"));
                assert!(!fs::exists(&note).unwrap());
            }

            #[test]
            fn a_note_of_a_process_that_lives_is_not_believed_while_the_lock_is_free() {
                let path = lock_of("stale");
                let peer = peer(&[], || {
                    let _guard = open(&path).lock().unwrap();
                    let mut note = path.clone().into_os_string();
                    note.push(".holder");
                    fs::copy(&note, path.with_extension("copy")).unwrap();
                    say("locked");
                    wait();
                });
                peer.says("locked");
                let lock = open(&path);
                let holder = lock.holder();
                assert_eq!(holder.expect("it left a note").pid, peer.pid());
                let other = open(&path.with_extension("other"));
                let mut note = other.path().as_os_str().to_owned();
                note.push(".holder");
                fs::copy(path.with_extension("copy"), &note).unwrap();
                assert_eq!(other.holder(), None);
                fs::remove_file(&note).unwrap();
            }

            #[test]
            fn a_timeout_names_the_holder_if_it_is_known() {
                let path = lock_of("named");
                let peer = peer(&[], || {
                    let lock = open(&path);
                    let hold = move || {
                        let _guard = lock.lock().unwrap();
                        say("locked");
                        wait();
                    };
                    thread::Builder::new().name("writer".to_owned()).spawn(hold).unwrap().join().unwrap();
                });
                peer.says("locked");
                let lock = open(&path);
                let error = lock.lock_timeout(MOMENT).expect_err("somebody has it");
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                let text = error.to_string();
                let said = format!("{} is still locked after 1ms, held by process {} (", lock.path().display(), peer.pid());
                assert!(text.starts_with(&said), "{text}");
                assert!(text.contains("), thread 'writer', at tests/it/processes/mod.rs:"), "{text}");
                let mut note = lock.path().as_os_str().to_owned();
                note.push(".holder");
                fs::remove_file(&note).unwrap();
                let text = lock.lock_timeout(MOMENT).expect_err("somebody has it").to_string();
                assert!(text.ends_with("after 1ms, by whom is not known: there is no note beside it"), "{text}");
            }

            #[test]
            fn a_free_lock_is_taken_in_no_time_and_a_thread_that_holds_one_is_named() {
                let lock = open(&lock_of("no_time"));
                let guard = lock.lock_timeout(Duration::ZERO).expect("it is free");
                let error = thread::scope(|scope| scope.spawn(|| lock.lock_timeout(MOMENT).map(drop)).join().unwrap());
                let text = error.expect_err("this thread has it").to_string();
                assert!(text.contains(&format!("held by process {} (", std::process::id())), "{text}");
                drop(guard);
                assert!(is_free(&lock));
            }

            #[test]
            fn a_wait_with_a_limit_ends_when_the_lock_is_given_back() {
                let path = lock_of("limit");
                let mut peer = peer(&[], || {
                    wait();
                    say("waits");
                    drop(open(&path).lock_timeout(LONG).unwrap());
                });
                let lock = open(&path);
                let guard = lock.lock().unwrap();
                peer.go_on();
                peer.says("waits");
                let asks = Barrier::new(2);
                thread::scope(|scope| {
                    let other = scope.spawn(|| {
                        asks.wait();
                        lock.lock_timeout(LONG).map(drop)
                    });
                    asks.wait();
                    drop(guard);
                    other.join().unwrap().expect("it was given back");
                });
                peer.says("ended");
            }

            #[test]
            fn threads_exclude_each_other_through_one_object_and_through_two() {
                const EACH: usize = 200;
                let path = lock_of("threads");
                let (count, shared) = (AtomicUsize::new(0), open(&path));
                let work = |lock: &Lock| {
                    for _ in 0..EACH {
                        let _guard = lock.lock().unwrap();
                        // Not one step, so that only the lock keeps it whole.
                        let read = count.load(Ordering::Relaxed);
                        count.store(read + 1, Ordering::Relaxed);
                    }
                };
                thread::scope(|scope| {
                    scope.spawn(|| work(&shared));
                    scope.spawn(|| work(&shared));
                    scope.spawn(|| work(&open(&path)));
                });
                assert_eq!(count.into_inner(), 3 * EACH);
            }

            #[cfg(unix)]
            #[test]
            fn a_path_is_one_lock_however_it_is_spelled_and_another_path_is_another() {
                let folder = folder(concat!(stringify!($backend), "_spelled"));
                let lock = open(&folder.join("a.lock"));
                std::os::unix::fs::symlink("a.lock", folder.join("link")).unwrap();
                fs::create_dir(folder.join("sub")).unwrap();
                let guard = lock.lock().unwrap();
                for same in ["link", "sub/../a.lock", "./a.lock"].map(|path| open(&folder.join(path))) {
                    assert_eq!(same.path(), lock.path());
                    assert!(!is_free(&same), "{same:?}");
                }
                assert!(is_free(&open(&folder.join("b.lock"))));
                drop(guard);
                assert!(is_free(&open(&folder.join("link"))));
            }

            #[test]
            fn a_level_more_is_for_the_thread_that_holds_some_through_any_object() {
                let path = lock_of("levels");
                let [lock, same] = [&path, &path].map(|path| RLock::open(path).unwrap());
                let is_free = || thread::scope(|scope| scope.spawn(|| same.try_lock().is_ok()).join().unwrap());
                let guards = [lock.lock().unwrap(), same.lock().unwrap(), lock.try_lock().unwrap()];
                let more = same.lock_timeout(Duration::ZERO).unwrap();
                assert_eq!((lock.count(), same.count()), (4, 4));
                let theirs = thread::scope(|scope| scope.spawn(|| lock.count()).join().unwrap());
                assert!(theirs == 0 && !is_free());
                drop(guards);
                assert!(lock.count() == 1 && !is_free());
                drop(more);
                assert!(lock.count() == 0 && is_free());
            }

            #[test]
            fn an_rlock_keeps_other_processes_out_until_its_last_level_ends() {
                let path = lock_of("last_level");
                let mut peer = peer(&[], || {
                    let lock = RLock::open(&path).unwrap();
                    let levels = (lock.lock().unwrap(), lock.lock().unwrap());
                    say("twice");
                    wait();
                    drop(levels.0);
                    say("once");
                    wait();
                    drop(levels.1);
                    say("free");
                    wait();
                });
                peer.says("twice");
                let lock = RLock::open(&path).unwrap();
                assert!(lock.try_lock().is_err());
                peer.go_on();
                peer.says("once");
                assert!(lock.try_lock().is_err());
                peer.go_on();
                peer.says("free");
                assert!(lock.try_lock().is_ok());
            }

            #[test]
            fn a_lock_on_the_path_of_an_rlock_knows_of_no_levels() {
                let path = lock_of("mixed");
                let (lock, again) = (open(&path), RLock::open(&path).unwrap());
                let guard = lock.lock().unwrap();
                assert!(again.try_lock().is_err() && again.count() == 0);
                drop(guard);
                let _guard = again.lock().unwrap();
                assert!(lock.try_lock().is_err());
                assert!(again.try_lock().is_ok());
            }

            #[test]
            fn a_limited_wait_for_oneself_is_an_error_at_once() {
                let lock = open(&lock_of("oneself"));
                let guard = lock.lock().unwrap();
                assert_eq!(lock.lock_timeout(LONG).unwrap_err().kind(), ErrorKind::Deadlock);
                drop(guard);
                assert!(lock.lock_timeout(LONG).is_ok());
            }

            #[test]
            fn a_missing_folder_is_named_and_a_missing_file_is_made() {
                let folder = folder(concat!(stringify!($backend), "_missing"));
                let error = Lock::open(folder.join("none/a.lock")).expect_err("there is no folder");
                assert_eq!(error.kind(), ErrorKind::NotFound);
                let none = folder.join("none");
                assert_eq!(error.to_string(), format!("{}/a.lock: there is no folder {0}", none.display()));
                let text = Lock::open(&folder).expect_err("it is a folder").to_string();
                assert!(text.starts_with(&format!("{}: ", folder.display())), "{text}");
                drop(open(&folder.join("a.lock")));
                assert_eq!(fs::read(folder.join("a.lock")).unwrap(), b"");
            }

            #[test]
            fn a_note_that_cannot_be_written_costs_its_explanation_and_nothing_else() {
                let path = lock_of("no_note");
                let peer = peer(&[], || {
                    let mut note = path.clone().into_os_string();
                    note.push(".holder");
                    // Where a folder is, no file can be put.
                    fs::create_dir_all(Path::new(&note).join("full")).unwrap();
                    let lock = open(&path);
                    let _guard = lock.lock().unwrap();
                    assert_eq!(lock.holder().expect("it is this one").pid, std::process::id());
                    say("locked");
                    wait();
                });
                peer.says("locked");
                let lock = open(&path);
                assert!(lock.try_lock().is_err());
                assert_eq!(lock.holder(), None);
            }

            #[test]
            fn a_forgotten_guard_holds_the_lock_and_a_dropped_one_does_not() {
                let path = lock_of("forgotten");
                let mut peer = peer(&[], || {
                    drop(open(&path).lock().unwrap());
                    say("dropped");
                    wait();
                    std::mem::forget(open(&path).lock().unwrap());
                    say("forgotten");
                    wait();
                });
                peer.says("dropped");
                drop(open(&path).try_lock().expect("it is free"));
                peer.go_on();
                peer.says("forgotten");
                assert!(open(&path).try_lock().is_err());
            }

            #[cfg(unix)]
            #[test]
            fn a_forked_child_holds_nothing_and_takes_nothing_away() {
                let path = lock_of("forked");
                let mut peer = peer(&[], || {
                    let lock = open(&path);
                    let guard = lock.lock().unwrap();
                    let Some(child) = fork() else {
                        let is_kept_out = lock.try_lock().is_err();
                        drop(guard);
                        exit(is_kept_out && lock.try_lock().is_err());
                    };
                    assert!(child.succeeds(), "it was not kept out");
                    say("locked");
                    wait();
                    drop(guard);
                    assert!(lock.try_lock().is_ok());
                });
                peer.says("locked");
                assert!(open(&path).try_lock().is_err(), "the child's copy of the guard gave it back");
                peer.go_on();
                peer.says("ended");
            }

            #[cfg(unix)]
            #[test]
            fn a_copied_guard_does_not_give_back_what_the_forked_child_has_taken_itself() {
                let path = lock_of("copied");
                let peer = peer(&[], || {
                    let lock = open(&path);
                    let guard = lock.lock().unwrap();
                    let Some(child) = fork() else {
                        let own = lock.lock().unwrap();
                        drop(guard);
                        let is_kept = is_locked(&path);
                        drop(own);
                        exit(is_kept && !is_locked(&path));
                    };
                    drop(guard);
                    assert!(child.succeeds(), "it lost its lock, or has it still");
                });
                peer.says("ended");
            }

            #[cfg(unix)]
            #[test]
            fn a_holder_that_is_gone_is_not_named_while_its_forked_child_keeps_the_file() {
                let path = lock_of("kept");
                let mut peer = peer(&[], || {
                    let _guard = open(&path).lock().unwrap();
                    let child = fork();
                    if child.is_some() {
                        say("locked");
                    }
                    // Both do, until nobody can let them go on.
                    wait();
                    exit(true);
                });
                peer.says("locked");
                let lock = open(&path);
                assert!(lock.holder().is_some());
                peer.kill();
                assert!(is_locked(&path), "the child has it open");
                assert_eq!(lock.holder(), None);
                drop(peer);
                drop(lock.lock_timeout(LONG).expect("the child has ended"));
            }
        }
    };
}

claims!(plain, gordian::plain);
#[cfg(feature = "engine")]
claims!(checked, gordian::checked);

/// A second request waits for its own thread: plain mode says so in an error, checked mode in a finding.
#[test]
fn a_plain_lock_that_is_requested_again_is_an_error_and_no_hang() {
    let lock = gordian::plain::process::Lock::open(path_of("plain_again")).unwrap();
    let guard = lock.lock().unwrap();
    assert_eq!(lock.lock().unwrap_err().kind(), std::io::ErrorKind::Deadlock);
    drop(guard);
    assert!(lock.lock().is_ok());
}
