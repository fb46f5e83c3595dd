//! Why a command ended before its work was done, and whose fault it was.
//!
//! Must not know: commands.

use anyhow::Error;

use crate::exit::Exit;

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the user asked for, or wrote into a file, is not understood.
    Usage(Error),
    /// Anything else.
    Internal(Error),
}

/// Takes an error for the user's.
pub(super) fn usage<T>(result: anyhow::Result<T>) -> Result<T, Failure> {
    result.map_err(Failure::Usage)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

impl Failure {
    /// Says what happened, and returns the exit code for it.
    pub(super) fn tell(self) -> Exit {
        let (error, exit) = match self {
            Self::Usage(error) => (error, Exit::Usage),
            Self::Internal(error) => (error, Exit::Internal),
        };
        anstream::eprintln!("cargo gordian: {error:#}");
        exit
    }
}
