//! What a change adds, and what it only moves.

use super::*;
use crate::sample::{class, edge, found, union_of};
use crate::union::Standing;
use anstream::adapter::strip_str;
use gordian::Lint;
use proptest::prelude::*;

const SIDES: [crate::sample::Side; 2] = [
    ["src/bank.rs:3", "src/pay.rs:12", "src/log.rs:4", "src/pay.rs:13"],
    ["src/log.rs:4", "src/audit.rs:20", "src/bank.rs:3", "src/audit.rs:21"],
];

/// The same, three lines further down in one file, and told from its other side.
const MOVED: [crate::sample::Side; 2] = [
    ["src/log.rs:4", "src/audit.rs:23", "src/bank.rs:3", "src/audit.rs:24"],
    ["src/bank.rs:3", "src/pay.rs:12", "src/log.rs:4", "src/pay.rs:13"],
];

fn prints(findings: &[&Found]) -> Vec<String> {
    findings.iter().map(|found| found.report.fingerprint.clone()).collect()
}

fn text(diff: &Diff<'_>) -> String {
    strip_str(&diff.to_string()).to_string()
}

fn lock_orders(hashes: &[u64], sides: &[crate::sample::Side]) -> Union {
    union_of(hashes.iter().map(|hash| found(Lint::LockOrder, *hash, sides)).collect())
}

#[test]
fn a_finding_with_another_fingerprint_is_new_and_the_old_one_gone() {
    let base = lock_orders(&[1, 2], &SIDES);
    let new = union_of(vec![
        found(Lint::LockOrder, 2, &SIDES),
        found(Lint::LockOrder, 3, &[SIDES[0], ["src/log.rs:4", "src/new.rs:1", "src/bank.rs:3", "src/new.rs:2"]]),
    ]);
    let diff = Diff::between(&base, &new);
    assert_eq!(prints(&diff.findings), ["G010-0000000000000003"]);
    assert_eq!(prints(&diff.gone), ["G010-0000000000000001"]);
    assert!(diff.moved.is_empty() && diff.fails());
}

#[test]
fn a_finding_whose_lines_moved_is_neither_new_nor_gone() {
    let (base, new) = (lock_orders(&[1], &SIDES), lock_orders(&[2], &MOVED));
    let diff = Diff::between(&base, &new);
    assert_eq!((diff.moved.len(), diff.findings.len(), diff.gone.len(), diff.fails()), (1, 0, 0, false));
}

#[test]
fn a_second_finding_like_a_moved_one_is_new() {
    let (base, new) = (lock_orders(&[1], &SIDES), lock_orders(&[2, 3], &MOVED));
    let diff = Diff::between(&base, &new);
    assert_eq!((diff.moved.len(), diff.findings.len(), diff.gone.len(), diff.fails()), (1, 1, 0, true));
}

#[test]
fn another_lint_at_the_same_places_is_new() {
    let (base, new) = (lock_orders(&[1], &SIDES), union_of(vec![found(Lint::ClassOrder, 1, &SIDES)]));
    let diff = Diff::between(&base, &new);
    assert_eq!((diff.moved.len(), diff.findings.len(), diff.gone.len()), (0, 1, 1));
}

#[test]
fn only_a_new_finding_at_deny_that_counts_fails() {
    let base = Union::default();
    let warned = union_of(vec![found(Lint::ClassOrder, 1, &SIDES)]);
    assert!(!Diff::between(&base, &warned).fails());
    let mut denied = lock_orders(&[1], &SIDES);
    assert!(Diff::between(&base, &denied).fails());
    assert!(!Diff::between(&denied, &denied).fails());
    for standing in [Standing::Known, Standing::Suppressed("mended in #12".to_owned())] {
        denied.findings[0].standing = standing;
        assert!(!Diff::between(&base, &denied).fails());
    }
}

#[test]
fn the_text_tells_everything_that_is_new() {
    let base = Union {
        classes: vec![class("src/bank.rs:3")],
        findings: vec![found(Lint::LockOrder, 1, &SIDES), found(Lint::LostNotify, 4, &SIDES[..1])],
        holes: vec!["a record ends early.".to_owned()],
        ..Union::default()
    };
    let silenced = Standing::Suppressed("mended in #12".to_owned());
    let named = Class { name: Some("journal".to_owned()), ..class("src/log.rs:4") };
    let new = Union {
        classes: vec![class("src/bank.rs:5"), named],
        edges: vec![edge(0, 1, "src/pay.rs:13"), Edge { processes: 3, ..edge(1, 0, "src/audit.rs:21") }],
        findings: vec![
            found(Lint::Deadlock, 5, &SIDES),
            found(Lint::LockOrder, 2, &MOVED),
            found(Lint::ClassOrder, 3, &SIDES),
            Found { standing: silenced, ..found(Lint::LockOrder, 6, &SIDES[..1]) },
        ],
        ..Union::default()
    };
    insta::assert_snapshot!(text(&Diff::between(&base, &new)));
}

#[test]
fn nothing_new_is_one_line() {
    let union = lock_orders(&[1], &SIDES);
    insta::assert_snapshot!(text(&Diff::between(&union, &union)), @"0 new findings, 0 moved, 0 gone, 0 new locks, 0 new orders");
}

const FILES: [&str; 3] = ["src/a.rs", "src/b.rs", "src/c.rs"];
const TYPES: [&str; 2] = ["Mutex<u8>", "Mutex<u16>"];

/// A union of up to 12 locks in three files, and orders between them.
fn unions() -> impl Strategy<Value = Union> {
    let class =
        (0..FILES.len(), 1..40_u32, 0..TYPES.len(), prop::option::of(0..4_u8)).prop_map(|(file, line, kind, name)| {
            let type_name = TYPES[kind].to_owned();
            Class { type_name, name: name.map(|name| name.to_string()), ..class(&format!("{}:{line}", FILES[file])) }
        });
    (
        prop::collection::vec(class, 2..12),
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
    )
        .prop_map(|(mut classes, edges)| {
            // As the merge makes them: sorted, each name once for a type.
            classes.sort();
            classes.dedup();
            let mut names = BTreeSet::new();
            classes.retain(|class| class.name.is_none() || names.insert((class.name.clone(), class.type_name.clone())));
            let pairs: BTreeSet<_> =
                edges.iter().map(|(from, to)| (from.index(classes.len()), to.index(classes.len()))).collect();
            let edges = pairs.into_iter().map(|(from, to)| edge(from, to, "src/a.rs:1")).collect();
            Union { classes, edges, ..Union::default() }
        })
}

/// The dull twin, for unions whose locks did not move: an order is new if no pair of equal locks has it.
fn dull_new_edges<'a>(base: &Union, new: &'a Union) -> Vec<&'a Edge> {
    let is_same = |old: &Edge, edge: &Edge| {
        base.classes[old.from] == new.classes[edge.from] && base.classes[old.to] == new.classes[edge.to]
    };
    new.edges.iter().filter(|edge| !base.edges.iter().any(|old| is_same(old, edge))).collect()
}

proptest! {
    #[test]
    fn a_union_adds_nothing_to_itself(union in unions()) {
        prop_assert!(Diff::between(&union, &union).is_empty());
    }

    #[test]
    fn lines_above_add_nothing(union in unions(), shifts in prop::array::uniform3(0..50_u32)) {
        let mut moved = union.clone();
        for class in &mut moved.classes {
            let file = FILES.iter().position(|file| *file == class.created.file).unwrap();
            class.created.line += shifts[file];
        }
        prop_assert!(Diff::between(&union, &moved).is_empty());
    }

    #[test]
    fn an_added_order_is_the_only_new_one(union in unions(), index in any::<prop::sample::Index>(), shift in 0..50_u32) {
        prop_assume!(!union.edges.is_empty());
        let mut base = union.clone();
        let added = base.edges.remove(index.index(union.edges.len()));
        base.classes.iter_mut().for_each(|class| class.created.line += shift);
        let diff = Diff::between(&base, &union);
        prop_assert_eq!(diff.edges, [&added]);
        prop_assert!(diff.classes.is_empty());
    }

    #[test]
    fn locks_that_stay_are_told_as_by_the_dull_twin(union in unions(), kept in prop::collection::vec(any::<bool>(), 12)) {
        let places: Vec<usize> = (0..union.classes.len()).filter(|&index| kept[index]).collect();
        let position = |class: usize| places.iter().position(|&place| place == class);
        let edges = union.edges.iter().filter_map(|old| Some(edge(position(old.from)?, position(old.to)?, "src/a.rs:1")));
        let base = Union {
            classes: places.iter().map(|&index| union.classes[index].clone()).collect(),
            edges: edges.collect(),
            ..Union::default()
        };
        let diff = Diff::between(&base, &union);
        prop_assert_eq!(diff.edges, dull_new_edges(&base, &union));
        prop_assert_eq!(diff.classes.len(), union.classes.len() - base.classes.len());
    }
}
