//! `cargo gordian`: checked locks for any workspace, without an edit.

fn main() {}
