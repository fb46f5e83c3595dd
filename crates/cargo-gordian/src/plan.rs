//! What the wrappers of rustc and rustdoc need to know: a file beside them, so that nothing of it is in the environment
//! of the programs that are run.
//!
//! Must not know: how a call is changed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// How crates are compiled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The overlay's library.
    pub overlay: PathBuf,
    /// The folders of the overlay's dependencies.
    pub dependencies: Vec<PathBuf>,
    /// The real rustdoc.
    pub rustdoc: PathBuf,
    /// The user's own wrapper around rustc, if ours stands in its place.
    pub wrapper: Option<PathBuf>,
    /// Packages that are built without checked locks.
    pub exclude: Vec<String>,
    /// The folder in which crates are noted that could not be built with checked locks.
    pub unwatched: PathBuf,
}

impl Plan {
    /// Reads the plan beside a wrapper.
    ///
    /// # Errors
    /// If it cannot be read: the wrapper was not started by `cargo gordian`, or its folder was changed.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("plan.json");
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not understood", path.display()))
    }

    /// Writes it into a folder of wrappers, if it differs from what is there.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join("plan.json");
        if Self::read(folder).is_ok_and(|before| before == *self) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(self).context("the plan cannot be told as JSON")?;
        // In one step: the wrappers of another run may be reading it.
        let beside = folder.join(format!("plan-{}.json", std::process::id()));
        let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &path));
        written.with_context(|| format!("cannot write {}", path.display()))
    }
}
