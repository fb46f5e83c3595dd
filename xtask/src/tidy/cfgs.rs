//! Where the build's settings that swap types may be named.
//!
//! Must not know: what a setting does.
//! INVARIANT: tests are exempt; a model repeats the line at its top.

use super::source::{Source, closing};
use super::tokens::Token;
use super::{Rule, Violation};

/// The files that may name a setting, and what for.
const ALLOWED: &[(&str, &str)] = &[
    ("src/backend/mod.rs", "chooses the types for users"),
    ("src/rt/prim.rs", "chooses the primitives and limits for our own models"),
    ("src/lib.rs", "leaves out the rooms that the choice leaves empty"),
    ("src/model.rs", "is loom's entrance"),
];

/// The cfgs and features that swap types.
const SETTINGS: &[&str] = &["loom", "shuttle", "\"loom\"", "\"shuttle\"", "\"check\""];

/// Finds settings that are named outside the allowed files.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    if !source.is_under(&["src/"]) || ALLOWED.iter().any(|(path, _)| source.path == *path) {
        return Vec::new();
    }
    let code: Vec<Token<'_>> = source.code().collect();
    let conditions = (0..code.len()).filter_map(|at| condition(&code, at));
    let named = conditions.filter_map(|condition| condition.iter().find(|token| SETTINGS.contains(&token.text)));
    named.map(|token| violation(source.path, token)).collect()
}

fn violation(path: &str, token: &Token<'_>) -> Violation {
    let places: Vec<&str> = ALLOWED.iter().map(|(path, _)| *path).collect();
    let text = format!("`{}` is named outside {}", token.text.trim_matches('"'), places.join(", "));
    Violation::new(path, token.line, Rule::Cfgs, text)
}

/// Returns what stands in the brackets of a `cfg(...)`, `cfg!(...)` or `cfg_attr(...)` at `at`.
fn condition<'a, 'b>(code: &'b [Token<'a>], at: usize) -> Option<&'b [Token<'a>]> {
    let mark = |at: usize, text: &str| code.get(at).is_some_and(|token| token.text == text);
    let open = at + 1 + usize::from(mark(at + 1, "!"));
    let is_condition = matches!(code[at].text, "cfg" | "cfg_attr") && mark(open, "(");
    is_condition.then(|| &code[open..closing(code, open)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn a_setting_is_named_only_where_it_may_be() {
        for text in [
            "#[cfg(all(loom, feature = \"loom\"))] mod a;",
            "#[cfg(not(any(debug_assertions, feature = \"check\")))] mod a;",
            "const A: usize = if cfg!(loom) { 2 } else { 64 };",
            "#[cfg_attr(feature = \"shuttle\", allow(dead_code))] mod a;",
        ] {
            assert_eq!(count("src/rt/gate.rs", text), 1, "{text}");
            assert_eq!(count("src/rt/prim.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn other_settings_and_models_are_free() {
        assert_eq!(count("src/rt/gate.rs", "#[cfg(feature = \"engine\")] use loom::x; #[cfg(miri)] mod a;"), 0);
        assert_eq!(count("src/rt/gate.rs", "#[cfg(all(test, loom, feature = \"loom\"))] mod models {}"), 0);
        assert_eq!(count("tests/models/main.rs", "#![cfg(all(loom, feature = \"loom\"))]"), 0);
    }
}
