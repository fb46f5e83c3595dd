//! Turns tokio's `sync` into locks, notifications and channels that ring the probe: one file a tokio type.
//!
//! Must not know: what the detector makes of it.
//! Source: tokio. We differ: locks are made of tokio's semaphore as tokio's own are, but around a value of ours, since a
//! guard must be told as released before its lock is given back, whatever it was mapped to.
//! INVARIANT: a request is told when it is first polled, a wait before the task gives its thread away, an acquisition after
//! the lock was taken, a release before it is given back. A future that is dropped leaves nothing behind.

mod ask;
mod grip;
pub mod mpsc;
mod mutex;
mod notify;
pub mod oneshot;
mod rwlock;
mod semaphore;

use ::tokio::sync::{Mutex, TryLockError};
use std::pin::pin;
use std::sync::{Arc, Condvar, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// `tokio::sync`, checked.
pub mod sync {
    pub use super::mpsc;
    pub use super::mutex::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};
    pub use super::notify::Notify;
    pub use super::oneshot;
    pub use super::rwlock::{
        OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, RwLockMappedWriteGuard,
        RwLockReadGuard, RwLockWriteGuard,
    };
    pub use super::semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
    pub use ::tokio::sync::*;

    /// Named future types.
    pub mod futures {
        pub use super::super::notify::{Notified, OwnedNotified};
    }
}

/// Returns the error of a lock that is held, which only tokio can make.
fn locked() -> TryLockError {
    let mutex = Mutex::const_new(());
    let _held = mutex.try_lock();
    mutex.try_lock().map(|_| ()).expect_err("it is held")
}

/// Blocks the running thread until a future is ready.
///
/// # Panics
/// As tokio's locks do: if the thread runs tasks.
#[track_caller]
fn block_on<F: Future>(future: F) -> F::Output {
    // Not `park`: what somebody else unparks this thread for is not for here to take.
    #[derive(Default)]
    struct Bell(std::sync::Mutex<bool>, Condvar);
    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.1.notify_one();
        }
    }
    // Only tokio knows whether the thread may block.
    drop(Mutex::const_new(()).blocking_lock());
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                let woken = bell.0.lock().unwrap_or_else(PoisonError::into_inner);
                let woken = bell.1.wait_while(woken, |woken| !*woken);
                *woken.unwrap_or_else(PoisonError::into_inner) = false;
            }
        }
    }
}
