//! A runtime for one scene, and what gordian said of it.

use gordian::Report;
use std::time::Duration;
use tokio::runtime::Builder;

/// How long a scene may take before it is called off: nothing is asserted by it.
const FAILSAFE: Duration = Duration::from_secs(60);

/// Plays a scene on one thread, and returns what was found. Tasks may be refused: that is for the scene to see.
pub(crate) fn play<F: Future<Output = ()>>(scene: impl FnOnce() -> F) -> Vec<Report> {
    gordian::collect(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("one thread");
        runtime.block_on(async { tokio::time::timeout(FAILSAFE, scene()).await.expect("the scene ends") })
    })
}

/// The lints of reports, with their levels.
pub(crate) fn lints(reports: &[Report]) -> Vec<(&'static str, &'static str)> {
    reports.iter().map(|report| (report.lint, report.level)).collect()
}
