//! Turns a lint's name into its page, for a reader at a terminal.
//!
//! Must not know: where the text goes. It is coloured: `anstream` takes the colours out where they are not shown.

mod page;

use crate::nearest::did_you_mean;
use anyhow::{Context, Result};
use gordian::Lint;

/// Lines are no longer than this, however wide the terminal is: longer ones are hard to read.
const WIDEST: usize = 100;

/// Returns the page of a lint that is named by its name, its code or the fingerprint of a finding. The list of all lints
/// if none is named.
///
/// # Errors
/// If there is no such lint; the error lists them.
pub fn explain(lint: Option<&str>) -> Result<String> {
    explain_within(lint, textwrap::termwidth().min(WIDEST))
}

fn explain_within(lint: Option<&str>, width: usize) -> Result<String> {
    let Some(name) = lint else { return Ok(list(width)) };
    let lint = find(name).with_context(|| {
        let known = Lint::all().flat_map(|lint| [lint.name(), lint.code()]);
        let all: Vec<String> = Lint::all().map(|lint| format!("{} ({})", lint.name(), lint.code())).collect();
        format!("there is no lint {name:?}; accepted: {}{}", all.join(", "), did_you_mean(name, known))
    })?;
    Ok(page::render(lint.page(), width))
}

/// Returns the lint with this name or code, or of this fingerprint, which begins with the code.
fn find(name: &str) -> Option<Lint> {
    let of_fingerprint = || gordian::suppression::is_fingerprint(name).then(|| name.split('-').next()).flatten();
    Lint::find(name).or_else(|| of_fingerprint().and_then(Lint::find))
}

/// Returns the table of all lints, which opens their index.
fn list(width: usize) -> String {
    page::render(Lint::overview().split("\n## ").next().unwrap_or_default(), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    fn plain(lint: Option<&str>) -> String {
        strip_str(&explain_within(lint, 80).unwrap()).to_string()
    }

    #[test]
    fn without_a_name_all_lints_are_listed() {
        insta::assert_snapshot!(plain(None));
        assert!(Lint::all().all(|lint| plain(None).contains(lint.code()) && plain(None).contains(lint.name())));
    }

    #[test]
    fn name_code_and_fingerprint_lead_to_the_same_page() {
        let page = plain(Some("lock_order"));
        assert_eq!(page, plain(Some("G010")));
        assert_eq!(page, plain(Some("G010-0123456789abcdef")));
        assert_ne!(page, plain(Some("G011")));
        insta::assert_snapshot!(page);
    }

    #[test]
    fn every_page_is_shown_whole() {
        for lint in Lint::all() {
            let shown = strip_str(&explain_within(Some(lint.name()), 1000).unwrap()).to_string();
            // Layout and punctuation aside, every word of the page is there, but for what a link leads to.
            let words = |text: &str| -> Vec<String> {
                let words = text.split(|at: char| !at.is_alphanumeric()).filter(|word| !word.is_empty());
                words.map(str::to_owned).collect()
            };
            let page: Vec<&str> = lint.page().lines().filter(|line| !line.starts_with("```")).collect();
            let page = page.join("\n").split("](").fold(String::new(), |before, part| {
                let after = part.split_once(')').filter(|_| !before.is_empty()).map_or(part, |(_, after)| after);
                before + " " + after
            });
            assert_eq!(words(&shown), words(&page), "{lint}");
        }
    }

    #[test]
    fn an_unknown_lint_is_named_with_all_lints_and_the_nearest() {
        let error = |name| explain_within(Some(name), 80).unwrap_err().to_string();
        let told = error("lock-order");
        assert!(told.starts_with("there is no lint \"lock-order\"; accepted: deadlock (G001),"), "{told}");
        assert!(told.ends_with("did you mean \"lock_order\"?") && told.contains("long_hold (G041)"), "{told}");
        assert!(error("g010").ends_with("did you mean \"G010\"?"), "{}", error("g010"));
        for other in ["zebra", "G999-0123456789abcdef", "G010-", ""] {
            assert!(error(other).contains(&format!("{other:?}")), "{other}");
        }
        assert!(!error("zebra").contains("did you mean"));
    }
}
