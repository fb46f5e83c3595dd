//! Checked `LazyLock`: a lock while its initialiser runs, nothing afterwards.

use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::Record;
use crate::rt::Site;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Like [`std::sync::LazyLock`], and checked.
pub struct LazyLock<T, F = fn() -> T> {
    record: Record,
    inner: std::sync::LazyLock<T, F>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::LazyLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`std::sync::LazyLock::new`]. The caller's place is the lock's class.
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> Self {
        Self { record: Record::new(), inner: std::sync::LazyLock::new(f) }
    }

    /// Like [`std::sync::LazyLock::force`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// As std's, and if a finding is denied.
    #[inline]
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        match std::sync::LazyLock::get(&this.inner) {
            Some(value) => value,
            None => Self::initialise(this, Site::caller()),
        }
    }

    /// Like [`std::sync::LazyLock::force_mut`].
    ///
    /// # Panics
    /// As std's.
    #[inline]
    pub fn force_mut(this: &mut Self) -> &mut T {
        std::sync::LazyLock::force_mut(&mut this.inner)
    }

    #[cold]
    #[track_caller]
    fn initialise(this: &Self, site: Site) -> &T {
        let request = this.record.request(Self::ACCESS, site);
        // Held around the whole call: std gives no way in between. If another thread initialises, nothing runs under it.
        let _held = request.acquired::<true>();
        std::sync::LazyLock::force(&this.inner)
    }
}

impl<T, F> LazyLock<T, F> {
    /// Like [`std::sync::LazyLock::get`].
    #[inline]
    pub fn get(this: &Self) -> Option<&T> {
        std::sync::LazyLock::get(&this.inner)
    }

    /// Like [`std::sync::LazyLock::get_mut`].
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        std::sync::LazyLock::get_mut(&mut this.inner)
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        Self::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T, F> Named for LazyLock<T, F> {
    fn named(mut self, name: &'static str) -> Self {
        self.record.set_name(name);
        self
    }
}
