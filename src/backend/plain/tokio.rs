//! Turns tokio's `sync` into gordian's, by naming it.
//!
//! Must not know: that locks can be checked.
//! Source: tokio.
//! INVARIANT: every name is tokio's own item, so the types agree with the rest of the world and cost nothing.

use crate::named::Named;

/// `tokio::sync`.
pub mod sync {
    pub use ::tokio::sync::*;
}

impl<T> Named for sync::Mutex<T> {}
impl<T> Named for sync::RwLock<T> {}
impl Named for sync::Semaphore {}
impl Named for sync::Notify {}
