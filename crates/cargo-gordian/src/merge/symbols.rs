//! Reads what the addresses of a record's stacks mean, from the file that `cargo gordian` writes beside it.
//!
//! Must not know: records, how addresses are resolved.
//! INVARIANT: only stacks that somebody asks for are kept in memory; a suite has many more.

use anyhow::{Context, Result};
use gordian::Frame;
use gordian::record::format::Line;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

/// True of the name of a file with stacks, which is no record.
pub(crate) fn is_symbols(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".symbols.json"))
}

/// Returns where the stacks of a record are.
pub(crate) fn beside(record: &Path) -> PathBuf {
    record.with_extension("symbols.json")
}

/// Adds the frames of the stacks that are `wanted`. Nothing if there is no such file.
///
/// # Errors
/// If it cannot be read, or a line is wrong; what came before stays.
pub(super) fn read(path: &Path, wanted: impl Fn(u32) -> bool, frames: &mut FxHashMap<u32, Vec<Frame>>) -> Result<()> {
    #[derive(Deserialize)]
    struct Only {
        frames: Number,
    }
    #[derive(Deserialize)]
    struct Number {
        stack: u32,
        #[serde(rename = "frames")]
        _frames: IgnoredAny,
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context("it cannot be opened"),
    };
    let mut from = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if from.read_until(b'\n', &mut line).with_context(|| format!("line {number} cannot be read"))? == 0 {
            break;
        }
        // COST: looking a line over costs a fifth of keeping it.
        let is_wanted = serde_json::from_slice::<Only>(&line).map_or(true, |only| wanted(only.frames.stack));
        if !is_wanted {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(Line::Frames(told)) => drop(frames.insert(told.stack, told.frames)),
            Ok(_) => {}
            Err(error) => return Err(error).with_context(|| format!("line {number} is no line of symbols")),
        }
    }
    Ok(())
}
