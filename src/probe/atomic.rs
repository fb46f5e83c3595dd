//! The bell of atomics, which have no room for a record: what is known of them is found by their addresses.
//!
//! Must not know: which type an atomic has.
//! INVARIANT: each operation happens once, with the ordering that was asked for or a stronger one. What it releases is told
//! before it, what it acquires after it.

use super::scalar::Scalar;
use crate::config::WATCHED;
use crate::event::Access;
use crate::rt::{Ordering, Site, Switch, Switched};
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
        let watched = WATCHED.now();
        self.storing(watched, order);
        if !watched.have(Switch::Updates) {
            store();
        } else if updates::has_read(self.to()) {
            let Self { access, site, .. } = self;
            let (found, left) = (content(swap()), content(value));
            updates::overwrote(&Overwrite { to: self.to(), access, site, found, left, made: None });
        } else {
            store();
            updates::wrote(self.to(), value.value().bits(), self.site);
        }
    }

    /// Reads and writes in one step by `update`, which returns what it replaces; `new` is what it leaves behind.
    #[inline(always)]
    pub(crate) fn update<V: Scalar>(self, order: Ordering, update: impl FnOnce() -> V, new: impl FnOnce(V) -> V) -> V {
        self.storing(WATCHED.now(), order);
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
        self.storing(WATCHED.now(), success);
        let result = exchange();
        match result {
            Ok(_) => self.updated(success, || new),
            Err(found) => self.loaded(found, failure),
        }
        result
    }

    #[inline(always)]
    fn loaded<V: Scalar>(self, value: V, order: Ordering) {
        // Asked after the operation: what it has seen may have come after the switch.
        let watched = WATCHED.now();
        if watched.is_none() {
            return;
        }
        if watched.have(Switch::Updates) {
            updates::read(self.to(), value.value().bits(), self.site);
        }
        if watched.have(Switch::Races) {
            relay::loaded(self.address, order);
        }
    }

    #[inline(always)]
    fn storing(self, watched: Switched, order: Ordering) {
        if watched.have(Switch::Races) {
            relay::storing(self.address, order);
        }
    }

    #[inline(always)]
    fn updated<V: Scalar>(self, order: Ordering, new: impl FnOnce() -> V) {
        // As in `loaded`.
        let watched = WATCHED.now();
        if watched.have(Switch::Updates) {
            updates::updated(self.to(), new().value().bits(), self.site);
        }
        if watched.have(Switch::Races) {
            relay::loaded(self.address, order);
        }
    }

    #[inline(always)]
    fn to(self) -> u64 {
        self.address as u64
    }
}

/// Fences by `fence`.
#[inline]
pub(crate) fn fence(order: Ordering, fence: impl FnOnce()) {
    fence();
    if WATCHED.have(&[Switch::Races]) {
        relay::fenced(order);
    }
}

#[inline(always)]
fn content<V: Scalar>(value: V) -> Content {
    let value = value.value();
    Content { mark: value.bits(), value: Some(value) }
}
