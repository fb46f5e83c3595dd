//! Rules on a file as a whole: its name, its length, how it opens, and how its tests are marked.

use std::path::Path;

use super::source::Source;
use super::tokens::{Kind, Token};
use super::{Rule, Violation};

const MOST_LINES: usize = 400;
const FORBIDDEN_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "imp"];

/// Files under `tests/ui` are programs that must not compile: what they say is in their name.
const WITHOUT_DOC: &[&str] = &["tests/ui/"];

/// Finds a name that says nothing.
pub(super) fn name(source: &Source<'_>) -> Option<Violation> {
    let path = Path::new(source.path).with_extension("");
    let bad = path.iter().find(|part| FORBIDDEN_NAMES.iter().any(|name| part == name))?;
    let text = format!("`{}` does not say what is inside", bad.display());
    Some(Violation::new(source.path, 1, Rule::FileNames, text))
}

/// Finds a file with too many lines of code; tests, blank lines and comments do not count.
pub(super) fn length(source: &Source<'_>) -> Option<Violation> {
    let lines = lines_of_code(source);
    let text = format!("{lines} lines of code; more than {MOST_LINES} are two files");
    (lines > MOST_LINES && !source.is_under(&["tests/"]))
        .then(|| Violation::new(source.path, 1, Rule::FileLengths, text))
}

fn lines_of_code(source: &Source<'_>) -> usize {
    let mut counted = 0;
    let mut lines = 0;
    for Token { text, line, .. } in source.code() {
        let last = line + text.matches('\n').count();
        lines += last + 1 - line.max(counted + 1).min(last + 1);
        counted = last;
    }
    lines
}

/// Finds a file that does not open with its four facts.
pub(super) fn opening(source: &Source<'_>) -> Option<Violation> {
    let documented = source.tokens.first().is_some_and(|token| token.text.starts_with("//!"));
    let text = "a file opens with a `//!` doc that says what it is for".into();
    (!documented && !source.is_under(WITHOUT_DOC)).then(|| Violation::new(source.path, 1, Rule::Openings, text))
}

/// Finds tests that do not run, or do not say which panic they expect.
pub(super) fn test_marks(source: &Source<'_>) -> Vec<Violation> {
    let code: Vec<Token<'_>> = source.tokens.iter().copied().filter(Token::is_code).collect();
    let attribute =
        |at: usize, word: &str| code[at].text == word && at > 1 && code[at - 1].text == "[" && code[at - 2].text == "#";
    let violation = |line, text: &str| Violation::new(source.path, line, Rule::TestMarks, text.into());
    let ignored = (0..code.len())
        .filter(|&at| attribute(at, "ignore"))
        .map(|at| violation(code[at].line, "an ignored test proves nothing"));
    let bare = (0..code.len())
        .filter(|&at| attribute(at, "should_panic") && code.get(at + 1).is_some_and(|next| next.text == "]"))
        .map(|at| violation(code[at].line, "catch the panic and compare its text"));
    let fences = source.tokens.iter().filter(|token| token.kind == Kind::Comment && token.text.starts_with("//"));
    let fences = fences.filter(|token| token.text.contains("```compile_fail") || token.text.contains("```ignore"));
    ignored
        .chain(bare)
        .chain(fences.map(|token| violation(token.line, "what must not compile is a case of tests/ui")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for path in ["src/util.rs", "src/common/mod.rs", "xtask/src/helpers.rs", "src/rt/imp.rs"] {
            assert!(name(&Source::new(path, "")).is_some(), "{path}");
        }
        assert!(name(&Source::new("src/impossible.rs", "")).is_none());
    }

    #[test]
    fn a_file_of_401_lines_is_too_long() {
        let lines = "fn a() {}\n".repeat(MOST_LINES);
        let free = "\n// a comment\n#[cfg(test)]\nmod tests {\n\n}\n";
        assert!(length(&Source::new("src/a.rs", &format!("{lines}{free}"))).is_none());
        assert!(length(&Source::new("src/a.rs", &format!("{lines}const A: &str = \"\";\n"))).is_some());
        assert_eq!(lines_of_code(&Source::new("src/a.rs", "const A: &str = \"\n\n\"; const B: u8 =\n 1;")), 4);
    }

    #[test]
    fn a_file_without_a_doc_is_found() {
        assert!(opening(&Source::new("src/a.rs", "use std::fmt;\n//! Late.")).is_some());
        assert!(opening(&Source::new("src/a.rs", "// Says what.\nuse std::fmt;")).is_some());
        assert!(opening(&Source::new("src/a.rs", "")).is_some());
        assert!(opening(&Source::new("src/a.rs", "//! Says what.\nuse std::fmt;")).is_none());
    }

    #[test]
    fn a_test_that_proves_nothing_is_found() {
        let fence = "`".repeat(3);
        let text = format!(
            "#[test]\n#[ignore]\nfn a() {{}}\n#[should_panic]\nfn b() {{}}\n/// {fence}compile_fail\nfn c() {{}}"
        );
        let lines: Vec<usize> =
            test_marks(&Source::new("tests/it/a.rs", &text)).iter().map(|found| found.line).collect();
        assert_eq!(lines, [2, 4, 6]);
        assert_eq!(test_marks(&Source::new("tests/it/a.rs", "#[should_panic(expected = \"x\")]\nfn ignore() {}")), []);
    }
}
