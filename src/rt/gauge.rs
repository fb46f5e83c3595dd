//! Numbers that many threads read and one each writes: where each place's time stands.
//!
//! Must not know: what a place is.
//! INVARIANT: a number only grows.

use std::sync::atomic::{AtomicU64, Ordering};

/// A row of numbers, all 0 at first.
pub(crate) struct Gauges<const COUNT: usize>([AtomicU64; COUNT]);

impl<const COUNT: usize> Gauges<COUNT> {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; COUNT])
    }

    /// Returns the number at `index`, which is below `COUNT`.
    pub(crate) fn get(&self, index: usize) -> u64 {
        // ORDERING: Acquire; pairs with the Release in `raise`.
        self.0[index].load(Ordering::Acquire)
    }

    /// Raises the number at `index`, which is below `COUNT`. Only one thread at a time does.
    pub(crate) fn raise(&self, index: usize, value: u64) {
        // ORDERING: Release; pairs with the Acquire in `get`.
        self.0[index].store(value, Ordering::Release);
    }
}
