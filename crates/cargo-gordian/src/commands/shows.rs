//! The commands that show what earlier runs left behind.
//!
//! Must not know: how records are made.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::failure::{Failure, usage};
use super::levels::Levels;
use super::output;
use crate::baseline::{self, Baseline};
use crate::cli;
use crate::diff::Diff;
use crate::exit::Exit;
use crate::format::{self, Format, Shown};
use crate::merge;
use crate::settings::{self, Settings};
use crate::union::{Found, Union};
use crate::workspace::Workspace;

/// Merges records, and shows the report.
pub(super) fn report(options: &cli::Report) -> Result<Exit, Failure> {
    usage(output::set_color())?;
    let place = Place::find()?;
    let baseline = usage(options.baseline.as_deref().map(Baseline::read).transpose())?;
    let union = place.read(&options.paths)?;
    let judged = judged(union, &place.settings, baseline.as_ref());
    let shown = Shown::new(&place.root, options.format == Format::Text && output::is_out_colored());
    output::print(&format::render(options.format, &judged.union, &shown)?)?;
    judged.tell_notes();
    Ok(exit(&judged.union))
}

/// Merges records, and shows the graph of their orders.
pub(super) fn graph(options: &cli::Graph) -> Result<Exit, Failure> {
    let place = Place::find()?;
    let union = place.read(&options.paths)?;
    let judged = judged(union, &place.settings, None);
    let shown = Shown::new(&place.root, false);
    output::print(&format::draw(options.format, &judged.union, &shown)?)?;
    Ok(Exit::Clean)
}

/// Merges records twice, and shows what the second ones add.
pub(super) fn diff(options: &cli::Diff) -> Result<Exit, Failure> {
    usage(output::set_color())?;
    let place = Place::find()?;
    let levels = place.levels;
    let base = usage(merge::read(std::slice::from_ref(&options.base), levels))?;
    let new = place.read(&options.paths)?;
    let judged = judged(new, &place.settings, None);
    let diff = Diff::between(&base, &judged.union);
    output::print(&diff.to_string())?;
    Ok(if diff.fails() { Exit::Findings } else { Exit::Clean })
}

/// Where a command works: in a workspace, or, on a machine that only merges, in any folder.
struct Place {
    root: PathBuf,
    records: Option<PathBuf>,
    settings: Settings,
    levels: merge::Levels,
}

impl Place {
    fn find() -> Result<Self, Failure> {
        let workspace = Workspace::find(&[]).ok();
        let records = workspace.as_ref().map(Workspace::records);
        let here = || std::env::current_dir().context("the current folder is gone");
        let root = workspace.map_or_else(here, |workspace| Ok(workspace.root))?;
        let settings = usage(settings(&root))?;
        let levels = usage(Levels::of(&settings, false))?.merged;
        Ok(Self { settings, levels, records, root })
    }

    /// Returns the union of these paths, or of the last run if there are none.
    fn read(&self, paths: &[PathBuf]) -> Result<Union, Failure> {
        let levels = self.levels;
        if !paths.is_empty() {
            return usage(merge::read(paths, levels));
        }
        let last = usage(match &self.records {
            Some(records) if has_files(records) => Ok(records),
            Some(_) => Err(anyhow::anyhow!(
                "this workspace has no records yet: run `cargo gordian test` first, or name a folder of records"
            )),
            None => Err(anyhow::anyhow!("there is no workspace here: name a folder of records")),
        })?;
        usage(merge::read(std::slice::from_ref(last), levels))
    }
}

/// Returns the settings of a workspace, with what the variables add.
pub(super) fn settings(root: &Path) -> Result<Settings> {
    let mut settings = Settings::read(root)?;
    if let Some(path) = std::env::var_os("GORDIAN_SUPPRESS") {
        settings.add_suppression_file(Path::new(&path))?;
    }
    Ok(settings)
}

/// True if something lies in a folder.
pub(super) fn has_files(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// A union in which every finding has its standing.
pub(super) struct Judged {
    pub(super) union: Union,
    notes: Vec<String>,
}

/// Decides what counts.
pub(super) fn judged(mut union: Union, settings: &Settings, baseline: Option<&Baseline>) -> Judged {
    let notes = baseline::apply(&mut union, settings, baseline, settings::today());
    Judged { union, notes }
}

impl Judged {
    /// Says what the user should know about his settings and his baseline.
    pub(super) fn tell_notes(&self) {
        self.notes.iter().for_each(|note| anstream::eprintln!("note: {note}"));
    }
}

/// Returns the exit code that a union asks for.
pub(super) fn exit(union: &Union) -> Exit {
    if union.findings.iter().any(Found::fails) {
        Exit::Findings
    } else if format::holes(union).is_empty() {
        Exit::Clean
    } else {
        Exit::Incomplete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::union::Standing;

    #[test]
    fn the_exit_code_tells_findings_from_holes_and_both_from_a_clean_run() {
        let mut union = Union::default();
        assert_eq!(exit(&union), Exit::Clean);
        union.holes.push("The record is torn.".to_owned());
        assert_eq!(exit(&union), Exit::Incomplete);
        union = crate::fixture::union();
        assert_eq!(exit(&union), Exit::Findings);
        union.findings.iter_mut().for_each(|found| found.standing = Standing::Known);
        assert_eq!(exit(&union), Exit::Incomplete, "the fixture has a hole");
    }
}
