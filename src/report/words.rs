//! Reads the words of a report again: text that lives for ever.
//!
//! Must not know: reports.
//! INVARIANT: each word is kept once.

use crate::rt::RawLock;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

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
