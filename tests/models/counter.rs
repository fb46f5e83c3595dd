//! A counter that is read, left alone for a moment, and written back.
//!
//! Threads: two besides the one that runs the model, one increment each.
//! Bound: none; loom explores every interleaving.

use crate::{failure_of, passes_every_interleaving_of};
use gordian::sync::atomic::{AtomicUsize, Ordering};
use gordian::sync::{Arc, Mutex};
use gordian::thread;

/// Claim: without a lock there is an interleaving in which one increment overwrites the other.
#[test]
fn an_unlocked_counter_loses_an_update() {
    let text = failure_of(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        in_two_threads(&counter, |counter| {
            // ORDERING: SeqCst; the update is lost between the two steps, however strongly each is ordered.
            let read = counter.load(Ordering::SeqCst);
            thread::yield_now();
            counter.store(read + 1, Ordering::SeqCst);
        });
        let total = counter.load(Ordering::SeqCst);
        assert!(total == 2, "lost update: two increments made {total}");
    });
    assert_eq!(text, "lost update: two increments made 1");
}

/// Claim: with a lock around the three steps no interleaving loses an update.
#[test]
fn a_locked_counter_loses_nothing() {
    passes_every_interleaving_of(|| {
        let counter = Arc::new(Mutex::new(0));
        in_two_threads(&counter, |counter| {
            let mut counter = counter.lock().unwrap();
            let read = *counter;
            thread::yield_now();
            *counter = read + 1;
        });
        let total = *counter.lock().unwrap();
        assert!(total == 2, "lost update: two increments made {total}");
    });
}

/// Claim: two locked steps with a gap between them lose an update as if there were no lock.
#[test]
fn a_lock_that_is_given_back_before_the_write_loses_an_update() {
    let text = failure_of(|| {
        let counter = Arc::new(Mutex::new(0));
        in_two_threads(&counter, |counter| {
            let read = *counter.lock().unwrap();
            thread::yield_now();
            *counter.lock().unwrap() = read + 1;
        });
        let total = *counter.lock().unwrap();
        assert!(total == 2, "lost update: two increments made {total}");
    });
    assert_eq!(text, "lost update: two increments made 1");
}

fn in_two_threads<T: Send + Sync + 'static>(shared: &Arc<T>, step: fn(&T)) {
    let threads = [(); 2].map(|()| {
        let shared = Arc::clone(shared);
        thread::spawn(move || step(&shared))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
