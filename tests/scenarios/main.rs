//! Scenarios: what a script of operations shows, from files; each that shows something has a twin that shows nothing or
//! less.
//!
//! Must not know: how cycles or stuck sets are found.
//! INVARIANT: every script is rehearsed without threads and, unless it has a lock that std lacks (`%`), played on real
//! threads with checked types; both show the same. At least 80 are in files, and at least half of those show nothing.
//!
//! It has its own `main`: that everybody waits can only be known where no thread is that gordian knows nothing of, so each
//! file is played in a process of its own, whose main thread is the stage manager and stands aside. A process that hangs
//! is ended and counts as failed.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

mod actor;
mod book;
mod live;
mod lockdep;

use gordian::Lint;
use gordian::rehearsal::{Script, rehearse};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What is played one after the other in a process.
type Play = Vec<(String, Result<(), String>)>;

fn main() -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    if let Ok(book) = std::env::var(BOOK) {
        return perform(&book, &filter);
    }
    let mut tests = vec![("scenarios: there are enough, and half of them are quiet".to_owned(), there_are_enough())];
    tests.push(("lockdep: a double unlock is rejected by the compiler".to_owned(), lockdep::double_unlock()));
    tests.retain(|(name, _)| name.contains(&filter));
    for book in books().iter().map(|(name, _)| name.as_str()).chain([LOCKDEP]) {
        let as_it_is = watch(book, &filter, "");
        let gated_too = watch(book, &filter, GATED_TOO);
        // Where gated orders are told, the same is found and they are.
        let gated_too = gated_too.into_iter().filter(|(_, result)| result.is_err());
        tests.extend(as_it_is);
        tests.extend(gated_too.map(|(name, result)| (format!("{name} ({GATED_TOO})"), result)));
    }
    for (name, result) in &tests {
        println!("test {name} ... {}", if result.is_ok() { "ok" } else { "FAILED" });
    }
    for (name, why) in tests.iter().filter_map(|(name, result)| Some((name, result.as_ref().err()?))) {
        println!("\n---- {name}\n{why}");
    }
    let failed = tests.iter().filter(|(_, result)| result.is_err()).count();
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {} passed; {failed} failed; 0 ignored", tests.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Names the book that a process is to play.
const BOOK: &str = "SCENARIOS_BOOK";
const LOCKDEP: &str = "lockdep";
/// By default, what is gated is counted and not told.
const GATED_TOO: &str = "gated_order=warn";
const PATIENCE: Duration = Duration::from_secs(120);
const ENDED: &str = "the book was played to its end";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Returns the names of the files, with their paths.
fn books() -> Vec<(String, PathBuf)> {
    let files = std::fs::read_dir(folder()).expect("the folder of this file").map(|file| file.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let mut books: Vec<(String, PathBuf)> =
        texts.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path)).collect();
    books.sort();
    books
}

fn scenarios(book: &str) -> Result<Vec<book::Scenario>, String> {
    let path = folder().join(book).with_extension("txt");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    book::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn there_are_enough() -> Result<(), String> {
    let (mut all, mut quiet) = (BTreeSet::new(), 0);
    for (book, _) in books() {
        for scenario in scenarios(&book)? {
            quiet += usize::from(scenario.expected.is_empty());
            if !all.insert(scenario.script.clone()) {
                return Err(format!("twice: {}", scenario.script));
            }
        }
    }
    let is_enough = all.len() >= 80 && quiet * 2 >= all.len();
    is_enough.then_some(()).ok_or_else(|| format!("{} scenarios, of which {quiet} are quiet", all.len()))
}

/// Plays a book, as the main thread of a process, and says what came of each claim.
fn perform(book: &str, filter: &str) -> ExitCode {
    gordian::rehearsal::stand_aside();
    let play: Play = match scenarios(book) {
        _ if book == LOCKDEP => vec![("lockdep: its own tests are told apart".to_owned(), lockdep::play())],
        Ok(scenarios) => play(book, &scenarios, filter),
        Err(error) => vec![(format!("{book}: is read"), Err(error))],
    };
    for (name, result) in play {
        println!("{} {name}", if result.is_ok() { "passed" } else { "failed" });
        result.err().into_iter().for_each(|why| why.lines().for_each(|line| println!("  {line}")));
    }
    println!("{ENDED}");
    // Threads of a script that failed may wait for ever.
    std::process::exit(0)
}

fn play(book: &str, scenarios: &[book::Scenario], filter: &str) -> Play {
    let mut play: Play = Vec::new();
    for scenario in scenarios {
        let name = format!("{book}: {}", scenario.claim);
        if !name.contains(filter) {
            continue;
        }
        let result = check(&scenario.script, &scenario.expected);
        let result = result.map_err(|why| format!("{book}.txt:{}: {}\n{why}", scenario.line, scenario.script));
        let is_over = result.is_err();
        match play.iter_mut().find(|(other, _)| *other == name) {
            Some((_, so_far)) => *so_far = std::mem::replace(so_far, Ok(())).and(result),
            None => play.push((name, result)),
        }
        if is_over && gordian::rehearsal::blocked_threads() > 0 {
            // Whoever waits still would be taken for a thread of the next script.
            break;
        }
    }
    play
}

/// Checks what a script shows.
fn check(script: &str, expected: &[String]) -> Result<(), String> {
    let rehearsed = rehearse(script).map_err(|error| error.to_string())?;
    if rehearsed != expected {
        return Err(format!("rehearsed: {}\nexpected:  {}", shown(&rehearsed), shown(expected)));
    }
    check_live(script, &rehearsed)
}

/// Checks that a script shows the same on real threads, if std has its locks.
fn check_live(script: &str, rehearsed: &[String]) -> Result<(), String> {
    if script.contains('%') {
        return Ok(());
    }
    let parsed: Script = script.parse().map_err(|error| format!("{error}"))?;
    let reports = live::play(&parsed).map_err(|why| format!("live: {why}"))?;
    let are_gated_told = std::env::var("GORDIAN").is_ok_and(|levels| levels == GATED_TOO);
    let is_told = |line: &&String| {
        let lint = line.split(' ').next().and_then(Lint::find);
        lint.is_some_and(|lint| lint != Lint::GatedOrder || are_gated_told)
    };
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for line in rehearsed.iter().filter(is_told) {
        *wanted.entry(without_numbers(line)).or_default() += 1;
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for report in &reports {
        let line = live::told(report).to_string();
        if !rehearsed.contains(&line) {
            return Err(format!("live: {line}\nrehearsed: {}\n{report}", shown(rehearsed)));
        }
        let text = report.to_string();
        let is_missing = |lock: &&gordian::LockReport| lock.name.is_some() && !text.contains(&lock.label);
        if let Some(lock) = report.locks.iter().find(is_missing) {
            return Err(format!("live: it does not name {}:\n{text}", lock.label));
        }
        // A finding that is told is told again when the request is repeated, an allowed one is not.
        let count = if report.lint == "gated_order" { 1 } else { report.count };
        *found.entry(without_numbers(&line)).or_default() += count;
    }
    if found == wanted { Ok(()) } else { Err(format!("live: {found:?}\nrehearsed: {wanted:?}")) }
}

/// One report speaks of all locks of the same places.
fn without_numbers(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

fn shown(outcomes: &[String]) -> String {
    if outcomes.is_empty() { "quiet".to_owned() } else { outcomes.join(" | ") }
}

/// Plays a book in a process of its own.
fn watch(book: &str, filter: &str, levels: &str) -> Play {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
        command.env_remove(variable);
    }
    if !levels.is_empty() {
        command.env("GORDIAN", levels);
    }
    command.arg(filter).env(BOOK, book).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("this program can be started again");
    let (tell, ended) = mpsc::channel();
    let gather = |mut pipe: Box<dyn std::io::Read + Send>| {
        let tell = tell.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).expect("a pipe can be read");
            tell.send(()).expect("the watch waits");
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let stdout = gather(Box::new(child.stdout.take().expect("piped")));
    let stderr = gather(Box::new(child.stderr.take().expect("piped")));
    let start = Instant::now();
    let are_over = (0..2).all(|_| ended.recv_timeout(PATIENCE.saturating_sub(start.elapsed())).is_ok());
    if !are_over {
        child.kill().expect("a process that hangs can be ended");
    }
    child.wait().expect("a child can be waited for");
    let [stdout, stderr] = [stdout, stderr].map(|text| text.join().expect("reading does not panic"));
    let mut play: Play = Vec::new();
    for line in stdout.lines() {
        match (line.strip_prefix("passed "), line.strip_prefix("failed "), line.strip_prefix("  "), play.last_mut()) {
            (Some(name), ..) => play.push((name.to_owned(), Ok(()))),
            (_, Some(name), ..) => play.push((name.to_owned(), Err(String::new()))),
            (.., Some(more), Some((_, Err(why)))) => *why += &format!("{more}\n"),
            _ => {}
        }
    }
    if !stdout.lines().any(|line| line == ENDED) {
        play.push((format!("{book}: ends"), Err(format!("{stdout}\n{stderr}"))));
    }
    play
}
