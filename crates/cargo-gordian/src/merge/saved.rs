//! A union as one JSON object, as `cargo gordian report --format json` writes it and a later merge reads it.
//!
//! Must not know: records, how unions are made.
//! INVARIANT: what is read is what was written: no number in it points to nothing.

use crate::union::Union;
use anyhow::{Context, Result, ensure};
use gordian::record::format::Process;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The format's version: readers must know the major number, and may ignore the minor one.
pub const VERSION: (u16, u16) = (1, 0);

/// A union, and who wrote it. Its first key tells it from a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    /// The format's version, major and minor.
    pub format: (u16, u16),
    /// The version of cargo-gordian that wrote it.
    pub gordian: String,
    /// The union.
    #[serde(flatten)]
    pub union: Union,
}

impl Saved {
    /// Returns a union as this version writes it.
    pub fn new(union: Union) -> Self {
        Self { format: VERSION, gordian: env!("CARGO_PKG_VERSION").to_owned(), union }
    }
}

/// True if a file begins as a union does, and not as a record.
///
/// # Errors
/// If it cannot be read.
pub(super) fn is_saved(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    File::open(path).context("it cannot be opened")?.take(256).read_to_end(&mut start).context("it cannot be read")?;
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let rest = start.iter().skip_while(|byte| is_blank(byte));
    let mut rest = rest.skip_while(|byte| **byte == b'{').skip_while(|byte| is_blank(byte));
    Ok(b"\"format\"".iter().all(|byte| rest.next() == Some(byte)))
}

/// Reads a union.
///
/// # Errors
/// If it cannot be read, is of another major version, or has numbers that point to nothing.
pub(super) fn read(path: &Path) -> Result<Union> {
    #[derive(Deserialize)]
    struct Head {
        format: (u16, u16),
    }
    let text = std::fs::read(path).context("it cannot be read")?;
    let Head { format: (major, minor) } = serde_json::from_slice(&text).context("it is no union")?;
    ensure!(
        major == VERSION.0,
        "it is a union of format {major}.{minor}, and this version of cargo-gordian reads format {}.x",
        VERSION.0
    );
    let Saved { union, .. } = serde_json::from_slice(&text).context("it is no union")?;
    check(&union)?;
    Ok(union)
}

/// Reads whose records went into a union, and nothing else.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read_processes(path: &Path) -> Result<Vec<Process>> {
    #[derive(Deserialize)]
    struct Only {
        processes: Vec<Process>,
    }
    let text = std::fs::read(path).context("it cannot be read")?;
    let Only { processes } = serde_json::from_slice(&text).context("it is no union")?;
    Ok(processes)
}

fn check(union: &Union) -> Result<()> {
    let known = |what: &str, number: usize, known: usize| {
        ensure!(number < known, "it names {what} {number}, and it has {known}, numbered from 0");
        Ok(())
    };
    let class = |number: usize| known("class", number, union.classes.len());
    let process = |number: usize| known("process", number, union.processes.len());
    for (number, edge) in union.edges.iter().enumerate() {
        let numbers = || {
            [edge.from, edge.to].into_iter().try_for_each(class)?;
            edge.witnesses.iter().try_for_each(|witness| {
                process(witness.process)?;
                witness.gates.iter().try_for_each(|gate| class(gate.0))
            })
        };
        numbers().with_context(|| format!("edge {number}"))?;
    }
    for found in &union.findings {
        let name = || format!("finding {}", found.report.fingerprint);
        found.processes.iter().try_for_each(|number| process(*number)).with_context(name)?;
    }
    union.judged.iter().flatten().try_for_each(|number| class(*number)).context("a judged cycle")
}
