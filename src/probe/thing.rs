//! The bell of things that are waited for and are no locks: condition variables, barriers, channels, threads.
//!
//! Must not know: how they work.
//! INVARIANT: a thread is told as waiting before it sleeps, and as awake before it consumes what woke it.

use crate::event::{Access, Deed};
use crate::rt::{Site, Sleeper};
use std::time::Duration;

/// The detector's record of one thing, a field of it.
#[derive(Debug)]
pub(crate) struct Thing {
    created: Site,
}

/// What one thread hands over to another: all that it knows to have happened.
#[derive(Clone, Default)]
pub(crate) struct Stamp;

impl Thing {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { created: Site::caller() }
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
        mut block: impl FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        let _ = (access, deed, site, sleeper, self.created);
        loop {
            if let Some(result) = block(None) {
                return result;
            }
        }
    }

    /// Tells that the running thread is about to wait, for a limited time.
    pub(crate) fn waits_for_a_while(&self, access: &'static Access, deed: Deed, site: Site) {
        let _ = (access, deed, site, self.created);
    }

    /// Tells that the running thread wakes one who waits, or who will.
    pub(crate) fn signals(&self, access: &'static Access, deed: Deed, site: Site) {
        let _ = (access, deed, site, self.created);
    }
}

impl Stamp {
    /// Returns what the running thread hands over now.
    pub(crate) fn here() -> Self {
        Self
    }

    /// The running thread takes what was handed over.
    pub(crate) fn take(self) {}
}
