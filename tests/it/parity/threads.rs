//! Calls every function of `std::thread` but those that park, and every method and trait of its handles, scopes and builder.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::thread`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use super::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use super::sync::mpsc::channel;
use super::sync::{Arc, Barrier};
use super::thread::{self, AccessError, Builder, JoinHandle, LocalKey, Scope, ScopedJoinHandle, Thread, ThreadId};
use crate::parity::panics::{caught, text};

#[test]
fn spawn_and_join_carry_the_value() {
    let number = 4;
    let handle: JoinHandle<String> = thread::spawn(move || "a".repeat(number));
    assert_eq!(handle.join().unwrap(), "aaaa");
    assert_eq!(thread::spawn::<_, u8>(|| 3).join().unwrap(), 3);
}

#[test]
fn join_gives_the_panic_payload_as_it_was_thrown() {
    let result: thread::Result<()> = thread::spawn(|| panic!("in the thread")).join();
    assert_eq!(text(&*result.unwrap_err()), "in the thread");
    let result = thread::spawn(|| panic::panic_any(41_u64)).join();
    assert_eq!(result.unwrap_err().downcast_ref::<u64>(), Some(&41));
    let result = thread::spawn(|| panic::resume_unwind(Box::new('c'))).join();
    assert_eq!(result.unwrap_err().downcast_ref::<char>(), Some(&'c'));
}

#[test]
fn a_handle_knows_its_thread() {
    let (tell, heard) = channel();
    let handle = thread::spawn(move || tell.send(thread::current().id()).unwrap());
    let thread: &Thread = handle.thread();
    let id: ThreadId = thread.id();
    assert_eq!((heard.recv().unwrap(), thread.name()), (id, None));
    assert_ne!(id, thread::current().id());
    handle.join().unwrap();
}

#[test]
fn is_finished_turns_true_when_the_closure_is_done() {
    let (go_on, released) = channel::<()>();
    let handle = thread::spawn(move || released.recv().unwrap());
    assert!(!handle.is_finished());
    go_on.send(()).unwrap();
    while !handle.is_finished() {
        thread::yield_now();
    }
    handle.join().unwrap();
}

#[test]
fn a_detached_thread_goes_on() {
    let (go_on, released) = channel::<()>();
    let (tell, heard) = channel();
    drop(thread::spawn(move || {
        released.recv().unwrap();
        tell.send(5).unwrap();
    }));
    go_on.send(()).unwrap();
    assert_eq!(heard.recv().unwrap(), 5);
}

#[test]
fn what_the_closure_owns_is_dropped_before_join_returns() {
    let owned = Arc::new(());
    let theirs = Arc::clone(&owned);
    thread::spawn(move || drop(theirs)).join().unwrap();
    assert_eq!(Arc::strong_count(&owned), 1);

    let theirs = Arc::clone(&owned);
    let returned = thread::spawn(move || theirs).join().unwrap();
    assert_eq!(Arc::strong_count(&owned), 2);
    drop(returned);

    let theirs = Arc::clone(&owned);
    let result = thread::spawn(move || {
        let _theirs = theirs;
        panic!("with a value in hand");
    })
    .join();
    assert!(result.is_err());
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn a_builder_names_its_thread() {
    let handle = Builder::new()
        .name("worker".to_owned())
        .stack_size(1 << 20)
        .spawn(|| thread::current().name().map(str::to_owned))
        .unwrap();
    assert_eq!(handle.thread().name(), Some("worker"));
    assert_eq!(handle.join().unwrap().as_deref(), Some("worker"));

    let unnamed = Builder::new().spawn(|| thread::current().name().map(str::to_owned)).unwrap();
    assert_eq!(unnamed.thread().name(), None);
    assert_eq!(unnamed.join().unwrap(), None);
}

#[test]
#[cfg(target_os = "linux")]
fn a_builder_gives_its_thread_the_stack_it_asked_for() {
    fn use_stack(depth: usize) -> usize {
        let page = std::hint::black_box([1_u8; 4096]);
        if depth == 0 { usize::from(page[0]) } else { use_stack(depth - 1) + usize::from(page[depth % 4096]) }
    }
    // 4 096 frames of more than 4 KiB need 16 MiB, and the default is 2 MiB.
    let handle = Builder::new().stack_size(64 << 20).spawn(|| use_stack(4095)).unwrap();
    assert_eq!(handle.join().unwrap(), 4096);
}

#[test]
fn a_thread_that_cannot_start_is_an_error_and_drops_its_closure() {
    let owned = Arc::new(());
    let theirs = Arc::clone(&owned);
    let result: io::Result<JoinHandle<()>> = Builder::new().stack_size(usize::MAX / 2).spawn(move || drop(theirs));
    assert!(result.is_err());
    assert_eq!(Arc::strong_count(&owned), 1);

    let result =
        thread::scope(|scope| Builder::new().stack_size(usize::MAX / 2).spawn_scoped(scope, || ()).map(|_| ()));
    assert!(result.is_err(), "and the scope does not wait for it");
}

#[test]
fn a_builder_rejects_a_name_with_a_null_byte() {
    let panic = caught(|| Builder::new().name("a\0b".to_owned()).spawn(|| ()).is_ok());
    assert_eq!(panic.text, "thread name may not contain interior null bytes: NulError(1, [97, 0, 98])");
}

#[test]
fn spawn_unchecked_lets_a_thread_borrow() {
    let values = [1, 2, 3];
    // SAFETY: the thread is joined below, before `values` goes.
    let handle = unsafe { Builder::new().spawn_unchecked(|| values.iter().sum::<i32>()) };
    assert_eq!(handle.unwrap().join().unwrap(), 6);
    assert_eq!(values.len(), 3);
}

#[test]
fn scope_lends_locals_and_returns_the_value() {
    let mut values = vec![1, 2, 3];
    let total = AtomicU32::new(0);
    let answer = thread::scope::<_, &str>(|scope| {
        scope.spawn(|| values.push(4));
        scope.spawn(|| total.fetch_add(5, Ordering::Relaxed));
        "done"
    });
    assert_eq!((answer, values.len(), total.into_inner()), ("done", 4, 5));
}

#[test]
fn scope_waits_for_threads_that_nobody_joined() {
    let done = AtomicBool::new(false);
    let (started, heard) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            started.send(()).unwrap();
            for _ in 0..100 {
                thread::yield_now();
            }
            // ORDERING: Relaxed; the end of the scope orders it before the load below.
            done.store(true, Ordering::Relaxed);
        });
        heard.recv().unwrap();
    });
    assert!(done.load(Ordering::Relaxed));
}

#[test]
fn scoped_threads_spawn_in_their_scope() {
    fn count_down<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        left: u32,
        runs: &'scope AtomicU32,
    ) -> Option<ScopedJoinHandle<'scope, ()>> {
        (left > 0).then(|| {
            scope.spawn(move || {
                runs.fetch_add(1, Ordering::Relaxed);
                count_down(scope, left - 1, runs);
            })
        })
    }
    let runs = AtomicU32::new(0);
    thread::scope(|scope| {
        count_down(scope, 3, &runs).unwrap().join().unwrap();
    });
    assert_eq!(runs.into_inner(), 3);
}

#[test]
fn a_scoped_handle_joins_and_knows_its_thread() {
    thread::scope(|scope| {
        let (go_on, released) = channel::<()>();
        let handle = scope.spawn(move || {
            released.recv().unwrap();
            thread::current().id()
        });
        assert!(!handle.is_finished());
        let id = handle.thread().id();
        assert_eq!(handle.thread().name(), None);
        go_on.send(()).unwrap();
        while !handle.is_finished() {
            thread::yield_now();
        }
        assert_eq!(handle.join().unwrap(), id);
    });
}

#[test]
fn a_joined_panic_in_a_scope_is_an_error_only() {
    let answer = thread::scope(|scope| {
        let handle = scope.spawn(|| panic!("in the scope"));
        text(&*handle.join().unwrap_err())
    });
    assert_eq!(answer, "in the scope");
}

#[test]
fn an_unjoined_panic_in_a_scope_panics_at_its_caller() {
    let panic = caught(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("in the scope"));
        });
    });
    assert_eq!(panic.text, "a scoped thread panicked");
    assert_eq!(panic.place(), (file!(), line!() - 5));
}

#[test]
fn a_panic_of_the_scope_itself_comes_first_and_still_waits() {
    let both = Barrier::new(2);
    let done = AtomicBool::new(false);
    let panic = caught(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                both.wait();
                // ORDERING: Relaxed; the end of the scope orders it before the load below.
                done.store(true, Ordering::Relaxed);
                panic!("in the scope");
            });
            both.wait();
            panic!("of the scope");
        })
    });
    assert_eq!(panic.text, "of the scope");
    assert!(done.load(Ordering::Relaxed));
}

#[test]
fn a_builder_spawns_in_a_scope() {
    let text = String::from("a");
    thread::scope(|scope| {
        let handle: io::Result<ScopedJoinHandle<'_, usize>> =
            Builder::new().name("scoped".to_owned()).stack_size(1 << 20).spawn_scoped(scope, || text.len());
        let handle = handle.unwrap();
        assert_eq!(handle.thread().name(), Some("scoped"));
        assert_eq!(handle.join().unwrap(), 1);
    });
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated functions too")]
#[expect(clippy::disallowed_methods, reason = "it sleeps for no time and orders nothing")]
fn waits_of_no_length_return() {
    thread::sleep(Duration::ZERO);
    thread::sleep_ms(0);
    thread::yield_now();
    assert!(thread::available_parallelism().unwrap().get() >= 1);
}

#[test]
fn panicking_is_true_only_while_unwinding() {
    struct Looks<'a>(&'a Cell<bool>);
    impl Drop for Looks<'_> {
        fn drop(&mut self) {
            self.0.set(thread::panicking());
        }
    }
    let seen = Cell::new(false);
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        let _looks = Looks(&seen);
        panic::resume_unwind(Box::new(()));
    }));
    assert!(result.is_err() && seen.get() && !thread::panicking());
}

#[test]
fn thread_locals_are_each_threads_own() {
    thread_local! {
        static COUNT: Cell<u32> = const { Cell::new(1) };
        static LIST: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    }
    let count: &'static LocalKey<Cell<u32>> = &COUNT;
    count.set(2);
    LIST.with_borrow_mut(|list| list.push(3));
    let theirs = thread::spawn(|| (COUNT.get(), LIST.take())).join().unwrap();
    assert_eq!(theirs, (1, vec![]));
    assert_eq!((count.replace(4), count.take(), LIST.replace(vec![])), (2, 4, vec![3]));
    LIST.set(vec![5]);
    assert_eq!(LIST.with_borrow(Vec::len), 1);
    assert_eq!(count.with(Cell::get), 0);
    let read: Result<u32, AccessError> = count.try_with(Cell::get);
    assert_eq!(read, Ok(0));
}

#[test]
fn a_thread_local_may_outlive_the_closure_of_its_thread() {
    struct Tells(super::sync::mpsc::Sender<&'static str>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send("destructor").unwrap();
        }
    }
    thread_local! {
        static LAST: RefCell<Option<Tells>> = const { RefCell::new(None) };
    }
    let (tell, heard) = channel();
    let handle = thread::spawn(move || {
        tell.send("closure").unwrap();
        LAST.set(Some(Tells(tell)));
    });
    handle.join().unwrap();
    assert_eq!(heard.iter().collect::<Vec<_>>(), ["closure", "destructor"]);
}

#[test]
fn debug_is_stds() {
    let handle = thread::spawn(|| ());
    assert_eq!(format!("{handle:?} {handle:#?}"), "JoinHandle { .. } JoinHandle { .. }");
    handle.join().unwrap();
    let builder = Builder::new();
    assert_eq!(format!("{builder:?}"), "Builder { name: None, stack_size: None, no_hooks: false }");
    let builder = builder.name("a".to_owned()).stack_size(9);
    assert_eq!(format!("{builder:?}"), r#"Builder { name: Some("a"), stack_size: Some(9), no_hooks: false }"#);
    thread::scope(|scope| {
        let me = thread::current();
        let idle = format!("Scope {{ num_running_threads: 0, a_thread_panicked: false, main_thread: {me:?}, .. }}");
        assert_eq!(format!("{scope:?}"), idle);
        let (go_on, released) = channel::<()>();
        let handle = scope.spawn(move || released.recv().unwrap());
        assert_eq!(format!("{handle:?}"), "ScopedJoinHandle { .. }");
        assert_eq!(format!("{scope:?}"), idle.replace("threads: 0", "threads: 1"));
        go_on.send(()).unwrap();
        handle.join().unwrap();
    });
}

#[test]
#[cfg(unix)]
fn a_handle_gives_its_pthread() {
    use std::os::unix::thread::JoinHandleExt;
    let (go_on, released) = channel::<()>();
    let handle = thread::spawn(move || released.recv().unwrap());
    let other = thread::spawn(|| ());
    assert_ne!(handle.as_pthread_t(), other.as_pthread_t());
    let pthread = handle.as_pthread_t();
    assert_eq!(handle.into_pthread_t(), pthread);
    go_on.send(()).unwrap();
    other.join().unwrap();
}
