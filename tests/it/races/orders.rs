//! What orders two accesses, and what looks as if it did.

use super::{Cell, is_quiet, one_after_the_other, races, turn};
use gordian::checked::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RLock, RwLock};
use gordian::checked::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn two_writes_in_a_row_race_if_nothing_orders_them() {
    let cell = Cell::new();
    races(|| one_after_the_other(|| cell.write(), || cell.write()));
}

#[test]
fn a_write_and_a_read_race_either_way() {
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                cell.read();
            },
        )
    });
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || {
                cell.read();
            },
            || cell.write(),
        )
    });
}

#[test]
fn two_reads_do_not_race() {
    let cell = Cell::new();
    is_quiet(|| {
        one_after_the_other(
            || {
                cell.read();
            },
            || {
                cell.read();
            },
        )
    });
}

#[test]
fn a_common_mutex_orders_and_two_mutexes_do_not() {
    let (cell, mutex, other) = (Cell::new(), Mutex::new(()), Mutex::new(()));
    let write = |mutex: &Mutex<()>| {
        let _held = mutex.lock();
        cell.write();
    };
    is_quiet(|| one_after_the_other(|| write(&mutex), || write(&mutex)));
    let cell = Cell::new();
    let write = |mutex: &Mutex<()>| {
        let _held = mutex.lock();
        cell.write();
    };
    races(|| one_after_the_other(|| write(&mutex), || write(&other)));
}

#[test]
fn a_mutex_orders_what_was_before_its_release_only() {
    let (cell, mutex) = (Cell::new(), Mutex::new(()));
    is_quiet(|| {
        one_after_the_other(
            || {
                cell.write();
                drop(mutex.lock());
            },
            || {
                drop(mutex.lock());
                cell.write();
            },
        );
    });
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || {
                drop(mutex.lock());
                cell.write();
            },
            || {
                drop(mutex.lock());
                cell.write();
            },
        );
    });
}

#[test]
fn a_try_lock_orders_if_it_gets_the_lock() {
    let (cell, mutex) = (Cell::new(), Mutex::new(()));
    let write = || {
        let _held = mutex.try_lock().unwrap();
        cell.write();
    };
    is_quiet(|| one_after_the_other(write, write));
    let (cell, held) = (Cell::new(), mutex.lock().unwrap());
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                assert!(mutex.try_lock().is_err());
                cell.write();
            },
        );
    });
    drop(held);
}

#[test]
fn writers_of_an_rwlock_order_readers_and_readers_do_not_order_readers() {
    let (cell, lock) = (Cell::new(), RwLock::new(()));
    let write = || {
        let _held = lock.write();
        cell.write();
    };
    is_quiet(|| {
        one_after_the_other(write, || {
            let _held = lock.read();
            cell.read();
        });
    });
    let cell = Cell::new();
    is_quiet(|| {
        one_after_the_other(
            || {
                let _held = lock.read();
                cell.read();
            },
            || {
                let _held = lock.write();
                cell.write();
            },
        );
    });
    let cell = Cell::new();
    let under_read = || {
        let _held = lock.read();
        cell.write();
    };
    races(|| one_after_the_other(under_read, under_read));
}

#[test]
fn a_writer_that_goes_on_as_a_reader_hands_over_what_it_wrote() {
    use gordian::checked::sync::RwLockWriteGuard;
    let (cell, lock) = (Cell::new(), RwLock::new(()));
    let mut kept = None;
    is_quiet(|| {
        let held = lock.write().unwrap();
        cell.write();
        kept = Some(RwLockWriteGuard::downgrade(held));
        let (cell, lock) = (&cell, &lock);
        thread::scope(|scope| {
            // Its start orders it too: what is written after that is not.
            scope.spawn(|| {
                let _held = lock.read();
                cell.read();
            });
        });
    });
}

#[test]
fn an_rlock_orders_by_its_first_level() {
    let (cell, lock) = (Cell::new(), RLock::new(()));
    let write = || {
        let _outer = lock.lock();
        drop(lock.lock());
        cell.write();
    };
    is_quiet(|| one_after_the_other(write, write));
    let (cell, other) = (Cell::new(), RLock::new(()));
    let write = |lock: &RLock<()>| {
        let _held = lock.lock();
        cell.write();
    };
    races(|| one_after_the_other(|| write(&lock), || write(&other)));
}

#[test]
fn a_wait_orders_through_its_mutex_and_a_notification_alone_does_not() {
    let (cell, mutex, bell) = (Cell::new(), Mutex::new(false), Condvar::new());
    is_quiet(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                cell.write();
                *mutex.lock().unwrap() = true;
                bell.notify_one();
            });
            scope.spawn(|| {
                drop(bell.wait_while(mutex.lock().unwrap(), |done| !*done));
                cell.write();
            });
        });
    });
    let (cell, mutex, bell) = (Cell::new(), Mutex::new(()), Condvar::new());
    races(|| {
        one_after_the_other(
            || {
                cell.write();
                bell.notify_one();
            },
            || {
                drop(bell.wait_timeout(mutex.lock().unwrap(), Duration::ZERO));
                cell.write();
            },
        );
    });
}

#[test]
fn a_start_orders_what_was_before_it_and_a_join_what_the_thread_did() {
    let cell = Cell::new();
    is_quiet(|| {
        cell.write();
        let theirs = Arc::clone(&cell);
        thread::spawn(move || theirs.write()).join().unwrap();
        cell.write();
    });
    let cell = Cell::new();
    races(|| {
        let theirs = Arc::clone(&cell);
        let (done, go) = turn();
        let started = thread::spawn(move || {
            theirs.write();
            done.send(()).unwrap();
        });
        go.recv().unwrap();
        cell.write();
        started.join().unwrap();
    });
    let cell = Cell::new();
    races(|| {
        let theirs = Arc::clone(&cell);
        let (done, go) = turn();
        let started = thread::spawn(move || {
            go.recv().unwrap();
            theirs.write();
        });
        cell.write();
        done.send(()).unwrap();
        started.join().unwrap();
    });
}

#[test]
fn the_join_of_one_thread_says_nothing_of_another() {
    let cell = Cell::new();
    races(|| {
        let (done, go) = turn();
        let theirs = Arc::clone(&cell);
        let writer = thread::spawn(move || {
            theirs.write();
            done.send(()).unwrap();
        });
        thread::spawn(|| ()).join().unwrap();
        go.recv().unwrap();
        cell.write();
        writer.join().unwrap();
    });
}

#[test]
fn the_end_of_a_scope_orders_all_of_its_threads() {
    let cell = Cell::new();
    is_quiet(|| {
        thread::scope(|scope| {
            scope.spawn(|| cell.write());
        });
        cell.write();
    });
    let cell = Cell::new();
    races(|| {
        let (done, go) = turn();
        thread::scope(|scope| {
            scope.spawn(|| {
                cell.write();
                done.send(()).unwrap();
            });
            go.recv().unwrap();
            cell.write();
        });
    });
}

#[test]
fn a_thread_that_panics_hands_over_all_the_same() {
    let cell = Cell::new();
    is_quiet(|| {
        let theirs = Arc::clone(&cell);
        let panics = thread::spawn(move || {
            theirs.write();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(panics.join().is_err());
        cell.write();
    });
}

#[test]
fn a_barrier_orders_what_was_before_it_and_not_what_comes_after() {
    let (cell, barrier) = (Cell::new(), Barrier::new(2));
    is_quiet(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                cell.write();
                barrier.wait();
            });
            barrier.wait();
            cell.write();
        });
    });
    let cell = Cell::new();
    races(|| {
        let (done, go) = turn();
        let (cell, barrier) = (&cell, &barrier);
        thread::scope(|scope| {
            scope.spawn(move || {
                barrier.wait();
                cell.write();
                done.send(()).unwrap();
            });
            barrier.wait();
            go.recv().unwrap();
            cell.write();
        });
    });
}

#[test]
fn an_initialiser_orders_all_who_find_its_work_done() {
    let (cell, once) = (Cell::new(), Once::new());
    is_quiet(|| {
        one_after_the_other(
            || once.call_once(|| cell.write()),
            || {
                once.call_once(|| unreachable!("it is done"));
                cell.write();
            },
        );
    });
    let (cell, value) = (Cell::new(), OnceLock::new());
    is_quiet(|| {
        one_after_the_other(
            || {
                value.get_or_init(|| cell.write());
            },
            || {
                assert!(value.get().is_some());
                cell.write();
            },
        );
    });
    let (cell, value) = (Cell::new(), OnceLock::<()>::new());
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                assert!(value.get().is_none());
                cell.write();
            },
        );
    });
}

#[test]
fn who_finds_a_lazy_value_is_not_ordered_after_others_who_found_it() {
    let (cell, lazy) = (Cell::new(), LazyLock::new(|| ()));
    LazyLock::force(&lazy);
    let write = || {
        LazyLock::force(&lazy);
        cell.write();
        LazyLock::force(&lazy);
    };
    races(|| one_after_the_other(write, write));
}

#[test]
fn an_unpark_orders_what_was_before_it() {
    let cell = Cell::new();
    is_quiet(|| {
        let (me, theirs) = (thread::current(), Arc::clone(&cell));
        let other = thread::spawn(move || {
            theirs.write();
            me.unpark();
        });
        thread::park();
        cell.write();
        other.join().unwrap();
    });
    let cell = Cell::new();
    races(|| {
        let (me, theirs) = (thread::current(), Arc::clone(&cell));
        let (done, go) = turn();
        let other = thread::spawn(move || {
            me.unpark();
            theirs.write();
            done.send(()).unwrap();
        });
        thread::park();
        go.recv().unwrap();
        cell.write();
        other.join().unwrap();
    });
}

#[test]
fn a_park_that_ends_by_itself_orders_nothing() {
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                thread::park_timeout(Duration::ZERO);
                cell.write();
            },
        );
    });
}

#[test]
fn an_order_goes_through_a_thread_that_does_not_access() {
    let (cell, first, second) = (Cell::new(), Mutex::new(()), Mutex::new(()));
    is_quiet(|| {
        thread::scope(|scope| {
            let (done, go) = turn();
            let (over, end) = turn();
            let (cell, first, second) = (&cell, &first, &second);
            scope.spawn(move || {
                cell.write();
                drop(first.lock());
                done.send(()).unwrap();
            });
            scope.spawn(move || {
                go.recv().unwrap();
                drop(first.lock());
                drop(second.lock());
                over.send(()).unwrap();
            });
            end.recv().unwrap();
            drop(second.lock());
            cell.write();
        });
    });
}

#[test]
fn foreign_atomics_order_nothing_that_gordian_sees() {
    let (cell, flag) = (Cell::new(), AtomicBool::new(false));
    races(|| {
        one_after_the_other(
            || {
                cell.write();
                flag.store(true, Ordering::Release);
            },
            || {
                assert!(flag.load(Ordering::Acquire));
                cell.write();
            },
        );
    });
}

#[test]
fn every_way_to_find_an_initialisers_work_done_orders() {
    let (cell, once) = (Cell::new(), Once::new());
    let ask = |wanted: bool| {
        move |once: &Once, cell: &Cell| {
            assert_eq!(once.is_completed(), wanted);
            cell.write();
        }
    };
    is_quiet(|| one_after_the_other(|| once.call_once(|| cell.write()), || ask(true)(&once, &cell)));
    let (cell, once) = (Cell::new(), Once::new());
    races(|| one_after_the_other(|| cell.write(), || ask(false)(&once, &cell)));
    let finds: [fn(&OnceLock<u8>); 4] = [
        |value| assert_eq!(value.wait(), &1),
        |value| assert_eq!(value.set(2), Err(2)),
        |value| assert_eq!(value.clone().into_inner(), Some(1)),
        |value| assert_eq!(*value, OnceLock::from(1)),
    ];
    for find in finds {
        let (cell, value) = (Cell::new(), OnceLock::new());
        let set = || {
            cell.write();
            value.set(1).unwrap();
        };
        let read = || {
            find(&value);
            cell.write();
        };
        is_quiet(|| one_after_the_other(set, read));
    }
    let (cell, value) = (Cell::new(), OnceLock::new());
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                assert_eq!(value.set(1), Ok(()));
                cell.write();
            },
        );
    });
}
