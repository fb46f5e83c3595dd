//! The analyses: what may go wrong, from what was heard.
//!
//! Must not know: time, thread-locals, globals, output, and whether the program is live.

pub(crate) mod atomicity;
pub(crate) mod clock;
pub(crate) mod cycle;
pub(crate) mod epoch;
pub(crate) mod evidence;
pub(crate) mod graph;
pub(crate) mod happens_before;
pub(crate) mod lock_order;
pub(crate) mod misuse;
mod order;
pub(crate) mod ranges;
pub(crate) mod segments;
pub(crate) mod wait_for;
