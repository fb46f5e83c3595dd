//! What the operating system knows of this process.
//!
//! Must not know: which threads the detector knows.

use std::time::Duration;

/// Returns how many threads the process has. `None` where the system does not tell.
pub(crate) fn os_threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Sleeps.
#[expect(clippy::disallowed_methods, reason = "it is the subject: a thread looks, pauses and looks again")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
