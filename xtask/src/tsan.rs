//! Compares checked locks with ThreadSanitizer: what each finds in the same programs, and what each costs.
//!
//! Must not know: what a scenario or a cost is; `benches/tsan` has them.
//! Source: <https://clang.llvm.org/docs/ThreadSanitizer.html>. We differ: std comes as it is, not built anew for the sanitizer.
//! INVARIANT: every run is a process of its own, and the sides take turns, so a busy machine is busy for all of them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::Expression;

use crate::cargo::{cargo, has_nightly, root, target_dir, without_settings};

/// How often each form of a scenario runs on each side.
const RUNS: usize = 10;

/// How often each cost is measured on each side; odd, so that the median is one of them.
const ROUNDS: usize = 15;

/// Builds both programs, runs them, and prints two tables.
pub(crate) fn run() -> Result<()> {
    ensure!(has_nightly(), "tsan is skipped: there is no nightly toolchain, and ThreadSanitizer is in no other");
    let programs = Programs { stable: build_stable()?, sanitized: build_sanitized()? };
    print_found(&programs)?;
    println!();
    print_costs(&programs)
}

/// The same source, built twice.
struct Programs {
    /// On the toolchain in use, with both sides.
    stable: PathBuf,
    /// On nightly with ThreadSanitizer, with std's side.
    sanitized: PathBuf,
}

fn build_stable() -> Result<PathBuf> {
    let call = ["bench", "--package", "gordian", "--bench", "tsan", "--no-run", "--message-format", "json"];
    let messages = cargo(call).read().context("the program does not build")?;
    let executable = messages.lines().rev().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.context("cargo names no executable")
}

/// Builds with rustc alone: this side needs no package, and cargo would build those of the tests with the sanitizer, too.
fn build_sanitized() -> Result<PathBuf> {
    let folder = target_dir("tsan");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join("tsan");
    let fixed = ["+nightly", "--edition", "2024", "-Copt-level=3", "-Zsanitizer=thread"];
    // std was built without the sanitizer; that it is linked all the same has to be asked for.
    let mismatch = "-Cunsafe-allow-abi-mismatch=sanitizer";
    let source = Path::new("benches").join("tsan").join("main.rs");
    let rest = [mismatch.as_ref(), source.as_os_str(), "-o".as_ref(), program.as_os_str()];
    duct::cmd("rustc", fixed.iter().map(AsRef::as_ref).chain(rest))
        .dir(root())
        .run()
        .context("the program does not build with -Zsanitizer=thread")?;
    Ok(program)
}

/// A call of one of the programs; settings of the caller's reach neither gordian nor the sanitizer.
fn call(program: &Path, words: &[&str], sanitizer: &str) -> Expression {
    without_settings(duct::cmd(program, words)).env("TSAN_OPTIONS", sanitizer)
}

fn print_found(programs: &Programs) -> Result<()> {
    println!("| scenario | racy: gordian | ThreadSanitizer | fixed: gordian | ThreadSanitizer |");
    println!("| --- | --: | --: | --: | --: |");
    for scenario in call(&programs.stable, &["scenarios"], "").read()?.lines() {
        let mut counts = [0; 4];
        for _ in 0..RUNS {
            for (at, form) in ["racy", "fixed"].into_iter().enumerate() {
                counts[2 * at] += usize::from(gordian_finds(programs, form, scenario)?);
                counts[2 * at + 1] += usize::from(sanitizer_finds(programs, form, scenario)?);
            }
        }
        let cells = counts.map(|count| format!("{count}/{RUNS}"));
        println!("| {scenario} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// The checked side prints a lint a line.
fn gordian_finds(programs: &Programs, form: &str, scenario: &str) -> Result<bool> {
    let run = call(&programs.stable, &[form, "checked", scenario], "");
    let found = run.stderr_null().read()?;
    let other = found.lines().find(|&lint| lint != "data_race");
    ensure!(other.is_none(), "{form} {scenario:?}: gordian found {found:?}, and races are the question");
    Ok(!found.is_empty())
}

/// The sanitizer writes reports to standard error and, if there were any, ends the process with its own code.
fn sanitizer_finds(programs: &Programs, form: &str, scenario: &str) -> Result<bool> {
    let run = call(&programs.sanitized, &[form, "std", scenario], "exitcode=66");
    let output = run.stderr_capture().unchecked().run()?;
    let text = String::from_utf8_lossy(&output.stderr);
    match (output.status.code(), text.contains("WARNING: ThreadSanitizer: data race")) {
        (Some(0), false) => Ok(false),
        (Some(66), true) => Ok(true),
        _ => bail!("{form} {scenario:?} under ThreadSanitizer ended with {}:\n{text}", output.status),
    }
}

fn print_costs(programs: &Programs) -> Result<()> {
    println!(
        "| one operation | std | gordian | ThreadSanitizer | gordian : std | ThreadSanitizer : gordian | quartiles |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: |");
    for cost in call(&programs.stable, &["costs"], "").read()?.lines() {
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            rounds.push(measured(programs, cost, round)?);
        }
        let column = |value: fn(&[f64; 3]) -> f64| sorted(rounds.iter().map(value).collect());
        let [std, gordian, sanitizer] =
            [column(|of| of[0]), column(|of| of[1]), column(|of| of[2])].map(|all| median(&all));
        let (checked, ratios) = (median(&column(|of| of[1] / of[0])), column(|of| of[2] / of[1]));
        let quartiles = format!("{:.1} to {:.1}", ratios[ROUNDS / 4], ratios[ROUNDS - 1 - ROUNDS / 4]);
        let ratio = median(&ratios);
        println!(
            "| {cost} | {std:.1} ns | {gordian:.1} ns | {sanitizer:.1} ns | {checked:.2}x | {ratio:.1}x | {quartiles} |"
        );
    }
    Ok(())
}

/// Nanoseconds of std, gordian and the sanitizer, one right after the other; who begins changes from round to round.
fn measured(programs: &Programs, cost: &str, round: usize) -> Result<[f64; 3]> {
    let sides = [(&programs.stable, "std"), (&programs.stable, "checked"), (&programs.sanitized, "std")];
    let mut figures = [0.0; 3];
    for turn in 0..3 {
        let at = (round + turn) % 3;
        let (program, side) = sides[at];
        // A report, be it a false one, would be written within a sample; what leads to it is still done.
        figures[at] = call(program, &["cost", side, cost], "report_bugs=0").read()?.parse()?;
    }
    Ok(figures)
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
