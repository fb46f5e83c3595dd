//! The parts of `cargo gordian`, for its own tests and benches. Not an interface for other programs.

pub mod baseline;
pub mod cli;
pub mod commands;
pub mod diff;
pub mod exit;
pub mod explain;
#[cfg(test)]
mod fixture;
pub mod format;
pub mod init;
pub mod merge;
mod nearest;
pub mod overlay;
pub mod plan;
pub mod records;
pub mod run;
#[cfg(test)]
mod sample;
pub mod settings;
pub mod symbols;
pub mod union;
pub mod workspace;
pub mod wrapper;

pub use crate::commands::main;
