//! What is read, what is left out, and what is said of it.

use super::{Folder, Script, name, order, process, united};
use crate::merge::{Levels, read, saved};
use crate::union::Union;
use gordian::{Level, Report};
use serde_json::{Value, json};
use std::path::PathBuf;

fn whole(program: &str, pid: u32) -> Script {
    process(program, pid).edge(order(1, 2)).end()
}

/// Reads a broken record beside a whole one, and returns what is said.
fn holes_beside(text: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.write("1-7.json", text);
    whole("other", 2).write(&folder);
    let union = folder.read();
    let other = |process: &gordian::record::format::Process| process.pid == 2;
    assert!(union.processes.iter().any(|seen| other(&seen.process) && seen.is_whole), "the other one is not hidden");
    union.holes
}

#[test]
fn two_whole_records_leave_no_hole() {
    let union = united([whole("bank", 1), whole("bank", 2)]);
    assert_eq!(union.holes, [""; 0]);
    assert_eq!(union.processes.iter().map(|seen| seen.is_whole).collect::<Vec<_>>(), [true, true]);
    assert_eq!((union.edges.len(), union.edges[0].processes, union.edges[0].contexts), (1, 2, 2));
}

#[test]
fn ways_are_counted_and_not_lines() {
    let elsewhere = gordian::record::format::Edge { held_at: 9, ..order(1, 2) };
    let by_another = gordian::record::format::Edge { thread: 2, ..order(1, 2) };
    let script = process("bank", 1).edge(order(1, 2)).edge(by_another).edge(elsewhere).edge(order(1, 2)).end();
    let union = united([script, whole("bank", 2)]);
    assert_eq!((union.edges[0].processes, union.edges[0].contexts), (2, 3));
    assert_eq!(union.edges[0].witnesses.len(), 4);
}

#[test]
fn a_process_that_was_killed_is_known_and_what_it_saw_stays() {
    let union = united([process("bank", 1).edge(order(1, 2))]);
    assert!(!union.processes[0].is_whole);
    assert_eq!(union.edges.len(), 1);
}

#[test]
fn a_torn_line_costs_what_comes_after_it_and_nothing_else() {
    let text = process("bank", 1).edge(order(1, 2)).edge(order(2, 3)).text();
    for cut in [2, 20] {
        let folder = Folder::new();
        folder.write("1-7.json", &text[..text.len() - cut]);
        let union = folder.read();
        assert_eq!((union.edges.len(), union.processes[0].is_whole), (1, false));
    }
}

#[test]
fn a_line_that_lacks_only_its_end_of_line_is_read() {
    let folder = Folder::new();
    folder.write("1-7.json", whole("bank", 1).text().trim_end());
    assert_eq!(folder.read().holes, [""; 0]);
}

#[test]
fn a_broken_line_in_the_middle_names_the_file_and_the_line() {
    let text = process("bank", 1).text();
    let lines = text.lines().count();
    let holes = holes_beside(&format!("{text}{{\"edge\":\n{text}"));
    assert_eq!(holes.len(), 1);
    let place = format!("1-7.json was left out: line {} is no line of a record: ", lines + 1);
    assert!(holes[0].contains(&place), "{holes:?}");
}

#[test]
fn a_number_that_points_to_nothing_is_an_error_whatever_it_numbers() {
    let text = process("bank", 1).text();
    let number = text.lines().count() + 1;
    let stray = |change: fn(&mut Value)| {
        let mut edge = json!(order(1, 2));
        change(&mut edge);
        json!({ "edge": edge })
    };
    for (line, error) in [
        (
            stray(|edge| edge["to"] = json!(10)),
            "it names class 10, and the lines before it tell of 10, numbered from 0",
        ),
        (stray(|edge| edge["gates"] = json!([[77, "shared"]])), "it names class 77, "),
        (stray(|edge| edge["held_at"] = json!(110)), "it names place 110, "),
        (stray(|edge| edge["stack"] = json!(0)), "it names stack 0, "),
        (stray(|edge| edge["thread"] = json!(3)), "it names thread 3, "),
        (
            json!({ "repeats": { "fingerprint": "G010-00", "count": 2 } }),
            "it counts the finding G010-00, which no earlier line tells",
        ),
    ] {
        let holes = holes_beside(&format!("{text}{line}\n"));
        assert_eq!(holes.len(), 1);
        assert!(holes[0].contains(&format!("1-7.json was left out: line {number}: {error}")), "{holes:?}");
    }
}

#[test]
fn another_major_version_is_named_and_a_newer_minor_one_is_read() {
    let holes = holes_beside(&whole("bank", 1).head("format", json!([2, 0])).text());
    assert!(
        holes[0].ends_with("line 1: it is a record of format 2.0, and this version of cargo-gordian reads format 1.x."),
        "{holes:?}"
    );
    let news = whole("bank", 1).line(json!({ "weather": { "is": "fine" } })).line(json!({ "end": { "holes": [] } }));
    assert_eq!(holes_beside(&news.clone().head("format", json!([1, 9])).text()), [""; 0]);
    let holes = holes_beside(&news.text());
    assert!(holes[0].contains("unknown variant `weather`"), "{holes:?}");
}

#[test]
fn a_file_that_is_no_record_is_named() {
    for (text, said) in [
        ("", "it is empty: its process was killed before it could say who it is."),
        ("{\"proc", "it ends in the middle of its first line: its process was killed before it could say who it is."),
        ("[1, 2]\n", "line 1 is not the first line of a record"),
        ("{\"format\":[1,0],\"gordian\":\"0.1.0\"}", "it is no union: missing field"),
    ] {
        let holes = holes_beside(text);
        assert!(holes.len() == 1 && holes[0].contains(&format!("1-7.json was left out: {said}")), "{holes:?}");
    }
}

#[test]
fn what_a_process_lost_is_told_with_its_name() {
    let union = united([process("bank", 1).line(json!({ "end": { "holes": ["Too much."] } }))]);
    assert_eq!(union.holes, ["`bank` (process 1): Too much."]);
}

#[test]
fn a_process_counts_once_however_often_its_record_lies_about() {
    let folder = Folder::new();
    let path = whole("bank", 1).write(&folder);
    let copy = folder.write("shard/copy.json", &process("bank", 1).text());
    let union = read(&[path.clone(), folder.path(), path, copy], Levels::all(Level::Warn)).unwrap();
    assert_eq!((union.processes.len(), union.edges[0].processes, union.holes.len()), (1, 1, 0));
}

#[test]
fn folders_are_read_one_level_deep() {
    let folder = Folder::new();
    folder.write("1.json", &whole("bank", 1).text());
    folder.write("shard/2.json", &whole("bank", 2).text());
    folder.write("shard/deeper/3.json", &whole("bank", 3).text());
    folder.write("4.txt", &whole("bank", 4).text());
    let pids: Vec<u32> = folder.read().processes.iter().map(|seen| seen.process.pid).collect();
    assert_eq!(pids, [1, 2]);
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let folder = Folder::new();
    let missing = folder.path().join("missing");
    let error = format!("{:#}", read(&[missing], Levels::all(Level::Warn)).unwrap_err());
    assert!(error.contains("missing cannot be read: "), "{error}");
    let error = read(&[folder.path()], Levels::all(Level::Warn)).unwrap_err().to_string();
    assert!(error.starts_with("there is no record in ") && error.contains("looked for `*.json`"), "{error}");
    folder.write("1.json", "");
    let error = read(&[folder.path()], Levels::all(Level::Warn)).unwrap_err().to_string();
    assert!(error.contains("1.json was left out: it is empty"), "{error}");
}

#[test]
fn stacks_come_from_the_file_beside_the_record() {
    let edge = |stack| gordian::record::format::Edge { stack: Some(stack), ..order(1, stack + 2) };
    let script = process("bank", 1);
    let script = (0..2).fold(script, |script, _| script.line(json!({ "stack": { "addresses": [1, 2] } })));
    let script = script.edge(edge(0)).edge(edge(1)).end();
    let folder = Folder::new();
    let path = script.write(&folder);
    assert_eq!(name(&path), "1-7.json");
    let backtraces = |union: &Union| -> Vec<Vec<String>> {
        let functions = |edge: &crate::union::Edge| {
            edge.witnesses[0].backtrace.iter().map(|frame| frame.function.clone()).collect()
        };
        union.edges.iter().map(functions).collect()
    };
    assert_eq!(backtraces(&folder.read()), [[""; 0]; 2]);
    let frames = json!({ "frames": { "stack": 1, "frames": [{ "function": "bank::pay", "place": null }] } });
    folder.write("1-7.symbols.json", &format!("{frames}\n"));
    let union = folder.read();
    assert_eq!(backtraces(&union), [vec![], vec!["bank::pay".to_owned()]]);
    assert_eq!((union.processes.len(), union.holes.len()), (1, 0));
    folder.write("1-7.symbols.json", &format!("{frames}\n{{\"frames\""));
    let union = folder.read();
    assert_eq!(backtraces(&union)[1], ["bank::pay"]);
    assert!(union.holes[0].starts_with("Stacks of `bank` (process 1) are missing, since "), "{:?}", union.holes);
}

#[test]
fn a_file_of_crates_that_were_not_watched_is_no_process() {
    let folder = Folder::new();
    whole("bank", 1).write(&folder);
    let head = process("cargo-gordian", 2).text();
    let unwatched = json!({ "unwatched": { "package": "sys", "krate": "sys", "reason": "No.", "details": "" } });
    folder.write("2-7.json", &format!("{}\n{unwatched}\n", head.lines().next().unwrap()));
    let union = folder.read();
    assert_eq!((union.processes.len(), union.unwatched.len(), union.holes.len()), (1, 1, 0));
}

/// Returns a report that some process could have made.
pub(super) fn report(fingerprint: &str, level: &str, count: u64) -> Report {
    serde_json::from_value(json!({
        "format": [2, 2], "code": &fingerprint[..4], "lint": "lock_order", "level": level, "title": "A title",
        "fingerprint": fingerprint, "count": count, "locks": [], "sides": [], "writer": null, "doubt": 0,
        "reasons": [], "advice": [], "holes": []
    }))
    .unwrap()
}

#[test]
fn findings_add_up_and_the_worst_level_holds() {
    let found = |pid, level, count| {
        let told = json!({ "finding": report("G010-01", level, 1) });
        let again = json!({ "repeats": { "fingerprint": "G010-01", "count": count } });
        process("bank", pid).line(told).line(again).end()
    };
    let other = process("bank", 3).line(json!({ "finding": report("G001-01", "warn", 1) })).end();
    let union = united([found(1, "warn", 5), found(2, "deny", 2), other]);
    let told: Vec<_> = union
        .findings
        .iter()
        .map(|found| (&*found.report.fingerprint, found.report.level, found.report.count, found.found_by))
        .collect();
    assert_eq!(told, [("G010-01", "deny", 7, 2), ("G001-01", "warn", 1, 1)]);
    assert_eq!(union.findings[0].processes, [0, 1]);
}

fn save(folder: &Folder, name: &str, union: Union) -> PathBuf {
    folder.write(name, &serde_json::to_string_pretty(&saved::Saved::new(union)).unwrap())
}

#[test]
fn a_saved_union_stands_for_its_records() {
    let folder = Folder::new();
    let saved = save(&folder, "a.json", united([whole("bank", 1), whole("bank", 2)]));
    let record = whole("bank", 1).write(&folder);
    let union = read(&[saved.clone(), record], Levels::all(Level::Warn)).unwrap();
    assert_eq!((union.processes.len(), union.edges[0].processes, union.holes.len()), (2, 2, 0));
    let part = save(&folder, "b.json", united([whole("bank", 2)]));
    let union = read(&[saved.clone(), part], Levels::all(Level::Warn)).unwrap();
    assert_eq!((union.processes.len(), union.edges[0].processes, union.holes.len()), (2, 2, 0));
    let overlap = save(&folder, "c.json", united([whole("bank", 2), whole("bank", 3)]));
    let union = read(&[saved, overlap], Levels::all(Level::Warn)).unwrap();
    assert_eq!((union.processes.len(), union.edges[0].processes, union.holes.len()), (3, 4, 1));
    assert!(
        union.holes[0].ends_with(
            "c.json has 1 processes that another union has, too, such as `bank` (process 2): what they saw is counted \
             twice."
        ),
        "{:?}",
        union.holes
    );
}

#[test]
fn a_saved_union_of_another_major_version_or_with_a_stray_number_is_left_out() {
    let union = united([whole("bank", 1)]);
    let mut newer = saved::Saved::new(union.clone());
    newer.format = (2, 0);
    let mut stray = saved::Saved::new(union);
    stray.union.edges[0].witnesses[0].process = 9;
    for (saved, error) in [
        (newer, "it is a union of format 2.0, and this version of cargo-gordian reads format 1.x"),
        (stray, "edge 0: it names process 9, and it has 1, numbered from 0"),
    ] {
        let holes = holes_beside(&serde_json::to_string(&saved).unwrap());
        assert!(holes.len() == 1 && holes[0].contains(error), "{holes:?}");
    }
}
