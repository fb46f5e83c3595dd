//! Permits, events and queues, beside a thread that runs and could do anything, and without one.
//!
//! Must not know: how a case is run.

use super::Case;
use super::actors::{linger, lock, meet, until_blocked, wait_with_a_lock, wait_with_another_lock};
use gordian::checked::sync::{Arc, BoundedSemaphore, Condition, Event, Mutex, Queue, RLock, Semaphore};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Runs `act` beside a thread that gordian knows and that never blocks.
fn beside_one_who_runs(act: impl FnOnce()) {
    let (is_known, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            drop(lock("its own").lock());
            is_known.store(true, Ordering::SeqCst);
            while !is_over.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        });
        while !is_known.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        drop(catch_unwind(AssertUnwindSafe(act)));
        is_over.store(true, Ordering::SeqCst);
    });
}

/// `holders` threads have a permit each and want a lock that one more has, which wants a permit of `semaphore`.
fn all_want_what_another_has(semaphore: &Semaphore, holders: usize) {
    let (a, have) = (lock("a"), std::sync::Barrier::new(holders + 1));
    beside_one_who_runs(|| {
        thread::scope(|scope| {
            let held = a.lock();
            for _ in 0..holders {
                scope.spawn(|| {
                    let _permit = semaphore.acquire();
                    have.wait();
                    drop(a.lock());
                });
            }
            have.wait();
            until_blocked(holders);
            drop(catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire()))));
            drop(held);
        });
    });
}

/// Two threads have a permit each, and this one has a lock and wants both. Once it waits, one gives its permit back. The other one
/// waits for that lock, or for one that the first has.
fn one_permit_of_two_comes_back(wants_ours: bool) {
    let (a, b, semaphore, have) = (lock("a"), lock("b"), Semaphore::new(2), std::sync::Barrier::new(3));
    beside_one_who_runs(|| {
        thread::scope(|scope| {
            let held = a.lock();
            scope.spawn(|| {
                let _permit = semaphore.acquire();
                have.wait();
                drop(if wants_ours { a.lock() } else { b.lock() });
            });
            scope.spawn(|| {
                let (permit, _b) = (semaphore.acquire(), b.lock());
                have.wait();
                until_blocked(2);
                drop(permit);
                linger();
            });
            have.wait();
            drop(catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire_many(2)))));
            drop(held);
        });
    });
}

/// One thread has taken out of a queue with one place, and wants a lock that this one has, which puts into it once it is full.
/// `helps` runs beside them, and `fill` fills the queue.
fn put_with_a_lock(queue: &Queue<u32>, helps: impl FnOnce() + Send, fill: impl FnOnce()) {
    let a = lock("a");
    thread::scope(|scope| {
        let held = a.lock();
        queue.put(1);
        scope.spawn(|| {
            queue.get();
            drop(a.lock());
        });
        until_blocked(1);
        scope.spawn(helps);
        fill();
        queue.put(3);
        drop(held);
    });
}

/// One thread takes an item and ends; `done` is what it calls in between, and `later` what another one calls once `join` waits.
fn join_one_who_ends(done: impl FnOnce(&Queue<u32>) + Send, later: impl FnOnce(&Queue<u32>) + Send) {
    let queue = Queue::new(0);
    queue.put(1);
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            queue.get();
            done(&queue);
        });
        worker.join().unwrap();
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                drop(lock("its own").lock());
                while super::told() == 0 && !ended.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                later(&queue);
            });
            queue.join();
            ended.store(true, Ordering::SeqCst);
        });
    });
}

/// Returns how many of two threads are refused that each have one of two permits and then, at the same moment, request the other.
fn each_wants_the_others(permits: &Semaphore) -> usize {
    let ready = AtomicUsize::new(0);
    let take_both = || {
        let _first = permits.acquire();
        ready.fetch_add(1, Ordering::SeqCst);
        while ready.load(Ordering::SeqCst) < 2 {
            std::hint::spin_loop();
        }
        drop(permits.acquire());
    };
    let is_refused = || usize::from(catch_unwind(AssertUnwindSafe(take_both)).is_err());
    thread::scope(|scope| {
        let other = scope.spawn(is_refused);
        is_refused() + other.join().unwrap()
    })
}

cases! {
    permits_in_the_hands_of_those_who_want_what_one_more_has finds [deadlock] {
        all_want_what_another_has(&Semaphore::new(3), 3);
    }
    a_permit_in_the_hands_of_nobody_beside_those finds [] {
        all_want_what_another_has(&Semaphore::new(4), 3);
    }
    too_few_permits_that_come_back_to_one_who_keeps_the_rest_from_coming finds [deadlock] {
        one_permit_of_two_comes_back(true);
    }
    too_few_permits_that_come_back_before_the_rest finds [] {
        one_permit_of_two_comes_back(false);
    }
    permits_that_were_released_by_hand_before_may_be_again finds [] {
        let semaphore = Semaphore::new(2);
        semaphore.release(1);
        thread::scope(|scope| {
            scope.spawn(|| { until_blocked(4); semaphore.release(1); });
            all_want_what_another_has(&semaphore, 3);
        });
    }
    a_permit_that_was_forgotten_may_come_back_from_anyone finds [] {
        let semaphore = Semaphore::new(4);
        semaphore.acquire().forget();
        thread::scope(|scope| {
            scope.spawn(|| { until_blocked(4); semaphore.release(1); });
            all_want_what_another_has(&semaphore, 3);
        });
    }
    a_thread_that_has_all_permits_and_wants_one_more finds [deadlock] {
        beside_one_who_runs(|| {
            let semaphore = Semaphore::new(2);
            let _held = (semaphore.acquire(), semaphore.acquire());
            drop(semaphore.acquire());
        });
    }
    a_thread_that_has_some_permits_and_wants_one_more finds [] {
        let semaphore = Semaphore::new(3);
        let _held = (semaphore.acquire(), semaphore.acquire());
        drop(semaphore.acquire());
    }
    a_thread_that_has_the_only_permit_and_wants_it_again finds [self_deadlock] {
        let semaphore = BoundedSemaphore::new(1);
        let _held = semaphore.acquire();
        drop(catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire()))));
    }
    one_who_took_no_permits_at_all_and_wants_the_only_one finds [] {
        let semaphore = Semaphore::new(1);
        let none = semaphore.acquire_many(0);
        drop(semaphore.acquire());
        drop(none);
        semaphore.acquire_many(0).forget();
        assert_eq!(semaphore.available(), 1);
    }
    a_permit_that_nobody_can_give finds [stall] {
        let semaphore = Semaphore::new(0);
        drop(catch_unwind(AssertUnwindSafe(|| drop(semaphore.acquire()))));
    }
    a_permit_that_comes_from_another_thread finds [] {
        let semaphore = Semaphore::new(0);
        meet(|| semaphore.acquire().forget(), || semaphore.release(1));
    }
    a_lock_and_a_permit_in_opposite_orders finds [deadlock] {
        let (a, semaphore) = (lock("a"), Semaphore::new(1));
        let (theirs, held) = (Arc::clone(&a), a.lock());
        meet(
            || { let _permit = semaphore.acquire(); drop(theirs.lock()); },
            { let semaphore = &semaphore; move || { let _held = held; drop(semaphore.acquire()); } },
        );
    }
    an_event_that_nobody_sets finds [stall] {
        let event = Event::new();
        drop(catch_unwind(AssertUnwindSafe(|| event.wait())));
    }
    an_event_that_another_thread_sets finds [] {
        let event = Event::new();
        meet(|| event.wait(), || event.set());
    }
    an_event_with_a_lock_that_its_setter_needs finds [deadlock stall] {
        let event = Arc::new(Event::new());
        let theirs = Arc::clone(&event);
        wait_with_a_lock(move || event.wait(), move || theirs.set());
    }
    an_event_with_a_lock_that_nobody_needs finds [] {
        let event = Arc::new(Event::new());
        let theirs = Arc::clone(&event);
        wait_with_another_lock(move || event.wait(), move || theirs.set());
    }
    a_get_with_a_lock_that_whoever_puts_needs finds [deadlock stall] {
        let queue = Arc::new(Queue::new(0));
        let theirs = Arc::clone(&queue);
        wait_with_a_lock(move || drop(queue.get()), move || theirs.put(1));
    }
    a_get_with_a_lock_that_nobody_needs finds [] {
        let queue = Arc::new(Queue::new(0));
        let theirs = Arc::clone(&queue);
        wait_with_another_lock(move || drop(queue.get()), move || theirs.put(1));
    }
    a_get_that_nobody_puts_for finds [stall] {
        let queue = Queue::<u32>::new(0);
        drop(catch_unwind(AssertUnwindSafe(|| queue.get())));
    }
    a_put_with_a_lock_that_whoever_took_so_far_needs finds [deadlock] {
        let queue = Queue::new(1);
        let takes_in_the_end = || {
            drop(lock("its own").lock());
            while super::told() == 0 {
                std::thread::yield_now();
            }
            queue.get();
        };
        put_with_a_lock(&queue, takes_in_the_end, || queue.put(2));
    }
    a_put_with_a_lock_that_one_of_those_who_took_so_far_needs finds [] {
        let (queue, has_taken) = (Queue::new(1), std::sync::Barrier::new(2));
        let takes_again = || {
            queue.get();
            has_taken.wait();
            until_blocked(2);
            linger();
            queue.get();
        };
        put_with_a_lock(&queue, takes_again, || { queue.put(2); has_taken.wait(); queue.put(2); });
    }
    a_join_of_one_who_ends_with_a_task_not_done finds [stall] {
        join_one_who_ends(|_| (), |queue| queue.task_done().unwrap());
    }
    a_join_of_one_who_ends_with_its_task_done finds [] {
        join_one_who_ends(|queue| queue.task_done().unwrap(), |_| ());
    }
    a_join_of_a_stranger_who_works_on finds [] {
        let queue = Queue::new(0);
        queue.put(1);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                queue.get();
                until_blocked(1);
                (0..10).for_each(|_| linger());
                queue.task_done().unwrap();
            });
            while !queue.is_empty() {
                std::thread::yield_now();
            }
            queue.join();
        });
    }
    a_leaked_permit_of_one_who_has_ended_beside_one_that_comes_back finds [leaked_guard] {
        let semaphore = Semaphore::new(2);
        thread::scope(|scope| {
            scope.spawn(|| std::mem::forget(semaphore.acquire()));
            let worker = scope.spawn(|| { let _permit = semaphore.acquire(); until_blocked(1); (0..10).for_each(|_| linger()); });
            while semaphore.available() > 0 {
                std::thread::yield_now();
            }
            drop(semaphore.acquire());
            worker.join().unwrap();
        });
    }
    a_join_that_waits_when_its_debtor_ends finds [stall] {
        let queue = Queue::new(0);
        queue.put(1);
        beside_one_who_runs(|| {
            thread::scope(|scope| {
                scope.spawn(|| { queue.get(); until_blocked(1); });
                scope.spawn(|| {
                    while super::told() == 0 {
                        std::thread::yield_now();
                    }
                    queue.task_done().unwrap();
                });
                queue.join();
            });
        });
    }
    a_join_with_a_lock_that_the_task_needs finds [deadlock] {
        let (queue, a) = (Queue::new(0), lock("a"));
        queue.put(1);
        thread::scope(|scope| {
            let held = a.lock();
            scope.spawn(|| { queue.get(); drop(a.lock()); drop(queue.task_done()); });
            until_blocked(1);
            // One more may do it instead, and does.
            scope.spawn(|| {
                drop(lock("its own").lock());
                while super::told() == 0 {
                    std::thread::yield_now();
                }
                queue.task_done().unwrap();
            });
            queue.join();
            drop(held);
        });
    }
    a_condition_over_a_reentrant_lock_whose_other_levels_are_given_back finds [] {
        let condition = Condition::new(RLock::new(AtomicBool::new(false)));
        meet(
            || {
                let outer = condition.acquire().unwrap();
                let mut inner = condition.acquire().unwrap();
                inner.wait_for(|is_set| is_set.load(Ordering::SeqCst), None).unwrap();
                drop((inner, outer));
            },
            || {
                let held = condition.acquire().unwrap();
                held.store(true, Ordering::SeqCst);
                held.notify_all();
            },
        );
    }
    a_condition_that_nobody_notifies finds [stall] {
        let lock = RLock::new(());
        let condition = Condition::new(&lock);
        let _outer = condition.acquire().unwrap();
        let mut inner = condition.acquire().unwrap();
        drop(catch_unwind(AssertUnwindSafe(|| drop(inner.wait()))));
        assert_eq!(lock.count(), 1, "the guard that waited is gone, and the other one is not");
    }
    a_circle_that_both_sides_close_at_once finds [deadlock] {
        // Nobody reads what so many panics would print.
        std::panic::set_hook(Box::new(|_| {}));
        let permits = Semaphore::new(2);
        let refused: Vec<usize> = (0..500).map(|_| each_wants_the_others(&permits)).collect();
        drop(std::panic::take_hook());
        assert_eq!(refused, [1; 500], "one of both is refused");
    }
    two_conditions_over_one_lock finds [] {
        let shared = Mutex::new((0, false));
        let (filled, emptied) = (Condition::new(&shared), Condition::new(&shared));
        meet(
            || {
                filled.acquire().unwrap().wait_for(|state| state.0 == 1, None).unwrap();
                emptied.acquire().unwrap().1 = true;
                emptied.notify(1);
            },
            || {
                filled.acquire().unwrap().0 = 1;
                filled.notify_all();
                emptied.acquire().unwrap().wait_for(|state| state.1, None).unwrap();
            },
        );
    }
}
