//! Turns a package or a repository into one that uses gordian: a dependency in its manifest, or a GitHub workflow.
//!
//! Must not know: what the workflow's commands do.
//! INVARIANT: no file that exists is replaced; of a manifest, only the line of the dependency is new.

use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

const WORKFLOW: &str = include_str!("init/gordian.yml");

/// What a workflow's paths become, for a workspace that is not its repository's root.
const NESTED: [(&str, &str); 6] = [
    ("\njobs:\n", "\ndefaults:\n  run:\n    working-directory: DIR\n\njobs:\n"),
    ("sarif_file: ", "sarif_file: DIR/"),
    ("path: gordian.html", "path: DIR/gordian.html"),
    ("path: target/", "path: DIR/target/"),
    ("path: shards", "path: DIR/shards"),
    (
        "- uses: Swatinem/rust-cache@v2\n      -",
        "- uses: Swatinem/rust-cache@v2\n        with:\n          workspaces: DIR\n      -",
    ),
];

const SWAP: &str = "\
Swap the locks, one word a line:

    use gordian::sync::{Arc, Condvar, Mutex, RwLock};   // was: use std::sync::{...}
    use gordian::thread;                                // was: use std::thread

Debug builds and tests are checked then. Release builds have std's own types, unless the feature `check` is on.
Without a swap, `cargo gordian test` checks the workspace as it is.
";

/// Adds gordian to the dependencies of the package in `folder`, or in the nearest folder above it.
///
/// Returns what to tell the user.
///
/// # Errors
/// If there is no package, or its manifest cannot be read or written.
pub fn add_dependency(folder: &Path) -> Result<String> {
    let manifest = folder.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file());
    let manifest = manifest.with_context(|| {
        format!("there is no Cargo.toml in {} or above it; accepted: a package's folder", folder.display())
    })?;
    let name = manifest.display();
    let text = fs::read_to_string(&manifest).with_context(|| format!("{name} cannot be read"))?;
    Ok(match with_dependency(&text).with_context(|| format!("{name} is not changed"))? {
        Some(changed) => {
            fs::write(&manifest, changed).with_context(|| format!("{name} cannot be written"))?;
            format!("`gordian = \"{}\"` is a dependency in {name} now. {SWAP}", version())
        }
        None => format!("gordian is a dependency in {name} already. {SWAP}"),
    })
}

/// Writes a GitHub workflow for the workspace in `root`, into its repository. Returns what to tell the user.
///
/// # Errors
/// If there is such a workflow already, or it cannot be written.
pub fn add_workflow(root: &Path) -> Result<String> {
    let (repository, workflow) = match root.ancestors().find(|folder| folder.join(".git").exists()) {
        Some(repository) => (repository, workflow_in(root.strip_prefix(repository).unwrap_or(Path::new("")))),
        None => (root, WORKFLOW.to_owned()),
    };
    let path: PathBuf = [repository, Path::new(".github/workflows/gordian.yml")].iter().collect();
    let name = path.display();
    let folder = path.parent().unwrap_or(repository);
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut file = fs::File::create_new(&path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{name} exists, and is left as it is; accepted: no such file"),
        _ => anyhow!(error).context(format!("{name} cannot be written")),
    })?;
    file.write_all(workflow.as_bytes()).with_context(|| format!("{name} cannot be written"))?;
    Ok(format!(
        "{name} is written: look at it, and commit it. It runs on pushes to main or master, and on pull requests.\n"
    ))
}

/// Returns every command of the workflow that is `cargo gordian`'s own, those of its commented part too.
pub fn workflow_commands() -> impl Iterator<Item = &'static str> {
    let runs = WORKFLOW.lines().filter_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix("- run: "));
    let commands = runs.map(|run| run.split('>').next().unwrap_or_default().trim());
    commands.filter(|command| command.starts_with("cargo gordian "))
}

/// Returns the workflow for a workspace in this folder of its repository.
fn workflow_in(folder: &Path) -> String {
    let parts: Vec<_> = folder.iter().map(|part| part.to_string_lossy()).collect();
    if parts.is_empty() {
        return WORKFLOW.to_owned();
    }
    let folder = parts.join("/");
    NESTED.iter().fold(WORKFLOW.to_owned(), |text, (from, to)| text.replace(from, &to.replace("DIR", &folder)))
}

/// Returns a package's manifest with the dependency. `None` if it has it already.
fn with_dependency(manifest: &str) -> Result<Option<String>> {
    let mut document: DocumentMut = manifest.parse().context("it is not understood")?;
    if !document.contains_table("package") {
        bail!("it has no [package]; accepted: the manifest of a package, so go to the folder of one");
    }
    let dependencies = document.entry("dependencies").or_insert(Item::Table(Table::new()));
    let dependencies: &mut dyn TableLike = dependencies.as_table_like_mut().context("`dependencies` is no table")?;
    if dependencies.contains_key("gordian") {
        return Ok(None);
    }
    let is_sorted = dependencies.iter().map(|(name, _)| name.to_owned()).is_sorted();
    dependencies.insert("gordian", value(version()));
    if is_sorted {
        dependencies.sort_values();
    }
    Ok(Some(document.to_string()))
}

/// Returns the version that a dependency names: what comes after it is compatible.
fn version() -> String {
    format!("{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"))
}

#[cfg(test)]
mod tests;
