//! Checked `AtomicPtr`.
//!
//! Must not know: how an operation is told, or what is behind a pointer.
//! Source: std. What an operation leaves behind is worked out here once more, since std returns only what it found.

use super::alike::{atomic, updates};
use std::fmt;

atomic!(AtomicPtr<T> holds *mut T);

impl<T> AtomicPtr<T> {
    updates! { AtomicPtr holds *mut T, with usize:
        fetch_ptr_add |old, val| old.wrapping_add(val);
        fetch_ptr_sub |old, val| old.wrapping_sub(val);
        fetch_byte_add |old, val| old.wrapping_byte_add(val);
        fetch_byte_sub |old, val| old.wrapping_byte_sub(val);
        fetch_or |old, val| old.map_addr(|address| address | val);
        fetch_and |old, val| old.map_addr(|address| address & val);
        fetch_xor |old, val| old.map_addr(|address| address ^ val);
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.0, f)
    }
}
