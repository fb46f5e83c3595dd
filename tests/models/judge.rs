//! Turns a scenario of a race into a model that loom explores, and says what loom must find.
//!
//! Must not know: what the scenarios are. `tests/it` has a module with the same functions, whose judge is gordian's checker.
//! INVARIANT: the text of each failure is compared, so a deadlock or a leak is never taken for a race.

pub(crate) use gordian::{cell, sync, thread};

use crate::{failure_of, passes_every_interleaving_of};

/// A program with two accesses that nothing orders.
#[track_caller]
pub(crate) fn races(program: impl Fn() + Send + Sync + 'static) {
    let text = failure_of(program);
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// A program without.
#[track_caller]
pub(crate) fn is_quiet(program: impl Fn() + Send + Sync + 'static) {
    passes_every_interleaving_of(program);
}

/// A program without, whose threads are never two at a time.
#[track_caller]
pub(crate) fn is_quiet_in_a_row(program: impl Fn() + Send + Sync + 'static) {
    gordian::model(program);
}

/// A program with two accesses that only loom takes for ordered.
#[track_caller]
pub(crate) fn only_a_run_sees(program: impl Fn() + Send + Sync + 'static) {
    is_quiet(program);
}

/// A program with two accesses that only the run-time checker takes for ordered.
#[track_caller]
pub(crate) fn only_loom_sees(program: impl Fn() + Send + Sync + 'static) {
    races(program);
}

/// A program that has an interleaving whose result is not the right one.
#[track_caller]
pub(crate) fn loses(right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    let text = failure_of(move || is_right(right, program()));
    assert!(text.starts_with("lost update: "), "{text}");
}

/// A program that loses an update elsewhere than in the run that gordian is shown, or in a way that does not show.
#[track_caller]
pub(crate) fn only_loom_loses(right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    loses(right, program);
}

/// A program that has one result.
#[track_caller]
pub(crate) fn keeps(right: u64, program: impl Fn() -> u64 + Send + Sync + 'static) {
    passes_every_interleaving_of(move || is_right(right, program()));
}

fn is_right(right: u64, result: u64) {
    assert!(result == right, "lost update: {result}, not {right}");
}

/// A program whose check does not hold any more when it acts, in some interleaving.
#[track_caller]
pub(crate) fn splits(_test: &str, program: impl Fn() -> bool + Send + Sync + 'static) {
    let text = failure_of(move || assert!(program(), "the check no longer holds"));
    assert_eq!(text, "the check no longer holds");
}

/// A program whose check always holds.
#[track_caller]
pub(crate) fn holds(_test: &str, program: impl Fn() -> bool + Send + Sync + 'static) {
    passes_every_interleaving_of(move || assert!(program(), "the check no longer holds"));
}

/// One thread does `first` and `last`, another one `between`, wherever loom puts it.
pub(crate) fn in_between<T, R: Send + 'static>(
    first: impl FnOnce() -> T + Send + 'static,
    between: impl FnOnce() + Send + 'static,
    last: impl FnOnce(T) -> R + Send + 'static,
) -> R {
    let one = thread::spawn(move || last(first()));
    let other = thread::spawn(between);
    other.join().unwrap();
    one.join().unwrap()
}
