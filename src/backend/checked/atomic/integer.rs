//! Checked atomic integers.
//!
//! Must not know: how an operation is told.
//! Source: std. What an operation leaves behind is worked out here once more, since std returns only what it found.

use super::alike::{atomic, updates};

macro_rules! integers {
    ($($name:ident holds $value:ident if $width:literal,)+) => {$(
        #[cfg(target_has_atomic = $width)]
        atomic!($name holds $value);

        #[cfg(target_has_atomic = $width)]
        impl $name {
            updates! { $name holds $value, with $value:
                fetch_add |old, val| old.wrapping_add(val);
                fetch_sub |old, val| old.wrapping_sub(val);
                fetch_and |old, val| old & val;
                fetch_nand |old, val| !(old & val);
                fetch_or |old, val| old | val;
                fetch_xor |old, val| old ^ val;
                fetch_max |old, val| old.max(val);
                fetch_min |old, val| old.min(val);
            }
        }
    )+};
}

integers! {
    AtomicI8 holds i8 if "8",
    AtomicI16 holds i16 if "16",
    AtomicI32 holds i32 if "32",
    AtomicI64 holds i64 if "64",
    AtomicIsize holds isize if "ptr",
    AtomicU8 holds u8 if "8",
    AtomicU16 holds u16 if "16",
    AtomicU32 holds u32 if "32",
    AtomicU64 holds u64 if "64",
    AtomicUsize holds usize if "ptr",
}
