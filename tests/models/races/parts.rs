//! The parts that std lacks: what of one thread they hand over to another, and what they do not.
//!
//! Threads and bound: see the module above; each claim is of both judges.

use super::{Cell, in_two_threads, one_after_the_other};
use crate::judge::sync::{Arc, Condition, Event, LifoQueue, Mutex, PriorityQueue, Queue, RLock, Semaphore};
use crate::judge::{is_quiet, races};

/// One writes and does `hand_over`, in this order or not, and then another one does `take_over` and writes.
fn handed<T: Send + Sync + 'static>(
    shared: fn() -> T,
    hand_over: fn(&T),
    take_over: fn(&T),
) -> [impl Fn() + Send + Sync + 'static; 2] {
    [true, false].map(|is_first| {
        move || {
            let (cell, shared) = (Cell::new(), Arc::new(shared()));
            let (theirs, same) = (cell.clone(), Arc::clone(&shared));
            one_after_the_other(
                move || {
                    if is_first {
                        theirs.write();
                    }
                    hand_over(&same);
                    if !is_first {
                        theirs.write();
                    }
                },
                move || {
                    take_over(&shared);
                    cell.write();
                },
            );
        }
    })
}

/// What is before the handing over is ordered, and what is after it is not.
fn hands_over_what_was_before<T: Send + Sync + 'static>(shared: fn() -> T, hand_over: fn(&T), take_over: fn(&T)) {
    let [before, after] = handed(shared, hand_over, take_over);
    is_quiet(before);
    races(after);
}

/// Claim: a permit that comes back by its guard hands over what was before, if there is one. Two threads, a permit each.
#[test]
fn the_only_permit_orders() {
    let visit = |places: &Semaphore| drop(places.acquire());
    hands_over_what_was_before(|| Semaphore::new(1), visit, visit);
}

/// Claim: a permit that is given back by hand does, too, however many there are. Two threads, one release.
#[test]
fn a_release_orders_what_was_before_it() {
    hands_over_what_was_before(|| Semaphore::new(0), |places| places.release(1), |places| places.acquire().forget());
    hands_over_what_was_before(
        || Semaphore::new(1),
        |places| places.release(1),
        |places| places.acquire_many(2).forget(),
    );
}

/// Claim: two semaphores do not order for each other. Two threads, a permit each.
#[test]
fn two_semaphores_do_not_order() {
    races(|| {
        let (cell, [one, other]) = (Cell::new(), [(); 2].map(|()| Semaphore::new(1)));
        let theirs = cell.clone();
        one_after_the_other(
            move || {
                let _permit = one.acquire();
                theirs.write();
            },
            move || {
                let _permit = other.acquire();
                cell.write();
            },
        );
    });
}

/// Claim: a set hands over what was before it, to whoever waits and to whoever looks. Two threads, one set.
#[test]
fn a_set_orders_what_was_before_it() {
    hands_over_what_was_before(Event::new, Event::set, Event::wait);
    hands_over_what_was_before(Event::new, Event::set, |event| assert!(event.is_set()));
}

/// Claim: a set hands over also to one who waits already, or not yet. Two threads, not in a row.
#[test]
fn a_set_orders_for_one_who_waits_already() {
    is_quiet(|| {
        let (cell, event) = (Cell::new(), Arc::new(Event::new()));
        let (theirs, same) = (cell.clone(), Arc::clone(&event));
        in_two_threads(
            move || {
                theirs.write();
                same.set();
            },
            move || {
                event.wait();
                cell.write();
            },
        );
    });
}

/// Claim: an item hands over what was before its `put`, from every kind of queue. Two threads, one item.
#[test]
fn an_item_orders_what_was_before_it_was_put() {
    hands_over_what_was_before(|| Queue::new(0), |queue| queue.put(1), |queue| assert_eq!(queue.get(), 1));
    hands_over_what_was_before(|| LifoQueue::new(0), |queue| queue.put(1), |queue| assert_eq!(queue.get(), 1));
    hands_over_what_was_before(|| PriorityQueue::new(0), |queue| queue.put(1), |queue| assert_eq!(queue.get(), 1));
    hands_over_what_was_before(
        || Queue::new(1),
        |queue| queue.try_put(1).unwrap(),
        |queue| assert_eq!(queue.try_get(), Ok(1)),
    );
}

/// Claim: what was before the last `task_done` is before the end of a `join`. Two threads, one item.
#[test]
fn a_job_that_is_done_orders_what_was_before_it() {
    let jobs = || {
        let jobs = Queue::new(0);
        jobs.put(1);
        jobs.get();
        jobs
    };
    hands_over_what_was_before(jobs, |jobs| jobs.task_done().unwrap(), Queue::join);
}

/// Claim: a condition orders through its lock, a mutex or an `RLock`. Two threads, one hold each.
#[test]
fn a_condition_orders_through_its_lock() {
    hands_over_what_was_before(
        || Condition::new(Mutex::new(false)),
        |told| {
            let mut guard = told.acquire().unwrap();
            *guard = true;
            guard.notify(1);
        },
        |told| assert!(told.acquire().unwrap().wait_for(|told| *told, None).unwrap()),
    );
    hands_over_what_was_before(
        || Condition::new(RLock::new(())),
        |told| drop(told.acquire()),
        |told| drop(told.acquire()),
    );
}
