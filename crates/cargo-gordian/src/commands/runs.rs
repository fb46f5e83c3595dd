//! The commands that run programs and report what they left behind.
//!
//! Must not know: how records are read, how a report is written.
//! INVARIANT: whatever ends the programs, an interrupt too, their records are read and told.

use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context, Result};
use gordian::record::format::{Line, Process, Unwatched, VERSION};

use super::failure::{Failure, usage};
use super::levels::Levels;
use super::{output, shows};
use crate::baseline::Baseline;
use crate::cli;
use crate::exit::Exit;
use crate::format::{self, Format, Shown};
use crate::run::{Ran, Run};
use crate::union::Union;
use crate::workspace::Workspace;
use crate::wrapper::notes;
use crate::{merge, symbols};

/// Runs cargo's command with checked locks, and prints one report.
pub(super) fn go(command: &[&str], options: &cli::Run) -> Result<Exit, Failure> {
    usage(output::set_color())?;
    let workspace = usage(Workspace::find(&options.cargo))?;
    let settings = usage(shows::settings(&workspace.root))?;
    usage(settings.check_excludes(workspace.packages.iter().map(String::as_str)))?;
    let baseline = usage(options.baseline.as_deref().map(Baseline::read).transpose())?;
    let exclude: Vec<String> = settings.excludes().map(ToOwned::to_owned).collect();
    let levels = usage(Levels::of(&settings, options.races))?;
    let run = Run {
        command,
        arguments: &options.cargo,
        all_crates: options.all_crates,
        races: options.races,
        exclude: &exclude,
        levels: levels.variable.as_deref(),
    };
    // An interrupt reaches the programs too, and a program that hangs is ended so: then the report matters most.
    ctrlc::set_handler(|| {}).context("interrupts cannot be handled")?;
    let ran = run.go(&workspace)?;
    if !ran.is_success && ran.records.have_nothing_new() {
        // It was not built, or ended at once: cargo has said why, and there is nothing to add.
        return Ok(Exit::Failed);
    }
    if is_only_built(&options.cargo) {
        return Ok(Exit::Clean);
    }

    let (union, unresolved) = gathered(&ran, &run, &workspace, levels.merged)?;
    let judged = shows::judged(union, &settings, baseline.as_ref());
    let shown = Shown::new(&workspace.root, output::is_err_colored());
    anstream::eprint!("\n{}", format::render(Format::Text, &judged.union, &shown)?);
    judged.tell_notes();
    // Only of an order that no process could judge are the stacks made afterwards.
    if judged.union.findings.iter().any(|found| found.found_by == 0) {
        unresolved.iter().for_each(|reason| anstream::eprintln!("note: {reason}"));
    }
    Ok(match shows::exit(&judged.union) {
        Exit::Findings => Exit::Findings,
        _ if !ran.is_success => Exit::Failed,
        exit => exit,
    })
}

/// True if cargo was asked to build and to run nothing.
fn is_only_built(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--no-run")
}

/// Returns what the processes of a run saw together, and why some stacks have no names.
fn gathered(ran: &Ran, run: &Run<'_>, workspace: &Workspace, levels: merge::Levels) -> Result<(Union, Vec<String>)> {
    let mut unwatched = notes::read_all(&ran.unwatched, |folder, krate| match workspace.crates.get(folder) {
        Some(crates) => crates.contains(krate),
        // Somebody else's, which is built with checked locks only if all are; then it lies in a folder of such builds.
        None => run.all_crates,
    })?;
    unwatched.extend(run.exclude.iter().map(|package| Unwatched {
        package: package.clone(),
        krate: package.clone(),
        reason: "gordian.toml excludes it".to_owned(),
        details: String::new(),
    }));
    if !unwatched.is_empty() {
        write_own_record(&ran.records.folder, unwatched)?;
    }
    if !shows::has_files(&ran.records.folder) {
        return Ok((Union::default(), Vec::new()));
    }
    let unresolved = symbols::resolve(&ran.records.folder, &workspace.root)?;
    Ok((merge::read(std::slice::from_ref(&ran.records.folder), levels)?, unresolved))
}

/// Leaves beside the records what they cannot know: which crates were not watched.
fn write_own_record(folder: &Path, unwatched: Vec<Unwatched>) -> Result<()> {
    let since_1970 = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let process = Process {
        format: VERSION,
        gordian: env!("CARGO_PKG_VERSION").to_owned(),
        host: String::new(),
        pid: std::process::id(),
        started_ms: u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX),
        program: "cargo-gordian".to_owned(),
        arguments: Vec::new(),
        package: None,
    };
    let path = folder.join(format!("{}-{}.json", process.pid, process.started_ms));
    let mut lines = Vec::new();
    for line in std::iter::once(Line::Process(process)).chain(unwatched.into_iter().map(Line::Unwatched)) {
        serde_json::to_writer(&mut lines, &line).context("a record's line is told as JSON")?;
        lines.push(b'\n');
    }
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(&path, &lines)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
