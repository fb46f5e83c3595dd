//! Turns Markdown into text for a terminal.
//!
//! Must not know: lints.
//! Source: CommonMark, with tables. We differ: a link is its text, and an image has none.
//! INVARIANT: no word of the page is lost, and colour adds nothing that the words do not say.

use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::mem::take;
use textwrap::core::display_width;

const HEADING: Style = Style::new().bold().underline();
const STRONG: Style = Style::new().bold();
const EMPHASIS: Style = Style::new().italic();
const CODE: Style = AnsiColor::Cyan.on_default();
const BLOCK: Style = Style::new().dimmed();

/// Returns the page in lines of at most `width` columns, if its words allow; blocks of code keep their lines.
pub(super) fn render(markdown: &str, width: usize) -> String {
    let mut page = Page { width, ..Page::default() };
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        page.hear(event);
    }
    page.text
}

/// What is rendered so far.
#[derive(Default)]
struct Page {
    width: usize,
    text: String,
    /// The text of the paragraph, heading, cell or block of code that is open.
    open: String,
    /// The lists around, each with the number of its next item if it has numbers.
    lists: Vec<Option<u64>>,
    /// The marks of the items around, such as `- `.
    marks: Vec<String>,
    /// True until the innermost mark is written.
    is_marked: bool,
    rows: Vec<Vec<String>>,
}

impl Page {
    fn hear(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.open.push_str(&text),
            Event::Code(text) => self.open.push_str(&format!("{CODE}`{text}`{CODE:#}")),
            Event::SoftBreak => self.open.push(' '),
            Event::HardBreak => self.open.push('\n'),
            Event::Start(Tag::Strong) => self.open.push_str(&STRONG.render().to_string()),
            Event::End(TagEnd::Strong) => self.open.push_str(&STRONG.render_reset().to_string()),
            Event::Start(Tag::Emphasis) => self.open.push_str(&EMPHASIS.render().to_string()),
            Event::End(TagEnd::Emphasis) => self.open.push_str(&EMPHASIS.render_reset().to_string()),
            Event::End(TagEnd::Heading(_)) => {
                let heading = take(&mut self.open);
                self.write(&format!("{HEADING}{heading}{HEADING:#}"));
            }
            Event::End(TagEnd::Paragraph) => self.end_paragraph(),
            Event::End(TagEnd::CodeBlock) => {
                let code = take(&mut self.open);
                self.skip_line();
                for line in code.lines() {
                    let line = if line.is_empty() {
                        String::new()
                    } else {
                        format!("{}    {BLOCK}{line}{BLOCK:#}", self.indent())
                    };
                    self.text.push_str(&(line + "\n"));
                }
            }
            Event::Start(Tag::List(number)) => {
                // A list may begin in the middle of an item.
                self.end_paragraph();
                if self.lists.is_empty() {
                    self.skip_line();
                }
                self.lists.push(number);
            }
            Event::End(TagEnd::List(_)) => drop(self.lists.pop()),
            Event::Start(Tag::Item) => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.marks.push(mark);
                self.is_marked = true;
            }
            Event::End(TagEnd::Item) => {
                self.end_paragraph();
                self.marks.pop();
                self.is_marked = false;
            }
            Event::End(TagEnd::TableCell) => {
                let cell = anstream::adapter::strip_str(&self.open).to_string();
                self.open.clear();
                self.rows.last_mut().into_iter().for_each(|row| row.push(cell.clone()));
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => self.rows.push(Vec::new()),
            Event::End(TagEnd::Table) => self.end_table(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let paragraph = take(&mut self.open);
        if !paragraph.is_empty() {
            self.write(&paragraph);
        }
    }

    /// Writes a paragraph, wrapped, behind the mark of its item if that is still to come.
    fn write(&mut self, paragraph: &str) {
        // Items follow each other closely.
        if !self.is_marked {
            self.skip_line();
        }
        let rest = self.indent();
        let mark = self.marks.last().filter(|_| self.is_marked);
        let first = mark.map_or(rest.clone(), |mark| format!("{}{mark}", &rest[mark.len()..]));
        let options = textwrap::Options::new(self.width).initial_indent(&first).subsequent_indent(&rest);
        self.text.push_str(&textwrap::fill(paragraph, options.break_words(false)));
        self.text.push('\n');
        self.is_marked = false;
    }

    /// Writes the rows below each other. The widest columns become narrower until all fit.
    fn end_table(&mut self) {
        const GAP: usize = 2;
        const NARROWEST: usize = 12;
        let rows = take(&mut self.rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widest =
            |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| display_width(cell)).max();
        let mut widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or_default()).collect();
        while widths.iter().map(|width| width + GAP).sum::<usize>() > self.width + GAP {
            match widths.iter_mut().max() {
                Some(width) if *width > NARROWEST => *width -= 1,
                _ => break,
            }
        }
        self.skip_line();
        for (index, row) in rows.iter().enumerate() {
            let style = if index == 0 { STRONG } else { Style::new() };
            let cells: Vec<Vec<_>> =
                row.iter().zip(&widths).map(|(cell, width)| textwrap::wrap(cell, *width)).collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
                let parts = cells.iter().zip(&widths).map(|(cell, width)| {
                    let part = cell.get(line).map_or("", |part| part);
                    format!("{part}{}", " ".repeat((width + GAP).saturating_sub(display_width(part))))
                });
                let parts: String = parts.collect();
                self.text.push_str(&format!("{style}{}{style:#}\n", parts.trim_end()));
            }
        }
    }

    fn indent(&self) -> String {
        " ".repeat(self.marks.iter().map(String::len).sum())
    }

    /// Leaves a line empty, but at the top.
    fn skip_line(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    const PAGE: &str = "# stall (G003)

**Every** thread waits for `a lock` that
*nobody* gives, see [the index](README.md#levels).

- One item that is too long for one line of this width.
- Another:
  1. with a first part
  2. and a second one

  and a paragraph of its own.

```rust
fn main() { a_line_of_code_is_never_wrapped_however_long_it_is() }
```

| waits for | until |
|---|---|
| a lock | all who hold it in its way have given it back |
| `park` | somebody unparks it |
";

    #[test]
    fn a_page_is_laid_out() {
        insta::assert_snapshot!(strip_str(&render(PAGE, 40)).to_string());
    }

    #[test]
    fn headings_strong_words_and_code_are_coloured() {
        let text = render(PAGE, 40);
        for part in [
            format!("{HEADING}stall (G003){HEADING:#}"),
            format!("{STRONG}Every{STRONG:#}"),
            format!("{EMPHASIS}nobody{EMPHASIS:#}"),
            format!("{CODE}`a lock`{CODE:#}"),
            format!("    {BLOCK}fn main()"),
        ] {
            assert!(text.contains(&part), "{part:?} in {text:?}");
        }
        assert!(!text.contains(&format!("{STRONG}thread")), "{text:?}");
    }

    #[test]
    fn no_line_but_code_is_wider_than_the_terminal() {
        for width in [30, 40, 80, 100] {
            let text = strip_str(&render(PAGE, width)).to_string();
            let wide = text.lines().filter(|line| display_width(line) > width);
            assert!(wide.clone().all(|line| line.contains("fn main()")), "{width}: {text}");
        }
    }
}
