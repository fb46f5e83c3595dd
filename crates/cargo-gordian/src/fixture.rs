//! A union with one of everything, for the tests of what reads unions.
//!
//! Must not know: formats.
//! INVARIANT: it is what a merge could return: sorted, and every position in it is one.

use crate::union::Union;
use serde_json::{Value, json};
use std::path::Path;

/// Returns three processes, one of them without an end; five classes in two crates; findings of every standing; a crate
/// that was not watched; a hole. Names, paths and reasons are as hostile as a program can make them.
pub(crate) fn union() -> Union {
    read(json!({
        "processes": [
            process("transfers-0123456789abcdef", 12, true, &["--exact", "tests::pay"]),
            process("audit-0123456789abcdef", 13, true, &[]),
            process("close-0123456789abcdef", 14, false, &["<b>\n::error::x\u{1b}[31m", "]]>"]),
        ],
        "classes": [
            class(Some("ledger"), "Mutex<u64>", BANK, 3),
            class(Some("accounts"), "Mutex<Vec<u64>>", BANK, 2),
            class(None, "RwLock<HashMap<String, Node>>", STORE, 7),
            class(None, "Mutex<u8>", STORE, 8),
            class(Some(HOSTILE), "Mutex<&str>", r"C:\w, x\src\\lib.rs", 9),
        ],
        "edges": [
            edge(0, 1, 2, &[witness(1, 3, Some("auditor"), (BANK, 13), (BANK, 14))]),
            edge(1, 0, 2, &[witness(0, 2, Some("teller"), (BANK, 7), (BANK, 8))]),
            edge(2, 3, 1, &[witness(0, 2, None, (STORE, 17), (STORE, 18))]),
            edge(3, 2, 1, &[witness(1, 4, None, (STORE, 23), (STORE, 24))]),
            edge(3, 4, 1, &[witness(2, 1, Some(HOSTILE), (STORE, 30), (r"C:\w, x\src\\lib.rs", 31))]),
        ],
        "findings": [
            found(deadlocking(), &[0, 1], 3, json!("new")),
            found(report("G022", "condvar_two_mutexes", "deny", HOSTILE, &[hostile_lock()], &[]), &[2], 1, json!("new")),
            found(apart(), &[], 0, json!("new")),
            found(report("G014", "writer_between", "warn", "two readers", &[hostile_lock()], &[]), &[2], 1, json!("known")),
            found(report("G030", "data_race", "deny", "a race", &[hostile_lock()], &[]), &[2], 1,
                json!({ "suppressed": "the importer runs alone;\n see <issue> ]]> 12" })),
            found(report("G013", "gated_order", "allow", "a gate", &[hostile_lock()], &[]), &[0], 1, json!("new")),
        ],
        "unwatched": [{
            "package": "bank-ffi", "krate": "bank_ffi", "reason": "a foreign signature names `std::sync::Mutex`",
            "details": "error[E0308]: mismatched types\n  --> src/lib.rs:1:1",
        }],
        "holes": ["The file 15-1.json ends in the middle of a line.\u{7}"],
    }))
}

/// Returns a union in which one finding has so many sides, each in a thread of its own.
pub(crate) fn ring(sides: usize) -> Union {
    let locks: Vec<Value> =
        (0..sides).map(|index| lock(Some(&format!("fork {index}")), "Mutex<()>", BANK, 2)).collect();
    let side = |index: usize| {
        let place = (BANK, index as u32 + 1);
        side((index as u32 + 2, None), (index, place), ((index + 1) % sides, place), &["eat"])
    };
    let sides: Vec<Value> = (0..sides).map(side).collect();
    let ring = report("G010", "lock_order", "deny", "a ring of forks", &locks, &sides);
    read(json!({
        "processes": [process("dinner", 1, true, &[])], "classes": [], "edges": [], "unwatched": [], "holes": [],
        "findings": [found(ring, &[0], 1, json!("new"))],
    }))
}

/// Returns a union of the findings that the library's own tests keep as JSON: about waits, memory and held locks.
pub(crate) fn kept() -> Union {
    let lines = [WAITS, RACES].into_iter().flat_map(str::lines).filter(|line| line.starts_with('{'));
    let found = lines.map(|line| found(serde_json::from_str(line).unwrap(), &[0], 1, json!("new")));
    read(json!({
        "processes": [process("kept", 1, true, &[])], "classes": [], "edges": [], "unwatched": [], "holes": [],
        "findings": found.collect::<Vec<_>>(),
    }))
}

/// Returns a union in which nothing was found.
pub(crate) fn clean() -> Union {
    let mut union = union();
    union.processes.truncate(2);
    (union.findings, union.unwatched, union.holes) = (Vec::new(), Vec::new(), Vec::new());
    union
}

/// Writes the source that the places of the bank's crate are in.
pub(crate) fn write_source(root: &Path) {
    let file = root.join(BANK);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, SOURCE).unwrap();
}

/// What a name can hold to break a format.
pub(crate) const HOSTILE: &str = "a\"b\\\n::error::</script><b>&amp;]]>,%ö\u{202e}\u{1b}[31m";

const WAITS: &str = include_str!("../../../src/report/snapshots/waits_as_json.snap");
const RACES: &str = include_str!("../../../src/report/snapshots/races_as_json.snap");

const BANK: &str = "crates/bank/src/lib.rs";
const STORE: &str = "/opt/o'hara/registry/store-1.0/src/lib.rs";

const SOURCE: &str = "\
pub struct Bank {
    accounts: Mutex<Vec<u64>>,
    ledger: Mutex<u64>,
}

fn pay(bank: &Bank) {
    let mut accounts = bank.accounts.lock().unwrap();
    let mut ledger = bank.ledger.lock().unwrap();
    book(&mut accounts, &mut ledger);
}

fn audit(bank: &Bank) {
    let ledger = bank.ledger.lock().unwrap();
    let accounts = bank.accounts.lock().unwrap();
    compare(&accounts, &ledger);
}
";

fn read(union: Value) -> Union {
    serde_json::from_value(union).unwrap()
}

fn deadlocking() -> Value {
    let locks = [lock(Some("ledger"), "Mutex<u64>", BANK, 3), lock(Some("accounts"), "Mutex<Vec<u64>>", BANK, 2)];
    let sides = [
        side((3, Some("auditor")), (0, (BANK, 13)), (1, (BANK, 14)), &["bank::audit", "bank::main::{closure}"]),
        side((2, Some("teller")), (1, (BANK, 7)), (0, (BANK, 8)), &["bank::pay"]),
    ];
    let title = "thread 3 'auditor' takes `ledger`, then `accounts`; thread 2 'teller' takes `accounts`, then \
                 `ledger`: each can end up waiting for the other for ever";
    report("G010", "lock_order", "deny", title, &locks, &sides)
}

fn apart() -> Value {
    let label = |line| format!("lock created at {STORE}:{line}");
    let locks = [lock(None, "RwLock<HashMap<String, Node>>", STORE, 7), lock(None, "Mutex<u8>", STORE, 8)];
    let sides = [
        side((2, None), (0, (STORE, 17)), (1, (STORE, 18)), &[]),
        side((4, None), (1, (STORE, 23)), (0, (STORE, 24)), &[]),
    ];
    let title = format!("the {}, and the {} are taken in both orders", label(7), label(8));
    report("G011", "class_order", "warn", &title, &locks, &sides)
}

fn process(program: &str, pid: u32, is_whole: bool, arguments: &[&str]) -> Value {
    json!({
        "format": [1, 0], "gordian": "0.0.9", "host": "ci", "pid": pid, "started_ms": 1_700_000_000_000_u64,
        "program": format!("/w/target/debug/deps/{program}"), "arguments": arguments, "package": "bank",
        "is_whole": is_whole,
    })
}

fn class(name: Option<&str>, type_name: &str, file: &str, line: u32) -> Value {
    json!({ "created": place((file, line)), "name": name, "kind": kind(type_name), "type_name": type_name })
}

fn edge(from: usize, to: usize, processes: u64, witnesses: &[Value]) -> Value {
    json!({ "from": from, "to": to, "processes": processes, "contexts": processes + 1, "witnesses": witnesses })
}

fn witness(process: usize, thread: u32, name: Option<&str>, held_at: (&str, u32), wanted_at: (&str, u32)) -> Value {
    json!({
        "process": process, "thread": thread, "thread_name": name, "held": "exclusive", "wanted": "exclusive",
        "held_at": place(held_at), "wanted_at": place(wanted_at), "gates": [],
        "backtrace": name.map(|name| json!({ "function": name, "place": place(wanted_at) })).as_slice(),
    })
}

fn found(report: Value, processes: &[usize], found_by: u64, standing: Value) -> Value {
    json!({ "report": report, "processes": processes, "found_by": found_by, "standing": standing })
}

fn report(code: &str, lint: &str, level: &str, title: &str, locks: &[Value], sides: &[Value]) -> Value {
    let first = [side((2, Some(HOSTILE)), (0, (r"C:\w, x\src\\lib.rs", 30)), (0, ("../out.rs", 31)), &[HOSTILE])];
    let sides = if sides.is_empty() { &first } else { sides };
    json!({
        "format": [2, 1], "code": code, "lint": lint, "level": level, "title": title, "count": 5,
        "fingerprint": format!("{code}-0123456789abcdef"), "locks": locks, "sides": sides, "writer": null, "doubt": 0,
        "reasons": ["Nothing keeps the sides apart."], "advice": ["Take `accounts` before `ledger` in both places."],
        "holes": [],
    })
}

fn hostile_lock() -> Value {
    lock(Some(HOSTILE), "Mutex<&str>", r"C:\w, x\src\\lib.rs", 9)
}

fn lock(name: Option<&str>, type_name: &str, file: &str, line: u32) -> Value {
    let kind = kind(type_name);
    let label = name.map_or_else(|| format!("{kind} created at {file}:{line}"), str::to_owned);
    let created = place((file, line));
    json!({ "label": label, "name": name, "kind": kind, "type_name": type_name, "created": created })
}

fn side(
    thread: (u32, Option<&str>),
    held: (usize, (&str, u32)),
    wanted: (usize, (&str, u32)),
    stack: &[&str],
) -> Value {
    let frame = |function: &&str| json!({ "function": function, "place": place(wanted.1) });
    json!({
        "thread": { "number": thread.0, "name": thread.1 },
        "held": [{ "lock": held.0, "mode": "exclusive", "site": place(held.1), "backtrace": [] }],
        "holds": 0,
        "wants": { "lock": wanted.0, "deed": "request", "mode": "exclusive", "site": place(wanted.1), "wakers": null },
        "lasted_ms": null, "value": null, "backtrace": stack.iter().map(frame).collect::<Vec<_>>(),
    })
}

fn kind(type_name: &str) -> &str {
    type_name.split('<').next().unwrap_or(type_name)
}

/// Returns a place; in the bank's source, that of the lock's `lock`.
fn place((file, line): (&str, u32)) -> Value {
    let text = SOURCE.lines().nth(line as usize - 1).filter(|_| file == BANK);
    let column = text.and_then(|text| text.find("lock()")).map_or(5, |column| column + 1);
    json!({ "file": file, "line": line, "column": column })
}
