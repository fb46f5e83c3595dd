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

/// Tells that the running thread is about to read a field, as [`read`] does for its bytes. The struct stays as it is.
///
/// # Panics
/// If a finding is denied. The field should then not be read.
#[inline(always)]
#[track_caller]
pub fn read_field<T>(field: *const T) {
    read(field.cast(), size_of::<T>());
}

/// Tells that the running thread is about to write a field, as [`write()`] does for its bytes. The struct stays as it is.
///
/// # Panics
/// If a finding is denied. The field should then not be written.
///
/// # Example
/// ```
/// use gordian::checked::watch;
///
/// struct Node {
///     next: *mut Node,
///     hits: u64,
/// }
///
/// let mut node = Node { next: std::ptr::null_mut(), hits: 0 };
/// let node = &raw mut node; // as unsafe code has it
/// // SAFETY: nobody else has the node.
/// let hits = unsafe { &raw mut (*node).hits };
/// watch::write_field(hits);
/// // SAFETY: as above.
/// unsafe { *hits += 1 };
/// # assert!(unsafe { (*node).next.is_null() });
/// ```
#[inline(always)]
#[track_caller]
pub fn write_field<T>(field: *const T) {
    write(field.cast(), size_of::<T>());
}

/// Tells that `len` bytes from `ptr` on are nobody's any more: freed, or about to be used for something else.
#[inline]
pub fn forget(ptr: *const u8, len: usize) {
    memory::forget(ptr.addr(), len);
}
