//! Writes a report as JSON, and reads it again.
//!
//! Must not know: findings.
//! INVARIANT: what is written fits `docs/formats/report.schema.json`; a change that breaks readers raises the major
//! number, and a new field the minor one.

use super::Report;
use crate::rt::RawLock;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// The format's version, major and minor.
pub(super) const VERSION: (u16, u16) = (2, 2);

impl Report {
    /// Returns the report as one JSON object, as `docs/formats/report.schema.json` describes it.
    ///
    /// # Example
    /// ```
    /// let lines: Vec<String> = gordian::reports().iter().map(gordian::Report::to_json).collect();
    /// assert!(lines.is_empty());
    /// ```
    pub fn to_json(&self) -> String {
        // INVARIANT: all keys are text, and all values text, numbers, lists and objects of these.
        serde_json::to_string(self).expect("a report has nothing that JSON lacks")
    }
}

/// Reads a word of the closed lists that a report is made of, or a lock's name.
///
/// # Cost
/// A word that was never read before is kept for ever: they are few.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    Ok(kept(&Cow::deserialize(from)?))
}

/// Like [`word`], for what may be missing.
pub(super) fn word_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'static str>, D::Error> {
    Ok(Option::<Cow<'_, str>>::deserialize(from)?.map(|word| kept(&word)))
}

/// Returns the same word, kept for ever: see [`word`].
pub(super) fn kept(word: &str) -> &'static str {
    static KEPT: RawLock<Option<FxHashSet<&'static str>>> = RawLock::new(None);
    let mut kept = KEPT.lock();
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.get(word) {
        return known;
    }
    let word = &*Box::leak(Box::<str>::from(word));
    kept.insert(word);
    word
}
