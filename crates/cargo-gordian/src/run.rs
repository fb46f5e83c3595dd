//! Runs cargo with checked locks: the overlay in, every process's record out.
//!
//! Must not know: what is made of the records.
//! INVARIANT: the user's own build is not touched: everything that is built differs in its folder.

use std::ffi::OsString;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, Result};

use crate::overlay::{self, Overlay, Wanted, cargo};
use crate::plan::Plan;
use crate::records::Records;
use crate::workspace::{Workspace, as_toml, value_of, without};
use crate::wrapper;

/// What is run, and how.
#[derive(Debug)]
pub struct Run<'a> {
    /// Cargo's command: `test`, `run`, `bench`, or `nextest run`.
    pub command: &'a [&'a str],
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// True if the locks of all dependencies are watched.
    pub all_crates: bool,
    /// True if atomics are watched.
    pub races: bool,
    /// Packages that are built without checked locks.
    pub exclude: &'a [String],
    /// The variable `GORDIAN` for the programs.
    pub levels: Option<&'a str>,
}

/// How it went.
#[derive(Debug)]
pub struct Ran {
    /// True if cargo says that all went well.
    pub is_success: bool,
    /// Where the records are.
    pub records: Records,
    /// The folder of the notes about crates that were built without checked locks.
    pub unwatched: PathBuf,
}

impl Run<'_> {
    /// Builds and runs. What cargo and the programs print is theirs.
    ///
    /// # Errors
    /// If the overlay cannot be built, or cargo cannot be started.
    pub fn go(&self, workspace: &Workspace) -> Result<Ran> {
        let (rustc, host) = overlay::ask(workspace.rustc.as_os_str())?;
        let target = value_of(self.arguments, "--target").map(|target| target.to_string_lossy().into_owned());
        let target = target.or_else(|| workspace.target.clone()).unwrap_or(host);
        let wanted = Wanted { base: &workspace.base, rustc: &rustc, target: &target, races: self.races };
        let overlay = wanted.get()?;
        let build = self.build_folder(&overlay);
        let plan = self.plan(workspace, overlay, &build);
        let [rustc, rustdoc] = wrappers(&build, &plan)?;

        let is_given = std::env::var_os("GORDIAN_OUT").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let records = match is_given {
            Some(folder) => Records::given(&folder)?,
            None => Records::of_this_run(workspace)?,
        };
        let mut cargo = Command::new(cargo());
        cargo.args(self.command);
        let around = if self.all_crates { "build.rustc-wrapper" } else { "build.rustc-workspace-wrapper" };
        cargo.arg("--config").arg(format!("{around}={}", as_toml(&rustc)?));
        cargo.arg("--config").arg(format!("build.rustdoc={}", as_toml(&rustdoc)?));
        cargo.arg("--target-dir").arg(build.join("target"));
        if value_of(self.arguments, "--target").is_none() {
            cargo.arg("--target").arg(&target);
        }
        cargo.args(without(self.arguments, "--target-dir"));
        // They would win over the settings above, which know of them.
        cargo.env_remove(if self.all_crates { "RUSTC_WRAPPER" } else { "RUSTC_WORKSPACE_WRAPPER" });
        cargo.env_remove("RUSTDOC").env_remove("CARGO_BUILD_RUSTDOC");
        cargo.env("GORDIAN_OUT", &records.folder).env("GORDIAN_CARGO", &workspace.root);
        if let Some(levels) = self.levels {
            cargo.env("GORDIAN", levels);
        }
        let status = cargo.status().with_context(|| format!("cannot start {}", cargo.get_program().display()))?;
        Ok(Ran { is_success: status.success(), records, unwatched: plan.unwatched })
    }

    /// Returns the folder for what is built in this way: crates that are built otherwise must not meet in one.
    fn build_folder(&self, overlay: &Overlay) -> PathBuf {
        let what = if self.all_crates { "all-crates" } else { "workspace" };
        if self.exclude.is_empty() {
            return overlay.folder.join(what);
        }
        let hash = rustc_hash::FxBuildHasher.hash_one(self.exclude);
        overlay.folder.join(format!("{what}-without-{:012x}", hash & 0xffff_ffff_ffff))
    }

    fn plan(&self, workspace: &Workspace, overlay: Overlay, build: &Path) -> Plan {
        Plan {
            overlay: overlay.library,
            dependencies: overlay.dependencies,
            rustdoc: workspace.rustdoc.clone(),
            wrapper: workspace.wrapper.clone().filter(|_| self.all_crates),
            exclude: self.exclude.to_vec(),
            unwatched: build.join("unwatched"),
        }
    }
}

/// Puts the wrappers of rustc and rustdoc into a folder, beside their plan, and returns their paths.
fn wrappers(folder: &Path, plan: &Plan) -> Result<[PathBuf; 2]> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    plan.write(folder)?;
    let this = std::env::current_exe().context("this program does not know its own path")?;
    let mut paths = [wrapper::RUSTC, wrapper::RUSTDOC].map(|name| folder.join(name));
    for path in &mut paths {
        path.set_extension(std::env::consts::EXE_EXTENSION);
        link(&this, path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(paths)
}

/// Makes `path` lead to this program; where there are no links, a copy does.
fn link(this: &Path, path: &Path) -> io::Result<()> {
    if fs::read_link(path).is_ok_and(|there| there == this) {
        return Ok(());
    }
    // In one step: the wrappers of another run may be at work here.
    let beside = path.with_extension(std::process::id().to_string());
    #[cfg(unix)]
    std::os::unix::fs::symlink(this, &beside)?;
    #[cfg(not(unix))]
    fs::copy(this, &beside)?;
    fs::rename(&beside, path)
}
