//! Turns std's mutex into what `Shared` is built on.
//!
//! Must not know: that accesses could be watched.
//! INVARIANT: a value is copied whole, under the lock; nothing else happens there, so nothing panics and nothing waits long.

use super::shared::Shared;
use crate::named::Named;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Slot<T>(Mutex<T>);

impl<T: Copy> Shared<T> {
    /// Returns a cell with `value` in it.
    #[inline]
    pub const fn new(value: T) -> Self {
        Self(Slot(Mutex::new(value)))
    }
}

impl<T: Copy> Slot<T> {
    #[inline]
    pub(super) fn copy_out(&self) -> T {
        *self.lock()
    }

    #[inline]
    pub(super) fn copy_in(&self, value: T) {
        *self.lock() = value;
    }

    pub(super) fn peek(&self) -> T {
        *self.lock()
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Copy> Named for Shared<T> {}
