//! Runs cargo at the workspace's root: its output is passed on line by line, and kept.
//!
//! Must not know: what is run, or why.
//! INVARIANT: a run of tests in which no test ran is an error, and so is one that ignored a test.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use duct::Expression;

/// Returns the folder of the workspace's manifest.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace's folder")
}

/// Returns the folder that cargo builds into, or another one beside it for builds whose flags differ.
pub(crate) fn target_dir(sub: &str) -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into())).join(sub)
}

/// Returns a call of cargo, not yet started; no setting of gordian's in the environment reaches it.
pub(crate) fn cargo<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Expression {
    let call = duct::cmd("cargo", arguments.into_iter().map(Into::into)).dir(root()).stdin_null();
    let call = without_settings(call);
    if std::io::stdout().is_terminal() { call.env("CARGO_TERM_COLOR", "always") } else { call }
}

/// Returns `call`, which no setting of gordian's in the environment reaches.
pub(crate) fn without_settings(mut call: Expression) -> Expression {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GORDIAN") {
            call = call.env_remove(name);
        }
    }
    call
}

/// Returns whether a nightly toolchain is installed.
pub(crate) fn has_nightly() -> bool {
    // `cargo +nightly` would make rustup download a missing toolchain, so rustup is asked first.
    let toolchains = duct::cmd!("rustup", "toolchain", "list").stderr_null().read();
    toolchains.is_ok_and(|list| list.lines().any(|name| name.starts_with("nightly")))
}

/// Runs `call`, shows what it prints, and returns it.
pub(crate) fn show(call: &Expression) -> Result<String> {
    let mut lines = BufReader::new(call.stderr_to_stdout().reader().context("cannot start cargo")?);
    let mut kept = String::new();
    loop {
        let mut line = Vec::new();
        // The reader turns an exit code other than 0 into an error when it meets the end.
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(kept);
        }
        std::io::stdout().lock().write_all(&line)?;
        kept.push_str(&String::from_utf8_lossy(&line));
    }
}

/// Runs `call`, which runs tests, and returns how many passed.
pub(crate) fn tests(call: &Expression) -> Result<Passed> {
    count(&show(call)?)
}

/// How many tests ran and passed; never 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Passed(pub(crate) usize);

impl std::fmt::Display for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tests", self.0)
    }
}

fn count(output: &str) -> Result<Passed> {
    let mut passed = 0;
    for line in output.lines() {
        let Some(tally) = line.trim().strip_prefix("test result: ") else {
            continue;
        };
        passed += figure(tally, "passed").with_context(|| format!("cannot read {line:?}"))?;
        let ignored = figure(tally, "ignored").with_context(|| format!("cannot read {line:?}"))?;
        ensure!(ignored == 0, "{ignored} tests are ignored");
    }
    if passed == 0 {
        bail!("no test ran");
    }
    Ok(Passed(passed))
}

/// Returns `3` for `passed` in `ok. 3 passed; 0 failed; ...`.
fn figure(tally: &str, word: &str) -> Option<usize> {
    let before = tally.split("; ").find_map(|part| part.strip_suffix(word))?;
    before.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(output: &str) -> String {
        match count(output) {
            Ok(passed) => passed.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_tests_of_all_binaries_are_added_up() {
        let two = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
                   test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.1s\n";
        assert_eq!(verdict(two), "42 tests");
    }

    #[test]
    fn a_run_without_tests_is_an_error() {
        let none = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.1s";
        assert_eq!(verdict(none), "no test ran");
        assert_eq!(verdict(""), "no test ran");
    }

    #[test]
    fn an_ignored_test_is_an_error() {
        let one = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(verdict(one), "1 tests are ignored");
    }
}
