//! Chooses the files that make up a union: every process once, however often its record lies about.
//!
//! Must not know: how files are merged.
//! INVARIANT: the choice depends on what is in the files and not on the order in which they are given.

use super::partial::left_out;
use super::process;
use super::record;
use super::saved;
use super::symbols;
use super::tables::Identity;
use anyhow::{Context, Result, ensure};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What to merge.
#[derive(Default, Debug)]
pub(super) struct Plan {
    pub(super) files: Vec<PathBuf>,
    /// What is said of the files that are not read, or not read in full.
    pub(super) holes: Vec<String>,
}

/// Returns the files to merge for paths of files and folders.
///
/// # Errors
/// If a path does not exist, a folder cannot be listed, or there is no file at all.
pub(super) fn plan(paths: &[PathBuf]) -> Result<Plan> {
    let files = files(paths)?;
    let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    ensure!(
        !files.is_empty(),
        "there is no record in {}: looked for `*.json` there and in the folders right below",
        named.join(", ")
    );
    let mut plan = Plan::default();
    let mut unions = Vec::new();
    let mut records = BTreeMap::new();
    for file in files {
        let looked_at = saved::is_saved(&file).and_then(|is_saved| match is_saved {
            true => saved::read_processes(&file).map(|processes| unions.push((file.clone(), processes))),
            false => record::read_process(&file).map(|process| {
                records.entry(Identity::of(&process)).or_insert_with(Vec::new).push(file.clone());
            }),
        });
        if let Err(error) = looked_at {
            plan.holes.push(left_out(&file, &error));
        }
    }
    let united = plan.take_unions(unions);
    for (_, copies) in records.into_iter().filter(|(identity, _)| !united.contains(identity)) {
        // Of a copy that was cut off while it was made, the original says more.
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
        plan.files.extend(copies.into_iter().min_by_key(|path| (Reverse(size(path)), path.clone())));
    }
    Ok(plan)
}

impl Plan {
    /// Takes the unions that add something, the largest first, and returns the processes that they hold.
    fn take_unions(&mut self, mut unions: Vec<(PathBuf, Vec<gordian::record::format::Process>)>) -> BTreeSet<Identity> {
        unions.sort_by_key(|(path, processes)| (Reverse(processes.len()), path.clone()));
        let mut united = BTreeSet::new();
        for (path, processes) in unions {
            let (known, new): (Vec<_>, Vec<_>) =
                processes.iter().partition(|process| united.contains(&Identity::of(process)));
            if let ([first, ..], false) = (&known[..], new.is_empty()) {
                self.holes.push(format!(
                    "{} has {} processes that another union has, too, such as {}: what they saw is counted twice.",
                    path.display(),
                    known.len(),
                    process::said(first)
                ));
            }
            // A union of no process may still tell of crates that were not watched.
            if known.is_empty() || !new.is_empty() {
                united.extend(processes.iter().map(Identity::of));
                self.files.push(path);
            }
        }
        united
    }
}

/// Returns all files that may be records, each once.
fn files(paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for path in paths {
        let path = path.canonicalize().with_context(|| format!("{} cannot be read", path.display()))?;
        if !path.is_dir() {
            files.insert(path);
            continue;
        }
        for entry in list(&path)? {
            match entry.is_dir() {
                true => files.extend(list(&entry)?.into_iter().filter(|path| is_json(path))),
                false => files.extend(Some(entry).filter(|path| is_json(path))),
            }
        }
    }
    Ok(files)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let name = || format!("the folder {} cannot be listed", folder.display());
    let entries = std::fs::read_dir(folder).with_context(name)?;
    entries.map(|entry| entry.with_context(name)?.path().canonicalize().with_context(name)).collect()
}

fn is_json(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "json") && !symbols::is_symbols(path)
}
