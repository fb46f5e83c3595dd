//! Turns findings into names, source places and frames: what every format is made of.
//!
//! Must not know: how findings are made. It cannot influence the program.
//! INVARIANT: a report owns its text; every format shows the same facts.

mod describe;
mod excerpt;
mod explain;
#[cfg(test)]
mod fixture;
mod frames;
mod json;
mod paint;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

use serde::Serialize;
use std::fmt;

/// A finding, told.
///
/// `Display` writes the plain text; [`Report::to_json`] the machine format of `docs/formats/report.schema.json`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The format's version, major and minor: readers must know the major one.
    pub format: (u16, u16),
    /// The code of the lint, such as `G010`.
    pub code: &'static str,
    /// The name of the lint, such as `lock_order`.
    pub lint: &'static str,
    /// The level it was found at: `allow`, `warn` or `deny`.
    pub level: &'static str,
    /// What was found, in one sentence that names the locks and the threads.
    pub title: String,
    /// The same for the same bug in every run: a code and 16 hexadecimal digits.
    pub fingerprint: String,
    /// How often it was found so far, this time included.
    pub count: u64,
    /// The locks of the cycle in its order, then what else was held.
    pub locks: Vec<LockReport>,
    /// One side for each edge of the cycle, in its order: each wants what the next one holds, the last one what the
    /// first one holds.
    pub sides: Vec<Side>,
    /// Where a writer was seen to request one of the locks, if the finding depends on a writer.
    pub writer: Option<Writer>,
    /// Why it is not excused or, for a lint that says so, what excuses it and until when; one sentence each.
    pub reasons: Vec<String>,
    /// What to do about it, one sentence each.
    pub advice: Vec<String>,
    /// What the detector lost or could not look at, one sentence each; empty in an ordinary run.
    pub holes: Vec<String>,
}

/// A lock as a reader knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct LockReport {
    /// What to call it in text: its name, or one made of its creation site; unique in the report.
    pub label: String,
    /// The name the user gave it.
    pub name: Option<&'static str>,
    /// What kind of lock it is, such as `Mutex`.
    pub kind: &'static str,
    /// Its type, such as `Mutex<Vec<u64>>`.
    pub type_name: String,
    /// Where it was created.
    pub created: Place,
}

/// One thread that held a lock and requested the next.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Side {
    /// The thread.
    pub thread: ThreadReport,
    /// Everything it held, oldest first.
    pub held: Vec<HeldReport>,
    /// Which of `held` belongs to the cycle.
    pub holds: usize,
    /// What it requested. `None` if it only holds, as with a leaked guard.
    pub wants: Option<Want>,
    /// The stack of the request, innermost first, trimmed to the user's frames; empty if none was caught.
    pub backtrace: Vec<Frame>,
}

/// A thread as a reader knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct ThreadReport {
    /// Its number, from 1, in the order in which threads met the detector.
    pub number: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
}

/// A held lock.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct HeldReport {
    /// Its place in [`Report::locks`].
    pub lock: usize,
    /// `exclusive` or `shared`.
    pub mode: &'static str,
    /// Where it was requested.
    pub site: Place,
    /// The stack of its acquisition, if all are kept (`GORDIAN_BACKTRACE=full`).
    pub backtrace: Vec<Frame>,
}

/// A requested lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Want {
    /// Its place in [`Report::locks`].
    pub lock: usize,
    /// `exclusive` or `shared`.
    pub mode: &'static str,
    /// Where it was requested.
    pub site: Place,
}

/// A writer that would make readers wait.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Writer {
    /// The thread's number.
    pub thread: u32,
    /// Where it requested a lock of the cycle.
    pub site: Place,
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The path, as the compiler was given it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A call on a stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Frame {
    /// The function's path, without its hash.
    pub function: String,
    /// Where in it, if debug information tells.
    pub place: Option<Place>,
}

impl fmt::Display for Place {
    /// Writes `file:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for ThreadReport {
    /// Writes `thread 2 'name'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "thread {} '{name}'", self.number),
            None => write!(f, "thread {}", self.number),
        }
    }
}

pub(crate) use self::paint::Style;
