//! Finds deadlocks and races in Rust programs while they run, before they happen.
//!
//! Swap one word, and the locks of a program record in which order they are taken; opposite orders are reported with
//! both sides' sites and backtraces, long before two threads meet in them:
//!
//! ```
//! use gordian::sync::{Arc, Mutex}; // was: use std::sync::{Arc, Mutex};
//! use gordian::thread;             // was: use std::thread;
//!
//! let accounts = Arc::new(Mutex::new(0));
//! let other = Arc::clone(&accounts);
//! thread::spawn(move || *other.lock().unwrap() += 1).join().unwrap();
//! assert_eq!(*accounts.lock().unwrap(), 1);
//! # #[cfg(feature = "engine")]
//! gordian::assert_clean();
//! ```
//!
//! [`sync`] and [`thread`] hold every stable name of `std::sync` and `std::thread`. What they are is chosen when the
//! crate is built:
//!
//! | build | `gordian::sync` is |
//! |---|---|
//! | with `debug_assertions`, or the feature `check` | checked |
//! | otherwise | std itself: the same types, at no cost |
//! | `--cfg loom` with the feature `loom` | loom's |
//!
//! [`cell`] and [`watch`] are where races are watched: cells that unsafe code reaches into, values that threads copy in and out,
//! and memory that foreign code shares. They too cost nothing where nothing is checked, but for the lock in a
//! [`cell::Shared`].
//!
//! [`process`] has named locks between processes. What they do is in the same orders as all other locks.
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `engine` | yes | the checker and all its dependencies; without it only plain mode is left |
//! | `serde` | yes | reports and records can be read back from their JSON: they are `Serialize` and `Deserialize` |
//! | `outlined` | no | what every lock does is called, not inlined: quicker in programs that are not optimised |
//! | `check` | no | swaps types: checked in release builds too |
//! | `tokio` | no | `gordian::tokio`: tokio's locks, notifications and channels, owned by tasks; plain without `engine`, absent under loom |
//! | `loom` | no | swaps types, together with `--cfg loom` |
//!
//! What is found is a [`Report`]; what it does is a [`Level`] for each [`Lint`], set by [`Config`] or by variables:
//!
//! | variable | values |
//! |---|---|
//! | `GORDIAN` | `off`, `warn` (nothing panics), `deny` (what warns panics), or a list `lint=level,...` |
//! | `GORDIAN_BACKTRACE` | `0`, `1` (new edges; default), `full` (every acquisition) |
//! | `GORDIAN_SUPPRESS` | a file of fingerprints or `lint site` lines, `#` comments |
//! | `GORDIAN_COLOR` | `auto`, `always`, `never` |
//! | `GORDIAN_OUT` | a folder: each process leaves there what it saw, as `docs/formats/record.md` says |
#![deny(unsafe_code)]

mod backend;
mod holder;
mod model;
mod named;
#[cfg(all(feature = "tokio", not(all(loom, feature = "loom"))))]
pub mod tokio;

#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod analysis;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod config;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod event;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod finding;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod fingerprint;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod found;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod json;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod lint;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod policy;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod probe;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
#[doc(hidden)]
pub mod record;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod report;
#[cfg(all(feature = "engine", any(test, not(all(loom, feature = "loom")))))]
#[cfg_attr(all(loom, feature = "loom"), allow(dead_code, unused_imports, reason = "only its models use it"))]
#[allow(unsafe_code, reason = "the cellar")]
mod rt;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod snapshot;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
mod stream;
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
#[doc(hidden)]
pub mod suppression;

pub use crate::model::{explore, model};
pub use crate::named::Named;

#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
pub use crate::{
    config::{Backtraces, Config, ConfigError},
    found::{assert_clean, collect, reports},
    lint::{Level, Lint},
    report::{Frame, HeldReport, LockReport, Place, Report, Side, ThreadReport, Wakers, Want, Writer},
    snapshot::{LockGraph, OrderEdge, lock_graph},
};

/// `std::sync`, checked, plain or loom's as the build asks, and the locks that std lacks.
pub mod sync {
    #[doc(inline)]
    pub use crate::backend::chosen::sync::*;
}

/// `std::thread`, checked, plain or loom's as the build asks.
pub mod thread {
    #[doc(inline)]
    pub use crate::backend::chosen::thread::*;
}

/// Locks between processes, checked or plain as the build asks; under loom there are none.
#[cfg(not(all(loom, feature = "loom")))]
pub mod process {
    #[doc(inline)]
    pub use crate::backend::chosen::process::*;
}

/// Cells whose accesses are watched for data races and lost updates, plain or loom's as the build asks.
pub mod cell {
    #[doc(inline)]
    pub use crate::backend::chosen::cell::*;
}

/// Tells accesses to memory that is in no cell: what foreign code reads and writes, and what is laid out by hand.
///
/// Each access is watched as one of a [`cell::UnsafeCell`] is, byte by byte. In plain builds and under loom nothing is done.
///
/// # Example
/// ```
/// use gordian::watch;
///
/// let mut buffer = vec![0_u8; 64];
/// watch::write(buffer.as_ptr(), buffer.len()); // a foreign function is about to fill it
/// buffer.fill(1);
/// watch::read(buffer.as_ptr(), 4);
/// assert_eq!(buffer[..4], [1; 4]);
/// watch::forget(buffer.as_ptr(), buffer.len()); // the allocator may give this memory to another thread next
/// drop(buffer);
/// ```
pub mod watch {
    #[doc(inline)]
    pub use crate::backend::chosen::watch::*;
}

/// Always checked, whatever the build asks for.
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
pub mod checked {
    #[cfg(feature = "tokio")]
    #[doc(inline)]
    pub use crate::backend::checked::tokio;
    #[doc(inline)]
    pub use crate::backend::checked::{cell, process, sync, thread, watch};
}

/// Never checked: std itself, and what it lacks.
pub mod plain {
    #[cfg(all(feature = "tokio", not(all(loom, feature = "loom"))))]
    #[doc(inline)]
    pub use crate::backend::plain::tokio;
    #[doc(inline)]
    pub use crate::backend::plain::{cell, process, sync, thread, watch};
}

/// Scripts played against the analyses without threads, for the tests and the fuzz targets.
#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
#[doc(hidden)]
pub mod rehearsal {
    pub use crate::analysis::epoch::{Epoch, Place, RaceClock};
    pub use crate::analysis::graph::{LockOrderGraph, Search};
    pub use crate::analysis::happens_before::{AccessHistory, Race};
    pub use crate::event::{Mode, Way};
    pub use crate::stream::look::{blocked_threads, stand_aside};
    pub use crate::stream::rehearsal::{Outcome, Rehearsal, Told, rehearse};
    pub use crate::stream::script::{Act, LockName, Script, ScriptError, Step, ThingName, ThreadName};
    pub use crate::stream::wait::unsure_threads;
}
