//! A waiting thread, as far as a question about what it waits for can tell.
//!
//! Must not know: what that is.
//! INVARIANT: the question neither blocks nor reaches the user's data.
#![allow(unsafe_code, reason = "the question is asked by other threads")]

use crate::rt::Sleeper;

/// Asks whether a thread that waits could go on.
pub(super) struct Asleep<F>(F);

// SAFETY: `new`'s caller promised it.
unsafe impl<F> Sync for Asleep<F> {}

impl<F: Fn() -> bool> Asleep<F> {
    /// # Safety
    /// Other threads may call `until`, as long as it lives.
    pub(super) unsafe fn new(until: F) -> Self {
        Self(until)
    }
}

impl<F: Fn() -> bool> Sleeper for Asleep<F> {
    fn is_asleep(&self) -> bool {
        !(self.0)()
    }

    fn interrupt(&self) -> bool {
        false
    }
}
