//! Checked `Condvar`: a wait is a release and a new request.

use super::mutex::{Mutex, MutexGuard};
use crate::rt::Site;
use std::fmt;
use std::sync::{LockResult, PoisonError, WaitTimeoutResult};
use std::time::{Duration, Instant};

/// Like [`std::sync::Condvar`], for checked mutexes.
#[derive(Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    /// Like [`std::sync::Condvar::new`].
    pub const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    /// Like [`std::sync::Condvar::wait`], and reports what the order of the new request shows before it waits.
    ///
    /// # Panics
    /// If a finding is denied. The mutex is then released and not poisoned.
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let wait = |inner| (self.0.wait(inner).unwrap_or_else(PoisonError::into_inner), ());
        strip(wait_again(guard, Site::caller(), wait))
    }

    /// Like [`std::sync::Condvar::wait_while`].
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'a, T, F>(&self, mut guard: MutexGuard<'a, T>, mut condition: F) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Like [`std::sync::Condvar::wait_timeout_ms`].
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[deprecated(since = "1.6.0", note = "replaced by `std::sync::Condvar::wait_timeout`")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T>(&self, guard: MutexGuard<'a, T>, ms: u32) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(u64::from(ms))) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(poisoned) => {
                let (guard, result) = poisoned.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// Like [`std::sync::Condvar::wait_timeout`].
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let wait = |inner| self.0.wait_timeout(inner, dur).unwrap_or_else(PoisonError::into_inner);
        wait_again(guard, Site::caller(), wait)
    }

    /// Like [`std::sync::Condvar::wait_timeout_while`].
    ///
    /// # Panics
    /// As [`Condvar::wait`].
    ///
    /// # Errors
    /// If the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = Instant::now();
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, outcome(false)));
            }
            let Some(left) = dur.checked_sub(start.elapsed()) else {
                return Ok((guard, outcome(true)));
            };
            guard = self.wait_timeout(guard, left)?.0;
        }
    }

    /// Like [`std::sync::Condvar::notify_one`].
    #[inline]
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Like [`std::sync::Condvar::notify_all`].
    #[inline]
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Releases, asks, waits, and acquires again.
#[track_caller]
fn wait_again<'a, T, R>(
    guard: MutexGuard<'a, T>,
    site: Site,
    wait: impl FnOnce(std::sync::MutexGuard<'a, T>) -> (std::sync::MutexGuard<'a, T>, R),
) -> LockResult<(MutexGuard<'a, T>, R)> {
    let (record, inner) = guard.release();
    let (request, refusal) = record.request_quietly(Mutex::<T>::ACCESS, site);
    if let Some(refusal) = refusal.filter(|_| !std::thread::panicking()) {
        // Unlocked first, so that the refusal poisons nothing.
        drop(inner);
        crate::stream::thread::refuse(refusal);
        unreachable!("a refusal panics in a thread that is not panicking");
    }
    let (inner, result) = wait(inner);
    match MutexGuard::new(record, request.acquired(), inner) {
        Ok(guard) => Ok((guard, result)),
        Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
    }
}

fn strip<'a, T>(result: LockResult<(MutexGuard<'a, T>, ())>) -> LockResult<MutexGuard<'a, T>> {
    match result {
        Ok((guard, ())) => Ok(guard),
        Err(poisoned) => Err(PoisonError::new(poisoned.into_inner().0)),
    }
}

/// Returns a result that only std can make, by a wait of no time.
fn outcome(timed_out: bool) -> WaitTimeoutResult {
    let mutex = std::sync::Mutex::new(());
    let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    let result = std::sync::Condvar::new().wait_timeout_while(guard, Duration::ZERO, |()| timed_out);
    result.unwrap_or_else(PoisonError::into_inner).1
}
