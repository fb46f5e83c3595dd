//! What the parts that std lacks order, and what looks as if they did.

use super::{Cell, is_quiet, one_after_the_other, races, turn};
use gordian::checked::cell::Shared;
use gordian::checked::sync::{BoundedSemaphore, Condition, Event, Mutex, Queue, RLock, Semaphore};
use gordian::checked::thread;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_semaphore_of_one_orders_and_two_semaphores_do_not() {
    let (cell, place, other) = (Cell::new(), Semaphore::new(1), Semaphore::new(1));
    let write = |place: &Semaphore| {
        let _place = place.acquire();
        cell.write();
    };
    is_quiet(|| one_after_the_other(|| write(&place), || write(&place)));
    let cell = Cell::new();
    let write = |place: &Semaphore| {
        let _place = place.acquire();
        cell.write();
    };
    races(|| one_after_the_other(|| write(&place), || write(&other)));
}

#[test]
fn every_way_to_a_permit_orders() {
    let (cell, place) = (Cell::new(), BoundedSemaphore::new(1));
    let write = |turn: usize| {
        let _place = match turn {
            0 => Some(place.acquire_many(1)),
            1 => place.try_acquire(),
            _ => place.acquire_timeout(Duration::MAX),
        };
        cell.write();
    };
    is_quiet(|| {
        for turn in 0..3 {
            one_after_the_other(|| write(turn), || write((turn + 1) % 3));
        }
    });
    let cell = Cell::new();
    let held = place.acquire();
    races(|| {
        one_after_the_other(
            || cell.write(),
            || {
                assert!(place.try_acquire().is_none());
                cell.write();
            },
        );
    });
    drop(held);
}

#[test]
fn two_permits_held_at_once_order_nothing() {
    let (cell, places) = (Cell::new(), Semaphore::new(2));
    races(|| {
        let ((first, second), (third, fourth)) = (turn(), turn());
        let (cell, places) = (&cell, &places);
        thread::scope(|scope| {
            scope.spawn(move || {
                let _place = places.acquire();
                first.send(()).unwrap();
                fourth.recv().unwrap();
                cell.write();
            });
            scope.spawn(move || {
                second.recv().unwrap();
                let _place = places.acquire();
                cell.write();
                third.send(()).unwrap();
            });
        });
    });
}

#[test]
fn a_release_orders_what_was_before_it_and_not_what_comes_after() {
    let (cell, signal) = (Cell::new(), Semaphore::new(0));
    is_quiet(|| {
        one_after_the_other(
            || {
                cell.write();
                signal.release(1);
            },
            || {
                signal.acquire().forget();
                cell.write();
            },
        );
    });
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || {
                signal.release(1);
                cell.write();
            },
            || {
                signal.acquire().forget();
                cell.write();
            },
        );
    });
}

#[test]
fn an_event_orders_what_was_before_its_set_and_not_what_comes_after() {
    let looks: [fn(&Event) -> bool; 3] = [
        |event| {
            event.wait();
            true
        },
        |event| event.wait_timeout(Duration::MAX),
        Event::is_set,
    ];
    for look in looks {
        let (cell, event) = (Cell::new(), Event::new());
        let see = || {
            assert!(look(&event));
            cell.write();
        };
        is_quiet(|| {
            one_after_the_other(
                || {
                    cell.write();
                    event.set();
                },
                see,
            );
        });
        let (cell, event) = (Cell::new(), Event::new());
        let see = || {
            assert!(look(&event));
            cell.write();
        };
        races(|| {
            one_after_the_other(
                || {
                    event.set();
                    cell.write();
                },
                see,
            );
        });
    }
}

#[test]
fn a_flag_that_is_seen_down_orders_nothing() {
    let looks: [fn(&Event) -> bool; 2] = [|event| event.wait_timeout(Duration::ZERO), Event::is_set];
    for look in looks {
        let (cell, event) = (Cell::new(), Event::new());
        races(|| {
            one_after_the_other(
                || {
                    cell.write();
                    event.clear();
                },
                || {
                    assert!(!look(&event));
                    cell.write();
                },
            );
        });
    }
}

#[test]
fn an_item_orders_what_was_before_its_put_and_not_what_comes_after() {
    let (cell, queue) = (Cell::new(), Queue::new(0));
    is_quiet(|| {
        one_after_the_other(
            || {
                cell.write();
                queue.put(());
            },
            || {
                queue.get();
                cell.write();
            },
        );
    });
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || {
                queue.put(());
                cell.write();
            },
            || {
                queue.get();
                cell.write();
            },
        );
    });
}

#[test]
fn an_item_says_nothing_of_later_ones() {
    let (cell, queue) = (Cell::new(), Queue::new(0));
    races(|| {
        one_after_the_other(
            || {
                queue.put(1);
                cell.write();
                queue.put(2);
            },
            || {
                assert_eq!(queue.get(), 1);
                cell.write();
            },
        );
    });
}

#[test]
fn every_way_to_put_and_get_orders() {
    let (cell, queue) = (Cell::new(), Queue::new(1));
    let put = |turn| {
        cell.write();
        match turn {
            0 => queue.put(()),
            1 => queue.try_put(()).unwrap(),
            _ => queue.put_timeout((), Duration::MAX).unwrap(),
        }
    };
    let get = |turn| {
        match turn {
            0 => queue.get(),
            1 => queue.try_get().unwrap(),
            _ => queue.get_timeout(Duration::MAX).unwrap(),
        }
        cell.write();
    };
    is_quiet(|| (0..9).for_each(|turn| one_after_the_other(|| put(turn % 3), || get(turn / 3))));
}

/// One writes and takes an item, and another one, which takes the next, writes then; a third one puts that.
fn take_turns(queue: &Queue<u32>, first: u32) {
    let (cell, is_taken) = (Cell::new(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| queue.put(first + 1));
        scope.spawn(|| {
            while !is_taken.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            queue.get();
            cell.write();
        });
        scope.spawn(|| {
            cell.write();
            queue.get();
            is_taken.store(true, Ordering::SeqCst);
        });
    });
}

#[test]
fn an_item_carries_what_was_before_its_place_was_freed_and_one_in_a_place_of_its_own_does_not() {
    let queue = Queue::new(1);
    queue.put(0);
    is_quiet(|| take_turns(&queue, 0));
    let queue = Queue::new(0);
    queue.put(0);
    races(|| take_turns(&queue, 0));
}

#[test]
fn a_freed_place_orders_what_was_before_the_get() {
    let (cell, queue) = (Cell::new(), Queue::new(1));
    queue.put(());
    is_quiet(|| {
        one_after_the_other(
            || {
                cell.write();
                queue.get();
            },
            || {
                queue.put(());
                cell.write();
            },
        );
    });
    let (cell, queue) = (Cell::new(), Queue::new(1));
    queue.put(());
    races(|| {
        one_after_the_other(
            || {
                queue.get();
                cell.write();
            },
            || {
                queue.put(());
                cell.write();
            },
        );
    });
    // Without a limit nobody waits for a place, and none is handed over.
    let (cell, queue) = (Cell::new(), Queue::new(0));
    queue.put(());
    races(|| {
        one_after_the_other(
            || {
                cell.write();
                queue.get();
            },
            || {
                queue.put(());
                cell.write();
            },
        );
    });
}

#[test]
fn join_comes_after_what_was_before_task_done_and_not_what_comes_after() {
    let (cell, queue) = (Cell::new(), Queue::new(0));
    queue.put(());
    is_quiet(|| {
        one_after_the_other(
            || {
                queue.get();
                cell.write();
                queue.task_done().unwrap();
            },
            || {
                queue.join();
                cell.write();
            },
        );
    });
    let (cell, queue) = (Cell::new(), Queue::new(0));
    queue.put(());
    races(|| {
        one_after_the_other(
            || {
                queue.get();
                queue.task_done().unwrap();
                cell.write();
            },
            || {
                queue.join();
                cell.write();
            },
        );
    });
}

#[test]
fn a_condition_orders_through_its_lock_and_a_notification_alone_does_not() {
    let (cell, condition) = (Cell::new(), Condition::new(Mutex::new(false)));
    is_quiet(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                cell.write();
                *condition.acquire().unwrap() = true;
                condition.notify(1);
            });
            scope.spawn(|| {
                condition.acquire().unwrap().wait_for(|done| *done, None).unwrap();
                cell.write();
            });
        });
    });
    let cell = Cell::new();
    races(|| {
        one_after_the_other(
            || {
                cell.write();
                condition.notify(1);
            },
            || {
                assert!(!condition.acquire().unwrap().wait_for(|_| false, Some(Duration::ZERO)).unwrap());
                cell.write();
            },
        );
    });
}

#[test]
fn a_wait_of_an_rlock_orders_at_any_level() {
    let (cell, lock) = (Cell::new(), RLock::new(()));
    let condition = Condition::new(&lock);
    is_quiet(|| {
        let (waits, go) = turn();
        let (cell, lock, condition) = (&cell, &lock, &condition);
        thread::scope(|scope| {
            scope.spawn(move || {
                let _outer = lock.lock();
                let mut inner = condition.acquire().unwrap();
                cell.write();
                waits.send(()).unwrap();
                // However it ends.
                drop(inner.wait_for(|()| false, Some(Duration::from_millis(1))));
                cell.write();
            });
            scope.spawn(move || {
                go.recv().unwrap();
                let _held = lock.lock();
                cell.write();
                condition.notify_all();
            });
        });
    });
}

#[test]
fn an_update_of_a_shared_value_under_a_permit_is_not_lost() {
    let (value, place) = (Shared::new(0), Semaphore::new(1));
    is_quiet(|| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let _place = place.acquire();
                        value.set(value.get() + 1);
                    }
                });
            }
        });
    });
    assert_eq!(value.get(), 200);
    let value = Shared::new(0);
    races(|| one_after_the_other(|| value.set(1), || value.set(2)));
}
