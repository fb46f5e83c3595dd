//! Every atomic ordering in the cellar and the stream says what it is paired with, or why it is not.

use super::names::names;
use super::source::Source;
use super::tokens::Kind;
use super::{Rule, Violation};

const ROOMS: &[&str] = &["src/rt/", "src/stream/"];
const ORDERINGS: [&str; 5] = ["Acquire", "Release", "AcqRel", "SeqCst", "Relaxed"];

/// A comment this many lines above still counts: one comment may speak for both sides of a `compare_exchange`.
const REACH: usize = 6;

/// Finds lines with an ordering and no `ORDERING:` on them or just above.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    if !source.is_under(ROOMS) {
        return Vec::new();
    }
    let comments = source.tokens.iter().filter(|token| token.kind == Kind::Comment && token.text.contains("ORDERING:"));
    let comments: Vec<usize> = comments.map(|token| token.line).collect();
    let explained = |line: usize| comments.iter().any(|&comment| (comment..=comment + REACH).contains(&line));
    let mut lines: Vec<usize> = names(source)
        .iter()
        .filter(|name| is_ordering(&name.path))
        .map(|name| name.line)
        .filter(|&line| !explained(line))
        .collect();
    lines.dedup();
    lines
        .into_iter()
        .map(|line| {
            Violation::new(source.path, line, Rule::Orderings, "an ordering without an `ORDERING:` comment".into())
        })
        .collect()
}

fn is_ordering(path: &str) -> bool {
    path.rsplit_once("::")
        .is_some_and(|(kind, name)| ORDERINGS.contains(&name) && (kind == "Ordering" || kind.ends_with("::Ordering")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Source::new(path, text)).iter().map(|found| found.line).collect()
    }

    #[test]
    fn an_ordering_is_explained_nearby() {
        let text = "fn f() {\n a.load(Ordering::Relaxed);\n}\n// ORDERING: Relaxed; a hint.\nfn g() { b.load(Ordering::Relaxed) }";
        assert_eq!(lines("src/rt/gate.rs", text), [2]);
        assert_eq!(lines("src/stream/live.rs", text), [2]);
        assert_eq!(lines("src/probe.rs", text), [0; 0]);
    }

    #[test]
    fn a_comment_does_not_reach_far() {
        let at = |gap: usize| format!("// ORDERING: Release.{}a.store(1, Ordering::Release);", "\n".repeat(gap));
        assert_eq!(lines("src/rt/gate.rs", &at(REACH)), [0; 0]);
        assert_eq!(lines("src/rt/gate.rs", &at(REACH + 1)), [REACH + 2]);
    }

    #[test]
    fn an_ordering_cannot_hide_behind_an_import() {
        assert_eq!(lines("src/rt/gate.rs", "use std::sync::atomic::Ordering::{self, SeqCst};"), [1]);
        assert_eq!(lines("src/rt/gate.rs", "fn f() { EventKind::Acquire; std::cmp::Ordering::Less; }"), [0; 0]);
    }
}
