//! A history behind a raw lock, and outside of it the epochs of its last read and write.
//!
//! Must not know: what an epoch is, or what the history keeps.
//! Source: the same-epoch rules of FastTrack (Flanagan, Freund 2009).
//! INVARIANT: the epochs change under the lock. An access in the epoch of the last one of its kind has nothing new to say.

use super::prim::{AtomicU64, Ordering};
use super::raw_lock::RawLock;

/// The history and the two epochs.
pub(crate) struct Ledger<H> {
    written: AtomicU64,
    read: AtomicU64,
    history: RawLock<H>,
}

impl<H> Ledger<H> {
    super::prim::const_fn! {
        pub(crate) fn new(history: H) -> Self {
            Self { written: AtomicU64::new(0), read: AtomicU64::new(0), history: RawLock::new(history) }
        }
    }

    /// True if a read in this epoch is no news.
    #[inline(always)]
    pub(crate) fn knows_read(&self, epoch: u64) -> bool {
        // ORDERING: Relaxed; only the thread of an epoch stores it, so this thread finds its own or another's. If another
        // one overwrote it, that one is the one to be judged.
        self.read.load(Ordering::Relaxed) == epoch || self.knows_write(epoch)
    }

    /// True if a write in this epoch is no news.
    #[inline(always)]
    pub(crate) fn knows_write(&self, epoch: u64) -> bool {
        // ORDERING: Relaxed; as above.
        self.written.load(Ordering::Relaxed) == epoch
    }

    /// Adds a read to the history.
    pub(crate) fn read<R>(&self, epoch: u64, add: impl FnOnce(&mut H) -> R) -> R {
        let mut history = self.history.lock();
        // ORDERING: Relaxed; as above.
        self.read.store(epoch, Ordering::Relaxed);
        add(&mut history)
    }

    /// Adds a write to the history.
    pub(crate) fn write<R>(&self, epoch: u64, add: impl FnOnce(&mut H) -> R) -> R {
        let mut history = self.history.lock();
        // ORDERING: Relaxed; as above. A read of the same epoch that came before says nothing about reads after this.
        self.read.store(0, Ordering::Relaxed);
        // ORDERING: Relaxed; as above.
        self.written.store(epoch, Ordering::Relaxed);
        add(&mut history)
    }

    /// Begins anew.
    pub(crate) fn reset(&mut self, history: H) {
        *self = Self::new(history);
    }
}
