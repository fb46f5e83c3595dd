//! Turns a lock and a condition variable into one thing to wait at: `Condition`.
//!
//! Included by every backend, over its `Mutex`, `RLock` and `Condvar`.
//! Must not know: which backend it is in.
//! Source: Python's `threading.Condition`. We differ: poisoning follows std.
//! INVARIANT: a condition variable is used with the one lock that its condition is over.

use super::bell::const_fn;
use super::monitor::time_left;
use super::rlock::{RLock, RLockGuard};
use super::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LockResult, PoisonError};
use std::time::{Duration, Instant};

/// A lock with a condition variable: whoever has it may wait, which gives it back meanwhile, until another one notifies.
///
/// It is made over a [`Mutex`], or over an [`RLock`], of which a wait gives back all levels; or over a reference to one of them,
/// so that several conditions share a lock. What an `RLock` guards must be `Sync` here: others reach it while the guards of the one
/// who waits are still there.
///
/// A wait may end for nothing, as [`std::sync::Condvar::wait`] may: [`ConditionGuard::wait_for`] looks again. Those who wait are
/// woken in no order, and have no advantage over others who want the lock.
///
/// # Example
/// ```
/// use gordian::sync::{Arc, Condition, Mutex};
/// use gordian::thread;
///
/// # gordian::model(|| {
/// let mail = Arc::new(Condition::new(Mutex::new(None)));
/// let postman = {
///     let mail = Arc::clone(&mail);
///     thread::spawn(move || {
///         *mail.acquire().unwrap() = Some("letter");
///         mail.notify(1);
///     })
/// };
/// let mut letter = mail.acquire().unwrap();
/// letter.wait_for(|letter| letter.is_some(), None).unwrap();
/// assert_eq!(*letter, Some("letter"));
/// # drop(letter);
/// # postman.join().unwrap();
/// # });
/// ```
pub struct Condition<L> {
    condvar: Condvar,
    // std's atomic in every backend: a hint, which is changed under the lock.
    waiting: AtomicUsize,
    lock: L,
}

/// The lock of a [`Condition`], held.
#[must_use = "the lock is given back at once if the guard is not kept"]
pub struct ConditionGuard<'a, L: Lockable> {
    condition: &'a Condition<L>,
    /// `None` once a wait was refused.
    guard: Option<L::Guard<'a>>,
}

/// What a [`Condition`] can be made over: [`Mutex`], [`RLock`], and references to them.
pub trait Lockable: sealed::Sealed {
    /// The guard of the lock.
    type Guard<'a>: Deref
    where
        Self: 'a;

    #[doc(hidden)]
    #[track_caller]
    fn acquire(&self) -> LockResult<Self::Guard<'_>>;

    #[doc(hidden)]
    #[track_caller]
    fn wait<'a>(guard: Self::Guard<'a>, condvar: &Condvar, limit: Option<Duration>) -> LockResult<Self::Guard<'a>>
    where
        Self: 'a;
}

mod sealed {
    /// Implemented here and nowhere else.
    pub trait Sealed {}
}

impl<L> Condition<L> {
    const_fn! {
        /// Returns a condition over `lock`. The caller's place is shown in reports.
        #[track_caller]
        pub fn new(lock: L) -> Self {
            Self { condvar: Condvar::new(), waiting: AtomicUsize::new(0), lock }
        }
    }

    /// Wakes `n` of those who wait, or all if there are fewer.
    #[track_caller]
    pub fn notify(&self, n: usize) {
        // ORDERING: Relaxed; who waits is counted under the lock, which whoever changed what is waited for has had since.
        if n >= self.waiting.load(Ordering::Relaxed).max(1) {
            return self.condvar.notify_all();
        }
        for _ in 0..n {
            self.condvar.notify_one();
        }
    }

    /// Wakes all who wait.
    #[track_caller]
    pub fn notify_all(&self) {
        self.condvar.notify_all();
    }

    /// Returns the lock.
    pub fn into_inner(self) -> L {
        self.lock
    }
}

impl<L: Lockable> Condition<L> {
    /// Takes the lock, as its own `lock` does.
    ///
    /// # Panics
    /// As its own `lock`.
    ///
    /// # Errors
    /// If the lock is a poisoned mutex.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> LockResult<ConditionGuard<'_, L>> {
        let guarded = |guard| ConditionGuard { condition: self, guard: Some(guard) };
        match self.lock.acquire() {
            Ok(guard) => Ok(guarded(guard)),
            Err(poisoned) => Err(PoisonError::new(guarded(poisoned.into_inner()))),
        }
    }
}

impl<'a, L: Lockable> ConditionGuard<'a, L> {
    /// Gives the lock back, waits to be notified, and takes the lock again. It may end for nothing.
    ///
    /// # Panics
    /// In checked builds if a finding is denied. The guard has given back what it held, and must not be
    /// used any more; of an `RLock`, other guards of this thread hold theirs.
    ///
    /// # Errors
    /// If the lock is a poisoned mutex. It is held all the same.
    #[track_caller]
    pub fn wait(&mut self) -> LockResult<()> {
        self.wait_once(None)
    }

    /// Waits until `predicate` is true of what is guarded, at most for `timeout`; returns whether it was, at the end.
    ///
    /// Under loom no time passes: it waits as if there were no limit.
    ///
    /// # Panics
    /// As [`ConditionGuard::wait`].
    ///
    /// # Errors
    /// If the lock is a poisoned mutex. It is held all the same.
    #[track_caller]
    pub fn wait_for(
        &mut self,
        mut predicate: impl FnMut(&<L::Guard<'a> as Deref>::Target) -> bool,
        timeout: Option<Duration>,
    ) -> LockResult<bool> {
        let limit = timeout.map(|timeout| (timeout, Instant::now()));
        while !predicate(self) {
            let left = limit.map(|(limit, start)| time_left(limit, start));
            if left == Some(None) {
                return Ok(false);
            }
            if self.wait_once(left.flatten()).is_err() {
                return Err(PoisonError::new(predicate(self)));
            }
        }
        Ok(true)
    }

    /// As [`Condition::notify`].
    #[track_caller]
    pub fn notify(&self, n: usize) {
        self.condition.notify(n);
    }

    /// As [`Condition::notify_all`].
    #[track_caller]
    pub fn notify_all(&self) {
        self.condition.notify_all();
    }

    #[track_caller]
    fn wait_once(&mut self, limit: Option<Duration>) -> LockResult<()> {
        let _waiting = Waiting::at(&self.condition.waiting);
        match L::wait(self.guard.take().expect(REFUSED), &self.condition.condvar, limit) {
            Ok(guard) => {
                self.guard = Some(guard);
                Ok(())
            }
            Err(poisoned) => {
                self.guard = Some(poisoned.into_inner());
                Err(PoisonError::new(()))
            }
        }
    }
}

const REFUSED: &str = "gordian: a condition's guard was used after its wait was refused";

impl<'a, L: Lockable> Deref for ConditionGuard<'a, L> {
    type Target = <L::Guard<'a> as Deref>::Target;

    #[inline]
    fn deref(&self) -> &Self::Target {
        self.guard.as_deref().expect(REFUSED)
    }
}

impl<'a, L: Lockable> DerefMut for ConditionGuard<'a, L>
where
    L::Guard<'a>: DerefMut,
{
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.guard.as_deref_mut().expect(REFUSED)
    }
}

/// A thread that is counted among those who wait.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn at(waiting: &'a AtomicUsize) -> Self {
        // ORDERING: Relaxed; see `Condition::notify`.
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // ORDERING: Relaxed; as above.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> sealed::Sealed for Mutex<T> {}

impl<T> Lockable for Mutex<T> {
    type Guard<'a>
        = MutexGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    fn acquire(&self) -> LockResult<MutexGuard<'_, T>> {
        self.lock()
    }

    fn wait<'a>(guard: MutexGuard<'a, T>, condvar: &Condvar, limit: Option<Duration>) -> LockResult<MutexGuard<'a, T>>
    where
        Self: 'a,
    {
        match limit {
            None => condvar.wait(guard),
            Some(limit) => match condvar.wait_timeout(guard, limit) {
                Ok((guard, _)) => Ok(guard),
                Err(poisoned) => Err(PoisonError::new(poisoned.into_inner().0)),
            },
        }
    }
}

impl<T: ?Sized + Sync> sealed::Sealed for RLock<T> {}

impl<T: ?Sized + Sync> Lockable for RLock<T> {
    type Guard<'a>
        = RLockGuard<'a, T>
    where
        Self: 'a;

    #[inline]
    fn acquire(&self) -> LockResult<RLockGuard<'_, T>> {
        Ok(self.lock())
    }

    fn wait<'a>(guard: RLockGuard<'a, T>, condvar: &Condvar, limit: Option<Duration>) -> LockResult<RLockGuard<'a, T>>
    where
        Self: 'a,
    {
        guard.wait(condvar, limit);
        Ok(guard)
    }
}

/// Makes what leads to a lock stand for it.
macro_rules! lockable {
    ($(<$lock:ident $(: ?$sized:ident)?> $type:ty),*) => {$(
        impl<$lock: Lockable $(+ ?$sized)?> sealed::Sealed for $type {}

        impl<$lock: Lockable $(+ ?$sized)?> Lockable for $type {
            type Guard<'a>
                = $lock::Guard<'a>
            where
                Self: 'a;

            #[inline]
            fn acquire(&self) -> LockResult<Self::Guard<'_>> {
                $lock::acquire(self)
            }

            fn wait<'a>(guard: Self::Guard<'a>, condvar: &Condvar, limit: Option<Duration>) -> LockResult<Self::Guard<'a>>
            where
                Self: 'a,
            {
                $lock::wait(guard, condvar, limit)
            }
        }
    )*};
}

lockable!(<L: ?Sized> &L, <L> Arc<L>);

impl<L: fmt::Debug> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("lock", &self.lock).finish_non_exhaustive()
    }
}

impl<'a, L: Lockable> fmt::Debug for ConditionGuard<'a, L>
where
    L::Guard<'a>: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.guard {
            Some(guard) => guard.fmt(f),
            None => f.write_str("<refused>"),
        }
    }
}
