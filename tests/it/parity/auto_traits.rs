//! Compares the traits of every type, those that it must not have included, with std's.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: `std::sync` and `std::thread` themselves, and for the facts that users lean on, literals.
//! INVARIANT: `ours` and `stds` hold the same names.

use crate::parity::traits::traits_of;

/// The types under test, with lifetimes filled in so that a payload is all that is left open.
mod ours {
    use super::super::{sync, thread};

    pub(super) use sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize,
    };
    pub(super) use sync::mpsc::{IntoIter, Receiver, Sender, SyncSender};
    pub(super) use sync::{
        Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, Once, OnceLock, OnceState, PoisonError, RwLock,
        TryLockError, WaitTimeoutResult,
    };
    pub(super) use thread::{Builder, JoinHandle, Thread};
    pub(super) type Iter<T> = sync::mpsc::Iter<'static, T>;
    pub(super) type TryIter<T> = sync::mpsc::TryIter<'static, T>;
    pub(super) type MutexGuard<T> = sync::MutexGuard<'static, T>;
    pub(super) type ReadGuard<T> = sync::RwLockReadGuard<'static, T>;
    pub(super) type WriteGuard<T> = sync::RwLockWriteGuard<'static, T>;
    pub(super) type Scope = thread::Scope<'static, 'static>;
    pub(super) type ScopedJoinHandle<T> = thread::ScopedJoinHandle<'static, T>;
}

mod stds {
    use std::{sync, thread};

    pub(super) use sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
        AtomicU64, AtomicUsize,
    };
    pub(super) use sync::mpsc::{IntoIter, Receiver, Sender, SyncSender};
    pub(super) use sync::{
        Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, Once, OnceLock, OnceState, PoisonError, RwLock,
        TryLockError, WaitTimeoutResult,
    };
    pub(super) use thread::{Builder, JoinHandle, Thread};
    pub(super) type Iter<T> = sync::mpsc::Iter<'static, T>;
    pub(super) type TryIter<T> = sync::mpsc::TryIter<'static, T>;
    pub(super) type MutexGuard<T> = sync::MutexGuard<'static, T>;
    pub(super) type ReadGuard<T> = sync::RwLockReadGuard<'static, T>;
    pub(super) type WriteGuard<T> = sync::RwLockWriteGuard<'static, T>;
    pub(super) type Scope = thread::Scope<'static, 'static>;
    pub(super) type ScopedJoinHandle<T> = thread::ScopedJoinHandle<'static, T>;
}

/// What differs in one auto trait or another: not `Sync`, not `Send`, neither, not `UnwindSafe`, not `Unpin`, no `Debug`.
macro_rules! same_over_sized_payloads {
    ($($name:ident)+) => {$(
        same! {
            $name<u8>, $name<String>, $name<std::cell::Cell<u8>>, $name<std::rc::Rc<u8>>,
            $name<*mut u8>, $name<&'static mut u8>, $name<&'static std::cell::Cell<u8>>,
            $name<std::sync::MutexGuard<'static, u8>>, $name<std::marker::PhantomPinned>,
            $name<fn(&u8) -> u8>, $name<[u8; 40]>, $name<Opaque>
        }
    )+};
}

macro_rules! same_over_unsized_payloads {
    ($($name:ident)+) => {$(
        same! { $name<str>, $name<[u8]>, $name<dyn Fn()>, $name<dyn std::fmt::Debug + Send>,
            $name<dyn std::fmt::Display + Send + Sync + Unpin> }
    )+};
}

macro_rules! same {
    ($($name:ident $(<$($payload:ty),+>)?),+) => {$(
        assert_eq!(
            traits_of!(ours::$name $(<$($payload),+>)?),
            traits_of!(stds::$name $(<$($payload),+>)?),
            stringify!($name $(<$($payload),+>)?)
        );
    )+};
}

/// A payload without any trait of its own choice.
struct Opaque;

#[test]
fn locks_and_guards_have_stds_traits() {
    same_over_sized_payloads! { Mutex MutexGuard RwLock ReadGuard WriteGuard }
    same_over_unsized_payloads! { Mutex MutexGuard RwLock ReadGuard WriteGuard }
    same_over_sized_payloads! { PoisonError TryLockError }
}

#[test]
fn lazy_values_have_stds_traits() {
    same_over_sized_payloads! { OnceLock LazyLock }
    same! {
        LazyLock<u8, std::rc::Rc<u8>>, LazyLock<u8, std::cell::Cell<u8>>, LazyLock<u8, Opaque>,
        LazyLock<u8, &'static mut u8>, LazyLock<u8, std::marker::PhantomPinned>,
        LazyLock<std::rc::Rc<u8>, Opaque>
    }
}

#[test]
fn what_has_no_payload_has_stds_traits() {
    same! {
        Barrier, BarrierWaitResult, Condvar, WaitTimeoutResult, Once, OnceState, Builder, Scope, Thread
    }
}

#[test]
fn atomics_have_stds_traits() {
    same! {
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
        AtomicUsize
    }
    same_over_sized_payloads! { AtomicPtr }
}

#[test]
fn channels_have_stds_traits() {
    same_over_sized_payloads! { Sender SyncSender Receiver IntoIter Iter TryIter }
}

#[test]
fn thread_handles_have_stds_traits() {
    same_over_sized_payloads! { JoinHandle ScopedJoinHandle }
}

#[test]
fn the_facts_that_users_lean_on_hold() {
    let lock = "send sync unpin unwind_safe ref_unwind_safe debug default";
    assert_eq!(traits_of!(ours::Mutex<std::cell::Cell<u8>>), lock);
    assert_eq!(traits_of!(ours::RwLock<u8>), lock);
    let not_shareable = "send unpin unwind_safe ref_unwind_safe debug default";
    assert_eq!(traits_of!(ours::RwLock<std::cell::Cell<u8>>), not_shareable);
    let guard = "sync unpin unwind_safe ref_unwind_safe debug display";
    assert_eq!(traits_of!(ours::MutexGuard<u8>), guard);
    assert_eq!(traits_of!(ours::ReadGuard<u8>), guard);
    assert_eq!(traits_of!(ours::WriteGuard<u8>), guard);
    assert_eq!(traits_of!(ours::Once), "send sync unpin unwind_safe ref_unwind_safe debug");
    assert_eq!(traits_of!(ours::JoinHandle<std::rc::Rc<u8>>), "send sync unpin debug");
}
