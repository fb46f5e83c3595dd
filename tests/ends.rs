//! Every way in which `main` ends, and what the record of its process says then.
//!
//! Must not know: how a record is written.
//! INVARIANT: each way has a process of its own, and its main thread is one that gordian knows.
//!
//! It has its own `main`, since that is the subject: its thread-locals are gone before the record ends.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

use gordian::Named;
use gordian::checked::sync::Mutex;
use gordian::checked::thread;
use gordian::record::format::Line;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A way to end: its name, what it does, the code of the process, and whether its record is whole.
type Way = (&'static str, fn() -> ExitCode, Option<i32>, bool);

const WAYS: &[Way] = &[
    ("returns", || ExitCode::SUCCESS, Some(0), true),
    ("returns_a_failure", || ExitCode::from(7), Some(7), true),
    ("panics", || panic!("by the user"), Some(101), true),
    ("exits", || std::process::exit(3), Some(3), true),
    ("exits_in_another_thread", || thread::spawn(|| std::process::exit(4)).join().expect("it exits"), Some(4), true),
    ("returns_with_a_guard_leaked", leak_a_guard, Some(0), true),
    ("returns_beside_a_blocked_thread", leave_a_thread_behind, Some(0), true),
    ("aborts", || std::process::abort(), None, false),
];

fn leak_a_guard() -> ExitCode {
    std::mem::forget(leaked().lock());
    ExitCode::SUCCESS
}

/// A thread waits for a lock that `main` has to the end.
fn leave_a_thread_behind() -> ExitCode {
    let lock = leaked();
    std::mem::forget(lock.lock());
    drop(thread::spawn(|| drop(lock.lock())));
    while gordian::rehearsal::blocked_threads() == 0 {
        std::thread::yield_now();
    }
    ExitCode::SUCCESS
}

fn leaked() -> &'static Mutex<()> {
    Box::leak(Box::new(Mutex::new(())))
}

const WAY: &str = "ENDS_WAY";

fn main() -> ExitCode {
    if let Some((_, end, ..)) = std::env::var(WAY).ok().and_then(|name| WAYS.iter().find(|(way, ..)| *way == name)) {
        let (a, b) = (Mutex::new(()).named("a"), Mutex::new(()).named("b"));
        let a = a.lock();
        drop(b.lock());
        drop(a);
        return end();
    }
    let failed: Vec<String> = WAYS.iter().filter_map(|way| check(way).err()).collect();
    failed.iter().for_each(|why| println!("{why}"));
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {} passed; {} failed; 0 ignored", WAYS.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(&(way, _, code, is_whole): &Way) -> Result<(), String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ends").join(way);
    drop(std::fs::remove_dir_all(&folder));
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
        command.env_remove(variable);
    }
    let output = command.env(WAY, way).env("GORDIAN_OUT", &folder).output().map_err(|error| error.to_string())?;
    if output.status.code() != code {
        return Err(format!("{way}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let text = only_record(&folder)?;
    let lines: Result<Vec<Line<'_>>, _> = text.lines().map(serde_json::from_str).collect();
    let lines = lines.map_err(|error| format!("{way}: {error}: {text}"))?;
    let edges = lines.iter().filter(|line| matches!(line, Line::Edge(_))).count();
    let end = lines.iter().position(|line| matches!(line, Line::End(end) if end.holes.is_empty()));
    let is_right = edges == 1 && end == is_whole.then_some(lines.len() - 1);
    println!("test {way} ... {}", if is_right { "ok" } else { "FAILED" });
    if is_right { Ok(()) } else { Err(format!("{way}: {text}")) }
}

fn only_record(folder: &Path) -> Result<String, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let entries: Vec<_> = entries.flatten().collect();
    match &entries[..] {
        [entry] => std::fs::read_to_string(entry.path()).map_err(|error| error.to_string()),
        _ => Err(format!("{}: {} records", folder.display(), entries.len())),
    }
}
