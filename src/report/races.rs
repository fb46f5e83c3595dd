//! Turns accesses that came in each other's way into words: verbs, titles, marks, reasons and what to do.
//!
//! Must not know: widths, colours, formats.
//! INVARIANT: every sentence is true of the finding at hand; what depends on the meaning of the accesses is said as such.

mod lost;
mod split;

use self::lost::Lost;
use super::explain::short;
use super::{HeldReport, LockReport, Report, Side, Want};
use crate::event::Value;
use crate::finding::Finding;
use crate::lint::Lint;

/// Returns what was found, in one sentence that names the threads and what they access.
pub(super) fn title(finding: &Finding, report: &Report) -> String {
    match (finding.lint, &report.sides[..]) {
        (Lint::DataRace, [one, two]) => format!(
            "{} {} {}, and {} {} it: nothing that gordian saw puts one before the other",
            one.thread,
            verb(one),
            report.said_of(one),
            two.thread,
            verb(two)
        ),
        (Lint::LostUpdate, [read, between, write]) => Lost::new(finding).title(report, [read, between, write]),
        (Lint::Atomicity, [first, between, second]) => split::title(report, first, between, second),
        (lint, _) => lint.title().to_owned(),
    }
}

/// Returns the reasons and the advice.
pub(super) fn explain(finding: &Finding, report: &Report) -> (Vec<String>, Vec<String>) {
    match (finding.lint, &report.sides[..]) {
        (Lint::DataRace, [one, two]) => data_race(report, one, two),
        (Lint::LostUpdate, [read, _, write]) => {
            let lost = Lost::new(finding);
            (lost.reasons(), lost.advice(report, read, write))
        }
        (Lint::Atomicity, [first, between, second]) => split::explain(report, first, between, second),
        _ => (Vec::new(), Vec::new()),
    }
}

/// Returns a value as a reader knows it.
pub(super) fn value_word(value: Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Signed(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Address(address) => format!("{address:#x}"),
    }
}

impl Report {
    /// True if its sides are accesses, in the order in which they came.
    pub(super) fn is_about_races(&self) -> bool {
        [Lint::DataRace, Lint::LostUpdate, Lint::Atomicity].iter().any(|lint| lint.name() == self.lint)
    }

    /// True if a side is a whole section of a lock.
    fn is_locked(&self, side: &Side) -> bool {
        side.wants.as_ref().is_some_and(|want| self.locks[want.lock].is_lock())
    }

    /// Returns what a thread does, as it stands before the label of the thing, and what follows the label.
    pub(super) fn access(&self, index: usize) -> (&'static str, String) {
        let side = &self.sides[index];
        let value = side.value.as_ref().map_or_else(String::new, |value| format!(": {value}"));
        let is_last = index + 1 == self.sides.len();
        match (self.is_locked(side), is_last) {
            (true, true) => ("locks", format!(" again, {}", verb(side))),
            (true, false) => ("locks", format!(", {}", verb(side))),
            (false, true) if self.lint == Lint::LostUpdate.name() => ("overwrites", value),
            (false, _) => (verb(side), value),
        }
    }

    /// Returns what to write beside the source of sides that differ in their threads, locks and values only.
    pub(super) fn access_mark(&self, group: &[usize], thing: &str) -> String {
        let side = &self.sides[group[0]];
        let done = match deed(side) {
            "read" => "read",
            "write" => "written",
            _ => "read and written",
        };
        let is_last = group == [self.sides.len() - 1];
        let is_first = group[0] == 0;
        if self.is_locked(side) {
            return match (is_first, is_last) {
                (_, true) => format!("{thing} is locked here again, and {done} without a look"),
                (true, _) => format!("{thing} is locked here, and only {done}"),
                _ => format!("{thing} is locked here, and {done}"),
            };
        }
        let is_same = group.iter().all(|&other| self.sides[other].value == side.value);
        match (&side.value, is_last && self.lint == Lint::LostUpdate.name()) {
            (Some(value), true) => format!("overwritten here with {value}"),
            (None, true) => "overwritten here".to_owned(),
            (Some(value), false) if is_same => format!("{thing} is {done} here: {value}"),
            _ => format!("{thing} is {done} here"),
        }
    }

    /// Returns what some locks are called in a sentence.
    fn said_held(&self, held: &[&HeldReport]) -> String {
        let said: Vec<String> = held.iter().map(|held| self.said(held.lock)).collect();
        match &said[..] {
            [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            all => all.concat(),
        }
    }

    /// Returns what is accessed, as a sentence further down names it.
    fn said_again(&self, side: &Side) -> String {
        side.wants.as_ref().map_or_else(String::new, |want| self.said(want.lock))
    }

    fn kind_of(&self, side: &Side) -> &'static str {
        side.wants.as_ref().map_or("", |want| self.locks[want.lock].kind)
    }
}

impl LockReport {
    /// True if it is known by its address alone, and nobody knows where it was created.
    pub(super) fn has_no_place(&self) -> bool {
        matches!(self.kind, "atomic" | "memory")
    }
}

fn deed(side: &Side) -> &'static str {
    side.wants.as_ref().map_or("", |want| want.deed)
}

fn verb(side: &Side) -> &'static str {
    match deed(side) {
        "read" => "reads",
        "write" => "writes",
        _ => "updates",
    }
}

/// Returns where a side did it.
fn here(side: &Side) -> String {
    side.wants.as_ref().map_or_else(String::new, |want| short(&want.site))
}

/// The same thread once more: its number is enough.
fn again(side: &Side) -> String {
    format!("thread {}", side.thread.number)
}

fn data_race(report: &Report, one: &Side, two: &Side) -> (Vec<String>, Vec<String>) {
    let thing = report.said_again(one);
    let (held, guard) = locks_held(report, [one, two], &thing);
    let mut reasons = vec![match report.kind_of(one) {
        "Shared" => "A `Shared` is never torn, so this is no undefined behaviour; but nothing decides which value is \
                     read, or which one stays."
            .to_owned(),
        _ => "Two accesses of the same memory, one of them a write, without an order between them are undefined \
              behaviour, whatever came of it this time."
            .to_owned(),
    }];
    let would = "A common lock, a start or join, a message, or a Release store that is read with Acquire would be one.";
    reasons.push(match report.doubt {
        0 => format!(
            "They were truly unordered in this run, whichever came first: no hand-over that gordian saw leads from one \
             to the other. {would}"
        ),
        _ => format!(
            "No hand-over that gordian saw leads from one to the other. {would} But one of the threads was not started \
             through gordian, so what orders them may not have been seen; that is why this is only a warning."
        ),
    });
    reasons.extend(held);
    let mut advice = guard;
    advice.push(
        "Or let one wait for the other: join the thread that goes first, send the value in a message, or publish it by \
         a Release store of an atomic that the other loads with Acquire."
            .to_owned(),
    );
    advice.push(
        "If they are ordered by what gordian does not see (std's own locks and atomics, a foreign crate, the count of \
         an `Arc` whose last owner drops the value): use gordian's types there, or `get_mut`, which needs no order."
            .to_owned(),
    );
    (reasons, advice)
}

/// Returns which locks were held and which are missing, and where to take them.
fn locks_held(report: &Report, sides: [&Side; 2], thing: &str) -> (Option<String>, Vec<String>) {
    // An initialiser runs once: nobody can take its turn.
    let is_guard = |held: &&HeldReport| !report.locks[held.lock].is_initialised();
    let [one, two] = sides.map(|side| side.held.iter().filter(is_guard).collect::<Vec<_>>());
    let common = one.iter().find_map(|held| Some((held, two.iter().find(|other| other.lock == held.lock)?)));
    if let Some((held, other)) = common {
        if [held.mode, other.mode] != ["shared"; 2] {
            return (None, Vec::new());
        }
        let lock = report.said(held.lock);
        let mut writes: Vec<String> = sides.iter().filter(|side| deed(side) != "read").map(|side| here(side)).collect();
        writes.dedup();
        return (
            Some(format!("Both held {lock}, but only shared, which keeps neither of them out.")),
            vec![format!("Take {lock} with `write` at {}.", writes.join(" and at "))],
        );
    }
    match (&one[..], &two[..]) {
        ([], []) => (
            Some("Neither side held a lock.".to_owned()),
            vec![format!(
                "Put what {thing} holds into a `Mutex`, or take one lock at both places. A number, a flag or a pointer \
                 can be an atomic."
            )],
        ),
        (held, []) => missing(report, sides, held, thing),
        ([], held) => missing(report, [sides[1], sides[0]], held, thing),
        (one, two) => {
            let (first, second) = (guard(sides[0], one), guard(sides[1], two));
            let advice = format!(
                "Take the same lock at both places: {} at {}, too, or {} at {}.",
                report.said(first.lock),
                here(sides[1]),
                report.said(second.lock),
                here(sides[0])
            );
            let (first, second) = (report.said_held(one), report.said_held(two));
            (Some(format!("Side 1 held {first}, side 2 {second}: different locks keep nobody out.")), vec![advice])
        }
    }
}

/// The same where the first side has locks, and the other one none.
fn missing(report: &Report, sides: [&Side; 2], held: &[&HeldReport], thing: &str) -> (Option<String>, Vec<String>) {
    let [with, without] = sides;
    let number = |side: &Side| 1 + report.sides.iter().position(|other| std::ptr::eq(other, side)).unwrap_or(0);
    let guard = guard(with, held);
    let lock = report.said(guard.lock);
    let mut advice = vec![format!("If {lock} is meant to guard {thing}, take it at {}, too.", here(without))];
    if guard.mode == "shared" && deed(with) != "read" {
        advice.push(format!("And take it with `write` at {}: a read lock lets others in.", here(with)));
    }
    let held = report.said_held(held);
    (Some(format!("Side {} held {held}, side {} no lock.", number(with), number(without))), advice)
}

/// Returns, of several locks, the one that the lock sets point at, or the innermost.
fn guard<'a>(side: &'a Side, held: &[&'a HeldReport]) -> &'a HeldReport {
    // INVARIANT: it is asked of sides that hold a lock.
    side.hold().filter(|hold| held.iter().any(|other| other.lock == hold.lock)).unwrap_or(held[held.len() - 1])
}

/// True if what a side holds is the very section that it is about.
pub(super) fn is_section(want: Option<&Want>, held: &HeldReport) -> bool {
    want.is_some_and(|want| want.lock == held.lock && want.site == held.site)
}
