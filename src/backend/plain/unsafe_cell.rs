//! Turns std's `UnsafeCell` into loom's shape, by passing its pointer to a closure.
//!
//! Must not know: that cells can be watched.
//! Source: loom's `UnsafeCell`. We differ: no access is guarded, so what is left of a call is its closure.
//! INVARIANT: the type is std's, transparently.

use crate::named::Named;
use std::cell;
use std::fmt;

/// Like [`std::cell::UnsafeCell`], whose pointer is lent to a closure, so that every access has a beginning and a kind.
#[repr(transparent)]
pub struct UnsafeCell<T: ?Sized>(cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Like [`std::cell::UnsafeCell::new`].
    #[inline(always)]
    pub const fn new(value: T) -> Self {
        Self(cell::UnsafeCell::new(value))
    }

    /// Like [`std::cell::UnsafeCell::into_inner`].
    #[inline(always)]
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Lends `f` a pointer to read through.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Lends `f` a pointer to read and write through.
    #[inline(always)]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }

    /// Like [`std::cell::UnsafeCell::get_mut`].
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Named for UnsafeCell<T> {}
