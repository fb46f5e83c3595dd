//! How a guard was used: read first, written, both or neither.
//!
//! Must not know: what is guarded.
//! INVARIANT: a use is never taken back.

use std::sync::atomic::{AtomicU8, Ordering};

/// A guard's use so far. Atomic only because a guard may be shared to be read.
#[derive(Debug)]
pub(crate) struct Touched(AtomicU8);

const READ_FIRST: u8 = 1;
const WRITTEN: u8 = 2;

impl Touched {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// The guard is read through.
    #[inline(always)]
    pub(crate) fn read(&self) {
        // ORDERING: Relaxed, here and below; whoever drops the guard has it alone, by means that order it.
        if self.0.load(Ordering::Relaxed) == 0 {
            self.0.store(READ_FIRST, Ordering::Relaxed);
        }
    }

    /// The guard is written through.
    #[inline(always)]
    pub(crate) fn write(&mut self) {
        *self.0.get_mut() |= WRITTEN;
    }

    /// True if it was read through before it was written through.
    pub(crate) fn was_read_first(&self) -> bool {
        // ORDERING: Relaxed; as in `read`.
        self.0.load(Ordering::Relaxed) & READ_FIRST != 0
    }

    pub(crate) fn was_written(&self) -> bool {
        // ORDERING: Relaxed; as in `read`.
        self.0.load(Ordering::Relaxed) & WRITTEN != 0
    }
}
