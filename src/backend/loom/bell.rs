//! Turns loom's mutex and condition variable into what the parts that std lacks are built on; nothing is told to anyone.
//!
//! Must not know: what is waited for.
//! INVARIANT: a wait is one of loom's own, so that loom sees who could end it.

pub(super) use super::condvar::Condvar;
pub(super) use crate::backend::need::{Nap, Need, Part, Sleep};
pub(crate) use crate::backend::untold::{Bell, Carried, Me, Permits, Stamp, Users};
pub(super) use ::loom::sync::{Mutex, MutexGuard};

/// Whether threads run in one interleaving after another. No time passes here, and a panic ends the model; after a deadlock no
/// lock can be taken, see `unwinding`.
pub(super) const EXPLORED: bool = true;

/// Leaves a function as it is: loom's primitives live in one interleaving only.
macro_rules! const_fn {
    ($($function:tt)*) => {
        $($function)*
    };
}
pub(super) use const_fn;

/// A condition variable for each side.
macro_rules! condvars {
    () => {
        std::array::from_fn(|_| Condvar::new())
    };
}
pub(super) use condvars;
