//! The lock-order graph: who was requested under whom, which edges close a cycle, and the cycles.
//!
//! Must not know: what a node is, what evidence an edge carries.
//! Source: the dynamic topological order of Pearce and Kelly 2006, in `order`. We differ: an edge that would break the
//! order is kept beside it, since it may be harmless today and a deadlock with one more edge.
//! INVARIANT: the edges inside `order` are acyclic; every other edge is in `closing_out` and, mirrored, `closing_in`.

use super::order::Order;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::hash::Hash;
use std::ops::ControlFlow;

/// A directed graph over keys `K` with edge data `E`.
pub struct LockOrderGraph<K, E> {
    order: Order<K>,
    nodes: FxHashMap<K, NodeIndex>,
    edges: FxHashMap<(K, K), E>,
    closing_out: FxHashMap<K, Vec<K>>,
    closing_in: FxHashMap<K, Vec<K>>,
}

/// How far a search for cycles came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Search {
    /// All cycles were shown, or the visitor had enough.
    Complete,
    /// There are more than the search looks through.
    CutShort,
}

/// Partial paths a search may hold.
// COST: a ring of 100 needs 100, a clique of 8 locks in every order 1 957, one of 9 more than this.
const MOST_PATHS: usize = 4_000;

impl<K, E> Default for LockOrderGraph<K, E> {
    fn default() -> Self {
        Self {
            order: Order::default(),
            nodes: FxHashMap::default(),
            edges: FxHashMap::default(),
            closing_out: FxHashMap::default(),
            closing_in: FxHashMap::default(),
        }
    }
}

impl<K: Copy + Eq + Hash, E> LockOrderGraph<K, E> {
    /// True if `node` is in the graph.
    pub fn contains(&self, node: K) -> bool {
        self.nodes.contains_key(&node)
    }

    /// Adds `node` if it is not there.
    pub fn add(&mut self, node: K) {
        self.index(node);
    }

    /// Returns what the edge carries.
    pub fn edge(&self, from: K, to: K) -> Option<&E> {
        self.edges.get(&(from, to))
    }

    /// Returns what the edge carries.
    pub fn edge_mut(&mut self, from: K, to: K) -> Option<&mut E> {
        self.edges.get_mut(&(from, to))
    }

    /// Returns all nodes, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = K> {
        self.nodes.keys().copied()
    }

    /// Returns all edges, in no order.
    pub fn edges(&self) -> impl Iterator<Item = (K, K, &E)> {
        self.edges.iter().map(|(&(from, to), edge)| (from, to, edge))
    }

    /// Adds an edge that is not there yet, between different nodes, and the nodes if they are missing.
    ///
    /// # Panics
    /// If `from` and `to` are the same.
    ///
    /// # Cost
    /// That of Pearce and Kelly's insertion: under a microsecond among thousands of nodes.
    pub fn connect(&mut self, from: K, to: K, edge: E) {
        let (start, end) = (self.index(from), self.index(to));
        assert!(start != end, "an edge needs two nodes");
        if self.edges.insert((from, to), edge).is_some() {
            return;
        }
        if !self.order.connect(start, end) {
            self.closing_out.entry(from).or_default().push(to);
            self.closing_in.entry(to).or_default().push(from);
        }
    }

    /// Removes a node and all its edges; returns what they carried.
    pub fn remove(&mut self, node: K) -> Vec<E> {
        let Some(index) = self.nodes.remove(&node) else { return Vec::new() };
        let mut ends: Vec<(K, K)> = Vec::new();
        ends.extend(self.order.neighbors(index, Direction::Outgoing).map(|to| (node, to)));
        ends.extend(self.order.neighbors(index, Direction::Incoming).map(|from| (from, node)));
        for to in self.closing_out.remove(&node).unwrap_or_default() {
            forget(&mut self.closing_in, to, node);
            ends.push((node, to));
        }
        for from in self.closing_in.remove(&node).unwrap_or_default() {
            forget(&mut self.closing_out, from, node);
            ends.push((from, node));
        }
        self.order.remove(index);
        self.settle();
        ends.iter().filter_map(|ends| self.edges.remove(ends)).collect()
    }

    /// False if the edge certainly lies on no cycle.
    ///
    /// # Cost
    /// O(1) while no edge closes a cycle, else O(closing edges).
    pub fn may_close(&self, from: K, to: K) -> bool {
        if self.closing_out.is_empty() {
            return false;
        }
        let (start, end) = (self.nodes[&from], self.nodes[&to]);
        let place = |key: &K| self.order.place(self.nodes[key]);
        // A cycle runs from `to` over the order to the tail of a closing edge, and from the head of one to `from`;
        // or the edge itself closes it.
        let closes = self.closing_out.get(&from).is_some_and(|heads| heads.contains(&to));
        closes
            || (self.closing_out.keys().any(|tail| place(tail) >= self.order.place(end))
                && self.closing_in.keys().any(|head| place(head) <= self.order.place(start)))
    }

    /// Shows every simple cycle through the edge, shortest first, as its nodes: `from`, `to`, and so on.
    ///
    /// # Cost
    /// O(nodes and edges reachable) to see that there is none; no more than a fixed number of partial paths.
    pub fn cycles_through(&self, from: K, to: K, mut visit: impl FnMut(&[K]) -> ControlFlow<()>) -> Search {
        if !self.may_close(from, to) {
            return Search::Complete;
        }
        let between = self.between(to, from);
        // Partial paths from `to`: a node and the place of its path's previous node.
        let mut paths: Vec<(K, usize)> = vec![(to, usize::MAX)];
        let mut next = 0;
        while next < paths.len() {
            let (last, _) = paths[next];
            for successor in self.successors(last) {
                if successor == from {
                    let mut cycle: Vec<K> = trail(&paths, next).collect();
                    cycle.push(from);
                    cycle.reverse();
                    if visit(&cycle).is_break() {
                        return Search::Complete;
                    }
                } else if between.contains(&successor) && trail(&paths, next).all(|node| node != successor) {
                    if paths.len() == MOST_PATHS {
                        return Search::CutShort;
                    }
                    paths.push((successor, next));
                }
            }
            next += 1;
        }
        Search::Complete
    }

    /// Moves closing edges that close nothing any more into the order.
    fn settle(&mut self) {
        let closing: Vec<(K, K)> =
            self.closing_out.iter().flat_map(|(&from, heads)| heads.iter().map(move |&to| (from, to))).collect();
        for (from, to) in closing {
            if self.order.connect(self.nodes[&from], self.nodes[&to]) {
                forget(&mut self.closing_out, from, to);
                forget(&mut self.closing_in, to, from);
            }
        }
    }

    /// Returns the nodes on any path from `start` to `end`.
    fn between(&self, start: K, end: K) -> FxHashSet<K> {
        let ahead = reach(start, |node| self.successors(node), |_| true);
        reach(end, |node| self.predecessors(node), |node| ahead.contains(&node))
    }

    fn successors(&self, node: K) -> impl Iterator<Item = K> {
        let ordered = self.order.neighbors(self.nodes[&node], Direction::Outgoing);
        ordered.chain(self.closing_out.get(&node).into_iter().flatten().copied())
    }

    fn predecessors(&self, node: K) -> impl Iterator<Item = K> {
        let ordered = self.order.neighbors(self.nodes[&node], Direction::Incoming);
        ordered.chain(self.closing_in.get(&node).into_iter().flatten().copied())
    }

    fn index(&mut self, node: K) -> NodeIndex {
        *self.nodes.entry(node).or_insert_with(|| self.order.add(node))
    }
}

/// Returns the nodes that `step` leads to from `start`, which is one of them, among those that `within` admits.
fn reach<K: Copy + Eq + Hash, I: Iterator<Item = K>>(
    start: K,
    step: impl Fn(K) -> I,
    within: impl Fn(K) -> bool,
) -> FxHashSet<K> {
    let mut seen = FxHashSet::from_iter([start]);
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for next in step(node) {
            if within(next) && seen.insert(next) {
                queue.push_back(next);
            }
        }
    }
    seen
}

/// Returns the nodes of a partial path, last first.
fn trail<K: Copy>(paths: &[(K, usize)], last: usize) -> impl Iterator<Item = K> {
    let mut place = last;
    std::iter::from_fn(move || {
        let &(node, before) = paths.get(place)?;
        place = before;
        Some(node)
    })
}

fn forget<K: Copy + Eq + Hash>(closing: &mut FxHashMap<K, Vec<K>>, key: K, end: K) {
    if let Some(ends) = closing.get_mut(&key) {
        ends.retain(|&other| other != end);
        if ends.is_empty() {
            closing.remove(&key);
        }
    }
}
