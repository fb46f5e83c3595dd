//! Turns the stacks of records into frames, in a file beside each record.
//!
//! Must not know: how an address is looked up, what is done with the frames.
//! Source: `docs/formats/record.md`.
//! INVARIANT: a file beside a record is whole or not there, so that what was begun is done again.

mod program;
mod stacks;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use gordian::record::format::{Frames, Line, Process};
use gordian::record::host;

use self::program::{Program, Unresolved};
use crate::merge::{beside, is_symbols, read_process};

/// Resolves the stacks of all records in a folder that have no file with their frames yet, and returns what could not be
/// resolved, one sentence each. Source files are told from `root` if they are in there.
///
/// It must be done while the programs are still those that ran.
///
/// # Errors
/// If the folder cannot be listed, or a file with frames cannot be written. Records that are wrong are left to the merge.
///
/// # Cost
/// Side by side over the programs, on all cores; what was looked up of a program is kept until its records are done.
/// 2026-11-21, release build, a program of 104 MB with debug information (a debug build of this one), stacks of 40
/// addresses: 0.13 s for one stack, 0.24 to 0.35 s for 2 000 stacks of 3 000 different addresses, 0.54 s if nearly all
/// addresses differ, 1.3 to 2.0 s for 60 000 stacks of 300 processes (173 MB of frames).
pub fn resolve(folder: &Path, root: &Path) -> Result<Vec<String>> {
    let mut programs: BTreeMap<PathBuf, Vec<Ran>> = BTreeMap::new();
    for record in records(folder)? {
        if let Ok(process) = read_process(&record) {
            programs.entry(PathBuf::from(&process.program)).or_default().push(Ran { record, process });
        }
    }
    let programs: Vec<(PathBuf, Vec<Ran>)> = programs.into_iter().collect();
    let next = AtomicUsize::new(0);
    let part = || {
        let mut unresolved = Vec::new();
        // ORDERING: Relaxed; the counter alone decides who takes which program, and the parts are handed over by join.
        while let Some((program, runs)) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            unresolved.extend(resolve_runs(program, runs, root)?.into_iter().map(|why| (why, program.as_path())));
        }
        anyhow::Ok(unresolved)
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(programs.len());
    let parts: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(part)).collect();
        let own = part();
        let others =
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(own).chain(others).collect()
    });
    let mut unresolved: BTreeMap<Unresolved, Vec<&Path>> = BTreeMap::new();
    for part in parts {
        part?.into_iter().for_each(|(why, program)| unresolved.entry(why).or_default().push(program));
    }
    Ok(unresolved.into_iter().map(|(why, programs)| said(why, programs)).collect())
}

/// A run of a program.
struct Ran {
    record: PathBuf,
    process: Process,
}

/// Returns the records of a folder that have no file with frames, in order. None if there is no folder.
fn records(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let name = || format!("the folder {} cannot be listed", folder.display());
    let entries = match fs::read_dir(folder) {
        // No process had anything to tell.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.with_context(name)?,
    };
    let mut records = BTreeSet::new();
    for entry in entries {
        let path = entry.with_context(name)?.path();
        let is_record = path.extension().is_some_and(|extension| extension == "json") && !is_symbols(&path);
        if is_record && !beside(&path).exists() {
            records.insert(path);
        }
    }
    Ok(records)
}

/// Resolves the stacks of one program's records, and returns why some were not.
fn resolve_runs(path: &Path, runs: &[Ran], root: &Path) -> Result<BTreeSet<Unresolved>> {
    let here = host();
    let mut opened = None;
    let mut unresolved = BTreeSet::new();
    for Ran { record, process } in runs {
        let stacks = stacks::named(record);
        if stacks.is_empty() {
            continue;
        }
        let program = opened.get_or_insert_with(|| Program::open(path, root));
        let resolved = match program {
            _ if process.host != here => Err(Unresolved::Elsewhere),
            Err(why) => Err(*why),
            Ok(program) if program.changed_ms > process.started_ms => Err(Unresolved::Changed),
            Ok(program) => resolve_stacks(program, stacks),
        };
        match resolved {
            Ok(lines) => write(&beside(record), &lines)?,
            Err(why) => drop(unresolved.insert(why)),
        }
    }
    Ok(unresolved)
}

/// Returns the lines of all stacks that have names.
fn resolve_stacks(program: &mut Program<'_>, stacks: BTreeMap<u32, Vec<u64>>) -> Result<Vec<u8>, Unresolved> {
    let mut lines = Vec::new();
    for (stack, addresses) in stacks {
        let frames = program.frames(&addresses);
        if !frames.is_empty() {
            // INVARIANT: all keys are text, and a vector takes all that is written to it.
            serde_json::to_writer(&mut lines, &Line::Frames(Frames { stack, frames }))
                .expect("a line has nothing that JSON lacks");
            lines.push(b'\n');
        }
    }
    if lines.is_empty() { Err(Unresolved::Nameless) } else { Ok(lines) }
}

fn write(path: &Path, lines: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    fs::write(&part, lines)
        .and_then(|()| fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Returns the sentence about programs whose stacks were not resolved.
fn said(why: Unresolved, mut programs: Vec<&Path>) -> String {
    // The threads took them in any order.
    programs.sort();
    let (count, first) = (programs.len(), programs[0].display());
    let why = why.said(count == 1);
    match count {
        1 => format!("Stacks of the program {first} could not be resolved, since {why}."),
        _ => format!("Stacks of {count} programs, such as {first}, could not be resolved, since {why}."),
    }
}
