//! Writes what a command has to say, coloured if it is read by a person.
//!
//! Must not know: what it says.

use std::io::{ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result, bail};

/// Writes a text to standard output. A reader who has seen enough is no error.
///
/// # Errors
/// If it cannot be written.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("the report cannot be written"),
        _ => Ok(()),
    }
}

/// Sets for the whole program whether its output is coloured, as `GORDIAN_COLOR` asks.
///
/// # Errors
/// If the variable is not understood.
pub(super) fn set_color() -> Result<()> {
    let Some(value) = std::env::var_os("GORDIAN_COLOR") else { return Ok(()) };
    match value.to_str() {
        Some("auto") => {}
        Some("always") => ColorChoice::Always.write_global(),
        Some("never") => ColorChoice::Never.write_global(),
        _ => bail!("GORDIAN_COLOR={value:?} is not understood; accepted: auto, always, never"),
    }
    Ok(())
}

/// True if standard output is to be coloured.
pub(super) fn is_out_colored() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// True if standard error is to be coloured.
pub(super) fn is_err_colored() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}
