//! `Queue`, `LifoQueue`, `PriorityQueue` and their errors.

use super::sync::{Arc, Empty, Full, LifoQueue, PriorityQueue, Queue};
use super::thread;
use crate::parity::panics::caught;
use gordian::Named;
use std::cell::Cell;
use std::cmp::{Ordering as Order, Reverse};
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

/// The claims that do not depend on the order.
macro_rules! claims {
    ($module:ident, $queue:ident) => {
        mod $module {
            use super::*;

            #[test]
            fn items_go_in_until_there_is_no_room() {
                let queue = $queue::new(2);
                assert!(queue.is_empty() && !queue.is_full());
                queue.put(1);
                queue.try_put(2).unwrap();
                assert!(!queue.is_empty() && queue.is_full());
                assert_eq!(queue.len(), 2);
                assert_eq!(queue.try_put(3), Err(Full(3)));
                assert_eq!(queue.put_timeout(3, Duration::ZERO), Err(Full(3)));
                assert_eq!(queue.put_timeout(3, SOON), Err(Full(3)));
                queue.get();
                assert!(!queue.is_full());
                queue.put_timeout(3, Duration::MAX).unwrap();
                assert_eq!(queue.len(), 2);
            }

            #[test]
            fn items_come_out_until_there_is_none() {
                let queue = $queue::new(3);
                (0..3).for_each(|item| queue.put(item));
                let mut out = [queue.get(), queue.try_get().unwrap(), queue.get_timeout(Duration::MAX).unwrap()];
                out.sort();
                assert_eq!(out, [0, 1, 2]);
                assert_eq!(queue.try_get(), Err(Empty));
                assert_eq!(queue.get_timeout(Duration::ZERO), Err(Empty));
                assert_eq!(queue.get_timeout(SOON), Err(Empty));
                assert!(queue.is_empty());
            }

            #[test]
            fn a_queue_without_a_limit_is_never_full() {
                for maxsize in [0, usize::MAX] {
                    let queue = $queue::new(maxsize);
                    assert!(!queue.is_full());
                    (0..1000).for_each(|item| queue.try_put(item).unwrap());
                    assert!(!queue.is_full());
                    assert_eq!(queue.len(), 1000);
                }
            }

            #[test]
            fn one_place_is_used_again_and_again() {
                let queue = $queue::new(1);
                for item in 0..10 {
                    queue.put(item);
                    assert!(queue.is_full());
                    assert_eq!(queue.try_put(11), Err(Full(11)));
                    assert_eq!(queue.get(), item);
                }
            }

            #[test]
            fn who_gets_goes_on_once_an_item_is_there() {
                let queue = $queue::new(0);
                thread::scope(|scope| {
                    let getters = [0; 3].map(|_| scope.spawn(|| queue.get()));
                    let patient = scope.spawn(|| queue.get_timeout(Duration::MAX).unwrap());
                    (1..=4).for_each(|item| queue.put(item));
                    let sum: i32 = getters.into_iter().map(|getter| getter.join().unwrap()).sum();
                    assert_eq!(sum + patient.join().unwrap(), 10);
                });
                assert!(queue.is_empty());
            }

            #[test]
            fn who_puts_goes_on_once_there_is_room() {
                let queue = $queue::new(1);
                queue.put(0);
                let first = AtomicUsize::new(0);
                thread::scope(|scope| {
                    scope.spawn(|| {
                        queue.put(1);
                        assert_eq!(first.load(Ordering::SeqCst), 1);
                    });
                    scope.spawn(|| {
                        queue.put_timeout(2, Duration::MAX).unwrap();
                        assert_eq!(first.load(Ordering::SeqCst), 1);
                    });
                    first.store(1, Ordering::SeqCst);
                    assert_eq!(queue.get(), 0);
                    let mut others = [queue.get(), queue.get()];
                    others.sort();
                    assert_eq!(others, [1, 2]);
                });
                assert!(queue.is_empty());
            }

            #[test]
            fn join_ends_at_once_if_all_is_done() {
                let queue = $queue::new(0);
                queue.join();
                queue.put(1);
                queue.get();
                queue.task_done().unwrap();
                queue.join();
                queue.join();
            }

            #[test]
            fn join_ends_after_the_last_item_is_told_as_done() {
                let (queue, done) = ($queue::new(0), AtomicUsize::new(0));
                (0..4).for_each(|item| queue.put(item));
                thread::scope(|scope| {
                    for _ in 0..2 {
                        scope.spawn(|| {
                            queue.join();
                            assert_eq!(done.load(Ordering::SeqCst), 4);
                        });
                        scope.spawn(|| {
                            for _ in 0..2 {
                                queue.get();
                                done.fetch_add(1, Ordering::SeqCst);
                                queue.task_done().unwrap();
                            }
                        });
                    }
                });
            }

            #[test]
            fn an_item_that_is_told_as_done_too_often_is_refused() {
                let queue = $queue::new(1);
                let error = queue.task_done().unwrap_err();
                assert_eq!(
                    error.to_string(),
                    "task_done called too often: all of the 0 items that were put are done already"
                );
                assert_eq!(format!("{error:?}"), "TaskDoneError { put: 0 }");
                assert!(error.source().is_none());
                queue.put(1);
                assert_eq!(queue.try_put(2), Err(Full(2)));
                // Whoever counts on its own may tell it before it is taken.
                queue.task_done().unwrap();
                let error = queue.task_done().unwrap_err();
                assert_eq!(
                    error.to_string(),
                    "task_done called too often: all of the 1 items that were put are done already"
                );
                assert_eq!(error, queue.task_done().unwrap_err());
                assert_eq!(queue.get(), 1);
                queue.join();
            }

            #[test]
            fn an_item_may_be_told_as_done_by_another_thread_than_took_it() {
                let queue = $queue::new(0);
                queue.put(1);
                queue.put(2);
                queue.get();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        queue.get();
                        queue.task_done().unwrap();
                        queue.task_done().unwrap();
                    });
                    queue.join();
                });
                assert!(queue.task_done().is_err());
            }

            #[test]
            fn what_is_left_is_dropped_with_the_queue_once() {
                let item = Arc::new(());
                let queue = $queue::new(0);
                (0..3).for_each(|_| queue.put(Arc::clone(&item)));
                drop(queue.get());
                assert_eq!(Arc::strong_count(&item), 3);
                drop(queue);
                assert_eq!(Arc::strong_count(&item), 1);
            }

            #[test]
            fn an_item_that_comes_back_is_the_one_that_went_in() {
                let queue = $queue::new(1);
                queue.put(Box::new(1));
                let item = Box::new(2);
                let address: *const i32 = &raw const *item;
                let Full(item) = queue.try_put(item).unwrap_err();
                let Full(item) = queue.put_timeout(item, SOON).unwrap_err();
                assert!(std::ptr::eq(address, &raw const *item));
            }

            #[test]
            fn an_item_whose_drop_panics_leaves_the_queue_as_it_should_be() {
                #[derive(PartialEq, Eq, PartialOrd, Ord)]
                struct Bomb(bool);
                impl Drop for Bomb {
                    fn drop(&mut self) {
                        if std::mem::take(&mut self.0) {
                            std::panic::resume_unwind(Box::new("dropped"));
                        }
                    }
                }
                let queue = $queue::new(1);
                queue.put(Bomb(true));
                assert!(catch_unwind(AssertUnwindSafe(|| drop(queue.get()))).is_err());
                assert!(queue.is_empty());
                queue.put(Bomb(true));
                assert!(catch_unwind(AssertUnwindSafe(|| drop(queue.try_put(Bomb(true))))).is_err());
                assert_eq!(queue.len(), 1);
                assert!(catch_unwind(AssertUnwindSafe(|| drop(queue))).is_err());
            }

            #[test]
            fn an_item_may_use_the_queue_while_it_is_dropped() {
                struct Asks(Arc<$queue<Asks>>, Arc<AtomicUsize>);
                impl PartialEq for Asks {
                    fn eq(&self, _: &Self) -> bool {
                        true
                    }
                }
                impl Eq for Asks {}
                impl PartialOrd for Asks {
                    fn partial_cmp(&self, other: &Self) -> Option<Order> {
                        Some(self.cmp(other))
                    }
                }
                impl Ord for Asks {
                    fn cmp(&self, _: &Self) -> Order {
                        Order::Equal
                    }
                }
                impl Drop for Asks {
                    fn drop(&mut self) {
                        self.1.fetch_add(self.0.len(), Ordering::SeqCst);
                    }
                }
                let (queue, seen) = (Arc::new($queue::new(1)), Arc::new(AtomicUsize::new(0)));
                let item = || Asks(Arc::clone(&queue), Arc::clone(&seen));
                queue.put(item());
                drop(queue.try_put(item()).unwrap_err());
                drop(queue.put_timeout(item(), SOON).unwrap_err());
                assert_eq!(seen.load(Ordering::SeqCst), 2);
                drop(queue.get());
                assert_eq!(seen.load(Ordering::SeqCst), 2);
            }

            #[test]
            fn items_need_not_be_shareable() {
                let queue = $queue::new(0);
                thread::scope(|scope| drop(scope.spawn(|| queue.put(Cell::new(7)))));
                assert_eq!(queue.get().get(), 7);
            }

            #[test]
            fn a_queue_can_be_used_while_the_threads_locals_are_dropped() {
                static QUEUE: $queue<usize> = $queue::new(0);
                struct PutsOnDrop;
                impl Drop for PutsOnDrop {
                    fn drop(&mut self) {
                        QUEUE.put(QUEUE.len() + 1);
                    }
                }
                thread_local!(static LOCAL: PutsOnDrop = const { PutsOnDrop });
                thread::spawn(|| LOCAL.with(|_| ())).join().unwrap();
                assert_eq!(QUEUE.get(), 1);
            }

            #[test]
            fn every_item_comes_out_once_and_all_is_done_at_the_end() {
                const THREADS: usize = 3;
                const EACH: usize = 300;
                for maxsize in [0, 1, 3] {
                    let (queue, sum) = ($queue::new(maxsize), AtomicUsize::new(0));
                    thread::scope(|scope| {
                        for me in 0..THREADS {
                            let (queue, sum) = (&queue, &sum);
                            scope.spawn(move || {
                                for item in 0..EACH {
                                    let item = me * EACH + item;
                                    match item % 3 {
                                        0 => queue.put(item),
                                        1 => queue.put_timeout(item, Duration::MAX).unwrap(),
                                        _ => {
                                            let mut item = item;
                                            while let Err(Full(back)) = queue.try_put(item) {
                                                item = back;
                                                std::thread::yield_now();
                                            }
                                        }
                                    }
                                }
                            });
                            scope.spawn(move || {
                                for turn in 0..EACH {
                                    let item = match turn % 3 {
                                        0 => queue.get(),
                                        1 => queue.get_timeout(Duration::MAX).unwrap(),
                                        _ => loop {
                                            match queue.try_get() {
                                                Ok(item) => break item,
                                                Err(Empty) => std::thread::yield_now(),
                                            }
                                        },
                                    };
                                    sum.fetch_add(item, Ordering::Relaxed);
                                    queue.task_done().unwrap();
                                }
                            });
                        }
                    });
                    queue.join();
                    let all = THREADS * EACH;
                    assert_eq!((sum.into_inner(), queue.len()), (all * (all - 1) / 2, 0), "maxsize {maxsize}");
                    assert!(queue.task_done().is_err());
                }
            }

            #[test]
            fn debug_shows_the_length_and_the_limit() {
                let queue = $queue::new(2).named("jobs");
                queue.put(7);
                let shown = format!("{} {{ len: 1, maxsize: 2, .. }}", stringify!($queue));
                assert_eq!(format!("{queue:?}"), shown);
            }
        }
    };
}

claims!(fifo, Queue);
claims!(lifo, LifoQueue);
claims!(by_priority, PriorityQueue);

#[test]
fn a_queue_gives_what_came_first() {
    let queue = Queue::new(0);
    [3, 1, 2].into_iter().for_each(|item| queue.put(item));
    assert_eq!([queue.get(), queue.get(), queue.get()], [3, 1, 2]);
}

#[test]
fn a_lifo_queue_gives_what_came_last() {
    let queue = LifoQueue::new(0);
    [3, 1, 2].into_iter().for_each(|item| queue.put(item));
    assert_eq!([queue.get(), queue.get(), queue.get()], [2, 1, 3]);
}

#[test]
fn a_priority_queue_gives_the_smallest_and_of_equals_the_first() {
    #[derive(Debug)]
    struct Job(u8, &'static str);
    impl PartialEq for Job {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }
    impl Eq for Job {}
    impl PartialOrd for Job {
        fn partial_cmp(&self, other: &Self) -> Option<Order> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Job {
        fn cmp(&self, other: &Self) -> Order {
            self.0.cmp(&other.0)
        }
    }
    let queue = PriorityQueue::new(0);
    [Job(2, "a"), Job(1, "b"), Job(2, "c"), Job(1, "d"), Job(2, "e")].into_iter().for_each(|job| queue.put(job));
    let out = [0; 5].map(|_| queue.get().1);
    assert_eq!(out, ["b", "d", "a", "c", "e"]);
    let turned = PriorityQueue::new(0);
    [1, 3, 2].into_iter().for_each(|item| turned.put(Reverse(item)));
    assert_eq!([0; 3].map(|_| turned.get().0), [3, 2, 1]);
}

/// An item that cannot be compared while `IS_OUT_OF_ORDER`.
#[derive(PartialEq, Eq, Debug)]
struct Moody(u8);

thread_local!(static IS_OUT_OF_ORDER: Cell<bool> = const { Cell::new(false) });

impl PartialOrd for Moody {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}

impl Ord for Moody {
    fn cmp(&self, other: &Self) -> Order {
        assert!(!IS_OUT_OF_ORDER.get(), "out of order");
        self.0.cmp(&other.0)
    }
}

#[test]
fn an_item_that_cannot_be_compared_when_it_goes_in_is_there_all_the_same() {
    let queue = PriorityQueue::new(0);
    queue.put(Moody(2));
    IS_OUT_OF_ORDER.set(true);
    assert_eq!(caught(|| queue.put(Moody(1))).text, "out of order");
    IS_OUT_OF_ORDER.set(false);
    assert_eq!(queue.len(), 2);
    let mut both = [queue.get().0, queue.get().0];
    both.sort();
    assert_eq!(both, [1, 2]);
    // It was put, and is to be told as done.
    queue.task_done().unwrap();
    queue.task_done().unwrap();
    queue.join();
}

#[test]
fn who_waits_for_an_item_that_cannot_be_compared_goes_on() {
    let queue = PriorityQueue::new(0);
    thread::scope(|scope| {
        let getters = [(); 2].map(|()| scope.spawn(|| queue.get()));
        queue.put(Moody(2));
        IS_OUT_OF_ORDER.set(true);
        // Whether there is one to compare with is the getters' affair.
        drop(catch_unwind(AssertUnwindSafe(|| queue.put(Moody(1)))));
        IS_OUT_OF_ORDER.set(false);
        let mut both = getters.map(|getter| getter.join().unwrap().0);
        both.sort();
        assert_eq!(both, [1, 2]);
    });
}

#[test]
fn a_comparison_that_panics_when_an_item_is_taken_loses_that_item_at_most() {
    let queue = PriorityQueue::new(0);
    (0..4).for_each(|item| queue.put(Moody(item)));
    IS_OUT_OF_ORDER.set(true);
    assert_eq!(caught(|| queue.get()).text, "out of order");
    IS_OUT_OF_ORDER.set(false);
    assert_eq!(queue.len(), 3);
    (0..3).for_each(|_| _ = queue.get());
    assert!(queue.is_empty());
    queue.put(Moody(7));
    assert_eq!(queue.get(), Moody(7));
}

#[test]
fn the_errors_say_what_was_missing() {
    assert_eq!(Full(()).to_string(), "no room in a full queue");
    assert_eq!(Empty.to_string(), "no item in an empty queue");
    assert!(Full("a").source().is_none() && Empty.source().is_none());
    // An item need not be shown, nor be an error's part.
    struct Hidden;
    let _: &dyn Error = &Full(Hidden);
    assert_eq!(format!("{:?} {Empty:?}", Full(Hidden)), "Full(..) Empty");
}

#[test]
fn queues_stand_in_statics() {
    static JOBS: Queue<String> = Queue::new(1);
    static PLATES: LifoQueue<String> = LifoQueue::new(1);
    static CALLS: PriorityQueue<String> = PriorityQueue::new(1);
    thread::scope(|scope| {
        scope.spawn(|| JOBS.put("job".into()));
        scope.spawn(|| PLATES.put("plate".into()));
        scope.spawn(|| CALLS.put("call".into()));
    });
    assert_eq!([JOBS.get(), PLATES.get(), CALLS.get()], ["job", "plate", "call"]);
}
