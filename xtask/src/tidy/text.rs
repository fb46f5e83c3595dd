//! Rules on plain text: open ends without an issue, and paths of one machine.

use super::source::Source;
use super::tokens::Kind;
use super::{Rule, Violation};

/// Written in two parts, so that a rule's own source is clean.
const OPEN_ENDS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// How a path begins that exists on one machine only.
const MACHINE_PATHS: [&str; 5] =
    [concat!("/", "home/"), concat!("/", "root/"), concat!("/", "tmp/"), concat!("/", "work/"), concat!("/", "Users/")];

/// Finds comments with an open end that carries no issue number.
pub(super) fn open_ends(source: &Source<'_>) -> Vec<Violation> {
    let comments = source.tokens.iter().filter(|token| token.kind == Kind::Comment);
    let lines = comments.flat_map(|token| token.text.lines().zip(token.line..));
    let open = lines.filter(|(text, _)| OPEN_ENDS.iter().any(|word| text.contains(word)) && !has_issue(text));
    open.map(|(_, line)| {
        Violation::new(source.path, line, Rule::OpenEnds, "an open end carries an issue number, such as (#12)".into())
    })
    .collect()
}

fn has_issue(text: &str) -> bool {
    text.split('#').skip(1).any(|after| after.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// Finds paths that exist on one machine only, in a file of any kind.
pub(super) fn machine_paths(path: &str, text: &str) -> Vec<Violation> {
    let lines = text.lines().zip(1..);
    lines
        .filter_map(|(text, line)| {
            let found = MACHINE_PATHS.into_iter().find(|start| holds_path(text, start))?;
            Some(Violation::new(path, line, Rule::MachinePaths, format!("`{found}` is a place on one machine")))
        })
        .collect()
}

/// True if `text` holds a path that begins with `start`, and not only one that goes through it.
fn holds_path(text: &str, start: &str) -> bool {
    let begins = |at: usize| {
        text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && !"-_./".contains(before))
    };
    text.match_indices(start).any(|(at, _)| begins(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_end_needs_an_issue() {
        let count = |text: &str| open_ends(&Source::new("src/a.rs", text)).len();
        let word = OPEN_ENDS[0];
        assert_eq!(count(&format!("// {word}: later\nfn f() {{}} /*\n {word} # 12 */")), 2);
        assert_eq!(count(&format!("// {word}(#12): later\nconst A: &str = \"{word}\";")), 0);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        for start in MACHINE_PATHS {
            assert_eq!(machine_paths("README.md", &format!("a\nsee `{start}me`")).len(), 1, "{start}");
            assert_eq!(
                machine_paths("README.md", &format!("see https://a.example{start} and ./a{start}")),
                [],
                "{start}"
            );
        }
    }
}
