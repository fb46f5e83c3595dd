//! Text with ink: what is strong, what is faint, and how wide it is.
//!
//! Must not know: reports.
//! INVARIANT: without colour nothing is written that is not in the text; what is wrapped is at most [`WIDTH`] wide, but
//! for a word that is longer.

use anstyle::AnsiColor;
use std::fmt::Write;

/// Columns a report may fill.
pub(super) const WIDTH: usize = 100;

/// Whether a report is coloured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    Plain,
    Colored,
}

impl Style {
    /// Returns what suits standard error: colour for a terminal, unless `NO_COLOR` and its kin say otherwise.
    pub(crate) fn of_stderr() -> Self {
        match anstream::AutoStream::choice(&std::io::stderr()) {
            anstream::ColorChoice::Never => Self::Plain,
            _ => Self::Colored,
        }
    }
}

/// How a piece of text is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    Plain,
    /// Names of locks, headings.
    Strong,
    /// Places.
    Faint,
    /// The level.
    Alarm(AnsiColor),
}

/// A line, or a part of one.
#[derive(Clone, Default, Debug)]
pub(super) struct Line(Vec<(Ink, String)>);

impl Line {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self::default().then(Ink::Plain, text)
    }

    /// Adds text.
    pub(super) fn then(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// Adds a line.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds spaces up to this width.
    pub(super) fn padded(self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width());
        self.then(Ink::Plain, " ".repeat(missing))
    }

    /// Returns its width in characters.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }
}

/// Writes lines in one style.
pub(super) struct Pen {
    style: Style,
    text: String,
}

impl Pen {
    pub(super) fn new(style: Style) -> Self {
        Self { style, text: String::new() }
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Writes a line, without spaces at its end.
    pub(super) fn line(&mut self, line: Line) {
        let mut parts = line.0;
        while let Some((_, text)) = parts.last_mut() {
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            parts.pop();
        }
        for (ink, text) in parts {
            self.ink(ink, &text);
        }
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.text.push('\n');
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.line(Line::default().then(Ink::Strong, text));
    }

    /// Writes lines that are painted already.
    pub(super) fn block(&mut self, indent: &str, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "{}", format!("{indent}{line}").trim_end());
        }
    }

    /// Writes sentences, wrapped; what stands in backticks is strong and stays together. `lead` begins the first line,
    /// and as many spaces the others.
    pub(super) fn paragraph(&mut self, lead: &str, sentences: &str) {
        let indent = lead.chars().count();
        let mut line = Line::new(lead);
        for word in words(sentences) {
            if line.width() > indent {
                if line.width() + 1 + word.chars().count() > WIDTH {
                    self.line(std::mem::take(&mut line).padded(0));
                    line = Line::new(" ".repeat(indent));
                } else {
                    line = line.then(Ink::Plain, " ");
                }
            }
            line = line.and(inked(word));
        }
        self.line(line);
    }

    fn ink(&mut self, ink: Ink, text: &str) {
        let style = match ink {
            Ink::Plain => anstyle::Style::new(),
            Ink::Strong => anstyle::Style::new().bold(),
            Ink::Faint => anstyle::Style::new().dimmed(),
            Ink::Alarm(color) => color.on_default().bold(),
        };
        let style = if self.style == Style::Colored { style } else { anstyle::Style::new() };
        let _ = write!(self.text, "{style}{text}{style:#}");
    }
}

/// Splits at the spaces that are not within backticks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.split(move |char: char| {
        is_code ^= char == '`';
        char == ' ' && !is_code
    })
}

fn inked(word: &str) -> Line {
    let parts = word.split_inclusive('`').collect::<Vec<_>>();
    match parts[..] {
        [before, code, after] => {
            let (before, code) = (before.trim_end_matches('`'), code.trim_end_matches('`'));
            Line::new(before).then(Ink::Strong, format!("`{code}`")).then(Ink::Plain, after)
        }
        [before, code] if code.ends_with('`') => {
            let (before, code) = (before.trim_end_matches('`'), code.trim_end_matches('`'));
            Line::new(before).then(Ink::Strong, format!("`{code}`"))
        }
        _ => Line::new(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: Style, write: impl Fn(&mut Pen)) -> String {
        let mut pen = Pen::new(style);
        write(&mut pen);
        pen.finish()
    }

    #[test]
    fn colour_changes_no_character() {
        let write = |pen: &mut Pen| {
            pen.line(Line::new("a ").then(Ink::Strong, "b").then(Ink::Faint, " c  "));
            pen.paragraph("- ", "take (`the first`), then `second`.");
        };
        let (plain, colored) = (written(Style::Plain, write), written(Style::Colored, write));
        assert_eq!(plain, "a b c\n- take (`the first`), then `second`.\n");
        assert!(colored.contains("\u{1b}[1m`the first`\u{1b}[0m"), "{colored:?}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }

    #[test]
    fn a_paragraph_is_wrapped_between_words_and_outside_of_names() {
        let text = "word ".repeat(19) + "`a b` end";
        let lines = written(Style::Plain, |pen| pen.paragraph("  - ", &text));
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0].chars().count(), 98);
        assert_eq!(lines[1], "    `a b` end");
    }
}
