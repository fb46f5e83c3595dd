//! Turns std's mutex and thread-locals into what `RLock` is built on.
//!
//! Must not know: levels, owners, data.
//! Source: std's own reentrant lock. We differ: std's public mutex is the lock below.

#[path = "../unguarded.rs"]
mod unguarded;

use super::rlock::RLock;
pub(crate) use crate::backend::token::thread_token;
use crate::named::Named;
use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) use unguarded::Core;

impl<T> RLock<T> {
    /// Returns an unlocked lock around `data`.
    #[inline]
    pub const fn new(data: T) -> Self {
        Self::with_core(Core::over(Mutex::new(())), data)
    }
}

impl<T> Named for RLock<T> {}
