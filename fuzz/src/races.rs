//! Compares race detection by clocks with the definition of a race, on programs made of bytes.
//!
//! Must not know: how either side finds races.
//! Source: the trial that the library's own tests run, the same files. We differ: more programs.
//! INVARIANT: what the trial uses of the library is named here.

use gordian::rehearsal::{AccessHistory, Epoch, Place, Race, RaceClock, Way};

#[path = "../../src/analysis/happens_before/trial/mod.rs"]
mod trial;

/// Programs that a run of the tests tries.
#[cfg(test)]
const PROGRAMS: u32 = 100_000;

/// Judges the program that the bytes stand for, on both sides.
///
/// # Errors
/// If they differ; the text has the smallest such program that is this one without some steps.
pub fn compare(bytes: &[u8]) -> Result<(), String> {
    trial::compare(bytes)
}
