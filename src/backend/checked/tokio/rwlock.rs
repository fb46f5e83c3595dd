//! Checked `RwLock`, owned by tasks.
#![allow(unsafe_code, reason = "guards are built by hand, as tokio's are")]

use super::grip::{AsRaw, Grip, OwnedGrip, Part, Raw, Shown, guard};
use super::{block_on, locked};
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::rt::Site;
use ::tokio::sync::TryLockError;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Like [`tokio::sync::RwLock`](::tokio::sync::RwLock), and checked. A reader queues behind a writer that waits.
pub struct RwLock<T: ?Sized> {
    raw: Raw,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes with the lock.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: whoever reaches the value by a shared lock has it alone, or reads it with others.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// Like [`tokio::sync::RwLockReadGuard`](::tokio::sync::RwLockReadGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    part: Shown<T>,
    grip: Grip<'a>,
    marker: PhantomData<&'a T>,
}

/// Like [`tokio::sync::RwLockWriteGuard`](::tokio::sync::RwLockWriteGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    part: Part<T>,
    grip: Grip<'a>,
    lock: &'a RwLock<T>,
}

/// Like [`tokio::sync::RwLockMappedWriteGuard`](::tokio::sync::RwLockMappedWriteGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    part: Part<T>,
    grip: Grip<'a>,
    marker: PhantomData<&'a mut T>,
}

/// Like [`tokio::sync::OwnedRwLockReadGuard`](::tokio::sync::OwnedRwLockReadGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    part: Shown<U>,
    grip: OwnedGrip<RwLock<T>>,
}

/// Like [`tokio::sync::OwnedRwLockWriteGuard`](::tokio::sync::OwnedRwLockWriteGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    part: Part<T>,
    grip: OwnedGrip<RwLock<T>>,
}

/// Like [`tokio::sync::OwnedRwLockMappedWriteGuard`](::tokio::sync::OwnedRwLockMappedWriteGuard).
#[clippy::has_significant_drop]
#[must_use = "if unused the RwLock will immediately unlock"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    part: Part<U>,
    grip: OwnedGrip<RwLock<T>>,
}

/// As many readers as tokio admits, unless the user says otherwise.
const MOST_READERS: u32 = u32::MAX >> 3;

impl<T: ?Sized> AsRaw for RwLock<T> {
    fn raw(&self) -> &Raw {
        &self.raw
    }
}

impl<T> RwLock<T> {
    /// Like [`tokio::sync::RwLock::new`](::tokio::sync::RwLock::new). The caller's place is the lock's class.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self { raw: Raw::new(MOST_READERS), value: UnsafeCell::new(value) }
    }

    /// Like [`tokio::sync::RwLock::const_new`](::tokio::sync::RwLock::const_new). The caller's place is the lock's class.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        Self { raw: Raw::new(MOST_READERS), value: UnsafeCell::new(value) }
    }

    /// Like [`tokio::sync::RwLock::with_max_readers`](::tokio::sync::RwLock::with_max_readers). The caller's place is the lock's class.
    ///
    /// # Panics
    /// If `max_reads` is more than tokio admits.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self {
        assert!(max_reads <= MOST_READERS, "a RwLock may not be created with more than 536870911 readers");
        Self { raw: Raw::new(max_reads), value: UnsafeCell::new(value) }
    }

    /// Like [`tokio::sync::RwLock::const_with_max_readers`](::tokio::sync::RwLock::const_with_max_readers). The caller's place is the lock's class.
    ///
    /// # Panics
    /// If `max_reads` is more than tokio admits.
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self {
        assert!(max_reads <= MOST_READERS, "a RwLock may not be created with more than 536870911 readers");
        Self { raw: Raw::new(max_reads), value: UnsafeCell::new(value) }
    }

    /// Like [`tokio::sync::RwLock::into_inner`](::tokio::sync::RwLock::into_inner).
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    const READ: &'static Access =
        &Access { kind: Kind::TaskRwLock, mode: Mode::Shared, type_name: std::any::type_name::<T> };
    const WRITE: &'static Access =
        &Access { kind: Kind::TaskRwLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`tokio::sync::RwLock::read`](::tokio::sync::RwLock::read), and reports what the order of requests
    /// shows when it is first polled.
    ///
    /// # Panics
    /// If a finding is denied, when it is polled. The lock is then not taken.
    #[track_caller]
    pub fn read(&self) -> impl Future<Output = RwLockReadGuard<'_, T>> {
        let site = Site::caller();
        async move { self.reading(self.raw.acquire(1, Self::READ, site).await) }
    }

    /// Like [`tokio::sync::RwLock::blocking_read`](::tokio::sync::RwLock::blocking_read).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        block_on(self.read())
    }

    /// Like [`tokio::sync::RwLock::read_owned`](::tokio::sync::RwLock::read_owned).
    ///
    /// # Panics
    /// As [`RwLock::read`].
    #[track_caller]
    pub fn read_owned(self: Arc<Self>) -> impl Future<Output = OwnedRwLockReadGuard<T>> {
        let (site, permits) = (Site::caller(), 1);
        async move { Self::owned_reading(OwnedGrip::acquire(self, permits, Self::READ, site).await) }
    }

    /// Like [`tokio::sync::RwLock::try_read`](::tokio::sync::RwLock::try_read). It cannot block, so it asks nothing; what
    /// is requested under it does.
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let grip = self.raw.try_acquire(1, Self::READ, Site::caller());
        grip.map(|grip| self.reading(grip)).ok_or_else(locked)
    }

    /// Like [`tokio::sync::RwLock::try_read_owned`](::tokio::sync::RwLock::try_read_owned).
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        let permits = 1;
        let grip = OwnedGrip::try_acquire(self, permits, Self::READ, Site::caller());
        grip.map(Self::owned_reading).ok_or_else(locked)
    }

    /// Like [`tokio::sync::RwLock::write`](::tokio::sync::RwLock::write), and reports what the order of requests
    /// shows when it is first polled.
    ///
    /// # Panics
    /// If a finding is denied, when it is polled. The lock is then not taken.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = RwLockWriteGuard<'_, T>> {
        let site = Site::caller();
        async move { self.writing(self.raw.acquire(self.raw.most(), Self::WRITE, site).await) }
    }

    /// Like [`tokio::sync::RwLock::blocking_write`](::tokio::sync::RwLock::blocking_write).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        block_on(self.write())
    }

    /// Like [`tokio::sync::RwLock::write_owned`](::tokio::sync::RwLock::write_owned).
    ///
    /// # Panics
    /// As [`RwLock::write`].
    #[track_caller]
    pub fn write_owned(self: Arc<Self>) -> impl Future<Output = OwnedRwLockWriteGuard<T>> {
        let (site, permits) = (Site::caller(), self.raw.most());
        async move { Self::owned_writing(OwnedGrip::acquire(self, permits, Self::WRITE, site).await) }
    }

    /// Like [`tokio::sync::RwLock::try_write`](::tokio::sync::RwLock::try_write). It cannot block, so it asks nothing; what
    /// is requested under it does.
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let grip = self.raw.try_acquire(self.raw.most(), Self::WRITE, Site::caller());
        grip.map(|grip| self.writing(grip)).ok_or_else(locked)
    }

    /// Like [`tokio::sync::RwLock::try_write_owned`](::tokio::sync::RwLock::try_write_owned).
    ///
    /// # Errors
    /// If the lock is held.
    #[track_caller]
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        let permits = self.raw.most();
        let grip = OwnedGrip::try_acquire(self, permits, Self::WRITE, Site::caller());
        grip.map(Self::owned_writing).ok_or_else(locked)
    }

    /// Like [`tokio::sync::RwLock::get_mut`](::tokio::sync::RwLock::get_mut).
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    fn reading<'a>(&'a self, grip: Grip<'a>) -> RwLockReadGuard<'a, T> {
        // SAFETY: the grip has one of the permits of which a writer needs all, and goes with the pointer.
        let part = unsafe { Shown::new(self.value.get()) };
        RwLockReadGuard { part, grip, marker: PhantomData }
    }

    fn writing<'a>(&'a self, grip: Grip<'a>) -> RwLockWriteGuard<'a, T> {
        // SAFETY: the grip has all of the lock's permits, and goes with the pointer.
        let part = unsafe { Part::new(self.value.get()) };
        RwLockWriteGuard { part, grip, lock: self }
    }

    fn owned_reading(grip: OwnedGrip<Self>) -> OwnedRwLockReadGuard<T> {
        // SAFETY: as in `reading`, and the grip keeps the lock.
        let part = unsafe { Shown::new(grip.lock().value.get()) };
        OwnedRwLockReadGuard { part, grip }
    }

    fn owned_writing(grip: OwnedGrip<Self>) -> OwnedRwLockWriteGuard<T> {
        // SAFETY: as in `writing`, and the grip keeps the lock.
        let part = unsafe { Part::new(grip.lock().value.get()) };
        OwnedRwLockWriteGuard { part, grip }
    }
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// Like [`tokio::sync::RwLockReadGuard::map`](::tokio::sync::RwLockReadGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, V>
    where
        F: FnOnce(&T) -> &V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::RwLockReadGuard::try_map`](::tokio::sync::RwLockReadGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, V>, Self>
    where
        F: FnOnce(&T) -> Option<&V>,
    {
        match this.part.show(f) {
            Some(part) => Ok(RwLockReadGuard { part, grip: this.grip, marker: PhantomData }),
            None => Err(this),
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Like [`tokio::sync::RwLockWriteGuard::map`](::tokio::sync::RwLockWriteGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, V>
    where
        F: FnOnce(&mut T) -> &mut V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::RwLockWriteGuard::try_map`](::tokio::sync::RwLockWriteGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, V>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut V>,
    {
        match this.part.map(f) {
            Some(part) => Ok(RwLockMappedWriteGuard { part, grip: this.grip, marker: PhantomData }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::RwLockWriteGuard::downgrade_map`](::tokio::sync::RwLockWriteGuard::downgrade_map).
    #[track_caller]
    pub fn downgrade_map<F, V: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, V>
    where
        F: FnOnce(&T) -> &V,
    {
        let Ok(mapped) = Self::try_downgrade_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::RwLockWriteGuard::try_downgrade_map`](::tokio::sync::RwLockWriteGuard::try_downgrade_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_downgrade_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<RwLockReadGuard<'a, V>, Self>
    where
        F: FnOnce(&T) -> Option<&V>,
    {
        match this.part.show(f) {
            Some(part) => {
                this.grip.downgrade(RwLock::<T>::READ, Site::caller());
                Ok(RwLockReadGuard { part, grip: this.grip, marker: PhantomData })
            }
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::RwLockWriteGuard::into_mapped`](::tokio::sync::RwLockWriteGuard::into_mapped).
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard { part: this.part, grip: this.grip, marker: PhantomData }
    }

    /// Like [`tokio::sync::RwLockWriteGuard::downgrade`](::tokio::sync::RwLockWriteGuard::downgrade).
    #[track_caller]
    pub fn downgrade(mut self) -> RwLockReadGuard<'a, T> {
        self.grip.downgrade(RwLock::<T>::READ, Site::caller());
        self.lock.reading(self.grip)
    }
}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    /// Like [`tokio::sync::RwLockMappedWriteGuard::map`](::tokio::sync::RwLockMappedWriteGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, V>
    where
        F: FnOnce(&mut T) -> &mut V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::RwLockMappedWriteGuard::try_map`](::tokio::sync::RwLockMappedWriteGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, V>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut V>,
    {
        match this.part.map(f) {
            Some(part) => Ok(RwLockMappedWriteGuard { part, grip: this.grip, marker: PhantomData }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// Like [`tokio::sync::OwnedRwLockReadGuard::map`](::tokio::sync::OwnedRwLockReadGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedRwLockReadGuard::try_map`](::tokio::sync::OwnedRwLockReadGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        match this.part.show(f) {
            Some(part) => Ok(OwnedRwLockReadGuard { part, grip: this.grip }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::OwnedRwLockReadGuard::rwlock`](::tokio::sync::OwnedRwLockReadGuard::rwlock).
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.grip.lock()
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// Like [`tokio::sync::OwnedRwLockWriteGuard::map`](::tokio::sync::OwnedRwLockWriteGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut T) -> &mut V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::try_map`](::tokio::sync::OwnedRwLockWriteGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut V>,
    {
        match this.part.map(f) {
            Some(part) => Ok(OwnedRwLockMappedWriteGuard { part, grip: this.grip }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::downgrade_map`](::tokio::sync::OwnedRwLockWriteGuard::downgrade_map).
    #[track_caller]
    pub fn downgrade_map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&T) -> &V,
    {
        let Ok(mapped) = Self::try_downgrade_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::try_downgrade_map`](::tokio::sync::OwnedRwLockWriteGuard::try_downgrade_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_downgrade_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&T) -> Option<&V>,
    {
        match this.part.show(f) {
            Some(part) => {
                this.grip.downgrade(RwLock::<T>::READ, Site::caller());
                Ok(OwnedRwLockReadGuard { part, grip: this.grip })
            }
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::into_mapped`](::tokio::sync::OwnedRwLockWriteGuard::into_mapped).
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        OwnedRwLockMappedWriteGuard { part: this.part, grip: this.grip }
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::downgrade`](::tokio::sync::OwnedRwLockWriteGuard::downgrade).
    #[track_caller]
    pub fn downgrade(mut self) -> OwnedRwLockReadGuard<T> {
        self.grip.downgrade(RwLock::<T>::READ, Site::caller());
        RwLock::owned_reading(self.grip)
    }

    /// Like [`tokio::sync::OwnedRwLockWriteGuard::rwlock`](::tokio::sync::OwnedRwLockWriteGuard::rwlock).
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.grip.lock()
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// Like [`tokio::sync::OwnedRwLockMappedWriteGuard::map`](::tokio::sync::OwnedRwLockMappedWriteGuard::map).
    #[track_caller]
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        let Ok(mapped) = Self::try_map(this, |value| Some(f(value))) else { unreachable!("it maps always") };
        mapped
    }

    /// Like [`tokio::sync::OwnedRwLockMappedWriteGuard::try_map`](::tokio::sync::OwnedRwLockMappedWriteGuard::try_map).
    ///
    /// # Errors
    /// Gives the guard back if `f` returns none.
    #[track_caller]
    pub fn try_map<F, V: ?Sized>(mut this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        match this.part.map(f) {
            Some(part) => Ok(OwnedRwLockMappedWriteGuard { part, grip: this.grip }),
            None => Err(this),
        }
    }

    /// Like [`tokio::sync::OwnedRwLockMappedWriteGuard::rwlock`](::tokio::sync::OwnedRwLockMappedWriteGuard::rwlock).
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        this.grip.lock()
    }
}

guard!(['a, T: ?Sized] RwLockReadGuard<'a, T>, T);
guard!(mut ['a, T: ?Sized] RwLockWriteGuard<'a, T>, T, |_guard| {});
guard!(mut ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T>, T, |_guard| {});
guard!([T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U>, U);
guard!(mut [T: ?Sized] OwnedRwLockWriteGuard<T>, T, |guard| { guard.grip.is_used() });
guard!(mut [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U>, U, |guard| { guard.grip.is_used() });

impl<T> Named for RwLock<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
