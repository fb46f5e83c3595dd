//! The parts that std lacks, each against the threads that it is made for.
//!
//! What they order is in `races`, where the run-time checker tries the same programs; what is here is what they count, and whom
//! they wake.
//! INVARIANT: beside each claim is a twin: the same program with the part used wrongly, or over a part that is made wrongly.
//!
//! Threads: two besides the one that runs the model, if a claim does not say otherwise.
//! Bound: none of their own; `cargo xtask models` sets `LOOM_MAX_PREEMPTIONS` to 3.

mod condition;
mod event;
mod handmade;
mod join;
mod lessons;
mod queue;
mod semaphore;

use gordian::sync::Arc;
use gordian::thread::{self, JoinHandle};

/// Starts a thread that shares `shared`.
fn start<T: Send + Sync + 'static, R: Send + 'static>(
    shared: &Arc<T>,
    act: impl FnOnce(&T) -> R + Send + 'static,
) -> JoinHandle<R> {
    let shared = Arc::clone(shared);
    thread::spawn(move || act(&shared))
}
