//! The lines of a record, as `docs/formats/record.md` describes them: the same types write it and read it.
//!
//! Must not know: files, processes.
//! INVARIANT: a line names by number only what an earlier line of its file has told.

use crate::json::json;
use crate::report::{Frame, Place, Report};
use std::borrow::Cow;

/// The format's version: readers must know the major number, and may ignore the minor one.
pub const VERSION: (u16, u16) = (1, 0);

/// One line of a record: a JSON object with one key.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Line<'a> {
    /// The first line: whose record this is.
    Process(Process),
    /// A place in the source. Places are numbered from 0 in the order of their lines.
    Place(Place),
    /// A lock class. Classes are numbered from 0 in the order of their lines.
    #[cfg_attr(feature = "serde", serde(borrow))]
    Class(Class<'a>),
    /// A thread, told before the first line that names it.
    Thread(Thread<'a>),
    /// A stack that was caught and not resolved. Stacks are numbered from 0 in the order of their lines.
    Stack(Stack),
    /// A lock was requested under another one.
    Edge(Edge),
    /// What was found, at the moment it was found.
    Finding(Box<Report>),
    /// How often a finding that was told came again.
    Repeats(Repeats<'a>),
    /// The last line of a process that ended by itself.
    End(End),
    /// A crate that was built without checked locks. Written by `cargo gordian`, not by a process.
    Unwatched(Unwatched),
    /// What a stack's addresses mean. Written by `cargo gordian` beside the record, since a process may be killed.
    Frames(Frames),
}

json!(lines Line<'a> { Process = "process", Place = "place", Class = "class", Thread = "thread", Stack = "stack", Edge = "edge", Finding = "finding", Repeats = "repeats", End = "end", Unwatched = "unwatched", Frames = "frames" });

/// Whose record it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Process {
    /// The format's version, major and minor.
    pub format: (u16, u16),
    /// The version of gordian that wrote it.
    pub gordian: String,
    /// The machine's name; empty if it is not known.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// When it first met gordian, in milliseconds since 1970.
    pub started_ms: u64,
    /// The program's path.
    pub program: String,
    /// What it was called with.
    pub arguments: Vec<String>,
    /// The package that cargo ran it for (`CARGO_PKG_NAME`), if cargo did.
    pub package: Option<String>,
}

json!(struct Process { format, gordian, host, pid, started_ms, program, arguments, package });

/// The locks of one type that were created at one place, or under one name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Class<'a> {
    /// The name the user gave it.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub name: Option<Cow<'a, str>>,
    /// What kind of lock it is, such as `Mutex`.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub kind: Cow<'a, str>,
    /// Its type, such as `Mutex<Vec<u64>>`.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub type_name: Cow<'a, str>,
    /// Where it was created, by number.
    pub created: u32,
}

json!(struct Class<'a> { name, kind, type_name, created });

/// A thread.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Thread<'a> {
    /// From 1, in the order in which threads met the detector.
    pub number: u32,
    /// Its name, if it has one.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub name: Option<Cow<'a, str>>,
}

json!(struct Thread<'a> { number, name });

/// Return addresses, innermost first, counted from where the program's image was loaded.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stack {
    /// The addresses; what lay outside of the program's own image is left out.
    pub addresses: Vec<u64>,
}

json!(struct Stack { addresses });

/// A lock requested under another one: evidence for an order between two classes.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Edge {
    /// The held class, by number.
    pub from: u32,
    /// The requested class, by number.
    pub to: u32,
    /// How the first was held.
    pub held: Mode,
    /// How the second was requested.
    pub wanted: Mode,
    /// Where the first was requested, by number.
    pub held_at: u32,
    /// Where the second was requested, by number.
    pub wanted_at: u32,
    /// What else was held: classes by number, each with its mode, oldest first.
    pub gates: Vec<(u32, Mode)>,
    /// The thread's number.
    pub thread: u32,
    /// The stack of the request, by number, if it was caught.
    pub stack: Option<u32>,
}

json!(struct Edge { from, to, held, wanted, held_at, wanted_at, gates, thread, stack });

/// How a lock is held or requested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mode {
    /// Alone.
    Exclusive,
    /// With other readers, but behind a writer that waits already.
    Shared,
    /// With other readers, past any waiting writer.
    SharedRecursive,
}

json!(words Mode { Exclusive = "exclusive", Shared = "shared", SharedRecursive = "shared_recursive" });

/// How often something was found.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Repeats<'a> {
    /// The finding's.
    #[cfg_attr(feature = "serde", serde(borrow))]
    pub fingerprint: Cow<'a, str>,
    /// Its first time included.
    pub count: u64,
}

json!(struct Repeats<'a> { fingerprint, count });

/// How a process ended, and what it could not look at.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct End {
    /// What the detector lost, one sentence each; empty in an ordinary run.
    pub holes: Vec<String>,
}

json!(struct End { holes });

/// A crate whose locks were not watched.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unwatched {
    /// The package's name.
    pub package: String,
    /// The crate's name.
    pub krate: String,
    /// Why, in one sentence.
    pub reason: String,
    /// What the compiler said; may be empty.
    pub details: String,
}

json!(struct Unwatched { package, krate, reason, details });

/// A stack, resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Frames {
    /// The stack's number.
    pub stack: u32,
    /// Its frames, innermost first, trimmed to the user's.
    pub frames: Vec<Frame>,
}

json!(struct Frames { stack, frames });

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use crate::json::to_json;

    #[test]
    fn every_line_is_written_as_serde_writes_it() {
        let place = Place { file: "src/lib.rs".to_owned(), line: 1, column: 2 };
        let process = Process {
            format: VERSION,
            gordian: "0.1.0".to_owned(),
            host: String::new(),
            pid: 1,
            started_ms: 2,
            program: "bank".to_owned(),
            arguments: vec!["--exact".to_owned()],
            package: None,
        };
        let class = |name| Class { name, kind: "Mutex".into(), type_name: "Mutex<&\"u8>".into(), created: 0 };
        let edge = Edge {
            from: 0,
            to: 1,
            held: Mode::Exclusive,
            wanted: Mode::SharedRecursive,
            held_at: 0,
            wanted_at: 0,
            gates: vec![(2, Mode::Shared)],
            thread: 1,
            stack: Some(0),
        };
        let text = String::new;
        let lines = [
            Line::Process(process),
            Line::Place(place.clone()),
            Line::Class(class(None)),
            Line::Class(class(Some("accounts".into()))),
            Line::Thread(Thread { number: 1, name: Some("main".into()) }),
            Line::Stack(Stack { addresses: vec![1, u64::MAX] }),
            Line::Edge(edge.clone()),
            Line::Edge(Edge { gates: Vec::new(), stack: None, ..edge }),
            Line::Repeats(Repeats { fingerprint: "G010-0".into(), count: 3 }),
            Line::End(End { holes: vec!["a\nb".to_owned()] }),
            Line::Unwatched(Unwatched { package: text(), krate: text(), reason: text(), details: text() }),
            Line::Frames(Frames { stack: 0, frames: vec![Frame { function: "main".to_owned(), place: Some(place) }] }),
        ];
        for line in &lines {
            assert_eq!(to_json(line), serde_json::to_string(line).unwrap());
        }
    }
}
