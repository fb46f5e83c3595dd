//! Turns what threads do and wait for into words: verbs, titles, and who could wake them.
//!
//! Must not know: why it cannot end, what to do about it.
//! INVARIANT: every sentence is true of the finding at hand. Whoever could wake a thread is named with its side.

use super::describe::PROCESS_LOCK;
use super::{HeldReport, LockReport, Report, Side, ThreadReport, Wakers, Want, explain};
use crate::lint::Lint;

/// Returns what was found, in one sentence that names the threads and what they wait for.
pub(super) fn title(lint: Lint, report: &Report) -> String {
    match (lint, &report.sides[..]) {
        (Lint::Deadlock, sides) => deadlock(report, sides),
        (Lint::Stall, sides) => stall(report, sides),
        (Lint::WaitWhileHolding, [waiter, waker]) => wait_while_holding(report, waiter, waker),
        (Lint::LostNotify, [notifier, waiter]) => {
            let bell = report.said_of(notifier);
            format!(
                "{} notified {bell} when nobody waited, and {} waits on it now: that notification is lost, and nobody \
                 is left to send another",
                notifier.thread, waiter.thread
            )
        }
        (Lint::CondvarTwoMutexes, [before, now]) => {
            let (bell, first, second) = (report.said_of(before), report.said_hold(before), report.said_hold(now));
            let who = before.thread.to_string();
            let again = if who == now.thread.to_string() { String::new() } else { format!("{} ", now.thread) };
            format!(
                "{bell} is used with two mutexes: {who} waited on it with {first}, and {again}waits on it now with {second}"
            )
        }
        (Lint::LongHold, [side, ..]) if side.wants.is_none() => {
            let end = "longer than the limit that was set";
            format!("{} has held {}{}, {end}", side.thread, report.said_hold(side), side.lasted())
        }
        (Lint::LongHold, [side, ..]) => {
            format!("{}, and has done so{}, longer than the limit that was set", report.clause(side), side.lasted())
        }
        _ => lint.title().to_owned(),
    }
}

fn deadlock(report: &Report, sides: &[Side]) -> String {
    let count = sides.len();
    let rests_on_everyone = sides.iter().any(|side| side.wakers().is_some_and(|wakers| wakers.who == "anyone"));
    let end = match count {
        1 => "it can never go on".to_owned(),
        _ if report.rests_on_habit() => "they can go on only if yet another thread steps in".to_owned(),
        _ if rests_on_everyone => format!("{} to wake them", report.nobody()),
        2 => "neither can ever go on".to_owned(),
        _ => "none of them can ever go on".to_owned(),
    };
    if count <= MOST_IN_TITLE {
        return format!("{}: {end}", report.clauses(sides));
    }
    let first = report.clause(&sides[0]);
    if report.is_circle() && sides.iter().all(|side| side.hold().is_some()) {
        let ring = explain::ring(report);
        return format!("{count} threads wait for each other in a circle over {ring}: {first}, and so on; {end}");
    }
    format!("{count} threads can be woken only by each other: {}: {end}", report.clauses(sides))
}

fn stall(report: &Report, sides: &[Side]) -> String {
    let nobody = report.nobody();
    match sides {
        [side] if report.rests_on_habit() => {
            let debtors = side.wakers().map(|wakers| report.threads(&wakers.threads)).unwrap_or_default();
            format!("{}, and {debtors} ended before all was told as done", report.clause(side))
        }
        [side] => format!("{}, and {nobody} to wake it: it can never go on", report.clause(side)),
        // Not "all": those that were stuck, and reported, before are not told again.
        _ => format!("{} threads wait, and {nobody} to wake them: {}", sides.len(), report.clauses(sides)),
    }
}

fn wait_while_holding(report: &Report, waiter: &Side, waker: &Side) -> String {
    let (clause, held) = (report.clause(waiter), report.said_hold(waiter));
    if report.is_on_one_thread(waiter, waker) {
        return format!(
            "{clause} while it holds {held}, and {} blocks their thread for {held}: neither can go on",
            waker.thread
        );
    }
    let end = match &waker.wants {
        Some(want) if want.deed != "request" => {
            let (does, to) = report.did(want);
            let is_same = waiter.wants.as_ref().is_some_and(|wait| wait.lock == want.lock);
            let thing = if is_same { String::new() } else { format!("{to} {}", report.said_in_full(want.lock)) };
            format!("{} held {held} when it {does}{thing}", waker.thread)
        }
        _ => format!("{} was seen to need {held} before it ends", waker.thread),
    };
    let comma = if clause.contains(", which ") { "," } else { "" };
    format!("{clause}{comma} while it holds {held}, and {end}: each can end up waiting for the other for ever")
}

/// Threads that a title tells in full before it leaves some out.
const MOST_IN_TITLE: usize = 3;

impl Report {
    /// True if a side gave its thread away under a lock of that thread's, and another one blocks there for that lock.
    pub(super) fn is_on_one_thread(&self, waiter: &Side, waker: &Side) -> bool {
        let deed = |side: &Side| side.wants.as_ref().map(|want| want.deed);
        deed(waker) == Some("request") && !matches!(deed(waiter), Some("join" | "end_scope"))
    }

    /// True if each side waits for the next one by name, and the last one for the first.
    pub(super) fn is_circle(&self) -> bool {
        let next = self.sides.iter().cycle().skip(1);
        self.sides.len() > 1
            && self
                .sides
                .iter()
                .zip(next)
                .all(|(side, next)| side.wakers().is_some_and(|wakers| wakers.are_needed(next)))
    }

    /// True if it rests on who did what so far.
    pub(super) fn rests_on_habit(&self) -> bool {
        let wakers = self.sides.iter().filter_map(Side::wakers);
        wakers.map(|wakers| wakers.who).any(|who| matches!(who, "users" | "debtors"))
    }

    /// True if its sides are threads that do things, and not the edges of a lock order.
    pub(super) fn is_about_waits(&self) -> bool {
        use Lint::{CondvarTwoMutexes, Deadlock, LongHold, LostNotify, Stall, WaitWhileHolding};
        [Deadlock, Stall, WaitWhileHolding, LostNotify, CondvarTwoMutexes, LongHold]
            .iter()
            .any(|lint| lint.name() == self.lint)
    }

    /// True if its sides are requests of locks, each under another one.
    pub(super) fn is_about_requests(&self) -> bool {
        !self.is_about_waits() && !self.is_about_races()
    }

    /// True if nobody can wake the threads that wait.
    pub(super) fn is_stuck(&self) -> bool {
        [Lint::Deadlock, Lint::Stall, Lint::LostNotify].iter().any(|lint| lint.name() == self.lint)
    }

    fn nobody(&self) -> &'static str {
        if self.doubt == 0 { "nobody is left" } else { "no other thread that gordian knows is left" }
    }

    /// Returns what is done to a thing, as it stands before the thing's label.
    pub(super) fn verb(&self, want: &Want) -> &'static str {
        match want.deed {
            "request" if self.is_about_waits() => "waits for",
            "request" => "wants",
            "wait" => "waits on",
            "wait_timeout" => "waits a while on",
            "arrive" => "waits at",
            "receive" => "receives from",
            "send" => "sends to",
            "join" => "joins",
            "end_scope" => "waits for the end of",
            "notify" if self.locks[want.lock].kind == "park" => "unparks",
            "notify" => "notifies",
            "acquire" => "waits for a permit of",
            "release" => "releases",
            "wait_event" => "waits for",
            "set" => "sets",
            "get" => "gets from",
            "put" => "puts into",
            "join_tasks" => "waits for all tasks of",
            "task_done" => "tells a task as done to",
            _ => "is parked",
        }
    }

    /// Returns what a waker was seen to do, and the word that leads to the thing.
    fn did(&self, want: &Want) -> (&'static str, &'static str) {
        match want.deed {
            "notify" if self.locks[want.lock].kind == "park" => ("unparked that thread", ""),
            "notify" => ("notified", ""),
            "send" => ("sent", " to"),
            "receive" => ("received", " from"),
            "arrive" => ("arrived", " at"),
            "release" => ("released it", ""),
            "set" => ("set it", ""),
            "get" => ("took an item out", " of"),
            "put" => ("put an item in", " to"),
            "task_done" => ("told a task as done", " to"),
            _ => ("acted", " on"),
        }
    }

    /// Returns what a thread does and, of a lock, who has it.
    pub(super) fn clause(&self, side: &Side) -> String {
        let Side { thread, wants: Some(want), .. } = side else { return format!("{} holds on", side.thread) };
        let (thing, lock) = (self.said_in_full(want.lock), &self.locks[want.lock]);
        let does = match (want.deed, want.mode) {
            ("request", _) if lock.is_initialised() => format!("waits for the initialiser of {thing}"),
            ("request", Some("shared")) => format!("waits to read {thing}"),
            ("request", _) if lock.kind == "RwLock" => format!("waits to write {thing}"),
            ("wait_timeout", _) => format!("waits on {thing} for a limited time"),
            ("send", _) => format!("sends to {thing}, which has no room"),
            ("put", _) => format!("puts into {thing}, which is full"),
            ("get", _) => format!("gets from {thing}, which is empty"),
            ("park", _) => "is parked".to_owned(),
            _ => format!("{} {thing}", self.verb(want)),
        };
        let Some(wakers) = &want.wakers else { return format!("{thread} {does}") };
        let whose = match (want.deed, wakers.who) {
            ("request", "gone") => format!(", which {} held when it ended", self.threads(&wakers.threads)),
            ("request", "each") => {
                let (queued, holders) = self.queued(want, wakers);
                let (hold, run) = if holders.len() == 1 { ("holds", "runs") } else { ("hold", "run") };
                let has = if lock.is_initialised() { run } else { hold };
                let of_holders = || format!(", which {} {has}", self.threads(&holders));
                let of_queued = || format!(", behind {}, which queues to write", self.threads(&queued));
                match (&holders[..], &queued[..]) {
                    ([], []) => String::new(),
                    ([], _) => of_queued(),
                    _ => of_holders(),
                }
            }
            ("acquire", "each" | "any_of") => match &wakers.threads[..] {
                [one] => format!(", which {} holds", self.threads(&[*one])),
                many => format!(", which {} hold", self.threads(many)),
            },
            ("wait", "each") => format!(", whose mutex {} holds", self.threads(&wakers.threads)),
            _ => String::new(),
        };
        format!("{thread} {does}{whose}")
    }

    fn clauses(&self, sides: &[Side]) -> String {
        // Of many, those are told that do different things.
        let does = |side: &Side| side.wants.as_ref().map(|want| (want.deed, want.lock));
        let is_new = |index: usize| sides[..index].iter().all(|before| does(before) != does(&sides[index]));
        let told = (0..sides.len()).filter(|&index| sides.len() <= MOST_IN_TITLE || is_new(index));
        let clauses: Vec<String> = told.take(MOST_IN_TITLE).map(|index| self.clause(&sides[index])).collect();
        match (&clauses[..], sides.len() - clauses.len()) {
            ([one, two], 0) => format!("{one}, and {two}"),
            ([before @ .., last], 0) if !before.is_empty() => format!("{}; and {last}", before.join("; ")),
            (all, 0) => all.concat(),
            (all, more) => format!("{}; and {more} more", all.join("; ")),
        }
    }

    /// Returns who could end a side's wait, and why nobody does. `None` if it does not wait.
    fn waking(&self, side: &Side) -> Option<String> {
        let want = side.wants.as_ref()?;
        let wakers = want.wakers.as_ref()?;
        let thing = self.said(want.lock);
        let each = self.threads_with_sides(&wakers.threads);
        Some(match (wakers.who, want.deed) {
            ("gone", _) => {
                format!("nobody: {} ended without giving {thing} back", self.threads(&wakers.threads))
            }
            ("each", "request") if self.locks[want.lock].is_initialised() => {
                format!("only {each}, whose initialiser of {thing} runs")
            }
            ("each", "request") => {
                let (queued, holders) = self.queued(want, wakers);
                let holds = |many: bool| if many { "which hold" } else { "which holds" };
                let of_holders = format!("{}, {} {thing}", self.threads_with_sides(&holders), holds(holders.len() > 1));
                let of_queued = format!("{}, the writer that queues in front", self.threads_with_sides(&queued));
                match (&holders[..], &queued[..]) {
                    (_, []) => format!("only {of_holders}"),
                    ([], _) => format!("only {of_queued}"),
                    _ => format!("only {of_holders}, and {of_queued}"),
                }
            }
            ("each", "wait" | "wait_timeout") => {
                format!("only {each}, which holds the mutex that the wait takes again")
            }
            ("each", "join" | "end_scope") => format!("only the end of {each}"),
            ("each", "acquire") => format!("only {each}, which has the permit"),
            ("any_of", _) => format!("any of {each}, which have the permits; but all of them wait, too"),
            ("users", "get") => format!("{each}: nobody else has put into {thing} so far"),
            ("users", _) => format!("{each}: nobody else has taken out of {thing} so far"),
            ("debtors", _) => format!("{each}, by `task_done` for what was taken out of {thing}"),
            ("each", _) => format!("only {each}"),
            (_, deed) => {
                let how = match deed {
                    "wait" | "wait_timeout" => "any other thread, by a notify",
                    "receive" => "any thread with a Sender, by sending, or by dropping the last one",
                    "send" => "the thread with the Receiver, by receiving or by dropping it",
                    "arrive" => "more threads, by arriving",
                    "park" => "any other thread, by `unpark`",
                    "acquire" => "any other thread, by giving a permit",
                    "wait_event" => "any other thread, by `set`",
                    "get" => "any other thread, by putting an item",
                    "put" => "any other thread, by taking an item",
                    "join_tasks" => "any other thread, by `task_done`",
                    _ => "any other thread",
                };
                match (self.is_stuck(), self.doubt) {
                    (true, 0) => format!("{how}; nobody is left who could"),
                    (true, _) => format!("{how}; nobody that gordian knows is left who could"),
                    _ => how.to_owned(),
                }
            }
        })
    }

    /// Returns who could wake a group of sides, as a line of its own. `None` if they do not wait.
    pub(super) fn waking_line(&self, group: &[usize]) -> Option<String> {
        if !self.is_stuck() && self.lint != Lint::LongHold.name() {
            // It is no more than a risk: others may wake it too.
            return None;
        }
        let first = self.waking(&self.sides[group[0]])?;
        let whom = if group.len() == 1 { "it" } else { "them" };
        let is_same = group.iter().all(|&side| self.waking(&self.sides[side]).as_ref() == Some(&first));
        Some(if is_same {
            format!("who could wake {whom}: {first}")
        } else if self.is_circle() {
            "who could wake them: each only the next one, and the last one only the first".to_owned()
        } else {
            "who could wake them: each only the threads that have what it waits for".to_owned()
        })
    }

    /// Splits wakers into writers that only queue for a lock, and those that hold it.
    pub(super) fn queued(&self, want: &Want, wakers: &Wakers) -> (Vec<u32>, Vec<u32>) {
        let queues = |thread: &u32| {
            let side = self.sides.iter().find(|side| side.thread.number == *thread);
            side.is_some_and(|side| side.requests(want.lock) && side.held.iter().all(|held| held.lock != want.lock))
        };
        wakers.threads.iter().partition(|thread| queues(thread))
    }

    fn thread(&self, number: u32) -> ThreadReport {
        let known = self.sides.iter().map(|side| &side.thread).find(|thread| thread.number == number);
        known.cloned().unwrap_or(ThreadReport { number, name: None })
    }

    /// Returns threads as a sentence names them.
    pub(super) fn threads(&self, numbers: &[u32]) -> String {
        match numbers {
            [one] => self.thread(*one).to_string(),
            [one, two] => format!("{} and {}", self.thread(*one), self.thread(*two)),
            many => format!("threads {}", super::text::runs(many)),
        }
    }

    /// The same, with where they are told.
    fn threads_with_sides(&self, numbers: &[u32]) -> String {
        let place = |number: u32| {
            let side = self.sides.iter().position(|side| side.thread.number == number)?;
            (self.sides.len() > 1).then(|| format!(" (side {})", side + 1))
        };
        match numbers {
            [one] => format!("{}{}", self.thread(*one), place(*one).unwrap_or_default()),
            many => self.threads(many),
        }
    }

    /// True if no other thing of the report is of a thing's kind.
    pub(super) fn is_only_of_kind(&self, lock: usize) -> bool {
        self.locks.iter().filter(|other| other.kind == self.locks[lock].kind).count() == 1
    }

    /// True if its kind is enough to tell a thing without a name from the others.
    pub(super) fn is_called_by_kind(&self, lock: usize) -> bool {
        self.locks[lock].kind != "thread" && !self.locks[lock].has_no_place() && self.is_only_of_kind(lock)
    }

    /// Returns what a side does something to, as a sentence names it.
    pub(super) fn said_of(&self, side: &Side) -> String {
        side.wants.as_ref().map_or_else(String::new, |want| self.said_in_full(want.lock))
    }

    /// Returns what a side holds, as a sentence names it.
    pub(super) fn said_hold(&self, side: &Side) -> String {
        side.hold().map_or_else(|| "a lock".to_owned(), |held| self.said_in_full(held.lock))
    }
}

impl Side {
    /// Returns the held lock that the finding is about.
    pub(super) fn hold(&self) -> Option<&HeldReport> {
        self.held.get(self.holds?)
    }

    pub(super) fn wakers(&self) -> Option<&Wakers> {
        self.wants.as_ref()?.wakers.as_ref()
    }

    /// Returns the mutex that is known only from the wait that it was given to.
    pub(super) fn waits_with(&self) -> Option<usize> {
        let (held, want) = (self.hold()?, self.wants.as_ref()?);
        (want.deed.starts_with("wait") && held.site == want.site).then_some(held.lock)
    }

    fn requests(&self, lock: usize) -> bool {
        self.wants.as_ref().is_some_and(|want| want.deed == "request" && want.lock == lock)
    }

    /// Returns for how long, after a space; nothing if that is not what the finding is about.
    pub(super) fn lasted(&self) -> String {
        match self.lasted_ms {
            None => String::new(),
            Some(ms @ ..1_000) => format!(" for {ms} ms"),
            Some(ms @ ..60_000) => format!(" for {}.{} s", ms / 1_000, ms / 100 % 10),
            Some(ms) => format!(" for {} min {} s", ms / 60_000, ms / 1_000 % 60),
        }
    }
}

impl Wakers {
    /// True if this side's thread has to act.
    fn are_needed(&self, side: &Side) -> bool {
        matches!(self.who, "each" | "any_of" | "users" | "debtors") && self.threads.contains(&side.thread.number)
    }
}

impl LockReport {
    /// True if it is held by the one who initialises it.
    pub(super) fn is_initialised(&self) -> bool {
        matches!(self.kind, "Once" | "OnceLock" | "LazyLock")
    }

    /// True if it can be held.
    pub(super) fn is_lock(&self) -> bool {
        self.is_initialised() || matches!(self.kind, "Mutex" | "RwLock" | "RLock" | "Semaphore" | PROCESS_LOCK)
    }
}
