//! Runs the targets of `fuzz/`: with libFuzzer where it is at hand, otherwise as property tests, and says which.
//!
//! Must not know: the targets' names; `fuzz/Cargo.toml` has them.
//! INVARIANT: a fallback is said out loud, and a run without a target is an error.

use anyhow::{Result, ensure};

use crate::cargo::{cargo, has_nightly, show, tests};

/// What the targets can be run with on this machine.
pub(crate) enum Engine {
    /// cargo-fuzz with a nightly toolchain.
    LibFuzzer,
    /// The stable toolchain's tests, because something is missing.
    Proptest {
        /// What is missing.
        why: &'static str,
    },
}

/// Runs every target for `seconds`, or as property tests, and returns what was done.
pub(crate) fn run(seconds: u32) -> Result<String> {
    match Engine::at_hand() {
        Engine::LibFuzzer => with_lib_fuzzer(seconds),
        Engine::Proptest { why } => {
            println!("fuzz: libFuzzer skipped: {why}; the same targets run as proptest cases");
            as_proptest_cases()
        }
    }
}

impl Engine {
    /// Returns libFuzzer if nothing is missing for it.
    pub(crate) fn at_hand() -> Self {
        if !has_nightly() {
            return Self::Proptest { why: "there is no nightly toolchain" };
        }
        if cargo(["fuzz", "--version"]).stdout_null().stderr_null().run().is_err() {
            return Self::Proptest { why: "cargo-fuzz is not installed" };
        }
        Self::LibFuzzer
    }
}

/// Runs every target for `seconds` with libFuzzer, one after the other.
pub(crate) fn with_lib_fuzzer(seconds: u32) -> Result<String> {
    let list = cargo(["+nightly", "fuzz", "list"]).read()?;
    let targets: Vec<&str> = list.split_whitespace().collect();
    ensure!(!targets.is_empty(), "fuzz/Cargo.toml names no target");
    for target in &targets {
        show(&cargo(["+nightly", "fuzz", "run", target, "--", &format!("-max_total_time={seconds}")]))?;
    }
    Ok(format!("{}, {seconds} s each", targets.join(", ")))
}

/// Runs the targets' property tests on the toolchain in use.
pub(crate) fn as_proptest_cases() -> Result<String> {
    Ok(tests(&cargo(["test", "--manifest-path", "fuzz/Cargo.toml"]))?.to_string())
}
