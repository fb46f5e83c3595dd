//! Turns "the swap is one word" into tests: one body of code, compiled against std, checked and plain.
//!
//! Must not know: how a backend works. A test here that std fails is a wrong test.
//! Source: the standard library's documentation for Rust 1.95; what is unstable there is left out.
//! INVARIANT: the three lists of modules below are the same list.
//!
//! Each module of the list says `use super::{sync, thread}`, so the `mod` that loads it says which backend it meets.
//!
//! # Where every method and trait is called
//!
//! | type | methods | traits | file |
//! |---|---|---|---|
//! | `Mutex` | `new`, `lock`, `try_lock`, `is_poisoned`, `clear_poison`, `get_mut`, `into_inner` | `Debug`, `Default`, `From` | `mutex` |
//! | `MutexGuard` | | `Debug`, `Display`, `Deref`, `DerefMut`, `Drop` | `mutex` |
//! | `PoisonError` | `new`, `get_ref`, `get_mut`, `into_inner` | `Debug`, `Display`, `Error` | `mutex` |
//! | `TryLockError` | | `Debug`, `Display`, `Error`, `From` | `mutex` |
//! | `RwLock` | `new`, `read`, `try_read`, `write`, `try_write`, `is_poisoned`, `clear_poison`, `get_mut`, `into_inner` | `Debug`, `Default`, `From` | `rwlock` |
//! | `RwLockReadGuard` | | `Debug`, `Display`, `Deref`, `Drop` | `rwlock` |
//! | `RwLockWriteGuard` | `downgrade` | `Debug`, `Display`, `Deref`, `DerefMut`, `Drop` | `rwlock` |
//! | `Condvar` | `new`, `wait`, `wait_while`, `wait_timeout`, `wait_timeout_ms`, `wait_timeout_while`, `notify_one`, `notify_all` | `Debug`, `Default` | `condvar` |
//! | `WaitTimeoutResult` | `timed_out` | `Clone`, `Copy`, `Debug`, `PartialEq`, `Eq` | `condvar` |
//! | `Once` | `new`, `call_once`, `call_once_force`, `is_completed`, `wait`, `wait_force`; `ONCE_INIT` | `Debug` | `once` |
//! | `OnceState` | `is_poisoned` | `Debug` | `once` |
//! | `OnceLock` | `new`, `get`, `get_mut`, `wait`, `set`, `get_or_init`, `into_inner`, `take` | `Clone`, `Debug`, `Default`, `Drop`, `From`, `PartialEq`, `Eq` | `once_lock` |
//! | `LazyLock` | `new`, `force`, `force_mut`, `get`, `get_mut` | `Debug`, `Default`, `Deref`, `DerefMut`, `Drop` | `lazy_lock` |
//! | `Barrier` | `new`, `wait` | `Debug` | `barrier` |
//! | `BarrierWaitResult` | `is_leader` | `Debug` | `barrier` |
//! | `AtomicBool`, `AtomicI8` to `AtomicUsize` | all | `Debug`, `Default`, `From` | `atomic` |
//! | `AtomicPtr` | all | `Debug`, `Default`, `From`, `Pointer` | `atomic` |
//! | functions of `atomic` | `fence`; `ATOMIC_BOOL_INIT`, `ATOMIC_ISIZE_INIT`, `ATOMIC_USIZE_INIT` | | `atomic` |
//! | functions of `mpsc` | `channel`, `sync_channel` | | `mpsc` |
//! | `Sender`, `SyncSender` | `send`, `try_send` | `Clone`, `Debug`, `Drop` | `mpsc` |
//! | `Receiver` | `recv`, `try_recv`, `recv_timeout`, `iter`, `try_iter` | `Debug`, `Drop`, `IntoIterator` | `mpsc` |
//! | `Iter`, `TryIter`, `IntoIter` | | `Debug`, `Iterator` | `mpsc` |
//! | functions of `thread` | `available_parallelism`, `panicking`, `scope`, `sleep`, `sleep_ms`, `spawn`, `yield_now` | | `threads` |
//! | functions of `thread` | `current`, `park`, `park_timeout`, `park_timeout_ms` | | `parking` |
//! | `Builder` | `new`, `name`, `stack_size`, `spawn`, `spawn_unchecked`, `spawn_scoped` | `Debug` | `threads` |
//! | `JoinHandle` | `thread`, `join`, `is_finished` | `Debug`, `JoinHandleExt` (unix) | `threads` |
//! | `Scope` | `spawn` | `Debug` | `threads` |
//! | `ScopedJoinHandle` | `thread`, `join`, `is_finished` | `Debug` | `threads` |
//! | `Thread`, `ThreadId` | `unpark`, `id`, `name` | `Clone`, `Copy`, `Debug`, `Hash`, `PartialEq`, `Eq` | `parking` |
//! | `LocalKey`, `AccessError` | `with`, `try_with`, `get`, `set`, `take`, `replace`, `with_borrow`, `with_borrow_mut` | `PartialEq` | `threads` |
//! | `cell::UnsafeCell`, `cell::Shared`, `watch` | all | all | `cells`, over checked and plain |
//! | every other name of `sync`, `sync::atomic`, `sync::mpsc`, `thread` | | | `reexports` |
//! | all of them | | `Send`, `Sync`, `Unpin`, `UnwindSafe`, `RefUnwindSafe`, and which others there are *not* | `auto_traits` |

mod cells;
pub(crate) mod panics;
pub(crate) mod traits;
mod types;

#[path = "."]
mod on_std {
    use std::{sync, thread};

    mod atomic;
    mod auto_traits;
    mod barrier;
    mod condvar;
    mod lazy_lock;
    mod mpsc;
    mod mutex;
    mod once;
    mod once_lock;
    mod parking;
    mod reexports;
    mod rwlock;
    mod threads;
}

#[cfg(feature = "engine")]
#[expect(clippy::duplicate_mod, reason = "one body of code, three backends")]
#[path = "."]
mod on_checked {
    use gordian::checked::{sync, thread};

    mod atomic;
    mod auto_traits;
    mod barrier;
    mod condvar;
    mod lazy_lock;
    mod mpsc;
    mod mutex;
    mod once;
    mod once_lock;
    mod parking;
    mod reexports;
    mod rwlock;
    mod threads;
}

#[expect(clippy::duplicate_mod, reason = "one body of code, three backends")]
#[path = "."]
mod on_plain {
    use gordian::plain::{sync, thread};

    mod atomic;
    mod auto_traits;
    mod barrier;
    mod condvar;
    mod lazy_lock;
    mod mpsc;
    mod mutex;
    mod once;
    mod once_lock;
    mod parking;
    mod reexports;
    mod rwlock;
    mod threads;
}
