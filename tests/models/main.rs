//! Programs that loom runs in every interleaving of their threads, written as a user would write them.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release --features loom --test models`; without the cfg this file is empty.
//! Each model says how many interleavings it explored (seen with `-- --nocapture`).
//! INVARIANT: a model that must fail has its failure's text compared, and each such model has a twin that passes.
#![cfg(all(loom, feature = "loom"))]

mod backend;
mod cells;
mod counter;
mod judge;
mod parts;
mod races;
mod rlock;
mod two_locks;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a model that must fail, and returns the text of its failure.
#[track_caller]
fn failure_of(model: impl Fn() + Send + Sync + 'static) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| gordian::model(model))).expect_err("every interleaving passed");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => other.downcast_ref::<&str>().expect("a panic with a text").to_string(),
    }
}

/// Runs a model that must fail because nobody is left to wake those who wait, and returns how many wait.
#[track_caller]
fn blocked_at_the_end_of(model: impl Fn() + Send + Sync + 'static) -> usize {
    let text = failure_of(model);
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
    text.matches("Blocked").count()
}

/// Runs a model that must pass, and fails if it was passed without a choice.
#[track_caller]
fn passes_every_interleaving_of(model: impl Fn() + Send + Sync + 'static) {
    let explored = gordian::explore(model);
    assert!(explored > 1, "only {explored} interleaving: the threads of this model never meet");
}
