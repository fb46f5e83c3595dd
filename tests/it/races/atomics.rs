//! Atomics order by their orderings, and not by their values.

use super::{Cell, is_quiet, lints, turn};
use gordian::Lint;
use gordian::checked::sync::atomic::{AtomicU64, Ordering, fence};
use gordian::checked::thread;

/// One thread writes a cell and then does `release`; another one then does `acquire` and writes it too. Returns whether
/// that is a race.
fn is_race(release: impl FnOnce(&AtomicU64) + Send, acquire: impl FnOnce(&AtomicU64) + Send) -> bool {
    let (cell, flag) = (Cell::new(), AtomicU64::new(0));
    let found = lints(|| {
        let (done, go) = turn();
        let (cell, flag) = (&cell, &flag);
        thread::scope(|scope| {
            scope.spawn(move || {
                cell.write();
                release(flag);
                done.send(()).unwrap();
            });
            scope.spawn(move || {
                go.recv().unwrap();
                acquire(flag);
                cell.write();
            });
        });
    });
    assert!(found.iter().all(|&lint| lint == Lint::DataRace.name()), "{found:?}");
    !found.is_empty()
}

use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

#[test]
fn a_store_that_releases_orders_a_load_that_acquires() {
    for (store, load, races) in [
        (Release, Acquire, false),
        (SeqCst, SeqCst, false),
        (Release, SeqCst, false),
        (Relaxed, Acquire, true),
        (Release, Relaxed, true),
        (Relaxed, Relaxed, true),
    ] {
        let found = is_race(|flag| flag.store(1, store), |flag| assert_eq!(flag.load(load), 1));
        assert_eq!(found, races, "{store:?} {load:?}");
    }
}

#[test]
fn read_modify_writes_order_by_their_two_halves() {
    for (first, then, races) in [
        (AcqRel, AcqRel, false),
        (Release, Acquire, false),
        (SeqCst, SeqCst, false),
        (Acquire, Acquire, true),
        (Release, Release, true),
        (Relaxed, Relaxed, true),
    ] {
        let add = |order| {
            move |flag: &AtomicU64| {
                flag.fetch_add(1, order);
            }
        };
        assert_eq!(is_race(add(first), add(then)), races, "{first:?} {then:?}");
        let swap = |order| {
            move |flag: &AtomicU64| {
                flag.swap(1, order);
            }
        };
        assert_eq!(is_race(swap(first), swap(then)), races, "{first:?} {then:?}");
    }
}

#[test]
fn an_exchange_orders_by_the_ordering_of_its_outcome() {
    let release = |flag: &AtomicU64| flag.store(1, Release);
    let exchange = |expected, success, failure| {
        move |flag: &AtomicU64| {
            let _ = flag.compare_exchange(expected, 2, success, failure);
        }
    };
    assert!(!is_race(release, exchange(1, Acquire, Relaxed)));
    assert!(is_race(release, exchange(1, Relaxed, Acquire)));
    assert!(!is_race(release, exchange(7, Relaxed, Acquire)));
    assert!(is_race(release, exchange(7, Acquire, Relaxed)));
}

#[test]
fn an_update_in_a_loop_orders_as_an_exchange() {
    let update = |set, fetch| {
        move |flag: &AtomicU64| {
            let _ = flag.fetch_update(set, fetch, |value| Some(value + 1));
        }
    };
    assert!(!is_race(update(Release, Relaxed), update(Acquire, Relaxed)));
    assert!(is_race(update(Relaxed, Relaxed), update(Relaxed, Relaxed)));
}

#[test]
fn a_read_modify_write_goes_on_with_what_was_released() {
    let found = is_race(
        |flag| {
            flag.store(1, Release);
            flag.fetch_add(1, Relaxed);
        },
        |flag| assert_eq!(flag.load(Acquire), 2),
    );
    assert!(!found);
}

#[test]
fn fences_order_through_relaxed_accesses() {
    let store = |flag: &AtomicU64| flag.store(1, Relaxed);
    let load = |flag: &AtomicU64| assert_eq!(flag.load(Relaxed), 1);
    for (releasing, acquiring) in [(Release, Acquire), (AcqRel, AcqRel), (SeqCst, SeqCst)] {
        let found = is_race(
            |flag| {
                fence(releasing);
                store(flag);
            },
            |flag| {
                load(flag);
                fence(acquiring);
            },
        );
        assert!(!found, "{releasing:?} {acquiring:?}");
    }
    let found = is_race(
        |flag| {
            fence(Release);
            store(flag);
        },
        load,
    );
    assert!(found, "nothing acquires");
    let found = is_race(store, |flag| {
        load(flag);
        fence(Acquire);
    });
    assert!(found, "nothing releases");
}

#[test]
fn fences_order_only_what_is_on_their_right_side() {
    let found = is_race(
        |flag| {
            flag.store(1, Relaxed);
            fence(Release);
        },
        |flag| {
            assert_eq!(flag.load(Relaxed), 1);
            fence(Acquire);
        },
    );
    assert!(found, "the store is before the fence");
    let found = is_race(
        |flag| {
            fence(Release);
            flag.store(1, Relaxed);
        },
        |flag| {
            fence(Acquire);
            assert_eq!(flag.load(Relaxed), 1);
        },
    );
    assert!(found, "the load is after the fence");
}

#[test]
fn a_releasing_fence_covers_what_was_before_it_only() {
    let (cell, flag) = (Cell::new(), AtomicU64::new(0));
    let found = lints(|| {
        let (done, go) = turn();
        let (cell, flag) = (&cell, &flag);
        thread::scope(|scope| {
            scope.spawn(move || {
                cell.read();
                fence(Release);
                cell.write();
                flag.store(1, Relaxed);
                done.send(()).unwrap();
            });
            go.recv().unwrap();
            flag.load(Acquire);
            cell.write();
        });
    });
    assert_eq!(found, [Lint::DataRace.name()]);
}

#[test]
fn two_atomics_do_not_order_for_each_other() {
    let (cell, flags) = (Cell::new(), [AtomicU64::new(0), AtomicU64::new(0)]);
    let found = lints(|| {
        let (done, go) = turn();
        let (cell, [mine, theirs]) = (&cell, &flags);
        thread::scope(|scope| {
            scope.spawn(move || {
                cell.write();
                theirs.store(1, Release);
                done.send(()).unwrap();
            });
            go.recv().unwrap();
            mine.load(Acquire);
            cell.write();
        });
    });
    assert_eq!(found, [Lint::DataRace.name()]);
}

#[test]
fn a_spin_lock_of_ones_own_orders() {
    let (cell, lock) = (Cell::new(), AtomicU64::new(0));
    is_quiet(|| {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        while lock.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {
                            std::thread::yield_now();
                        }
                        cell.write();
                        lock.store(0, Release);
                    }
                });
            }
        });
    });
    assert_eq!(cell.read(), 150);
}

/// One thread writes a cell and releases it by one flag; another one passes that on to a third by `pass`, from the first
/// flag to the second. Returns whether what the third one writes then is a race.
fn is_race_after(pass: impl FnOnce(&AtomicU64, &AtomicU64) + Send) -> bool {
    let (cell, flags) = (Cell::new(), [AtomicU64::new(0), AtomicU64::new(0)]);
    let found = lints(|| {
        let ((done, go), (passed, end)) = (turn(), turn());
        let (cell, [first, second]) = (&cell, &flags);
        thread::scope(|scope| {
            scope.spawn(move || {
                cell.write();
                first.store(1, Release);
                done.send(()).unwrap();
            });
            scope.spawn(move || {
                go.recv().unwrap();
                pass(first, second);
                passed.send(()).unwrap();
            });
            end.recv().unwrap();
            assert_eq!(second.load(Acquire), 1);
            cell.write();
        });
    });
    assert!(found.iter().all(|&lint| lint == Lint::DataRace.name()), "{found:?}");
    !found.is_empty()
}

#[test]
fn one_fence_passes_on_what_it_acquires() {
    let pass = |order, is_between: bool| {
        move |first: &AtomicU64, second: &AtomicU64| {
            if !is_between {
                fence(order);
            }
            assert_eq!(first.load(Relaxed), 1);
            if is_between {
                fence(order);
            }
            second.store(1, Relaxed);
        }
    };
    for order in [AcqRel, SeqCst] {
        assert!(!is_race_after(pass(order, true)), "{order:?}");
        assert!(is_race_after(pass(order, false)), "{order:?} before the load");
    }
    assert!(is_race_after(pass(Acquire, true)), "nothing releases");
    assert!(is_race_after(pass(Release, true)), "nothing acquires");
}
