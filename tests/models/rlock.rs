//! `RLock`, at every level, against another thread.
//!
//! Threads: one besides the one that runs the model.
//! Bound: none; loom explores every interleaving.

use crate::{failure_of, passes_every_interleaving_of};
use gordian::sync::atomic::{AtomicUsize, Ordering};
use gordian::sync::{Arc, RLock};
use gordian::thread;
use std::cell::Cell;

/// Claim: while any level is held no other thread is let in, so the two increments never overlap.
#[test]
fn a_lock_held_twice_excludes_until_both_levels_are_given_back() {
    passes_every_interleaving_of(|| {
        against_an_increment(|shared| {
            let outer = shared.lock.lock();
            drop(shared.lock.lock());
            shared.increment();
            drop(outer);
        });
    });
}

/// Claim: the twin that gives its only level back before it increments is caught.
#[test]
fn a_lock_given_back_too_early_lets_the_other_thread_in() {
    let text = failure_of(|| {
        against_an_increment(|shared| {
            drop(shared.lock.lock());
            shared.increment();
        });
    });
    assert_eq!(text, "lost update: two increments made 1");
}

/// Claim: guards may end in the order in which they were taken, and the last of them lets others in.
#[test]
fn the_last_guard_gives_the_lock_back_in_any_order() {
    passes_every_interleaving_of(|| {
        against_an_increment(|shared| {
            let outer = shared.lock.lock();
            let inner = shared.lock.lock();
            drop(outer);
            shared.increment();
            drop(inner);
        });
    });
}

/// Claim: a thread that gave the lock back asks for it like any other, and is not taken for the holder it was.
#[test]
fn a_lock_that_was_given_back_is_taken_anew() {
    passes_every_interleaving_of(|| {
        against_an_increment(|shared| {
            drop(shared.lock.lock());
            let again = shared.lock.lock();
            shared.increment();
            drop(again);
        });
    });
}

/// Claim: what is not `Sync` is safe inside, since the lock orders its users.
#[test]
fn the_data_is_handed_over_with_the_lock() {
    passes_every_interleaving_of(|| {
        let counter = Arc::new(RLock::new(Cell::new(0)));
        let theirs = Arc::clone(&counter);
        let other = thread::spawn(move || {
            let counter = theirs.lock();
            let read = counter.get();
            thread::yield_now();
            counter.set(read + 1);
        });
        let mine = counter.lock();
        mine.set(mine.get() + 1);
        drop(mine);
        other.join().unwrap();
        assert_eq!(counter.lock().get(), 2);
    });
}

/// Claim: `try_lock` is refused while another thread holds the lock, admitted while none does, and both are explored.
///
/// Both threads yield: loom holds a pending `try_lock` back while the lock is held, so it sees a refusal only where the holder
/// lets others run and the other thread has not asked yet.
#[test]
fn try_lock_is_both_refused_and_admitted() {
    // std's atomics, outside the model: they gather what the interleavings did.
    static REFUSED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    static ADMITTED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    passes_every_interleaving_of(|| {
        let lock = Arc::new(RLock::new(Cell::new(false)));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let inside = theirs.lock();
            inside.set(true);
            thread::yield_now();
            inside.set(false);
        });
        thread::yield_now();
        let gathered = match lock.try_lock() {
            Some(inside) => {
                assert!(!inside.get(), "both threads are inside");
                assert_eq!(lock.count(), 1);
                &ADMITTED
            }
            None => {
                assert_eq!(lock.count(), 0);
                &REFUSED
            }
        };
        // ORDERING: Relaxed; the interleavings of a model follow one another on one thread.
        gathered.fetch_add(1, Ordering::Relaxed);
        other.join().unwrap();
    });
    assert!(REFUSED.load(Ordering::Relaxed) > 0, "no interleaving was refused");
    assert!(ADMITTED.load(Ordering::Relaxed) > 0, "no interleaving was admitted");
}

/// Claim: a thread that leaks its guard and ends keeps the lock, and whoever asks next waits forever.
#[test]
fn a_leaked_guard_keeps_the_lock_after_its_thread() {
    let text = failure_of(|| {
        let lock = Arc::new(RLock::new(()));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || std::mem::forget(theirs.lock())).join().unwrap();
        drop(lock.lock());
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
}

/// Runs `steps` beside a thread that increments under the lock, and checks that no increment was lost.
fn against_an_increment(steps: fn(&Shared)) {
    let shared = Arc::new(Shared { lock: RLock::new(()), counter: AtomicUsize::new(0) });
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || {
        let _guard = theirs.lock.lock();
        theirs.increment();
    });
    steps(&shared);
    other.join().unwrap();
    let total = shared.counter.load(Ordering::SeqCst);
    assert!(total == 2, "lost update: two increments made {total}");
}

/// A counter beside its lock, so that a thread that does not hold the lock can reach it too.
struct Shared {
    lock: RLock<()>,
    counter: AtomicUsize,
}

impl Shared {
    /// Reads, and writes back: atomic only for a thread that is alone.
    fn increment(&self) {
        // ORDERING: SeqCst; so that only the gap between the steps can lose an update, never their order.
        let read = self.counter.load(Ordering::SeqCst);
        self.counter.store(read + 1, Ordering::SeqCst);
    }
}
