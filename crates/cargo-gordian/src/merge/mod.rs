//! Unites records of many processes, runs and machines, and unions of them, to one union.
//!
//! Must not know: how a union is shown, whether a finding counts.
//! INVARIANT: merging is associative and commutative, so files are read side by side and shards are merged in any order.

mod cross;
mod cycles;
mod found;
mod from_record;
mod from_union;
mod partial;
mod plan;
mod positions;
mod process;
mod quick;
mod record;
pub mod saved;
mod symbols;
mod tables;
#[cfg(test)]
mod tests;
mod witness;

pub use self::partial::Merge;
pub(crate) use self::record::read_process;
pub(crate) use self::symbols::{beside, is_symbols};

use crate::union::Union;
use anyhow::{Result, bail};
use gordian::Level;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The levels of what only the merge finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Levels {
    /// Of cycles of classes.
    pub class_order: Level,
    /// Of cycles of locks between processes of one machine.
    pub lock_order: Level,
}

impl Levels {
    /// Returns this level for all.
    pub fn all(level: Level) -> Self {
        Self { class_order: level, lock_order: level }
    }
}

/// Returns the union of all records and unions at these paths: files, or folders with files or folders of files in them.
/// Cycles that no process saw alone are told at these levels.
///
/// # Errors
/// If a path does not exist, a folder cannot be listed, or there is not one record. A file that cannot be read is a hole.
///
/// # Cost
/// Reads side by side, on all cores. Memory grows with what is different in the records, not with how many there are, but
/// for their processes.
pub fn read(paths: &[PathBuf], levels: Levels) -> Result<Union> {
    let plan = plan::plan(paths)?;
    if plan.files.is_empty() {
        bail!("there is no record that can be read:\n{}", plan.holes.join("\n"));
    }
    let mut whole = merge(&plan.files);
    plan.holes.into_iter().for_each(|hole| whole.hole(hole));
    Ok(whole.finish(levels))
}

fn merge(files: &[PathBuf]) -> Merge {
    let next = AtomicUsize::new(0);
    let part = || {
        let mut part = Merge::default();
        // ORDERING: Relaxed; the counter alone decides who reads which file, and the parts are handed over by join.
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            part.add(file);
        }
        part
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(files.len());
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(part)).collect();
        others.into_iter().fold(part(), |whole, other| match other.join() {
            Ok(part) => whole.absorb(part),
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}
