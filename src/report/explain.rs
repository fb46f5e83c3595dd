//! Turns a finding into sentences: what it is, why it is not excused, what to do, how to silence it.
//!
//! Must not know: widths, colours, formats.
//! INVARIANT: every sentence is true of the finding at hand; what only might be so is said as such.

use super::describe::PROCESS_LOCK;
use super::excerpt::{self, Head};
use super::{HeldReport, LockReport, Place, Report, Side, Want, advice, races, waits};
use crate::finding::{Finding, Step, Witness};
use crate::lint::Lint;

/// Returns the steps so that a side which is ordered before the others comes first.
pub(super) fn in_telling_order(finding: &Finding) -> Vec<&Step> {
    let mut steps: Vec<&Step> = finding.steps.iter().collect();
    let others = |this: usize| (0..steps.len()).filter(move |&other| other != this);
    let first = (0..steps.len()).find(|&this| {
        others(this).any(|other| is_before(steps[this], steps[other]))
            && others(this).all(|other| !is_before(steps[other], steps[this]))
    });
    if let (Lint::SequentialOrder, Some(first)) = (finding.lint, first) {
        steps.rotate_left(first);
    }
    steps
}

/// Returns what was found, in one sentence.
pub(super) fn title(finding: &Finding, report: &Report) -> String {
    if report.is_about_waits() {
        return waits::title(finding.lint, report);
    }
    if report.is_about_races() {
        return races::title(finding, report);
    }
    let [side, others @ ..] = &report.sides[..] else { return finding.lint.title().to_owned() };
    let (thread, held, wanted) = (&side.thread, report.said_in_full(side.cycle_hold().lock), report.said_wanted(side));
    match (finding.lint, others) {
        (Lint::SelfDeadlock, _) => format!("{thread} requests {held}, which it holds already: it waits for itself"),
        (Lint::LeakedGuard, _) => format!("{thread} never gave {held} back: it is held for ever"),
        (_, []) => format!("{thread} reads {held} again while it reads it: once a writer queues in between, it hangs"),
        (lint, [other]) => {
            let who = if other.thread == *thread { "elsewhere it".to_owned() } else { other.thread.to_string() };
            let (back, again) = (report.said_in_full(other.cycle_hold().lock), report.said_wanted(other));
            let end = match lint {
                Lint::ClassOrder => "not on the same objects yet, where each would wait for the other for ever",
                Lint::SequentialOrder => "never at the same time, so nothing could hang",
                Lint::GatedOrder => "each time under one common lock, so nothing could hang",
                Lint::WriterBetween => "once a writer queues in between, each can wait for the other for ever",
                _ => "each can end up waiting for the other for ever",
            };
            format!("{thread} takes {held}, then {wanted}; {who} takes {back}, then {again}: {end}")
        }
        (lint, _) => {
            let ring = ring(report);
            let end = match lint {
                Lint::ClassOrder => "not on the same objects yet, where each thread would wait for the next for ever",
                Lint::SequentialOrder => "some never at the same time, so nothing could hang",
                Lint::GatedOrder => "some under one common lock, so nothing could hang",
                Lint::WriterBetween => "once a writer queues in between, each thread can wait for the next for ever",
                _ => "each thread can end up waiting for the next for ever",
            };
            format!("{ring} form a cycle, each held while the next is requested: {end}")
        }
    }
}

/// Returns how many locks a cycle has and, as far as that is short, which ones.
pub(super) fn ring(report: &Report) -> String {
    let count = report.sides.len();
    let locks = || report.sides.iter().map(|side| &report.locks[side.cycle_hold().lock]);
    let names: Vec<String> =
        locks().filter(|lock| lock.name.is_some()).map(|lock| format!("`{}`", lock.label)).collect();
    match &names[..] {
        [first @ .., last] if names.len() == count && count > MOST_IN_TITLE => {
            format!("{count} locks ({}, ..., {last})", first[..MOST_IN_TITLE - 1].join(", "))
        }
        all if all.len() == count => format!("{count} locks ({})", all.join(", ")),
        _ => match locks().next() {
            Some(first) if locks().all(|lock| lock.created == first.created) => {
                format!("{count} locks created at {}", short(&first.created))
            }
            _ => format!("{count} locks"),
        },
    }
}

/// Locks that a title names before it leaves some out.
const MOST_IN_TITLE: usize = 6;

/// Returns the reasons and the advice.
pub(super) fn explain(finding: &Finding, report: &Report) -> (Vec<String>, Vec<String>) {
    match (finding.lint, &report.sides[..]) {
        (_, []) => (Vec::new(), Vec::new()),
        _ if report.is_about_waits() => advice::explain(finding.lint, report),
        _ if report.is_about_races() => races::explain(finding, report),
        (Lint::SelfDeadlock, [side, ..]) => self_deadlock(report, side),
        (Lint::LeakedGuard, [side, ..]) => leaked_guard(side),
        (Lint::WriterBetween, [side]) => read_again(report, side),
        (Lint::WriterBetween, _) => {
            let mut reasons = vec![WRITER_RULE.to_owned(), writer_seen(report)];
            reasons.extend(no_excuse(finding, report));
            let mut advice = one_order(report);
            advice
                .push("One order is for readers too. Or copy out of the first lock what the second part needs.".into());
            (reasons, advice)
        }
        (Lint::ClassOrder, _) => {
            let mut reasons = vec![
                "The threads used different objects here, but the code that takes them does not know that: locks \
                 made at the same places are told apart only by luck of the data."
                    .to_owned(),
            ];
            reasons.extend(no_excuse(finding, report));
            let mut advice = one_order(report);
            advice.push(NAME_THE_ROLES.to_owned());
            (reasons, advice)
        }
        (Lint::SequentialOrder, _) => (sequential(finding, report), one_order(report)),
        (Lint::GatedOrder, _) => (gated(finding, report), gated_advice(report)),
        (Lint::LockOrder, _) => (no_excuse(finding, report), one_order(report)),
        _ => (Vec::new(), Vec::new()),
    }
}

pub(super) const NAME_THE_ROLES: &str = "If the objects have fixed roles that keep them apart, name the roles with \
                                         `.named(\"...\")`: locks of different names are classes of their own.";

pub(super) const WRITER_RULE: &str = "A read waits behind a writer that has queued before it, and the writer waits for the reads \
                                      that came first. Without a writer nothing happens, which is why tests pass.";

fn writer_seen(report: &Report) -> String {
    match &report.writer {
        Some(writer) => format!("A writer was seen in this run: thread {} requests at {}.", writer.thread, writer.site),
        None => "No writer was seen in this run; the first one that comes at the wrong time will do.".to_owned(),
    }
}

fn self_deadlock(report: &Report, side: &Side) -> (Vec<String>, Vec<String>) {
    let held = side.cycle_hold();
    let lock = &report.locks[held.lock];
    let said = report.said(held.lock);
    let Some(want) = &side.wants else { return (Vec::new(), Vec::new()) };
    let mut reasons =
        vec![format!("No other thread is needed: only this one can give {said} back, and it would be waiting.")];
    if held.mode == "shared" {
        reasons.push(
            "A read lock is not upgraded: `write` waits for all readers, this thread's own read included.".into(),
        );
    } else if want.mode == Some("shared") {
        reasons.push("A write lock also keeps out the reads of the thread that holds it.".into());
    }
    let mut advice: Vec<String> = scrutinee(held, want).into_iter().collect();
    advice.push(format!(
        "Give {said} back before {} is reached: `drop` the guard, or end its block earlier.",
        short(&want.site)
    ));
    advice.push("Or hand what is locked to the inner code, as `&mut T`, so that it need not lock again.".to_owned());
    let reentrant = match lock.kind {
        "Mutex" => Some("RLock"),
        PROCESS_LOCK => Some("process::RLock"),
        _ => None,
    };
    if let Some(reentrant) = reentrant {
        advice.push(format!("If re-entry is the design, use `{reentrant}`, which its holder may lock again."));
    }
    (reasons, advice)
}

/// Returns what to say of a guard that lives longer than it looks.
fn scrutinee(held: &HeldReport, want: &Want) -> Option<String> {
    /// Lines between the two sites that one statement may have.
    const NEAR: u32 = 3;
    let (first, second) = (&held.site, &want.site);
    let is_near = first.file == second.file && (first.line..=first.line + NEAR).contains(&second.line);
    let cure = "take the value out with a `let` of its own, so that the guard is gone before the rest runs.";
    let place = short(first);
    match excerpt::head_before(first) {
        Some(Head::Statement(word)) => Some(format!(
            "The guard of {place} stands in the head of a `{word}`, where it lives to the end of the whole \
             statement: {cure}"
        )),
        Some(Head::Expression(word)) if is_near => Some(format!(
            "If the guard of {place} is a temporary in the head of that `{word}`, it lives to the end of the whole \
             statement: {cure}"
        )),
        Some(Head::None) if first.line == second.line && first != second => Some(format!(
            "Both requests are in one line; a guard without a name lives to the end of its statement: {cure}"
        )),
        Some(_) => None,
        None => is_near.then(|| {
            format!(
                "If the guard of {place} is a temporary in the head of a `match` or `if let`, it lives to the end of \
                 the whole statement: {cure}"
            )
        }),
    }
}

fn read_again(report: &Report, side: &Side) -> (Vec<String>, Vec<String>) {
    let said = report.said(side.cycle_hold().lock);
    let again = side.wants.as_ref().map_or_else(String::new, |want| short(&want.site));
    let reasons = vec![WRITER_RULE.to_owned(), writer_seen(report)];
    let advice = vec![
        format!("Read {said} once: hand the guard, or what it guards, to the code at {again}."),
        "Or copy out what the inner part needs, and drop the first guard before it runs.".to_owned(),
        "`try_read` never waits, if a refusal can be handled.".to_owned(),
    ];
    (reasons, advice)
}

fn leaked_guard(side: &Side) -> (Vec<String>, Vec<String>) {
    let held = side.cycle_hold();
    let reasons = vec![
        "The thread ended, or the lock itself was dropped, before the guard was. A guard cannot leave its thread, so \
         nobody is left who could release the lock."
            .to_owned(),
    ];
    let advice = vec![
        format!(
            "Look for what keeps the guard of {} from being dropped: `mem::forget`, `ManuallyDrop`, `Box::leak`, a \
             cycle of `Rc`.",
            short(&held.site)
        ),
        "To keep the value and lose the lock, move it out: `std::mem::take(&mut *guard)`.".to_owned(),
    ];
    (reasons, advice)
}

/// Returns which excuses were looked for in vain.
fn no_excuse(finding: &Finding, report: &Report) -> Vec<String> {
    let steps = in_telling_order(finding);
    let threads = if steps.len() == 2 { "The two sides ran" } else { "All sides ran" };
    let mut reasons = vec![format!(
        "{threads} in different threads, and no hand-over between threads puts one before another. (Start, join, \
         message, barrier, notify and the like count; locks and atomics do not: they order this run, not every run.)"
    )];
    let shared_gate = pairs(&steps).find_map(|(left, right)| {
        let held = left.held.iter().find(|hold| right.held.iter().any(|other| other.held.lock == hold.held.lock))?;
        report.lock_at(held.held.lock, finding)
    });
    reasons.push(match shared_gate {
        Some(gate) => {
            format!("{} was held by two sides, but only shared, which keeps neither of them out.", report.said(gate))
        }
        None => "No lock was held by two sides that would have let only one of them in.".to_owned(),
    });
    let is_shared = |side: &Side| side.wants.as_ref().is_some_and(|want| want.mode == Some("shared"));
    let reads = report.sides.iter().any(|side| is_shared(side) || side.cycle_hold().mode == "shared");
    if reads && finding.lint != Lint::WriterBetween {
        reasons.push(
            "At each lock of the cycle the holder or the one who waits is exclusive, so readers do not pass.".into(),
        );
    }
    reasons
}

pub(super) fn one_order(report: &Report) -> Vec<String> {
    let [side, others @ ..] = &report.sides[..] else { return Vec::new() };
    let Some(want) = &side.wants else { return Vec::new() };
    let held = side.cycle_hold();
    let (first, second) = if report.lint == Lint::ClassOrder.name() {
        (report.said_of_class(want.lock), report.said_of_class(held.lock))
    } else {
        (report.said(want.lock), report.said(held.lock))
    };
    let alike = report.sides.iter().all(|side| {
        side.cycle_hold().site == held.site && side.wants.as_ref().is_some_and(|other| other.site == want.site)
    });
    let here = short(&held.site);
    let mut advice = vec![if alike {
        format!(
            "Every side is the same code ({here}): lock in an order that does not depend on who calls, such as by \
             index or by key."
        )
    } else if others.len() == 1 {
        format!("Take {first} before {second} in both places: {here} has them the other way round.")
    } else {
        format!(
            "Give the locks one order and keep it everywhere; one changed side breaks the cycle, such as {first} \
             before {second} at {here}."
        )
    }];
    advice.push(if others.len() == 1 {
        format!("Or hold one at a time: give {second} back before {}; or put one lock around both.", short(&want.site))
    } else {
        "Or hold one at a time, or put one lock around them all.".to_owned()
    });
    advice
}

fn sequential(finding: &Finding, report: &Report) -> Vec<String> {
    let steps = in_telling_order(finding);
    let thread = |step: &Step| {
        report.sides.iter().map(|side| &side.thread).find(|thread| thread.number == step.witness.thread.0)
    };
    let why = |left: &Step, right: &Step| {
        let (left_thread, right_thread) = (thread(left)?, thread(right)?);
        if left_thread == right_thread {
            return Some(format!("One thread, {left_thread}, ran both sides, and is never in two places at once."));
        }
        let (first, then) = if is_before(left, right) {
            (left_thread, right_thread)
        } else if is_before(right, left) {
            (right_thread, left_thread)
        } else {
            return None;
        };
        Some(format!(
            "First {first} had given its first lock back, then {then} began; a hand-over between threads orders them."
        ))
    };
    let mut whys = steps.iter().enumerate().flat_map(|(index, left)| {
        let rest = steps[index + 1..].iter();
        rest.filter_map(|right| why(left, right)).collect::<Vec<_>>()
    });
    let mut reasons: Vec<String> = whys.next().into_iter().collect();
    reasons.push(
        "That holds until the sides run in threads that nothing puts in order: one `spawn` away from lock_order."
            .into(),
    );
    reasons
}

fn gated(finding: &Finding, report: &Report) -> Vec<String> {
    let steps = in_telling_order(finding);
    let mut gates = Vec::new();
    for (left, right) in pairs(&steps) {
        for (one, other) in [(left, right), (right, left)] {
            for hold in &one.held {
                let lock = hold.held.lock;
                let alone = hold.held.access.mode.is_exclusive();
                let both = other.held.iter().any(|held| {
                    held.held.lock == lock
                        && (alone || held.held.access.mode.is_exclusive())
                        && one.thread != other.thread
                });
                let lent = other.inherited.iter().find(|gate| {
                    gate.held.lock == lock
                        && gate.holder != one.thread
                        && (alone || gate.held.access.mode.is_exclusive())
                });
                let Some(gate) = report.lock_at(lock, finding).map(|index| report.said(index)) else { continue };
                gates.extend(both.then(|| {
                    (
                        gate.clone(),
                        format!("Both sides were taken under {gate}, so one side is through before the other begins."),
                    )
                }));
                gates.extend(lent.filter(|_| !both).map(|lent| {
                    let text = format!(
                        "One side was taken under {gate}, which thread {} holds while the other side's thread runs.",
                        lent.holder.0
                    );
                    (gate.clone(), text)
                }));
            }
        }
    }
    let (gate, why) = gates
        .into_iter()
        .next()
        .unwrap_or_else(|| ("that lock".to_owned(), "Two sides were taken under a common lock.".to_owned()));
    vec![why, format!("That holds until one path takes these locks without {gate}: then this is a lock_order.")]
}

fn gated_advice(report: &Report) -> Vec<String> {
    let mut advice = vec!["Nothing, as long as the common lock stays around every path.".to_owned()];
    if let Some(order) = one_order(report).into_iter().next() {
        advice.push(format!("To be free of it: {}{}", order[..1].to_lowercase(), &order[1..]));
    }
    advice
}

/// True if the first step's side was over before the second one's began.
fn is_before(first: &Step, second: &Step) -> bool {
    first.witness.thread != second.witness.thread && second.hold().since.knows(first.witness.thread, first.witness.tick)
}

fn pairs<'a>(steps: &'a [&Step]) -> impl Iterator<Item = (&'a Witness, &'a Witness)> {
    let rest = |index: usize| steps[index + 1..].iter();
    (0..steps.len()).flat_map(move |left| rest(left).map(move |right| (&*steps[left].witness, &*right.witness)))
}

pub(super) fn short(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

impl Side {
    /// Returns the held lock that belongs to the cycle.
    pub(super) fn cycle_hold(&self) -> &HeldReport {
        // INVARIANT: a side of an order holds something, as an edge begins there.
        &self.held[self.holds.unwrap_or(0)]
    }
}

impl Report {
    /// Returns a lock as a sentence names it that stands alone.
    pub(super) fn said_in_full(&self, lock: usize) -> String {
        let LockReport { name, label, kind, .. } = &self.locks[lock];
        match name {
            Some(_) => format!("`{label}`"),
            None if *kind == "thread" => label.clone(),
            None => format!("the {label}"),
        }
    }

    /// Returns a lock as a sentence further down names it.
    pub(super) fn said(&self, lock: usize) -> String {
        match &self.locks[lock] {
            LockReport { name: None, kind, .. } if self.is_called_by_kind(lock) => format!("the {kind}"),
            _ => self.said_in_full(lock),
        }
    }

    /// Returns what a sentence calls all locks of a lock's class.
    fn said_of_class(&self, lock: usize) -> String {
        let LockReport { name, kind, created, .. } = &self.locks[lock];
        match name {
            Some(name) => format!("`{}`", super::describe::clean(name)),
            // With its column: two classes may be made in one line.
            None => format!("the {kind} created at {created}"),
        }
    }

    fn said_wanted(&self, side: &Side) -> String {
        side.wants.as_ref().map_or_else(String::new, |want| self.said_in_full(want.lock))
    }

    /// Returns the place of a lock among the report's, if some side held it.
    fn lock_at(&self, lock: crate::event::LockId, finding: &Finding) -> Option<usize> {
        let steps = in_telling_order(finding);
        steps.iter().zip(&self.sides).find_map(|(step, side)| {
            let held = step.witness.held.iter().position(|hold| hold.held.lock == lock)?;
            Some(side.held[held].lock)
        })
    }
}
