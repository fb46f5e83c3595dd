//! Every lint has its page, every page has its lint, and the index names them all.
//!
//! Must not know: what a lint says.

use std::collections::BTreeSet;

use super::source::Source;
use super::tokens::{Kind, Token};
use super::{Rule, Violation};

const LINTS: &str = "src/lint.rs";
const INDEX: &str = "docs/lints/README.md";

/// One page: its path and its text.
pub(super) type Page<'a> = (&'a str, &'a str);

/// Compares the table in `src/lint.rs` with the pages under `docs/lints/`.
pub(super) fn check(lints: Option<&Source<'_>>, pages: &[Page<'_>]) -> Vec<Violation> {
    let names = lints.map(names).unwrap_or_default();
    if names.is_empty() {
        return vec![Violation::new(LINTS, 1, Rule::LintPages, "no `name: \"...\"` of a lint was found".into())];
    }
    let (index, pages): (Vec<_>, Vec<_>) = pages.iter().partition(|(path, _)| *path == INDEX);
    let index = index.first().map_or("", |(_, text)| text);
    let mut found = Vec::new();
    for (name, line) in &names {
        let path = format!("docs/lints/{name}.md");
        match pages.iter().find(|(page, _)| *page == path) {
            None => found.push(Violation::new(LINTS, *line, Rule::LintPages, format!("`{name}` has no page {path}"))),
            Some((_, text)) if !text.lines().next().is_some_and(|title| title.contains(name)) => {
                found.push(Violation::new(&path, 1, Rule::LintPages, format!("the title does not name `{name}`")));
            }
            Some(_) => {}
        }
        if !index.contains(&format!("]({name}.md)")) {
            found.push(Violation::new(INDEX, 1, Rule::LintPages, format!("does not link to {name}.md")));
        }
    }
    let known: BTreeSet<String> = names.iter().map(|(name, _)| format!("docs/lints/{name}.md")).collect();
    let stray = pages.iter().filter(|(path, _)| !known.contains(*path));
    found.extend(stray.map(|(path, _)| Violation::new(path, 1, Rule::LintPages, "is the page of no lint".into())));
    found
}

/// Returns the text of every `name: "..."`, and its line.
fn names<'a>(lints: &Source<'a>) -> Vec<(&'a str, usize)> {
    let code: Vec<Token<'a>> = lints.code().collect();
    let rows = code
        .windows(3)
        .filter(|three| three[0].text == "name" && three[1].text == ":" && three[2].kind == Kind::Literal);
    rows.map(|three| (three[2].text.trim_matches('"'), three[2].line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "struct Row { name: &'static str }\nconst TABLE: [Row; 2] = [\n Row { name: \"lock_order\" },\n Row { name: \"stall\" },\n];";
    const FULL: &str = "[a](lock_order.md) [b](stall.md)";

    fn texts(pages: &[Page<'_>]) -> Vec<String> {
        check(Some(&Source::new(LINTS, TABLE)), pages).into_iter().map(|found| found.text).collect()
    }

    #[test]
    fn a_lint_without_a_page_is_found() {
        assert_eq!(
            texts(&[(INDEX, FULL), ("docs/lints/stall.md", "# stall")]),
            ["`lock_order` has no page docs/lints/lock_order.md"]
        );
    }

    #[test]
    fn a_page_without_a_lint_a_title_or_a_link_is_found() {
        let pages = [
            (INDEX, "[b](stall.md)"),
            ("docs/lints/stall.md", "# Stop"),
            ("docs/lints/lock_order.md", "# lock_order"),
            ("docs/lints/old.md", "# old"),
        ];
        assert_eq!(
            texts(&pages),
            ["does not link to lock_order.md", "the title does not name `stall`", "is the page of no lint"]
        );
        assert_eq!(
            texts(&[(INDEX, FULL), ("docs/lints/stall.md", "# stall"), ("docs/lints/lock_order.md", "# lock_order")]),
            [""; 0]
        );
    }

    #[test]
    fn a_table_that_cannot_be_read_is_found() {
        assert_eq!(check(None, &[]).len(), 1);
        assert_eq!(check(Some(&Source::new(LINTS, "enum Lint {}")), &[]).len(), 1);
    }
}
