//! Turns loom's `UnsafeCell` into gordian's surface.
//!
//! Must not know: what is in the cell.
//! Source: loom's `UnsafeCell`. We differ: `get_mut` is std's, and so is what `Debug` prints.
//! INVARIANT: every pointer that is lent is one that loom watches while it is lent.
#![allow(unsafe_code, reason = "an exclusive reference is made from the pointer that loom lends")]

use crate::named::Named;
use ::loom::cell as inner;
use std::fmt;

/// Like [`std::cell::UnsafeCell`], whose pointer is lent to a closure; accesses that nothing orders end the model.
pub struct UnsafeCell<T: ?Sized>(inner::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Like [`std::cell::UnsafeCell::new`]. Not `const` under loom, whose cells live in one interleaving only.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self(inner::UnsafeCell::new(value))
    }

    /// Like [`std::cell::UnsafeCell::into_inner`].
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Lends `f` a pointer to read through.
    ///
    /// # Panics
    /// If nothing orders this read after a write.
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.0.with(f)
    }

    /// Lends `f` a pointer to read and write through.
    ///
    /// # Panics
    /// If nothing orders this write after another access.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }

    /// Like [`std::cell::UnsafeCell::get_mut`]. Under loom it is a write like any other, and must be ordered.
    ///
    /// # Panics
    /// If nothing orders this write after another access.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        let value = self.0.with_mut(|value| value);
        // SAFETY: the cell owns the value, and is borrowed exclusively for as long as the value is.
        unsafe { &mut *value }
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

impl<T> Named for UnsafeCell<T> {}
