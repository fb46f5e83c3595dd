//! Checked atomics: std's, in std's place and size, that ring the probe.
//!
//! Must not know: what the detector keeps about an atomic, or where.
//! Source: std, as of 1.95. We differ: the initial values named `ATOMIC_*_INIT` are of these types.
//! INVARIANT: each type is std's, transparently. An ordering that std refuses never reaches the probe.
#![allow(unsafe_code, reason = "std's `from_ptr` is unsafe, and is passed on")]

mod alike;
mod bool;
mod integer;
mod ptr;

pub use self::bool::AtomicBool;
pub use self::integer::{AtomicI8, AtomicI16, AtomicI32, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicUsize};
#[cfg(target_has_atomic = "64")]
pub use self::integer::{AtomicI64, AtomicU64};
pub use self::ptr::AtomicPtr;
use crate::probe;
pub use std::sync::atomic::*;

/// Like [`std::sync::atomic::ATOMIC_BOOL_INIT`].
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it still")]
pub const ATOMIC_BOOL_INIT: AtomicBool = AtomicBool::new(false);

/// Like [`std::sync::atomic::ATOMIC_ISIZE_INIT`].
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it still")]
pub const ATOMIC_ISIZE_INIT: AtomicIsize = AtomicIsize::new(0);

/// Like [`std::sync::atomic::ATOMIC_USIZE_INIT`].
#[deprecated(note = "the `new` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std has it still")]
pub const ATOMIC_USIZE_INIT: AtomicUsize = AtomicUsize::new(0);

/// Like [`std::sync::atomic::fence`].
///
/// # Panics
/// If `order` is [`Ordering::Relaxed`].
#[inline(always)]
#[track_caller]
pub fn fence(order: Ordering) {
    let fence = || std::sync::atomic::fence(order);
    if matches!(order, Ordering::Relaxed) {
        return fence();
    }
    probe::fence(order, fence);
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! assert_told_as_left {
        ($($name:ident over $value:ident),+) => {$(
            let values = [$value::MIN, $value::MIN + 1, 0, 1, 6, 85, $value::MAX - 1, $value::MAX];
            for found in values {
                for with in values {
                    $name::assert_told_as_left(found, with);
                }
            }
        )+};
    }

    #[test]
    fn what_an_update_is_told_to_leave_is_what_std_leaves() {
        assert_told_as_left! {
            AtomicI8 over i8, AtomicI16 over i16, AtomicI32 over i32, AtomicI64 over i64, AtomicIsize over isize,
            AtomicU8 over u8, AtomicU16 over u16, AtomicU32 over u32, AtomicU64 over u64, AtomicUsize over usize
        }
        for (found, with) in [(false, false), (false, true), (true, false), (true, true)] {
            AtomicBool::assert_told_as_left(found, with);
        }
        for found in [std::ptr::null_mut(), std::ptr::without_provenance_mut::<u32>(85)] {
            for with in [0, 1, 6, 85, usize::MAX / 4, usize::MAX] {
                AtomicPtr::<u32>::assert_told_as_left(found, with);
            }
        }
    }
}
