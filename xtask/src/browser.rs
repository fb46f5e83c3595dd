//! Runs the tests that open the page of `cargo gordian` in Chromium, or says what is missing for them.
//!
//! Must not know: the page.
//! INVARIANT: nothing is installed here; where CI runs, a missing browser is an error and not a reason to skip.

use anyhow::{Result, bail};

use crate::cargo::{Passed, cargo, tests};

/// The programs, each with the package of Debian that has it.
const PROGRAMS: [(&str, &str); 2] = [("chromium", "chromium"), ("chromedriver", "chromium-driver")];

/// Runs the tests.
///
/// # Errors
/// If a program is missing, or a test fails.
pub(crate) fn run() -> Result<Passed> {
    for (program, package) in PROGRAMS {
        if !is_at_hand(program) {
            bail!("`{program}` is missing; Debian has it: apt-get install {package}");
        }
    }
    tests(&cargo("test --package cargo-gordian-browser --features chromium --test page".split(' ')))
}

/// True if the step is to be skipped: a program is missing, and this is not CI.
pub(crate) fn is_skipped() -> bool {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    !is_ci && PROGRAMS.iter().any(|(program, _)| !is_at_hand(program))
}

fn is_at_hand(program: &str) -> bool {
    duct::cmd!(program, "--version").stdout_null().stderr_null().run().is_ok()
}
