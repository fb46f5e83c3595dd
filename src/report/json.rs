//! Writes a report as JSON.
//!
//! Must not know: findings.
//! INVARIANT: what is written fits `docs/formats/report.schema.json`; a change that breaks readers raises the major
//! number, and a new field the minor one.

use super::Report;
use crate::json;

/// The format's version, major and minor.
pub(super) const VERSION: (u16, u16) = (2, 3);

impl Report {
    /// Returns the report as one JSON object, as `docs/formats/report.schema.json` describes it.
    ///
    /// # Example
    /// ```
    /// let lines: Vec<String> = gordian::reports().iter().map(gordian::Report::to_json).collect();
    /// assert!(lines.is_empty());
    /// ```
    pub fn to_json(&self) -> String {
        json::to_json(self)
    }
}
