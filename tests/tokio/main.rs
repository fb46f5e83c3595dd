//! Tests of `gordian::tokio`.
#![cfg(not(all(loom, feature = "loom")))]

mod cancelled;
mod guards;
mod orders;
mod parity;
mod races;
mod stage;
mod stuck;
mod things;
