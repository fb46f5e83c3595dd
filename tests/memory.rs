//! Turns long runs into claims about the memory that stays: none, or less than a stated bound.
//!
//! Must not know: what the detector keeps.
//! INVARIANT: each count has a process of its own, so that no test begins where another one ended.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

#[expect(dead_code, reason = "other tests ask more of a process")]
#[path = "it/hard_places/alone.rs"]
mod alone;

use alone::alone;
use gordian::checked::cell::Shared;
use gordian::checked::sync::Mutex;
use gordian::checked::sync::atomic::AtomicUsize;
use gordian::checked::sync::mpsc::channel;
use gordian::checked::thread;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicIsize, Ordering};

/// `System`, with a count of the bytes that are live.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;
static LIVE: AtomicIsize = AtomicIsize::new(0);

/// What little a run leaves whatever its length: an entry of a list here or there, one more place for a thread.
const NOTHING: isize = 1024;

fn count(bytes: isize) {
    // ORDERING: Relaxed; a sum, read after joins.
    LIVE.fetch_add(bytes, Ordering::Relaxed);
}

fn live() -> isize {
    // ORDERING: Relaxed; as in `count`.
    LIVE.load(Ordering::Relaxed)
}

// SAFETY: every call is passed on to `System`, and `count` does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps `alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: `block` came from `System` by way of `alloc`, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Returns how many bytes stay after each of `checkpoints` rounds of `act`, less what stays after the first.
fn growth(checkpoints: &[usize], mut act: impl FnMut()) -> Vec<isize> {
    let mut done = 0;
    let mut at = |rounds: usize| {
        (done..rounds).for_each(|_| act());
        done = rounds;
        live()
    };
    let first = at(checkpoints[0]);
    checkpoints[1..].iter().map(|&rounds| at(rounds) - first).collect()
}

/// Takes `inner` under `outer`.
fn nest(outer: &Mutex<u64>, inner: &Mutex<u64>) {
    let mut outer = outer.lock().expect("nobody panics");
    *outer += *inner.lock().expect("nobody panics");
}

#[test]
fn threads_that_were_joined_leave_their_answers_only() {
    alone(&[], || {
        let (outer, inner) = (&Mutex::new(0), &Mutex::new(1));
        let grown = growth(&[2_000, 10_000], || {
            thread::scope(|scope| {
                scope.spawn(|| nest(outer, inner));
            });
        });
        // Each thread asks one question. An answer is a slot of 8 bytes, in tables that double when they are half full
        // and are kept: less than 32 bytes a thread, up to 16 MiB in all.
        assert!(grown[0] <= 8_000 * 32, "{grown:?}");
    })
    .passes();
}

#[test]
fn short_lived_locks_under_one_leave_nothing() {
    alone(&[], || {
        let outer = Mutex::new(0);
        let grown = growth(&[100_000, 200_000, 300_000], || nest(&outer, black_box(&Mutex::new(1))));
        assert!(grown.iter().all(|&grown| grown <= NOTHING), "{grown:?}");
    })
    .passes();
}

#[test]
fn short_lived_locks_over_one_leave_their_answers_only() {
    alone(&[], || {
        let inner = Mutex::new(1);
        let grown = growth(&[100_000, 300_000], || nest(black_box(&Mutex::new(0)), &inner));
        // As for threads: one question a lock.
        assert!(grown[0] <= 200_000 * 32, "{grown:?}");
    })
    .passes();
}

#[test]
fn threads_joined_under_a_lock_leave_nothing() {
    alone(&[], || {
        let lock = Mutex::new(0);
        let _held = lock.lock();
        let grown = growth(&[1_000, 5_000], || {
            thread::spawn(|| drop(black_box(&Mutex::new(0)).lock())).join().expect("nobody panics");
        });
        assert!(grown[0] <= NOTHING, "{grown:?}");
    })
    .passes();
}

#[test]
fn what_stays_is_counted() {
    let grown = growth(&[1, 1_000], || std::mem::forget(black_box(Box::new([0_u8; 64]))));
    assert!(grown[0] >= 999 * 64, "{grown:?}");
}

/// Accesses cells of its own and one of everybody's, and hands over by a lock, an atomic and a message.
fn access(shared: &Mutex<Shared<u64>>, count: &AtomicUsize) {
    let (sender, receiver) = channel();
    let cell = Shared::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            cell.set(1);
            let shared = shared.lock().expect("nobody panics");
            shared.set(shared.get() + 1);
            drop(shared);
            count.fetch_add(1, Ordering::AcqRel);
            sender.send(()).expect("it is received");
        });
        receiver.recv().expect("it is sent");
        cell.set(cell.get() + 1);
    });
}

#[test]
fn threads_that_access_watched_cells_leave_their_answers_only() {
    alone(&[], || {
        let (shared, count) = (Mutex::new(Shared::new(0)), AtomicUsize::new(0));
        let grown = growth(&[1_000, 2_500, 4_000], || access(&shared, &count));
        gordian::assert_clean();
        // Clocks have the system's own memory, which is not counted here: a table of a fixed length, each as long as there
        // are places.
        assert!(grown.iter().all(|&grown| grown <= 3_000), "less than a byte a thread: {grown:?}");
    })
    .passes();
}
