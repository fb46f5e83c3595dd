//! Turns loom's `Arc` into one that survives a deadlock's unwinding and prints like std's.
//!
//! Must not know: what it points to.
//! Source: loom's `Arc`. We differ: see `unwinding`; and `Debug` and `Display` show the value, as std's do.
//! INVARIANT: one loom `Arc` a value of this type, so loom's count is this type's count.
#![allow(unsafe_code, reason = "std's raw-pointer constructors are unsafe, and are passed on")]

use super::unwinding::Forgotten;
use ::loom::sync as inner;
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;

/// Like [`std::sync::Arc`], and a count that is not zero at the end of an interleaving is reported as a leak.
///
/// It does not coerce to an unsized value, since only std's types can: see [`Arc::from_std`].
pub struct Arc<T: ?Sized>(Forgotten<inner::Arc<T>>);

impl<T> Arc<T> {
    /// Like [`std::sync::Arc::new`].
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self::wrap(inner::Arc::new(value))
    }

    /// Like [`std::sync::Arc::pin`].
    #[track_caller]
    pub fn pin(value: T) -> Pin<Self> {
        // SAFETY: the value is owned by the `Arc` and stays where it is until the last clone is dropped.
        unsafe { Pin::new_unchecked(Self::new(value)) }
    }

    /// Like [`std::sync::Arc::try_unwrap`].
    ///
    /// # Errors
    /// The `Arc` itself, if it is not the only one.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        inner::Arc::try_unwrap(this.0.into_inner()).map_err(Self::wrap)
    }
}

impl<T: ?Sized> Arc<T> {
    /// Returns an `Arc` that loom watches, from one of std's; the way to an unsized value.
    ///
    /// # Panics
    /// If `std` has clones.
    #[track_caller]
    pub fn from_std(std: std::sync::Arc<T>) -> Self {
        Self::wrap(inner::Arc::from_std(std))
    }

    /// Like [`std::sync::Arc::strong_count`].
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        inner::Arc::strong_count(&this.0)
    }

    /// Like [`std::sync::Arc::get_mut`].
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        inner::Arc::get_mut(&mut this.0)
    }

    /// Like [`std::sync::Arc::ptr_eq`].
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        inner::Arc::ptr_eq(&this.0, &other.0)
    }

    /// Like [`std::sync::Arc::as_ptr`].
    pub fn as_ptr(this: &Self) -> *const T {
        inner::Arc::as_ptr(&this.0)
    }

    /// Like [`std::sync::Arc::into_raw`].
    pub fn into_raw(this: Self) -> *const T {
        inner::Arc::into_raw(this.0.into_inner())
    }

    /// Like [`std::sync::Arc::from_raw`].
    ///
    /// # Safety
    /// As for std's; `ptr` is from [`Arc::into_raw`] of this type.
    #[track_caller]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: the caller's promise is loom's condition, word for word.
        Self::wrap(unsafe { inner::Arc::from_raw(ptr) })
    }

    /// Like [`std::sync::Arc::increment_strong_count`].
    ///
    /// # Safety
    /// As for std's; `ptr` is from [`Arc::into_raw`] of this type.
    #[track_caller]
    pub unsafe fn increment_strong_count(ptr: *const T) {
        // SAFETY: the caller's promise is loom's condition, word for word.
        unsafe { inner::Arc::increment_strong_count(ptr) }
    }

    /// Like [`std::sync::Arc::decrement_strong_count`].
    ///
    /// # Safety
    /// As for std's; `ptr` is from [`Arc::into_raw`] of this type.
    #[track_caller]
    pub unsafe fn decrement_strong_count(ptr: *const T) {
        // SAFETY: the caller's promise is loom's condition, word for word.
        unsafe { inner::Arc::decrement_strong_count(ptr) }
    }

    fn wrap(arc: inner::Arc<T>) -> Self {
        Self(Forgotten::new(arc))
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        Self::wrap(inner::Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
