//! The fuzz targets as functions, each with its dull twin, so that property tests run them too.
//!
//! Must not know: who makes the inputs.
//! INVARIANT: a twin is written from definitions and shares no code with what it checks, but for the language of inputs.

pub mod graph;
pub mod oracle;
pub mod races;
pub mod scenario;
