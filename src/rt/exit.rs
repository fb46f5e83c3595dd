//! Calls back when the process ends by itself: `main` returns, or somebody calls `exit`.
//!
//! Must not know: what is to be done then.
//! Source: C's `atexit`, which every platform of std links.

use std::ffi::c_int;

unsafe extern "C" {
    /// C's own, which only keeps the pointer.
    safe fn atexit(act: extern "C" fn()) -> c_int;
}

/// Calls `act` when the process ends by itself, in the thread that ends it. Not when it aborts or is killed.
pub(crate) fn at_exit(act: extern "C" fn()) {
    // It fails only where there is no memory; the process then ends as if it had been killed.
    let _ = atexit(act);
}
