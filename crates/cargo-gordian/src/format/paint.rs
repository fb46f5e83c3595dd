//! Turns words into lines for a terminal, coloured or not.
//!
//! Must not know: the union.
//! INVARIANT: colour adds nothing but colour.

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSplitter};

/// Writes in one style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub is_colored: bool,
}

/// What a line says of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mood {
    Good,
    Doubtful,
    Bad,
}

impl Paint {
    pub(super) fn strong(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    pub(super) fn mood(self, mood: Mood, text: &str) -> String {
        let color = match mood {
            Mood::Good => AnsiColor::Green,
            Mood::Doubtful => AnsiColor::Yellow,
            Mood::Bad => AnsiColor::Red,
        };
        self.styled(color.on_default().bold(), text)
    }

    /// Returns a list under a heading, with an empty line at its end; nothing if there is nothing to list.
    pub(super) fn list(self, heading: &str, entries: &[String]) -> String {
        if entries.is_empty() {
            return String::new();
        }
        let entries = entries.iter().map(|entry| wrapped("  - ", entry));
        format!("{}\n{}\n", heading, entries.collect::<String>())
    }

    fn styled(self, style: Style, text: &str) -> String {
        if self.is_colored { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Returns a paragraph; `lead` begins its first line, and as many spaces the others.
pub(super) fn wrapped(lead: &str, text: &str) -> String {
    let indent = " ".repeat(lead.chars().count());
    // Paths and names stay whole, so that they can be copied.
    let options = Options::new(WIDTH).break_words(false).word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options.initial_indent(lead).subsequent_indent(&indent)) + "\n"
}

/// Columns that text may fill, as in the library's reports.
const WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_changes_no_character() {
        let write = |is_colored| {
            let paint = Paint { is_colored };
            let words = [paint.strong("a"), paint.faint("b"), paint.mood(Mood::Bad, "c")].join(" ").repeat(40);
            paint.list(&paint.strong("d:"), &[words])
        };
        assert_ne!(write(true), write(false));
        assert_eq!(anstream::adapter::strip_str(&write(true)).to_string(), write(false));
    }

    #[test]
    fn a_path_is_never_broken() {
        let path = "long-folder/".repeat(12);
        assert_eq!(wrapped("  - ", &format!("see {path}")), format!("  - see\n    {path}\n"));
    }
}
