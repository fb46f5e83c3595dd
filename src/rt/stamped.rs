//! A value behind a raw lock, and outside of it a number by which a reader sees that it knows the value already.
//!
//! Must not know: what the value is, or who gives the numbers.
//! INVARIANT: the number changes with the value, under the lock. Two equal numbers other than 0 mean equal values.

use super::prim::{AtomicU64, Ordering};
use super::raw_lock::RawLock;

/// The value and its number.
pub(crate) struct Stamped<V> {
    stamp: AtomicU64,
    value: RawLock<V>,
}

impl<V> Stamped<V> {
    super::prim::const_fn! {
        pub(crate) fn new(value: V) -> Self {
            Self { stamp: AtomicU64::new(0), value: RawLock::new(value) }
        }
    }

    /// Returns the number; 0 is that of the first value.
    #[inline(always)]
    pub(crate) fn stamp(&self) -> u64 {
        // ORDERING: Acquire; pairs with the Release in `change`, for those who then compare what they keep beside it.
        self.stamp.load(Ordering::Acquire)
    }

    /// Changes the value under the lock, given its number. `act` returns the new number.
    pub(crate) fn change<R>(&self, act: impl FnOnce(&mut V, u64) -> (u64, R)) -> R {
        let mut value = self.value.lock();
        // ORDERING: Relaxed; only the holder of the lock stores.
        let (stamp, result) = act(&mut value, self.stamp.load(Ordering::Relaxed));
        // ORDERING: Release; whoever is let on by what the caller does next, with whatever ordering, finds this number: the
        // caller's own release or fence comes after it.
        self.stamp.store(stamp, Ordering::Release);
        result
    }
}
