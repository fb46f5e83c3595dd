//! Stands in for rustc and rustdoc: passes a call on, with the overlay as `std` where a crate is to be watched.
//!
//! Must not know: what the overlay does, which command cargo runs.
//! Source: cargo's documentation of `build.rustc-workspace-wrapper` and `build.rustdoc`.
//! INVARIANT: a crate that the plain compiler accepts is built, with the overlay or without it; what the user sees are the
//! messages of the build that counts.

mod call;
pub mod notes;

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use self::call::Call;
use self::notes::Notes;
use crate::plan::Plan;

/// What the program is called when it stands in for rustc.
pub const RUSTC: &str = "gordian-rustc";
/// What it is called when it stands in for rustdoc.
pub const RUSTDOC: &str = "gordian-rustdoc";

/// Runs the program as a wrapper, if that is what it is called as. `None` if it is not.
///
/// # Errors
/// If the plan cannot be read, or the real program cannot be started.
pub fn run() -> Option<Result<ExitCode>> {
    let program = std::env::args_os().next().map(PathBuf::from)?;
    let stem = program.file_stem()?;
    // Not `current_exe`, which follows the link that the wrapper may be.
    let folder = program.parent()?;
    if stem == RUSTC {
        Some(rustc(folder))
    } else if stem == RUSTDOC {
        Some(rustdoc(folder))
    } else {
        None
    }
}

fn rustc(folder: &Path) -> Result<ExitCode> {
    let plan = Plan::read(folder)?;
    let mut arguments = std::env::args_os().skip(1);
    let Some(rustc) = arguments.next() else { bail!("{RUSTC} is called by cargo, with rustc's path first") };
    let arguments: Vec<OsString> = arguments.collect();
    let plain = || {
        let mut command = match &plan.wrapper {
            Some(wrapper) => Command::new(wrapper),
            None => Command::new(&rustc),
        };
        command.args(plan.wrapper.is_some().then_some(&rustc)).args(&arguments);
        command
    };
    let call = Call::of(&arguments);
    let unwatched = || {
        let mut command = plain();
        // It may depend on crates that are watched, whose std the compiler must find.
        if call.is_for_target() {
            add_dependencies(&mut command, &plan);
        }
        command
    };
    if !call.is_watched(&plan) {
        return passed_on(unwatched());
    }
    let notes = Notes::new(&plan.unwatched, &call);
    let mut watched = plain();
    add_overlay(&mut watched, &plan);
    // Stricter lints than the user's own crate was written against must not fail it.
    watched.arg("--cap-lints=warn");
    match try_watched(watched)? {
        Tried::Ended(status) => {
            notes.clear()?;
            Ok(code(status))
        }
        Tried::Refused { messages } => {
            let ended = passed_on(unwatched())?;
            // What fails either way is the user's to mend, and the plain compiler has said it in his own terms.
            if ended == ExitCode::SUCCESS {
                notes.take(&messages)?;
            }
            Ok(ended)
        }
    }
}

fn rustdoc(folder: &Path) -> Result<ExitCode> {
    let plan = Plan::read(folder)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let call = Call::of(&arguments);
    let mut command = Command::new(&plan.rustdoc);
    command.args(&arguments);
    // The examples of a crate that was built without the overlay are its users, so they are, too.
    if call.is_watched(&plan) && !Notes::of_library(&plan.unwatched, &call).exist() {
        add_overlay(&mut command, &plan);
    } else if call.is_for_target() {
        add_dependencies(&mut command, &plan);
    }
    passed_on(command)
}

fn add_overlay(command: &mut Command, plan: &Plan) {
    let mut overlay = OsString::from("std=");
    overlay.push(&plan.overlay);
    command.arg("--extern").arg(overlay);
    add_dependencies(command, plan);
}

fn add_dependencies(command: &mut Command, plan: &Plan) {
    for folder in &plan.dependencies {
        let mut dependencies = OsString::from("dependency=");
        dependencies.push(folder);
        command.arg("-L").arg(dependencies);
    }
}

/// What became of a build with the overlay.
enum Tried {
    /// It came so far that it counts.
    Ended(ExitStatus),
    /// The compiler did not accept the crate.
    Refused { messages: Vec<u8> },
}

/// Builds with the overlay, and shows what the compiler says once it is known that this build counts.
fn try_watched(mut command: Command) -> Result<Tried> {
    let mut child = command.stderr(Stdio::piped()).spawn().with_context(|| not_started(&command))?;
    let mut lines = BufReader::new(child.stderr.take().context("the compiler's messages are piped")?);
    let (mut messages, mut counts) = (Vec::new(), false);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? != 0 {
        // Cargo builds on the metadata as soon as it hears of them, so from there on there is no way back.
        counts = counts || is_output(&line);
        messages.append(&mut line);
        if counts {
            std::io::stderr().write_all(&messages)?;
            messages.clear();
        }
    }
    let status = child.wait()?;
    if status.success() || counts {
        std::io::stderr().write_all(&messages)?;
        return Ok(Tried::Ended(status));
    }
    Ok(Tried::Refused { messages })
}

/// True for the line by which the compiler tells cargo that the crate is accepted: there are files for others to use. The
/// list of its sources is told before anything is checked.
fn is_output(line: &[u8]) -> bool {
    let Ok(message) = serde_json::from_slice::<serde_json::Value>(line) else { return false };
    message.get("artifact").is_some() && message["emit"] != "dep-info"
}

fn passed_on(mut command: Command) -> Result<ExitCode> {
    let status = command.status().with_context(|| not_started(&command))?;
    Ok(code(status))
}

fn not_started(command: &Command) -> String {
    format!("cannot start {}", command.get_program().display())
}

/// Returns the exit code of a program; one that was killed has failed.
fn code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
