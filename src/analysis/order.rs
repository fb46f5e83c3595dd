//! Keeps a topological order of a graph while edges come and go.
//!
//! Must not know: what a node is.
//! Source: the dynamic topological order of Pearce and Kelly 2006. We differ from `petgraph::acyclic`, which does the same
//! by recursion: in a chain of some thousand locks that would overflow the stack of the thread that asks.
//! INVARIANT: an edge leads from a lower place to a higher one, and no two nodes share a place.

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::prelude::StableDiGraph;
use rustc_hash::FxHashSet;

/// A directed graph without cycles.
pub(super) struct Order<K> {
    graph: StableDiGraph<K, ()>,
    /// The place of each node, by its index.
    places: Vec<u64>,
    next: u64,
}

impl<K> Default for Order<K> {
    fn default() -> Self {
        Self { graph: StableDiGraph::default(), places: Vec::new(), next: 0 }
    }
}

impl<K: Copy> Order<K> {
    /// Adds a node, behind all others.
    pub(super) fn add(&mut self, key: K) -> NodeIndex {
        let node = self.graph.add_node(key);
        let count = self.places.len().max(node.index() + 1);
        self.places.resize(count, 0);
        self.places[node.index()] = self.next;
        self.next += 1;
        node
    }

    pub(super) fn remove(&mut self, node: NodeIndex) {
        self.graph.remove_node(node);
    }

    /// Returns the place of a node: behind those of all that lead to it.
    pub(super) fn place(&self, node: NodeIndex) -> u64 {
        self.places[node.index()]
    }

    pub(super) fn neighbors(&self, node: NodeIndex, direction: Direction) -> impl Iterator<Item = K> {
        self.graph.neighbors_directed(node, direction).map(|other| self.graph[other])
    }

    /// Adds an edge. False if it would close a cycle, and then nothing changes.
    ///
    /// # Cost
    /// O(1) where the order is right already, else O(nodes between the two ends that hang together with them).
    pub(super) fn connect(&mut self, from: NodeIndex, to: NodeIndex) -> bool {
        let (first, last) = (self.place(to), self.place(from));
        if first <= last {
            let mut ahead = self.reach(to, Direction::Outgoing, |place| place <= last);
            if ahead.contains(&from) {
                return false;
            }
            let mut behind = self.reach(from, Direction::Incoming, |place| place >= first);
            let mut places: Vec<u64> = behind.iter().chain(&ahead).map(|&node| self.place(node)).collect();
            places.sort_unstable();
            [&mut behind, &mut ahead]
                .into_iter()
                .for_each(|nodes| nodes.sort_unstable_by_key(|&node| self.place(node)));
            for (node, place) in behind.into_iter().chain(ahead).zip(places) {
                self.places[node.index()] = place;
            }
        }
        self.graph.update_edge(from, to, ());
        true
    }

    /// Returns the nodes that lead from, or to, `start`, which is one of them, on ways whose places are all `within`.
    fn reach(&self, start: NodeIndex, direction: Direction, within: impl Fn(u64) -> bool) -> Vec<NodeIndex> {
        let mut reached = vec![start];
        let mut seen = FxHashSet::from_iter([start]);
        let mut next = 0;
        while let Some(&node) = reached.get(next) {
            let others = self.graph.neighbors_directed(node, direction);
            reached.extend(others.filter(|&other| within(self.place(other)) && seen.insert(other)));
            next += 1;
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_edge_is_refused_if_it_closes_a_cycle_and_all_others_lead_upward(
            edges in prop::collection::vec((0usize..12, 0usize..12), 0..60),
            removed in prop::option::of(0usize..12),
        ) {
            let mut order = Order::default();
            let nodes: Vec<NodeIndex> = (0..12).map(|key| order.add(key)).collect();
            let mut kept: Vec<(usize, usize)> = Vec::new();
            for (turn, (from, to)) in edges.into_iter().enumerate() {
                let leads_back = order.reach(nodes[to], Direction::Outgoing, |_| true).contains(&nodes[from]);
                prop_assert_eq!(order.connect(nodes[from], nodes[to]), !leads_back);
                if !leads_back {
                    kept.push((from, to));
                }
                if let (30, Some(gone)) = (turn, removed) {
                    order.remove(nodes[gone]);
                    prop_assert_eq!(order.add(gone), nodes[gone], "its index is used again");
                    kept.retain(|&(from, to)| from != gone && to != gone);
                }
                for &(from, to) in &kept {
                    prop_assert!(order.place(nodes[from]) < order.place(nodes[to]));
                }
                let places: FxHashSet<u64> = nodes.iter().map(|&node| order.place(node)).collect();
                prop_assert_eq!(places.len(), nodes.len());
            }
        }
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let walk = || {
            let mut order = Order::default();
            let nodes: Vec<NodeIndex> = (0..20_000).map(|key| order.add(key)).collect();
            assert!(nodes.windows(2).all(|pair| order.connect(pair[0], pair[1])));
            let (first, last) = (nodes[0], order.add(20_000));
            assert!(order.connect(last, first) && order.place(last) < order.place(first));
            assert!(!order.connect(nodes[19_999], last));
        };
        std::thread::Builder::new().stack_size(1 << 17).spawn(walk).unwrap().join().unwrap();
    }
}
