//! Turns ordered columns into heights: each node as close as there is room to the middle of what it is linked to.
//!
//! Must not know: widths.
//! Source: isotonic regression by pooling adjacent violators (Ayer et al. 1955) for the nodes of one column.
//! INVARIANT: within a column nothing overlaps and the order is kept.

use super::columns::{CARD_GAP, Columns};

/// How often all columns are gone through; later rounds move nothing that can be seen.
const ROUNDS: usize = 12;
/// The space around an arrow that passes a column.
const PASS_GAP: f64 = 6.0;
/// How much more an arrow that passes columns pulls at its own links than a card does, so that it runs straight.
const PASS_PULL: f64 = 4.0;

/// Returns the upper end of each node; the least is 0.
pub(super) fn tops(columns: &Columns) -> Vec<f64> {
    let mut tops = vec![0.0; columns.sizes.len()];
    for column in &columns.members {
        let wished: Vec<(f64, f64)> = column.iter().map(|_| (0.0, 1.0)).collect();
        place(columns, column, &wished, &mut tops);
    }
    for round in 0..ROUNDS {
        let columns_in_turn: Vec<&Vec<usize>> = match round % 2 {
            0 => columns.members.iter().collect(),
            _ => columns.members.iter().rev().collect(),
        };
        for column in columns_in_turn {
            let wished: Vec<(f64, f64)> = column.iter().map(|&node| wish(columns, node, &tops)).collect();
            place(columns, column, &wished, &mut tops);
        }
    }
    let least = tops.iter().copied().fold(f64::INFINITY, f64::min);
    tops.iter().map(|top| top - least).collect()
}

/// Returns where the upper end of `node` would best be, and how much that matters.
fn wish(columns: &Columns, node: usize, tops: &[f64]) -> (f64, f64) {
    let is_pass = |node: usize| node >= columns.cards;
    let (mut sum, mut weights) = (0.0, 0.0);
    for &other in columns.left[node].iter().chain(&columns.right[node]) {
        let weight = if is_pass(node) && is_pass(other) { PASS_PULL } else { 1.0 };
        sum += weight * (tops[other] + columns.sizes[other].height / 2.0);
        weights += weight;
    }
    if weights == 0.0 {
        return (tops[node], 1.0);
    }
    (sum / weights - columns.sizes[node].height / 2.0, weights)
}

/// Places the nodes of a column so that the weighted squares of their distances from their wishes are least.
fn place(columns: &Columns, column: &[usize], wished: &[(f64, f64)], tops: &mut [f64]) {
    let gap = |node: usize| if node >= columns.cards { PASS_GAP } else { CARD_GAP };
    // Without what must lie above it, a node's place may be any that is not less than the one before.
    let mut above = Vec::with_capacity(column.len());
    let mut sum = 0.0;
    for (at, &node) in column.iter().enumerate() {
        above.push(sum);
        let after = column.get(at + 1).map_or(0.0, |&next| gap(node).min(gap(next)));
        sum += columns.sizes[node].height + after;
    }
    let free: Vec<(f64, f64)> =
        wished.iter().zip(&above).map(|(&(top, weight), above)| (top - above, weight)).collect();
    for ((&node, free), above) in column.iter().zip(ascending(&free)).zip(above) {
        tops[node] = free + above;
    }
}

/// Returns the ascending values closest to the wished ones, by weighted squares.
fn ascending(wished: &[(f64, f64)]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for &(value, weight) in wished {
        let mut pool = (value, weight, 1);
        while let Some(&(before, heavy, count)) = pools.last().filter(|last| last.0 > pool.0) {
            pools.pop();
            let weight = heavy + pool.1;
            pool = ((before * heavy + pool.0 * pool.1) / weight, weight, count + pool.2);
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_in_order_are_granted() {
        assert_eq!(ascending(&[(1.0, 1.0), (2.0, 9.0), (2.0, 1.0), (7.0, 1.0)]), [1.0, 2.0, 2.0, 7.0]);
    }

    #[test]
    fn wishes_out_of_order_meet_where_their_weight_is() {
        assert_eq!(ascending(&[(4.0, 3.0), (0.0, 1.0), (5.0, 1.0)]), [3.0, 3.0, 5.0]);
        assert_eq!(ascending(&[(3.0, 1.0), (2.0, 1.0), (1.0, 1.0)]), [2.0, 2.0, 2.0]);
    }
}
