//! Accesses to memory that the user names by address, told to the probe.
//!
//! Must not know: whose memory it is. It is never looked at, so no address is wrong.
//! Source: ThreadSanitizer's annotations. We differ: an access is told, not an order between threads.

use crate::event::{Access, Kind, Mode};
use crate::probe::memory;
use crate::rt::Site;

const ACCESS: &Access = &Access { kind: Kind::Memory, mode: Mode::Exclusive, type_name: std::any::type_name::<u8> };

/// Tells that the running thread is about to read `len` bytes from `ptr` on.
///
/// # Panics
/// If a finding is denied. The memory should then not be read.
#[inline(always)]
#[track_caller]
pub fn read(ptr: *const u8, len: usize) {
    memory::read(ptr.addr(), len, ACCESS, Site::caller());
}

/// Tells that the running thread is about to write `len` bytes from `ptr` on.
///
/// # Panics
/// If a finding is denied. The memory should then not be written.
#[inline(always)]
#[track_caller]
pub fn write(ptr: *const u8, len: usize) {
    memory::write(ptr.addr(), len, ACCESS, Site::caller());
}

/// Tells that `len` bytes from `ptr` on are nobody's any more: freed, or about to be used for something else.
#[inline]
pub fn forget(ptr: *const u8, len: usize) {
    memory::forget(ptr.addr(), len);
}
