//! Resolves every stable public name of `std::sync`, its `atomic` and `mpsc`, and `std::thread`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the item lists of the 1.95 documentation; unstable items are left out.
//! INVARIANT: a name that is missing is a compile error, so the lists are the test.

use std::any::TypeId;

#[allow(unused_imports, deprecated, reason = "that each name resolves is all that is asked")]
mod names {
    use super::super::{sync, thread};

    pub(super) use sync::{
        Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, ONCE_INIT, Once, OnceLock,
        OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
        WaitTimeoutResult, Weak, atomic, mpsc,
    };

    use sync::atomic::{
        ATOMIC_BOOL_INIT, ATOMIC_ISIZE_INIT, ATOMIC_USIZE_INIT, AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64,
        AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence,
        fence, spin_loop_hint,
    };

    use sync::mpsc::{
        IntoIter, Iter, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender, TryIter, TryRecvError,
        TrySendError, channel, sync_channel,
    };

    pub(super) use thread::{
        AccessError, Builder, JoinHandle, LocalKey, Result, Scope, ScopedJoinHandle, Thread, ThreadId,
        available_parallelism, current, panicking, park, park_timeout, park_timeout_ms, scope, sleep, sleep_ms, spawn,
        yield_now,
    };
}

/// Foreign code takes these by their std types, so a twin of one would not fit there.
macro_rules! is_stds_own {
    ($($path:ident)::+ $(<$($argument:ty),+>)?) => {
        assert_eq!(
            TypeId::of::<super::$($path)::+ $(<$($argument),+>)?>(),
            TypeId::of::<std::$($path)::+ $(<$($argument),+>)?>(),
            stringify!($($path)::+)
        );
    };
}

#[test]
fn what_is_not_instrumented_is_stds_own() {
    is_stds_own!(sync::Arc<u8>);
    is_stds_own!(sync::Weak<u8>);
    is_stds_own!(sync::PoisonError<u8>);
    is_stds_own!(sync::TryLockError<u8>);
    is_stds_own!(sync::LockResult<u8>);
    is_stds_own!(sync::TryLockResult<u8>);
    is_stds_own!(sync::atomic::Ordering);
    is_stds_own!(sync::mpsc::RecvError);
    is_stds_own!(sync::mpsc::RecvTimeoutError);
    is_stds_own!(sync::mpsc::SendError<u8>);
    is_stds_own!(sync::mpsc::TryRecvError);
    is_stds_own!(sync::mpsc::TrySendError<u8>);
    is_stds_own!(thread::AccessError);
    is_stds_own!(thread::LocalKey<u8>);
    is_stds_own!(thread::Result<u8>);
    is_stds_own!(thread::ThreadId);
}

#[test]
fn the_old_arc_methods_and_a_barrier_work_through_the_swap() {
    let shared: names::Arc<str> = names::Arc::from("a");
    let weak: names::Weak<str> = names::Arc::downgrade(&shared);
    assert_eq!(weak.upgrade().as_deref(), Some("a"));
    let barrier = names::Barrier::new(1);
    let result: names::BarrierWaitResult = barrier.wait();
    assert!(result.is_leader());
    let (sender, receiver) = names::mpsc::sync_channel(1);
    sender.send(names::atomic::AtomicU8::new(4)).unwrap();
    assert_eq!(receiver.recv().unwrap().into_inner(), 4);
}
