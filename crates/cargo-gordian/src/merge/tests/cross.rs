//! Cycles that no single process saw.

use super::{Folder, Script, crossing, order, process, united};
use crate::merge::{Levels, read};
use gordian::Level;
use gordian::record::format::{Edge, Mode};
use serde_json::json;

fn sees(program: &str, pid: u32, edges: impl IntoIterator<Item = Edge>) -> Script {
    edges.into_iter().fold(process(program, pid), Script::edge).end()
}

/// Returns how many cycles are told of two processes, one with each of these orders.
fn told(one: Edge, other: Edge) -> usize {
    crossing(&united([sees("transfers", 1, [one]), sees("audit", 2, [other])])).len()
}

#[test]
fn opposite_orders_of_two_processes_are_told_with_both() {
    let audit = sees("audit", 4712, [order(2, 1)]).head("arguments", json!(["tests::a", "--exact"]));
    let union = united([sees("transfers", 4711, [order(1, 2)]), audit]);
    let found = &union.findings[..];
    assert_eq!((found.len(), found[0].found_by, &found[0].processes[..]), (1, 0, &[0, 1][..]));
    let report = &found[0].report;
    assert_eq!((report.code, report.level, report.count), ("G011", "warn", 1));
    assert_eq!(
        report.reasons[0],
        "`transfers` (process 4711, thread 1 'main') requested the Mutex created at locks.rs:2 under the Mutex created at \
         locks.rs:1; `audit` (process 4712, thread 1 'main', test `tests::a`) requested the Mutex created at locks.rs:1 \
         under the Mutex created at locks.rs:2; no process did both."
    );
}

#[test]
fn one_order_in_two_processes_is_quiet() {
    assert_eq!(told(order(1, 2), order(1, 2)), 0);
}

#[test]
fn a_cycle_that_one_process_saw_whole_is_left_to_it() {
    let both = sees("audit", 2, [order(1, 2), order(2, 1)]);
    let union = united([sees("transfers", 1, [order(1, 2)]), both]);
    assert_eq!(crossing(&union).len(), 0);
    assert_eq!(union.judged.len(), 1);
}

#[test]
fn a_ring_of_three_processes_is_one_finding_and_an_open_one_is_none() {
    let edges = [order(1, 2), order(2, 3), order(3, 1)];
    let scripts = |count| (1..).zip(edges.clone()).map(|(pid, edge)| sees("bank", pid, [edge])).take(count);
    let union = united(scripts(3));
    assert_eq!(crossing(&union).iter().map(|report| report.sides.len()).collect::<Vec<_>>(), [3]);
    assert_eq!(crossing(&united(scripts(2))).len(), 0);
}

#[test]
fn one_thread_does_not_meet_itself_and_two_threads_of_a_process_do() {
    let ring = |thread| {
        let other = Edge { thread, ..order(2, 3) };
        crossing(&united([sees("bank", 1, [order(1, 2), other]), sees("bank", 2, [order(3, 1)])])).len()
    };
    assert_eq!((ring(1), ring(2)), (0, 1));
}

#[test]
fn a_common_gate_excuses_unless_both_share_it() {
    let under = |edge: Edge, mode| Edge { gates: vec![(5, mode)], ..edge };
    let told = |one, other| told(under(order(1, 2), one), under(order(2, 1), other));
    assert_eq!(told(Mode::Exclusive, Mode::Exclusive), 0);
    assert_eq!(told(Mode::Shared, Mode::Exclusive), 0);
    assert_eq!(told(Mode::Shared, Mode::Shared), 1);
}

#[test]
fn different_gates_do_not_excuse_and_are_named() {
    let under = |edge: Edge, gate| Edge { gates: vec![(gate, Mode::Exclusive)], ..edge };
    let scripts = [sees("bank", 1, [under(order(1, 2), 5)]), sees("bank", 2, [under(order(2, 1), 6)])];
    let union = united(scripts);
    let reasons = &crossing(&union)[0].reasons;
    assert!(
        reasons
            .last()
            .unwrap()
            .ends_with("side 1 held the Mutex created at locks.rs:5; side 2 held the Mutex created at locks.rs:6."),
        "{reasons:?}"
    );
}

#[test]
fn one_path_without_the_gate_is_enough() {
    let gated = |edge: Edge| Edge { gates: vec![(5, Mode::Exclusive)], ..edge };
    let gated_only = sees("bank", 1, [gated(order(1, 2))]);
    let other = sees("bank", 2, [gated(order(2, 1))]);
    assert_eq!(crossing(&united([gated_only.clone(), other.clone()])).len(), 0);
    // However many gated ways there are.
    let many = (10..90).map(|held_at| Edge { held_at, ..gated(order(1, 2)) });
    let many = sees("bank", 3, many.chain([order(1, 2)]));
    assert_eq!(crossing(&united([gated_only, other, many])).len(), 1);
}

#[test]
fn readers_wait_for_each_other_only_behind_a_writer() {
    let read = |edge: Edge, wanted| Edge { held: Mode::Shared, wanted, ..edge };
    let told = |wanted| {
        let scripts = [sees("bank", 1, [read(order(1, 2), wanted)]), sees("bank", 2, [read(order(2, 1), wanted)])];
        let union = united(scripts);
        crossing(&union)
            .iter()
            .map(|report| report.reasons.iter().any(|it| it.contains("a writer")))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(Mode::SharedRecursive), [false; 0]);
    assert_eq!(told(Mode::Shared), [true]);
    assert_eq!(told(Mode::Exclusive), [false]);
}

#[test]
fn locks_that_std_created_without_a_name_have_no_order() {
    let of_std = |name: Option<&str>| {
        let script = |program, pid, (from, to)| {
            let place = json!({ "place": { "file": "/rustc/abc/library/alloc/sync.rs", "line": 1, "column": 1 } });
            let class = json!({ "class": { "name": name, "kind": "Mutex", "type_name": "Mutex<u8>", "created": 110 } });
            process(program, pid).line(place).line(class).edge(order(from, to)).end()
        };
        crossing(&united([script("bank", 1, (1, 10)), script("bank", 2, (10, 1))])).len()
    };
    assert_eq!((of_std(None), of_std(Some("name"))), (0, 1));
}

#[test]
fn names_tell_locks_of_one_place_apart() {
    let named = |name: &str, pid, (from, to)| {
        let class = json!({ "class": { "name": name, "kind": "Mutex", "type_name": "Mutex<u8>", "created": 101 } });
        process("bank", pid).line(class).edge(order(from, to)).end()
    };
    let told = |one, other| crossing(&united([named(one, 1, (10, 2)), named(other, 2, (2, 10))])).len();
    assert_eq!((told("a", "a"), told("a", "b")), (1, 0));
}

#[test]
fn what_a_process_has_reported_is_not_told_again() {
    let scripts = [sees("bank", 1, [order(1, 2)]), sees("bank", 2, [order(2, 1)])];
    let union = united(scripts.clone());
    let report = crossing(&union)[0].clone();
    let reporter = process("bank", 3).line(json!({ "finding": report })).end();
    let union = united(scripts.into_iter().chain([reporter]));
    assert_eq!(union.findings.iter().map(|found| found.found_by).collect::<Vec<_>>(), [1]);
}

#[test]
fn the_level_is_the_lints_and_at_allow_nothing_is_made() {
    let folder = super::Folder::new();
    sees("bank", 1, [order(1, 2)]).write(&folder);
    sees("bank", 2, [order(2, 1)]).write(&folder);
    let told =
        |level| read(&[folder.path()], Levels::all(level)).unwrap().findings.pop().map(|found| found.report.level);
    assert_eq!([Level::Allow, Level::Warn, Level::Deny].map(told), [None, Some("warn"), Some("deny")]);
}

/// A process that opens locks between processes at these places of `main.rs`, and then sees these orders of them: classes 10,
/// 11 and so on.
fn opens(program: &str, pid: u32, at: &[(&str, u32)], edges: impl IntoIterator<Item = Edge>) -> Script {
    let opened = at.iter().fold(process(program, pid), |script, (path, place)| {
        let (kind, type_name) = ("process::Lock", "process::Lock");
        script.line(json!({ "class": { "name": path, "kind": kind, "type_name": type_name, "created": place } }))
    });
    edges.into_iter().fold(opened, Script::edge).end()
}

const A: &str = "/run/a.lock";
const B: &str = "/run/b.lock";

#[test]
fn locks_between_processes_are_the_same_wherever_they_are_opened_and_other_paths_are_not() {
    let one = opens("transfers", 1, &[(A, 50), (B, 51)], [order(10, 11)]);
    let other = |paths: [&str; 2]| opens("audit", 2, &[(paths[0], 60), (paths[1], 61)], [order(11, 10)]);
    let union = united([one.clone(), other([A, B])]);
    let found = crossing(&union);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code, found[0].locks[0].name, found[0].sides.len()), ("G010", Some(A), 2));
    assert!(
        found[0].title.ends_with("takes them the other way round: each can wait for the other for ever"),
        "{}",
        found[0].title
    );
    assert_eq!(crossing(&united([one.clone(), other(["/run/c.lock", B])])).len(), 0);
    assert_eq!(crossing(&united([one.clone(), opens("audit", 2, &[(A, 60), (B, 61)], [order(10, 11)])])).len(), 0);
    // Whichever record is read first, the class is told the same way.
    let turned = united([opens("audit", 1, &[(A, 60), (B, 61)], [order(11, 10)]), one.head("pid", json!(2))]);
    let places = |union: &crate::union::Union| -> Vec<u32> { union.classes.iter().map(|it| it.created.line).collect() };
    assert_eq!(places(&turned), places(&union));
}

#[test]
fn mutexes_of_one_name_that_are_created_at_two_places_are_two() {
    let named = |program, pid, place, edge| {
        let class = json!({ "name": A, "kind": "Mutex", "type_name": "Mutex<u8>", "created": place });
        process(program, pid).line(json!({ "class": class })).edge(edge).end()
    };
    let told =
        |place| crossing(&united([named("bank", 1, 50, order(10, 1)), named("audit", 2, place, order(1, 10))])).len();
    assert_eq!((told(60), told(50)), (0, 1));
}

#[test]
fn what_each_process_has_for_itself_keeps_no_two_of_them_apart() {
    let under = |gate: u32| {
        let gated = |edge: Edge| Edge { gates: vec![(gate, Mode::Exclusive)], ..edge };
        let at = [(A, 50), (B, 51), ("/run/gate.lock", 52)];
        let one = opens("transfers", 1, &at, [gated(order(10, 11))]);
        crossing(&united([one, opens("audit", 2, &at, [gated(order(11, 10))])])).len()
    };
    assert_eq!((under(5), under(12)), (1, 0));
}

#[test]
fn paths_of_two_machines_are_a_class_and_each_lint_has_its_level() {
    let one = opens("transfers", 1, &[(A, 50), (B, 51)], [order(10, 11)]);
    let other = opens("audit", 2, &[(A, 50), (B, 51)], [order(11, 10)]);
    let codes = |other: &Script, levels| {
        let folder = Folder::new();
        [&one, other].iter().for_each(|script| drop(script.write(&folder)));
        let union = read(&[folder.path()], levels).unwrap();
        crossing(&union).iter().map(|report| report.code).collect::<Vec<_>>()
    };
    let (far, all) = (other.clone().head("host", json!("south")), Levels::all(Level::Warn));
    assert_eq!((codes(&other, all), codes(&far, all)), (vec!["G010"], vec!["G011"]));
    let no_locks = Levels { lock_order: Level::Allow, ..all };
    let no_classes = Levels { class_order: Level::Allow, ..all };
    assert_eq!((codes(&other, no_locks), codes(&far, no_locks)), (vec![], vec!["G011"]));
    assert_eq!((codes(&other, no_classes), codes(&far, no_classes)), (vec!["G010"], vec![]));
}
