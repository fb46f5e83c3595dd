//! `cargo gordian`: checked locks for any workspace, without an edit.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_gordian::main()
}
