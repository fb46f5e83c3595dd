//! The bell of a semaphore: permits are requested, acquired, released, and forgotten.
//!
//! Must not know: how many there are.
//! INVARIANT: silent in, silent out, as for locks. As long as all permits came back by their guards, a semaphore of one permit
//! asks and answers as a mutex does; the permits of others have holders and no order.

use super::thing::id_of;
use crate::config::WATCHED;
use crate::event::{Access, Deed, Kind, LockId, Mode, Name};
use crate::finding::Wanted;
use crate::rt::{By, Flag, Meta, Site, Sleeper, Switch};
use crate::stream::live;
use crate::stream::thread::refuse;
use crate::stream::wait::{self, Want};
use crate::stream::{misuse, relay};
use std::time::Duration;

/// The detector's record of one semaphore.
pub(crate) struct Permits {
    meta: Meta,
    is_one: bool,
    /// Up once a permit came or went without a guard.
    is_loose: Flag,
}

/// A requested permit: from here on the thread may block.
#[must_use]
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    permits: &'a Permits,
    access: &'static Access,
    site: Site,
    live: live::Request,
}

static ONE: Access = Access { kind: Kind::Semaphore, mode: Mode::Exclusive, type_name: std::any::type_name::<()> };
static MANY: Access = Access { kind: Kind::Semaphore, mode: Mode::Permit, type_name: std::any::type_name::<()> };

impl Permits {
    #[track_caller]
    pub(crate) const fn new(permits: usize) -> Self {
        Self { meta: Meta::new(Site::caller()), is_one: permits == 1, is_loose: Flag::new() }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.meta.set_name(super::number_of(name));
    }

    /// Tells that the running thread wants permits.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline]
    #[track_caller]
    pub(crate) fn request(&self) -> Asked<'_> {
        let (access, site) = (self.access(), Site::caller());
        let live = if access.is_alone() { live::request(&self.meta, access, site) } else { live::ready() };
        Asked { permits: self, access, site, live }
    }

    /// Tells that the running thread is about to try for permits, or waits for them for a time.
    #[inline]
    pub(crate) fn trying(&self) {
        live::prepare();
    }

    /// Tells that the running thread has permits that it tried for.
    #[inline]
    #[track_caller]
    pub(crate) fn tried(&self) {
        live::tried(&self.meta, self.access(), Site::caller());
    }

    /// Tells that a guard is about to give its permits back.
    #[inline]
    pub(crate) fn released(&self) {
        if WATCHED.have(&[Switch::Races]) {
            relay::released(LockId(self.meta.id()), true);
        }
        live::released(&self.meta);
    }

    /// Tells that a guard ends and its permits stay out.
    pub(crate) fn forgotten(&self) {
        self.is_loose.raise();
        self.released();
    }

    /// Tells that the running thread gives permits that no guard had.
    #[track_caller]
    pub(crate) fn signals(&self) {
        self.is_loose.raise();
        let wanted = || {
            id_of(&self.meta);
            self.wanted(&MANY)
        };
        misuse::signals(&self.meta, wanted, Deed::Release, Site::caller());
        if WATCHED.have(&[Switch::Races]) {
            relay::released(LockId(id_of(&self.meta)), true);
        }
    }

    #[inline]
    fn access(&self) -> &'static Access {
        if self.is_one && !self.is_loose.is_up() { &ONE } else { &MANY }
    }

    fn wanted(&self, access: &'static Access) -> Wanted {
        Wanted { lock: LockId(self.meta.id()), created: self.meta.created(), name: Name(self.meta.name()), access }
    }
}

impl Asked<'_> {
    /// Tells that the running thread has what it asked for.
    // COST: as a call it would be moved, which costs more than all that is done here.
    #[inline(always)]
    pub(crate) fn acquired(self) {
        let Self { permits, access, site, live } = self;
        live::acquired(&permits.meta, access, site, live);
    }

    /// Blocks the running thread in `block`, unless that would be for ever; see [`super::Thing::wait`].
    ///
    /// # Panics
    /// If a finding is denied. No permit is taken then.
    #[track_caller]
    pub(crate) fn wait<R>(&self, sleeper: &dyn Sleeper, block: impl FnMut(Option<Duration>) -> Option<R>) -> R {
        // Whoever has a permit and is heard numbered it; without that it has a number from now on.
        let lock = LockId(id_of(&self.permits.meta));
        let thing = self.permits.wanted(self.access);
        let abandoned = Abandoned(self.live);
        let anyone = !matches!(sleeper.by(), By::Guards(_));
        if self.permits.is_loose.is_up()
            && let Some(refusal) = misuse::waits(&self.permits.meta, thing, Deed::Acquire, self.site)
        {
            refuse(refusal);
        }
        let lock = Some((lock, self.access.mode));
        let want = Want { deed: Deed::Acquire, thing, site: self.site, lock, ends: &[], anyone };
        let result = wait::sleep(&want, sleeper, block);
        std::mem::forget(abandoned);
        result
    }
}

/// A request that comes to nothing if it is dropped.
struct Abandoned(live::Request);

impl Drop for Abandoned {
    fn drop(&mut self) {
        live::abandoned(self.0);
    }
}

impl Drop for Permits {
    #[inline]
    fn drop(&mut self) {
        live::dropped(&self.meta);
        misuse::dropped(&self.meta);
    }
}
