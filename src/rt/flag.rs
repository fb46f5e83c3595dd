//! A flag that goes up once.
//!
//! Must not know: what it means.

use std::sync::atomic::{AtomicBool, Ordering};

/// Down until somebody raises it; then up for good.
#[derive(Debug, Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Raises the flag.
    pub(crate) fn raise(&self) {
        // ORDERING: Relaxed; whoever must see it is told by other means that order it: the detector's raw lock, the end of an
        // initialiser. Others lose an excuse or look again.
        self.0.store(true, Ordering::Relaxed);
    }

    /// True if it is up.
    pub(crate) fn is_up(&self) -> bool {
        // ORDERING: Relaxed; as in `raise`.
        self.0.load(Ordering::Relaxed)
    }
}
