//! Turns std's mutex and condition variable into what the parts that std lacks are built on; nothing is told to anyone.
//!
//! Must not know: what is waited for.
//! INVARIANT: all but the sleep is nothing, and compiled away.

pub(super) use crate::backend::need::{Nap, Need, Part, Sleep};
pub(crate) use crate::backend::untold::{Bell, Carried, Me, Permits, Stamp, Users};
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

/// Whether threads run in one interleaving after another. They do not here: time passes, and a panic is one thread's end.
pub(super) const EXPLORED: bool = false;

/// Makes a function `const`, as it can be here.
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        $vis const fn $($rest)*
    };
}
pub(super) use const_fn;

/// A condition variable for each side.
macro_rules! condvars {
    () => {
        [const { Condvar::new() }; SIDES]
    };
}
pub(super) use condvars;
