//! What all locks and guards have alike, written once.
//!
//! Must not know: how any of them locks.

use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// Returns `value`, in an error if its lock is poisoned.
#[inline(always)]
pub(super) fn unless_poisoned<T>(value: T, is_poisoned: bool) -> LockResult<T> {
    if is_poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
}

/// Returns what a try got, poisoned or not; `None` if it would block.
#[inline(always)]
pub(super) fn unless_blocked<G>(tried: TryLockResult<G>) -> Option<G> {
    match tried {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Implements what a lock around data has besides locking.
macro_rules! lock {
    ($lock:ident) => {
        impl<T> $lock<T> {
            #[doc = concat!("Like [`std::sync::", stringify!($lock), "::new`]. The caller's place is the lock's class.")]
            #[inline]
            #[track_caller]
            pub const fn new(t: T) -> Self {
                Self { record: crate::probe::Record::new(), inner: std::sync::$lock::new(t) }
            }

            #[doc = concat!("Like [`std::sync::", stringify!($lock), "::into_inner`].")]
            ///
            /// # Errors
            /// If the lock is poisoned.
            pub fn into_inner(self) -> std::sync::LockResult<T> {
                let is_poisoned = self.record.is_poisoned();
                let value = self.inner.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
                super::alike::unless_poisoned(value, is_poisoned)
            }
        }

        impl<T: ?Sized> $lock<T> {
            #[doc = concat!("Like [`std::sync::", stringify!($lock), "::get_mut`].")]
            ///
            /// # Errors
            /// If the lock is poisoned.
            pub fn get_mut(&mut self) -> std::sync::LockResult<&mut T> {
                self.record.had_alone();
                let is_poisoned = self.record.is_poisoned();
                let value = self.inner.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
                super::alike::unless_poisoned(value, is_poisoned)
            }

            #[doc = concat!("Like [`std::sync::", stringify!($lock), "::is_poisoned`].")]
            #[inline]
            pub fn is_poisoned(&self) -> bool {
                self.record.is_poisoned()
            }

            #[doc = concat!("Like [`std::sync::", stringify!($lock), "::clear_poison`].")]
            #[inline]
            pub fn clear_poison(&self) {
                self.record.clear_poison();
            }
        }

        impl<T> From<T> for $lock<T> {
            #[track_caller]
            fn from(t: T) -> Self {
                Self::new(t)
            }
        }

        impl<T: Default> Default for $lock<T> {
            #[track_caller]
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T> crate::named::Named for $lock<T> {
            fn named(mut self, name: &'static str) -> Self {
                self.record.set_name(name);
                self
            }
        }
    };
}
pub(super) use lock;

/// Implements what a guard has besides unlocking; `mut` if it is exclusive.
macro_rules! guard {
    (mut $guard:ident) => {
        super::alike::guard!($guard, |guard| guard.held.reads());

        impl<T: ?Sized> std::ops::DerefMut for $guard<'_, T> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                self.held.writes();
                &mut self.inner
            }
        }
    };
    ($guard:ident) => {
        super::alike::guard!($guard, |_guard| ());
    };
    ($guard:ident, |$it:ident| $reads:expr) => {
        impl<T: ?Sized> std::ops::Deref for $guard<'_, T> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                let $it = self;
                $reads;
                &self.inner
            }
        }

        impl<T: ?Sized + std::fmt::Debug> std::fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + std::fmt::Display> std::fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}
pub(super) use guard;
