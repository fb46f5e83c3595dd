//! Reads the sources as text against the house's rules.
//!
//! Must not know: cargo, or what compiles; a rule sees one file at a time, but for the lints and their pages.
//! Source: rustc's own tidy. We differ: names are read from tokens, so a comment or a string breaks no wall.
//! INVARIANT: every rule has a test that shows it failing.

mod cfgs;
mod files;
mod lints;
mod names;
mod orderings;
mod source;
mod text;
mod tokens;
mod walls;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use walkdir::{DirEntry, WalkDir};

use crate::cargo::root;
use source::Source;

/// Prints everything that breaks a rule; an error if there is anything.
pub(crate) fn run() -> Result<()> {
    let files = read(root())?;
    let violations = check(&files);
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} places break a rule", violations.len());
    }
    println!("tidy: {} files keep every rule", files.len());
    Ok(())
}

/// A place that breaks a rule.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Violation {
    path: String,
    line: usize,
    rule: Rule,
    text: String,
}

impl Violation {
    fn new(path: &str, line: usize, rule: Rule, text: String) -> Self {
        Self { path: path.into(), line, rule, text }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {:?}: {}", self.path, self.line, self.rule, self.text)
    }
}

/// The rules, by what they are about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rule {
    Walls,
    Cfgs,
    FileLengths,
    FileNames,
    Openings,
    TestMarks,
    OpenEnds,
    MachinePaths,
    Orderings,
    LintPages,
}

/// The text of every file, by its path from the root with `/`.
type Files = BTreeMap<String, String>;

fn read(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in WalkDir::new(root).into_iter().filter_entry(|entry| !is_made(entry)) {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path();
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        // A file that is not text has no lines to judge.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let parts: Vec<_> = path.strip_prefix(root)?.iter().map(|part| part.to_string_lossy()).collect();
        files.insert(parts.join("/"), text);
    }
    ensure!(files.contains_key("src/lib.rs"), "there is no src/lib.rs under {}", root.display());
    Ok(files)
}

/// True for what git, cargo (which tags its folders) or a fuzzer has made.
fn is_made(entry: &DirEntry) -> bool {
    let is_fuzzer_s = entry.path().parent().is_some_and(|parent| parent.ends_with("fuzz"))
        && ["corpus", "artifacts", "coverage"].iter().any(|name| entry.file_name() == *name);
    entry.file_name() == ".git" || is_fuzzer_s || entry.path().join("CACHEDIR.TAG").is_file()
}

fn check(files: &Files) -> Vec<Violation> {
    let mut sources: Vec<Source<'_>> =
        files.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(path, text)| Source::new(path, text)).collect();
    let tests: Vec<String> = sources.iter().flat_map(|source| source.test_files.clone()).collect();
    for source in sources.iter_mut().filter(|source| tests.iter().any(|path| path == source.path)) {
        source.set_all_test();
    }
    let lints = sources.iter().find(|source| source.path == "src/lint.rs");
    let pages = files.iter().filter(|(path, _)| path.starts_with("docs/lints/") && path.ends_with(".md"));
    let pages: Vec<lints::Page<'_>> = pages.map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut found = lints::check(lints, &pages);
    for (path, text) in files {
        found.extend(text::machine_paths(path, text));
    }
    for source in &sources {
        found.extend(walls::check(source));
        found.extend(cfgs::check(source));
        found.extend(files::length(source));
        found.extend(files::name(source));
        found.extend(files::opening(source));
        found.extend(files::test_marks(source));
        found.extend(text::open_ends(source));
        found.extend(orderings::check(source));
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_keeps_every_rule() -> Result<()> {
        let violations: Vec<String> = check(&read(root())?).iter().map(Violation::to_string).collect();
        assert!(violations.is_empty(), "{}", violations.join("\n"));
        Ok(())
    }

    #[test]
    fn every_rule_is_asked() {
        let (long, open) = ("fn f() {}\n".repeat(401), concat!("// TO", "DO"));
        let bad = format!(
            "use crate::event; {open}\n#[cfg(loom)] fn f() {{ Ordering::SeqCst }}\n#[ignore] fn g() {{}}\n{long}"
        );
        let files = Files::from([("src/rt/imp.rs".into(), bad), ("README.md".into(), concat!("/", "home/me").into())]);
        let rules: Vec<Rule> = check(&files).into_iter().map(|found| found.rule).collect();
        for rule in [
            Rule::Walls,
            Rule::Cfgs,
            Rule::FileLengths,
            Rule::FileNames,
            Rule::Openings,
            Rule::TestMarks,
            Rule::OpenEnds,
            Rule::MachinePaths,
            Rule::Orderings,
            Rule::LintPages,
        ] {
            assert!(rules.contains(&rule), "{rule:?}");
        }
    }

    #[test]
    fn a_test_module_in_its_own_file_is_a_test() {
        let mut files = Files::from([
            ("src/rt/gate.rs".into(), "//! Gate.\n#[cfg(test)]\nmod model;".into()),
            ("src/rt/gate/model.rs".into(), "//! Models.\nuse crate::event;".into()),
        ]);
        let walls = |files: &Files| check(files).into_iter().filter(|found| found.rule == Rule::Walls).count();
        assert_eq!(walls(&files), 0);
        files.insert("src/rt/gate.rs".into(), "//! Gate.\nmod model;".into());
        assert_eq!(walls(&files), 1);
    }
}
