//! Integration tests, one binary.
#![cfg(not(all(loom, feature = "loom")))]

#[cfg(feature = "engine")]
mod hard_places;
#[cfg(feature = "engine")]
mod judge;
mod parity;
mod parts;
mod processes;
#[cfg(feature = "engine")]
mod races;
mod rlock;
#[cfg(feature = "engine")]
mod scenarios;
#[cfg(feature = "engine")]
#[path = "../models/races/mod.rs"]
mod twins;
#[cfg(feature = "engine")]
mod ui;
