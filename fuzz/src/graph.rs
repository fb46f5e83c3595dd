//! Compares the lock-order graph with adjacency sets.
//!
//! Must not know: how the graph keeps its order.
//! INVARIANT: after each change the whole state is compared: nodes, edges, and the cycles through every edge. Where there
//! is no cycle at all, no edge may be suspected of one, or every request would pay for a search.

use arbitrary::Arbitrary;
use gordian::rehearsal::{LockOrderGraph, Search};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Nodes there can be: few enough to try every path, many enough for cycles that share edges.
const NODES: u8 = 6;

/// What is done to a graph; nodes are counted modulo 6.
#[derive(Clone, Copy, Arbitrary, Debug)]
pub enum Change {
    /// An edge is added; nothing happens if both ends are the same.
    Connect(u8, u8),
    /// A node is added without an edge.
    Add(u8),
    /// A node is removed with its edges.
    Remove(u8),
}

/// The dull twin: what each edge carries.
#[derive(Default)]
struct Dull {
    nodes: BTreeSet<u8>,
    edges: BTreeMap<(u8, u8), usize>,
}

/// Applies the changes to both graphs and compares them after each.
///
/// # Panics
/// If they differ.
pub fn compare(changes: &[Change]) {
    let mut graph = LockOrderGraph::<u8, usize>::default();
    let mut dull = Dull::default();
    for (time, &change) in changes.iter().enumerate() {
        match change {
            Change::Connect(from, to) if from % NODES == to % NODES => {}
            Change::Connect(from, to) => {
                let (from, to) = (from % NODES, to % NODES);
                dull.nodes.extend([from, to]);
                // As the analysis does it: an edge that is there stays and is changed.
                match graph.edge_mut(from, to) {
                    Some(edge) => *edge = time,
                    None => graph.connect(from, to, time),
                }
                dull.edges.insert((from, to), time);
            }
            Change::Add(node) => {
                graph.add(node % NODES);
                dull.nodes.insert(node % NODES);
            }
            Change::Remove(node) => {
                let node = node % NODES;
                let mut removed = graph.remove(node);
                removed.sort_unstable();
                let mut expected: Vec<usize> = dull
                    .edges
                    .extract_if(.., |(from, to), _| *from == node || *to == node)
                    .map(|(_, edge)| edge)
                    .collect();
                expected.sort_unstable();
                assert_eq!(removed, expected, "what removing {node} returns after {:?}", &changes[..=time]);
                dull.nodes.remove(&node);
            }
        }
        compare_state(&graph, &dull, &changes[..=time]);
    }
}

fn compare_state(graph: &LockOrderGraph<u8, usize>, dull: &Dull, changes: &[Change]) {
    assert_eq!(graph.nodes().collect::<BTreeSet<_>>(), dull.nodes, "nodes after {changes:?}");
    assert!((0..NODES).all(|node| graph.contains(node) == dull.nodes.contains(&node)), "contains after {changes:?}");
    let edges: BTreeMap<(u8, u8), usize> = graph.edges().map(|(from, to, edge)| ((from, to), *edge)).collect();
    assert_eq!(edges, dull.edges, "edges after {changes:?}");
    let has_cycle = dull.edges.keys().any(|&(from, to)| !dull.cycles_through(from, to).is_empty());
    for (&(from, to), edge) in &dull.edges {
        assert!(has_cycle || !graph.may_close(from, to), "{from} -> {to} closes nothing after {changes:?}");
        assert_eq!(graph.edge(from, to), Some(edge), "edge {from} -> {to} after {changes:?}");
        let mut shown: Vec<Vec<u8>> = Vec::new();
        let search = graph.cycles_through(from, to, |cycle| {
            shown.push(cycle.to_vec());
            ControlFlow::Continue(())
        });
        assert_eq!(search, Search::Complete, "{from} -> {to} after {changes:?}");
        assert!(shown.is_sorted_by_key(Vec::len), "not shortest first: {shown:?} after {changes:?}");
        let expected = dull.cycles_through(from, to);
        assert!(expected.is_empty() || graph.may_close(from, to), "{from} -> {to} may close after {changes:?}");
        shown.sort_unstable();
        assert_eq!(shown, expected, "cycles through {from} -> {to} after {changes:?}");
    }
}

impl Dull {
    /// Returns every simple cycle through an edge, sorted: each sequence of nodes is tried.
    fn cycles_through(&self, from: u8, to: u8) -> Vec<Vec<u8>> {
        let mut cycles = Vec::new();
        let mut paths = vec![vec![from, to]];
        while let Some(path) = paths.pop() {
            let last = path[path.len() - 1];
            for &next in self.nodes.iter().filter(|&&next| self.edges.contains_key(&(last, next))) {
                if next == from {
                    cycles.push(path.clone());
                } else if !path.contains(&next) {
                    paths.push([&path[..], &[next]].concat());
                }
            }
        }
        cycles.sort_unstable();
        cycles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn change() -> impl Strategy<Value = Change> {
        let node = || 0..NODES;
        prop_oneof![
            8 => (node(), node()).prop_map(|(from, to)| Change::Connect(from, to)),
            1 => node().prop_map(Change::Add),
            2 => node().prop_map(Change::Remove),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_graph_agrees_with_adjacency_sets(changes in prop::collection::vec(change(), 0..40)) {
            compare(&changes);
        }
    }

    #[test]
    fn the_twin_finds_each_cycle_of_a_full_graph_once() {
        let mut dull = Dull { nodes: (0..4).collect(), ..Dull::default() };
        dull.edges = (0..16).filter(|pair| pair / 4 != pair % 4).map(|pair| ((pair / 4, pair % 4), 0)).collect();
        // Through one edge: one of length 2, two of length 3, two of length 4.
        let lengths: Vec<usize> = dull.cycles_through(0, 1).iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 3, 4, 3, 4]);
    }
}
