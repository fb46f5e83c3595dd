//! What was found, for programs and tests that ask.
//!
//! Must not know: how findings are made or told.

use crate::policy::{self, QuietRefusal};
use crate::report::Report;
use crate::stream::thread::{Collecting, own_panic_ended, unheard};
use std::panic::AssertUnwindSafe;

/// Returns the findings of `run`, in this thread and in those it starts through gordian: each once, with a count.
/// Nothing is printed, and nothing panics on a finding, but for one: a denied request that would wait for its own thread
/// ends `run` there, in place of the hang.
///
/// # Panics
/// If `run` panics by itself.
///
/// # Example
/// ```
/// let found = gordian::collect(|| 1 + 1);
/// assert!(found.is_empty());
/// ```
pub fn collect<R>(run: impl FnOnce() -> R) -> Vec<Report> {
    let collector = unheard(policy::begin_collecting);
    let collecting = Collecting::begin(collector);
    let result = std::panic::catch_unwind(AssertUnwindSafe(run));
    drop(collecting);
    let reports = unheard(|| policy::end_collecting(collector));
    own_panic_ended();
    if let Err(panic) = result
        && !panic.is::<QuietRefusal>()
    {
        policy::resume(panic);
    }
    reports
}

/// Ends a test: panics if anything was found at `warn` or `deny` that was not collected or suppressed.
///
/// # Panics
/// If there were findings; the text has their titles and fingerprints.
#[track_caller]
pub fn assert_clean() {
    let found = reports();
    if !found.is_empty() {
        let lines: Vec<String> = found
            .iter()
            .map(|report| format!("  {} {}: {} ({}x)", report.fingerprint, report.lint, report.title, report.count))
            .collect();
        policy::fail(&format!("gordian: {} finding(s) in this process:\n{}", found.len(), lines.join("\n")));
    }
}

/// Returns what was told in this process so far, with counts up to date.
pub fn reports() -> Vec<Report> {
    unheard(policy::told)
}
