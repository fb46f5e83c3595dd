//! Numbers that are given out once.
//!
//! Must not know: what they number.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives out numbers, from 1.
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(1))
    }

    /// Returns the number that is given out next.
    #[cfg(feature = "tokio")]
    pub(crate) fn next(&self) -> u64 {
        // ORDERING: Relaxed; who compares two of these compares what was seen, and nothing else hangs on it.
        self.0.load(Ordering::Relaxed)
    }

    /// Returns the first of `count` numbers that nobody else gets.
    pub(crate) fn take(&self, count: u64) -> u64 {
        // ORDERING: Relaxed; only uniqueness matters.
        self.0.fetch_add(count, Ordering::Relaxed)
    }
}
