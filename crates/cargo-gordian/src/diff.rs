//! Turns two unions into what a change adds: findings, lock classes, orders.
//!
//! Must not know: how unions are made, where the text goes.
//! INVARIANT: what only moved to other lines is not new.

mod matching;
#[cfg(test)]
mod tests;
mod text;

use crate::union::{Class, Edge, Found, Union};
use gordian::{Place, Report};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a change adds.
#[derive(Clone, Debug)]
pub struct Diff<'a> {
    /// What was not found before.
    pub findings: Vec<&'a Found>,
    /// What was found before, in other lines of the same files.
    pub moved: Vec<Moved<'a>>,
    /// What is found no more.
    pub gone: Vec<&'a Found>,
    /// The locks that are new.
    pub classes: Vec<&'a Class>,
    /// The orders that are new.
    pub edges: Vec<&'a Edge>,
    base: &'a Union,
    new: &'a Union,
}

/// A finding that moved.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// As it was.
    pub from: &'a Found,
    /// As it is.
    pub to: &'a Found,
}

impl<'a> Diff<'a> {
    /// Returns what is in `new` and not in `base`.
    pub fn between(base: &'a Union, new: &'a Union) -> Self {
        let positions = matching::positions(&base.classes, &new.classes);
        let known: BTreeSet<(usize, usize)> = base.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let is_known =
            |edge: &Edge| positions[edge.from].zip(positions[edge.to]).is_some_and(|pair| known.contains(&pair));
        let edges = new.edges.iter().filter(|edge| !is_known(edge)).collect();
        let classes = new.classes.iter().zip(&positions).filter(|(_, position)| position.is_none());
        let classes = classes.map(|(class, _)| class).collect();
        let (mut findings, mut gone) = (without(&new.findings, &base.findings), without(&base.findings, &new.findings));
        let mut left: BTreeMap<_, VecDeque<&Found>> = BTreeMap::new();
        for from in in_lines(&gone) {
            left.entry(outline(&from.report)).or_default().push_back(from);
        }
        let mut moved = Vec::new();
        for to in in_lines(&findings) {
            let from = left.get_mut(&outline(&to.report)).and_then(VecDeque::pop_front);
            moved.extend(from.map(|from| Moved { from, to }));
        }
        findings.retain(|found| !moved.iter().any(|moved| std::ptr::eq(moved.to, *found)));
        gone.retain(|found| !moved.iter().any(|moved| std::ptr::eq(moved.from, *found)));
        Self { findings, moved, gone, classes, edges, base, new }
    }

    /// True if there is a new finding that fails a run.
    pub fn fails(&self) -> bool {
        self.findings.iter().any(|found| found.fails())
    }

    /// True if nothing was added or taken away, and nothing moved.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
            && self.moved.is_empty()
            && self.gone.is_empty()
            && self.classes.is_empty()
            && self.edges.is_empty()
    }
}

/// Returns those whose fingerprint is not among the others'.
fn without<'a>(findings: &'a [Found], others: &[Found]) -> Vec<&'a Found> {
    let known: BTreeSet<&str> = others.iter().map(|found| found.report.fingerprint.as_str()).collect();
    findings.iter().filter(|found| !known.contains(found.report.fingerprint.as_str())).collect()
}

/// Returns the findings by where in their files their sides are.
fn in_lines<'a>(findings: &[&'a Found]) -> Vec<&'a Found> {
    let mut findings = findings.to_vec();
    findings.sort_by_cached_key(|found| {
        let wants = found.report.sides.iter().filter_map(|side| side.wants.as_ref());
        let mut sites: Vec<Place> = wants.map(|wants| wants.site.clone()).collect();
        sites.sort();
        sites
    });
    findings
}

/// What stays the same of a side when its lines move: of what it holds, and of what it wants, the type and the files of
/// its creation and its request.
type Outline<'a> = [Option<[&'a str; 3]>; 2];

/// Returns the lint and the outlines of a finding's sides. They are sorted, since a cycle may be told from any side.
fn outline(report: &Report) -> (&str, Vec<Outline<'_>>) {
    let part = |lock: usize, site| {
        let lock = report.locks.get(lock);
        lock.map(|lock| [lock.type_name.as_str(), lock.created.file.as_str(), site])
    };
    let sides = report.sides.iter().map(|side| {
        let hold = side.holds.and_then(|holds| side.held.get(holds));
        let hold = hold.and_then(|hold| part(hold.lock, &hold.site.file));
        [hold, side.wants.as_ref().and_then(|wants| part(wants.lock, &wants.site.file))]
    });
    let mut sides: Vec<_> = sides.collect();
    sides.sort_unstable();
    (report.lint, sides)
}
