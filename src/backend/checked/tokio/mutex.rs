//! Checked `Mutex`, owned by tasks.
#![allow(unsafe_code, reason = "guards are built by hand, as tokio's are")]

use super::grip::{AsRaw, Grip, OwnedGrip, Part, Raw, guard};
use super::{block_on, locked};
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::rt::Site;
use ::tokio::sync::TryLockError;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Like [`tokio::sync::Mutex`](::tokio::sync::Mutex), and checked.
pub struct Mutex<T: ?Sized> {
    raw: Raw,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes with the lock.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: whoever reaches the value by a shared lock has it alone.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// Like [`tokio::sync::MutexGuard`](::tokio::sync::MutexGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MutexGuard<'a, T: ?Sized> {
    part: Part<T>,
    lock: &'a Mutex<T>,
    grip: Grip<'a>,
}

/// Like [`tokio::sync::MappedMutexGuard`](::tokio::sync::MappedMutexGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    part: Part<T>,
    grip: Grip<'a>,
    marker: PhantomData<&'a mut T>,
}

/// Like [`tokio::sync::OwnedMutexGuard`](::tokio::sync::OwnedMutexGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMutexGuard<T: ?Sized> {
    part: Part<T>,
    grip: OwnedGrip<Mutex<T>>,
}

/// Like [`tokio::sync::OwnedMappedMutexGuard`](::tokio::sync::OwnedMappedMutexGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the Mutex will immediately unlock"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    part: Part<U>,
    grip: OwnedGrip<Mutex<T>>,
}

impl<T: ?Sized> AsRaw for Mutex<T> {
    fn raw(&self) -> &Raw {
        &self.raw
    }
}

impl<T> Mutex<T> {
    /// Like [`tokio::sync::Mutex::new`](::tokio::sync::Mutex::new). The caller's place is the lock's class.
    #[track_caller]
    pub fn new(t: T) -> Self {
        Self::const_new(t)
    }

    /// Like [`tokio::sync::Mutex::const_new`](::tokio::sync::Mutex::const_new). The caller's place is the lock's class.
    #[track_caller]
    pub const fn const_new(t: T) -> Self {
        Self { raw: Raw::new(1), value: UnsafeCell::new(t) }
    }

    /// Like [`tokio::sync::Mutex::into_inner`](::tokio::sync::Mutex::into_inner).
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::TaskMutex, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`tokio::sync::Mutex::lock`](::tokio::sync::Mutex::lock), and reports what the order of requests shows when it is
    /// first polled.
    ///
    /// # Panics
    /// If a finding is denied, when it is polled. The lock is then not taken.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let site = Site::caller();
        async move { self.guard(self.raw.acquire(1, Self::ACCESS, site).await) }
    }

    /// Like [`tokio::sync::Mutex::blocking_lock`](::tokio::sync::Mutex::blocking_lock).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        block_on(self.lock())
    }

    /// Like [`tokio::sync::Mutex::blocking_lock_owned`](::tokio::sync::Mutex::blocking_lock_owned).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        block_on(self.lock_owned())
    }

    /// Like [`tokio::sync::Mutex::lock_owned`](::tokio::sync::Mutex::lock_owned).
    ///
    /// # Panics
    /// As [`Mutex::lock`].
    #[track_caller]
    pub fn lock_owned(self: Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>> {
        let site = Site::caller();
        async move { Self::owned(OwnedGrip::acquire(self, 1, Self::ACCESS, site).await) }
    }

    /// Like [`tokio::sync::Mutex::try_lock`](::tokio::sync::Mutex::try_lock). It cannot block, so it asks nothing; what is
    /// requested under it does.
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let grip = self.raw.try_acquire(1, Self::ACCESS, Site::caller());
        grip.map(|grip| self.guard(grip)).ok_or_else(locked)
    }

    /// Like [`tokio::sync::Mutex::try_lock_owned`](::tokio::sync::Mutex::try_lock_owned).
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let grip = OwnedGrip::try_acquire(self, 1, Self::ACCESS, Site::caller());
        grip.map(Self::owned).ok_or_else(locked)
    }

    /// Like [`tokio::sync::Mutex::get_mut`](::tokio::sync::Mutex::get_mut).
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    fn guard<'a>(&'a self, grip: Grip<'a>) -> MutexGuard<'a, T> {
        // SAFETY: the grip has the lock's only permit, and goes with the pointer.
        let part = unsafe { Part::new(self.value.get()) };
        MutexGuard { part, lock: self, grip }
    }

    fn owned(grip: OwnedGrip<Self>) -> OwnedMutexGuard<T> {
        // SAFETY: the grip has the lock's only permit, keeps the lock, and goes with the pointer.
        let part = unsafe { Part::new(grip.lock().value.get()) };
        OwnedMutexGuard { part, grip }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Like [`tokio::sync::MutexGuard::map`](::tokio::sync::MutexGuard::map).
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::MutexGuard::try_map`](::tokio::sync::MutexGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    pub fn try_map<U: ?Sized, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.part.map(f) {
            Some(part) => Ok(MappedMutexGuard { part, grip: this.grip, marker: PhantomData }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::MutexGuard::mutex`](::tokio::sync::MutexGuard::mutex).
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Like [`tokio::sync::MappedMutexGuard::map`](::tokio::sync::MappedMutexGuard::map).
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::MappedMutexGuard::try_map`](::tokio::sync::MappedMutexGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    pub fn try_map<U: ?Sized, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.part.map(f) {
            Some(part) => Ok(MappedMutexGuard { part, grip: this.grip, marker: PhantomData }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// Like [`tokio::sync::OwnedMutexGuard::map`](::tokio::sync::OwnedMutexGuard::map).
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedMutexGuard::try_map`](::tokio::sync::OwnedMutexGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    pub fn try_map<U: ?Sized, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match this.part.map(f) {
            Some(part) => Ok(OwnedMappedMutexGuard { part, grip: this.grip }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::OwnedMutexGuard::mutex`](::tokio::sync::OwnedMutexGuard::mutex).
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        this.grip.lock()
    }
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// Like [`tokio::sync::OwnedMappedMutexGuard::map`](::tokio::sync::OwnedMappedMutexGuard::map).
    pub fn map<S: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, S>
    where
        F: FnOnce(&mut U) -> &mut S,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedMappedMutexGuard::try_map`](::tokio::sync::OwnedMappedMutexGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    pub fn try_map<S: ?Sized, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        match this.part.map(f) {
            Some(part) => Ok(OwnedMappedMutexGuard { part, grip: this.grip }),
            None => Err(this),
        }
    }
}

guard!(mut ['a, T: ?Sized] MutexGuard<'a, T>, T, |_guard| {});
guard!(mut ['a, T: ?Sized] MappedMutexGuard<'a, T>, T, |_guard| {});
guard!(mut [T: ?Sized] OwnedMutexGuard<T>, T, |guard| { guard.grip.is_used() });
guard!(mut [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U>, U, |guard| { guard.grip.is_used() });

impl<T> Named for Mutex<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(t: T) -> Self {
        Self::new(t)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
