//! Turns the plain base of `RLock` into one that rings the probe.
//!
//! Must not know: levels, owners, data.
//! INVARIANT: the probe hears of the first level and of the end of the last one, and of nothing in between.
#![allow(unsafe_code, reason = "`unlock` passes its caller's promise on")]

#[path = "../unguarded.rs"]
mod unguarded;

use super::condvar;
use super::rlock::RLock;
pub(crate) use crate::backend::token::thread_token;
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::{Record, Request};
use crate::rt::Site;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// A lock without data, reentrancy or poisoning; the base of `RLock`.
pub(crate) struct Core {
    record: Record,
    inner: unguarded::Core,
}

impl Core {
    const fn access<T: ?Sized>() -> &'static Access {
        const { &Access { kind: Kind::RLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> } }
    }

    /// Blocks until the lock is free and takes it. `T` is what the lock guards.
    // COST: called, so that whoever has the lock already pays for no frame of this.
    #[inline(never)]
    #[track_caller]
    pub(crate) fn lock<T: ?Sized>(&self) {
        let (access, site) = (Self::access::<T>(), Site::caller());
        match self.record.settled(access, site) {
            Some(request) if self.inner.try_lock::<T>() => request.acquired_unguarded(),
            _ => self.lock_slowly::<T>(),
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn lock_slowly<T: ?Sized>(&self) {
        let request = self.record.request(Self::access::<T>(), Site::caller());
        if !self.inner.try_lock::<T>() {
            self.block::<T>(request);
        }
        request.acquired_unguarded();
    }

    #[track_caller]
    fn block<T: ?Sized>(&self, request: Request<'_>) {
        let taken = |is_taken: bool| is_taken.then_some(());
        request.block(None, || taken(self.inner.try_lock::<T>()), || self.inner.lock::<T>());
    }

    /// Takes the lock if it is free, and says whether it did.
    #[inline]
    #[track_caller]
    pub(crate) fn try_lock<T: ?Sized>(&self) -> bool {
        self.record.trying();
        let taken = self.inner.try_lock::<T>();
        if taken {
            self.record.tried_unguarded(Self::access::<T>(), Site::caller());
        }
        taken
    }

    /// Gives the lock back, waits for a notification or the end of `limit`, and takes the lock again.
    ///
    /// # Panics
    /// If a finding is denied. The lock is held then, too.
    ///
    /// # Safety
    /// As for the plain one.
    #[track_caller]
    pub(crate) unsafe fn wait<T: ?Sized>(&self, condvar: &condvar::Condvar, limit: Option<Duration>) {
        let (access, site) = (Self::access::<T>(), Site::caller());
        self.record.given_back();
        // SAFETY: the caller's promise is the same.
        let mut away = Away { core: self, access, site, guard: Some(unsafe { self.inner.lend() }) };
        let (request, _) = condvar.wait_with(&self.record, access, &mut away.guard, limit, site);
        let guard = away.guard.take();
        self.inner.keep(guard.expect("every wait gives the lock back"));
        request.acquired_unguarded();
    }

    /// Gives the lock back.
    ///
    /// # Safety
    /// As for the plain one.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        if !self.record.given_back_at_once() {
            // SAFETY: the caller's promise is the same.
            return unsafe { self.unlock_slowly() };
        }
        // SAFETY: the caller's promise is the same.
        unsafe { self.inner.unlock() };
    }

    #[cold]
    #[inline(never)]
    unsafe fn unlock_slowly(&self) {
        self.record.given_back();
        // SAFETY: the caller's promise is the same.
        unsafe { self.inner.unlock() };
    }
}

/// A lock that its holder waits with. If the wait is refused, it is held as before: the holder's guards are still there.
struct Away<'a> {
    core: &'a Core,
    access: &'static Access,
    site: Site,
    guard: Option<MutexGuard<'a, ()>>,
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            self.core.inner.keep(guard);
            self.core.record.tried_unguarded(self.access, self.site);
        }
    }
}

impl<T> RLock<T> {
    /// Returns an unlocked lock around `data`. The caller's place is the lock's class.
    #[inline]
    #[track_caller]
    pub const fn new(data: T) -> Self {
        let inner = unguarded::Core::over(Mutex::new(()));
        Self::with_core(Core { record: Record::new(), inner }, data)
    }
}

impl<T> Named for RLock<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.core_mut().record.set_name(name);
        self
    }
}
