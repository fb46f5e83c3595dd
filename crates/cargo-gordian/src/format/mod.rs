//! Turns what all processes saw together into what people and programs read.
//!
//! Must not know: how records are read and merged, where the text goes.
//! INVARIANT: every format shows the same findings and names the same holes; no name in the union can break a format.

mod clean;
mod cycle;
mod dot;
mod github;
pub mod html;
mod json;
mod junit;
mod origin;
mod paint;
mod path;
mod sarif;
pub mod svg;
#[cfg(test)]
mod tests;
mod text;
mod visible;
mod who;

pub use self::cycle::edges_of;

use crate::union::Union;
use anyhow::Result;
use gordian::record::format::Unwatched;
use std::path::{Path, PathBuf};

/// What a report is written as.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, clap::ValueEnum)]
pub enum Format {
    /// For a terminal
    #[default]
    Text,
    /// For programs; `docs/formats/union.schema.json` describes it
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
    /// The lock-order graph in Graphviz's language
    Dot,
    /// One page with everything, for a browser
    Html,
    /// For CI servers that count tests
    Junit,
    /// Annotations for GitHub Actions
    Github,
}

/// What the lock-order graph is drawn as.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, clap::ValueEnum)]
pub enum GraphFormat {
    /// In Graphviz's language
    #[default]
    Dot,
    /// A drawing
    Svg,
    /// A page for a browser
    Html,
}

/// How a report is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The workspace's folder, which the places' paths are relative to.
    pub root: PathBuf,
    /// The folder that CI's paths are relative to: the repository's, or else the workspace's.
    pub checkout: PathBuf,
    /// Whether text is coloured.
    pub color: bool,
}

impl Shown {
    /// Returns how a workspace is shown; its repository is the nearest folder from there up that git keeps.
    pub fn new(root: &Path, color: bool) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        // Of a work tree of its own, `.git` is a file.
        let checkout = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root).to_owned();
        Self { root, checkout, color }
    }
}

/// Returns the report, with a line break at its end.
///
/// # Errors
/// If the format's own library refuses to write it, which no union should bring about.
pub fn render(format: Format, union: &Union, shown: &Shown) -> Result<String> {
    let clean = || clean::cleaned(union);
    match format {
        Format::Text => Ok(text::write(&clean()?, shown)),
        Format::Json => json::write(union),
        Format::Sarif => sarif::write(&clean()?, shown),
        Format::Dot => Ok(dot::write(&clean()?)),
        Format::Html => Ok(html::page(&clean()?, &shown.root)),
        Format::Junit => junit::write(&clean()?, shown),
        Format::Github => Ok(github::write(&clean()?, shown)),
    }
}

/// Returns the lock-order graph, with a line break at its end.
///
/// # Errors
/// As for [`render`].
pub fn draw(format: GraphFormat, union: &Union, shown: &Shown) -> Result<String> {
    match format {
        GraphFormat::Dot => render(Format::Dot, union, shown),
        GraphFormat::Html => render(Format::Html, union, shown),
        GraphFormat::Svg => Ok(svg::graph(&clean::cleaned(union)?)),
    }
}

/// Returns what is missing in the record, one sentence each: a report without findings is not clean if there is some.
pub fn holes(union: &Union) -> Vec<String> {
    let torn = union.processes.iter().filter(|seen| !seen.is_whole).map(|seen| {
        let who = who::process(union, &seen.process);
        format!("The record of {who} has no end: it was killed or aborted, and what it did last may be missing.")
    });
    torn.chain(union.holes.iter().cloned()).collect()
}

/// Returns what to say of crates that were not watched, one sentence each.
pub fn unwatched(union: &Union) -> Vec<String> {
    let sentence = |it: &Unwatched| {
        let of = if it.krate == it.package { String::new() } else { format!(" of package `{}`", it.package) };
        format!("The crate `{}`{of} was not watched: {}.", it.krate, it.reason.trim_end_matches('.'))
    };
    union.unwatched.iter().map(sentence).collect()
}
