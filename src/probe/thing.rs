//! The bell of things that are waited for and are no locks: condition variables, barriers, channels, threads.
//!
//! Must not know: how they work.
//! INVARIANT: a thread is told as waiting before it sleeps, and as awake before it consumes what woke it.

use super::Record;
use crate::config::WATCHED;
use crate::event::{Access, Deed, LockId, Mode, Name};
use crate::finding::Wanted;
use crate::rt::{Birth, Meta, Site, Sleeper, Switch};
pub(crate) use crate::stream::hand_over::Stamp;
use crate::stream::misuse;
use crate::stream::relay;
pub(crate) use crate::stream::relay::Side;
use crate::stream::thread::{new_id, refuse};
use crate::stream::wait::{self, Want};
use std::time::Duration;

/// The detector's record of one thing, a field of it.
pub(crate) struct Thing(Meta);

impl Thing {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self(Meta::new(Site::caller()))
    }

    /// Blocks the running thread in `block`, unless that would be for ever.
    ///
    /// `block` is given the longest time to wait, or `None` for no limit, and returns `None` if it woke without what it
    /// waited for. It may be called several times.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn wait<R>(
        &self,
        access: &'static Access,
        deed: Deed,
        site: Site,
        sleeper: &dyn Sleeper,
        block: impl FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        self.wait_as(self.wanted(access), deed, site, sleeper, block)
    }

    /// Like [`Thing::wait`], under the number of another thing, of which this one is a part.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(super) fn wait_as<R>(
        &self,
        thing: Wanted,
        deed: Deed,
        site: Site,
        sleeper: &dyn Sleeper,
        block: impl FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        self.waits(thing, deed, site);
        wait::sleep(&Want { deed, thing, site, lock: None, ends: &[], anyone: true }, sleeper, block)
    }

    /// Like [`Thing::wait`], and then the thread needs a mutex before it can go on. If the wait has a limit of its own, that
    /// mutex is all that it waits for.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn wait_and_lock<R>(
        &self,
        access: &'static Access,
        deed: Deed,
        site: Site,
        (record, mutex): (&Record, &'static Access),
        sleeper: &dyn Sleeper,
        block: impl FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        let (thing, anyone) = (self.wanted(access), deed == Deed::Wait);
        self.waits(thing, deed, site);
        let mutex = record.wanted(mutex);
        let lock = (mutex.lock.0 != 0).then_some((mutex.lock, Mode::Exclusive));
        if lock.is_some()
            && let Some(refusal) = misuse::waits_with(&self.0, thing, deed, site, (&record.0, mutex))
        {
            refuse(refusal);
        }
        wait::sleep(&Want { deed, thing, site, lock, ends: &[], anyone }, sleeper, block)
    }

    /// Tells that the running thread is about to wait, for a limited time.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn waits_for_a_while(&self, access: &'static Access, deed: Deed, site: Site) {
        self.waits(self.wanted(access), deed, site);
    }

    /// Tells that the running thread wakes one who waits, or who will.
    #[inline]
    #[track_caller]
    pub(crate) fn signals(&self, access: &'static Access, deed: Deed, site: Site) {
        self.signals_as(|| self.wanted(access), deed, site);
    }

    /// The running thread hands over to all who take from the same side of the thing later.
    #[inline]
    pub(crate) fn gives(&self, side: Side) {
        if WATCHED.have(&[Switch::Races]) {
            relay::give_at(LockId(id_of(&self.0)), side);
        }
    }

    /// The running thread takes what others handed over at this side of the thing.
    #[inline]
    pub(crate) fn takes(&self, side: Side) {
        if WATCHED.have(&[Switch::Races]) {
            relay::take_at(LockId(id_of(&self.0)), side);
        }
    }

    /// Tells that the running thread is about to wait for what is called `thing`.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(super) fn waits(&self, thing: Wanted, deed: Deed, site: Site) {
        id_of(&self.0);
        if let Some(refusal) = misuse::waits(&self.0, thing, deed, site) {
            refuse(refusal);
        }
    }

    /// Like [`Thing::signals`], of what is called `thing`.
    #[inline(always)]
    #[track_caller]
    pub(super) fn signals_as(&self, thing: impl FnOnce() -> Wanted, deed: Deed, site: Site) {
        misuse::signals(
            &self.0,
            || {
                id_of(&self.0);
                thing()
            },
            deed,
            site,
        );
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(super::number_of(name));
    }

    pub(super) fn wanted(&self, access: &'static Access) -> Wanted {
        Wanted { lock: LockId(id_of(&self.0)), created: self.0.created(), name: Name(self.0.name()), access }
    }
}

/// Returns the number of a thing, which it has from now on.
pub(super) fn id_of(meta: &Meta) -> u64 {
    match meta.id() {
        0 => match meta.born_shared(new_id().0) {
            Birth::Now(id) | Birth::Before(id) => id,
        },
        id => id,
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        misuse::dropped(&self.0);
    }
}

impl std::fmt::Debug for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thing created at {:?}", self.0.created())
    }
}
