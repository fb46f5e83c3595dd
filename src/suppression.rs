//! Turns the lines of a suppression file into what they silence.
//!
//! Must not know: files, and what a suppression does. `cargo gordian` reads its own settings with the same rules.
//! INVARIANT: a line that is not understood is an error that names it, and never ignored.

use crate::lint::Lint;
use std::fmt;

/// A line of a suppression file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Suppression {
    /// One finding, by its fingerprint.
    Fingerprint(String),
    /// A lint, and the end of a path with an optional line: `src/bank.rs` or `src/bank.rs:12`.
    Site(Lint, String),
}

impl Suppression {
    /// True if it silences a finding of this lint and fingerprint, which is about these files and lines.
    pub fn silences(&self, lint: Lint, fingerprint: &str, places: &[(&str, u32)]) -> bool {
        match self {
            Self::Fingerprint(suppressed) => suppressed == fingerprint,
            Self::Site(suppressed, end) => {
                let is_meant =
                    |&(file, line): &(&str, u32)| is_end_of(end, file) || is_end_of(end, &format!("{file}:{line}"));
                *suppressed == lint && places.iter().any(is_meant)
            }
        }
    }
}

impl fmt::Display for Suppression {
    /// Writes it as a line of a suppression file has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint(print) => f.write_str(print),
            Self::Site(lint, end) => write!(f, "{lint} {end}"),
        }
    }
}

/// Returns what the text of a suppression file silences; `path` is for errors.
///
/// # Errors
/// If a line is not understood; the sentence names it and what is accepted.
pub fn read(path: &str, text: &str) -> Result<Vec<Suppression>, String> {
    let mut suppressions = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let suppression = match (words.next(), words.next(), words.next()) {
            (None, ..) => continue,
            (Some(print), None, _) if is_fingerprint(print) => Some(Suppression::Fingerprint(print.to_owned())),
            (Some(lint), Some(site), None) => Lint::find(lint).map(|lint| Suppression::Site(lint, site.to_owned())),
            _ => None,
        };
        suppressions.push(suppression.ok_or_else(|| {
            let accepted = "a fingerprint (as G010-0123456789abcdef), a lint and a site (as `lock_order src/bank.rs:12`), # and a comment";
            format!("{path}:{}: {:?} is not understood; accepted: {accepted}", index + 1, line.trim())
        })?);
    }
    Ok(suppressions)
}

/// True for a code and 16 hexadecimal digits, as in `G010-0123456789abcdef`. The lint may be one of a later version's.
pub fn is_fingerprint(word: &str) -> bool {
    let Some((number, hash)) = word.strip_prefix('G').and_then(|word| word.split_once('-')) else { return false };
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && hash.len() == 16 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// True if `end` is the whole of a path, or its last parts.
fn is_end_of(end: &str, path: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "G010-0123456789abcdef";

    #[test]
    fn lines_are_fingerprints_or_sites() {
        let text = "# a comment\nG010-0123456789abcdef # known\n\nlock_order src/bank.rs:12\n";
        let site = Suppression::Site(Lint::LockOrder, "src/bank.rs:12".to_owned());
        assert_eq!(read("list", text), Ok(vec![Suppression::Fingerprint(PRINT.to_owned()), site]));
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let text = "G010-0123456789abcdef\nlock_order src/bank.rs:12\n";
        let read = read("list", text).unwrap();
        assert_eq!(read.iter().map(|line| format!("{line}\n")).collect::<String>(), text);
    }

    #[test]
    fn a_line_that_is_neither_is_named() {
        for line in [
            "lock_order",
            "lock_odor src/bank.rs",
            "G010-123",
            "H010-0123456789abcdef",
            "G10-0123456789abcdef",
            "a b c",
        ] {
            let error = read("list", &format!("\n{line}\n")).unwrap_err();
            assert!(error.starts_with(&format!("list:2: {line:?}")) && error.contains("a lint and a site"), "{error}");
        }
    }

    #[test]
    fn a_fingerprint_silences_its_finding_and_no_other() {
        let suppression = Suppression::Fingerprint(PRINT.to_owned());
        assert!(suppression.silences(Lint::LockOrder, PRINT, &[]));
        assert!(!suppression.silences(Lint::LockOrder, "G010-0000000000000000", &[]));
    }

    #[test]
    fn a_site_silences_its_lint_there_and_nothing_beside_it() {
        let silences =
            |end: &str, lint, place| Suppression::Site(Lint::LockOrder, end.to_owned()).silences(lint, PRINT, &[place]);
        for end in ["bank.rs", "src/bank.rs", "/w/src/bank.rs", "src/bank.rs:12"] {
            assert!(silences(end, Lint::LockOrder, ("/w/src/bank.rs", 12)), "{end}");
        }
        for end in ["ank.rs", "src/bank.rs:1", "src/bank.rs:2", "src", "src/bank.rs:12:9"] {
            assert!(!silences(end, Lint::LockOrder, ("/w/src/bank.rs", 12)), "{end}");
        }
        assert!(!silences("bank.rs", Lint::ClassOrder, ("/w/src/bank.rs", 12)));
    }
}
