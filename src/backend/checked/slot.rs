//! Turns std's mutex and a count of writes into what `Shared` is built on, and tells each copy.
//!
//! Must not know: what orders the copies.
//! INVARIANT: every value that was ever put in has a number of its own; a copy is told with the number of the value it found.
#![allow(unsafe_code, reason = "a value of a type that is known to be an integer is read as that integer")]

use super::shared::Shared;
use crate::event::{Access, Kind, Mode, Value};
use crate::named::Named;
use crate::probe::{Scalar, Watched};
use crate::rt::Site;
use std::any::TypeId;
use std::marker::PhantomData;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Slot<T> {
    watched: Watched,
    inner: Mutex<Version<T>>,
}

/// A value, and how many were put in before it.
#[derive(Clone, Copy)]
struct Version<T> {
    value: T,
    number: u64,
}

impl<T: Copy> Shared<T> {
    /// Returns a cell with `value` in it. The caller's place is the cell's.
    #[inline]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self(Slot { watched: Watched::new(), inner: Mutex::new(Version { value, number: 0 }) })
    }
}

impl<T: Copy> Slot<T> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::Shared, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    #[inline(always)]
    #[track_caller]
    pub(super) fn copy_out(&self) -> T {
        let site = Site::caller();
        self.watched.read(Self::ACCESS, site);
        let Version { value, number } = *self.lock();
        self.watched.took(site, number, shown(value));
        value
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn copy_in(&self, value: T) {
        let site = Site::caller();
        self.watched.write(Self::ACCESS, site);
        let replaced = {
            let mut version = self.lock();
            let replaced = *version;
            *version = Version { value, number: replaced.number + 1 };
            replaced
        };
        self.watched.put(Self::ACCESS, site, replaced.number, [shown(replaced.value), shown(value)]);
    }

    pub(super) fn peek(&self) -> T {
        self.lock().value
    }

    pub(super) fn get_mut(&mut self) -> &mut T {
        self.watched.forget();
        &mut self.inner.get_mut().unwrap_or_else(PoisonError::into_inner).value
    }

    pub(super) fn into_inner(self) -> T {
        self.inner.into_inner().unwrap_or_else(PoisonError::into_inner).value
    }

    fn lock(&self) -> MutexGuard<'_, Version<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Copy> Named for Shared<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.0.watched.set_name(name);
        self
    }
}

/// Returns the value as a reader is shown it, if it is an integer or a `bool`.
#[inline]
fn shown<T: Copy>(value: T) -> Option<Value> {
    /// Tries one type after the other.
    macro_rules! shown_as {
        ($($scalar:ident)+) => {$(
            if type_of::<T>() == TypeId::of::<$scalar>() {
                // SAFETY: `T` is this type: it has no lifetime in which it could differ.
                let value = unsafe { mem::transmute_copy::<T, $scalar>(&value) };
                return Some(<$scalar as Scalar>::value(value));
            }
        )+};
    }
    if size_of::<T>() <= size_of::<u64>() {
        shown_as! { u64 i64 u32 i32 usize isize bool u8 i8 u16 i16 }
    }
    None
}

/// Returns the type's id, as if its lifetimes were all `'static`; so types that differ in nothing else have one id.
///
/// Source: the crate `typeid`.
#[inline]
fn type_of<T>() -> TypeId {
    trait Typed {
        fn id(&self) -> TypeId
        where
            Self: 'static;
    }

    impl<T> Typed for PhantomData<T> {
        fn id(&self) -> TypeId
        where
            Self: 'static,
        {
            TypeId::of::<T>()
        }
    }

    let typed: &dyn Typed = &PhantomData::<T>;
    // SAFETY: only the bound on the trait object differs; `id` reads nothing through it.
    let typed = unsafe { mem::transmute::<&dyn Typed, &(dyn Typed + 'static)>(typed) };
    typed.id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_bools_are_shown() {
        assert_eq!(shown(u8::MAX), Some(Value::Unsigned(255)));
        assert_eq!(shown(u16::MAX), Some(Value::Unsigned(65_535)));
        assert_eq!(shown(7_u32), Some(Value::Unsigned(7)));
        assert_eq!(shown(u64::MAX), Some(Value::Unsigned(u64::MAX)));
        assert_eq!(shown(9_usize), Some(Value::Unsigned(9)));
        assert_eq!(shown(-1_i8), Some(Value::Signed(-1)));
        assert_eq!(shown(i16::MIN), Some(Value::Signed(-32_768)));
        assert_eq!(shown(-2_i32), Some(Value::Signed(-2)));
        assert_eq!(shown(i64::MIN), Some(Value::Signed(i64::MIN)));
        assert_eq!(shown(-3_isize), Some(Value::Signed(-3)));
        assert_eq!(shown(true), Some(Value::Bool(true)));
    }

    #[test]
    fn what_only_looks_like_an_integer_is_not_shown() {
        /// An integer's name, size and bytes.
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, reason = "that is the point")]
        struct u64(#[expect(dead_code, reason = "only its bytes matter")] std::primitive::u64);

        #[derive(Clone, Copy)]
        #[expect(dead_code, reason = "only its bytes matter")]
        struct Padded(u8, u32);

        let borrowed: &u8 = &5;
        assert_eq!(shown(u64(5)), None);
        assert_eq!(shown(Padded(1, 2)), None);
        assert_eq!(shown(borrowed), None);
        assert_eq!(shown(5.0), None);
        assert_eq!(shown('5'), None);
        assert_eq!(shown(5_u128), None);
        assert_eq!(shown(()), None);
    }
}
