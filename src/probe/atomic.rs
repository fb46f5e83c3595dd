//! The bell of atomics, which have no room for a record: what is known of them is found by their addresses.
//!
//! Must not know: which type an atomic has.
//! INVARIANT: each operation happens once, with the ordering that was asked for or a stronger one.

use super::scalar::Scalar;
use crate::event::Access;
use crate::rt::{Ordering, Site};

/// One operation of an atomic.
#[derive(Clone, Copy)]
pub(crate) struct Atomic {
    pub address: usize,
    pub access: &'static Access,
    pub site: Site,
}

impl Atomic {
    /// Returns what `load` loads. It may be called several times.
    #[inline(always)]
    pub(crate) fn load<V: Scalar>(self, order: Ordering, load: impl Fn() -> V) -> V {
        let _ = order;
        load()
    }

    /// Stores a value: by `store`, or by `swap`, which returns what it replaces.
    #[inline(always)]
    pub(crate) fn store<V: Scalar>(self, order: Ordering, value: V, store: impl FnOnce(), swap: impl FnOnce() -> V) {
        let _ = (order, value, swap);
        store();
    }

    /// Reads and writes in one step by `update`, which returns what it replaces; `new` is what it leaves behind.
    #[inline(always)]
    pub(crate) fn update<V: Scalar>(self, order: Ordering, update: impl FnOnce() -> V, new: impl FnOnce(V) -> V) -> V {
        let _ = (order, new);
        update()
    }

    /// Writes `new` by `exchange`, unless that finds another value than it expects and returns it as an error.
    #[inline(always)]
    pub(crate) fn exchange<V: Scalar>(
        self,
        success: Ordering,
        failure: Ordering,
        new: V,
        exchange: impl FnOnce() -> Result<V, V>,
    ) -> Result<V, V> {
        let _ = (success, failure, new);
        exchange()
    }
}

/// Fences by `fence`.
#[inline(always)]
pub(crate) fn fence(order: Ordering, fence: impl FnOnce()) {
    let _ = order;
    fence();
}
