//! Turns loom's mutex and thread-locals into what `RLock` is built on.
//!
//! Must not know: levels, owners, data.
//! Source: the plain backend's. We differ: loom's threads share one thread of the system, so tokens live in loom's own locals.
//! INVARIANT: a token is given to one thread of one interleaving and to no other, ever; 0 is given to none.

#[path = "../unguarded.rs"]
mod unguarded;

use super::condvar::Condvar;
use super::rlock::RLock;
use crate::named::Named;
use ::loom::sync::{Mutex, MutexGuard};
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use unguarded::Core;

impl<T> RLock<T> {
    /// Returns an unlocked lock around `data`. Not `const` under loom, whose locks live in one interleaving only.
    pub fn new(data: T) -> Self {
        Self::with_core(Core::over(Mutex::new(())), data)
    }
}

impl<T> Named for RLock<T> {}

/// Returns the running thread's token: nonzero, its own, never given to another thread.
///
/// # Panics
/// If the thread's locals are being dropped, as every access to loom's locals does then.
pub(crate) fn thread_token() -> u64 {
    ::loom::thread_local! {
        static TOKEN: u64 = next_token();
    }
    TOKEN.with(|token| *token)
}

fn next_token() -> u64 {
    // std's atomic: a token must be new in every interleaving, and must not be a choice that loom explores.
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // ORDERING: Relaxed; only the number itself must be new, and nothing is published with it.
    NEXT.fetch_add(1, Ordering::Relaxed)
}
