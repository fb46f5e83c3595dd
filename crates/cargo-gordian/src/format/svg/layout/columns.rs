//! Turns a connected graph into columns: every arrow leads to a column further right, but those that close a cycle, and
//! some of a chain that is longer than a page is wide.
//!
//! Must not know: the order within a column, coordinates.
//! Source: the cycles are cut as Eades, Lin and Smyth 1993 do, by petgraph. We differ: a column ends at a height, and what
//! does not fit moves on to the right, so that a page is not one column of a hundred cards.
//! INVARIANT: links lead from a column to the next one; what spans more has a node in each column between, and what stays
//! within a column has none.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::greedy_feedback_arc_set;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::{ASPECT, COLUMN_GAP, Size};

/// Space between the cards of a column.
pub(super) const CARD_GAP: f64 = 22.0;
/// A column of this height is never too high: it fits a screen.
const SCREEN: f64 = 640.0;
/// A chain of so many columns is never folded.
const FEW_COLUMNS: usize = 8;
/// The height of what an arrow needs to pass a column.
const PASS: f64 = 10.0;

/// Nodes in columns: first the cards, by their numbers, then the places where arrows pass.
pub(super) struct Columns {
    /// How big each node is.
    pub(super) sizes: Vec<Size>,
    /// How many of the nodes are cards.
    pub(super) cards: usize,
    /// In which column each node is.
    pub(super) column: Vec<usize>,
    /// The nodes of each column, from top to bottom.
    pub(super) members: Vec<Vec<usize>>,
    /// What each node is linked to in the column before.
    pub(super) left: Vec<Vec<usize>>,
    /// What each node is linked to in the next column.
    pub(super) right: Vec<Vec<usize>>,
    /// For each arrow the nodes that it passes between its two cards, in its own direction.
    pub(super) routes: Vec<Vec<usize>>,
}

impl Columns {
    /// Returns the columns of a connected graph.
    pub(super) fn new(cards: &[Size], arrows: &[(usize, usize)]) -> Self {
        let rightwards = without_cycles(cards.len(), arrows);
        let column = levels(cards, &rightwards);
        let mut columns = Self {
            sizes: cards.to_vec(),
            cards: cards.len(),
            members: vec![Vec::new(); column.iter().max().map_or(0, |last| last + 1)],
            column,
            left: vec![Vec::new(); cards.len()],
            right: vec![Vec::new(); cards.len()],
            routes: Vec::new(),
        };
        // The arrows of a card share their passes: one a column, as far as the furthest goes.
        let mut passes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (&(from, to), &arrow) in rightwards.iter().zip(arrows) {
            let mut route = Vec::new();
            if columns.column[from] == columns.column[to] {
                columns.routes.push(route);
                continue;
            }
            let mut last = from;
            for column in columns.column[from] + 1..columns.column[to] {
                let pass = *passes.entry((from, column)).or_insert_with(|| columns.add_pass(column));
                columns.link(last, pass);
                route.push(pass);
                last = pass;
            }
            columns.link(last, to);
            if arrow.0 != from {
                route.reverse();
            }
            columns.routes.push(route);
        }
        for node in 0..columns.sizes.len() {
            columns.members[columns.column[node]].push(node);
        }
        columns
    }

    fn add_pass(&mut self, column: usize) -> usize {
        self.sizes.push(Size { width: 0.0, height: PASS });
        self.column.push(column);
        self.left.push(Vec::new());
        self.right.push(Vec::new());
        self.sizes.len() - 1
    }

    fn link(&mut self, left: usize, right: usize) {
        if !self.right[left].contains(&right) {
            self.right[left].push(right);
            self.left[right].push(left);
        }
    }
}

/// Returns the arrows, some of them turned, so that they form no cycle.
fn without_cycles(cards: usize, arrows: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(cards, arrows.len());
    (0..cards).for_each(|_| _ = graph.add_node(()));
    for &(from, to) in arrows {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    let turned: BTreeSet<usize> = greedy_feedback_arc_set(&graph).map(|edge| edge.id().index()).collect();
    let ends = |(at, &(from, to))| if turned.contains(&at) { (to, from) } else { (from, to) };
    arrows.iter().enumerate().map(ends).collect()
}

/// Returns the column of each card.
fn levels(cards: &[Size], arrows: &[(usize, usize)]) -> Vec<usize> {
    let (mut next, mut before) = (vec![Vec::new(); cards.len()], vec![0_usize; cards.len()]);
    for &(from, to) in arrows {
        next[from].push(to);
        before[to] += 1;
    }
    let mut depth = vec![0_usize; cards.len()];
    let mut ready: BTreeSet<(usize, usize)> =
        (0..cards.len()).filter(|&card| before[card] == 0).map(|card| (0, card)).collect();
    let mut order = Vec::with_capacity(cards.len());
    while let Some((_, card)) = ready.pop_first() {
        order.push(card);
        for &after in &next[card] {
            depth[after] = depth[after].max(depth[card] + 1);
            before[after] -= 1;
            if before[after] == 0 {
                ready.insert((depth[after], after));
            }
        }
    }
    // A card that nothing leads to stands close to what it leads to.
    let is_source: Vec<bool> = depth.iter().map(|&depth| depth == 0).collect();
    for card in (0..cards.len()).filter(|&card| is_source[card]) {
        depth[card] = next[card].iter().map(|&after| depth[after] - 1).min().unwrap_or(0);
    }
    let page = Page::of(cards);
    let deepest = depth.iter().max().map_or(1, |deepest| deepest + 1);
    // A chain longer than the page is wide is folded: some of its arrows stay within a column.
    let (columns, step) = if deepest > page.columns { (page.columns, 0) } else { (deepest, 1) };
    let mut least: Vec<usize> = depth.iter().map(|depth| depth * columns / deepest).collect();
    let mut shelves = Shelves { limit: page.height, filled: Vec::new() };
    let mut level = vec![0; cards.len()];
    for card in order {
        level[card] = shelves.put(cards[card].height, least[card]);
        next[card].iter().for_each(|&after| least[after] = least[after].max(level[card] + step));
    }
    // A column that stayed empty is no column.
    let used: BTreeSet<usize> = level.iter().copied().collect();
    let used: Vec<usize> = used.into_iter().collect();
    level.iter().map(|level| used.binary_search(level).expect("every level is in use")).collect()
}

/// What would hold all cards, in the shape of a screen.
struct Page {
    height: f64,
    columns: usize,
}

impl Page {
    fn of(cards: &[Size]) -> Self {
        let area: f64 = cards.iter().map(|card| (card.width + COLUMN_GAP) * (card.height + CARD_GAP)).sum();
        let widest = cards.iter().map(|card| card.width + COLUMN_GAP).fold(1.0, f64::max);
        let columns = ((area * ASPECT).sqrt() / widest).ceil() as usize;
        Self { height: (area / ASPECT).sqrt().max(SCREEN), columns: columns.max(FEW_COLUMNS) }
    }
}

/// The cards of each column, by how much they fill.
struct Shelves {
    limit: f64,
    filled: Vec<f64>,
}

impl Shelves {
    /// Puts a card into the first column from `least` on that has room, and returns the column.
    fn put(&mut self, height: f64, least: usize) -> usize {
        let has_room = |filled: f64| filled == 0.0 || filled + height <= self.limit;
        let mut at = least;
        while self.filled.get(at).is_some_and(|&filled| !has_room(filled)) {
            at += 1;
        }
        if at >= self.filled.len() {
            self.filled.resize(at + 1, 0.0);
        }
        self.filled[at] += height + CARD_GAP;
        at
    }
}
