//! Runs the models of `tests/models` and those inside the crate under loom.
//!
//! Must not know: what a model claims; how many interleavings it took is shown as the model prints it.
//! INVARIANT: loom's flags change every crate, so its builds have a folder of their own.

use anyhow::{Context, Result};
use duct::Expression;

use crate::cargo::{Passed, cargo, target_dir, tests};

/// The bound that a model runs with unless `LOOM_MAX_PREEMPTIONS` is set: the published bugs need two at most.
const PREEMPTIONS: &str = "3";

/// Runs all models, and returns how many passed.
pub(crate) fn run() -> Result<Passed> {
    let programs = tests(&under_loom(&["--test", "models", "--", "--nocapture"])).context("tests/models")?;
    // Outside its models the crate's code is not made for loom, so the other unit tests stay out.
    let parts = tests(&under_loom(&["--lib", "--", "--nocapture", "model"])).context("models inside the crate")?;
    Ok(Passed(programs.0 + parts.0))
}

fn under_loom(which: &[&str]) -> Expression {
    let fixed = ["test", "--package", "gordian", "--features", "loom", "--release"];
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let bound = std::env::var("LOOM_MAX_PREEMPTIONS").unwrap_or_else(|_| PREEMPTIONS.into());
    cargo(fixed.iter().chain(which))
        .env("RUSTFLAGS", format!("{flags} --cfg loom").trim())
        .env("LOOM_MAX_PREEMPTIONS", bound)
        // COST: optimised in full they run 4 s less, and are built 40 s longer.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_TARGET_DIR", target_dir("loom"))
}
