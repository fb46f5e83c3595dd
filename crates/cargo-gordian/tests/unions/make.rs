//! Turns few words into parts of a union.
//!
//! Must not know: what the unions are about.
//! INVARIANT: parts are made as JSON and read as a union once: what the library lets nobody build has one way in.

use cargo_gordian::union::Union;
use serde_json::{Value, json};

use super::sources::SOURCES;

pub(super) fn union(value: Value) -> Union {
    serde_json::from_value(value).expect("a fixture is a union")
}

/// Returns the place in `file` of what follows the `|` in `needle`.
pub(super) fn at(file: &str, needle: &str) -> Value {
    let (_, text) = SOURCES.iter().find(|(path, _)| *path == file).expect("a source of that name");
    let start = text.find(&needle.replace('|', "")).unwrap_or_else(|| panic!("{file} has no {needle}"));
    let before = &text[..start + needle.find('|').unwrap_or(0)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    json!({ "file": file, "line": line, "column": column })
}

/// Returns a place in a dependency, whose source is not at hand.
pub(super) fn pool(line: u32, column: u32) -> Value {
    json!({ "file": "/opt/cargo/registry/src/example.org-1949cf8c6b5b557f/r2d2-0.8.10/src/lib.rs", "line": line, "column": column })
}

pub(super) fn class(name: &str, kind: &str, type_name: &str, created: Value) -> Value {
    json!({ "created": created, "name": name, "kind": kind, "type_name": type_name })
}

pub(super) fn unnamed(kind: &str, type_name: &str, created: Value) -> Value {
    json!({ "created": created, "name": null, "kind": kind, "type_name": type_name })
}

pub(super) fn lock(class: &Value, label: &str) -> Value {
    let mut lock = class.clone();
    lock["label"] = label.into();
    lock
}

pub(super) fn process(pid: u32, package: &str, is_whole: bool) -> Value {
    json!({ "format": [1, 0], "gordian": "0.1.0", "host": "ci-3", "pid": pid, "started_ms": 1_767_225_600_000_u64 + u64::from(pid) * 1000,
        "program": format!("target/gordian/debug/deps/{package}-6f1c"), "arguments": ["--test-threads=4"], "package": package, "is_whole": is_whole })
}

pub(super) fn edge((from, to): (usize, usize), contexts: u64, witness: Value) -> Value {
    json!({ "from": from, "to": to, "processes": 1 + contexts % 3, "contexts": contexts, "witnesses": [witness] })
}

pub(super) fn witness(
    process: usize,
    thread: u32,
    name: &str,
    held_at: Value,
    wanted_at: Value,
    backtrace: Value,
) -> Value {
    json!({ "process": process, "thread": thread, "thread_name": name, "held": "exclusive", "wanted": "exclusive", "held_at": held_at,
        "wanted_at": wanted_at, "gates": [], "backtrace": backtrace })
}

pub(super) fn side(
    number: u32,
    name: &str,
    held: &[(usize, Value)],
    wants: Option<(usize, Value)>,
    backtrace: Value,
) -> Value {
    let held: Vec<Value> = held
        .iter()
        .map(|(lock, site)| json!({ "lock": lock, "mode": "exclusive", "site": site, "backtrace": [] }))
        .collect();
    let wants = wants.map(
        |(lock, site)| json!({ "lock": lock, "deed": "request", "mode": "exclusive", "site": site, "wakers": null }),
    );
    let holds = if held.is_empty() { Value::Null } else { json!(held.len() - 1) };
    json!({ "thread": { "number": number, "name": name }, "held": held, "holds": holds, "wants": wants, "lasted_ms": null, "value": null, "backtrace": backtrace })
}

pub(super) fn finding(
    code: &str,
    lint: &str,
    level: &str,
    title: &str,
    fingerprint: &str,
    locks: &[Value],
    sides: &[Value],
) -> Value {
    json!({ "report": { "format": [2, 1], "code": code, "lint": lint, "level": level, "title": title, "fingerprint": fingerprint, "count": 1,
        "locks": locks, "sides": sides, "writer": null, "doubt": 0, "reasons": [], "advice": [], "holes": [] },
        "processes": [0], "found_by": 1, "standing": "new" })
}

pub(super) fn frames(calls: &[(&str, &str, &str)]) -> Value {
    calls.iter().map(|&(function, file, needle)| json!({ "function": function, "place": at(file, needle) })).collect()
}
