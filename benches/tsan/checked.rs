//! The scenarios and costs over the checked types.
//!
//! Must not know: what a scenario is about.
//! Source: none.
//! INVARIANT: the same files as in its twin; they take every lock, thread and cell from `super`.
#![allow(clippy::duplicate_mod, reason = "compiled once a side, which keeps the twins equal")]

use gordian::checked::{cell, sync, thread};

#[path = "costs.rs"]
mod costs;
#[path = "scenarios.rs"]
mod scenarios;

pub(crate) const SIDE: crate::Side = crate::Side {
    scenarios: scenarios::SCENARIOS,
    costs: costs::COSTS,
    watch: |program| gordian::collect(program).iter().for_each(|report| println!("{}", report.lint)),
};
