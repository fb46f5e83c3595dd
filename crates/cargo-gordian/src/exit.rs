//! What a command says to the shell.
//!
//! Must not know: why.

use std::process::ExitCode;

/// How a command ended; the number is its exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Nothing that counts was found.
    Clean = 0,
    /// It could not do its work.
    Internal = 1,
    /// It was not understood.
    Usage = 2,
    /// Findings at `deny`.
    Findings = 10,
    /// Nothing at `deny` was found in a record that is not complete.
    Incomplete = 11,
    /// The build, the tests or the program failed.
    Failed = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
