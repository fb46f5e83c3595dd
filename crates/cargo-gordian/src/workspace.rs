//! Asks cargo where a workspace is and how it builds.
//!
//! Must not know: what is built.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_metadata::{MetadataCommand, Package};

use crate::overlay::cargo;

/// A workspace, and what cargo builds it with.
#[derive(Debug)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// The folder for all that `cargo gordian` builds and records there.
    pub base: PathBuf,
    /// The names of its packages.
    pub packages: Vec<String>,
    /// Its crates: the folder of a package, and the names of the crates in it.
    pub crates: BTreeMap<PathBuf, BTreeSet<String>>,
    /// The compiler.
    pub rustc: PathBuf,
    /// What builds and runs the examples in documentation.
    pub rustdoc: PathBuf,
    /// The user's own wrapper around the compiler.
    pub wrapper: Option<PathBuf>,
    /// The target that cargo is told to build for in its settings.
    pub target: Option<String>,
}

impl Workspace {
    /// Returns the workspace that cargo finds with these arguments, from the current folder.
    ///
    /// # Errors
    /// If there is none, or its manifest or cargo's settings are not understood.
    pub fn find(arguments: &[OsString]) -> Result<Self> {
        let mut command = MetadataCommand::new();
        command.cargo_path(cargo()).no_deps();
        if let Some(manifest) = value_of(arguments, "--manifest-path") {
            command.manifest_path(manifest);
        }
        let metadata = command.exec().context("cargo finds no workspace here")?;
        let config = cargo_config2::Config::load().context("cargo's settings are not understood")?;
        let targets = config.build_target_for_cli(None::<&str>).context("cargo's settings name no target")?;
        let target_dir = value_of(arguments, "--target-dir").map_or(metadata.target_directory.into(), PathBuf::from);
        let base = std::path::absolute(target_dir.join("gordian")).context("the target folder has no path")?;
        let rustc = config.build.rustc.clone().unwrap_or_else(|| "rustc".into());
        let rustdoc = config.build.rustdoc.clone().unwrap_or_else(|| "rustdoc".into());
        Ok(Self {
            packages: metadata.packages.iter().map(|package| package.name.to_string()).collect(),
            crates: metadata.packages.iter().filter_map(crates).collect(),
            root: metadata.workspace_root.into(),
            base,
            rustc,
            rustdoc,
            wrapper: config.build.rustc_wrapper.clone(),
            target: targets.into_iter().next(),
        })
    }

    /// Returns the folder of the last run's records.
    pub fn records(&self) -> PathBuf {
        self.base.join("records")
    }
}

/// Returns the folder of a package, and the names of its crates.
fn crates(package: &Package) -> Option<(PathBuf, BTreeSet<String>)> {
    let names = package.targets.iter().map(|target| target.name.replace('-', "_"));
    Some((package.manifest_path.parent()?.into(), names.collect()))
}

/// Returns the last value of one of cargo's options, wherever it stands before `--`.
pub fn value_of(arguments: &[OsString], name: &str) -> Option<OsString> {
    let of_cargo = arguments.iter().take_while(|argument| *argument != "--").map(OsString::as_os_str);
    let mut value = None;
    let mut rest = of_cargo.peekable();
    while let Some(argument) = rest.next() {
        if argument == name {
            value = rest.peek().map(|next| (*next).to_owned());
        } else if let Some(text) = argument.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('=')) {
            value = Some(OsStr::new(text).to_owned());
        }
    }
    value
}

/// Returns cargo's arguments without one of its options and its value.
pub fn without(arguments: &[OsString], name: &str) -> Vec<OsString> {
    let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let mut left = Vec::with_capacity(arguments.len());
    let mut of_cargo = arguments[..end].iter();
    while let Some(argument) = of_cargo.next() {
        if argument == name {
            of_cargo.next();
        } else if !argument
            .to_str()
            .is_some_and(|text| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
        {
            left.push(argument.clone());
        }
    }
    left.extend_from_slice(&arguments[end..]);
    left
}

/// Returns a path as a text of TOML, as `--config` wants it.
pub fn as_toml(path: &Path) -> Result<String> {
    let text =
        path.to_str().with_context(|| format!("{} is no text that cargo's settings can hold", path.display()))?;
    Ok(toml::Value::from(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<OsString> {
        text.split(' ').map(Into::into).collect()
    }

    #[test]
    fn an_options_value_is_found_in_both_ways_of_writing_it_and_only_before_the_programs_own() {
        let value = |text| value_of(&arguments(text), "--target");
        assert_eq!(value("--lib --target a"), Some("a".into()));
        assert_eq!(value("--target=b --target-dir c"), Some("b".into()));
        assert_eq!(value("--target-dir c"), None);
        assert_eq!(value("--lib -- --target a"), None);
    }

    #[test]
    fn an_option_is_taken_out_with_its_value_and_nothing_else_is() {
        let left = |text| without(&arguments(text), "--target-dir");
        assert_eq!(
            left("--lib --target-dir a --target b -- --target-dir c"),
            arguments("--lib --target b -- --target-dir c")
        );
        assert_eq!(left("--target-dir=a --lib"), arguments("--lib"));
    }

    #[test]
    fn a_path_survives_cargos_settings() {
        let path = r#"/a "b"/c\d'e"#;
        let line: toml::Table = format!("path = {}", as_toml(Path::new(path)).unwrap()).parse().unwrap();
        assert_eq!(line["path"].as_str(), Some(path));
    }
}
