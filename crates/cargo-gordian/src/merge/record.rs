//! Reads one record into tables of its own: a line at a time, each checked against those before it.
//!
//! Must not know: other records, what is kept of one.
//! INVARIANT: a record that is returned holds no number that points to nothing; one that is wrong in the middle is not
//! returned at all.

use super::quick::{self, Quick};
use super::tables::{PlaceRef, Tables};
use anyhow::{Context, Result, bail, ensure};
use gordian::record::format::{Class, Edge, Line, Mode, Process, Unwatched, VERSION};
use gordian::{Frame, Report};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What one file says, in its own numbers.
pub(super) struct Record {
    pub(super) process: Process,
    /// True if its process said that it ends.
    pub(super) is_whole: bool,
    /// Numbers in the tables: places are looked up at once, since most are known from other records.
    pub(super) places: Vec<u32>,
    pub(super) classes: Vec<Class<'static>>,
    pub(super) threads: FxHashMap<u32, Option<String>>,
    pub(super) edges: Vec<Row>,
    gates: Vec<(u32, Mode)>,
    stacks: u32,
    pub(super) frames: FxHashMap<u32, Vec<Frame>>,
    /// What was found, each fingerprint once, with its last count.
    pub(super) findings: BTreeMap<String, Report>,
    pub(super) unwatched: Vec<Unwatched>,
    /// What its process lost.
    pub(super) holes: Vec<String>,
}

/// A line of an edge, in the file's own numbers.
// COST: 10 000 of these are what a large record is in memory, so the gates of all stand in one list.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) held_at: u32,
    pub(super) wanted_at: u32,
    pub(super) thread: u32,
    pub(super) stack: Option<u32>,
    gates: (u32, u32),
    pub(super) held: Mode,
    pub(super) wanted: Mode,
}

/// Reads a record. Its places go into the tables, where those of a record that is left out do no harm.
///
/// # Errors
/// If it cannot be read, is of another major version, or is wrong anywhere but in its last line.
pub(super) fn read(path: &Path, tables: &mut Tables) -> Result<Record> {
    let mut lines = Lines::open(path)?;
    let process = lines.first()?;
    let mut record = Record::new(process);
    let is_newer = record.process.format.1 > VERSION.1;
    while lines.advance()? {
        let number = || format!("line {}", lines.number);
        if let Some(line) = quick::read(&lines.line) {
            record.take_quick(line, tables).with_context(number)?;
            continue;
        }
        let error = match serde_json::from_slice(&lines.line) {
            Ok(line) => {
                record.take(line, tables).with_context(number)?;
                continue;
            }
            Err(error) => error,
        };
        if is_newer && is_of_unknown_kind(&lines.line) {
            continue;
        }
        // A last line that is torn lacks what comes after it, the end too, and that is told of the process.
        if !lines.is_last()? {
            return Err(error).with_context(|| format!("line {} is no line of a record", lines.number));
        }
    }
    Ok(record)
}

/// Reads whose record a file is, and nothing else.
///
/// # Errors
/// As [`read`], of the first line.
pub(crate) fn read_process(path: &Path) -> Result<Process> {
    Lines::open(path)?.first()
}

/// The lines of a file, one after the other in one place.
struct Lines {
    from: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

/// The part of a first line that every major version has.
#[derive(Deserialize)]
struct First {
    process: Head,
}

#[derive(Deserialize)]
struct Head {
    format: (u16, u16),
}

impl Lines {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).context("it cannot be opened")?;
        Ok(Self { from: BufReader::with_capacity(1 << 16, file), line: Vec::new(), number: 0 })
    }

    /// Goes to the next line. False at the end.
    fn advance(&mut self) -> Result<bool> {
        self.line.clear();
        self.number += 1;
        let read = self.from.read_until(b'\n', &mut self.line);
        Ok(read.with_context(|| format!("line {} cannot be read", self.number))? != 0)
    }

    fn is_last(&mut self) -> Result<bool> {
        Ok(self.from.fill_buf().with_context(|| format!("line {} cannot be read", self.number + 1))?.is_empty())
    }

    fn first(&mut self) -> Result<Process> {
        ensure!(self.advance()?, "it is empty: its process was killed before it could say who it is");
        let first: First = match serde_json::from_slice(&self.line) {
            Ok(first) => first,
            Err(_) if self.is_last()? && !self.line.ends_with(b"\n") => {
                bail!("it ends in the middle of its first line: its process was killed before it could say who it is")
            }
            Err(error) => return Err(error).context("line 1 is not the first line of a record"),
        };
        let (major, minor) = first.process.format;
        ensure!(
            major == VERSION.0,
            "line 1: it is a record of format {major}.{minor}, and this version of cargo-gordian reads format {}.x",
            VERSION.0
        );
        match serde_json::from_slice(&self.line) {
            Ok(Line::Process(process)) => Ok(process),
            Ok(_) => bail!("line 1 is not the first line of a record"),
            Err(error) => Err(error).context("line 1 is not the first line of a record"),
        }
    }
}

/// The kinds of lines that this version knows.
const KINDS: [&str; 11] =
    ["process", "place", "class", "thread", "stack", "edge", "finding", "repeats", "end", "unwatched", "frames"];

fn is_of_unknown_kind(line: &[u8]) -> bool {
    let keys: Option<BTreeMap<Cow<'_, str>, IgnoredAny>> = serde_json::from_slice(line).ok();
    keys.is_some_and(|keys| keys.len() == 1 && !keys.keys().any(|key| KINDS.contains(&&**key)))
}

impl Record {
    fn new(process: Process) -> Self {
        Self {
            process,
            is_whole: false,
            places: Vec::new(),
            classes: Vec::new(),
            threads: FxHashMap::default(),
            edges: Vec::new(),
            gates: Vec::new(),
            stacks: 0,
            frames: FxHashMap::default(),
            findings: BTreeMap::new(),
            unwatched: Vec::new(),
            holes: Vec::new(),
        }
    }

    /// True if a process with checked locks wrote it, and not `cargo gordian` itself.
    pub(super) fn is_of_process(&self) -> bool {
        self.unwatched.is_empty() || self.is_whole || !self.classes.is_empty() || !self.threads.is_empty()
    }

    pub(super) fn gates(&self, row: &Row) -> &[(u32, Mode)] {
        &self.gates[row.gates.0 as usize..row.gates.1 as usize]
    }

    fn take_quick(&mut self, line: Quick<'_>, tables: &mut Tables) -> Result<()> {
        match line {
            Quick::Place { file, line, column } => self.places.push(tables.place(&PlaceRef { file, line, column })),
            Quick::Stack => self.stacks += 1,
            Quick::Edge(edge) => self.take_edge(&edge)?,
        }
        Ok(())
    }

    fn take(&mut self, line: Line<'_>, tables: &mut Tables) -> Result<()> {
        match line {
            Line::Process(_) => bail!("a second `process` line"),
            Line::Place(place) => self.places.push(tables.place(&PlaceRef::of(&place))),
            Line::Class(class) => {
                self.check_place(class.created)?;
                let Class { name, kind, type_name, created } = class;
                let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
                let (name, kind, type_name) = (name.map(owned), owned(kind), owned(type_name));
                self.classes.push(Class { name, kind, type_name, created });
            }
            Line::Thread(thread) => {
                self.threads.insert(thread.number, thread.name.map(Cow::into_owned));
            }
            Line::Stack(_) => self.stacks += 1,
            Line::Edge(edge) => self.take_edge(&edge)?,
            Line::Finding(report) => {
                let known = self.findings.entry(report.fingerprint.clone());
                known.and_modify(|known| known.count = known.count.max(report.count)).or_insert(*report);
            }
            Line::Repeats(repeats) => match self.findings.get_mut(&*repeats.fingerprint) {
                Some(report) => report.count = repeats.count,
                None => bail!("it counts the finding {}, which no earlier line tells", repeats.fingerprint),
            },
            Line::End(end) => {
                self.is_whole = true;
                self.holes.extend(end.holes);
            }
            Line::Unwatched(unwatched) => self.unwatched.push(unwatched),
            Line::Frames(frames) => {
                self.check_stack(frames.stack)?;
                self.frames.insert(frames.stack, frames.frames);
            }
        }
        Ok(())
    }

    fn take_edge(&mut self, edge: &Edge) -> Result<()> {
        self.check_class(edge.from)?;
        self.check_class(edge.to)?;
        self.check_place(edge.held_at)?;
        self.check_place(edge.wanted_at)?;
        edge.gates.iter().try_for_each(|gate| self.check_class(gate.0))?;
        edge.stack.map_or(Ok(()), |stack| self.check_stack(stack))?;
        ensure!(
            self.threads.contains_key(&edge.thread),
            "it names thread {}, and no earlier line tells of a thread of that number",
            edge.thread
        );
        let first = self.gates.len() as u32;
        self.gates.extend_from_slice(&edge.gates);
        self.edges.push(Row {
            from: edge.from,
            to: edge.to,
            held_at: edge.held_at,
            wanted_at: edge.wanted_at,
            thread: edge.thread,
            stack: edge.stack,
            gates: (first, self.gates.len() as u32),
            held: edge.held,
            wanted: edge.wanted,
        });
        Ok(())
    }

    fn check_place(&self, place: u32) -> Result<()> {
        check("place", place, self.places.len())
    }

    fn check_class(&self, class: u32) -> Result<()> {
        check("class", class, self.classes.len())
    }

    fn check_stack(&self, stack: u32) -> Result<()> {
        check("stack", stack, self.stacks as usize)
    }
}

fn check(what: &str, number: u32, known: usize) -> Result<()> {
    ensure!(
        (number as usize) < known,
        "it names {what} {number}, and the lines before it tell of {known}, numbered from 0"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_this_version_is_known_and_others_are_not() {
        for kind in KINDS {
            let error = serde_json::from_str::<Line<'_>>(&format!("{{\"{kind}\":7}}")).unwrap_err().to_string();
            assert!(!error.contains("unknown variant"), "{kind}: {error}");
        }
        let error = serde_json::from_str::<Line<'_>>("{\"other\":7}").unwrap_err().to_string();
        assert!(KINDS.iter().all(|kind| error.contains(&format!("`{kind}`"))), "{error}");
        assert_eq!(error.matches('`').count(), 2 * (KINDS.len() + 1), "{error}");
    }
}
