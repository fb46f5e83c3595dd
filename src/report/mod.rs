//! Turns findings into names, source places and frames: what every format is made of.
//!
//! Must not know: how findings are made. It cannot influence the program.
//! INVARIANT: a report owns its text; every format shows the same facts.

mod advice;
mod describe;
mod excerpt;
mod explain;
#[cfg(test)]
mod fixture;
pub mod frames;
mod json;
mod paint;
mod races;
mod silence;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
#[cfg(feature = "serde")]
pub mod union;
mod waits;
#[cfg(feature = "serde")]
mod words;

use crate::event::TASK;
use crate::json::json;
use std::fmt;

/// A word of the lists that reports are made of, or a name from the program. An alias, because serde would lend the text
/// of a `&'static str` from what it reads, and that lives for ever only once `words::word` has kept it.
type Word = &'static str;

/// A finding, told.
///
/// `Display` writes the plain text; [`Report::to_json`] the machine format of `docs/formats/report.schema.json`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Report {
    /// The format's version, major and minor: readers must know the major one.
    pub format: (u16, u16),
    /// The code of the lint, such as `G010`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub code: Word,
    /// The name of the lint, such as `lock_order`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub lint: Word,
    /// The level it was found at: `allow`, `warn` or `deny`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub level: Word,
    /// What was found, in one sentence that names the locks and the threads.
    pub title: String,
    /// The same for the same bug in every run: a code and 16 hexadecimal digits.
    pub fingerprint: String,
    /// How often it was found so far, this time included.
    pub count: u64,
    /// The locks, and whatever else is waited for or accessed: those of the cycle in its order, then what else was held.
    pub locks: Vec<LockReport>,
    /// For lock orders, one side for each edge of the cycle, in its order: each wants what the next one holds, the last
    /// one what the first one holds. Of data races, lost updates and broken atomicity, one for each access, in the order
    /// in which they came. Else one for each thread; of a `deadlock`, the thread that closed it first.
    pub sides: Vec<Side>,
    /// Where a writer was seen to request one of the locks, if the finding depends on a writer.
    pub writer: Option<Writer>,
    /// Threads of the process that the detector has never heard of. If one of them can wake the sides, they are not stuck.
    /// Of a data race, 1 if one side's thread was not started through gordian: what orders it may not have been seen.
    pub doubt: u32,
    /// Why it is not excused or, for a lint that says so, what excuses it and until when; one sentence each.
    pub reasons: Vec<String>,
    /// What to do about it, one sentence each.
    pub advice: Vec<String>,
    /// What the detector lost or could not look at, one sentence each; empty in an ordinary run.
    pub holes: Vec<String>,
}

json!(struct Report { format, code, lint, level, title, fingerprint, count, locks, sides, writer, doubt, reasons, advice, holes });

/// A lock, or another thing that threads wait for, as a reader knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LockReport {
    /// What to call it in text: its name, or one made of its creation site or its thread; unique in the report.
    pub label: String,
    /// The name the user gave it.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word_or_none"))]
    pub name: Option<Word>,
    /// What kind of thing it is, such as `Mutex`, `Condvar`, `channel`, `thread`, `UnsafeCell` or `atomic`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub kind: Word,
    /// Its type, such as `Mutex<Vec<u64>>`.
    pub type_name: String,
    /// Where it was created; a thread, where it was started; an atomic, or memory that is watched by hand, where it was
    /// accessed first.
    pub created: Place,
}

json!(struct LockReport { label, name, kind, type_name, created });

/// One thread: what it held and what it did then, which is most often to wait for something else, or to access it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Side {
    /// Whose thread it is, as in `bank (process 4711)`, if the sides are of several processes.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub process: Option<String>,
    /// The thread.
    pub thread: ThreadReport,
    /// Everything it held, oldest first.
    pub held: Vec<HeldReport>,
    /// Which of `held` the finding is about: what belongs to the cycle, or what another side waits for. `None` if the
    /// side is about none of them, or holds nothing.
    pub holds: Option<usize>,
    /// What it did, which is to request a lock if the finding is about lock orders. `None` if it only holds, as with a
    /// leaked guard.
    pub wants: Option<Want>,
    /// For how many milliseconds so far, where the finding is about that.
    pub lasted_ms: Option<u64>,
    /// What it read or left behind, if its deed was an access and the value fits a word.
    pub value: Option<String>,
    /// The stack of what it did, innermost first, trimmed to the user's frames; empty if none was caught.
    pub backtrace: Vec<Frame>,
}

json!(struct Side { thread, held, holds, wants, lasted_ms, value, backtrace; if_some process });

/// A thread as a reader knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ThreadReport {
    /// Its number, from 1, in the order in which threads met the detector. With the highest bit set it is a task, of which
    /// the rest is the runtime's own id.
    pub number: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
}

json!(struct ThreadReport { number, name });

/// A held lock.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HeldReport {
    /// Its place in [`Report::locks`].
    pub lock: usize,
    /// `exclusive` or `shared`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub mode: Word,
    /// Where it was requested.
    pub site: Place,
    /// The stack of its acquisition, if all are kept (`GORDIAN_BACKTRACE=full`).
    pub backtrace: Vec<Frame>,
}

json!(struct HeldReport { lock, mode, site, backtrace });

/// What a thread did, and to what.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Want {
    /// Its place in [`Report::locks`].
    pub lock: usize,
    /// What was done: `request` of a lock, `wait`, `wait_timeout` or `notify` of a condition variable, `arrive` at a
    /// barrier, `receive` or `send`, `join`, `end_scope`, `park`; `read`, `write` or `update` of a value, by one access or
    /// in one section of a lock.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub deed: Word,
    /// Of a lock, `exclusive` or `shared`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word_or_none"))]
    pub mode: Option<Word>,
    /// Where it was done.
    pub site: Place,
    /// Who could end the wait. `None` if it was none, or if it is not known, as in lock orders.
    pub wakers: Option<Wakers>,
}

json!(struct Want { lock, deed, mode, site, wakers });

/// Who could end a wait.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Wakers {
    /// `each` of the threads must act; `anyone` that is not stuck itself can, and nobody is left; or the only one who
    /// could is `gone`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "words::word"))]
    pub who: Word,
    /// The numbers of the threads that `who` is about, if it is about some.
    pub threads: Vec<u32>,
}

json!(struct Wakers { who, threads });

/// A writer that would make readers wait.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Writer {
    /// The thread's number.
    pub thread: u32,
    /// Where it requested a lock of the cycle.
    pub site: Place,
}

json!(struct Writer { thread, site });

/// A place in the source.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Place {
    /// The path, as the compiler was given it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

json!(struct Place { file, line, column });

/// A call on a stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Frame {
    /// The function's path, without its hash.
    pub function: String,
    /// Where in it, if debug information tells.
    pub place: Option<Place>,
}

json!(struct Frame { function, place });

impl fmt::Display for Place {
    /// Writes `file:line:column`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for ThreadReport {
    /// Writes `thread 2 'name'`, or `task 7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None if self.number & TASK != 0 => write!(f, "task {}", self.number & !TASK),
            Some(name) => write!(f, "thread {} '{name}'", self.number),
            None => write!(f, "thread {}", self.number),
        }
    }
}

pub(crate) use self::describe::hole_of_contexts;
impl Side {
    /// Returns the thread and, if a report's sides are of several processes, whose it is.
    fn who(&self) -> String {
        match &self.process {
            Some(process) => format!("{} of {process}", self.thread),
            None => self.thread.to_string(),
        }
    }
}

pub(crate) use self::paint::Style;
