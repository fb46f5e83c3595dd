//! Turns `cargo xtask COMMAND` into the checks that CI runs.
//!
//! Must not know: how gordian works; it runs cargo and reads text.
//! Source: the "xtask" pattern. We differ: nothing is built here that cargo builds by itself.
//! INVARIANT: the exit code is 0 only if everything that was asked for ran and passed.

mod bench;
mod browser;
mod cargo;
mod example;
mod fuzz;
mod models;
mod parity;
mod test;
mod tidy;
mod tsan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What CI runs, as a program")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every check, one after the other, and stops at the first that fails
    Test {
        /// Only the steps whose name holds one of these words; the others count as skipped
        words: Vec<String>,
    },
    /// Reads the sources against the house's rules
    Tidy,
    /// Runs the loom models
    Models,
    /// Asks the compiler what each build has of std, and writes `docs/parity.md`
    Parity {
        /// Only checks that the page is what would be written
        #[arg(long)]
        check: bool,
    },
    /// Runs every fuzz target
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 20)]
        seconds: u32,
    },
    /// Measures checked locks against std's
    Bench {
        /// Passed on to the bench program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Opens the page of `cargo gordian` in Chromium and uses it
    Browser,
    /// Compares checked locks with ThreadSanitizer; wants a nightly toolchain
    Tsan,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Test { words } => return test::run(&words),
        Command::Tidy => tidy::run(),
        Command::Models => models::run().map(drop),
        Command::Parity { check } => parity::run(check),
        Command::Fuzz { seconds } => fuzz::run(seconds).map(drop),
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Browser => browser::run().map(drop),
        Command::Tsan => tsan::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
