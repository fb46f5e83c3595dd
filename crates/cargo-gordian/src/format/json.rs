//! Turns the union into one JSON object, which `cargo gordian` reads again.
//!
//! Must not know: how records are merged.
//! INVARIANT: what is written fits `docs/formats/union.schema.json`; a change that breaks readers raises the major
//! number, and a new field the minor one.

use crate::merge::saved::VERSION;
use crate::union::Union;
use anyhow::{Context, Result};
use serde::Serialize;

/// Returns the union as one line of JSON.
pub(super) fn write(union: &Union) -> Result<String> {
    let saved = Written { format: VERSION, gordian: env!("CARGO_PKG_VERSION"), union };
    Ok(serde_json::to_string(&saved).context("the report cannot be written as JSON")? + "\n")
}

/// A union, and who wrote it.
#[derive(Serialize)]
struct Written<'a> {
    format: (u16, u16),
    gordian: &'static str,
    #[serde(flatten)]
    union: &'a Union,
}
