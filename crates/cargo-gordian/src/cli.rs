//! The command line: names, arguments, help.
//!
//! Must not know: what a command does.
//! INVARIANT: what is not gordian's own is cargo's, and reaches it untouched and in its order.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::format::{Format, GraphFormat};

/// Finds deadlocks and races in any workspace, without an edit.
#[derive(Parser, Debug)]
#[command(name = "cargo gordian", bin_name = "cargo gordian", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 clean, 1 internal error, 2 wrong usage, 10 findings at deny, \
                          11 the record is incomplete, 101 the build or the tests failed";

/// A command.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the tests with checked locks and print one report
    #[command(after_help = PASSED_ON)]
    Test(Run),
    /// Run a program with checked locks and print one report
    #[command(after_help = PASSED_ON)]
    Run(Run),
    /// Run the tests under cargo-nextest with checked locks and print one report
    #[command(after_help = PASSED_ON)]
    Nextest(Run),
    /// Run the benchmarks with checked locks and print one report
    #[command(after_help = PASSED_ON)]
    Bench(Run),
    /// Merge what runs, tests and machines left behind, and show it
    Report(Report),
    /// Show the lock-order graph
    Graph(Graph),
    /// Show what a change adds: new orders, new findings
    Diff(Diff),
    /// Explain a lint, or list them all
    Explain {
        /// Its code or its name, such as G010 or `lock_order`; without it, all are listed
        lint: Option<String>,
    },
    /// Set a package up: the swap of locks in its manifest, or a GitHub workflow
    Init(Init),
}

const PASSED_ON: &str = "All other arguments are cargo's, as in `cargo gordian test -p bank --release -- transfers`.";

/// What runs a program.
#[derive(Args, Debug)]
#[command(disable_help_flag = false)]
pub struct Run {
    /// Watch the locks of all dependencies too
    #[arg(long)]
    pub all_crates: bool,
    /// Watch atomics too; lost updates and broken atomicity are reported
    #[arg(long)]
    pub races: bool,
    /// Findings that are known: a report in JSON, or a fingerprint a line; they do not fail the run
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// What cargo is given.
    #[arg(last = true, hide = true)]
    pub cargo: Vec<OsString>,
}

/// What shows records.
#[derive(Args, Debug)]
pub struct Report {
    /// Records, folders of records, or reports in JSON; the last run of this workspace if none is named
    pub paths: Vec<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Findings that are known: a report in JSON, or a fingerprint a line; they do not fail the run
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// What shows the graph.
#[derive(Args, Debug)]
pub struct Graph {
    /// Records, folders of records, or reports in JSON; the last run of this workspace if none is named
    pub paths: Vec<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    pub format: GraphFormat,
}

/// What compares records.
#[derive(Args, Debug)]
pub struct Diff {
    /// What was before: a record, a folder of records, or a report in JSON
    pub base: PathBuf,
    /// What is now; the last run of this workspace if none is named
    pub paths: Vec<PathBuf>,
}

/// What sets a package up.
#[derive(Args, Debug)]
pub struct Init {
    /// Write a workflow for GitHub Actions instead
    #[arg(long)]
    pub github: bool,
}

/// The commands whose other arguments are cargo's.
const RUNS: [&str; 4] = ["test", "run", "nextest", "bench"];
const OWN_FLAGS: [&str; 4] = ["--all-crates", "--races", "--help", "-h"];
const OWN_VALUES: [&str; 1] = ["--baseline"];

/// Returns the command line in an order that leaves no doubt: what is gordian's first, then `--`, then what is cargo's.
///
/// `arguments` begins with the program, and with `gordian` if cargo started it.
pub fn in_order(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.into_iter().peekable();
    let mut ordered: Vec<OsString> = arguments.next().into_iter().collect();
    arguments.next_if(|argument| argument == "gordian");
    let Some(command) = arguments.next() else { return ordered };
    let is_run = RUNS.iter().any(|run| command == *run);
    ordered.push(command);
    if !is_run {
        ordered.extend(arguments);
        return ordered;
    }
    let mut cargo = Vec::new();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            cargo.push(argument);
            cargo.extend(arguments.by_ref());
        } else if is_one_of(&argument, &OWN_FLAGS) {
            ordered.push(argument);
        } else if is_one_of(&argument, &OWN_VALUES) {
            ordered.push(argument);
            ordered.extend(arguments.next());
        } else if OWN_VALUES.iter().any(|name| starts_with(&argument, &format!("{name}="))) {
            ordered.push(argument);
        } else {
            cargo.push(argument);
        }
    }
    ordered.push("--".into());
    ordered.append(&mut cargo);
    ordered
}

fn is_one_of(argument: &OsStr, names: &[&str]) -> bool {
    names.iter().any(|name| argument == *name)
}

fn starts_with(argument: &OsStr, prefix: &str) -> bool {
    argument.to_str().is_some_and(|argument| argument.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn ordered(arguments: &str) -> String {
        let ordered = in_order(arguments.split(' ').map(Into::into));
        ordered.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    fn cli(arguments: &str) -> Cli {
        Cli::try_parse_from(in_order(arguments.split(' ').map(Into::into))).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_is_not_gordians_reaches_cargo_in_its_order() {
        assert_eq!(
            ordered("cargo-gordian gordian test --release --races -p bank --baseline=known -- --races transfers"),
            "cargo-gordian test --races --baseline=known -- --release -p bank -- --races transfers"
        );
        assert_eq!(ordered("cargo-gordian run --baseline known x"), "cargo-gordian run --baseline known -- x");
    }

    #[test]
    fn other_commands_are_left_as_they_are() {
        assert_eq!(ordered("cargo-gordian gordian report a --format json"), "cargo-gordian report a --format json");
        assert_eq!(ordered("cargo-gordian"), "cargo-gordian");
    }

    #[test]
    fn the_parts_of_a_run_are_told_apart() {
        let Command::Test(run) = cli("cargo-gordian gordian test --all-crates --lib -- --nocapture").command else {
            panic!("it is a test")
        };
        assert!(run.all_crates && !run.races);
        assert_eq!(run.cargo, ["--lib", "--", "--nocapture"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for wrong in ["cargo-gordian tests", "cargo-gordian report --format yaml", "cargo-gordian test --races=yes"] {
            let parsed = Cli::try_parse_from(in_order(wrong.split(' ').map(Into::into)));
            // `--races=yes` is nothing that cargo knows either, so it is cargo that refuses it.
            assert_eq!(parsed.is_err(), !wrong.contains("=yes"), "{wrong}");
        }
    }
}
