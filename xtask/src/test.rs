//! Runs every check of the project, one after the other, and tallies them.
//!
//! Must not know: how a check works; each is a function that says whether it passed.
//! INVARIANT: a step that did not run is skipped with a reason, never passed; the last line printed is the tally.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use duct::Expression;

use crate::cargo::{cargo, show, target_dir, tests};
use crate::{browser, example, fuzz, models, parity, tidy};

/// Runs the steps whose name holds one of `words`, or all, up to the first that fails.
pub(crate) fn run(words: &[String]) -> ExitCode {
    let (results, tally) = run_steps(plan(), words);
    println!();
    for result in &results {
        println!("{result}");
    }
    println!("{tally}");
    if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const FUZZ_SECONDS: u32 = 10;
const OVERLAY: &str = "crates/gordian-std/Cargo.toml";
const BROWSER: &str = "page in a browser";

fn plan() -> Vec<Step> {
    let mut steps = vec![
        step("format", || {
            quiet(&cargo(["fmt", "--all", "--check"]))?;
            // Workspaces of their own, which `--all` does not reach.
            quiet(&cargo(["fmt", "--manifest-path", OVERLAY, "--check"]))?;
            quiet(&cargo(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
        }),
        step("clippy", || {
            let all = "clippy --workspace --features gordian/tokio --all-targets -- -D warnings";
            quiet(&cargo(all.split(' ')))?;
            quiet(&cargo("clippy --package gordian -- -D warnings".split(' ')))
        }),
        step("clippy, plain", || {
            let plain = "clippy --package gordian --no-default-features --all-targets -- -D warnings";
            quiet(&cargo(plain.split(' ')))?;
            let tasks = "clippy --package gordian --no-default-features --features tokio --all-targets -- -D warnings";
            quiet(&cargo(tasks.split(' ')))
        }),
        step("clippy, overlay", || {
            let folder = target_dir("overlay");
            let folder = folder.to_str().context("the target folder's path is no text")?;
            let overlay = ["clippy", "--manifest-path", OVERLAY, "--features", "races", "--target-dir", folder];
            quiet(&cargo(overlay.into_iter().chain(["--", "-D", "warnings"])))
        }),
        step("tests, checked", || counted("test --workspace --features gordian/tokio")),
        step("tests, plain", || counted("test --package gordian --no-default-features")),
        // As a release build chooses; in the folder of the first step, whose dependencies it needs.
        step("tests, unchecked", || {
            let chooses = "--config profile.dev.package.gordian.debug-assertions=false";
            counted(&format!("test --workspace --features gordian/tokio {chooses} --test it parity"))
        }),
        // Without examples and those of the docs: what they show is the same in any build.
        step("tests, release with check", || {
            let targets = ["ends", "allocator", "memory", "random_races", "stress", "scenarios", "waits", "it"];
            let targets = targets.map(|target| format!(" --test {target}")).concat();
            counted(&format!("test --package gordian --release --features check --lib{targets}"))
        }),
        step("docs", || {
            let all = ["doc", "--workspace", "--no-deps", "--features", "gordian/tokio"];
            quiet(&cargo(all).env("RUSTDOCFLAGS", "-D warnings"))
        }),
        step("models", || Ok(models::run()?.to_string())),
        step("parity page", || parity::run(true).map(|()| String::new())),
        step("tidy", || tidy::run().map(|()| String::new())),
        step("example two_locks", || {
            example::run_as_shown("two_locks").map(|()| "prints what the README shows".into())
        }),
        step("example counter", || example::run("counter").map(|_| String::new())),
        step("example philosophers", || example::run("philosophers").map(|_| String::new())),
        step("example unsafe_cell_race", || example::run("unsafe_cell_race").map(|_| String::new())),
        step("example check_then_act", || example::run("check_then_act").map(|_| String::new())),
    ];
    match fuzz::Engine::at_hand() {
        fuzz::Engine::LibFuzzer => steps.push(step("fuzz", || fuzz::with_lib_fuzzer(FUZZ_SECONDS))),
        fuzz::Engine::Proptest { why } => {
            steps.push(Step { name: "fuzz", work: Work::Skip(why) });
            steps.push(step("fuzz targets as proptest cases", fuzz::as_proptest_cases));
        }
    }
    steps.push(if browser::is_skipped() {
        Step { name: BROWSER, work: Work::Skip("chromium or chromedriver is not installed") }
    } else {
        step(BROWSER, || Ok(browser::run()?.to_string()))
    });
    steps
}

fn quiet(call: &Expression) -> Result<String> {
    show(call).map(|_| String::new())
}

fn counted(arguments: &str) -> Result<String> {
    Ok(tests(&cargo(arguments.split(' ')))?.to_string())
}

struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    /// Returns what the table notes beside a step that passed.
    Run(fn() -> Result<String>),
    Skip(&'static str),
}

fn step(name: &'static str, run: fn() -> Result<String>) -> Step {
    Step { name, work: Work::Run(run) }
}

fn run_steps(steps: Vec<Step>, words: &[String]) -> (Vec<StepResult>, Tally) {
    let (mut results, mut tally) = (Vec::new(), Tally::default());
    let all = steps.len();
    for (index, Step { name, work }) in steps.into_iter().enumerate() {
        let wanted = words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
        let started = Instant::now();
        let outcome = match work {
            _ if tally.failed > 0 => Outcome::Skipped("an earlier step failed"),
            _ if !wanted => Outcome::Skipped("not asked for"),
            Work::Skip(why) => Outcome::Skipped(why),
            Work::Run(run) => {
                println!("\n=== {}/{all} {name}", index + 1);
                match run() {
                    Ok(note) => Outcome::Passed(note),
                    Err(error) => {
                        println!("\nFAILED: {name}: {error:#}");
                        Outcome::Failed
                    }
                }
            }
        };
        // The output of the next step's cargo must not overtake ours.
        let _ = std::io::stdout().flush();
        tally.add(&outcome);
        results.push(StepResult { name, outcome, took: started.elapsed() });
    }
    (results, tally)
}

enum Outcome {
    Passed(String),
    Failed,
    Skipped(&'static str),
}

struct StepResult {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl fmt::Display for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, outcome, took } = self;
        match outcome {
            Outcome::Passed(note) => {
                write!(f, "{name:<32} passed {:>6.1} s  {note}", took.as_secs_f64())
            }
            Outcome::Failed => write!(f, "{name:<32} FAILED {:>6.1} s", took.as_secs_f64()),
            Outcome::Skipped(why) => write!(f, "{name:<32} skipped: {why}"),
        }
    }
}

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: u32,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed(_) => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(steps: Vec<Step>, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|&word| word.into()).collect();
        run_steps(steps, &words).1.to_string()
    }

    fn good(name: &'static str) -> Step {
        step(name, || Ok(String::new()))
    }

    #[test]
    fn every_step_that_ran_and_held_is_passed() {
        assert_eq!(tally(vec![good("a"), good("b")], &[]), "2 passed, 0 failed");
    }

    #[test]
    fn nothing_runs_after_a_failure() {
        let bad = step("bad", || anyhow::bail!("as it must"));
        let never = step("never", || unreachable!("the step before it failed"));
        assert_eq!(tally(vec![good("a"), bad, never], &[]), "1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_step_that_did_not_run_is_never_passed() {
        let absent = Step { name: "absent", work: Work::Skip("not here") };
        assert_eq!(tally(vec![good("a"), absent], &[]), "1 passed, 0 failed, 1 skipped");
        assert_eq!(tally(vec![good("a"), good("b")], &["b"]), "1 passed, 0 failed, 1 skipped");
    }
}
