//! What a script shows, in its own names.
//!
//! Must not know: how it is found.
//! INVARIANT: the same finding has the same words, from whichever side it was told.

use crate::lint::{Level, Lint};
use crate::stream::script::{LockName, ThreadName};
use std::fmt;

/// What an operation shows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Something was found.
    Found(Told),
    /// The operation cannot be, and was not done, for this reason.
    Refused(String),
}

/// A finding, in names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Told {
    /// Which lint.
    pub lint: Lint,
    /// The locks of the cycle in its order, from where the list is the smallest; their classes if it is a cycle of
    /// classes. Empty if it is about threads.
    pub locks: Vec<LockName>,
    /// The threads of a finding that is not about the order of locks, ascending.
    pub threads: Vec<ThreadName>,
}

impl Told {
    /// Returns the finding told from where the list of locks is the smallest.
    pub fn new(lint: Lint, mut locks: Vec<LockName>) -> Self {
        let first = (0..locks.len()).min_by_key(|&first| [&locks[first..], &locks[..first]].concat());
        locks.rotate_left(first.unwrap_or(0));
        Self { lint, locks, threads: Vec::new() }
    }

    /// Returns a finding about threads.
    pub fn of_threads(lint: Lint, mut threads: Vec<ThreadName>) -> Self {
        threads.sort_unstable();
        threads.dedup();
        Self { lint, locks: Vec::new(), threads }
    }
}

impl Outcome {
    pub(super) fn of_threads(lint: Lint, threads: Vec<ThreadName>) -> Self {
        Self::Found(Told::of_threads(lint, threads))
    }

    /// True if this is found, and denied by default.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Found(told) if told.lint.default_level() == Level::Deny)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lint)?;
        self.locks.iter().try_for_each(|lock| write!(f, " {lock}"))?;
        self.threads.iter().try_for_each(|thread| write!(f, " {thread}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(told) => write!(f, "{told}"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}
