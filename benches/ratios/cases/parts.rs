//! What std lacks, on one thread that never waits.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: a step leaves its part as it was.

use std::hint::black_box;
use std::time::Instant;

use super::ours::{Condition, Event, LifoQueue, PriorityQueue, Queue, RLock, Semaphore};
use super::sync::Mutex;
use crate::measure::Side;

pub(crate) fn rlock() -> Side {
    let lock = RLock::new(0_u64);
    Side::of(move || drop(black_box(black_box(&lock).lock())))
}

/// The first level is taken once a sample and held throughout.
pub(crate) fn rlock_again() -> Side {
    let lock = RLock::new(0_u64);
    Side::timing(move |steps| {
        let _first = lock.lock();
        let start = Instant::now();
        for _ in 0..steps {
            drop(black_box(black_box(&lock).lock()));
        }
        start.elapsed()
    })
}

pub(crate) fn semaphore_of_1() -> Side {
    let places = Semaphore::new(1);
    Side::of(move || drop(black_box(black_box(&places).acquire())))
}

pub(crate) fn semaphore_of_8() -> Side {
    let places = Semaphore::new(8);
    Side::of(move || drop(black_box(black_box(&places).acquire())))
}

pub(crate) fn semaphore_tried() -> Side {
    let places = Semaphore::new(8);
    Side::of(move || drop(black_box(black_box(&places).try_acquire())))
}

pub(crate) fn queue() -> Side {
    let queue = Queue::new(0);
    Side::of(move || {
        black_box(&queue).put(black_box(7_u64));
        black_box(black_box(&queue).get());
    })
}

pub(crate) fn bounded_queue() -> Side {
    let queue = Queue::new(64);
    Side::of(move || {
        black_box(&queue).put(black_box(7_u64));
        black_box(black_box(&queue).get());
    })
}

pub(crate) fn lifo_queue() -> Side {
    let queue = LifoQueue::new(0);
    Side::of(move || {
        black_box(&queue).put(black_box(7_u64));
        black_box(black_box(&queue).get());
    })
}

/// Beside a hundred items that come later.
pub(crate) fn priority_queue() -> Side {
    let queue = PriorityQueue::new(0);
    (100..200).for_each(|item| queue.put(item));
    Side::of(move || {
        black_box(&queue).put(black_box(7_u64));
        black_box(black_box(&queue).get());
    })
}

pub(crate) fn event_set_and_clear() -> Side {
    let event = Event::new();
    Side::of(move || {
        black_box(&event).set();
        black_box(&event).clear();
    })
}

pub(crate) fn event_is_set() -> Side {
    let event = Event::new();
    event.set();
    Side::of(move || _ = black_box(black_box(&event).is_set()))
}

pub(crate) fn event_wait() -> Side {
    let event = Event::new();
    event.set();
    Side::of(move || black_box(&event).wait())
}

pub(crate) fn condition() -> Side {
    let condition = Condition::new(Mutex::new(0_u64));
    Side::of(move || *black_box(&condition).acquire().unwrap() += 1)
}
