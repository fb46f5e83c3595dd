//! Checked `AtomicBool`.
//!
//! Must not know: how an operation is told.
//! Source: std. What an operation leaves behind is worked out here once more, since std returns only what it found.

use super::alike::{atomic, updates};

atomic!(AtomicBool holds bool);

impl AtomicBool {
    updates! { AtomicBool holds bool, with bool:
        fetch_and |old, val| old & val;
        fetch_nand |old, val| !(old & val);
        fetch_or |old, val| old | val;
        fetch_xor |old, val| old ^ val;
        fetch_not |old| !old;
    }
}
