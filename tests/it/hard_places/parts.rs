//! What the parts that std lacks hand over.
//!
//! Must not know: how they work.

use super::{alone, lints_told, nest};
use gordian::checked::sync::{Mutex, Queue};
use gordian::checked::thread;
use std::sync::Barrier;
use std::time::Duration;

/// One thread nests two locks and takes out of a full queue of `maxsize` places; once it has, another one puts into it, and nests
/// the locks the other way round.
fn free_and_put(maxsize: usize, items: usize, put: fn(&Queue<u32>)) {
    let (a, b, queue) = (Mutex::new(()), Mutex::new(()), Queue::new(maxsize));
    let freed = Barrier::new(2);
    thread::scope(|scope| {
        (0..items).for_each(|_| queue.put(0));
        scope.spawn(|| {
            nest(&a, &b);
            queue.get();
            freed.wait();
        });
        freed.wait();
        put(&queue);
        nest(&b, &a);
    });
}

#[test]
fn a_put_into_the_last_place_comes_after_all_who_freed_one() {
    alone(&[("GORDIAN", "warn")], || {
        free_and_put(2, 2, |queue| queue.put(1));
        assert_eq!(lints_told(), ["sequential_order"]);
    })
    .passes();
}

#[test]
fn a_try_put_into_the_last_place_comes_after_all_who_freed_one() {
    alone(&[("GORDIAN", "warn")], || {
        free_and_put(2, 2, |queue| queue.try_put(1).expect("there is room"));
        assert_eq!(lints_told(), ["sequential_order"]);
    })
    .passes();
}

#[test]
fn a_put_timeout_into_the_last_place_comes_after_all_who_freed_one() {
    alone(&[("GORDIAN", "warn")], || {
        free_and_put(2, 2, |queue| queue.put_timeout(1, Duration::ZERO).expect("there is room"));
        assert_eq!(lints_told(), ["sequential_order"]);
    })
    .passes();
}

#[test]
fn a_put_that_had_a_place_anyway_comes_after_nobody() {
    alone(&[("GORDIAN", "warn")], || {
        free_and_put(2, 1, |queue| queue.put(1));
        assert_eq!(lints_told(), ["lock_order"]);
    })
    .passes();
}
