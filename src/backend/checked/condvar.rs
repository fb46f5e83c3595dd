//! Checked `Condvar`: a wait is a release and a new request.

use super::heard::Heard;
use super::mutex::{Mutex, MutexGuard};
use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::{Record, Request, Stamp, Thing};
use crate::rt::{RawLock, Site, Sleeper};
use crate::stream::thread::{refuse, thread_number};
use crate::stream::wait::{LONGEST, PATIENCE};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LockResult, PoisonError, WaitTimeoutResult};
use std::time::{Duration, Instant};

/// Like [`std::sync::Condvar`], for checked mutexes.
pub struct Condvar {
    inner: std::sync::Condvar,
    thing: Thing,
    /// Threads that wait, and how many of them may have been woken and have not run yet: two halves of a word.
    counts: AtomicU64,
    notified: RawLock<Notified>,
}

/// Notifications, as far as a later wait may want to know of them.
#[derive(Default)]
struct Notified {
    heard: Heard,
    /// Who notified nobody last, and where, if nobody was ever notified before.
    unheard: Option<(u32, Site)>,
}

impl Condvar {
    /// Like [`std::sync::Condvar::new`].
    #[track_caller]
    pub const fn new() -> Self {
        Self {
            inner: std::sync::Condvar::new(),
            thing: Thing::new(),
            counts: AtomicU64::new(0),
            notified: RawLock::new(Notified { heard: Heard::new(), unheard: None }),
        }
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
        change(self.wait_again(guard, None, Site::caller()), |(guard, _)| guard)
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
        while condition(guard.look()) {
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
        let waited = self.wait_timeout(guard, Duration::from_millis(u64::from(ms)));
        change(waited, |(guard, result)| (guard, !result.timed_out()))
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
        let waited = self.wait_again(guard, Some(dur), Site::caller());
        change(waited, |(guard, result)| (guard, result.unwrap_or_else(|| outcome(false))))
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
            if !condition(guard.look()) {
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
    #[track_caller]
    pub fn notify_one(&self) {
        self.notify(|waiting, woken| (woken + 1).min(waiting));
        self.inner.notify_one();
    }

    /// Like [`std::sync::Condvar::notify_all`].
    #[inline]
    #[track_caller]
    pub fn notify_all(&self) {
        self.notify(|waiting, _| waiting);
        self.inner.notify_all();
    }

    #[inline]
    #[track_caller]
    fn notify(&self, woken: impl Fn(u32, u32) -> u32) {
        self.thing.signals(ACCESS, Deed::Notify, Site::caller());
        if Counts::of(self.counts.load(Ordering::SeqCst)).waiting == 0 {
            self.notified.lock().unheard = Some((thread_number(), Site::caller()));
        } else {
            let stamp = Stamp::here();
            let gone = self.notified.lock().heard.add(stamp);
            drop(gone);
            self.count(|counts| Counts { woken: woken(counts.waiting, counts.woken), ..counts });
        }
    }

    /// Releases, asks, waits, and acquires again.
    #[track_caller]
    fn wait_again<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Option<Duration>,
        site: Site,
    ) -> LockResult<(MutexGuard<'a, T>, Option<WaitTimeoutResult>)> {
        let (record, inner) = guard.release();
        let mut inner = Some(inner);
        let (request, result) = self.wait_with(record, Mutex::<T>::ACCESS, &mut inner, limit, site);
        let inner = inner.expect("every wait gives the mutex back");
        match MutexGuard::new(record, request.acquired(), inner) {
            Ok(guard) => Ok((guard, result)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
        }
    }

    /// Asks, waits, and returns the request of the lock, whose guard is in `inner` again. Its release was told.
    ///
    /// # Panics
    /// If a finding is denied. The guard is in `inner` then, too.
    #[track_caller]
    pub(super) fn wait_with<'a, T>(
        &self,
        record: &'a Record,
        access: &'static Access,
        inner: &mut Option<std::sync::MutexGuard<'a, T>>,
        limit: Option<Duration>,
        site: Site,
    ) -> (Request<'a>, Option<WaitTimeoutResult>) {
        let (request, refusal) = record.request_quietly(access, site);
        if let Some(refusal) = refusal {
            refuse(refusal);
        }
        let heard = self.notified.lock().heard.count();
        let mut waiter = Waiter::new(self);
        let start = limit.map(|_| Instant::now());
        // Who is notified while it is in none of std's waits must look: std would not wake it any more.
        let was_notified = || self.notified.lock().heard.count() != heard;
        let mut patience = None;
        let block = |nap: Option<Duration>| {
            if was_notified() {
                return Some(limit.map(|_| outcome(false)));
            }
            let held = inner.take()?;
            let left = limit.zip(start).map(|(limit, start)| limit.saturating_sub(start.elapsed()));
            // After a nap the notification may come between the look and the wait, so that wait is not for ever either.
            let (is_nap, longest) = (nap.is_some(), nap.or(patience));
            let (held, result) = match longest.into_iter().chain(left).min() {
                Some(time) => {
                    let (held, result) = self.inner.wait_timeout(held, time).unwrap_or_else(PoisonError::into_inner);
                    let is_over = !result.timed_out() || left == Some(time);
                    let woken = || was_notified().then(|| limit.map(|_| outcome(false)));
                    (held, if is_over { Some(limit.map(|_| result)) } else { woken() })
                }
                None => (self.inner.wait(held).unwrap_or_else(PoisonError::into_inner), Some(None)),
            };
            patience = if is_nap { Some(PATIENCE) } else { patience.map(|time: Duration| (2 * time).min(LONGEST)) };
            *inner = Some(held);
            result
        };
        let deed = if limit.is_some() { Deed::WaitTimeout } else { Deed::Wait };
        let result = self.thing.wait_and_lock(ACCESS, deed, site, (record, access), &Asleep(self), block);
        waiter.was_woken = result.as_ref().is_none_or(|result| !result.timed_out());
        if waiter.was_woken {
            let stamp = self.notified.lock().heard.since(heard);
            stamp.take();
        }
        drop(waiter);
        (request, result)
    }

    fn count(&self, change: impl Fn(Counts) -> Counts) {
        // Nobody blocks between reading and writing, and each change is told by a thread that runs.
        let changed = |word| Some(change(Counts::of(word)).word()).filter(|&new| new != word);
        let _ = self.counts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, changed);
    }
}

const ACCESS: &Access =
    &Access { kind: Kind::Condvar, mode: Mode::Exclusive, type_name: std::any::type_name::<std::sync::Condvar> };

#[derive(Clone, Copy)]
struct Counts {
    waiting: u32,
    woken: u32,
}

impl Counts {
    fn of(word: u64) -> Self {
        Self { waiting: (word >> 32) as u32, woken: word as u32 }
    }

    fn word(self) -> u64 {
        u64::from(self.waiting) << 32 | u64::from(self.woken)
    }
}

/// A thread that waits, counted.
struct Waiter<'a> {
    condvar: &'a Condvar,
    /// Consumes one who may have been woken.
    was_woken: bool,
}

impl<'a> Waiter<'a> {
    /// The caller holds the mutex, and runs.
    fn new(condvar: &'a Condvar) -> Self {
        condvar.count(|counts| Counts { waiting: counts.waiting + 1, ..counts });
        Self { condvar, was_woken: false }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.condvar.count(|Counts { waiting, woken }| Counts {
            waiting: waiting - 1,
            woken: woken.saturating_sub(u32::from(self.was_woken)).min(waiting - 1),
        });
    }
}

/// A waiting thread as others see it.
struct Asleep<'a>(&'a Condvar);

impl Sleeper for Asleep<'_> {
    fn is_asleep(&self) -> bool {
        Counts::of(self.0.counts.load(Ordering::SeqCst)).woken == 0
    }

    fn unheard(&self) -> Option<(u32, Site)> {
        let notified = self.0.notified.lock();
        // Where some are heard, the predicate is looked at, and a notification to nobody is ordinary.
        notified.unheard.filter(|_| notified.heard.count() == 0)
    }

    fn interrupt(&self) -> bool {
        self.0.inner.notify_all();
        true
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn change<T, R>(result: LockResult<T>, change: impl Fn(T) -> R) -> LockResult<R> {
    result.map(&change).map_err(|poisoned| PoisonError::new(change(poisoned.into_inner())))
}

/// Returns a result that only std can make, by a wait of no time.
fn outcome(timed_out: bool) -> WaitTimeoutResult {
    let mutex = std::sync::Mutex::new(());
    let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    let result = std::sync::Condvar::new().wait_timeout_while(guard, Duration::ZERO, |()| timed_out);
    result.unwrap_or_else(PoisonError::into_inner).1
}
