//! Turns the lock classes of two unions into pairs: which class of the new one is which of the old one.
//!
//! Must not know: edges, findings.
//! INVARIANT: a class is in at most one pair; pairs of one file, kind and type keep their order in the file.

use crate::union::Class;
use std::collections::{BTreeMap, HashMap};

/// Returns, for each class of `new`, its position in `base`. `None` if it is not there.
///
/// A name is the same wherever it is. What has none is the same if it is in the same file, of the same kind and type,
/// and comes in the same order there: lines move whenever somebody writes above them.
pub(super) fn positions(base: &[Class], new: &[Class]) -> Vec<Option<usize>> {
    let mut taken = vec![false; base.len()];
    let mut found = vec![None; new.len()];
    for key in KEYS {
        let mut groups: BTreeMap<_, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (index, class) in base.iter().enumerate().filter(|(index, _)| !taken[*index]) {
            key(class).into_iter().for_each(|key| groups.entry(key).or_default().0.push(index));
        }
        for (index, class) in new.iter().enumerate().filter(|(index, _)| found[*index].is_none()) {
            key(class).into_iter().for_each(|key| groups.entry(key).or_default().1.push(index));
        }
        for (mut before, mut after) in groups.into_values() {
            before.sort_by_key(|&index| &base[index].created);
            after.sort_by_key(|&index| &new[index].created);
            let line = |class: &Class| i64::from(class.created.line);
            let old_lines: Vec<i64> = before.iter().map(|&index| line(&base[index])).collect();
            let new_lines: Vec<i64> = after.iter().map(|&index| line(&new[index])).collect();
            for (old, new) in aligned(&old_lines, &new_lines) {
                taken[before[old]] = true;
                found[after[new]] = Some(before[old]);
            }
        }
    }
    found
}

type Key = fn(&Class) -> Option<(&str, &str, &str)>;

/// What two classes have in common to be the same one, the surest first.
const KEYS: [Key; 3] = [
    |class| class.name.as_deref().map(|name| (name, class.kind.as_str(), class.type_name.as_str())),
    |class| class.name.as_deref().map(|name| (name, "", "")),
    |class| class.name.is_none().then_some((&class.created.file, &class.kind, &class.type_name)),
];

/// Returns pairs of positions, for two lists of lines in ascending order.
///
/// Most lines of a file move together. So the shift under which the most lines meet is taken for theirs, the smallest of
/// several; what does not meet under it is paired in order between what does.
///
/// # Cost
/// The product of both lengths.
fn aligned(base: &[i64], new: &[i64]) -> Vec<(usize, usize)> {
    let mut shifts: HashMap<i64, usize> = HashMap::new();
    for shift in base.iter().flat_map(|old| new.iter().map(move |new| new - old)) {
        *shifts.entry(shift).or_default() += 1;
    }
    let most = shifts.into_iter().max_by_key(|&(shift, count)| (count, -shift.abs(), shift));
    let shift = most.map_or(0, |(shift, _)| shift);
    let mut pairs = Vec::new();
    let (mut old, mut met) = (0, 0);
    for (anchor, line) in base.iter().enumerate() {
        let Some(at) = (met..new.len()).find(|&at| new[at] == line + shift) else { continue };
        pairs.extend((old..anchor).zip(met..at));
        pairs.push((anchor, at));
        (old, met) = (anchor + 1, at + 1);
    }
    pairs.extend((old..base.len()).zip(met..new.len()));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::class;

    #[test]
    fn lines_that_moved_together_are_the_same_and_the_one_between_is_new() {
        assert_eq!(aligned(&[10, 20], &[20, 30]), [(0, 0), (1, 1)]);
        assert_eq!(aligned(&[10, 20], &[12, 15, 25]), [(0, 1), (1, 2)]);
        assert_eq!(aligned(&[10, 20, 30], &[10, 25, 35, 40]), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(aligned(&[10, 10], &[17, 17]), [(0, 0), (1, 1)]);
    }

    #[test]
    fn lines_that_did_not_move_are_the_same_and_the_others_are_not() {
        assert_eq!(aligned(&[10, 20, 30], &[10, 30]), [(0, 0), (2, 1)]);
        assert_eq!(aligned(&[10, 30], &[5, 10, 20, 30, 40]), [(0, 1), (1, 3)]);
        assert_eq!(aligned(&[], &[5]), []);
    }

    #[test]
    fn a_name_is_the_same_elsewhere_and_another_name_is_not() {
        let named = |at, name: &str, kind: &str| crate::union::Class {
            name: Some(name.to_owned()),
            kind: kind.to_owned(),
            ..class(at)
        };
        let base = [named("a.rs:1", "accounts", "Mutex"), named("a.rs:2", "accounts", "RwLock")];
        assert_eq!(positions(&base, &[named("b.rs:9", "accounts", "RwLock")]), [Some(1)]);
        assert_eq!(positions(&base[..1], &[named("b.rs:9", "accounts", "RLock")]), [Some(0)]);
        assert_eq!(positions(&base, &[named("a.rs:1", "journal", "Mutex"), class("a.rs:1")]), [None, None]);
    }

    #[test]
    fn file_kind_and_type_are_kept_apart() {
        let base = [class("a.rs:1")];
        let other = |kind: &str, type_name: &str| Class {
            kind: kind.to_owned(),
            type_name: type_name.to_owned(),
            ..class("a.rs:1")
        };
        assert_eq!(positions(&base, &[class("a.rs:9")]), [Some(0)]);
        assert_eq!(positions(&base, &[class("b.rs:1")]), [None]);
        assert_eq!(positions(&base, &[other("RwLock", "Mutex<u8>")]), [None]);
        assert_eq!(positions(&base, &[other("Mutex", "Mutex<u16>")]), [None]);
    }
}
