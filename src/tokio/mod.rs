//! `tokio::sync`, checked or plain as the build asks: its locks are owned by tasks. Absent under loom.
//!
//! What is checked, and what is not seen, is in `docs/tokio.md`.
//!
//! ```
//! use gordian::tokio::sync::Mutex; // was: use tokio::sync::Mutex;
//!
//! # fn main() {
//! let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! let mutex = Mutex::new(1);
//! runtime.block_on(async { *mutex.lock().await += 1 });
//! assert_eq!(mutex.into_inner(), 2);
//! # }
//! ```

#[cfg(feature = "engine")]
pub(crate) mod current;

#[doc(inline)]
pub use crate::backend::chosen::tokio::sync;
