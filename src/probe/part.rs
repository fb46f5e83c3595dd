//! The bell of things that are waited for on several sides, each with wakers of its own: events and queues.
//!
//! Must not know: how they work.
//! INVARIANT: all sides go by one number, name and place; what was seen of their waits and wakers is kept apart.

use super::thing::{Side, Thing};
use crate::event::{Access, Deed};
use crate::rt::{Site, Sleeper};
use std::time::Duration;

/// The detector's record of one such thing.
pub(crate) struct Part<const SIDES: usize> {
    access: &'static Access,
    face: Thing,
    sides: [Thing; SIDES],
}

impl<const SIDES: usize> Part<SIDES> {
    #[track_caller]
    pub(crate) const fn new(access: &'static Access) -> Self {
        Self { access, face: Thing::new(), sides: [const { Thing::new() }; SIDES] }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.face.set_name(name);
    }

    /// As [`Thing::wait`], at one side.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn wait<R>(
        &self,
        side: usize,
        deed: Deed,
        site: Site,
        sleeper: &dyn Sleeper,
        block: impl FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        self.sides[side].wait_as(self.face.wanted(self.access), deed, site, sleeper, block)
    }

    /// As [`Thing::waits_for_a_while`], at one side.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn waits_for_a_while(&self, side: usize, deed: Deed, site: Site) {
        self.sides[side].waits(self.face.wanted(self.access), deed, site);
    }

    /// As [`Thing::signals`], at one side.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn signals(&self, side: usize, deed: Deed, site: Site) {
        self.sides[side].signals_as(|| self.face.wanted(self.access), deed, site);
    }

    /// As [`Thing::gives`], at one side.
    #[inline]
    pub(crate) fn gives(&self, side: usize) {
        self.sides[side].gives(Side::Writers);
    }

    /// As [`Thing::takes`], at one side.
    #[inline]
    pub(crate) fn takes(&self, side: usize) {
        self.sides[side].takes(Side::Writers);
    }
}
