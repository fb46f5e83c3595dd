//! Finds the classes, orders and processes of the union in what its findings say.
//!
//! Must not know: pictures.
//! INVARIANT: what cannot be found is left out, never guessed.

use std::collections::BTreeMap;

use gordian::Place;

use crate::union::{Edge, Found, Standing, Union};

/// What the findings are about, as positions in the union.
pub(crate) struct Reported {
    /// For each finding the class of each of its locks.
    pub(crate) classes: Vec<Vec<Option<usize>>>,
    /// For each finding the process of each of its sides.
    pub(crate) processes: Vec<Vec<Option<usize>>>,
    /// For each order that a finding is about, the findings.
    pub(crate) orders: BTreeMap<usize, Vec<usize>>,
}

impl Reported {
    /// Returns what the findings of `union` are about.
    pub(crate) fn of(union: &Union) -> Self {
        let unnamed =
            union.classes.iter().enumerate().map(|(at, class)| ((None, Some(&class.created), &*class.kind), at));
        let mut classes: BTreeMap<Key<'_>, usize> = BTreeMap::new();
        for (key, at) in unnamed {
            let name = union.classes[at].name.as_deref();
            // A named class is the same wherever it was created.
            let key = if name.is_some() { (name, None, key.2) } else { key };
            classes.entry(key).or_insert(at);
        }
        let edges: BTreeMap<(usize, usize), usize> =
            union.edges.iter().enumerate().map(|(at, edge)| ((edge.from, edge.to), at)).collect();
        let mut reported = Self { classes: Vec::new(), processes: Vec::new(), orders: BTreeMap::new() };
        for (at, found) in union.findings.iter().enumerate() {
            let locks = found.report.locks.iter().map(|lock| {
                let created = if lock.name.is_some() { None } else { Some(&lock.created) };
                classes.get(&(lock.name, created, lock.kind)).copied()
            });
            let locks: Vec<Option<usize>> = locks.collect();
            let orders = sides(found, &locks, &edges);
            reported.processes.push(
                orders
                    .iter()
                    .enumerate()
                    .map(|(side, &order)| process(found, side, order.map(|at| &union.edges[at])))
                    .collect(),
            );
            if !matches!(found.standing, Standing::Suppressed(_)) {
                for order in orders.into_iter().flatten() {
                    let of_order = reported.orders.entry(order).or_default();
                    if of_order.last() != Some(&at) {
                        of_order.push(at);
                    }
                }
            }
            reported.classes.push(locks);
        }
        reported
    }
}

/// A name, or else a place, and a kind.
type Key<'a> = (Option<&'a str>, Option<&'a Place>, &'a str);

/// Returns for each side of a finding the order that it took its locks in.
fn sides(found: &Found, locks: &[Option<usize>], edges: &BTreeMap<(usize, usize), usize>) -> Vec<Option<usize>> {
    let order = |side: &gordian::Side| {
        let held = side.held.get(side.holds?)?.lock;
        let wanted = side.wants.as_ref().filter(|wants| wants.deed == "request")?.lock;
        edges.get(&((*locks.get(held)?)?, (*locks.get(wanted)?)?)).copied()
    };
    found.report.sides.iter().map(order).collect()
}

/// Returns the process that saw a side: the only one there is, or the one that is a witness of it.
fn process(found: &Found, side: usize, order: Option<&Edge>) -> Option<usize> {
    if let ([only], 1) = (&found.processes[..], found.found_by) {
        return Some(*only);
    }
    let side = &found.report.sides[side];
    let (held, wants) = (side.held.get(side.holds?)?, side.wants.as_ref()?);
    let witness = order?.witnesses.iter().find(|witness| {
        witness.thread == side.thread.number && witness.held_at == held.site && witness.wanted_at == wants.site
    });
    witness.map(|witness| witness.process)
}
