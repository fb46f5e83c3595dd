//! Runs a command and turns its end into an exit code.
//!
//! Must not know: how a command does its work.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::cli::{self, Cli, Command};
use crate::exit::Exit;
use crate::run::Run;
use crate::workspace::Workspace;
use crate::wrapper;

/// Runs the program.
pub fn main() -> ExitCode {
    if let Some(ended) = wrapper::run() {
        return ended.unwrap_or_else(|error| failed(&error).into());
    }
    let cli = Cli::parse_from(cli::in_order(std::env::args_os()));
    act(cli.command).unwrap_or_else(|error| failed(&error)).into()
}

fn act(command: Command) -> Result<Exit> {
    match command {
        Command::Test(run) => go(&["test"], &run),
        Command::Run(run) => go(&["run"], &run),
        Command::Bench(run) => go(&["bench"], &run),
        Command::Nextest(run) => go(&["nextest", "run"], &run),
        _ => anyhow::bail!("not yet"),
    }
}

fn go(command: &[&str], options: &cli::Run) -> Result<Exit> {
    let workspace = Workspace::find(&options.cargo)?;
    let arguments: &[OsString] = &options.cargo;
    let run =
        Run { command, arguments, all_crates: options.all_crates, races: options.races, exclude: &[], levels: None };
    let ran = run.go(&workspace)?;
    Ok(if ran.is_success { Exit::Clean } else { Exit::Failed })
}

fn failed(error: &anyhow::Error) -> Exit {
    anstream::eprintln!("cargo gordian: {error:#}");
    Exit::Internal
}
