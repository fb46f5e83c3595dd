//! Turns orders between rows into curves between the cards' borders.
//!
//! Must not know: text, colours.
//! INVARIANT: a curve starts on the border of its first lock's row, and ends on that of its second lock's.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cards::{Cards, ROW, TITLE};
use super::layout::{Layout, Pass, Rect, Size, lay_out};
use crate::union::Union;

/// How far the two directions of one way are apart from its middle.
const LANE: f64 = 3.5;
const ARROW: f64 = 7.0;

/// Lays the cards out, and returns the curve of each order.
pub(super) fn run(cards: &Cards, union: &Union) -> (Layout, Vec<Curve>) {
    let sizes: Vec<Size> = cards.cards.iter().map(super::Card::size).collect();
    let mut arrows: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for &(edge, _) in &cards.orders {
        let [from, to] = [union.edges[edge].from, union.edges[edge].to].map(|class| cards.at[&class].0);
        if from != to {
            arrows.insert((from, to), 0);
        }
    }
    arrows.values_mut().zip(0..).for_each(|(at, number)| *at = number);
    let ends: Vec<(usize, usize)> = arrows.keys().copied().collect();
    let layout = lay_out(&sizes, &ends);
    let curve = |&(edge, is_reported): &(usize, bool)| {
        let [from, to] = [union.edges[edge].from, union.edges[edge].to].map(|class| cards.at[&class]);
        let [from_card, to_card] = [from.0, to.0].map(|card| layout.cards[card]);
        let [from_y, to_y] = [(from_card, from.1), (to_card, to.1)].map(|(card, row)| middle(&card, row));
        let arc = arc((&from_card, from_y), (&to_card, to_y));
        let points = if arc == 0.0 {
            let route = &layout.routes[arrows[&(from.0, to.0)]];
            between((&from_card, from_y), (&to_card, to_y), route)
        } else {
            let x = if arc > 0.0 { from_card.left + from_card.width } else { from_card.left };
            // A row is left at the half that is nearer to the other end.
            let apart = if from_y < to_y { LANE } else { -LANE };
            vec![(x, from_y + apart), (x, to_y - apart)]
        };
        Curve { edge, is_reported, points, arc }
    };
    let curves = cards.orders.iter().map(curve).collect();
    (layout, curves)
}

/// An order's way.
pub(super) struct Curve {
    /// The order's position in the union's.
    pub(super) edge: usize,
    /// Whether a finding is about it.
    pub(super) is_reported: bool,
    /// Where it starts, passes and ends. Between an odd one and the next it is straight, and elsewhere it bends.
    points: Vec<(f64, f64)>,
    /// To which side it bulges if it starts and ends in one column: 1 is right, -1 left, and 0 is neither.
    arc: f64,
}

impl Curve {
    /// Returns it as the `d` of a `path`.
    pub(super) fn path(&self) -> String {
        let (x, y) = self.points[0];
        let mut path = format!("M{x:.1} {y:.1}");
        for (at, pair) in self.points.windows(2).enumerate() {
            let [(x, y), (to_x, to_y)] = [pair[0], pair[1]];
            // Writing to a string does not fail.
            let _ = if at % 2 == 1 {
                write!(path, "H{to_x:.1}")
            } else if self.arc != 0.0 {
                let far = x + self.bulge();
                write!(path, "C{far:.1} {y:.1} {far:.1} {to_y:.1} {to_x:.1} {to_y:.1}")
            } else {
                let middle = (x + to_x) / 2.0;
                write!(path, "C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}")
            };
        }
        path
    }

    /// Returns what is added to the path so that it ends as an arrow.
    pub(super) fn arrowhead(&self) -> String {
        let &(x, y) = self.points.last().expect("a curve ends");
        let before = self.points[self.points.len() - 2].0;
        let comes_from_right = self.arc > 0.0 || before > x;
        let back = if comes_from_right { x + ARROW } else { x - ARROW };
        format!("M{back:.1} {:.1}L{x:.1} {y:.1}L{back:.1} {:.1}", y - ARROW * 0.55, y + ARROW * 0.55)
    }

    /// Returns where its count is written: nearer to its end, so that two directions do not share a place.
    pub(super) fn label(&self) -> (f64, f64) {
        let [.., (x, y), (to_x, to_y)] = self.points[..] else { unreachable!("a curve has two ends") };
        if self.arc != 0.0 {
            return (x + 0.75 * self.bulge(), (y + to_y) / 2.0);
        }
        // The place of such a curve at 0.65 of its length, as its middle is halfway in both directions.
        (x + (to_x - x) * 0.6, y + (to_y - y) * 0.72)
    }

    fn bulge(&self) -> f64 {
        self.arc * (22.0 + (self.points[1].1 - self.points[0].1).abs() * 0.2).min(60.0)
    }
}

/// Returns the height of the middle of a row.
fn middle(card: &Rect, row: usize) -> f64 {
    card.top + TITLE + (row as f64 + 0.5) * ROW
}

/// Returns to which side a curve between two rows bulges: within a column, down is at the right and up at the left.
fn arc(from: (&Rect, f64), to: (&Rect, f64)) -> f64 {
    match (from.0.left == to.0.left, from.1 <= to.1) {
        (true, true) => 1.0,
        (true, false) => -1.0,
        (false, _) => 0.0,
    }
}

fn between(from: (&Rect, f64), to: (&Rect, f64), route: &[Pass]) -> Vec<(f64, f64)> {
    let is_rightward = from.0.left < to.0.left;
    let lane = if is_rightward { -LANE } else { LANE };
    let side = |card: &Rect, is_right: bool| if is_right { card.left + card.width } else { card.left };
    let mut points = vec![(side(from.0, is_rightward), from.1 + lane)];
    for pass in route {
        let ends = if is_rightward { [pass.left, pass.right] } else { [pass.right, pass.left] };
        points.extend(ends.map(|x| (x, pass.y + lane)));
    }
    points.push((side(to.0, !is_rightward), to.1 + lane));
    points
}

#[cfg(test)]
mod tests {
    use super::super::{Reported, Scope};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Returns classes at lines of files, with orders between them.
    fn union(files: &[usize], orders: &[(usize, usize)]) -> Union {
        let class = |(line, file): (usize, &usize)| {
            let created = json!({ "file": format!("crates/c{file}/src/lib.rs"), "line": line + 1, "column": 1 });
            json!({ "created": created, "name": null, "kind": "Mutex", "type_name": "Mutex<()>" })
        };
        let edge = |&(from, to): &(usize, usize)| json!({ "from": from, "to": to, "processes": 1, "contexts": 1, "witnesses": [] });
        let classes: Vec<_> = files.iter().enumerate().map(class).collect();
        let edges: Vec<_> = orders.iter().map(edge).collect();
        let union = json!({ "processes": [], "classes": classes, "edges": edges, "findings": [], "unwatched": [], "holes": [] });
        serde_json::from_value(union).unwrap()
    }

    /// True if the point is on the left or the right border of the row.
    fn is_on_border(card: &Rect, row: usize, (x, y): (f64, f64)) -> bool {
        let is_border = x == card.left || x == card.left + card.width;
        is_border && (y - middle(card, row)).abs() < ROW / 2.0
    }

    proptest! {
        #[test]
        fn a_curve_leads_from_its_first_lock_s_row_to_its_second_s(
            files in prop::collection::vec(0_usize..12, 1..50),
            orders in prop::collection::btree_set((0_usize..50, 0_usize..50), 0..80),
        ) {
            let inside = |&(from, to): &(usize, usize)| (from % files.len(), to % files.len());
            let orders: Vec<(usize, usize)> = orders.iter().map(inside).collect();
            let union = union(&files, &orders);
            let cards = Cards::new(&union, &Reported::of(&union), Scope::All);
            let (layout, curves) = run(&cards, &union);
            prop_assert_eq!(curves.len(), orders.len());
            for (curve, (from, to)) in curves.iter().zip(&orders) {
                for (class, point) in [(from, curve.points[0]), (to, *curve.points.last().unwrap())] {
                    let (card, row) = cards.at[class];
                    prop_assert!(is_on_border(&layout.cards[card], row, point), "{point:?} of {from} -> {to}");
                }
                prop_assert_eq!(curve.points.len() % 2, 0);
                // Between columns it leaves and arrives at the borders that face each other.
                let [from, to] = [from, to].map(|class| layout.cards[cards.at[class].0]);
                let ends = (curve.points[0].0, curve.points.last().unwrap().0);
                if from.left != to.left {
                    let is_rightward = from.left < to.left;
                    let (right, left) = if is_rightward { (from, to) } else { (to, from) };
                    let faces = (right.left + right.width, left.left);
                    prop_assert_eq!(ends, if is_rightward { faces } else { (faces.1, faces.0) });
                }
            }
        }
    }

    #[test]
    fn opposite_orders_do_not_lie_on_each_other() {
        for files in [[0, 1], [0, 0]] {
            let union = union(&files, &[(0, 1), (1, 0)]);
            let (_, curves) = run(&Cards::new(&union, &Reported::of(&union), Scope::All), &union);
            assert_ne!(curves[0].points[0], *curves[1].points.last().unwrap(), "{files:?}");
            assert_ne!(curves[0].label(), curves[1].label(), "{files:?}");
        }
    }
}
