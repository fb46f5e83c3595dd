//! The bell of memory that the user watches by hand.
//!
//! Must not know: what is in it.
//! INVARIANT: an access is told before it takes place, so that a refused one does not. No byte is looked at.

use crate::event::{self, Access, LockId, Name, Way};
use crate::finding::Wanted;
use crate::rt::Site;
use crate::stream::races;

/// Tells that the running thread is about to read `len` bytes.
///
/// # Panics
/// If a finding is denied.
#[track_caller]
pub(crate) fn read(address: usize, len: usize, access: &'static Access, site: Site) {
    races::accessed_memory(address..address.saturating_add(len), Way::Read, || wanted(address, access, site), site);
}

/// Tells that the running thread is about to write `len` bytes.
///
/// # Panics
/// If a finding is denied.
#[track_caller]
pub(crate) fn write(address: usize, len: usize, access: &'static Access, site: Site) {
    races::accessed_memory(address..address.saturating_add(len), Way::Write, || wanted(address, access, site), site);
}

/// Tells that nobody else can reach `len` bytes: what is put there next begins anew.
pub(crate) fn forget(address: usize, len: usize) {
    races::forget_memory(address..address.saturating_add(len));
}

/// Nobody created it: it is known by its address, and called by where it was accessed.
fn wanted(address: usize, access: &'static Access, site: Site) -> Wanted {
    Wanted { lock: LockId(event::mix(address as u64)), created: site, name: Name(0), access }
}
