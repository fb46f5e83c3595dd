//! Turns a lock that is held once into one that its holder may take again: `RLock`.
//!
//! Included by every backend beside its `reentrant` module, which has `Core` (the lock that is held once), `thread_token`,
//! and `RLock::new`, since only some backends can make it `const`.
//! Must not know: which backend it is in, or that requests are checked. Only the first level reaches `Core`.
//! Source: std's unstable `ReentrantLock`. We differ: `try_lock` and `count` are here, and `Core` may report.
//! INVARIANT: `owner` is the token of the thread that holds `core`, or 0. `more` is the number of its guards beyond the first,
//! leaked ones included; it is 0 while the lock is free, and touched by that thread alone.
#![allow(unsafe_code, reason = "the owner's levels and the data are shared by a rule, not by a type")]

use super::reentrant::{Core, thread_token};
use super::sync::Condvar;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A reentrant lock: the thread that holds it may lock it again, and others wait until every level is given back.
///
/// The data is shared, never mutable, because one thread may hold several guards at once; put a `Cell` or a `RefCell` inside
/// to change it. A panic does not poison the lock.
///
/// # Example
/// ```
/// use gordian::sync::RLock;
/// use std::cell::Cell;
///
/// # gordian::model(|| {
/// let account = RLock::new(Cell::new(100));
/// let outer = account.lock();
/// let inner = account.lock(); // a `Mutex` would wait for itself here
/// inner.set(inner.get() - 30);
/// assert_eq!(outer.get(), 70);
/// assert_eq!(account.count(), 2);
/// # });
/// ```
pub struct RLock<T: ?Sized> {
    core: Core,
    // std's atomic in every backend: only a thread's own token can compare equal, so no interleaving changes an answer.
    owner: AtomicU64,
    // COST: not the first one: a store less between lock and unlock, and another one less there.
    more: Cell<usize>,
    data: T,
}

// SAFETY: `core` is `Sync` (asserted below) and `owner` is atomic. `more` and `data` are reached only by the thread that
// holds `core`, one at a time and ordered by it, so `T: Send` is enough.
unsafe impl<T: ?Sized + Send> Sync for RLock<T> {}

impl<T: ?Sized + UnwindSafe> UnwindSafe for RLock<T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for RLock<T> {}

/// One level of an [`RLock`], given back on drop. Guards may be dropped in any order.
#[must_use = "the level is given back at once if the guard is not kept"]
pub struct RLockGuard<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    // The level belongs to the thread that took it.
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives `&T` and nothing else, and the thread that drops it is still the one that took it.
unsafe impl<T: ?Sized + Sync> Sync for RLockGuard<'_, T> {}

impl<T> RLock<T> {
    pub(super) const fn with_core(core: Core, data: T) -> Self {
        Self { core, owner: AtomicU64::new(0), more: Cell::new(0), data }
    }

    #[allow(dead_code, reason = "only checked locks carry a name")]
    pub(super) fn core_mut(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Returns the data.
    pub fn into_inner(self) -> T {
        self.data
    }
}

impl<T: ?Sized> RLock<T> {
    /// Takes one level, waiting until no other thread holds the lock.
    ///
    /// # Panics
    /// If the calling thread holds `usize::MAX` levels. The lock is then as it was.
    ///
    /// # Cost
    /// Again, by the holder: one load, one thread-local, one count. First: a lock of the mutex below.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> RLockGuard<'_, T> {
        let token = thread_token();
        if self.is_held_by(token) {
            self.add_level();
        } else {
            self.core.lock::<T>();
            self.start(token);
        }
        RLockGuard { lock: self, not_send: PhantomData }
    }

    /// Takes one level if no other thread holds the lock.
    ///
    /// # Panics
    /// If the calling thread holds `usize::MAX` levels. The lock is then as it was.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> Option<RLockGuard<'_, T>> {
        let token = thread_token();
        if self.is_held_by(token) {
            self.add_level();
        } else if self.core.try_lock::<T>() {
            self.start(token);
        } else {
            return None;
        }
        Some(RLockGuard { lock: self, not_send: PhantomData })
    }

    /// Returns how many levels the calling thread holds: 0 if the lock is free or another thread's.
    pub fn count(&self) -> usize {
        if self.is_held_by(thread_token()) { self.more.get() + 1 } else { 0 }
    }

    /// Returns the data; no lock is needed, since nobody else can reach it.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.data
    }

    #[inline]
    fn is_held_by(&self, token: u64) -> bool {
        // ORDERING: Relaxed; only the thread with this token stores it, so it reads it back exactly while it holds `core`.
        // Whatever another thread's store is seen as, it is not this token.
        self.owner.load(Ordering::Relaxed) == token
    }

    /// Free -> held once. The caller holds `core`.
    #[inline]
    fn start(&self, token: u64) {
        // ORDERING: Relaxed; read back by this thread alone, see `is_held_by`. The data is ordered by `core`.
        self.owner.store(token, Ordering::Relaxed);
    }

    /// Held n times -> free, and then held n times again, once woken through `condvar` or after `limit`. The caller is the owner.
    #[track_caller]
    fn wait(&self, condvar: &Condvar, limit: Option<Duration>) {
        let token = thread_token();
        let more = self.more.replace(0);
        // ORDERING: Relaxed; as in `start`.
        self.owner.store(0, Ordering::Relaxed);
        // Also if the wait is refused: the thread has the lock again then, and its guards are still there.
        let _again = Again { lock: self, token, more };
        // SAFETY: the caller has a guard, which is `!Send`, so this is the thread that took `core`, and it was not given back.
        unsafe { self.core.wait::<T>(condvar, limit) };
    }

    /// Held n times -> held n + 1 times. The caller is the owner.
    #[inline]
    #[track_caller]
    fn add_level(&self) {
        let more = self.more.get() + 1;
        assert!(more < usize::MAX, "gordian: one thread holds more levels of an RLock than a usize can count");
        self.more.set(more);
    }

    /// Held n times -> held n - 1 times, or free. The caller is the owner and ends one guard.
    #[inline]
    fn end_level(&self) {
        if let Some(left) = self.more.get().checked_sub(1) {
            return self.more.set(left);
        }
        // ORDERING: Relaxed; as in `start`. The next owner's store is ordered after this one by `core`.
        self.owner.store(0, Ordering::Relaxed);
        // SAFETY: the guard that ends here is `!Send`, so this is the thread that took `core`. Each level since then had a
        // guard; none was leaked, or there would be one more, and guards that overlap borrow `self` without a break.
        unsafe { self.core.unlock() };
    }
}

/// A wait at whose end the lock is held again, as often as before.
struct Again<'a, T: ?Sized> {
    lock: &'a RLock<T>,
    token: u64,
    more: usize,
}

impl<T: ?Sized> Drop for Again<'_, T> {
    fn drop(&mut self) {
        self.lock.start(self.token);
        self.lock.more.set(self.more);
    }
}

impl<T: ?Sized + Sync> RLockGuard<'_, T> {
    /// Gives all levels back, waits, and takes as many again. Others reach the data meanwhile, and guards of this thread are still
    /// there, so it must be `Sync`.
    #[track_caller]
    pub(super) fn wait(&self, condvar: &Condvar, limit: Option<Duration>) {
        self.lock.wait(condvar, limit);
    }
}

impl<T: ?Sized> Deref for RLockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.lock.data
    }
}

impl<T: ?Sized> Drop for RLockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.end_level();
    }
}

impl<T: Default> Default for RLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> From<T> for RLock<T> {
    #[track_caller]
    fn from(data: T) -> Self {
        Self::new(data)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RLock");
        match self.try_lock() {
            Some(guard) => shown.field("data", &&*guard),
            None => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Core>();
};

#[cfg(test)]
mod tests {
    use super::RLock;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_level_that_cannot_be_counted_is_refused_and_changes_nothing() {
        crate::model(|| {
            let lock = RLock::new(());
            let guard = lock.lock();
            lock.more.set(usize::MAX - 1);
            for request in [|lock: &RLock<()>| drop(lock.lock()), |lock: &RLock<()>| drop(lock.try_lock())] {
                let panic = catch_unwind(AssertUnwindSafe(|| request(&lock))).expect_err("the count must not wrap");
                let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                assert_eq!(text, Some("gordian: one thread holds more levels of an RLock than a usize can count"));
                assert_eq!(lock.count(), usize::MAX);
            }
            lock.more.set(0);
            drop(guard);
            assert_eq!(lock.count(), 0);
        });
    }
}
