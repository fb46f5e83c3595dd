//! The folder in which the processes of a run leave their records.
//!
//! Must not know: what a record is.
//! INVARIANT: no run takes away another one's records while it goes on; and none waits for another one, which may be the
//! one whose tests started it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// A folder for records, which is this run's own as long as this lives.
#[derive(Debug)]
pub struct Records {
    /// The folder.
    pub folder: PathBuf,
    /// How many files lay there before.
    before: usize,
    _lock: Option<File>,
}

impl Records {
    /// Returns the folder that the user named; what lies in it stays.
    ///
    /// # Errors
    /// If the current folder, which it may be relative to, is gone.
    pub fn given(folder: &Path) -> Result<Self> {
        let folder = std::path::absolute(folder).context("GORDIAN_OUT has no path")?;
        Ok(Self::new(folder, None))
    }

    /// Returns the workspace's folder for the records of its last run, emptied. If another run is going on there, a
    /// folder beside it.
    ///
    /// # Errors
    /// If it cannot be emptied or made.
    pub fn of_this_run(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.records();
        fs::create_dir_all(&workspace.base).with_context(|| format!("cannot create {}", workspace.base.display()))?;
        let path = workspace.base.join("records-lock");
        let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self::new(emptied(folder)?, Some(lock))),
            Err(TryLockError::WouldBlock) => {
                let folder = folder.with_file_name(format!("records-{}", std::process::id()));
                anstream::eprintln!(
                    "note: another run is going on; the records of this one are in {}",
                    folder.display()
                );
                Ok(Self::new(emptied(folder)?, None))
            }
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
        }
    }

    /// True if no process has left anything since.
    pub fn have_nothing_new(&self) -> bool {
        files(&self.folder) == self.before
    }

    fn new(folder: PathBuf, lock: Option<File>) -> Self {
        Self { before: files(&folder), folder, _lock: lock }
    }
}

/// Returns how many files lie in a folder; none in one that is not there.
fn files(folder: &Path) -> usize {
    folder.read_dir().map_or(0, Iterator::count)
}

/// Returns a folder in which nothing is left of the run before.
fn emptied(folder: PathBuf) -> Result<PathBuf> {
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(base: &Path) -> Workspace {
        Workspace {
            root: base.to_owned(),
            base: base.join("gordian"),
            packages: Vec::new(),
            crates: Default::default(),
            rustc: "rustc".into(),
            rustdoc: "rustdoc".into(),
            wrapper: None,
            target: None,
        }
    }

    #[test]
    fn a_run_begins_with_an_empty_folder_once_the_run_before_is_over() {
        let base = tempfile::tempdir().unwrap();
        let workspace = workspace(base.path());
        let first = Records::of_this_run(&workspace).unwrap();
        fs::write(first.folder.join("1-1.json"), "").unwrap();
        drop(first);
        let second = Records::of_this_run(&workspace).unwrap();
        assert_eq!(second.folder, workspace.records());
        assert_eq!(fs::read_dir(&second.folder).unwrap().count(), 0);
    }

    #[test]
    fn a_run_beside_another_one_takes_nothing_away_from_it() {
        let base = tempfile::tempdir().unwrap();
        let workspace = workspace(base.path());
        let first = Records::of_this_run(&workspace).unwrap();
        fs::write(first.folder.join("1-1.json"), "").unwrap();
        let beside = Records::of_this_run(&workspace).unwrap();
        assert_ne!(beside.folder, first.folder);
        assert!(first.folder.join("1-1.json").exists());
    }

    #[test]
    fn what_lies_in_a_folder_that_the_user_named_stays() {
        let given = tempfile::tempdir().unwrap();
        fs::write(given.path().join("1-1.json"), "").unwrap();
        let records = Records::given(given.path()).unwrap();
        assert!(records.folder.join("1-1.json").exists());
        assert!(records.have_nothing_new());
        fs::write(given.path().join("2-2.json"), "").unwrap();
        assert!(!records.have_nothing_new());
    }
}
