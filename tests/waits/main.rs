//! Every blocking operation, once in a deadlock and once in none, each in a process of its own.
//!
//! Must not know: how the detector finds them.
//! INVARIANT: nothing is ordered by a pause: a thread acts once the others are seen to be blocked. A process that hangs is
//! ended and counts as failed.
//!
//! It has its own `main`, since a test harness's main thread is one that gordian has never heard of, which makes a stall
//! doubtful and so a warning.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
#![allow(dropping_copy_types, reason = "results are of no interest here, whatever they are made of")]

use gordian::{Config, Level, Lint};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

struct Case {
    name: &'static str,
    /// The lints that are told, in the order in which they are.
    finds: &'static [&'static str],
    run: fn(),
}

macro_rules! cases {
    ($($name:ident finds [$($lint:ident)*] $run:block)*) => {
        pub(super) const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            finds: &[$(stringify!($lint)),*],
            run: || $run,
        }),*];
    };
}

// Where a refusal gives back a lock and whoever waits needs more than that, a stall is told after the deadlock.
mod actors;
mod channels;
mod locks;
mod parts;
mod processes;
mod signals;
mod threads;

fn cases() -> impl Iterator<Item = &'static Case> {
    [locks::CASES, signals::CASES, channels::CASES, threads::CASES, parts::CASES, processes::CASES]
        .into_iter()
        .flatten()
}

static TOLD: AtomicUsize = AtomicUsize::new(0);

/// Returns how many findings were told so far.
fn told() -> usize {
    TOLD.load(Ordering::SeqCst)
}

/// What has happened stays as it is: an order that is one day a deadlock is told elsewhere.
fn config() -> Config {
    let config = [Lint::LockOrder, Lint::ClassOrder, Lint::SequentialOrder, Lint::GatedOrder];
    let config = config.into_iter().fold(Config::new(), |config, lint| config.level(lint, Level::Allow));
    config.on_report(|report| {
        println!("told {}", report.lint);
        eprintln!("{report}\n");
        TOLD.fetch_add(1, Ordering::SeqCst);
    })
}

fn watch(limit: Duration) {
    config().watchdog(limit).install().expect("the variables are understood");
}

const CASE: &str = "GORDIAN_TEST_CASE";
/// Much longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if let Some(case) = std::env::var(CASE).ok().and_then(|name| cases().find(|case| case.name == name)) {
        config().install().expect("the variables are understood");
        (case.run)();
        println!("ended");
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let cases: Vec<&Case> = cases().filter(|case| case.name.contains(&filter)).collect();
    let results: Vec<(&Case, Result<(), String>)> = cases.iter().map(|case| (*case, case.check())).collect();
    for (case, result) in &results {
        println!("test {} ... {}", case.name, if result.is_ok() { "ok" } else { "FAILED" });
    }
    let failed: Vec<_> =
        results.iter().filter_map(|(case, result)| Some((case.name, result.as_ref().err()?))).collect();
    for (name, why) in &failed {
        println!("\n---- {name}\n{why}");
    }
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {} passed; {} failed; 0 ignored", results.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Case {
    fn check(&self) -> Result<(), String> {
        let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
            command.env_remove(variable);
        }
        command.env(CASE, self.name).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let start = Instant::now();
        let hung = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(_) => break false,
                None if start.elapsed() > PATIENCE => break true,
                None => std::thread::yield_now(),
            }
        };
        if hung {
            child.kill().map_err(|error| error.to_string())?;
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let told: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("told ")).collect();
        let ended = stdout.lines().any(|line| line == "ended") && output.status.success();
        if !hung && ended && told == self.finds {
            return Ok(());
        }
        let end = if hung { "it hung".to_owned() } else { output.status.to_string() };
        Err(format!("{end}; told {told:?}, not {:?}\n{stderr}", self.finds))
    }
}
