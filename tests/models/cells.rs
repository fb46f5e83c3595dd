//! Cells that two threads reach into, with and without what orders them.
//!
//! Threads: two besides the one that runs the model, one or two accesses each.
//! Bound: none; loom explores every interleaving.

use crate::{failure_of, passes_every_interleaving_of};
use gordian::cell::{Shared, UnsafeCell};
use gordian::sync::atomic::{AtomicBool, Ordering};
use gordian::sync::{Arc, Mutex};
use gordian::thread;

const READ_AND_WRITE: &str = "Causality violation: Concurrent read and write accesses";
const TWO_WRITES: &str = "Causality violation: Concurrent write accesses to `UnsafeCell`";

/// A counter beside its lock, so that a thread that forgets the lock can reach it too.
struct Counter {
    lock: Mutex<()>,
    cell: UnsafeCell<u32>,
    shared: Shared<u32>,
}

// SAFETY: `cell` is shared by a rule, which some of the models break for loom to see it.
unsafe impl Sync for Counter {}

impl Counter {
    fn new() -> Arc<Self> {
        Arc::new(Self { lock: Mutex::new(()), cell: UnsafeCell::new(0), shared: Shared::new(0) })
    }
}

/// Claim: two threads that write an `UnsafeCell` without a lock are caught, whether or not an update is lost.
#[test]
fn an_unsafe_cell_without_its_lock_is_a_race() {
    let text = failure_of(|| {
        in_two_threads(&Counter::new(), |counter| {
            // SAFETY: none; loom ends the model before the second access.
            counter.cell.with_mut(|value| unsafe { *value += 1 });
        });
    });
    assert!(text.starts_with(TWO_WRITES), "{text}");
}

/// Claim: a read beside a write is caught too.
#[test]
fn a_look_into_an_unsafe_cell_without_its_lock_is_a_race() {
    let text = failure_of(|| {
        let counter = Counter::new();
        let theirs = Arc::clone(&counter);
        let other = thread::spawn(move || {
            let _guard = theirs.lock.lock();
            // SAFETY: none for the look below; loom ends the model.
            theirs.cell.with_mut(|value| unsafe { *value += 1 });
        });
        // SAFETY: none; see above.
        counter.cell.with(|value| unsafe { *value });
        other.join().unwrap();
    });
    assert!(text.starts_with(READ_AND_WRITE), "{text}");
}

/// Claim: with the lock around each access no interleaving races, and none loses an update.
#[test]
fn an_unsafe_cell_under_its_lock_is_no_race() {
    passes_every_interleaving_of(|| {
        let counter = Counter::new();
        in_two_threads(&counter, |counter| {
            let _guard = counter.lock.lock();
            // SAFETY: the lock is held.
            counter.cell.with_mut(|value| unsafe { *value += 1 });
        });
        // SAFETY: the other threads have been joined.
        assert_eq!(counter.cell.with(|value| unsafe { *value }), 2);
    });
}

/// Claim: a flag that is stored with Release and loaded with Acquire hands a cell over.
#[test]
fn a_released_flag_hands_an_unsafe_cell_over() {
    passes_every_interleaving_of(|| hand_over(Ordering::Release, Ordering::Acquire));
}

/// Claim: the twin whose flag is Relaxed on both sides is caught.
#[test]
fn a_relaxed_flag_hands_nothing_over() {
    let text = failure_of(|| hand_over(Ordering::Relaxed, Ordering::Relaxed));
    assert!(text.starts_with(READ_AND_WRITE), "{text}");
}

/// Claim: a `Shared` that is updated without a lock is a race, though nothing is torn and no code is unsafe.
#[test]
fn a_shared_counter_without_its_lock_is_a_race() {
    let text = failure_of(|| {
        in_two_threads(&Counter::new(), |counter| counter.shared.update(|value| value + 1));
    });
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// Claim: a lock around the read and another around the write order the accesses, and still lose an update.
#[test]
fn a_shared_counter_whose_lock_is_given_back_before_the_write_loses_an_update() {
    let text = failure_of(|| {
        let counter = Counter::new();
        in_two_threads(&counter, |counter| {
            let guard = counter.lock.lock();
            let read = counter.shared.get();
            drop(guard);
            let _guard = counter.lock.lock();
            counter.shared.set(read + 1);
        });
        let total = counter.shared.get();
        assert!(total == 2, "lost update: two increments made {total}");
    });
    assert_eq!(text, "lost update: two increments made 1");
}

/// Claim: with one lock around the update no interleaving loses one.
#[test]
fn a_shared_counter_under_its_lock_loses_nothing() {
    passes_every_interleaving_of(|| {
        let counter = Counter::new();
        in_two_threads(&counter, |counter| {
            let _guard = counter.lock.lock();
            counter.shared.update(|value| value + 1);
        });
        assert_eq!(format!("{:?}", counter.shared), "Shared { value: 2 }");
    });
}

/// Claim: what is exclusive needs no lock, and a cell gives its value back.
#[test]
fn exclusive_references_and_values_are_stds() {
    gordian::model(|| {
        let (mut cell, mut shared) = (UnsafeCell::from(1), Shared::<u32>::default());
        *cell.get_mut() += 1;
        *shared.get_mut() += 1;
        assert_eq!(format!("{cell:?}"), "UnsafeCell { .. }");
        assert_eq!((cell.into_inner(), shared.into_inner()), (2, 1));
    });
}

/// Writes a cell, then sets a flag; another thread that finds the flag set reads what was written.
fn hand_over(store: Ordering, load: Ordering) {
    struct Handed(UnsafeCell<u32>, AtomicBool);
    // SAFETY: the cell is read only after the flag was found set; the models say whether that is enough.
    unsafe impl Sync for Handed {}

    let handed = Arc::new(Handed(UnsafeCell::new(0), AtomicBool::new(false)));
    let theirs = Arc::clone(&handed);
    let other = thread::spawn(move || {
        // SAFETY: the flag is not set, so nobody reads.
        theirs.0.with_mut(|value| unsafe { *value = 1 });
        theirs.1.store(true, store);
    });
    if handed.1.load(load) {
        // SAFETY: the flag is set, so nobody writes any more.
        assert_eq!(handed.0.with(|value| unsafe { *value }), 1);
    }
    other.join().unwrap();
}

fn in_two_threads(counter: &Arc<Counter>, step: fn(&Counter)) {
    let threads = [(); 2].map(|()| {
        let counter = Arc::clone(counter);
        thread::spawn(move || step(&counter))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}
