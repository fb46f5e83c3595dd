//! Turns a word that is not known into the known one that was probably meant.
//!
//! Must not know: what the words are.

/// Returns `; did you mean "lock_order"?`, or nothing if no known word is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // Below it, the lints' own names would be taken for one another too often to help.
    const ALIKE: f64 = 0.75;
    let alike = |name: &str| strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase());
    let scored = known.into_iter().map(|name| (alike(name), name)).filter(|(score, _)| *score >= ALIKE);
    let nearest = scored.max_by(|(left, _), (right, _)| left.total_cmp(right));
    nearest.map(|(_, name)| format!("; did you mean {name:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        let known = ["lock_order", "class_order", "stall"];
        assert_eq!(did_you_mean("lock-order", known), "; did you mean \"lock_order\"?");
        assert_eq!(did_you_mean("clas_order", known), "; did you mean \"class_order\"?");
        assert_eq!(did_you_mean("STALL", known), "; did you mean \"stall\"?");
        assert_eq!(did_you_mean("zebra", known), "");
    }
}
