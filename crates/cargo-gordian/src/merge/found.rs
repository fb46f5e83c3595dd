//! Unites findings by their fingerprints: counts add up, one report stands for all, the worst level holds.
//!
//! Must not know: records, cycles, whether a finding counts.
//! INVARIANT: which report stands for all depends on their content alone.

use super::positions::Positions;
use super::tables::{Renumbered, Tables};
use crate::union::{Found, Standing};
use gordian::{Level, Report};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Findings of processes, each fingerprint once.
#[derive(Default, Debug)]
pub(super) struct Findings(BTreeMap<String, One>);

#[derive(Debug)]
struct One {
    report: Report,
    /// The report's text without what changes from process to process: the least one stands for all.
    text: String,
    found_by: u64,
    /// The first few, in the order of their content.
    processes: Vec<u32>,
}

/// Processes that a finding names.
const MOST_PROCESSES: usize = 8;

impl Findings {
    /// Adds what `found_by` processes found, among them these.
    pub(super) fn add(&mut self, report: Report, found_by: u64, processes: &[u32], tables: &Tables) {
        let one = One { text: text(&report), report, found_by, processes: processes.to_vec() };
        self.unite(one, tables);
    }

    pub(super) fn absorb(&mut self, other: Self, renumbered: &Renumbered, tables: &Tables) {
        for mut one in other.0.into_values() {
            one.processes.iter_mut().for_each(|process| *process = renumbered.processes[*process as usize]);
            self.unite(one, tables);
        }
    }

    fn unite(&mut self, mut one: One, tables: &Tables) {
        let fingerprint = one.report.fingerprint.clone();
        if let Some(known) = self.0.remove(&fingerprint) {
            let (count, level) = (one.report.count + known.report.count, worse(one.report.level, known.report.level));
            one.found_by += known.found_by;
            one.processes.extend(known.processes);
            if known.text < one.text {
                (one.report, one.text) = (known.report, known.text);
            }
            (one.report.count, one.report.level) = (count, level);
        }
        one.processes.sort_unstable_by(|&one, &other| tables.compare_processes(one, other));
        one.processes.dedup();
        one.processes.truncate(MOST_PROCESSES);
        self.0.insert(fingerprint, one);
    }

    /// Returns the findings as a union has them.
    pub(super) fn told(self, positions: &Positions<'_>) -> Vec<Found> {
        let told = |one: One| {
            let mut processes: Vec<usize> = one.processes.iter().map(|&process| positions.process(process)).collect();
            processes.sort_unstable();
            Found { report: one.report, processes, found_by: one.found_by, standing: Standing::New }
        };
        self.0.into_values().map(told).collect()
    }
}

/// Returns the place of a finding among all: by level, then code, then fingerprint.
pub(super) fn worst_first(found: &Found) -> (Reverse<u8>, &'static str, String) {
    (Reverse(rank(found.report.level)), found.report.code, found.report.fingerprint.clone())
}

fn text(report: &Report) -> String {
    let mut report = report.clone();
    (report.count, report.level) = (0, "");
    report.to_json()
}

fn worse(one: &'static str, other: &'static str) -> &'static str {
    std::cmp::max_by_key(one, other, |level| (rank(level), *level))
}

fn rank(level: &str) -> u8 {
    match Level::find(level) {
        Some(Level::Deny) => 2,
        Some(Level::Warn) => 1,
        Some(Level::Allow) | None => 0,
    }
}
