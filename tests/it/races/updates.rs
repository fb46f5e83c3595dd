//! Updates that are lost, and writes that only look like it.

use super::{found, is_quiet, turn};
use gordian::checked::cell::Shared;
use gordian::checked::sync::Mutex;
use gordian::checked::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use gordian::checked::sync::mpsc::channel;
use gordian::checked::thread;
use gordian::{Lint, Report};

/// One thread does `first`, another one then `between`, and the first one `last`; nothing that gordian sees orders them.
fn in_between(first: impl FnOnce() + Send, between: impl FnOnce() + Send, last: impl FnOnce() + Send) {
    let ((begun, go), (done, end)) = (turn(), turn());
    thread::scope(|scope| {
        scope.spawn(move || {
            first();
            begun.send(()).unwrap();
            end.recv().unwrap();
            last();
        });
        scope.spawn(move || {
            go.recv().unwrap();
            between();
            done.send(()).unwrap();
        });
    });
}

#[track_caller]
fn loses(program: impl FnOnce()) -> Report {
    let mut found = found(program);
    assert_eq!(found.iter().map(|report| report.lint).collect::<Vec<_>>(), [Lint::LostUpdate.name()]);
    found.remove(0)
}

fn values(report: &Report) -> Vec<Option<&str>> {
    report.sides.iter().map(|side| side.value.as_deref()).collect()
}

#[test]
fn a_change_between_a_read_and_a_write_of_it_is_lost() {
    let hits = AtomicU64::new(5);
    let add = || hits.store(6, SeqCst);
    let report = loses(|| in_between(|| assert_eq!(hits.load(SeqCst), 5), add, add));
    assert_eq!(values(&report), [Some("5"), Some("6"), Some("6")]);
    let threads: Vec<u32> = report.sides.iter().map(|side| side.thread.number).collect();
    assert!(threads[0] == threads[2] && threads[0] != threads[1], "{threads:?}");
    let deeds: Vec<_> = report.sides.iter().map(|side| side.wants.as_ref().unwrap().deed).collect();
    assert_eq!(deeds, ["read", "write", "write"]);
}

#[test]
fn an_addition_in_between_is_lost_too() {
    let hits = AtomicU64::new(0);
    let report = loses(|| {
        in_between(
            || {
                hits.load(SeqCst);
            },
            || {
                hits.fetch_add(7, SeqCst);
            },
            || hits.store(1, SeqCst),
        )
    });
    assert_eq!(values(&report), [Some("0"), Some("7"), Some("1")]);
    assert_eq!(report.sides[1].wants.as_ref().unwrap().deed, "update");
}

#[test]
fn read_modify_writes_lose_nothing() {
    let hits = AtomicU64::new(0);
    let add = || {
        hits.fetch_add(1, SeqCst);
    };
    is_quiet(|| {
        in_between(
            || {
                hits.load(SeqCst);
            },
            add,
            add,
        )
    });
    is_quiet(|| {
        in_between(
            || {
                hits.load(SeqCst);
            },
            add,
            || {
                hits.swap(1, SeqCst);
            },
        )
    });
}

#[test]
fn an_exchange_that_fails_and_tries_again_loses_nothing() {
    let hits = AtomicU64::new(0);
    is_quiet(|| {
        let add = || {
            hits.fetch_add(1, SeqCst);
        };
        in_between(add, add, || {
            let mut seen = 0;
            while let Err(now) = hits.compare_exchange(seen, seen + 1, SeqCst, SeqCst) {
                seen = now;
            }
        });
    });
    assert_eq!(hits.into_inner(), 3);
}

#[test]
fn a_write_without_a_read_loses_nothing() {
    let hits = AtomicU64::new(0);
    is_quiet(|| in_between(|| (), || hits.store(1, SeqCst), || hits.store(2, SeqCst)));
}

#[test]
fn a_second_look_before_the_write_makes_it_good() {
    let hits = AtomicU64::new(0);
    let add = || hits.store(hits.load(SeqCst) + 1, SeqCst);
    is_quiet(|| {
        in_between(
            || {
                hits.load(SeqCst);
            },
            add,
            add,
        )
    });
}

#[test]
fn one_writer_alone_loses_nothing() {
    let hits = AtomicU64::new(0);
    let add = || hits.store(hits.load(SeqCst) + 1, SeqCst);
    is_quiet(|| {
        in_between(
            add,
            || {
                hits.load(SeqCst);
            },
            add,
        )
    });
}

#[test]
fn a_write_that_follows_a_message_is_based_on_that() {
    let hits = AtomicU64::new(0);
    is_quiet(|| {
        let (sender, receiver) = channel();
        let hits = &hits;
        in_between(
            || {
                hits.load(SeqCst);
            },
            || {
                hits.store(1, SeqCst);
                sender.send(()).unwrap();
            },
            move || {
                receiver.recv().unwrap();
                hits.store(2, SeqCst);
            },
        );
    });
}

#[test]
fn a_flag_that_both_set_is_set() {
    let flag = AtomicBool::new(false);
    let set = || flag.store(true, SeqCst);
    is_quiet(|| {
        in_between(
            || {
                flag.load(SeqCst);
            },
            set,
            set,
        )
    });
    let flag = AtomicBool::new(false);
    let report = loses(|| {
        in_between(
            || {
                flag.load(SeqCst);
            },
            || flag.store(true, SeqCst),
            || flag.store(false, SeqCst),
        )
    });
    assert_eq!(values(&report), [Some("false"), Some("true"), Some("false")]);
}

#[test]
fn a_look_by_debug_is_no_read() {
    let hits = AtomicU64::new(0);
    is_quiet(|| in_between(|| drop(format!("{hits:?}")), || hits.store(1, SeqCst), || hits.store(2, SeqCst)));
}

#[test]
fn a_lock_around_each_access_does_not_help() {
    let (hits, mutex) = (Shared::new(0_u64), Mutex::new(()));
    let set = |value| {
        let _held = mutex.lock();
        hits.set(value);
    };
    let get = || {
        let _held = mutex.lock();
        hits.get();
    };
    let report = loses(|| in_between(get, || set(1), || set(1)));
    assert_eq!(values(&report), [Some("0"), Some("1"), Some("1")]);
}

#[test]
fn a_lock_around_both_accesses_does() {
    let (hits, mutex) = (Shared::new(0_u64), Mutex::new(()));
    is_quiet(|| {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let _held = mutex.lock();
                        hits.update(|count| count + 1);
                    }
                });
            }
        });
    });
    assert_eq!(hits.get(), 60);
}

#[test]
fn what_a_shared_cell_had_before_is_known_by_its_number_and_not_by_its_value() {
    let (price, mutex) = (Shared::new([1.5_f64; 3]), Mutex::new(()));
    let set = || {
        let _held = mutex.lock();
        price.set([1.5; 3]);
    };
    let get = || {
        let _held = mutex.lock();
        price.get();
    };
    let report = loses(|| in_between(get, set, set));
    assert_eq!(values(&report), [None, None, None]);
}
