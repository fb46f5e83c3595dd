//! How events reach the analyses.
//!
//! Must not know: what a finding does to the program, beyond handing it over.

mod glance;
pub(crate) mod hand_over;
pub(crate) mod lineage;
pub(crate) mod live;
pub(crate) mod lock_wait;
pub(crate) mod look;
pub(crate) mod misuse;
pub(crate) mod races;
mod recorder;
pub(crate) mod rehearsal;
pub(crate) mod relay;
pub(crate) mod script;
pub(crate) mod sections;
#[cfg(feature = "tokio")]
pub(crate) mod task;
pub(crate) mod thread;
pub(crate) mod times;
pub(crate) mod updates;
pub(crate) mod wait;
mod watchdog;
