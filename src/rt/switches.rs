//! What is watched beyond the order of locks: switches in a byte that the quiet paths test.
//!
//! Must not know: what they turn on.

use std::sync::atomic::{AtomicU8, Ordering};

/// The switches.
pub(crate) struct Switches(AtomicU8);

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Switch {
    /// A watched cell was accessed: hand-overs are kept.
    Races = 1,
    /// Reads and writes of atomics are kept.
    Updates = 2,
    /// Critical sections are kept.
    Sections = 4,
    /// Accesses to watched cells are judged.
    Cells = 8,
}

/// The switches that were on at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Switched(u8);

impl Switched {
    #[inline(always)]
    pub(crate) fn have(self, switch: Switch) -> bool {
        self.0 & switch as u8 != 0
    }

    /// True if none is on.
    #[inline(always)]
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl Switches {
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// True if one of these is on.
    #[inline(always)]
    pub(crate) fn have(&self, some: &[Switch]) -> bool {
        let bits = some.iter().fold(0, |bits, &switch| bits | switch as u8);
        self.now().0 & bits != 0
    }

    /// Returns which are on.
    #[inline(always)]
    pub(crate) fn now(&self) -> Switched {
        // ORDERING: Relaxed; who turns a switch on does so before it hands anything over that others must look for, and what
        // hands it over orders this too.
        Switched(self.0.load(Ordering::Relaxed))
    }

    /// Turns a switch on or off.
    pub(crate) fn set(&self, switch: Switch, on: bool) {
        // ORDERING: Relaxed; as above.
        if on {
            self.0.fetch_or(switch as u8, Ordering::Relaxed);
        } else {
            self.0.fetch_and(!(switch as u8), Ordering::Relaxed);
        }
    }
}
