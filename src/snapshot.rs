//! Shows the lock-order graph as it stands.
//!
//! Must not know: how it grows.

use crate::event::LockId;
use crate::finding::{Step, Wanted};
use crate::report::{LockReport, Place};
use petgraph::dot::Dot;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::HashMap;

/// The lock-order graph at one moment: locks as nodes, and an edge from each held lock to what was requested under it.
#[derive(Clone, Debug)]
pub struct LockGraph(DiGraph<LockReport, OrderEdge>);

/// Evidence for an order between two locks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OrderEdge {
    /// Where the held lock was requested.
    pub held: Place,
    /// Where the other one was requested under it.
    pub wanted: Place,
    /// How many distinct contexts are kept as evidence.
    pub witnesses: usize,
    /// How many more were dropped.
    pub dropped: u64,
}

/// Returns a snapshot of the orders between locks that are alive.
///
/// # Cost
/// O(locks and orders), under the detector's lock.
pub fn lock_graph() -> LockGraph {
    crate::stream::thread::with_locks(|locks| {
        let mut known: HashMap<LockId, Wanted> = HashMap::new();
        for step in locks.edges().flat_map(|(.., edge)| edge.steps()) {
            let held = step.hold().held;
            known.entry(held.lock).or_insert(Wanted::of(&held));
            known.insert(step.wanted.lock, step.wanted);
        }
        let mut ids: Vec<LockId> = known.keys().copied().collect();
        ids.sort_by_key(|id| (known[id].created, *id));
        let mut graph = DiGraph::new();
        let nodes: HashMap<LockId, NodeIndex> =
            ids.iter().map(|id| (*id, graph.add_node(LockReport::new(&known[id])))).collect();
        for (from, to, edge) in locks.edges() {
            if let Some(&Step { ref witness, from: hold, .. }) = edge.steps().first() {
                let order = OrderEdge {
                    held: Place::new(witness.held[hold].held.site),
                    wanted: Place::new(witness.site),
                    witnesses: edge.steps().len(),
                    dropped: edge.dropped(),
                };
                graph.add_edge(nodes[&from], nodes[&to], order);
            }
        }
        LockGraph(graph)
    })
}

impl LockGraph {
    /// Returns the graph.
    pub fn graph(&self) -> &DiGraph<LockReport, OrderEdge> {
        &self.0
    }

    /// Returns the graph in Graphviz's language.
    pub fn to_dot(&self) -> String {
        let drawn = self.0.map(
            |_, lock| format!("{}\n{}\n{}", lock.label, lock.type_name, lock.created),
            |_, edge| edge.wanted.to_string(),
        );
        format!("{}", Dot::new(&drawn))
    }
}
