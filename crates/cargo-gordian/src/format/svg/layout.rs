//! Turns cards and the arrows between them into places on a page: columns from left to right, most arrows pointing right.
//!
//! Must not know: what is on a card.
//! Source: Sugiyama, Tagawa and Toda 1981. We differ: the arrows of one card share one path to the right until they part,
//! so that a column is not full of lines, and a column has a height it does not exceed. (rust-sugiyama 0.4 was tried: it
//! asserts on graphs with cycles, and does not tell the way of an arrow past the columns between.)
//! INVARIANT: no two cards overlap; the same input gives the same places.

mod columns;
mod heights;
mod order;

use petgraph::unionfind::UnionFind;

use columns::Columns;

/// Space between the columns of a part: room for its curves.
const COLUMN_GAP: f64 = 110.0;
/// Space between parts that no arrow connects.
const PART_GAP: f64 = 48.0;
/// Width to height of the page, about that of a screen.
const ASPECT: f64 = 1.6;

/// Returns where cards of these `sizes` go, and how each of the `arrows` between two different cards runs.
///
/// # Cost
/// About linear in arrows times columns; 200 cards with 1 000 arrows take some milliseconds.
pub(super) fn lay_out(sizes: &[Size], arrows: &[(usize, usize)]) -> Layout {
    let mut layout = Layout {
        cards: vec![Rect::default(); sizes.len()],
        routes: vec![Vec::new(); arrows.len()],
        size: Size::default(),
    };
    let mut parts: Vec<Part> =
        parts(sizes.len(), arrows).into_iter().map(|(cards, inner)| Part::new(cards, inner, sizes, arrows)).collect();
    // What is connected comes first, the greatest above all; cards that stand alone fill the end.
    parts.sort_by(|a, b| (a.arrows.is_empty().cmp(&b.arrows.is_empty())).then(b.size.height.total_cmp(&a.size.height)));
    for (part, (left, top)) in parts.iter().zip(pack(&parts)) {
        for (&card, rect) in part.cards.iter().zip(&part.rects) {
            layout.cards[card] = Rect { left: rect.left + left, top: rect.top + top, ..*rect };
            layout.size.width = layout.size.width.max(rect.left + left + rect.width);
            layout.size.height = layout.size.height.max(rect.top + top + rect.height);
        }
        for (&arrow, route) in part.arrows.iter().zip(&part.routes) {
            let moved = |pass: &Pass| Pass { left: pass.left + left, right: pass.right + left, y: pass.y + top };
            layout.routes[arrow] = route.iter().map(moved).collect();
            let lowest = layout.routes[arrow].iter().map(|pass| pass.y).fold(0.0, f64::max);
            layout.size.height = layout.size.height.max(lowest);
        }
    }
    layout
}

/// Where everything goes.
pub(super) struct Layout {
    /// The cards, in the order of their sizes; some are wider than was asked for.
    pub(super) cards: Vec<Rect>,
    /// For each arrow the columns it passes on its way, from its first card to its second.
    pub(super) routes: Vec<Vec<Pass>>,
    /// How much all of it covers.
    pub(super) size: Size,
}

/// In pixels.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where an arrow passes a column, between two of its cards.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pass {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) y: f64,
}

/// Cards that arrows connect, laid out by themselves.
struct Part {
    cards: Vec<usize>,
    rects: Vec<Rect>,
    arrows: Vec<usize>,
    routes: Vec<Vec<Pass>>,
    size: Size,
}

impl Part {
    fn new(cards: Vec<usize>, inner: Vec<usize>, sizes: &[Size], arrows: &[(usize, usize)]) -> Self {
        let local = |card: usize| cards.binary_search(&card).expect("an arrow's cards are in its part");
        let own: Vec<Size> = cards.iter().map(|&card| sizes[card]).collect();
        let ends: Vec<(usize, usize)> =
            inner.iter().map(|&arrow| (local(arrows[arrow].0), local(arrows[arrow].1))).collect();
        let mut columns = Columns::new(&own, &ends);
        order::sort(&mut columns);
        let tops = heights::tops(&columns);
        let mut lefts = Vec::new();
        let mut left = 0.0;
        for column in &columns.members {
            let width = column.iter().map(|&node| columns.sizes[node].width).fold(0.0, f64::max);
            lefts.push((left, left + width));
            // More curves need more room to bend in.
            let leaving = column.iter().map(|&node| columns.right[node].len()).sum::<usize>();
            left += width + COLUMN_GAP + (leaving as f64 * 2.0).min(COLUMN_GAP);
        }
        let rect = |node: usize| {
            // All cards of a column are as wide as its widest: a curve beside it runs past none.
            let (left, right) = lefts[columns.column[node]];
            Rect { left, top: tops[node], width: right - left, height: columns.sizes[node].height }
        };
        let pass = |&node: &usize| {
            let (left, right) = lefts[columns.column[node]];
            Pass { left, right, y: tops[node] + columns.sizes[node].height / 2.0 }
        };
        let rects: Vec<Rect> = (0..cards.len()).map(rect).collect();
        let routes = columns.routes.iter().map(|route| route.iter().map(pass).collect()).collect();
        let height = (0..columns.sizes.len()).map(|node| tops[node] + columns.sizes[node].height).fold(0.0, f64::max);
        let width = rects.iter().map(|rect| rect.left + rect.width).fold(0.0, f64::max);
        Self { cards, rects, arrows: inner, routes, size: Size { width, height } }
    }
}

/// Returns the connected parts, each with its cards and its arrows, in ascending order.
fn parts(cards: usize, arrows: &[(usize, usize)]) -> Vec<(Vec<usize>, Vec<usize>)> {
    let mut same = UnionFind::<usize>::new(cards);
    for &(from, to) in arrows {
        same.union(from, to);
    }
    let names = same.into_labeling();
    let mut parts = vec![(Vec::new(), Vec::new()); cards];
    (0..cards).for_each(|card| parts[names[card]].0.push(card));
    (0..arrows.len()).for_each(|arrow| parts[names[arrows[arrow].0]].1.push(arrow));
    parts.retain(|(cards, _)| !cards.is_empty());
    parts
}

/// Returns the upper left corner of each part: on shelves, one below the other.
fn pack(parts: &[Part]) -> Vec<(f64, f64)> {
    let area: f64 = parts.iter().map(|part| (part.size.width + PART_GAP) * (part.size.height + PART_GAP)).sum();
    let widest = parts.iter().map(|part| part.size.width).fold(0.0, f64::max);
    let width = widest.max((area * ASPECT).sqrt());
    let (mut left, mut top, mut shelf) = (0.0, 0.0, 0.0_f64);
    let mut corners = Vec::new();
    for part in parts {
        if left > 0.0 && left + part.size.width > width {
            (left, top, shelf) = (0.0, top + shelf + PART_GAP, 0.0);
        }
        corners.push((left, top));
        left += part.size.width + PART_GAP;
        shelf = shelf.max(part.size.height);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(width: f64, height: f64) -> Size {
        Size { width, height }
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height
    }

    fn is_sound(sizes: &[Size], arrows: &[(usize, usize)]) -> Result<(), String> {
        let layout = lay_out(sizes, arrows);
        for (at, (card, size)) in layout.cards.iter().zip(sizes).enumerate() {
            let is_inside = card.left >= 0.0
                && card.top >= -1e-6
                && card.left + card.width <= layout.size.width + 1e-6
                && card.top + card.height <= layout.size.height + 1e-6;
            if !is_inside || card.width < size.width || card.height != size.height {
                return Err(format!("card {at} is {card:?} on {:?}", layout.size));
            }
            if let Some(other) = (0..at).find(|&other| overlap(&layout.cards[other], card)) {
                return Err(format!("cards {other} and {at} overlap: {:?}, {card:?}", layout.cards[other]));
            }
        }
        for (route, &(from, to)) in layout.routes.iter().zip(arrows) {
            let (from, to) = (layout.cards[from], layout.cards[to]);
            for pass in route {
                let is_between = (from.left < pass.left) != (to.left < pass.left);
                let hits = |card: &Rect| {
                    // A card has no line through it.
                    let flat = Rect { left: pass.left, top: pass.y, width: pass.right - pass.left, height: 0.0 };
                    overlap(card, &flat)
                };
                if !is_between || layout.cards.iter().any(hits) {
                    return Err(format!("{pass:?} is not a way from {from:?} to {to:?}"));
                }
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_every_way_leads_between_its_cards(
            sizes in prop::collection::vec((40_u16..300, 30_u16..400), 1..40),
            ends in prop::collection::vec((0_usize..40, 0_usize..40), 0..90),
        ) {
            let sizes: Vec<Size> = sizes.into_iter().map(|(width, height)| size(width.into(), height.into())).collect();
            let mut arrows: Vec<(usize, usize)> =
                ends.into_iter().map(|(from, to)| (from % sizes.len(), to % sizes.len())).collect();
            arrows.retain(|(from, to)| from != to);
            prop_assert_eq!(is_sound(&sizes, &arrows), Ok(()));
            prop_assert_eq!(lay_out(&sizes, &arrows).cards, lay_out(&sizes, &arrows).cards);
        }
    }

    #[test]
    fn a_chain_runs_from_left_to_right() {
        let layout = lay_out(&[size(100.0, 40.0); 3], &[(2, 1), (1, 0)]);
        let [a, b, c] = layout.cards[..] else { panic!("three cards") };
        assert!(c.left + c.width < b.left && b.left + b.width < a.left);
    }

    #[test]
    fn two_cards_in_opposite_orders_stand_side_by_side() {
        let layout = lay_out(&[size(100.0, 40.0); 2], &[(0, 1), (1, 0)]);
        assert_eq!(layout.cards[0].top, layout.cards[1].top);
        assert_ne!(layout.cards[0].left, layout.cards[1].left);
    }

    #[test]
    fn nothing_is_a_page_of_no_size() {
        assert_eq!(lay_out(&[], &[]).size, Size::default());
        assert_eq!(lay_out(&[size(3.0, 4.0)], &[]).cards, [Rect { left: 0.0, top: 0.0, width: 3.0, height: 4.0 }]);
    }
}
