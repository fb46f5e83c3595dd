//! Turns the union into what is read at the end of a run: the findings, what is missing and not counted, the verdict.
//!
//! Must not know: cargo, exit codes.
//! INVARIANT: what is missing stands before the verdict, which is the last line; what is incomplete is never called clean.

use super::paint::{Mood, Paint, wrapped};
use super::{Shown, cycle, holes, unwatched, who};
use crate::union::{Found, Standing, Union};
use gordian::Level;

/// Returns the text.
pub(super) fn write(union: &Union, shown: &Shown) -> String {
    let paint = Paint { is_colored: shown.color };
    let mut text = String::new();
    for found in union.findings.iter().filter(|found| is_told(found)) {
        text += &finding(union, found, shown);
        text += &paint.faint(&"-".repeat(RULE));
        text += "\n\n";
    }
    let heading = |mood, words| paint.mood(mood, words);
    text += &paint.list(&heading(Mood::Bad, "the record is incomplete:"), &holes(union));
    text += &paint.list(&heading(Mood::Doubtful, "not watched:"), &unwatched(union));
    text += &paint.list(&paint.strong("not counted:"), &not_counted(union, paint));
    let (mood, verdict) = verdict(union);
    text + &paint.mood(mood, &verdict) + "\n"
}

/// Returns a finding as the library tells it, and who found it, with an empty line at its end.
pub(super) fn finding(union: &Union, found: &Found, shown: &Shown) -> String {
    let report = found.report.render_from(&shown.root, shown.color);
    let mut text = report.trim_end().to_owned() + "\n";
    if let Some(finders) = who::finders(union, found) {
        return text + &wrapped("", &finders) + "\n";
    }
    text += "found by no process alone: only their records together show it\n";
    let edges = cycle::edges_of(union, &found.report);
    for (index, (side, edge)) in found.report.sides.iter().zip(edges).enumerate() {
        let witness = edge.and_then(|edge| cycle::witness_of(&union.edges[edge], side));
        let seen = witness.and_then(|witness| union.processes.get(witness.process));
        if let Some(seen) = seen {
            let process = who::process(union, &seen.process);
            text += &wrapped("  - ", &format!("side {} was seen in {process}", index + 1));
        }
    }
    text + "\n"
}

/// Returns all in one line, and how good it is.
pub(super) fn verdict(union: &Union) -> (Mood, String) {
    let told: Vec<&Found> = union.findings.iter().filter(|found| is_told(found)).collect();
    let holes = holes(union).len();
    let number_at = |level: Level| told.iter().filter(|found| found.report.level == level.name()).count();
    let found = match (told.len() as u64, union.processes.len() as u64) {
        (0, 0) => "no process used a checked lock, so nothing was watched".to_owned(),
        (0, processes) => {
            let is_all = union.findings.iter().all(|found| found.standing == Standing::New);
            let what = if is_all { "nothing found" } else { "nothing new found" };
            format!("{what} in {}", who::count(processes, "process"))
        }
        (found, processes) => {
            let levels = [Level::Deny, Level::Warn].map(|level| (number_at(level), level));
            let levels = levels.iter().filter(|(number, _)| *number > 0);
            let levels: Vec<String> = levels.map(|(number, level)| format!("{number} {level}")).collect();
            let (found, processes) = (who::count(found, "finding"), who::count(processes, "process"));
            format!("{found} ({}) in {processes}", levels.join(", "))
        }
    };
    let mut parts = vec![format!("gordian: {found}")];
    if union.edges.is_empty() && !union.processes.is_empty() {
        parts.push("no orders between lock classes".to_owned());
    } else if !union.processes.is_empty() {
        let (classes, orders) = (union.classes.len() as u64, union.edges.len() as u64);
        parts.push(format!("{}, {}", who::count(classes, "lock class"), who::count(orders, "order")));
    }
    if !union.unwatched.is_empty() {
        parts.push(format!("{} not watched", who::count(union.unwatched.len() as u64, "crate")));
    }
    if holes > 0 {
        parts.push("the record is incomplete".to_owned());
    }
    let mood = if union.findings.iter().any(Found::fails) {
        Mood::Bad
    } else if parts.len() == 2 && told.is_empty() {
        Mood::Good
    } else {
        Mood::Doubtful
    };
    (mood, parts.join("; "))
}

/// True if a reader should see the finding: it is new, and not only counted.
pub(super) fn is_told(found: &Found) -> bool {
    found.standing == Standing::New && found.report.level != Level::Allow.name()
}

/// Returns a line for each finding that is not told, but of those that are only counted, a line for each lint.
fn not_counted(union: &Union, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut allowed: Vec<(&str, u64)> = Vec::new();
    for found in &union.findings {
        let report = &found.report;
        let line = |why: &str| format!("{} {}: {}.", paint.strong(&report.fingerprint), why, report.title);
        match &found.standing {
            Standing::Known => lines.push(line("is known from the baseline")),
            Standing::Suppressed(reason) if reason.trim().is_empty() => lines.push(line("is suppressed")),
            Standing::Suppressed(reason) => lines.push(line(&format!("is suppressed ({})", reason))),
            Standing::New if is_told(found) => {}
            Standing::New => match allowed.iter_mut().find(|(lint, _)| *lint == report.lint) {
                Some((_, number)) => *number += 1,
                None => allowed.push((report.lint, 1)),
            },
        }
    }
    let allowed = allowed.into_iter().map(|(lint, number)| {
        let is_are = if number == 1 { "is" } else { "are" };
        format!("{} of {lint}, which {is_are} at allow.", who::count(number, "finding"))
    });
    lines.extend(allowed);
    lines
}

/// Columns of the line between findings.
const RULE: usize = 98;
