//! What the last wakes handed over that somebody could hear.
//!
//! Must not know: who waits, or for what.
//! INVARIANT: a waiter is told no more than it knows whichever of the wakes since its wait began was its own.

use crate::probe::Stamp;

/// A count of wakes, with the stamps of the last few.
#[derive(Default)]
pub(super) struct Heard {
    count: u64,
    last: [Stamp; MOST],
}

/// Wakes that a wait may go through and still know what it was woken with.
const MOST: usize = 4;

impl Heard {
    pub(super) const fn new() -> Self {
        Self { count: 0, last: [const { Stamp::new() }; MOST] }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds a wake, and returns the stamp that goes for it, to be dropped once no lock is held: the allocator may be the
    /// user's.
    #[must_use]
    pub(super) fn add(&mut self, stamp: Stamp) -> Stamp {
        self.count += 1;
        std::mem::replace(&mut self.last[(self.count - 1) as usize % MOST], stamp)
    }

    /// Returns what every wake since `then` handed over.
    pub(super) fn since(&self, then: u64) -> Stamp {
        if self.count == then || self.count - then > MOST as u64 {
            return Stamp::new();
        }
        let mut stamps = (then..self.count).map(|index| &self.last[index as usize % MOST]);
        let first = stamps.next().cloned().unwrap_or_default();
        stamps.fold(first, |mut all, stamp| {
            all.meet(stamp);
            all
        })
    }
}
