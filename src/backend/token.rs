//! Tells the threads of a process apart, for the backends that run threads for real.
//!
//! Must not know: what for.
//! Source: std's own reentrant lock.
//! INVARIANT: a token is given to one thread of the process and to no other, ever; 0 is given to none.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Returns the running thread's token: nonzero, its own, never given to another thread.
#[inline]
pub(crate) fn thread_token() -> u64 {
    thread_local! {
        // Without a destructor, so it can be read while the thread's other locals are being dropped.
        static TOKEN: Cell<u64> = const { Cell::new(0) };
    }
    match TOKEN.get() {
        0 => {
            let token = next_token();
            TOKEN.set(token);
            token
        }
        token => token,
    }
}

#[cold]
fn next_token() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // ORDERING: Relaxed; only the number itself must be new, and nothing is published with it.
    NEXT.fetch_add(1, Ordering::Relaxed)
}
