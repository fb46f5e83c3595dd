//! Runs the ratios of checked locks to std's, or only builds them.

use anyhow::Result;

use crate::cargo::{cargo, show};

/// Runs the bench program with `arguments`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let fixed = ["bench", "--package", "gordian", "--bench", "ratios", "--"].map(String::from);
    show(&cargo(fixed.into_iter().chain(arguments.iter().cloned()))).map(drop)
}

/// Builds every bench and runs none: a figure taken on a busy machine says nothing.
pub(crate) fn build() -> Result<()> {
    show(&cargo(["bench", "--package", "gordian", "--benches", "--no-run"])).map(drop)
}
