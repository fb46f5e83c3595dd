//! What all atomics have alike, written once.
//!
//! Must not know: the type of any of them, or what arithmetic it has.
//! Source: std, as of 1.95.
//! INVARIANT: what is told is what is done: the orderings and values that the probe hears are those that std is given.

use std::sync::atomic::Ordering;

/// True if std refuses to load with `order`.
#[inline(always)]
pub(super) fn is_no_load(order: Ordering) -> bool {
    matches!(order, Ordering::Release | Ordering::AcqRel)
}

/// True if std refuses to store with `order`.
#[inline(always)]
pub(super) fn is_no_store(order: Ordering) -> bool {
    matches!(order, Ordering::Acquire | Ordering::AcqRel)
}

/// Returns the ordering with which a `compare_and_swap` loads what it does not expect.
#[inline(always)]
pub(super) fn failure_of(order: Ordering) -> Ordering {
    match order {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    }
}

/// Makes the checked twin of an atomic: all that does not depend on what its values are.
macro_rules! atomic {
    ($name:ident $(<$of:ident>)? holds $value:ty) => {
        #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "`], and checked.")]
        ///
        /// It is that type in memory too, so its address is all that the detector knows it by. What is done through a
        /// pointer or an exclusive reference is not watched, nor is a look by `Debug`.
        #[repr(transparent)]
        pub struct $name $(<$of>)? (std::sync::atomic::$name $(<$of>)?);

        impl $(<$of>)? $name $(<$of>)? {
            const ACCESS: &'static crate::event::Access = &crate::event::Access {
                kind: crate::event::Kind::Atomic,
                mode: crate::event::Mode::Exclusive,
                type_name: std::any::type_name::<std::sync::atomic::$name $(<$of>)?>,
            };

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::new`].")]
            #[inline(always)]
            #[must_use]
            pub const fn new(v: $value) -> Self {
                Self(std::sync::atomic::$name::new(v))
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::from_ptr`].")]
            ///
            /// # Safety
            /// As for std's.
            #[inline(always)]
            pub const unsafe fn from_ptr<'a>(ptr: *mut $value) -> &'a Self {
                // SAFETY: this type is std's, transparently, so the caller's promise is the one that std asks for.
                unsafe { &*ptr.cast::<Self>() }
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::get_mut`].")]
            #[inline(always)]
            pub fn get_mut(&mut self) -> &mut $value {
                self.0.get_mut()
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::into_inner`].")]
            #[inline(always)]
            pub const fn into_inner(self) -> $value {
                self.0.into_inner()
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::as_ptr`].")]
            #[inline(always)]
            pub const fn as_ptr(&self) -> *mut $value {
                self.0.as_ptr()
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::load`].")]
            ///
            /// # Panics
            /// If `order` is [`Release`](std::sync::atomic::Ordering::Release) or
            /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel).
            #[inline(always)]
            #[track_caller]
            pub fn load(&self, order: std::sync::atomic::Ordering) -> $value {
                let load = || self.0.load(order);
                if super::alike::is_no_load(order) {
                    return load();
                }
                self.told().load(order, load)
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::store`].")]
            ///
            /// # Panics
            /// If `order` is [`Acquire`](std::sync::atomic::Ordering::Acquire) or
            /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel); if a finding is denied.
            #[inline(always)]
            #[track_caller]
            pub fn store(&self, val: $value, order: std::sync::atomic::Ordering) {
                let store = || self.0.store(val, order);
                if super::alike::is_no_store(order) {
                    return store();
                }
                self.told().store(order, val, store, || self.0.swap(val, order));
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::swap`].")]
            #[inline(always)]
            #[track_caller]
            pub fn swap(&self, val: $value, order: std::sync::atomic::Ordering) -> $value {
                self.told().update(order, || self.0.swap(val, order), |_| val)
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::compare_and_swap`].")]
            #[deprecated(note = "Use `compare_exchange` or `compare_exchange_weak` instead")]
            #[inline(always)]
            #[track_caller]
            pub fn compare_and_swap(
                &self,
                current: $value,
                new: $value,
                order: std::sync::atomic::Ordering,
            ) -> $value {
                let failure = super::alike::failure_of(order);
                self.compare_exchange(current, new, order, failure).unwrap_or_else(|found| found)
            }

            super::alike::exchanges!($name holds $value: compare_exchange compare_exchange_weak);

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::fetch_update`].")]
            ///
            /// # Errors
            /// The value, if `f` returns `None` for it.
            ///
            /// # Panics
            /// If `fetch_order` is [`Release`](std::sync::atomic::Ordering::Release) or
            /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel).
            #[inline(always)]
            #[track_caller]
            pub fn fetch_update<F>(
                &self,
                set_order: std::sync::atomic::Ordering,
                fetch_order: std::sync::atomic::Ordering,
                f: F,
            ) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                self.try_update(set_order, fetch_order, f)
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::try_update`].")]
            ///
            /// # Errors
            /// The value, if `f` returns `None` for it.
            ///
            /// # Panics
            /// If `fetch_order` is [`Release`](std::sync::atomic::Ordering::Release) or
            /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel).
            // Every step is told as if the user had written the loop, for `f` is the user's code: the probe must not be
            // inside one operation while it runs, and what it reads through a pointer must be ordered by the load that it
            // had the pointer from, which only a told load does. No update is lost: the only write is an exchange that
            // finds what was read, and it is told as one.
            #[inline(always)]
            #[track_caller]
            pub fn try_update(
                &self,
                set_order: std::sync::atomic::Ordering,
                fetch_order: std::sync::atomic::Ordering,
                mut f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut found = self.load(fetch_order);
                while let Some(new) = f(found) {
                    match self.compare_exchange_weak(found, new, set_order, fetch_order) {
                        Ok(replaced) => return Ok(replaced),
                        Err(other) => found = other,
                    }
                }
                Err(found)
            }

            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::update`].")]
            ///
            /// # Panics
            /// If `fetch_order` is [`Release`](std::sync::atomic::Ordering::Release) or
            /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel).
            #[inline(always)]
            #[track_caller]
            pub fn update(
                &self,
                set_order: std::sync::atomic::Ordering,
                fetch_order: std::sync::atomic::Ordering,
                mut f: impl FnMut($value) -> $value,
            ) -> $value {
                let updated = self.try_update(set_order, fetch_order, |found| Some(f(found)));
                updated.unwrap_or_else(|_| unreachable!("every value is updated"))
            }

            #[inline(always)]
            #[track_caller]
            fn told(&self) -> crate::probe::Atomic {
                crate::probe::Atomic {
                    address: std::ptr::from_ref(self).addr(),
                    access: Self::ACCESS,
                    site: crate::rt::Site::caller(),
                }
            }
        }

        impl $(<$of>)? From<$value> for $name $(<$of>)? {
            #[inline]
            fn from(v: $value) -> Self {
                Self::new(v)
            }
        }

        impl $(<$of>)? Default for $name $(<$of>)? {
            #[inline]
            fn default() -> Self {
                Self(Default::default())
            }
        }

        impl $(<$of>)? std::fmt::Debug for $name $(<$of>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(super) use atomic;

/// Makes methods that replace a value only if it is the expected one.
macro_rules! exchanges {
    ($name:ident holds $value:ty: $($exchange:ident)+) => {$(
        #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::", stringify!($exchange), "`].")]
        ///
        /// # Errors
        /// The value that was found, if it was not replaced.
        ///
        /// # Panics
        /// If `failure` is [`Release`](std::sync::atomic::Ordering::Release) or
        /// [`AcqRel`](std::sync::atomic::Ordering::AcqRel).
        #[inline(always)]
        #[track_caller]
        pub fn $exchange(
            &self,
            current: $value,
            new: $value,
            success: std::sync::atomic::Ordering,
            failure: std::sync::atomic::Ordering,
        ) -> Result<$value, $value> {
            let exchange = || self.0.$exchange(current, new, success, failure);
            if super::alike::is_no_load(failure) {
                return exchange();
            }
            self.told().exchange(success, failure, new, exchange)
        }
    )+};
}
pub(super) use exchanges;

/// Makes methods that read a value and leave another behind, in one step.
macro_rules! updates {
    ($name:ident holds $value:ty, with $kind:ty: $($update:ident |$old:ident $(, $with:ident)?| $new:expr;)+) => {
        $(
            #[doc = concat!("Like [`std::sync::atomic::", stringify!($name), "::", stringify!($update), "`].")]
            #[inline(always)]
            #[track_caller]
            pub fn $update(&self, $($with: $kind,)? order: std::sync::atomic::Ordering) -> $value {
                self.told().update(order, || self.0.$update($($with,)? order), |$old| $new)
            }
        )+

        /// Fails if anything is told to leave behind another value than std leaves.
        #[cfg(test)]
        pub(super) fn assert_told_as_left(found: $value, with: $kind) {
            $({
                let atomic = std::sync::atomic::$name::new(found);
                let ($old, $($with)?) = (found, $(super::alike::first!(with $with))?);
                // ORDERING: Relaxed; no other thread has it.
                atomic.$update($($with,)? std::sync::atomic::Ordering::Relaxed);
                assert_eq!($new, atomic.into_inner(), "{} of {found:?}, {with:?}", stringify!($update));
            })+
        }
    };
}
pub(super) use updates;

/// The first of two words; a repetition needs to name the second.
#[cfg(test)]
macro_rules! first {
    ($first:ident $second:ident) => {
        $first
    };
}
#[cfg(test)]
pub(super) use first;
