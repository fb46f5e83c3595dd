//! Checked `UnsafeCell`: every access is told before it begins.
//!
//! Must not know: what is in the cell, or what orders its accesses.
//! Source: loom's `UnsafeCell`. We differ: an access is a moment, its beginning, and two of them may overlap if they are reads
//! or one thread's.
//! INVARIANT: no pointer is lent before its use was told.

use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::Watched;
use crate::rt::Site;
use std::cell;
use std::fmt;

/// Like [`std::cell::UnsafeCell`], whose pointer is lent to a closure, and whose accesses are watched for data races.
///
/// Two accesses race if one of them writes and nothing orders them: no lock, no join, no message, no atomic. The pointer must
/// not be used after its closure has ended.
///
/// # Example
/// ```
/// use gordian::cell::UnsafeCell;
///
/// # gordian::model(|| {
/// let cell = UnsafeCell::new(1);
/// // SAFETY: no other thread has the cell.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// # });
/// ```
pub struct UnsafeCell<T: ?Sized> {
    watched: Watched,
    inner: cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// Like [`std::cell::UnsafeCell::new`]. The caller's place is the cell's.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self { watched: Watched::new(), inner: cell::UnsafeCell::new(value) }
    }

    /// Like [`std::cell::UnsafeCell::into_inner`].
    #[inline]
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::UnsafeCell, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Lends `f` a pointer to read through.
    ///
    /// # Panics
    /// If a finding is denied. `f` is then not called.
    #[inline(always)]
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        self.watched.read(Self::ACCESS, Site::caller());
        f(self.inner.get())
    }

    /// Lends `f` a pointer to read and write through.
    ///
    /// # Panics
    /// If a finding is denied. `f` is then not called.
    #[inline(always)]
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.watched.write(Self::ACCESS, Site::caller());
        f(self.inner.get())
    }

    /// Like [`std::cell::UnsafeCell::get_mut`]. The cell begins anew: no access before this one races with one after it.
    ///
    /// So this is the way out where the accesses are ordered by what gordian does not see. In a destructor, say, that runs
    /// because the count of an `Arc` came to zero: the count orders it after what the other owners did, and `&mut` says so.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.watched.forget();
        self.inner.get_mut()
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
        self.inner.fmt(f)
    }
}

impl<T> Named for UnsafeCell<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.watched.set_name(name);
        self
    }
}
