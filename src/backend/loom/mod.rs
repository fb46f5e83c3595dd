//! Turns loom's `sync` and `thread` into std's shape, so that one source compiles against both.
//!
//! Must not know: the probe, or anything that is checked; loom explores, and reports what it finds by panicking.
//! Source: loom 0.7. We differ: what loom only stubs is absent; what std asks for (`Send`) is asked for here too; what panics
//! when it is dropped after a deadlock is forgotten instead, so that the deadlock can be caught and read.
//! INVARIANT: a name is here only if loom gives it std's meaning; where its meaning is narrower, `docs/loom.md` says how.

mod arc;
mod bell;
#[path = "../condition.rs"]
mod condition;
mod condvar;
#[path = "../event.rs"]
mod event;
#[path = "../monitor.rs"]
mod monitor;
mod mpsc;
#[path = "../queue.rs"]
mod queue;
mod reentrant;
#[path = "../rlock.rs"]
mod rlock;
mod rwlock;
#[path = "../semaphore.rs"]
mod semaphore;
#[path = "../shared.rs"]
mod shared;
mod slot;
pub(crate) mod thread;
mod unsafe_cell;
mod unwinding;

/// Cells that loom watches.
pub(crate) mod cell {
    pub use super::shared::Shared;
    pub use super::unsafe_cell::UnsafeCell;
}

/// loom watches no memory by its address.
pub(crate) use crate::backend::plain::watch;

/// What loom has of `std::sync`, and the locks that std lacks.
pub(crate) mod sync {
    pub use super::arc::Arc;
    pub use super::condition::{Condition, ConditionGuard, Lockable};
    pub use super::condvar::{Condvar, WaitTimeoutResult};
    pub use super::event::Event;
    pub use super::queue::{Empty, Full, LifoQueue, PriorityQueue, Queue, TaskDoneError};
    pub use super::rlock::{RLock, RLockGuard};
    pub use super::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub use super::semaphore::{BoundedSemaphore, ReleaseError, Semaphore, SemaphorePermit};
    pub use ::loom::sync::{Mutex, MutexGuard, atomic};
    pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

    /// What loom has of `std::sync::mpsc`.
    pub mod mpsc {
        pub use super::super::mpsc::{Receiver, RecvError, SendError, Sender, TryRecvError, channel};
    }
}

impl<T> crate::named::Named for sync::Mutex<T> {}
impl<T> crate::named::Named for sync::RwLock<T> {}
