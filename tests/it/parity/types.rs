//! Says which type `gordian::sync` and `gordian::thread` name in this build, and how large it is.
//!
//! Must not know: what a checked type holds.
//! Source: the promise that a release build without the feature `check` costs nothing, because its types are std's.
//! INVARIANT: the build that compiles this test and the library agree on `debug_assertions`.

use std::any::TypeId;

/// True if `gordian::sync` is to be `gordian::checked::sync` in this build.
const CHECKED_IS_CHOSEN: bool = cfg!(all(feature = "engine", any(debug_assertions, feature = "check")));

/// Calls `$check` with the type of each name that is checked: its module, its name, what it is over.
macro_rules! for_each_checked_type {
    ($check:ident) => {
        $check! {
            sync::Mutex<u8>, sync::Mutex<[u64; 9]>, sync::MutexGuard<'static, u8>,
            sync::RwLock<u8>, sync::RwLock<[u64; 9]>, sync::RwLockReadGuard<'static, u8>,
            sync::RwLockWriteGuard<'static, u8>, sync::Condvar, sync::Once, sync::OnceLock<u8>,
            sync::LazyLock<u8>, sync::Barrier, sync::BarrierWaitResult, thread::Builder, thread::Thread, thread::JoinHandle<u8>,
            thread::Scope<'static, 'static>, thread::ScopedJoinHandle<'static, u8>,
            sync::atomic::AtomicBool, sync::atomic::AtomicI8, sync::atomic::AtomicI16, sync::atomic::AtomicI32,
            sync::atomic::AtomicI64, sync::atomic::AtomicIsize, sync::atomic::AtomicU8, sync::atomic::AtomicU16,
            sync::atomic::AtomicU32, sync::atomic::AtomicU64, sync::atomic::AtomicUsize, sync::atomic::AtomicPtr<u8>
        }
    };
}

macro_rules! front_door_is_std {
    ($($($path:ident)::+ $(<$($argument:tt),+>)?),+) => {$({
        let ours = TypeId::of::<gordian::$($path)::+ $(<$($argument),+>)?>();
        let stds = TypeId::of::<std::$($path)::+ $(<$($argument),+>)?>();
        assert_eq!(ours == stds, !CHECKED_IS_CHOSEN, stringify!($($path)::+));
    })+};
}

macro_rules! front_door_is_as_large_as_std {
    ($($($path:ident)::+ $(<$($argument:tt),+>)?),+) => {$(
        assert_eq!(
            size_of::<gordian::$($path)::+ $(<$($argument),+>)?>(),
            size_of::<std::$($path)::+ $(<$($argument),+>)?>(),
            stringify!($($path)::+)
        );
    )+};
}

macro_rules! plain_is_std {
    ($($($path:ident)::+ $(<$($argument:tt),+>)?),+) => {$(
        assert_eq!(
            TypeId::of::<gordian::plain::$($path)::+ $(<$($argument),+>)?>(),
            TypeId::of::<std::$($path)::+ $(<$($argument),+>)?>(),
            stringify!($($path)::+)
        );
    )+};
}

#[cfg(feature = "engine")]
macro_rules! checked_is_not_std {
    ($($($path:ident)::+ $(<$($argument:tt),+>)?),+) => {$({
        let checked = TypeId::of::<gordian::checked::$($path)::+ $(<$($argument),+>)?>();
        let stds = TypeId::of::<std::$($path)::+ $(<$($argument),+>)?>();
        assert_ne!(checked, stds, stringify!($($path)::+));
        let chosen = TypeId::of::<gordian::$($path)::+ $(<$($argument),+>)?>();
        assert_eq!(chosen == checked, CHECKED_IS_CHOSEN, stringify!($($path)::+));
    })+};
}

#[test]
fn the_front_door_is_std_exactly_where_nothing_is_checked() {
    for_each_checked_type!(front_door_is_std);
}

#[test]
fn an_unchecked_front_door_is_as_large_as_std() {
    if !CHECKED_IS_CHOSEN {
        for_each_checked_type!(front_door_is_as_large_as_std);
    }
}

#[test]
fn plain_is_std_in_every_build() {
    for_each_checked_type!(plain_is_std);
}

#[test]
#[cfg(feature = "engine")]
fn checked_is_checked_in_every_build() {
    for_each_checked_type!(checked_is_not_std);
}

#[test]
#[cfg(feature = "engine")]
fn a_checked_mutex_of_a_word_fits_48_bytes() {
    assert!(size_of::<gordian::checked::sync::Mutex<u64>>() <= 48);
}
