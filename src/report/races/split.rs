//! Turns two steps of one thread that another one came between into words.
//!
//! Must not know: widths, colours, formats.
//! INVARIANT: what the steps mean is not known, and not claimed.

use super::{again, deed, here, verb};
use crate::report::{Report, Side};

/// Returns what was found.
pub(super) fn title(report: &Report, first: &Side, between: &Side, second: &Side) -> String {
    let (one, two, thing) = (&first.thread, &between.thread, report.said_of(first));
    if report.is_locked(first) {
        return format!(
            "{one} looks at what {thing} guards and, under its next lock, changes it without another look; {two} has \
             changed it in between"
        );
    }
    let (does, end) = match Triple::new(first, second) {
        Triple::ReadRead => ("reads {} twice", "the two reads need not agree"),
        Triple::WriteRead => ("writes {} and reads it later", "it reads what another thread wrote"),
        Triple::WriteWrite => ("writes {} twice", "it sees what is there between the two writes"),
        Triple::ReadWrite => ("reads {} and writes it later", "that write is overwritten unseen"),
    };
    let does = does.replace("{}", &thing);
    format!("{one} {does}, and {two} {} it in between: {end}", verb(between))
}

/// Returns the reasons and the advice.
pub(super) fn explain(report: &Report, first: &Side, between: &Side, second: &Side) -> (Vec<String>, Vec<String>) {
    match report.is_locked(first) {
        true => sections(report, first, between, second),
        false => accesses(first, between, second),
    }
}

/// What a thread did, that another one came between. An update begins with a read and ends with a write.
#[derive(Clone, Copy)]
enum Triple {
    ReadRead,
    WriteRead,
    WriteWrite,
    ReadWrite,
}

impl Triple {
    fn new(first: &Side, second: &Side) -> Self {
        match (deed(first), deed(second)) {
            ("read", "write") => Self::ReadWrite,
            ("read", _) => Self::ReadRead,
            (_, "write") => Self::WriteWrite,
            _ => Self::WriteRead,
        }
    }
}

fn sections(report: &Report, first: &Side, between: &Side, second: &Side) -> (Vec<String>, Vec<String>) {
    let (lock, kind) = (report.said_again(first), report.kind_of(first));
    let mut reasons = vec![format!(
        "It happened in this run, in this order: when {} came in, {} had given {lock} back. What was seen at {} need \
         not be so at {}.",
        again(between),
        again(first),
        here(first),
        here(second)
    )];
    reasons.push(
        "It is a bug if the change rests on the look, as when a list that was not empty is popped, a key that was \
         missing is inserted, or a balance that was enough is charged."
            .to_owned(),
    );
    reasons.push(
        "It is none if the two have nothing to do with each other, or if the change checks for itself, as `pop` and \
         `entry` do. gordian sees that a guard was read or written, and not what for."
            .to_owned(),
    );
    let mut advice = vec![format!("Keep one guard from {} until after {}.", here(first), here(second))];
    if kind == "RwLock" {
        advice.push("A read guard does not become a write guard: take `write` from the start.".to_owned());
    }
    advice.push(format!("Or look again under the second lock, at {}, before the change.", here(second)));
    (reasons, advice)
}

fn accesses(first: &Side, between: &Side, second: &Side) -> (Vec<String>, Vec<String>) {
    let thread = again(first);
    let reasons = vec![
        "It happened in this run, and has no serial order: one thread's two accesses, side by side, and the other's \
         before or after them, would not have come to the same."
            .to_owned(),
        format!(
            "It is a bug if the two accesses of {thread} are meant as one step, and none if each stands for itself, as \
             when a flag is polled."
        ),
    ];
    let both = if here(first) == here(second) {
        format!("both accesses at {}", here(first))
    } else {
        format!("both, from {} until after {}", here(first), here(second))
    };
    let mut advice = vec![format!("Put one lock around {both}, and take it at {}, too.", here(between))];
    advice.push(match Triple::new(first, second) {
        Triple::ReadRead => "Or read once, and keep what was read.".to_owned(),
        Triple::WriteRead => "Or keep what was written, in place of reading it back.".to_owned(),
        Triple::WriteWrite => "Or make up the value first, and write it once.".to_owned(),
        Triple::ReadWrite => {
            "Or, if it is an atomic, change it in one step: `fetch_add`, `fetch_update`, `compare_exchange`.".to_owned()
        }
    });
    (reasons, advice)
}
