//! Turns lines of code into what rustc refuses among them.
//!
//! Must not know: what the lines are about.
//! INVARIANT: a line counts as refused only for a reason that was expected, and as accepted only in a run in which lines that
//! must be refused were; anything else is an error, never an answer.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::{cargo, target_dir};

/// A build of the library that lines of code may name.
pub(super) struct Build {
    /// Tells the files of one build from those of another.
    name: &'static str,
    libraries: Vec<(&'static str, PathBuf)>,
}

impl Build {
    /// Returns a build with std only.
    pub(super) fn std() -> Self {
        Self { name: "std", libraries: Vec::new() }
    }

    /// True if lines may name `library`.
    pub(super) fn has(&self, library: &str) -> bool {
        self.libraries.iter().any(|(name, _)| *name == library)
    }

    /// Checks the library with cargo's `arguments`; lines may name it, and those of `others` that it depends on.
    pub(super) fn check(name: &'static str, arguments: &[&str], others: &[&'static str]) -> Result<Self> {
        Self::from_call(name, &cargo(fixed().iter().chain(arguments)), others)
    }

    /// The same with loom's flags.
    pub(super) fn check_under_loom(name: &'static str, arguments: &[&str], others: &[&'static str]) -> Result<Self> {
        let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
        let call = cargo(fixed().iter().chain(arguments))
            .env("RUSTFLAGS", format!("{flags} --cfg loom").trim())
            .env("CARGO_TARGET_DIR", target_dir("loom"));
        Self::from_call(name, &call, others)
    }

    fn from_call(name: &'static str, call: &duct::Expression, others: &[&'static str]) -> Result<Self> {
        let messages = call.read().with_context(|| format!("the {name} build"))?;
        let mut libraries = Vec::new();
        for wanted in ["gordian"].iter().chain(others) {
            let path = library(&messages, wanted)?.with_context(|| format!("the {name} build has no {wanted}"))?;
            libraries.push((*wanted, path));
        }
        Ok(Self { name, libraries })
    }
}

fn fixed() -> [&'static str; 4] {
    ["check", "--package", "gordian", "--message-format=json"]
}

/// Returns the file with a library's types, as cargo's messages name it.
fn library(messages: &str, name: &str) -> Result<Option<PathBuf>> {
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).context("a message of cargo's")?;
        let target = &message["target"];
        let is_library = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "lib"));
        if message["reason"] == "compiler-artifact" && target["name"] == name && is_library {
            let mut files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
            return Ok(files.find(|file| file.ends_with(".rmeta")).map(PathBuf::from));
        }
    }
    Ok(None)
}

/// What a line asks of the compiler; lines of different kinds are refused at different times, so they are not mixed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    /// Is there such a name? A path.
    Name,
    /// Are these two names of one thing? Two paths, with a space between.
    Same,
    /// Does a type have this? An item.
    Member,
}

impl Question {
    /// Returns the line of code that asks about `text`.
    fn line(self, text: &str) -> Result<String> {
        Ok(match self {
            Self::Name => format!("mod probe_LINE {{ pub use {text} as it; }}"),
            Self::Same => {
                let (one, other) = text.split_once(' ').context("two paths")?;
                // Two globs may bring one name into a module only if it names one thing.
                format!(
                    "mod probe_LINE {{ mod one {{ pub use {one} as it; }} mod other {{ pub use {other} as it; }} \
                     mod both {{ pub use super::one::*; pub use super::other::*; }} use both::it; }}"
                )
            }
            Self::Member => format!("mod probe_LINE {{ use super::*; {text} }}"),
        })
    }

    /// The codes of the errors that mean no.
    fn refusals(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["E0432", "E0603"],
            // A lint that is to become this error.
            Self::Same => &["ambiguous_glob_imports", "E0659"],
            // No such method; a private one; a bound that does not hold; a function that is not `const`; no coercion.
            Self::Member => &["E0599", "E0624", "E0277", "E0015", "E0308"],
        }
    }

    /// What must be refused: a compiler that stopped before it looked for one of these may have missed others too.
    fn canaries(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["std::sync::Muttex"],
            Self::Same => &["std::sync::Mutex std::sync::RwLock", "std::thread::park std::thread::yield_now"],
            Self::Member => &[
                "fn probe() { let _ = <Vec<u8>>::lock; }",
                "fn probe() where Vec<u8>: Display {}",
                "const PROBE: std::sync::Arc<u8> = <std::sync::Arc<u8>>::new(0);",
                "fn probe(it: Vec<u8>) -> Box<dyn Debug> { it }",
            ],
        }
    }
}

/// What the lines may name.
const PRELUDE: &str = "#![allow(warnings)] #![deny(ambiguous_glob_imports)] use std::{any::Any, borrow::Borrow, cell::{Cell, RefCell}, \
    error::Error, fmt::{Debug, Display, Pointer}, hash::Hash, mem::MaybeUninit, ops::{Deref, DerefMut}, \
    panic::{RefUnwindSafe, UnwindSafe}};";

/// A type that cannot be inferred is one that the method has: the name was found.
const INFERENCE: [&str; 2] = ["E0282", "E0283"];

/// Returns which of `texts` are refused, by their place.
pub(super) fn refused(build: &Build, question: Question, texts: &[String]) -> Result<BTreeSet<usize>> {
    let canaries = question.canaries().iter().map(ToString::to_string);
    let mut lines = vec![PRELUDE.to_string()];
    for (at, text) in texts.iter().cloned().chain(canaries).enumerate() {
        lines.push(question.line(&text)?.replace("LINE", &at.to_string()));
    }
    let mut refused = BTreeSet::new();
    for Refusal { code, lines: found, text } in compile(build, &lines)? {
        let expected = question.refusals().contains(&code.as_str());
        if !expected && matches!(question, Question::Member) && INFERENCE.contains(&code.as_str()) {
            continue;
        }
        // The prelude is line 1, so text 0 is line 2.
        let at = found.iter().filter_map(|line| line.checked_sub(2));
        let at: Vec<usize> = at.filter(|&at| at < lines.len() - 1).collect();
        ensure!(expected && !at.is_empty(), "{} build: rustc says what was not asked:\n{text}", build.name);
        refused.extend(at);
    }
    for (at, canary) in (texts.len()..).zip(question.canaries()) {
        ensure!(refused.remove(&at), "{} build: rustc did not refuse {canary:?}", build.name);
    }
    Ok(refused)
}

/// An error of the compiler's.
struct Refusal {
    code: String,
    lines: Vec<usize>,
    text: String,
}

fn compile(build: &Build, lines: &[String]) -> Result<Vec<Refusal>> {
    // The source and the metadata go through pipes, so two runs at once share no file of theirs.
    let fixed = "--edition=2024 --crate-type=lib --crate-name=probe --emit=metadata=- --error-format=json -";
    let mut arguments: Vec<OsString> = fixed.split(' ').map(OsString::from).collect();
    for (library, path) in &build.libraries {
        arguments.extend(["--extern".into(), format!("{library}={}", path.display()).into()]);
        let dependencies = path.parent().context("a library lies in a folder")?;
        arguments.extend(["-L".into(), format!("dependency={}", dependencies.display()).into()]);
    }
    // rustc writes types that are too long for a message into files where it runs.
    let folder = target_dir("parity");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let call = duct::cmd(rustc, arguments)
        .dir(folder)
        .stdin_bytes(lines.join("\n"))
        .stdout_null()
        .stderr_capture()
        .unchecked();
    let output = call.run().context("cannot start rustc")?;
    let mut refusals = Vec::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { bail!("rustc: {line}") };
        // The summary at the end is an error without a place and without a code.
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let code = message["code"]["code"].as_str().unwrap_or_default();
        let is_summary = spans.is_empty() && code.is_empty() && message["message"].as_str().is_some_and(is_summary);
        if message["level"].as_str().is_some_and(|level| level.starts_with("error")) && !is_summary {
            let primary = spans.iter().filter(|span| span["is_primary"] == true);
            let lines = primary.filter_map(|span| span["line_start"].as_u64()).map(|line| line as usize).collect();
            let text = message["rendered"].as_str().unwrap_or(line).into();
            refusals.push(Refusal { code: code.into(), lines, text });
        }
    }
    Ok(refusals)
}

fn is_summary(message: &str) -> bool {
    message.starts_with("aborting due to ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_of_std(question: Question, texts: &[&str]) -> String {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        match refused(&Build::std(), question, &texts) {
            Ok(at) => format!("{at:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_a_name_that_is_not_there_is_refused() {
        let texts = [
            "std::sync::Mutex",
            "std::sync::Mutexx",
            "std::nowhere::Mutex",
            "std::thread::scoped",
            "std::thread::scope",
        ];
        assert_eq!(refused_of_std(Question::Name, &texts), "{1, 2, 3}");
    }

    #[test]
    fn only_names_of_two_things_are_refused() {
        let texts = [
            "std::sync::Arc std::sync::Arc",
            "std::sync::atomic::Ordering core::sync::atomic::Ordering",
            "std::sync::atomic::Ordering std::cmp::Ordering",
            "std::sync::mpsc std::sync::atomic",
            "std::thread::spawn std::thread::scope",
        ];
        assert_eq!(refused_of_std(Question::Same, &texts), "{2, 3, 4}");
    }

    #[test]
    fn only_what_a_type_does_not_have_is_refused() {
        let texts = [
            "fn probe() { let _ = <std::sync::Mutex<u8>>::lock; }",
            "fn probe() { let _ = <std::sync::OnceLock<u8>>::get_or_init; }",
            "fn probe() { let _ = <std::sync::OnceLock<u8>>::lock; }",
            "fn probe() where std::sync::Mutex<u8>: Default {}",
            "fn probe() where std::sync::Mutex<u8>: Display {}",
            "const PROBE: std::sync::Mutex<u8> = <std::sync::Mutex<u8>>::new(0);",
            "const PROBE: Box<u8> = <Box<u8>>::new(0);",
        ];
        assert_eq!(refused_of_std(Question::Member, &texts), "{2, 4, 6}");
    }

    #[test]
    fn an_error_that_was_not_expected_is_no_answer() {
        let said = refused_of_std(Question::Member, &["fn probe() { let _ = Nowhere; }"]);
        assert!(said.starts_with("std build: rustc says what was not asked"), "{said}");
    }
}
