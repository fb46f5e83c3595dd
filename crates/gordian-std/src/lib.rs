//! Stands in for `std`: every name of it, with gordian's checked locks and threads in place of its own.
//!
//! A crate that is compiled with `--extern std=` and the path of this one sees it as `std`: the compiler injects it, its
//! prelude and its macros as it would inject the real one. What is not replaced *is* std's, the same types.
//!
//! Must not know: how locks are checked, how it is passed to the compiler (`cargo gordian` does that).
//! INVARIANT: a name is here exactly if the real std has it; what gordian adds to std is not, so that no glob import can
//! meet a name that it does not expect.
#![no_std]

extern crate std as real;

// Types, traits, macros, primitive modules and the preludes of all editions. What is named below hides what this brings.
pub use real::*;

/// `std::sync`, checked.
pub mod sync {
    #[allow(deprecated, reason = "std has it still")]
    pub use gordian::checked::sync::ONCE_INIT;
    #[cfg(feature = "races")]
    pub use gordian::checked::sync::atomic;
    pub use gordian::checked::sync::{
        Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, RwLock, RwLockReadGuard,
        RwLockWriteGuard, mpsc,
    };
    pub use real::sync::*;
}

/// `std::thread`, checked.
pub mod thread {
    #[allow(deprecated, reason = "std has it still")]
    pub use gordian::checked::thread::park_timeout_ms;
    pub use gordian::checked::thread::{
        Builder, JoinHandle, Scope, ScopedJoinHandle, Thread, current, park, park_timeout, scope, spawn,
    };
    pub use real::thread::*;
}
