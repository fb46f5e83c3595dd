//! Turns columns into columns whose links cross less.
//!
//! Must not know: coordinates.
//! Source: the barycenter heuristic of Sugiyama, Tagawa and Toda 1981; crossings are counted as Barth, Jünger and Mutzel
//! 2002 do.
//! INVARIANT: a column keeps its nodes; the result never crosses more than what was given.

use super::columns::Columns;

/// How often all columns are gone through; later rounds hardly ever gain anything.
const ROUNDS: usize = 12;

/// Orders each column after the ones beside it, and keeps the best order seen.
pub(super) fn sort(columns: &mut Columns) {
    let mut best = (crossings(columns), columns.members.clone());
    for round in 0..ROUNDS {
        if best.0 == 0 {
            break;
        }
        let all = 0..columns.members.len();
        if round % 2 == 0 {
            all.skip(1).for_each(|column| sort_column(columns, column, |columns, node| &columns.left[node]));
        } else {
            all.rev().skip(1).for_each(|column| sort_column(columns, column, |columns, node| &columns.right[node]));
        }
        let now = crossings(columns);
        if now < best.0 {
            best = (now, columns.members.clone());
        }
    }
    columns.members = best.1;
}

fn sort_column(columns: &mut Columns, column: usize, beside: fn(&Columns, usize) -> &Vec<usize>) {
    let places = places(columns);
    let keyed = columns.members[column].iter().map(|&node| {
        let linked = beside(columns, node);
        let sum: usize = linked.iter().map(|&other| places[other]).sum();
        // What is linked to nothing on that side stays about where it is.
        let key = if linked.is_empty() { places[node] as f64 } else { sum as f64 / linked.len() as f64 };
        (key, node)
    });
    let mut keyed: Vec<(f64, usize)> = keyed.collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    columns.members[column] = keyed.into_iter().map(|(_, node)| node).collect();
}

/// Returns the place of each node in its column.
fn places(columns: &Columns) -> Vec<usize> {
    let mut places = vec![0; columns.sizes.len()];
    for column in &columns.members {
        column.iter().enumerate().for_each(|(place, &node)| places[node] = place);
    }
    places
}

/// Returns how many pairs of links cross.
fn crossings(columns: &Columns) -> usize {
    let places = places(columns);
    let mut total = 0;
    for (at, column) in columns.members.iter().enumerate() {
        let mut ends: Vec<usize> = Vec::new();
        for &node in column {
            let mut of_node: Vec<usize> = columns.right[node].iter().map(|&other| places[other]).collect();
            of_node.sort_unstable();
            ends.extend(of_node);
        }
        total += inversions(&ends, columns.members.get(at + 1).map_or(0, Vec::len));
    }
    total
}

/// Returns how many pairs of `values`, which are all below `bound`, stand in descending order.
fn inversions(values: &[usize], bound: usize) -> usize {
    // A Fenwick tree of how often each value came so far.
    let mut tree = vec![0_usize; bound + 1];
    let mut found = 0;
    for (before, &value) in values.iter().enumerate() {
        let (mut at, mut not_greater) = (value + 1, 0);
        while at > 0 {
            not_greater += tree[at];
            at &= at - 1;
        }
        found += before - not_greater;
        at = value + 1;
        while at <= bound {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn inversions_are_those_of_all_pairs(values in prop::collection::vec(0_usize..20, 0..60)) {
            let pairs = |at: usize| values[at + 1..].iter().filter(|&&later| later < values[at]).count();
            let dull: usize = (0..values.len()).map(pairs).sum();
            prop_assert_eq!(inversions(&values, 20), dull);
        }
    }

    #[test]
    fn a_needless_crossing_is_undone() {
        let size = Size { width: 10.0, height: 10.0 };
        let mut columns = Columns::new(&[size; 4], &[(0, 3), (1, 2)]);
        assert_eq!(crossings(&columns), 1);
        sort(&mut columns);
        assert_eq!(crossings(&columns), 0);
    }
}
