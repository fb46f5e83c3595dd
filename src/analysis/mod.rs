//! The analyses: what may go wrong, from what was heard.
//!
//! Must not know: time, thread-locals, globals, output, and whether the program is live.

#[cfg_attr(not(test), expect(dead_code, reason = "sections and accesses are told to it next"))]
pub(crate) mod atomicity;
pub(crate) mod clock;
pub(crate) mod cycle;
#[allow(dead_code, reason = "race detection, which is being built on it")]
pub(crate) mod epoch;
pub(crate) mod evidence;
pub(crate) mod graph;
#[allow(dead_code, reason = "race detection, which is being built on it")]
pub(crate) mod happens_before;
pub(crate) mod lock_order;
pub(crate) mod misuse;
pub(crate) mod segments;
pub(crate) mod wait_for;
