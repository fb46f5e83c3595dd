//! Turns std's API into std's locks that ring the probe: one file a std type. And cells and memory that are watched.
//!
//! Must not know: what the detector makes of it.
//! Source: std. We differ: poisoning is kept in the lock's record, so that a panic of the detector's own poisons nothing.
//! INVARIANT: a request is told before the lock can block, an acquisition after it was taken, a release before it is
//! given back.

mod alike;
mod asleep;
pub mod atomic;
mod barrier;
mod bell;
#[path = "../condition.rs"]
mod condition;
mod condvar;
#[path = "../event.rs"]
mod event;
mod handed;
mod heard;
mod lazy_lock;
#[path = "../monitor.rs"]
mod monitor;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod parking;
mod process_bell;
#[path = "../process.rs"]
mod process_lock;
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
pub mod thread;
#[cfg(feature = "tokio")]
pub mod tokio;
mod unsafe_cell;
pub mod watch;

/// Cells whose accesses are watched.
pub mod cell {
    pub use super::shared::Shared;
    pub use super::unsafe_cell::UnsafeCell;
}

/// Locks between processes, checked.
pub mod process {
    pub use super::process_lock::{Lock, LockGuard, RLock, RLockGuard};
    pub use crate::holder::Holder;
}

/// `std::sync`, checked, and the locks that it lacks.
pub mod sync {
    pub use super::atomic;
    pub use super::barrier::{Barrier, BarrierWaitResult};
    pub use super::condition::{Condition, ConditionGuard, Lockable};
    pub use super::condvar::Condvar;
    pub use super::event::Event;
    pub use super::lazy_lock::LazyLock;
    pub use super::mpsc;
    pub use super::mutex::{Mutex, MutexGuard};
    #[allow(deprecated, reason = "std has it still")]
    pub use super::once::ONCE_INIT;
    pub use super::once::Once;
    pub use super::once_lock::OnceLock;
    pub use super::queue::{Empty, Full, LifoQueue, PriorityQueue, Queue, TaskDoneError};
    pub use super::rlock::{RLock, RLockGuard};
    pub use super::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub use super::semaphore::{BoundedSemaphore, ReleaseError, Semaphore, SemaphorePermit};
    pub use std::sync::*;
}
