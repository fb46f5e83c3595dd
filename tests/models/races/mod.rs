//! Turns each scenario of a race into one program that two judges try: loom by exploration, gordian's checker in one run.
//!
//! `tests/models` runs these programs under loom, `tests/it` under checked types; each crate has a `judge` of its own, with
//! the same functions and the names of its build.
//! Must not know: which judge tries it.
//! Source: `tests/it/races`. We differ: what puts threads in a row there (std's channels) would be unseen by loom, so here it
//! is a flag that is `Relaxed` on both sides, which orders nothing for either judge.
//! INVARIANT: a program that races, or loses an update, stands beside one that does not.
//!
//! Threads: at most two besides the one that runs the model, one or two steps each.
//! Bound: none of their own; `cargo xtask models` sets `LOOM_MAX_PREEMPTIONS`.

mod atomics;
mod differences;
pub(crate) mod lessons;
mod orders;
mod parts;
mod sections;
mod starts;
mod updates;

use crate::judge::{cell::UnsafeCell, sync::Arc, sync::atomic::AtomicBool, sync::atomic::Ordering, thread};

/// A cell that any thread may use, in whatever order.
#[derive(Clone)]
struct Cell(Arc<Watched>);

struct Watched(UnsafeCell<u64>);

// SAFETY: a judge ends the program, or has put its accesses in a row, before two of them meet.
unsafe impl Send for Watched {}
// SAFETY: as above.
unsafe impl Sync for Watched {}

impl Cell {
    #[track_caller]
    fn new() -> Self {
        Self(Arc::new(Watched(UnsafeCell::new(0))))
    }

    #[track_caller]
    fn read(&self) -> u64 {
        // SAFETY: see `Watched`.
        self.0.0.with(|value| unsafe { *value })
    }

    #[track_caller]
    fn write(&self) {
        // SAFETY: see `Watched`.
        self.0.0.with_mut(|value| unsafe { *value += 1 });
    }
}

/// A turn that one thread gives to another, and that orders nothing unless there are fences on both sides of it.
#[derive(Clone)]
struct Turn(Arc<AtomicBool>);

impl Turn {
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    fn give(&self) {
        // ORDERING: Relaxed; what the giver did is to be seen only through what is under test.
        self.0.store(true, Ordering::Relaxed);
    }

    fn take(&self) {
        // ORDERING: Relaxed; see `give`.
        while !self.0.load(Ordering::Relaxed) {
            thread::yield_now();
        }
    }
}

/// One thread does `first`, and then another one does `then`; nothing orders them but what they do.
fn one_after_the_other(first: impl FnOnce() + Send + 'static, then: impl FnOnce() + Send + 'static) {
    let turn = Turn::new();
    let theirs = turn.clone();
    in_two_threads(
        move || {
            first();
            theirs.give();
        },
        move || {
            turn.take();
            then();
        },
    );
}

/// Two threads, one for each; what waits for the other one says so itself.
fn in_two_threads(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static) {
    let (one, other) = (thread::spawn(one), thread::spawn(other));
    one.join().unwrap();
    other.join().unwrap();
}
