//! Turns loom's `RwLock` into one whose guards survive a deadlock's unwinding.
//!
//! Must not know: what it guards.
//! Source: loom's `RwLock`. We differ: see `unwinding`.
//! INVARIANT: a guard wraps exactly one loom guard.

use super::unwinding::Forgotten;
use ::loom::sync as inner;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// Like [`std::sync::RwLock`], without `const fn new` and for sized data only.
pub struct RwLock<T>(inner::RwLock<T>);

/// Like [`std::sync::RwLockReadGuard`].
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct RwLockReadGuard<'a, T>(Forgotten<inner::RwLockReadGuard<'a, T>>);

/// Like [`std::sync::RwLockWriteGuard`].
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct RwLockWriteGuard<'a, T>(Forgotten<inner::RwLockWriteGuard<'a, T>>);

impl<T> RwLock<T> {
    /// Like [`std::sync::RwLock::new`].
    pub fn new(data: T) -> Self {
        Self(inner::RwLock::new(data))
    }

    /// Like [`std::sync::RwLock::read`].
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        wrap(self.0.read(), |guard| RwLockReadGuard(Forgotten::new(guard)))
    }

    /// Like [`std::sync::RwLock::write`].
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        wrap(self.0.write(), |guard| RwLockWriteGuard(Forgotten::new(guard)))
    }

    /// Like [`std::sync::RwLock::try_read`].
    ///
    /// # Errors
    /// `WouldBlock`, if a writer holds the lock.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        try_wrap(self.0.try_read(), |guard| RwLockReadGuard(Forgotten::new(guard)))
    }

    /// Like [`std::sync::RwLock::try_write`].
    ///
    /// # Errors
    /// `WouldBlock`, if anyone holds the lock.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        try_wrap(self.0.try_write(), |guard| RwLockWriteGuard(Forgotten::new(guard)))
    }

    /// Like [`std::sync::RwLock::get_mut`].
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.0.get_mut()
    }

    /// Like [`std::sync::RwLock::into_inner`].
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    pub fn into_inner(self) -> LockResult<T> {
        self.0.into_inner()
    }
}

fn wrap<G, W>(result: LockResult<G>, wrapped: impl Fn(G) -> W) -> LockResult<W> {
    match result {
        Ok(guard) => Ok(wrapped(guard)),
        Err(poisoned) => Err(PoisonError::new(wrapped(poisoned.into_inner()))),
    }
}

fn try_wrap<G, W>(result: TryLockResult<G>, wrapped: impl Fn(G) -> W) -> TryLockResult<W> {
    match result {
        Ok(guard) => Ok(wrapped(guard)),
        Err(TryLockError::Poisoned(poisoned)) => {
            Err(TryLockError::Poisoned(PoisonError::new(wrapped(poisoned.into_inner()))))
        }
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(data: T) -> Self {
        Self::new(data)
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
