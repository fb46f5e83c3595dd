//! Turns a finding about lock orders into the edges of the union that it is made of.
//!
//! Must not know: formats.
//! INVARIANT: an edge is named only if it goes from a class that the side held to the one that it requested.

use crate::union::{Class, Edge, Union, Witness};
use gordian::{LockReport, Place, Report, Side};

/// Returns the edge that each side of a finding is evidence for, a position in [`Union::edges`]; `None` for a side that
/// requested no lock under another one, or whose order no record has.
pub fn edges_of(union: &Union, report: &Report) -> Vec<Option<usize>> {
    report.sides.iter().map(|side| edge_of(union, report, side)).collect()
}

/// Returns who saw what a side did: the witness at its places, or else the first one.
pub(super) fn witness_of<'a>(edge: &'a Edge, side: &Side) -> Option<&'a Witness> {
    let (held, wanted) = (held_site(side)?, &side.wants.as_ref()?.site);
    let is_same = |witness: &&Witness| witness.held_at == *held && witness.wanted_at == *wanted;
    edge.witnesses.iter().find(is_same).or(edge.witnesses.first())
}

fn edge_of(union: &Union, report: &Report, side: &Side) -> Option<usize> {
    let want = side.wants.as_ref().filter(|want| want.deed == "request")?;
    let held = report.locks.get(side.held.get(side.holds?)?.lock)?;
    let wanted = report.locks.get(want.lock)?;
    let is_of = |class: usize, lock| union.classes.get(class).is_some_and(|class| is_class(class, lock));
    let mut edges = (0..union.edges.len()).filter(|&edge| {
        let edge = &union.edges[edge];
        is_of(edge.from, held) && is_of(edge.to, wanted)
    });
    // One place may create locks of several types; the side's own places tell which of them these are.
    let is_at = |edge: &usize| {
        let witness = witness_of(&union.edges[*edge], side);
        witness.is_some_and(|it| Some(&it.held_at) == held_site(side) && it.wanted_at == want.site)
    };
    let first = edges.next()?;
    Some(std::iter::once(first).chain(edges).find(is_at).unwrap_or(first))
}

/// True if a lock of a report is of a class: by its name if it has one, by where it was created if not.
fn is_class(class: &Class, lock: &LockReport) -> bool {
    let is_same = match lock.name {
        Some(name) => class.name.as_deref() == Some(name),
        None => class.name.is_none() && class.created == lock.created,
    };
    is_same && class.kind == lock.kind
}

fn held_site(side: &Side) -> Option<&Place> {
    Some(&side.held.get(side.holds?)?.site)
}
