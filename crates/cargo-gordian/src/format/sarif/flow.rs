//! Turns a report's sides into a code flow: a thread flow a side, what it held first, then what it did.
//!
//! Must not know: rules, runs.
//! INVARIANT: sides of orders and waits hold first, all of them, and only then request: that order is the one that hangs.
//! Sides of accesses come one after the other, as they did.

use super::message;
use super::place::Places;
use crate::format::path;
use gordian::{Frame, LockReport, Place, Report, Side};
use serde_sarif::sarif::{CodeFlow, Location, LogicalLocation, Stack, StackFrame, ThreadFlow, ThreadFlowLocation};

/// Returns where a reader should look first: what the first side did that lies in the checkout, or else the first.
pub(super) fn locations(report: &Report, places: &Places<'_>) -> Vec<Location> {
    let first = path::first_inside(places.0, report).map_or(0, |(index, ..)| index);
    let first = report.sides.get(first).and_then(|side| steps(report, side).pop());
    first.into_iter().map(|step| places.location(step.place, &step.text)).collect()
}

/// Returns where the locks were created.
pub(super) fn created(report: &Report, places: &Places<'_>) -> Vec<Location> {
    let is_known = |lock: &&LockReport| !lock.created.file.is_empty();
    let locks = report.locks.iter().filter(is_known).zip(1..);
    let location = |(lock, id): (&LockReport, i64)| {
        let verb = if lock.kind == "thread" { "started" } else { "created" };
        let mut location =
            places.location(&lock.created, &format!("{} ({}) is {verb} here", lock.label, lock.type_name));
        location.id = Some(id);
        location
    };
    locks.map(location).collect()
}

/// Returns one code flow of all sides; none if no side is known to have done something.
pub(super) fn code_flows(report: &Report, places: &Places<'_>) -> Vec<CodeFlow> {
    let is_access =
        |side: &Side| side.wants.as_ref().is_some_and(|want| matches!(want.deed, "read" | "write" | "update"));
    let in_turn = report.sides.iter().all(is_access);
    let holds: usize = report.sides.iter().map(|side| side.held.len()).sum();
    let (mut next_hold, mut next_deed) = (1, if in_turn { 1 } else { holds + 1 });
    let mut flows = Vec::new();
    for (index, side) in report.sides.iter().enumerate() {
        let mut locations = Vec::new();
        for step in steps(report, side) {
            let next = if step.is_deed || in_turn { &mut next_deed } else { &mut next_hold };
            let mut location = ThreadFlowLocation::builder()
                .location(places.location(step.place, &step.text))
                .kinds(step.kinds.iter().map(ToString::to_string).collect::<Vec<_>>())
                .build();
            location.execution_order = i64::try_from(*next).ok();
            *next += 1;
            locations.push(location);
        }
        // SARIF wants a step in each flow, and a side without one has nothing to show.
        if !locations.is_empty() {
            let thread = side.thread.to_string();
            let id = format!("side {}: {thread}", index + 1);
            flows.push(ThreadFlow::builder().id(id).message(message(&thread)).locations(locations).build());
        }
    }
    if flows.is_empty() {
        return Vec::new();
    }
    vec![CodeFlow::builder().message(message(&format!("{}.", report.title))).thread_flows(flows).build()]
}

/// Returns the stacks that were caught.
pub(super) fn stacks(report: &Report, places: &Places<'_>) -> Vec<Stack> {
    let mut stacks = Vec::new();
    for (index, side) in report.sides.iter().enumerate() {
        let number = index + 1;
        let holds = side
            .held
            .iter()
            .map(|held| (format!("side {number}: acquisition of {}", label(report, held.lock)), &held.backtrace));
        let deed = side
            .wants
            .as_ref()
            .map(|want| (format!("side {number}: {} of {}", want.deed, label(report, want.lock)), &side.backtrace));
        for (text, frames) in holds.chain(deed).filter(|(_, frames)| !frames.is_empty()) {
            let frames = frames.iter().map(|call| frame(call, side.thread.number, places)).collect::<Vec<_>>();
            stacks.push(Stack::builder().message(message(&text)).frames(frames).build());
        }
    }
    stacks
}

/// What a thread did at a place.
struct Step<'a> {
    place: &'a Place,
    text: String,
    kinds: &'static [&'static str],
    is_deed: bool,
}

fn steps<'a>(report: &'a Report, side: &'a Side) -> Vec<Step<'a>> {
    let thread = side.thread.to_string();
    let holds = side.held.iter().map(|held| Step {
        place: &held.site,
        text: format!("{thread} takes {} ({})", label(report, held.lock), held.mode),
        kinds: &["acquire", "lock"],
        is_deed: false,
    });
    let deed = side.wants.as_ref().map(|want| {
        let mode = want.mode.map_or_else(String::new, |mode| format!(" ({mode})"));
        let value = side.value.as_ref().map_or_else(String::new, |value| format!(": {value}"));
        let (verb, kinds): (_, &[&str]) = match want.deed {
            "request" => ("requests".to_owned(), &["acquire", "lock"]),
            "end_scope" => ("ends its scope and waits for".to_owned(), &["call"]),
            "wait" | "wait_timeout" => ("waits for".to_owned(), &["call"]),
            "arrive" => ("arrives at".to_owned(), &["call"]),
            "receive" => ("receives from".to_owned(), &["call"]),
            "send" => ("sends to".to_owned(), &["call"]),
            "notify" => ("notifies".to_owned(), &["call"]),
            "acquire" => ("waits for a permit of".to_owned(), &["acquire"]),
            "wait_event" => ("waits for".to_owned(), &["call"]),
            "get" => ("gets from".to_owned(), &["call"]),
            "put" => ("puts into".to_owned(), &["call"]),
            "join_tasks" => ("waits for all tasks of".to_owned(), &["call"]),
            "task_done" => ("tells a task as done to".to_owned(), &["call"]),
            deed @ ("read" | "write" | "update") => (format!("{deed}s"), &["memory"]),
            deed => (format!("{deed}s"), &["call"]),
        };
        let text = format!("{thread} {verb} {}{mode}{value}", label(report, want.lock));
        Step { place: &want.site, text, kinds, is_deed: true }
    });
    holds.chain(deed).collect()
}

fn label(report: &Report, lock: usize) -> String {
    report.locks.get(lock).map_or_else(|| "an unknown lock".to_owned(), |lock| lock.label.clone())
}

fn frame(frame: &Frame, thread: u32, places: &Places<'_>) -> StackFrame {
    let function = LogicalLocation::builder().fully_qualified_name(&frame.function).kind("function").build();
    let mut location = Location::builder().logical_locations(vec![function]).build();
    location.physical_location = frame.place.as_ref().map(|place| places.physical(place));
    StackFrame::builder().thread_id(i64::from(thread)).location(location).build()
}
