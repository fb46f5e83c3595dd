//! Builds the crate that stands in for std, with the user's own compiler, once.
//!
//! Must not know: what is built with it.
//! INVARIANT: a folder holds one overlay, for one compiler, one target, one set of flags and one version of the sources;
//! what is compiled against it lives below that folder, so that nothing old is ever linked with something new.

use std::ffi::OsStr;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// The library's sources, as they are laid out in the repository.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The crate that stands in for std, built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlay {
    /// The folder for it and for all that is compiled against it.
    pub folder: PathBuf,
    /// The library.
    pub library: PathBuf,
    /// The folders of its dependencies: those for the target, and their macros, which are for the compiler.
    pub dependencies: Vec<PathBuf>,
}

/// What an overlay is built for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted<'a> {
    /// The folder for everything that `cargo gordian` builds in this workspace.
    pub base: &'a Path,
    /// What `rustc -vV` prints.
    pub rustc: &'a str,
    /// The target, as rustc names it.
    pub target: &'a str,
    /// True if atomics are watched.
    pub races: bool,
}

impl Wanted<'_> {
    /// Returns the overlay, and builds it first if it is not there.
    ///
    /// # Errors
    /// If it cannot be built: the sources' dependencies cannot be fetched, or the compiler is too old.
    ///
    /// # Cost
    /// Some 20 seconds the first time, and one look at a file after that.
    pub fn get(&self) -> Result<Overlay> {
        let folder = self.base.join(self.key());
        let built = folder.join("overlay").join(self.target).join("release");
        let overlay = Overlay {
            library: built.join("libstd.rlib"),
            dependencies: vec![built.join("deps"), folder.join("overlay/release/deps")],
            folder: folder.clone(),
        };
        let done = folder.join("overlay-is-built");
        if done.exists() && overlay.library.exists() {
            return Ok(overlay);
        }
        let lock = lock(&folder)?;
        if !(done.exists() && overlay.library.exists()) {
            self.build(&folder)?;
            fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
        }
        drop(lock);
        Ok(overlay)
    }

    /// Returns the name of the folder: something readable, and a hash of all that makes a difference.
    fn key(&self) -> String {
        let Self { base: _, rustc, target, races } = self;
        let mut hash = rustc_hash::FxBuildHasher.build_hasher();
        let flags = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"].map(|name| std::env::var_os(name).unwrap_or_default());
        let texts = SOURCES.iter().flat_map(|(name, text)| [*name, *text]).chain([*rustc, *target]);
        texts.for_each(|text| hash.write(text.as_bytes()));
        flags.iter().for_each(|flags| hash.write(flags.as_encoded_bytes()));
        format!("{}-{:012x}", if *races { "races" } else { "locks" }, hash.finish() & 0xffff_ffff_ffff)
    }

    fn build(&self, folder: &Path) -> Result<()> {
        let sources = folder.join("overlay-sources");
        unpack(&sources).with_context(|| format!("cannot write {}", sources.display()))?;
        let progress =
            ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {elapsed}")?);
        progress.set_message("building the checked std for this compiler (once)");
        progress.enable_steady_tick(std::time::Duration::from_millis(100));
        // What `cargo install` fetched is enough; only if it is gone is the network asked.
        let offline = self.cargo(&sources, folder, &["--offline"]).output();
        let output = match offline {
            Ok(output) if output.status.success() => Ok(output),
            Ok(_) => self.cargo(&sources, folder, &[]).output(),
            Err(error) => Err(error),
        };
        progress.finish_and_clear();
        let output = output.context("cannot start cargo")?;
        if !output.status.success() {
            bail!(
                "the checked std cannot be built by this compiler ({}); cargo says:\n{}",
                self.rustc.lines().next().unwrap_or("rustc"),
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        Ok(())
    }

    fn cargo(&self, sources: &Path, folder: &Path, more: &[&str]) -> Command {
        let mut cargo = Command::new(cargo());
        cargo.args(["build", "--release", "--target", self.target]).args(more);
        cargo.arg("--manifest-path").arg(sources.join("crates/gordian-std/Cargo.toml"));
        cargo.arg("--target-dir").arg(folder.join("overlay"));
        cargo.args(self.races.then_some("--features=races"));
        // The user's wrappers and profiles are for his own code.
        for (name, _) in std::env::vars_os() {
            let is_own = |name: &str| {
                name.ends_with("_WRAPPER") || name.starts_with("CARGO_PROFILE_") || name == "CARGO_BUILD_TARGET_DIR"
            };
            if name.to_str().is_some_and(is_own) {
                cargo.env_remove(name);
            }
        }
        cargo.stdin(Stdio::null());
        cargo
    }
}

/// Returns cargo, as it called this program.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).into()
}

/// Lets one process at a time build in a folder.
fn lock(folder: &Path) -> Result<fs::File> {
    let path = folder.join("overlay-lock");
    let open = || -> io::Result<fs::File> {
        fs::create_dir_all(folder)?;
        let file = fs::File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    open().with_context(|| format!("cannot lock {}", path.display()))
}

fn unpack(folder: &Path) -> io::Result<()> {
    for (name, text) in SOURCES {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// Returns what a compiler says of itself, and the target that it builds for by itself.
///
/// # Errors
/// If it cannot be started, or does not say.
pub fn ask(rustc: &OsStr) -> Result<(String, String)> {
    let output = Command::new(rustc).arg("-vV").output();
    let output = output.with_context(|| format!("cannot start {}", rustc.display()))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).map(ToOwned::to_owned);
    let host = host.with_context(|| format!("{} -vV does not name its host", rustc.display()))?;
    Ok((told, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str) -> &'static str {
        SOURCES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("there is no {name}")).1
    }

    #[test]
    fn the_program_carries_all_that_the_overlay_is_built_from() {
        let overlay: toml::Table = source("crates/gordian-std/Cargo.toml").parse().unwrap();
        assert_eq!(overlay["dependencies"]["gordian"]["path"].as_str(), Some("../.."));
        for file in
            ["crates/gordian-std/src/lib.rs", "crates/gordian-std/Cargo.lock", "src/lib.rs", "docs/lints/deadlock.md"]
        {
            assert!(!source(file).is_empty(), "{file}");
        }
        assert!(SOURCES.iter().all(|(name, _)| !name.ends_with(".snap")), "snapshots are for tests");
    }

    #[test]
    fn the_library_stands_alone() {
        let manifest: toml::Table = source("Cargo.toml").parse().unwrap();
        let package = manifest["package"].as_table().unwrap();
        assert_eq!(package["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        assert!(package.values().all(|value| value.get("workspace").is_none()));
        for section in ["dev-dependencies", "bench", "example", "test"] {
            assert!(!manifest.contains_key(section), "{section}");
        }
    }

    #[test]
    fn what_makes_a_difference_makes_another_folder() {
        let wanted = |rustc, target, races| Wanted { base: Path::new("base"), rustc, target, races }.key();
        let one = wanted("rustc 1.95.0", "x86_64-unknown-linux-gnu", false);
        assert_eq!(one, wanted("rustc 1.95.0", "x86_64-unknown-linux-gnu", false));
        assert_ne!(one, wanted("rustc 1.96.0", "x86_64-unknown-linux-gnu", false));
        assert_ne!(one, wanted("rustc 1.95.0", "aarch64-unknown-linux-gnu", false));
        assert_ne!(one, wanted("rustc 1.95.0", "x86_64-unknown-linux-gnu", true));
    }

    #[test]
    fn a_compiler_that_is_none_is_named() {
        let error = ask(OsStr::new("no-such-compiler")).unwrap_err().to_string();
        assert!(error.contains("no-such-compiler"), "{error}");
    }
}
