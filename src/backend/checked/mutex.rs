//! Checked `Mutex`.

use super::alike::{guard, lock, unless_blocked, unless_poisoned};
use crate::event::{Access, Kind, Mode};
use crate::probe::{Held, Record, Request};
use crate::rt::Site;
use std::fmt;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// Like [`std::sync::Mutex`], and checked.
pub struct Mutex<T: ?Sized> {
    record: Record,
    inner: std::sync::Mutex<T>,
}

/// Like [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    // Fields drop in order: told as released and poisoned if need be, then unlocked.
    held: Held<'a, true>,
    inner: std::sync::MutexGuard<'a, T>,
}

impl<T: ?Sized> Mutex<T> {
    pub(super) const ACCESS: &'static Access =
        &Access { kind: Kind::Mutex, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`std::sync::Mutex::lock`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied. The lock is then neither taken nor poisoned.
    ///
    /// # Errors
    /// If the lock is poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let request = self.record.request(Self::ACCESS, Site::caller());
        let inner = match self.try_inner() {
            Some(inner) => inner,
            None => self.block(request),
        };
        MutexGuard::new(&self.record, request.acquired(), inner)
    }

    /// Like [`std::sync::Mutex::try_lock`]. It cannot block, so it asks nothing; what is requested under it does.
    ///
    /// # Errors
    /// If the lock is held, or poisoned.
    #[inline(always)]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.record.trying();
        let Some(inner) = self.try_inner() else { return Err(TryLockError::WouldBlock) };
        Ok(MutexGuard::new(&self.record, self.record.tried(Self::ACCESS, Site::caller()), inner)?)
    }

    #[inline(always)]
    fn try_inner(&self) -> Option<std::sync::MutexGuard<'_, T>> {
        unless_blocked(self.inner.try_lock())
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn block(&self, request: Request<'_>) -> std::sync::MutexGuard<'_, T> {
        let lock = || self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        request.block(None, || self.try_inner(), lock)
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Returns the guard of a lock that was just taken; an error if the lock is poisoned.
    #[inline(always)]
    pub(super) fn new(
        record: &'a Record,
        held: Held<'a, true>,
        inner: std::sync::MutexGuard<'a, T>,
    ) -> LockResult<MutexGuard<'a, T>> {
        let guard = MutexGuard { held, inner };
        unless_poisoned(guard, record.is_poisoned())
    }

    /// Returns what is guarded to one who only looks.
    pub(super) fn look(&mut self) -> &mut T {
        self.held.reads();
        &mut self.inner
    }

    /// Tells the release, and gives the parts that are still locked.
    pub(super) fn release(self) -> (&'a Record, std::sync::MutexGuard<'a, T>) {
        (self.held.release(), self.inner)
    }
}

lock!(Mutex);
guard!(mut MutexGuard);

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(TryLockError::Poisoned(poisoned)) => shown.field("data", &&**poisoned.get_ref()),
            Err(TryLockError::WouldBlock) => shown.field("data", &"<locked>"),
        };
        shown.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
