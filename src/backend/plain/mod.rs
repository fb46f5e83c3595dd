//! Turns std's `sync` and `thread` into gordian's, by naming them.
//!
//! Must not know: that locks can be checked.
//! Source: std. We differ: `RLock` is added, since std's reentrant lock is not stable.
//! INVARIANT: in `sync` and `thread` every name of std is std's own item, so the types agree with the rest of the world and cost nothing.

mod bell;
#[path = "../condition.rs"]
mod condition;
#[path = "../event.rs"]
mod event;
#[path = "../monitor.rs"]
mod monitor;
mod process_bell;
#[path = "../process.rs"]
mod process_lock;
#[path = "../queue.rs"]
mod queue;
mod reentrant;
#[path = "../rlock.rs"]
mod rlock;
#[path = "../semaphore.rs"]
mod semaphore;
#[path = "../shared.rs"]
mod shared;
mod slot;
#[cfg(feature = "tokio")]
pub mod tokio;
mod unsafe_cell;
pub mod watch;

/// Cells that nobody watches.
pub mod cell {
    pub use super::shared::Shared;
    pub use super::unsafe_cell::UnsafeCell;
}

/// Locks between processes.
pub mod process {
    pub use super::process_lock::{Lock, LockGuard, RLock, RLockGuard};
    pub use crate::holder::Holder;
}

/// `std::sync`, and the locks that it lacks.
pub mod sync {
    pub use super::condition::{Condition, ConditionGuard, Lockable};
    pub use super::event::Event;
    pub use super::queue::{Empty, Full, LifoQueue, PriorityQueue, Queue, TaskDoneError};
    pub use super::rlock::{RLock, RLockGuard};
    pub use super::semaphore::{BoundedSemaphore, ReleaseError, Semaphore, SemaphorePermit};
    pub use std::sync::*;
}

/// `std::thread`.
pub mod thread {
    pub use std::thread::*;
}
