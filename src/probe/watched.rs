//! The bell of watched cells.
//!
//! Must not know: what is in them.
//! INVARIANT: an access is told before it takes place, so that a refused one does not.

use super::thing::id_of;
use crate::analysis::happens_before::AccessHistory;
use crate::config::WATCHED;
use crate::event::{Access, LockId, Name, Value, Way};
use crate::finding::Wanted;
use crate::rt::{Ledger, Meta, Site, Switch};
use crate::stream::races::{self, History};
use crate::stream::sections;
use crate::stream::updates::{self, Content, Overwrite};

/// The detector's record of one watched cell, a field of it.
pub(crate) struct Watched {
    ledger: Ledger<History>,
    meta: Meta,
}

impl Watched {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { ledger: Ledger::new(AccessHistory::new()), meta: Meta::new(Site::caller()) }
    }

    /// Tells that the running thread is about to read the cell.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn read(&self, access: &'static Access, site: Site) {
        if !self.ledger.knows_read(races::epoch()) || WATCHED.have(&[Switch::Sections]) {
            self.accessed(Way::Read, access, site);
        }
    }

    /// Tells that the running thread is about to write the cell.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn write(&self, access: &'static Access, site: Site) {
        if !self.ledger.knows_write(races::epoch()) || WATCHED.have(&[Switch::Sections]) {
            self.accessed(Way::Write, access, site);
        }
    }

    /// Tells that the running thread has copied out what was put in as number `version`.
    #[inline(always)]
    pub(crate) fn took(&self, site: Site, version: u64, value: Option<Value>) {
        if WATCHED.have(&[Switch::Updates]) {
            updates::read_value(id_of(&self.meta), Content { mark: version, value }, site);
        }
    }

    /// Tells that the running thread has replaced `found`, which was put in as number `version`, by `left`.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn put(&self, access: &'static Access, site: Site, version: u64, [found, left]: [Option<Value>; 2]) {
        if WATCHED.have(&[Switch::Updates]) {
            let made = Some((self.meta.created(), Name(self.meta.name())));
            let found = Content { mark: version, value: found };
            let left = Content { mark: version.wrapping_add(1), value: left };
            updates::overwrote(&Overwrite { to: id_of(&self.meta), access, site, found, left, made });
        }
    }

    /// Tells that nobody else can reach the cell: it begins anew.
    pub(crate) fn forget(&mut self) {
        self.ledger.reset(AccessHistory::new());
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.meta.set_name(super::number_of(name));
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn accessed(&self, way: Way, access: &'static Access, site: Site) {
        races::accessed(&self.ledger, way, || self.wanted(access), site);
        if WATCHED.have(&[Switch::Sections]) {
            sections::accessed(way, self.wanted(access), site);
        }
    }

    fn wanted(&self, access: &'static Access) -> Wanted {
        let lock = LockId(id_of(&self.meta));
        Wanted { lock, created: self.meta.created(), name: Name(self.meta.name()), access }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if WATCHED.have(&[Switch::Sections]) && self.meta.id() != 0 {
            sections::forget(LockId(self.meta.id()));
        }
    }
}
