//! The bell of atomics, which have no room for a record: what is known of them is found by their addresses.
//!
//! Must not know: which type an atomic has.
//! INVARIANT: each operation happens once, with the ordering that was asked for or a stronger one. What it releases is told
//! before it, what it acquires after it.

use super::scalar::Scalar;
use crate::config::WATCHED;
use crate::event::Access;
use crate::rt::{Ordering, Site, Switch};
use crate::stream::relay;
use crate::stream::updates::{self, Content, Overwrite};

/// One operation of an atomic.
#[derive(Clone, Copy)]
pub(crate) struct Atomic {
    pub address: usize,
    pub access: &'static Access,
    pub site: Site,
}

impl Atomic {
    /// Returns what `load` loads.
    #[inline(always)]
    pub(crate) fn load<V: Scalar>(self, order: Ordering, load: impl FnOnce() -> V) -> V {
        let value = load();
        self.loaded(value, order);
        value
    }

    /// Stores a value: by `store`, or by `swap`, which returns what it replaces.
    ///
    /// # Panics
    /// If an update is lost, and that is denied. The value is stored then.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn store<V: Scalar>(self, order: Ordering, value: V, store: impl FnOnce(), swap: impl FnOnce() -> V) {
        self.storing(order);
        if !WATCHED.have(&[Switch::Updates]) {
            store();
        } else if updates::has_read(self.address) {
            let Self { address, access, site } = self;
            let (found, left) = (content(swap()), content(value));
            updates::overwrote(&Overwrite { address, access, site, found, left, made: None });
        } else {
            store();
            updates::wrote(self.address, value.value().bits(), self.site);
        }
    }

    /// Reads and writes in one step by `update`, which returns what it replaces; `new` is what it leaves behind.
    #[inline(always)]
    pub(crate) fn update<V: Scalar>(self, order: Ordering, update: impl FnOnce() -> V, new: impl FnOnce(V) -> V) -> V {
        self.storing(order);
        let old = update();
        self.updated(order, || new(old));
        old
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
        // If it fails, this was told for nothing: that hides races, and a release that comes late would invent some.
        self.storing(success);
        let result = exchange();
        match result {
            Ok(_) => self.updated(success, || new),
            Err(found) => self.loaded(found, failure),
        }
        result
    }

    #[inline(always)]
    fn loaded<V: Scalar>(self, value: V, order: Ordering) {
        if WATCHED.have(&[Switch::Updates]) {
            updates::read(self.address, content(value), self.site);
        }
        if WATCHED.have(&[Switch::Races]) {
            relay::loaded(self.address, order);
        }
    }

    #[inline(always)]
    fn storing(self, order: Ordering) {
        if WATCHED.have(&[Switch::Races]) {
            relay::storing(self.address, order);
        }
    }

    #[inline(always)]
    fn updated<V: Scalar>(self, order: Ordering, new: impl FnOnce() -> V) {
        if WATCHED.have(&[Switch::Updates]) {
            updates::wrote(self.address, new().value().bits(), self.site);
        }
        if WATCHED.have(&[Switch::Races]) {
            relay::loaded(self.address, order);
        }
    }
}

/// Fences by `fence`.
#[inline]
pub(crate) fn fence(order: Ordering, fence: impl FnOnce()) {
    let are_watched = WATCHED.have(&[Switch::Races]);
    if are_watched {
        relay::fencing(order);
    }
    fence();
    if are_watched {
        relay::fenced(order);
    }
}

#[inline(always)]
fn content<V: Scalar>(value: V) -> Content {
    let value = value.value();
    Content { mark: value.bits(), value: Some(value) }
}
