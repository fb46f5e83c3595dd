//! Turns a scenario of a race into one run under checked types, and says what gordian must report of it.
//!
//! Must not know: what the scenarios are. `tests/models` has a module with the same functions, whose judge is loom.
//! INVARIANT: the run is the one in which the race, the lost update or the split happens.

pub(crate) use gordian::checked::{cell, sync, thread};

use crate::races::{self as runs, alone, turn};
use gordian::Lint;

/// A program with two accesses that nothing orders.
#[track_caller]
pub(crate) fn races(program: impl Fn() + Send + Sync + 'static) {
    runs::races(program);
}

/// A program without.
#[track_caller]
pub(crate) fn is_quiet(program: impl Fn() + Send + Sync + 'static) {
    runs::is_quiet(program);
}

/// A program without, whose threads are never two at a time.
#[track_caller]
pub(crate) fn is_quiet_in_a_row(program: impl Fn() + Send + Sync + 'static) {
    runs::is_quiet(program);
}

/// A program with two accesses that only loom takes for ordered.
#[track_caller]
pub(crate) fn only_a_run_sees(program: impl Fn() + Send + Sync + 'static) {
    runs::races(program);
}

/// A program with two accesses that only the run-time checker takes for ordered.
#[track_caller]
pub(crate) fn only_loom_sees(program: impl Fn() + Send + Sync + 'static) {
    runs::is_quiet(program);
}

/// A program that loses an update in this run.
#[track_caller]
pub(crate) fn loses(right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    let mut result = right;
    assert_eq!(runs::lints(|| result = program()), [Lint::LostUpdate.name()]);
    assert_ne!(result, right);
}

/// A program that loses an update elsewhere than in this run, or in a way that does not show.
#[track_caller]
pub(crate) fn only_loom_loses(_right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    runs::is_quiet(|| {
        program();
    });
}

/// A program that has one result.
#[track_caller]
pub(crate) fn keeps(right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    let mut result = right + 1;
    runs::is_quiet(|| result = program());
    assert_eq!(result, right);
}

/// A program whose check does not hold any more when it acts.
#[track_caller]
pub(crate) fn splits(test: &str, program: impl Fn() -> bool + Send + Sync + 'static) {
    alone(&format!("twins::{test}"), || {
        let mut held = true;
        assert_eq!(runs::lints(|| held = program()), [Lint::Atomicity.name()]);
        assert!(!held);
    });
}

/// A program whose check holds.
#[track_caller]
pub(crate) fn holds(test: &str, program: impl Fn() -> bool + Send + Sync + 'static) {
    alone(&format!("twins::{test}"), || {
        let mut held = false;
        runs::is_quiet(|| held = program());
        assert!(held);
    });
}

/// One thread does `first`, another one then `between`, and the first one `last`; nothing that gordian sees orders them.
pub(crate) fn in_between<T, R: Send + 'static>(
    first: impl FnOnce() -> T + Send + 'static,
    between: impl FnOnce() + Send + 'static,
    last: impl FnOnce(T) -> R + Send + 'static,
) -> R {
    let ((begun, go), (done, end)) = (turn(), turn());
    let one = thread::spawn(move || {
        let seen = first();
        begun.send(()).unwrap();
        end.recv().unwrap();
        last(seen)
    });
    let other = thread::spawn(move || {
        go.recv().unwrap();
        between();
        done.send(()).unwrap();
    });
    other.join().unwrap();
    one.join().unwrap()
}
