//! What an initialiser hands over to all who find its work done.
//!
//! Must not know: what was initialised.
//! INVARIANT: it is left before the work is seen to be done, by the one who did it.

use crate::probe::{Record, Stamp};
use crate::rt::{Flag, RawLock};

/// Empty, and of no cost but a load, unless the initialiser's thread had nested locks.
pub(super) struct Handed {
    is_left: Flag,
    stamp: RawLock<Stamp>,
}

impl Handed {
    pub(super) const fn new() -> Self {
        Self { is_left: Flag::new(), stamp: RawLock::new(Stamp::new()) }
    }

    /// The running thread has done the work.
    pub(super) fn leave(&self) {
        let stamp = Stamp::here();
        if !stamp.is_empty() {
            *self.stamp.lock() = stamp;
            self.is_left.raise();
        }
    }

    /// The running thread has found the work done.
    #[inline]
    pub(super) fn take(&self, record: &Record) {
        if self.is_left.is_up() {
            let stamp = self.stamp.lock().clone();
            record.take(&stamp);
        }
    }
}

impl Drop for Handed {
    /// Whoever drops what was initialised has it alone, and may have found it so by nothing that is seen.
    fn drop(&mut self) {
        if self.is_left.is_up() {
            self.stamp.lock().take();
        }
    }
}
