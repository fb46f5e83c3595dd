//! Says whose a record is.
//!
//! Must not know: what is in it.

use super::format::{Process, VERSION};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns who this process is; it starts now, as far as its record goes.
pub(super) fn this() -> Process {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Process {
        format: VERSION,
        gordian: env!("CARGO_PKG_VERSION").to_owned(),
        host: host(),
        pid: std::process::id(),
        started_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        program: std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default(),
        arguments: arguments(),
        package: std::env::var_os("CARGO_PKG_NAME").map(|name| name.to_string_lossy().into_owned()),
    }
}

/// Returns the machine's name; empty if it is not known.
pub fn host() -> String {
    std::fs::read_to_string(HOST).map(|name| name.trim().to_owned()).unwrap_or_default()
}

/// Linux tells the machine's name here.
const HOST: &str = "/proc/sys/kernel/hostname";

const MOST_ARGUMENTS: usize = 32;
const LONGEST_ARGUMENT: usize = 256;

fn arguments() -> Vec<String> {
    let arguments = std::env::args_os().skip(1).take(MOST_ARGUMENTS);
    arguments.map(|argument| argument.to_string_lossy().chars().take(LONGEST_ARGUMENT).collect()).collect()
}
