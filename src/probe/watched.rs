//! The bell of watched cells.
//!
//! Must not know: what is in them.
//! INVARIANT: an access is told before it takes place, so that a refused one does not.

use crate::event::{Access, Value};
use crate::rt::Site;

/// The detector's record of one watched cell, a field of it.
pub(crate) struct Watched {
    created: Site,
}

impl Watched {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { created: Site::caller() }
    }

    /// Tells that the running thread is about to read the cell.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn read(&self, access: &'static Access, site: Site) {
        let _ = (self.created, access, site);
    }

    /// Tells that the running thread is about to write the cell.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn write(&self, access: &'static Access, site: Site) {
        let _ = (self.created, access, site);
    }

    /// Tells that the running thread has copied out what was put in as number `version`.
    #[inline(always)]
    pub(crate) fn took(&self, access: &'static Access, site: Site, version: u64, value: Option<Value>) {
        let _ = (access, site, version, value);
    }

    /// Tells that the running thread has replaced what was put in as number `version`.
    #[inline(always)]
    pub(crate) fn put(&self, access: &'static Access, site: Site, version: u64, value: Option<Value>) {
        let _ = (access, site, version, value);
    }

    /// Tells that nobody else can reach the cell: it begins anew.
    pub(crate) fn forget(&mut self) {}

    pub(crate) fn set_name(&mut self, name: &'static str) {
        let _ = name;
    }
}
