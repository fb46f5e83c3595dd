//! Accesses to memory that the user names by address: nobody listens.
//!
//! Must not know: that anybody could.
//! INVARIANT: no code is left of a call.

/// Does nothing.
#[inline(always)]
pub fn read(ptr: *const u8, len: usize) {
    let _ = (ptr, len);
}

/// Does nothing.
#[inline(always)]
pub fn write(ptr: *const u8, len: usize) {
    let _ = (ptr, len);
}

/// Does nothing.
#[inline(always)]
pub fn read_field<T>(field: *const T) {
    let _ = field;
}

/// Does nothing.
#[inline(always)]
pub fn write_field<T>(field: *const T) {
    let _ = field;
}

/// Does nothing.
#[inline(always)]
pub fn forget(ptr: *const u8, len: usize) {
    let _ = (ptr, len);
}
