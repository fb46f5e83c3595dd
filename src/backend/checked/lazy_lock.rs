//! Checked `LazyLock`: a lock while its initialiser runs, nothing afterwards.
//!
//! Source: `once_cell::sync::Lazy`, a cell and its initialiser; std gives no way in between waiting and initialising.
//! INVARIANT: the initialiser is taken by whoever has the cell's lock, or the whole.
#![allow(unsafe_code, reason = "the initialiser is shared, and guarded by another field")]

use super::once_lock::OnceLock;
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::rt::Site;
use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

/// Like [`std::sync::LazyLock`], and checked.
pub struct LazyLock<T, F = fn() -> T> {
    cell: OnceLock<T>,
    /// Gone once it was called. If there is no value then, it panicked.
    initialiser: Cell<Option<F>>,
}

// SAFETY: the initialiser is taken only under the cell's lock or through `&mut`, so by one thread, and `F` may go there. All
// else is the cell's.
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::LazyLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`std::sync::LazyLock::new`]. The caller's place is the lock's class.
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> Self {
        Self { cell: OnceLock::new(), initialiser: Cell::new(Some(f)) }
    }

    /// Like [`std::sync::LazyLock::force`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// As std's, and if a finding is denied.
    #[inline]
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        match this.cell.get() {
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
        if this.cell.get().is_none() {
            let value = Self::value(&this.initialiser);
            this.cell.fill(value);
        }
        this.cell.get_mut().expect("it is initialised")
    }

    #[cold]
    #[track_caller]
    fn initialise(this: &Self, site: Site) -> &T {
        this.cell.get_or_init_as(Self::ACCESS, site, || Self::value(&this.initialiser))
    }

    fn value(initialiser: &Cell<Option<F>>) -> T {
        initialiser.take().expect("LazyLock instance has previously been poisoned")()
    }
}

impl<T, F> LazyLock<T, F> {
    /// Like [`std::sync::LazyLock::get`].
    #[inline]
    pub fn get(this: &Self) -> Option<&T> {
        this.cell.get()
    }

    /// Like [`std::sync::LazyLock::get_mut`].
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        this.cell.get_mut()
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
        let mut tuple = f.debug_tuple("LazyLock");
        match self.cell.get() {
            Some(value) => tuple.field(value),
            None => tuple.field(&format_args!("<uninit>")),
        };
        tuple.finish()
    }
}

impl<T, F> Named for LazyLock<T, F> {
    fn named(self, name: &'static str) -> Self {
        Self { cell: self.cell.named(name), ..self }
    }
}
