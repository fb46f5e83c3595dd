//! Checked `RwLock`.
#![allow(unsafe_code, reason = "others look whether a reader could pass")]

use super::alike::{guard, lock, unless_blocked, unless_poisoned};
use super::asleep::Asleep;
use crate::event::{Access, Kind, Mode};
use crate::probe::{Held, Record, Request};
use crate::rt::Site;
use std::fmt;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// Like [`std::sync::RwLock`], and checked. A reader is taken to queue behind a writer that waits.
pub struct RwLock<T: ?Sized> {
    record: Record,
    inner: std::sync::RwLock<T>,
}

/// Like [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    // Fields drop in order: told as released, then unlocked.
    _held: Held<'a, false>,
    inner: std::sync::RwLockReadGuard<'a, T>,
}

/// Like [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    // Fields drop in order: told as released and poisoned if need be, then unlocked.
    held: Held<'a, true>,
    inner: std::sync::RwLockWriteGuard<'a, T>,
}

impl<T: ?Sized> RwLock<T> {
    const READ: &'static Access =
        &Access { kind: Kind::RwLock, mode: Mode::Shared, type_name: std::any::type_name::<T> };
    const WRITE: &'static Access =
        &Access { kind: Kind::RwLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`std::sync::RwLock::read`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied. The lock is then not taken.
    ///
    /// # Errors
    /// If the lock is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let request = self.record.request(Self::READ, Site::caller());
        let inner = match unless_blocked(self.inner.try_read()) {
            Some(inner) => inner,
            None => self.block_read(request),
        };
        self.reading(request.acquired(), inner)
    }

    /// Like [`std::sync::RwLock::try_read`]. It cannot block, so it asks nothing; what is requested under it does.
    ///
    /// # Errors
    /// If a writer holds the lock, or it is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        self.record.trying();
        let Some(inner) = unless_blocked(self.inner.try_read()) else { return Err(TryLockError::WouldBlock) };
        Ok(self.reading(self.record.tried(Self::READ, Site::caller()), inner)?)
    }

    /// Like [`std::sync::RwLock::write`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied. The lock is then neither taken nor poisoned.
    ///
    /// # Errors
    /// If the lock is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let request = self.record.request(Self::WRITE, Site::caller());
        let inner = match unless_blocked(self.inner.try_write()) {
            Some(inner) => inner,
            None => self.block_write(request),
        };
        self.writing(request.acquired(), inner)
    }

    /// Like [`std::sync::RwLock::try_write`]. It cannot block, so it asks nothing; what is requested under it does.
    ///
    /// # Errors
    /// If the lock is held, or poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        self.record.trying();
        let Some(inner) = unless_blocked(self.inner.try_write()) else { return Err(TryLockError::WouldBlock) };
        Ok(self.writing(self.record.tried(Self::WRITE, Site::caller()), inner)?)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn block_read(&self, request: Request<'_>) -> std::sync::RwLockReadGuard<'_, T> {
        let read = || self.inner.read().unwrap_or_else(PoisonError::into_inner);
        // std's futex lock keeps readers out while a writer is queued, and only a try shows whether one is.
        // SAFETY: the try takes the lock and gives it back, both in one thread, and does not touch what it guards.
        let sleeper = unsafe { Asleep::new(|| unless_blocked(self.inner.try_read()).is_some()) };
        request.block(Some(&sleeper), || unless_blocked(self.inner.try_read()), read)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn block_write(&self, request: Request<'_>) -> std::sync::RwLockWriteGuard<'_, T> {
        let write = || self.inner.write().unwrap_or_else(PoisonError::into_inner);
        request.block(None, || unless_blocked(self.inner.try_write()), write)
    }

    #[inline(always)]
    fn reading<'a>(
        &'a self,
        held: Held<'a, false>,
        inner: std::sync::RwLockReadGuard<'a, T>,
    ) -> LockResult<RwLockReadGuard<'a, T>> {
        let guard = RwLockReadGuard { _held: held, inner };
        unless_poisoned(guard, self.record.is_poisoned())
    }

    #[inline(always)]
    fn writing<'a>(
        &'a self,
        held: Held<'a, true>,
        inner: std::sync::RwLockWriteGuard<'a, T>,
    ) -> LockResult<RwLockWriteGuard<'a, T>> {
        let guard = RwLockWriteGuard { held, inner };
        unless_poisoned(guard, self.record.is_poisoned())
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Like [`std::sync::RwLockWriteGuard::downgrade`].
    #[track_caller]
    pub fn downgrade(s: Self) -> RwLockReadGuard<'a, T> {
        let held = s.held.downgraded(RwLock::<T>::READ, Site::caller());
        RwLockReadGuard { _held: held, inner: std::sync::RwLockWriteGuard::downgrade(s.inner) }
    }
}

lock!(RwLock);
guard!(RwLockReadGuard);
guard!(mut RwLockWriteGuard);

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(TryLockError::Poisoned(poisoned)) => shown.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => shown.field("data", &format_args!("<locked>")),
        };
        shown.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
