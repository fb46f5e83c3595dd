//! What all processes saw together: made by the merge, read by every format.
//!
//! Must not know: how it is read, merged or shown.
//! INVARIANT: everything is sorted, and numbers count positions in it, so that equal unions are equal values, whatever
//! the order in which their records came.

use gordian::record::format::{Mode, Process, Unwatched};
use gordian::{Frame, Place, Report};
use serde::{Deserialize, Serialize};

/// Everything that is known after a run, or after many.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Union {
    /// Every process that left a record.
    pub processes: Vec<Seen>,
    /// The locks, by where they were created.
    pub classes: Vec<Class>,
    /// What was requested under what.
    pub edges: Vec<Edge>,
    /// Cycles of classes that one process saw whole, each as the sorted positions of its classes. It judged them with more
    /// knowledge than is left here, so that the merge keeps its hands off them.
    #[serde(default)]
    pub judged: Vec<Vec<usize>>,
    /// What was found, by processes and by the merge, each fingerprint once; the worst first.
    pub findings: Vec<Found>,
    /// Crates whose locks were not watched.
    pub unwatched: Vec<Unwatched>,
    /// What was lost or could not be read, one sentence each. If there are some, a clean report is not clean.
    pub holes: Vec<String>,
}

/// A process, and whether its record is whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// The process.
    #[serde(flatten)]
    pub process: Process,
    /// False if its last line is missing or torn: it was killed, or it aborted, and what it saw last may be lost. It is
    /// as much of a hole as what [`Union::holes`] names.
    pub is_whole: bool,
}

/// The locks of one type that were created at one place, or under one name there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Class {
    /// Where it was created.
    pub created: Place,
    /// The name the user gave it.
    pub name: Option<String>,
    /// What kind of lock it is, such as `Mutex`.
    pub kind: String,
    /// Its type, such as `Mutex<Vec<u64>>`.
    pub type_name: String,
}

/// An order between two classes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// The held class, a position in [`Union::classes`].
    pub from: usize,
    /// The class that was requested under it.
    pub to: usize,
    /// In how many processes it was seen.
    pub processes: u64,
    /// In how many different ways (places, modes, other locks held) it was seen, summed over the processes.
    pub contexts: u64,
    /// Evidence: few, chosen the same way whatever the order of merging.
    pub witnesses: Vec<Witness>,
}

/// How an order was seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Witness {
    /// Who saw it, a position in [`Union::processes`].
    pub process: usize,
    /// The thread's number, from 1.
    pub thread: u32,
    /// Its name, if it has one.
    pub thread_name: Option<String>,
    /// How the first lock was held.
    pub held: Mode,
    /// How the second was requested.
    pub wanted: Mode,
    /// Where the first was requested.
    pub held_at: Place,
    /// Where the second was requested.
    pub wanted_at: Place,
    /// What else was held: positions in [`Union::classes`], each with its mode, oldest first.
    pub gates: Vec<(usize, Mode)>,
    /// The stack of the request, innermost first; empty if none was caught or it could not be resolved.
    pub backtrace: Vec<Frame>,
}

/// A finding, and who found it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// What was found; its count is of all processes together.
    pub report: Report,
    /// Who found it, positions in [`Union::processes`]: the first few; if nobody did, whose records show it.
    pub processes: Vec<usize>,
    /// How many processes found it; 0 if only the union of their records shows it.
    pub found_by: u64,
    /// Whether it counts.
    pub standing: Standing,
}

/// Whether a finding counts for the exit code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    New,
    /// The baseline knows it.
    Known,
    /// A line of `gordian.toml` or of a suppression file silences it, for this reason.
    Suppressed(String),
}

impl Found {
    /// True if it fails the run.
    pub fn fails(&self) -> bool {
        self.standing == Standing::New && self.report.level == gordian::Level::Deny.name()
    }
}
