//! Finds the cycles of a graph of numbers: through every edge that lies on one, a shortest one.
//!
//! Must not know: locks, records.
//! INVARIANT: of several shortest cycles through an edge it is the one whose numbers come first, so that a cycle which is
//! found in a graph is found in every part of it that has all its edges.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, VecDeque};

/// The cycles of a graph.
#[derive(Default, Debug)]
pub(super) struct Cycles {
    /// Each set of nodes once, by its sorted nodes; the value is the cycle, from its smallest node on.
    pub(super) by_nodes: BTreeMap<Vec<u32>, Vec<u32>>,
    /// True if there was more to look through than the search allows.
    pub(super) cut_short: bool,
}

/// Edges that one search may walk along.
// COST: enough for 2 000 edges that lie on cycles; at most some 20 ms a record.
const MOST_STEPS: usize = if cfg!(test) { 100_000 } else { 4_000_000 };

/// Returns the shortest cycles of a graph whose edges are sorted and join different nodes below `nodes`.
///
/// # Cost
/// O(nodes + edges) if there is no cycle; else O(edges) for every edge on one, cut short after a fixed number of steps.
pub(super) fn shortest(nodes: usize, edges: &[(u32, u32)]) -> Cycles {
    let mut cycles = Cycles::default();
    let inner = inside(nodes, edges);
    if inner.is_empty() {
        return cycles;
    }
    let starts: Vec<usize> = (0..=nodes).map(|node| inner.partition_point(|edge| (edge.0 as usize) < node)).collect();
    let mut search = Search { inner: &inner, starts, parents: vec![NOBODY; nodes], seen: Vec::new(), steps: 0 };
    for &(from, to) in &inner {
        if search.steps > MOST_STEPS {
            cycles.cut_short = true;
            break;
        }
        let cycle = search.path(to, from);
        let mut key = cycle.clone();
        key.sort_unstable();
        cycles.by_nodes.entry(key).or_insert_with(|| from_smallest(cycle));
    }
    cycles
}

/// Returns the edges that lie on cycles.
pub(super) fn inside(nodes: usize, edges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(nodes, edges.len());
    for _ in 0..nodes {
        graph.add_node(());
    }
    for &(from, to) in edges {
        graph.add_edge(NodeIndex::from(from), NodeIndex::from(to), ());
    }
    let mut part_of = vec![0; nodes];
    for (number, part) in kosaraju_scc(&graph).into_iter().enumerate() {
        part.into_iter().for_each(|node| part_of[node.index()] = number);
    }
    edges.iter().copied().filter(|&(from, to)| part_of[from as usize] == part_of[to as usize]).collect()
}

const NOBODY: u32 = u32::MAX;

/// A breadth-first search, whose tables are used again.
struct Search<'a> {
    inner: &'a [(u32, u32)],
    /// Where each node's edges begin in `inner`.
    starts: Vec<usize>,
    parents: Vec<u32>,
    seen: Vec<u32>,
    steps: usize,
}

impl Search<'_> {
    /// Returns the first of the shortest paths, both ends included. There is one: both are on a cycle.
    fn path(&mut self, from: u32, to: u32) -> Vec<u32> {
        let mut queue = VecDeque::from([from]);
        self.parents[from as usize] = from;
        self.seen.push(from);
        // Neighbours come in order, so the first path of a length is the first one to arrive.
        'found: while let Some(node) = queue.pop_front() {
            for &(_, next) in &self.inner[self.starts[node as usize]..self.starts[node as usize + 1]] {
                self.steps += 1;
                if self.parents[next as usize] == NOBODY {
                    self.parents[next as usize] = node;
                    self.seen.push(next);
                    queue.push_back(next);
                    if next == to {
                        break 'found;
                    }
                }
            }
        }
        let mut path = vec![to];
        let mut node = to;
        while node != from {
            node = self.parents[node as usize];
            path.push(node);
        }
        path.reverse();
        self.seen.drain(..).for_each(|node| self.parents[node as usize] = NOBODY);
        path
    }
}

fn from_smallest(mut cycle: Vec<u32>) -> Vec<u32> {
    let first = (0..cycle.len()).min_by_key(|&index| cycle[index]).unwrap_or(0);
    cycle.rotate_left(first);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn found(nodes: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let mut edges = edges.to_vec();
        edges.sort_unstable();
        edges.dedup();
        shortest(nodes, &edges).by_nodes.into_values().collect()
    }

    #[test]
    fn a_cycle_is_found_from_its_smallest_node_on_and_no_cycle_is_none() {
        assert_eq!(found(4, &[(2, 3), (3, 1), (1, 2), (0, 1), (3, 0)]), [vec![0, 1, 2, 3], vec![1, 2, 3]]);
        assert_eq!(found(4, &[(2, 3), (1, 3), (1, 2), (0, 1), (0, 3)]), [[0; 0]; 0]);
    }

    #[test]
    fn a_long_cycle_needs_no_deep_stack() {
        let many = 200_000;
        let ring: Vec<(u32, u32)> = (0..many).map(|node| (node, (node + 1) % many)).collect();
        let search = shortest(many as usize, &ring);
        assert_eq!((search.by_nodes.len(), search.cut_short), (1, true));
    }

    /// Every simple cycle, by trying all paths.
    fn all(edges: &BTreeSet<(u32, u32)>) -> Vec<Vec<u32>> {
        let mut cycles = Vec::new();
        let mut paths: Vec<Vec<u32>> = edges.iter().map(|&(from, to)| vec![from, to]).collect();
        while let Some(path) = paths.pop() {
            let (first, last) = (path[0], path[path.len() - 1]);
            for &(_, next) in edges.iter().filter(|edge| edge.0 == last) {
                if next == first {
                    cycles.push(path.clone());
                } else if !path.contains(&next) {
                    paths.push([&path[..], &[next]].concat());
                }
            }
        }
        cycles
    }

    proptest! {
        #[test]
        fn each_edge_on_a_cycle_gives_the_first_of_its_shortest_ones(
            edges in prop::collection::btree_set((0..6_u32, 0..6_u32), 0..14)
        ) {
            let edges: BTreeSet<(u32, u32)> = edges.into_iter().filter(|(from, to)| from != to).collect();
            let all = all(&edges);
            let mut expected = BTreeSet::new();
            for &(from, to) in &edges {
                let through = all.iter().filter(|cycle| cycle[0] == to && cycle[cycle.len() - 1] == from);
                if let Some(cycle) = through.min_by_key(|cycle| (cycle.len(), (*cycle).clone())) {
                    let mut nodes = cycle.clone();
                    nodes.sort_unstable();
                    expected.insert(nodes);
                }
            }
            let list: Vec<(u32, u32)> = edges.iter().copied().collect();
            let found: BTreeSet<Vec<u32>> = shortest(6, &list).by_nodes.into_keys().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
