//! A part of a union that grows: takes in records, saved unions and other parts, in any order.
//!
//! Must not know: which files there are, threads.
//! INVARIANT: what comes out does not depend on the order in which it came in; numbers do, and nothing outside sees them.
//! COST: memory grows with what is different in the records, not with how many there are, but for their processes.

use super::Levels;
use super::cross;
use super::found::Findings;
use super::positions::Positions;
use super::record;
use super::saved;
use super::tables::Tables;
use super::witness::Kept;
use crate::union::{Edge, Union};
use gordian::record::format::Unwatched;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use std::collections::BTreeSet;
use std::path::Path;

/// A part of a union.
#[derive(Default, Debug)]
pub struct Merge {
    pub(super) tables: Tables,
    pub(super) edges: IndexMap<(u32, u32), Counted, FxBuildHasher>,
    pub(super) findings: Findings,
    pub(super) unwatched: BTreeSet<Unwatched>,
    pub(super) holes: BTreeSet<String>,
    /// Cycles that one process saw whole, each as its sorted classes.
    pub(super) judged: BTreeSet<Vec<u32>>,
}

/// What is known of an edge.
#[derive(Default, Debug)]
pub(super) struct Counted {
    pub(super) processes: u64,
    pub(super) contexts: u64,
    /// The process that was counted last.
    pub(super) last: Option<u32>,
    pub(super) kept: Kept,
}

impl Merge {
    /// Adds a file: a record, or a union as JSON. What cannot be read becomes a hole, and a record of a process that is
    /// known already is left out.
    pub fn record(mut self, path: &Path) -> Self {
        self.add(path);
        self
    }

    /// Adds all that another part has.
    pub fn absorb(mut self, other: Self) -> Self {
        let renumbered = self.tables.absorb(other.tables);
        for ((from, to), counted) in other.edges {
            let edge = self.edges.entry((renumbered.class(from), renumbered.class(to))).or_default();
            edge.processes += counted.processes;
            edge.contexts += counted.contexts;
            for witness in counted.kept.into_witnesses() {
                edge.kept.offer(renumbered.witness(witness), &self.tables);
            }
        }
        self.findings.absorb(other.findings, &renumbered, &self.tables);
        self.unwatched.extend(other.unwatched);
        self.holes.extend(other.holes);
        self.judged.extend(other.judged.into_iter().map(|classes| renumbered.sorted_classes(classes)));
        self
    }

    /// Returns the union: sorted, with the cycles that only all processes together show, at these levels. What is at `allow`
    /// is not told.
    pub fn finish(self, levels: Levels) -> Union {
        let positions = Positions::new(&self.tables);
        let mut edges: Vec<Edge> = self
            .edges
            .iter()
            .map(|(&(from, to), counted)| Edge {
                from: positions.class(from),
                to: positions.class(to),
                processes: counted.processes,
                contexts: counted.contexts,
                witnesses: positions.witnesses(&counted.kept),
            })
            .collect();
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        let mut judged: Vec<Vec<usize>> = self.judged.iter().map(|classes| positions.sorted_classes(classes)).collect();
        judged.sort_unstable();
        let mut union = Union {
            processes: positions.processes(),
            classes: positions.classes(),
            edges,
            judged,
            findings: self.findings.told(&positions),
            unwatched: self.unwatched.into_iter().collect(),
            holes: Vec::new(),
        };
        let mut holes = self.holes;
        holes.extend(cross::add(&mut union, levels));
        union.holes = holes.into_iter().collect();
        union.findings.sort_by_cached_key(super::found::worst_first);
        union
    }

    pub(super) fn add(&mut self, path: &Path) {
        let added = saved::is_saved(path).and_then(|is_saved| match is_saved {
            true => saved::read(path).map(|union| self.add_union(union)),
            false => record::read(path, &mut self.tables).map(|record| self.add_record(record, path)),
        });
        if let Err(error) = added {
            self.hole(left_out(path, &error));
        }
    }

    pub(super) fn hole(&mut self, hole: String) {
        self.holes.insert(hole);
    }
}

/// Returns the hole that a file leaves which is not read.
pub(super) fn left_out(path: &Path, error: &anyhow::Error) -> String {
    format!("{} was left out: {error:#}.", path.display())
}
