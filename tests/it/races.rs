//! Races on watched places: for each thing that orders threads, a program that it orders and one that it does not.
//!
//! Steps of different threads are put in a row by std's own channels, which gordian does not see: what one thread does is
//! really before what the other one does, and only the thing under test may say so.

mod accesses;
mod atomics;
mod drops;
mod ends;
mod messages;
mod orders;
mod parts;
mod places;
mod sections;
mod updates;

pub(crate) use sections::alone;

use gordian::checked::cell::UnsafeCell;
use gordian::checked::thread;
use gordian::{Lint, Named, Report};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A cell that any thread may use, in whatever order.
pub(crate) struct Cell(UnsafeCell<u64>);

// SAFETY: each test puts its accesses in a row by means of its own.
unsafe impl Sync for Cell {}

impl Cell {
    #[track_caller]
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0).named("cell")))
    }

    #[track_caller]
    pub(crate) fn read(&self) -> u64 {
        // SAFETY: no two accesses are at one time.
        self.0.with(|value| unsafe { *value })
    }

    #[track_caller]
    pub(crate) fn write(&self) {
        // SAFETY: no two accesses are at one time.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }
}

/// A turn that one thread gives to another, unseen.
pub(crate) fn turn() -> (Sender<()>, Receiver<()>) {
    channel()
}

/// Returns what a program's findings are about.
#[track_caller]
pub(crate) fn lints(program: impl FnOnce()) -> Vec<&'static str> {
    found(program).iter().map(|report| report.lint).collect()
}

pub(crate) fn found(program: impl FnOnce()) -> Vec<Report> {
    gordian::collect(program)
}

/// A program that races, with what is reported of it.
#[track_caller]
pub(crate) fn races(program: impl FnOnce()) {
    assert_eq!(lints(program), [Lint::DataRace.name()]);
}

/// A program that does not.
#[track_caller]
pub(crate) fn is_quiet(program: impl FnOnce()) {
    assert_eq!(lints(program), [""; 0]);
}

/// One thread does `first`, and then another one does `then`; nothing that gordian sees orders them, but what they do.
pub(crate) fn one_after_the_other(first: impl FnOnce() + Send, then: impl FnOnce() + Send) {
    let (done, go) = turn();
    thread::scope(|scope| {
        scope.spawn(move || {
            first();
            done.send(()).unwrap();
        });
        scope.spawn(move || {
            go.recv().unwrap();
            then();
        });
    });
}
