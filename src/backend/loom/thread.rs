//! Turns loom's `thread` into std's shape.
//!
//! Must not know: what the threads do.
//! Source: loom's `thread`. We differ: `spawn` asks for `Send`, so a program that compiles here compiles with std's threads.
//! INVARIANT: every thread is one of loom's, so at most five live in one model, the one that runs it included.

pub use ::loom::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Thread, ThreadId, current, panicking, park, yield_now,
};
pub use std::thread::Result;

/// Like [`std::thread::spawn`].
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    ::loom::thread::spawn(f)
}
