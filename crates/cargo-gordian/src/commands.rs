//! Runs a command and turns its end into an exit code.
//!
//! Must not know: how a command does its work.

mod failure;
mod levels;
mod output;
mod runs;
mod shows;

use std::process::ExitCode;

use clap::Parser;

use self::failure::{Failure, usage};
use crate::cli::{self, Cli, Command};
use crate::exit::Exit;
use crate::workspace::Workspace;
use crate::{explain, init, wrapper};

/// Runs the program.
pub fn main() -> ExitCode {
    if let Some(ended) = wrapper::run() {
        return ended.unwrap_or_else(|error| Failure::from(error).tell().into());
    }
    let cli = Cli::parse_from(cli::in_order(std::env::args_os()));
    act(cli.command).unwrap_or_else(|failure| failure.tell()).into()
}

fn act(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Test(run) => runs::go(&["test"], &run),
        Command::Run(run) => runs::go(&["run"], &run),
        Command::Bench(run) => runs::go(&["bench"], &run),
        Command::Nextest(mut run) => {
            // Who is used to `cargo nextest run` does not mean a test of that name.
            if run.cargo.first().is_some_and(|first| first == "run") {
                run.cargo.remove(0);
            }
            runs::go(&["nextest", "run"], &run)
        }
        Command::Report(report) => shows::report(&report),
        Command::Graph(graph) => shows::graph(&graph),
        Command::Diff(diff) => shows::diff(&diff),
        Command::Explain { lint } => {
            output::print(&usage(explain::explain(lint.as_deref()))?)?;
            Ok(Exit::Clean)
        }
        Command::Init(options) => {
            let told = match options.github {
                true => init::add_workflow(&usage(Workspace::find(&[]))?.root),
                false => init::add_dependency(&std::env::current_dir().map_err(anyhow::Error::from)?),
            };
            output::print(&usage(told)?)?;
            Ok(Exit::Clean)
        }
    }
}
