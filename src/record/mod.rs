//! What a process leaves behind for a later reader: its orders between classes, its findings, its end.
//!
//! Must not know: how orders are judged, what is done with a record.
//! Source: `docs/formats/record.md`.
//! INVARIANT: a record is only ever appended to, whole lines at a time, so what was written survives the process. A
//! process writes to its own file: one that was forked begins another.

pub mod format;
mod identity;
mod image;
mod lines;

pub use self::identity::host;
pub use crate::config::level_under;
pub use crate::report::frames;
#[cfg(feature = "serde")]
pub use crate::report::union;

use self::format::{Edge, End, Line, Repeats, Stack};
use self::image::Image;
use self::lines::Lines;
use crate::analysis::lock_order::{Lost, Question};
use crate::finding::Inherited;
use crate::report::{Report, hole_of_contexts};
use crate::rt::{Flag, RawLock};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The record of this process.
struct Record {
    folder: PathBuf,
    file: File,
    /// Whose it is: after a fork it is still the parent's.
    pid: u32,
    /// What its lines may name.
    lines: Lines,
    image: Image,
    /// What was found since it began.
    found: FxHashSet<String>,
}

static RECORD: RawLock<Option<Record>> = RawLock::new(None);
static BEGUN: Flag = Flag::new();
/// Nothing more is written: the process ends, or a line could not be written.
static OVER: Flag = Flag::new();

/// True if the process keeps a record.
pub(crate) fn is_on() -> bool {
    BEGUN.is_up() && !OVER.is_up()
}

/// True if [`begin`] has succeeded.
pub(crate) fn is_begun() -> bool {
    BEGUN.is_up()
}

/// Begins the record, and calls `first` if it is the process's first. Callers are inside the gate.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn begin(folder: &Path, first: impl FnOnce()) -> io::Result<()> {
    let mut record = RECORD.lock();
    if record.is_none() {
        *record = Some(Record::new(folder)?);
        BEGUN.raise();
        first();
    }
    Ok(())
}

/// Records what a request was made under. Callers are inside the gate.
///
/// # Cost
/// O(held locks squared) look-ups if nothing is new, else one write.
pub(crate) fn asked(question: &Question<'_>, inherited: &[Arc<Inherited>]) {
    with(|record| {
        let edges = record.lines.edges(question, inherited);
        if edges.is_empty() {
            return Ok(());
        }
        record.lines.add_thread(question.thread, question.thread_name.as_deref());
        let stack = question.backtrace.as_deref().and_then(|backtrace| record.image.relative(backtrace.addresses()));
        let stack = stack.map(|addresses| record.lines.add_stack(Stack { addresses }));
        edges.into_iter().for_each(|edge| record.lines.add(&Line::Edge(Edge { stack, ..edge })));
        record.write()
    });
}

/// Records a finding, the first time that it is told. Callers are inside the gate.
pub(crate) fn found(report: &Report) {
    if !is_on() {
        return;
    }
    let line = Line::Finding(Box::new(report.clone()));
    with(|record| {
        record.found.insert(report.fingerprint.clone());
        record.lines.add(&line);
        record.write()
    });
}

/// Ends the record; what is not known was not to be had in time. `None` if somebody else writes just now.
pub(crate) fn try_end(repeats: Option<&[(String, u64)]>, lost: Option<Lost>) -> Option<()> {
    let mut record = RECORD.try_lock()?;
    // A fork that has nothing to say leaves no record.
    let record = record.as_mut().filter(|record| record.pid == std::process::id() && is_on());
    if let Some(record) = record {
        let of_this = repeats.unwrap_or_default().iter().filter(|(fingerprint, _)| record.found.contains(fingerprint));
        for (fingerprint, count) in of_this {
            record.lines.add(&Line::Repeats(Repeats { fingerprint: Cow::Borrowed(fingerprint), count: *count }));
        }
        let mut holes = holes(lost, record.lines.dropped());
        if repeats.is_none() {
            holes.push(format!("{BUSY}: how often findings came again is not known."));
        }
        record.lines.add(&Line::End(End { holes }));
        // Who reads it sees that the last line is missing.
        let _ = record.write();
        OVER.raise();
    }
    Some(())
}

const BUSY: &str = "The detector was at work when the process ended";

fn holes(lost: Option<Lost>, edges: u64) -> Vec<String> {
    let mut holes = Vec::new();
    match lost {
        None => holes.push(format!("{BUSY}: what it had lost before is not known.")),
        Some(Lost { contexts, searches }) => {
            if contexts != 0 {
                holes.push(hole_of_contexts(contexts));
            }
            if searches != 0 {
                holes.push(format!(
                    "{searches} searches for cycles reached their limit and were cut short: there may be more than was \
                     found."
                ));
            }
        }
    }
    if edges != 0 {
        holes.push(format!(
            "The record was full: {edges} times a lock was requested under another one in a way that was not written down."
        ));
    }
    holes
}

/// Uses the record of this process, if it keeps one.
fn with(act: impl FnOnce(&mut Record) -> io::Result<()>) {
    if !is_on() {
        return;
    }
    let mut record = RECORD.lock();
    let Some(record) = &mut *record else { return };
    if let Err(error) = record.own().and_then(|()| act(record)) {
        OVER.raise();
        // Who reads it sees that the last line is missing; who watches the process hears why.
        let folder = record.folder.display();
        let _ = writeln!(
            io::stderr(),
            "gordian: {folder} cannot be written: {error}; the record of this process ends there"
        );
    }
}

impl Record {
    fn new(folder: &Path) -> io::Result<Self> {
        let process = identity::this();
        let path = folder.join(format!("{}-{}.json", process.pid, process.started_ms));
        let file = File::options().append(true).create(true).open(&path)?;
        let (pid, mut lines) = (process.pid, Lines::default());
        lines.add(&Line::Process(process));
        let folder = folder.to_owned();
        let mut record = Self { folder, file, pid, lines, image: Image::Unread, found: FxHashSet::default() };
        record.write()?;
        Ok(record)
    }

    /// Begins another record if this process was forked from the one that began this.
    fn own(&mut self) -> io::Result<()> {
        if self.pid != std::process::id() {
            *self = Self::new(&self.folder)?;
        }
        Ok(())
    }

    /// Writes the lines that were added, all at once.
    fn write(&mut self) -> io::Result<()> {
        // One system call, unless it is interrupted or the disk is full.
        self.file.write_all(&self.lines.take())
    }
}
