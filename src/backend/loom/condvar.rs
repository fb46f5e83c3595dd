//! Turns loom's `Condvar` into one that has std's predicate waits.
//!
//! Must not know: what the mutex guards.
//! Source: loom's `Condvar`. We differ: `wait_while` and `wait_timeout_while` are added.
//! INVARIANT: time does not pass in a model, so no wait times out.

use ::loom::sync as inner;
use ::loom::sync::MutexGuard;
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

/// Like [`std::sync::Condvar`], without `const fn new`.
#[derive(Debug, Default)]
pub struct Condvar(inner::Condvar);

/// Like [`std::sync::WaitTimeoutResult`]; always says that the time was enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Returns false: see [`Condvar::wait_timeout`].
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Like [`std::sync::Condvar::new`].
    pub fn new() -> Self {
        Self(inner::Condvar::new())
    }

    /// Like [`std::sync::Condvar::wait`]; loom wakes it only when it is notified.
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.0.wait(guard)
    }

    /// Like [`std::sync::Condvar::wait_while`].
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn wait_while<'a, T, F>(&self, mut guard: MutexGuard<'a, T>, mut condition: F) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Like [`std::sync::Condvar::wait_timeout`], and never times out: without a notification loom reports a deadlock.
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        in_time(self.wait(guard))
    }

    /// Like [`std::sync::Condvar::wait_timeout_while`], and never times out.
    ///
    /// # Errors
    /// None: a panic ends the model before the poison can be seen.
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        guard: MutexGuard<'a, T>,
        _timeout: Duration,
        condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        in_time(self.wait_while(guard, condition))
    }

    /// Like [`std::sync::Condvar::notify_one`].
    #[track_caller]
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Like [`std::sync::Condvar::notify_all`].
    #[track_caller]
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

fn in_time<G>(result: LockResult<G>) -> LockResult<(G, WaitTimeoutResult)> {
    match result {
        Ok(guard) => Ok((guard, WaitTimeoutResult(false))),
        Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), WaitTimeoutResult(false)))),
    }
}
