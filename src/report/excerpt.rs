//! Turns places into excerpts of the source, where the source is at hand.
//!
//! Must not know: findings, locks.
//! INVARIANT: a file that is gone, moved or edited costs the excerpt and nothing else.

use super::{Place, Style};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A place to point at.
pub(super) struct Mark<'a> {
    pub place: &'a Place,
    pub label: String,
    /// True for the one that the excerpt is about.
    pub is_primary: bool,
}

/// Source with marks in it.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Excerpt {
    pub text: String,
    /// False if the source of some marks is not at hand.
    pub shows_all: bool,
}

/// Where source is looked for.
pub(super) struct Sources(Vec<PathBuf>);

impl Sources {
    /// Returns the folders that paths may be relative to where the program runs: the current one, the package's, and
    /// those that the package is in, as a workspace's members are compiled from its root.
    pub(super) fn of_this_process() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let above = package.iter().flat_map(|package| package.ancestors());
        Self(std::iter::once(Path::new("")).chain(above).map(Path::to_owned).collect())
    }

    /// Returns the one folder that paths are relative to.
    pub(super) fn below(root: &Path) -> Self {
        Self(vec![root.to_owned()])
    }

    /// Returns an excerpt with all marks whose source is at hand: one a file, the primary one's file first. `None` if that
    /// one's source is not.
    pub(super) fn excerpt(&self, marks: &[Mark<'_>], is_error: bool, style: Style) -> Option<Excerpt> {
        let primary = marks.iter().find(|mark| mark.is_primary)?;
        let mut files: Vec<&str> = vec![&primary.place.file];
        for mark in marks {
            if !files.contains(&mark.place.file.as_str()) {
                files.push(&mark.place.file);
            }
        }
        let mut group = Group::with_level(if is_error { Level::ERROR } else { Level::WARNING });
        let mut shown = 0;
        for file in files {
            let source = self.read(file);
            let spans = marks.iter().filter(|mark| mark.place.file == file).filter_map(|mark| {
                let span = span(source.as_deref()?, mark.place)?;
                let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                Some(kind.span(span).label(mark.label.clone()))
            });
            let spans: Vec<_> = spans.collect();
            if spans.is_empty() {
                if file == primary.place.file {
                    return None;
                }
                continue;
            }
            shown += spans.len();
            group = group.element(Snippet::source(source?).path(file.to_owned()).annotations(spans));
        }
        let renderer = if style == Style::Colored { Renderer::styled() } else { Renderer::plain() };
        let text = renderer.decor_style(DecorStyle::Ascii).hyperlink(false).term_width(WIDTH).render(&[group]);
        Some(Excerpt { text, shows_all: shown == marks.len() })
    }

    fn read(&self, file: &str) -> Option<String> {
        self.0.iter().find_map(|folder| std::fs::read_to_string(folder.join(file)).ok())
    }
}

/// Columns an excerpt may fill.
const WIDTH: usize = 100;

/// Whose head a place is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// A statement that begins with this keyword: a guard that is taken here is gone when it ends, and not before.
    Statement(&'static str),
    /// An expression within a statement, whose value may be the guard.
    Expression(&'static str),
    None,
}

/// Returns whose head a place is in, as far as that shows without a parser. `None` if the source is not at hand.
pub(super) fn head_before(place: &Place) -> Option<Head> {
    let source = Sources::of_this_process().read(&place.file)?;
    let before = &source[..span(&source, place)?.start];
    let start = before.rfind([';', '{', '}']).map_or(0, |end| end + 1);
    Some(head(&before[start..]))
}

/// Tells from the text between the start of a statement and a place in it.
fn head(text: &str) -> Head {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join(" ");
    let words = code.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.skip_while(|word| *word == "else").collect();
    for (index, pair) in words.windows(2).enumerate() {
        let keyword = match pair {
            ["if", "let"] => "if let",
            ["while", "let"] => "while let",
            ["match", _] => "match",
            ["for", _] if index == 0 => "for",
            _ => continue,
        };
        return if index == 0 { Head::Statement(keyword) } else { Head::Expression(keyword) };
    }
    Head::None
}

/// Returns where in the source the name at a place is. `None` if no name begins there, so that the file cannot be the
/// one that was compiled.
fn span(source: &str, place: &Place) -> Option<Range<usize>> {
    let line = (place.line as usize).checked_sub(1)?;
    let line_start = if line == 0 { 0 } else { source.match_indices('\n').nth(line - 1)?.0 + 1 };
    let text = source[line_start..].lines().next()?;
    let (column, first) = text.char_indices().nth((place.column as usize).checked_sub(1)?)?;
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    if first.is_whitespace() || (is_word(first) && text[..column].ends_with(is_word)) {
        return None;
    }
    let length = text[column..].find(|char| !is_word(char)).unwrap_or(text.len() - column);
    let start = line_start + column;
    Some(start..start + length.max(first.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn pay() {\n    let ö = a.lock();\n    *b = 1;\n}\n";

    fn spanned(line: u32, column: u32) -> Option<&'static str> {
        span(SOURCE, &Place { file: String::new(), line, column }).map(|span| &SOURCE[span])
    }

    #[test]
    fn a_span_is_the_name_at_a_place() {
        assert_eq!(spanned(1, 4), Some("pay"));
        assert_eq!(spanned(2, 15), Some("lock"));
        assert_eq!(spanned(3, 5), Some("*"));
    }

    #[test]
    fn an_edited_file_gives_no_span() {
        for (line, column) in [(2, 16), (2, 4), (1, 40), (4, 2), (9, 1), (0, 1), (1, 0)] {
            assert_eq!(spanned(line, column), None, "{line}:{column}");
        }
    }

    #[test]
    fn a_guard_in_the_head_of_a_statement_is_seen() {
        for (text, seen) in [
            ("\n    match self.queue.", Head::Statement("match")),
            ("\n    if let Some(job) = queue.", Head::Statement("if let")),
            (" else if let Some(job) = queue.", Head::Statement("if let")),
            ("\n    while let Some(job) = queue.", Head::Statement("while let")),
            ("\n    for job in queue.", Head::Statement("for")),
            ("\n    let guard = match queue\n        .", Head::Expression("match")),
            ("\n    let job = queue.", Head::None),
            ("\n    if queue.", Head::None),
            ("\n    // match queue\n    rematch(queue.", Head::None),
        ] {
            assert_eq!(head(text), seen, "{text}");
        }
    }

    #[test]
    fn no_source_is_no_excerpt() {
        let place = Place { file: "no/such/file.rs".into(), line: 1, column: 1 };
        let mark = Mark { place: &place, label: String::new(), is_primary: true };
        assert_eq!(Sources::of_this_process().excerpt(&[mark], true, Style::Plain), None);
        assert_eq!(head_before(&place), None);
    }

    #[test]
    fn source_is_read_from_below_the_given_root_and_from_nowhere_else() {
        let place = Place { file: "src/report/excerpt.rs".into(), line: 1, column: 1 };
        let mark = || Mark { place: &place, label: "here".into(), is_primary: true };
        let below = |root: &str| Sources::below(Path::new(root)).excerpt(&[mark()], true, Style::Plain);
        assert!(below(env!("CARGO_MANIFEST_DIR")).is_some_and(|excerpt| excerpt.text.contains("//! Turns places")));
        assert_eq!(below("/no/such/root"), None);
    }
}
