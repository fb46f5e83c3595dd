//! Ordinary uses of the checked parts, of which nothing may be reported, and the one misuse that is told already.

use gordian::checked::sync::{
    BoundedSemaphore, Condition, Event, LifoQueue, Mutex, PriorityQueue, Queue, RLock, Semaphore,
};
use gordian::checked::thread;
use gordian::{Lint, Named};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Runs a program of which nothing may be said.
#[track_caller]
fn is_quiet(program: impl FnOnce()) {
    let found: Vec<String> = gordian::collect(program).iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.concat());
}

#[test]
fn a_pool_of_permits_is_quiet() {
    is_quiet(|| {
        let (places, bounded, used) = (Semaphore::new(2).named("places"), BoundedSemaphore::new(1), Mutex::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _place = places.acquire();
                        let _one = bounded.acquire();
                        *used.lock().unwrap() += 1;
                    }
                });
            }
        });
        assert_eq!(*used.lock().unwrap(), 200);
    });
}

#[test]
fn permits_under_locks_and_locks_under_permits_of_many_are_quiet() {
    is_quiet(|| {
        let (places, lock) = (Semaphore::new(3), Mutex::new(()));
        thread::scope(|scope| {
            scope.spawn(|| {
                let _place = places.acquire();
                drop(lock.lock());
            });
            scope.spawn(|| {
                let _lock = lock.lock();
                drop(places.try_acquire());
            });
        });
    });
}

#[test]
fn a_thread_may_take_several_permits_of_many() {
    is_quiet(|| {
        let places = Semaphore::new(3);
        let (one, two) = (places.acquire(), places.acquire());
        drop(one);
        drop(places.acquire_many(2));
        drop(two);
    });
}

#[test]
fn a_semaphore_as_a_signal_is_quiet() {
    is_quiet(|| {
        let (ready, done) = (Semaphore::new(0), Semaphore::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..50 {
                    ready.acquire().forget();
                    done.release(1);
                }
            });
            for _ in 0..50 {
                ready.release(1);
                done.acquire().forget();
            }
        });
    });
}

#[test]
fn a_gate_of_events_is_quiet() {
    is_quiet(|| {
        let (start, ends) = (Event::new(), [const { Event::new() }; 3]);
        thread::scope(|scope| {
            for end in &ends {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    end.set();
                });
            }
            start.set();
            for end in &ends {
                while !end.wait_timeout(Duration::from_millis(1)) {}
                end.wait();
            }
        });
    });
}

/// Two producers, two consumers, and who waits for all to be done.
macro_rules! pipeline {
    ($test:ident, $queue:ident) => {
        #[test]
        fn $test() {
            for maxsize in [0, 1, 4] {
                is_quiet(|| {
                    let (queue, sum) = ($queue::new(maxsize).named("jobs"), AtomicUsize::new(0));
                    thread::scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| (1..=50).for_each(|item| queue.put(item)));
                            scope.spawn(|| {
                                for _ in 0..50 {
                                    sum.fetch_add(queue.get(), Ordering::Relaxed);
                                    queue.task_done().unwrap();
                                }
                            });
                        }
                    });
                    queue.join();
                    assert_eq!(sum.load(Ordering::Relaxed), 2550);
                });
            }
        }
    };
}

pipeline!(producers_and_consumers_of_a_queue_are_quiet, Queue);
pipeline!(producers_and_consumers_of_a_lifo_queue_are_quiet, LifoQueue);
pipeline!(producers_and_consumers_of_a_priority_queue_are_quiet, PriorityQueue);

#[test]
fn a_thread_pool_is_quiet() {
    is_quiet(|| {
        let jobs = Queue::<Option<Box<dyn FnOnce() + Send>>>::new(2);
        let (results, stopped) = (Queue::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(job) = jobs.get() {
                        job();
                        jobs.task_done().unwrap();
                    }
                    stopped.fetch_add(1, Ordering::Relaxed);
                    jobs.task_done().unwrap();
                });
            }
            let results: &'static Queue<u32> = Box::leak(Box::new(results));
            (0..20).for_each(|number| jobs.put(Some(Box::new(move || results.put(number)))));
            jobs.join();
            assert_eq!((0..20).map(|_| results.get()).sum::<u32>(), 190);
            (0..3).for_each(|_| jobs.put(None));
            jobs.join();
        });
        assert_eq!(stopped.into_inner(), 3);
    });
}

#[test]
fn two_conditions_on_one_lock_are_quiet() {
    is_quiet(|| {
        let lock = Mutex::new(VecDeque::new());
        let (has_items, has_room) = (Condition::new(&lock), Condition::new(&lock));
        thread::scope(|scope| {
            scope.spawn(|| {
                for item in 0..100 {
                    let mut items = has_room.acquire().unwrap();
                    items.wait_for(|items| items.len() < 2, None).unwrap();
                    items.push_back(item);
                    has_items.notify(1);
                }
            });
            for item in 0..100 {
                let mut items = has_items.acquire().unwrap();
                items.wait_for(|items| !items.is_empty(), None).unwrap();
                assert_eq!(items.pop_front(), Some(item));
                has_room.notify_all();
            }
        });
    });
}

#[test]
fn a_condition_over_an_rlock_is_quiet_at_any_level() {
    is_quiet(|| {
        let lock = RLock::new(AtomicUsize::new(0));
        let condition = Condition::new(&lock);
        thread::scope(|scope| {
            scope.spawn(|| {
                for turn in 0..50 {
                    let _outer = lock.lock();
                    let mut inner = condition.acquire().unwrap();
                    inner.wait_for(|value| value.load(Ordering::Relaxed) == 2 * turn + 1, None).unwrap();
                    inner.fetch_add(1, Ordering::Relaxed);
                    inner.notify_all();
                }
            });
            for turn in 0..50 {
                let mut guard = condition.acquire().unwrap();
                guard.wait_for(|value| value.load(Ordering::Relaxed) == 2 * turn, None).unwrap();
                guard.fetch_add(1, Ordering::Relaxed);
                guard.notify(1);
            }
        });
    });
}

#[test]
fn opposite_orders_of_a_mutex_and_a_semaphore_of_one_are_told() {
    let found = gordian::collect(|| {
        let (place, lock) = (Semaphore::new(1).named("place"), Mutex::new(()).named("lock"));
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                let _place = place.acquire();
                drop(lock.lock());
            });
            // One after the other, unseen: a join would order them.
            while !first.is_finished() {
                std::thread::yield_now();
            }
            scope.spawn(|| {
                let _lock = lock.lock();
                drop(place.acquire());
            });
        });
    });
    let lints: Vec<_> = found.iter().map(|report| report.lint).collect();
    assert_eq!(lints, [Lint::LockOrder.name()]);
    let text = found[0].to_string();
    assert!(text.contains("place") && text.contains("lock"), "{text}");
}

#[test]
fn one_order_of_a_mutex_and_a_semaphore_of_one_is_quiet() {
    is_quiet(|| {
        let (place, lock) = (Semaphore::new(1), Mutex::new(()));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let _place = place.acquire();
                        drop(lock.lock());
                    }
                });
            }
        });
    });
}
