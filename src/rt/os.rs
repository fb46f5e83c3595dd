//! What the operating system knows of this process.
//!
//! Must not know: which threads the detector knows.

use std::time::Duration;

/// Returns how many threads the process has. `None` where the system does not tell.
pub(crate) fn os_threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// True unless the main thread is known to run, or to wait for something other than a lock: for time, input or the like.
pub(crate) fn main_may_wait_for_threads() -> bool {
    let path = format!("/proc/self/task/{}/syscall", std::process::id());
    let Ok(text) = std::fs::read_to_string(path) else { return true };
    let number = text.split_whitespace().next().and_then(|word| word.parse::<u32>().ok());
    FUTEX.is_none() || number == FUTEX
}

/// The number of the system call that locks, joins and channels sleep in.
const FUTEX: Option<u32> = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    Some(202)
} else if cfg!(all(target_os = "linux", any(target_arch = "aarch64", target_arch = "riscv64"))) {
    Some(98)
} else {
    None
};

/// Sleeps.
#[expect(clippy::disallowed_methods, reason = "it is the subject: a thread looks, pauses and looks again")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
