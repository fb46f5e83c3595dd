//! Runs the ratios of checked locks to std's.

use anyhow::Result;

use crate::cargo::{cargo, show};

/// Runs the bench program with `arguments`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let fixed = ["bench", "--package", "gordian", "--bench", "ratios", "--"].map(String::from);
    show(&cargo(fixed.into_iter().chain(arguments.iter().cloned()))).map(drop)
}
