//! Turns a mutex that is unlocked by its guard's drop into a lock that is unlocked by a call.
//!
//! Included by the backends whose mutex offers nothing else (plain and loom), as a child of the module that names the mutex.
//! Must not know: who holds the lock, or how often.
//! INVARIANT: `kept` is read only by `take`, so a guard that is never given back is never looked at, moved lock or not.
#![allow(unsafe_code, reason = "std and loom give a mutex back only through a guard that borrows it")]
#![allow(clippy::extra_unused_type_parameters, reason = "the checked backend's `Core` asks for the lock's type")]

use super::{Condvar, Mutex, MutexGuard};
use std::cell::UnsafeCell;
use std::mem::{self, ManuallyDrop};
use std::sync::{PoisonError, TryLockError};
use std::time::Duration;

/// A lock without data, reentrancy or poisoning; the base of `RLock`.
pub(crate) struct Core {
    mutex: Mutex<()>,
    /// The guard of `mutex` while it is locked; `None` once it is lent, and if it never came back since a wait panicked.
    /// `ManuallyDrop` drops nothing, and lets a stale guard be moved and forgotten.
    kept: UnsafeCell<ManuallyDrop<Option<MutexGuard<'static, ()>>>>,
}

// SAFETY: sending a `Core` needs it unborrowed. Then no one can call `unlock` for an earlier `lock`, so the `kept` guard, the
// only part that must stay on its thread, is dead bytes, and a lock that was left locked stays so.
unsafe impl Send for Core {}
// SAFETY: `mutex` is `Sync`, and `kept` is only touched by the thread that holds `mutex`, which `unlock` demands of its caller.
unsafe impl Sync for Core {}

impl Core {
    pub(crate) const fn over(mutex: Mutex<()>) -> Self {
        Self { mutex, kept: UnsafeCell::new(ManuallyDrop::new(None)) }
    }

    /// Blocks until the lock is free and takes it. `T` is what the lock guards: a name for reports, unused here.
    #[inline]
    #[track_caller]
    pub(crate) fn lock<T: ?Sized>(&self) {
        self.keep(self.mutex.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes the lock if it is free, and says whether it did.
    #[inline]
    #[track_caller]
    pub(crate) fn try_lock<T: ?Sized>(&self) -> bool {
        let guard = match self.mutex.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        self.keep(guard);
        true
    }

    /// Gives the lock back.
    ///
    /// # Safety
    /// The calling thread took the lock, has not given it back, and `self` was borrowed without a break since then.
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock, or its wait gave it back for good and left `None`. What is here is from the caller's
        // `lock` or `try_lock`, and `self` has not moved since, so the guard's borrow is good. It is not used again: the next
        // look follows a new lock.
        // COST: read, and not taken: a store more is one more that the unlock waits for.
        drop(ManuallyDrop::into_inner(unsafe { self.kept.get().read() }));
    }

    /// Gives the lock back, waits for a notification or the end of `limit`, and takes the lock again.
    ///
    /// # Safety
    /// As for [`Core::unlock`].
    #[allow(dead_code, reason = "the checked backend tells more of a wait")]
    pub(crate) unsafe fn wait<T: ?Sized>(&self, condvar: &Condvar, limit: Option<Duration>) {
        // SAFETY: the caller's promise is the same.
        let guard = unsafe { self.lend() };
        self.keep(match limit {
            None => condvar.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => condvar.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner).0,
        });
    }

    /// Returns the lock as a guard of the mutex.
    ///
    /// # Safety
    /// As for [`Core::unlock`].
    pub(super) unsafe fn lend(&self) -> MutexGuard<'_, ()> {
        // SAFETY: as in `unlock`; and `None` is left, in case that it never comes back.
        let kept = unsafe { (*self.kept.get()).take() };
        kept.expect("gordian: an RLock was used after its wait panicked")
    }

    #[inline]
    pub(super) fn keep(&self, guard: MutexGuard<'_, ()>) {
        // SAFETY: only the lifetime changes. The guard is used once more, by `unlock`, whose caller vouches for the borrow.
        let guard = unsafe { mem::transmute::<MutexGuard<'_, ()>, MutexGuard<'static, ()>>(guard) };
        // SAFETY: this thread has just taken the lock, so it alone may reach `kept`.
        unsafe { *self.kept.get() = ManuallyDrop::new(Some(guard)) };
    }
}
