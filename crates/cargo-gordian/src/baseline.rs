//! Turns settings and a file of known findings into each finding's standing: whether it counts.
//!
//! Must not know: how findings are merged or shown, and what day it is.
//! INVARIANT: a suppression that is over or silences nothing is told; it never silences without a word.

use crate::merge::saved::VERSION;
use crate::settings::Settings;
use crate::union::{Standing, Union};
use anyhow::{Context, Result, anyhow, ensure};
use gordian::suppression::{Suppression, is_fingerprint};
use gordian::{Lint, Report};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ACCEPTED: &str = "accepted: what `cargo gordian report --format json` wrote, or a text file with a fingerprint a line and # comments";

/// The findings that are known already, and do not fail a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Baseline {
    file: String,
    known: BTreeSet<String>,
}

/// What counts in a JSON report; minor versions may add to the rest.
#[derive(Deserialize)]
struct Written {
    format: (u16, u16),
    findings: Vec<WrittenFound>,
}

#[derive(Deserialize)]
struct WrittenFound {
    report: WrittenReport,
    standing: Standing,
}

#[derive(Deserialize)]
struct WrittenReport {
    fingerprint: String,
}

impl Baseline {
    /// Returns the findings that a file names: a JSON report, or lines of text.
    ///
    /// What a suppression silenced in that report is not taken over: it counts again when the suppression is over.
    ///
    /// # Errors
    /// If it cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self> {
        let file = path.display().to_string();
        let text =
            fs::read_to_string(path).with_context(|| format!("the baseline {file} cannot be read; {ACCEPTED}"))?;
        let known = if text.trim_start().starts_with('{') { from_json(&file, &text) } else { from_lines(&file, &text) };
        Ok(Self { known: known?, file })
    }
}

fn from_json(file: &str, text: &str) -> Result<BTreeSet<String>> {
    let written: Written = serde_json::from_str(text)
        .map_err(|error| anyhow!("the baseline {file} is not understood: {error}; {ACCEPTED}"))?;
    let (major, minor) = written.format;
    ensure!(
        major == VERSION.0,
        "the baseline {file} has the format {major}.{minor}; accepted: {}.x, which this version of cargo gordian writes",
        VERSION.0
    );
    let counted = written.findings.into_iter().filter(|found| !matches!(found.standing, Standing::Suppressed(_)));
    Ok(counted.map(|found| found.report.fingerprint).collect())
}

fn from_lines(file: &str, text: &str) -> Result<BTreeSet<String>> {
    let words = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).enumerate();
    words
        .filter(|(_, word)| !word.is_empty())
        .map(|(index, word)| {
            ensure!(is_fingerprint(word), "{file}:{}: {word:?} is no fingerprint; {ACCEPTED}", index + 1);
            Ok(word.to_owned())
        })
        .collect()
}

/// Sets the standing of every finding, and returns what the user should know about it, a sentence each.
pub fn apply(union: &mut Union, settings: &Settings, baseline: Option<&Baseline>, today: Date) -> Vec<String> {
    let mut silenced = vec![0_usize; settings.silences.len()];
    let mut met = BTreeSet::new();
    for found in &mut union.findings {
        let report = &found.report;
        let lint = Lint::find(report.lint);
        let places = places(report);
        let silences = |what: &Suppression| lint.is_some_and(|lint| what.silences(lint, &report.fingerprint, &places));
        let mut reasons = Vec::new();
        for (silence, count) in
            settings.silences.iter().zip(&mut silenced).filter(|(silence, _)| silences(&silence.what))
        {
            *count += 1;
            reasons.extend(silence.until.is_none_or(|until| today <= until).then(|| silence.reason.clone()));
        }
        let mut listed = settings.listed.iter().filter(|(_, what)| silences(what));
        reasons.extend(listed.next().map(|(file, _)| format!("listed in {file}")));
        let known = baseline.and_then(|baseline| baseline.known.get(&report.fingerprint));
        met.extend(known);
        found.standing = match (reasons.into_iter().next(), known) {
            (Some(reason), _) => Standing::Suppressed(reason),
            (None, Some(_)) => Standing::Known,
            (None, None) => Standing::New,
        };
    }
    let mut notes: Vec<String> = Vec::new();
    for (silence, count) in settings.silences.iter().zip(silenced) {
        let name = format!("{}: the suppression of {} ({})", silence.written, silence.what, silence.reason);
        match (silence.until.filter(|until| today > *until), count) {
            (Some(until), 0) => notes.push(format!("{name} was over after {until}, and nothing needs it: remove it.")),
            (Some(until), _) => notes.push(format!("{name} was over after {until}: what it silenced counts again.")),
            (None, 0) => notes.push(format!("{name} silenced nothing.")),
            (None, _) => {}
        }
    }
    if let Some(Baseline { file, known }) = baseline
        && met.len() < known.len()
    {
        let (gone, all) = (known.len() - met.len(), known.len());
        notes.push(format!(
            "{gone} of the {all} findings of the baseline {file} did not come: if they are mended, write it anew."
        ));
    }
    notes
}

/// Returns the files and lines that a finding is about: where its locks were created, requested and accessed.
///
/// They are those that the library's own suppressions look at. What has no fixed place of creation gives none.
fn places(report: &Report) -> Vec<(&str, u32)> {
    let created = |lock: usize| {
        let lock = report.locks.get(lock).filter(|lock| !matches!(lock.kind, "atomic" | "memory"));
        lock.map(|lock| &lock.created)
    };
    let of_sides = report.sides.iter().flat_map(|side| {
        let hold = side.holds.and_then(|holds| side.held.get(holds));
        let hold = hold.into_iter().flat_map(|hold| [created(hold.lock), Some(&hold.site)]);
        let wants = side.wants.iter().flat_map(|wants| [created(wants.lock), Some(&wants.site)]);
        hold.chain(wants).flatten()
    });
    of_sides.map(|place| (place.file.as_str(), place.line)).collect()
}

#[cfg(test)]
mod tests;
