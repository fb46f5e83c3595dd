//! Turns loom's `UnsafeCell` into what `Shared` is built on.
//!
//! Must not know: that there are builds in which a copy could be torn.
//! Source: loom, which lets one thread run at a time. We differ: no lock, for it would order the accesses that are looked for.
//! INVARIANT: no copy is interrupted: another thread runs only inside an operation of loom's.
#![allow(unsafe_code, reason = "the pointers that loom lends are read and written here")]

use super::shared::Shared;
use super::unsafe_cell::UnsafeCell;
use crate::named::Named;

pub(super) struct Slot<T>(UnsafeCell<T>);

// SAFETY: loom runs one thread at a time, and a copy is no place where it lets another one run; so the value is reached by one
// thread at a time and `T: Send` is enough.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T: Copy> Shared<T> {
    /// Returns a cell with `value` in it. Not `const` under loom, whose cells live in one interleaving only.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self(Slot(UnsafeCell::new(value)))
    }
}

impl<T: Copy> Slot<T> {
    #[track_caller]
    pub(super) fn copy_out(&self) -> T {
        // SAFETY: the cell owns the value, and no other thread runs meanwhile.
        self.0.with(|value| unsafe { *value })
    }

    #[track_caller]
    pub(super) fn copy_in(&self, new: T) {
        // SAFETY: as in `copy_out`.
        self.0.with_mut(|value| unsafe { *value = new });
    }

    #[track_caller]
    pub(super) fn peek(&self) -> T {
        self.copy_out()
    }

    #[track_caller]
    pub(super) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    pub(super) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: Copy> Named for Shared<T> {}
