//! Turns the ids of a finding into labels, types, places and threads.
//!
//! Must not know: sentences, formats.
//! INVARIANT: labels are unique within a report, and the same for the same finding in every run.

use super::{
    Frame, HeldReport, LockReport, Place, Report, Side, ThreadReport, Wakers, Want, Writer, explain, frames, races,
};
use crate::event::{Deed, HeldLock, Kind, LockId, Mode, ThreadId};
use crate::finding::{self, Finding, Hold, Party, Reservation, Step, Wanted};
use crate::lint::{Level, Lint};
use crate::probe;
use crate::rt::{Backtrace, Site};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

impl Report {
    /// Tells a finding.
    ///
    /// # Cost
    /// Resolves backtraces: up to a second for the first call in a large program.
    pub(crate) fn new(finding: &Finding, level: Level, fingerprint: &str, count: u64) -> Self {
        let mut report = describe(finding, level, frames::resolve);
        report.fingerprint = fingerprint.to_owned();
        report.count = count;
        (report.reasons, report.advice) = explain::explain(finding, &report);
        report.reasons.extend(finding.reservation.map(reserved));
        if finding.cut_short {
            report.holes.push(
                "The search for cycles reached its limit and was cut short: there may be a worse one than this."
                    .to_owned(),
            );
        }
        if finding.forgotten != 0 {
            report.holes.push(hole_of_contexts(finding.forgotten));
        }
        report
    }

    /// Returns the title that [`Report::new`] gives a finding, without the cost of its backtraces.
    pub(crate) fn new_title(finding: &Finding) -> String {
        describe(finding, Level::Allow, |_| Vec::new()).title
    }
}

/// Says why a finding about tasks is only a warning.
fn reserved(reservation: Reservation) -> String {
    let why = match reservation {
        Reservation::Branches => {
            "One of these tasks runs several futures by turns (`join!`, `select!` or the like): what one of them holds may be \
             given back while another one waits."
        }
        Reservation::Unseen => {
            "No stack shows whether one of these tasks runs several futures by turns (`join!`, `select!` or the like), in \
             which case what one of them holds may be given back while another one waits."
        }
        Reservation::Apart => {
            "These tasks were not both alive when they did this, as far as was seen: if one of them is always through with it \
             before the other one begins, they cannot meet."
        }
        Reservation::Movable => {
            "One of these guards is an owned one: if it was moved to another task, that one gives the lock back, whatever \
             the task waits for that is told to hold it."
        }
        Reservation::Habit => {
            "gordian knows who did so far what is waited for, and not who will: a thread that never did may step in."
        }
    };
    format!("{why} That is why this is only a warning.")
}

/// Says what it means that so many contexts were forgotten.
pub(crate) fn hole_of_contexts(forgotten: u64) -> String {
    format!(
        "{forgotten} contexts in which locks were taken have been forgotten for lack of room: an order that was seen \
         only there is not reported."
    )
}

fn describe(finding: &Finding, level: Level, resolve: fn(&Backtrace) -> Vec<Frame>) -> Report {
    let mut locks = Locks::default();
    let once = Once { resolve, known: RefCell::default() };
    let stack = |stack: Option<&Backtrace>| stack.map(|stack| once.frames(stack)).unwrap_or_default();
    let sides = match &finding.parties[..] {
        [] => sides_of_steps(finding, &mut locks, &stack),
        parties => sides_of_parties(finding, parties, &mut locks, &stack),
    };
    let mut report = Report {
        format: super::json::VERSION,
        code: finding.lint.code(),
        lint: finding.lint.name(),
        level: level.name(),
        title: String::new(),
        fingerprint: String::new(),
        count: 0,
        sides,
        locks: locks.labelled(),
        writer: finding.writer.map(|(thread, site)| Writer { thread: thread.0, site: Place::new(site) }),
        doubt: finding.doubt,
        reasons: Vec::new(),
        advice: Vec::new(),
        holes: Vec::new(),
    };
    report.title = explain::title(finding, &report);
    report
}

/// Resolves each stack once: threads that wait for each other often run the same code.
struct Once {
    resolve: fn(&Backtrace) -> Vec<Frame>,
    known: RefCell<FxHashMap<Backtrace, Vec<Frame>>>,
}

impl Once {
    fn frames(&self, stack: &Backtrace) -> Vec<Frame> {
        if let Some(frames) = self.known.borrow().get(stack) {
            return frames.clone();
        }
        let frames = (self.resolve)(stack);
        self.known.borrow_mut().insert(stack.clone(), frames.clone());
        frames
    }
}

fn sides_of_steps(finding: &Finding, locks: &mut Locks, stack: &dyn Fn(Option<&Backtrace>) -> Vec<Frame>) -> Vec<Side> {
    let steps = explain::in_telling_order(finding);
    let wanted: Vec<usize> = steps.iter().map(|step| locks.add_edge(step)).collect();
    let mut held_by = |hold: &Hold| HeldReport {
        backtrace: stack(hold.backtrace.as_deref()),
        ..HeldReport::new(&hold.held, locks.add_held(&hold.held))
    };
    let side = |(step, lock): (&&Step, usize)| {
        let witness = &step.witness;
        let mode = Some(mode_word(witness.mode));
        let site = Place::new(witness.site);
        let want = Want { lock, deed: deed_word(Deed::Request), mode, site, wakers: None };
        Side {
            process: None,
            thread: ThreadReport { number: witness.thread.0, name: witness.thread_name.as_deref().map(clean) },
            held: witness.held.iter().map(&mut held_by).collect(),
            holds: Some(step.from),
            wants: (finding.lint != Lint::LeakedGuard).then_some(want),
            lasted_ms: None,
            value: None,
            backtrace: stack(witness.backtrace.as_deref()),
        }
    };
    steps.iter().zip(wanted).map(side).collect()
}

fn sides_of_parties(
    finding: &Finding,
    parties: &[Party],
    locks: &mut Locks,
    stack: &dyn Fn(Option<&Backtrace>) -> Vec<Frame>,
) -> Vec<Side> {
    // What the finding is about is told before whatever else was held.
    let wanted: Vec<Option<usize>> = parties
        .iter()
        .map(|party| {
            party.hold().map(|hold| locks.add_held(hold));
            party.act.as_ref().map(|(_, wanted)| locks.add_wanted(party, wanted, finding))
        })
        .collect();
    let side = |(party, lock): (&Party, Option<usize>)| Side {
        process: None,
        thread: thread_of(party),
        held: party.held.iter().map(|held| HeldReport::new(held, locks.add_held(held))).collect(),
        holds: party.holds,
        wants: party.act.as_ref().zip(lock).map(|((deed, wanted), lock)| Want {
            lock,
            deed: deed_word(*deed),
            mode: is_lock(wanted.access.kind).then(|| mode_word(wanted.access.mode)),
            site: Place::new(party.site),
            wakers: Wakers::new(&party.wakers),
        }),
        lasted_ms: party.lasted.map(|lasted| u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX)),
        value: party.value.map(races::value_word),
        backtrace: stack(party.backtrace.as_deref()),
    };
    parties.iter().zip(wanted).map(side).collect()
}

fn thread_of(party: &Party) -> ThreadReport {
    ThreadReport { number: party.thread.0, name: party.thread_name.as_deref().map(clean) }
}

/// Returns the threads whose ends a party waits for, as a label.
fn ends(party: &Party, finding: &Finding) -> Option<String> {
    let thread = |id: ThreadId| {
        let known = finding.parties.iter().find(|party| party.thread == id).map(thread_of);
        known.unwrap_or(ThreadReport { number: id.0, name: None }).to_string()
    };
    match &party.wakers {
        finding::Wakers::Each(ids) => match &ids[..] {
            [] => None,
            [one] => Some(thread(*one)),
            many => {
                let mut numbers: Vec<u32> = many.iter().map(|id| id.0).collect();
                numbers.sort_unstable();
                Some(format!("threads {}", super::text::runs(&numbers)))
            }
        },
        // The thread that is joined is the other party.
        _ if finding.lint == Lint::WaitWhileHolding => {
            finding.parties.iter().map(|party| party.thread).find(|other| *other != party.thread).map(thread)
        }
        _ => None,
    }
}

impl HeldReport {
    fn new(held: &HeldLock, lock: usize) -> Self {
        Self { lock, mode: mode_word(held.access.mode), site: Place::new(held.site), backtrace: Vec::new() }
    }
}

fn numbers(threads: &[ThreadId]) -> Vec<u32> {
    let mut numbers: Vec<u32> = threads.iter().map(|thread| thread.0).collect();
    numbers.sort_unstable();
    numbers
}

impl Wakers {
    fn new(wakers: &finding::Wakers) -> Option<Self> {
        let (who, threads) = match wakers {
            finding::Wakers::Each(threads) => ("each", numbers(threads)),
            finding::Wakers::AnyOf(threads) => ("any_of", numbers(threads)),
            finding::Wakers::Users(threads) => ("users", numbers(threads)),
            finding::Wakers::Debtors(threads) => ("debtors", numbers(threads)),
            finding::Wakers::Gone(thread) => ("gone", vec![thread.0]),
            finding::Wakers::Anyone => ("anyone", Vec::new()),
            finding::Wakers::Nobody => return None,
        };
        Some(Self { who, threads })
    }
}

impl LockReport {
    /// Tells what a lock is. Its label is what suits it alone, and may not be unique among many.
    pub(crate) fn new(lock: &Wanted) -> Self {
        let kind = kind_word(lock.access.kind);
        let type_name = match lock.access.kind {
            Kind::Once | Kind::Condvar | Kind::Barrier | Kind::Thread | Kind::Park | Kind::Memory => kind.to_owned(),
            Kind::Semaphore | Kind::TaskSemaphore | Kind::Event | Kind::Notify => kind.to_owned(),
            Kind::ProcessLock => (lock.access.type_name)().to_owned(),
            Kind::Atomic => short_type((lock.access.type_name)()),
            _ => format!("{kind}<{}>", short_type((lock.access.type_name)())),
        };
        let (name, created) = (probe::name(lock.name.0), Place::new(lock.created));
        let label = match (name, lock.access.kind) {
            (None, Kind::Memory) => "watched memory".to_owned(),
            (None, Kind::Atomic) => type_name.clone(),
            (None, Kind::Thread) => format!("{kind} started at {}:{}", created.file, created.line),
            _ => label(name, kind, &created),
        };
        Self { label, name, kind, type_name, created }
    }
}

impl Place {
    pub(crate) fn new(site: Site) -> Self {
        Self { file: site.file().to_owned(), line: site.line(), column: site.column() }
    }
}

/// The locks of a report, each once.
#[derive(Default)]
struct Locks {
    keys: Vec<LockId>,
    reports: Vec<LockReport>,
}

impl Locks {
    /// Adds both ends of an edge and returns the place of its end.
    fn add_edge(&mut self, step: &Step) -> usize {
        self.add_held(&step.hold().held);
        self.add(&step.wanted)
    }

    fn add_held(&mut self, held: &HeldLock) -> usize {
        self.add(&Wanted::of(held))
    }

    fn add(&mut self, lock: &Wanted) -> usize {
        self.keys.iter().position(|known| *known == lock.lock).unwrap_or_else(|| {
            self.keys.push(lock.lock);
            self.reports.push(LockReport::new(lock));
            self.keys.len() - 1
        })
    }

    /// Adds what a party does something to. Threads are called by their numbers.
    fn add_wanted(&mut self, party: &Party, wanted: &Wanted, finding: &Finding) -> usize {
        let index = self.add(wanted);
        let label = match wanted.access.kind {
            Kind::Thread => ends(party, finding),
            // Who unparks it is told of it, too.
            Kind::Park if party.act.is_some_and(|(deed, _)| deed == Deed::Park) => {
                Some(format!("park of {}", thread_of(party)))
            }
            _ => None,
        };
        if let Some(label) = label {
            let lock = &mut self.reports[index];
            (lock.label, lock.name) = (label, None);
        }
        index
    }

    fn labelled(mut self) -> Vec<LockReport> {
        make_unique(&mut self.reports);
        self.reports
    }
}

/// Returns what to call a lock.
pub(super) fn label(name: Option<&str>, kind: &str, created: &Place) -> String {
    match name {
        Some(name) => clean(name),
        None => format!("{kind} created at {}:{}", created.file, created.line),
    }
}

/// Makes the labels unique: those that are not get a number each.
pub(super) fn make_unique(locks: &mut [LockReport]) {
    let plain: Vec<String> = locks.iter().map(|lock| lock.label.clone()).collect();
    let mut uses: FxHashMap<&str, usize> = FxHashMap::default();
    plain.iter().for_each(|label| *uses.entry(label).or_default() += 1);
    let mut taken: FxHashSet<String> = plain.iter().cloned().collect();
    let mut last: FxHashMap<&str, u32> = FxHashMap::default();
    for (lock, label) in locks.iter_mut().zip(&plain) {
        if uses[label.as_str()] > 1 {
            let number = last.entry(label).or_default();
            while {
                *number += 1;
                lock.label = format!("{label} #{number}");
                !taken.insert(lock.label.clone())
            } {}
        }
    }
}

/// Returns text that cannot move a cursor or change a colour.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// Returns a type's name without the modules of its parts: `Vec<Option<u8>>`.
///
/// A closure keeps the function that it is in: `main::{closure}`.
fn short_type(full: &str) -> String {
    let mut short = String::new();
    let is_path = |char: char| char.is_alphanumeric() || "_:{}#".contains(char);
    for part in full.split_inclusive(|char| !is_path(char)) {
        let path = part.trim_end_matches(|char| !is_path(char));
        short += short_path(path);
        short += &part[path.len()..];
    }
    short.replace("{{closure}}", "{closure}")
}

fn short_path(path: &str) -> &str {
    let mut start = 0;
    for (colons, _) in path.match_indices("::") {
        // What follows a `>` begins with its colons and is a member: it stays whole.
        let member = &path[colons + 2..];
        if colons > 0 && !member.starts_with('{') {
            start = colons + 2;
        }
    }
    &path[start..]
}

fn mode_word(mode: Mode) -> &'static str {
    if mode.is_exclusive() { "exclusive" } else { "shared" }
}

fn deed_word(deed: Deed) -> &'static str {
    match deed {
        Deed::Request => "request",
        Deed::Wait => "wait",
        Deed::WaitTimeout => "wait_timeout",
        Deed::Arrive => "arrive",
        Deed::Receive => "receive",
        Deed::Send => "send",
        Deed::Join => "join",
        Deed::EndScope => "end_scope",
        Deed::Park => "park",
        Deed::Notify => "notify",
        Deed::Read => "read",
        Deed::Write => "write",
        Deed::Update => "update",
        Deed::Acquire => "acquire",
        Deed::Release => "release",
        Deed::WaitEvent => "wait_event",
        Deed::Set => "set",
        Deed::Get => "get",
        Deed::Put => "put",
        Deed::JoinTasks => "join_tasks",
        Deed::TaskDone => "task_done",
    }
}

fn is_lock(kind: Kind) -> bool {
    use Kind::{
        LazyLock, Mutex, Once, OnceLock, ProcessLock, RLock, RwLock, Semaphore, TaskMutex, TaskRwLock, TaskSemaphore,
    };
    matches!(kind, Mutex | RwLock | RLock | Once | OnceLock | LazyLock)
        || matches!(kind, Semaphore | ProcessLock | TaskMutex | TaskRwLock | TaskSemaphore)
}

/// What locks between processes are called, reentrant or not: one path is one lock.
pub(super) const PROCESS_LOCK: &str = "process::Lock";

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Mutex | Kind::TaskMutex => "Mutex",
        Kind::RwLock | Kind::TaskRwLock => "RwLock",
        Kind::Notify => "Notify",
        Kind::RLock => "RLock",
        Kind::Once => "Once",
        Kind::OnceLock => "OnceLock",
        Kind::LazyLock => "LazyLock",
        Kind::ProcessLock => PROCESS_LOCK,
        Kind::Condvar => "Condvar",
        Kind::Barrier => "Barrier",
        Kind::Channel => "channel",
        Kind::SyncChannel => "sync_channel",
        Kind::Thread => "thread",
        Kind::Park => "park",
        Kind::UnsafeCell => "UnsafeCell",
        Kind::Shared => "Shared",
        Kind::Atomic => "atomic",
        Kind::Memory => "memory",
        Kind::Semaphore | Kind::TaskSemaphore => "Semaphore",
        Kind::Event => "Event",
        Kind::Queue => "Queue",
        Kind::LifoQueue => "LifoQueue",
        Kind::PriorityQueue => "PriorityQueue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_type_loses_its_modules_and_nothing_else() {
        for (full, short) in [
            ("u64", "u64"),
            ("()", "()"),
            ("alloc::vec::Vec<core::option::Option<u8>>", "Vec<Option<u8>>"),
            ("std::collections::hash::map::HashMap<&str, (u8, bank::Account)>", "HashMap<&str, (u8, Account)>"),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn(u8) -> bank::Id + core::marker::Send>",
                "Box<dyn Fn(u8) -> Id + Send>",
            ),
            ("dyn bank::Ledger", "dyn Ledger"),
            ("&mut [bank::Account; 3]", "&mut [Account; 3]"),
            ("*const bank::Account", "*const Account"),
            ("for<'a> fn(&'a bank::Id)", "for<'a> fn(&'a Id)"),
            ("bank::main::{{closure}}", "main::{closure}"),
            ("bank::pay::{{closure}}::{{closure}}", "pay::{closure}::{closure}"),
            ("bank::pay<bank::Id>::{{closure}}", "pay<Id>::{closure}"),
            ("<bank::Vault as bank::Store>::Key", "<Vault as Store>::Key"),
        ] {
            assert_eq!(short_type(full), short, "{full}");
        }
    }

    #[test]
    fn each_stack_is_resolved_once_and_no_two_are_mixed_up() {
        thread_local!(static RESOLVED: Cell<usize> = const { Cell::new(0) });
        let resolve = |_: &Backtrace| {
            let number = RESOLVED.replace(RESOLVED.get() + 1);
            vec![Frame { function: number.to_string(), place: None }]
        };
        let once = Once { resolve, known: RefCell::default() };
        let [one, other] = [Backtrace::capture(), Backtrace::capture()];
        let told: Vec<String> =
            [&one, &other, &one.clone(), &other].iter().map(|stack| once.frames(stack)[0].function.clone()).collect();
        assert_eq!(told, ["0", "1", "0", "1"]);
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(clean("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
    }
}
