//! Scenarios of lock order that no script can say; those that one can are in `tests/scenarios`.
//!
//! Must not know: how cycles are found.

mod by_hand;
