//! Two threads that need the same two locks.
//!
//! Threads: two besides the one that runs the model, each takes both locks once.
//! Bound: none; loom explores every interleaving.

use crate::{failure_of, passes_every_interleaving_of};
use gordian::sync::{Arc, Mutex, RLock, RwLock};
use gordian::thread;

/// Claim: opposite orders have an interleaving in which both threads wait forever.
#[test]
fn opposite_orders_deadlock() {
    let text = failure_of(|| {
        let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
        in_two_threads((&a, &b), (&b, &a), take_both);
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
    assert_eq!(text.matches("Blocked").count(), 3, "both threads, and the one that joins them: {text}");
}

/// Claim: one order for both threads has no such interleaving.
#[test]
fn one_order_passes() {
    passes_every_interleaving_of(|| {
        let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
        in_two_threads((&a, &b), (&a, &b), take_both);
    });
}

/// Claim: one reentrant lock under both names makes opposite orders the same order.
#[test]
fn one_reentrant_lock_under_both_names_passes() {
    passes_every_interleaving_of(|| {
        let a = Arc::new(RLock::new(1));
        let b = Arc::clone(&a);
        in_two_threads((&a, &b), (&b, &a), take_both_levels);
    });
}

/// Claim: reentrant locks do not help by themselves; two of them in opposite orders deadlock.
#[test]
fn two_reentrant_locks_in_opposite_orders_deadlock() {
    let text = failure_of(|| {
        let (a, b) = (Arc::new(RLock::new(1)), Arc::new(RLock::new(2)));
        in_two_threads((&a, &b), (&b, &a), take_both_levels);
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
}

/// Claim: writers of two reader-writer locks in opposite orders deadlock, and the failure can be caught and read.
#[test]
fn opposite_orders_of_writers_deadlock() {
    let text = failure_of(|| {
        let (a, b) = (Arc::new(RwLock::new(1)), Arc::new(RwLock::new(2)));
        in_two_threads((&a, &b), (&b, &a), |first, second| {
            let first = first.write().unwrap();
            let second = second.write().unwrap();
            assert_eq!(*first + *second, 3);
        });
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
}

/// Claim: readers of the same two locks pass in opposite orders.
#[test]
fn opposite_orders_of_readers_pass() {
    passes_every_interleaving_of(|| {
        let (a, b) = (Arc::new(RwLock::new(1)), Arc::new(RwLock::new(2)));
        in_two_threads((&a, &b), (&b, &a), |first, second| {
            let first = first.read().unwrap();
            let second = second.read().unwrap();
            assert_eq!(*first + *second, 3);
        });
    });
}

fn take_both(first: &Mutex<i32>, second: &Mutex<i32>) {
    let first = first.lock().unwrap();
    let second = second.lock().unwrap();
    assert_eq!(*first + *second, 3);
}

fn take_both_levels(first: &RLock<i32>, second: &RLock<i32>) {
    let _first = first.lock();
    let _second = second.lock();
    assert_eq!((first.count() > 0, second.count() > 0), (true, true));
}

type Locks<'a, L> = (&'a Arc<L>, &'a Arc<L>);

fn in_two_threads<L: Send + Sync + 'static>(one: Locks<'_, L>, other: Locks<'_, L>, take: fn(&L, &L)) {
    let threads = [one, other].map(|(first, second)| {
        let (first, second) = (Arc::clone(first), Arc::clone(second));
        thread::spawn(move || take(&first, &second))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
