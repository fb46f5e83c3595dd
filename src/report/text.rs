//! Writes a report for a reader at a terminal: the point first, then the evidence, then what to do.
//!
//! Must not know: findings, where the text goes.
//! INVARIANT: colour adds nothing but colour; nothing is said twice.

use super::excerpt::{Mark, excerpt};
use super::paint::{Ink, Line, Pen, Style, WIDTH};
use super::{Frame, LockReport, Report, Side, ThreadReport, explain, timeline};
use crate::lint::{Level, Lint};
use anstyle::AnsiColor;
use std::fmt;

impl Report {
    /// Returns the text, with an empty line at its end.
    pub(crate) fn render(&self, style: Style) -> String {
        let mut pen = Pen::new(style);
        self.write_head(&mut pen);
        timeline::draw(self, &mut pen);
        pen.blank();
        self.write_sides(&mut pen);
        self.write_locks(&mut pen);
        write_list(&mut pen, self.heading_of_reasons(), &self.reasons);
        write_list(&mut pen, "what to do:", &self.advice);
        self.write_silence(&mut pen);
        pen.finish()
    }

    fn lint(&self) -> Option<Lint> {
        Lint::find(self.lint)
    }

    fn write_head(&self, pen: &mut Pen) {
        let (word, color) = match Level::find(self.level) {
            Some(Level::Deny) => ("error", AnsiColor::Red),
            Some(Level::Warn) => ("warning", AnsiColor::Yellow),
            _ => ("note", AnsiColor::Green),
        };
        let title = self.lint().map_or(self.lint, Lint::title);
        let head = Line::default().then(Ink::Alarm(color), word).then(Ink::Strong, format!(": gordian: {title}"));
        pen.line(head.then(Ink::Plain, format!(" [{} {}, {}]", self.code, self.lint, self.level)));
        pen.paragraph("  ", &format!("{}.", self.title));
        self.holes.iter().for_each(|hole| pen.paragraph("  note: ", hole));
        pen.blank();
    }

    fn heading_of_reasons(&self) -> &'static str {
        match self.lint() {
            Some(Lint::SequentialOrder | Lint::GatedOrder) => "what excuses it, and until when:",
            _ if self.sides.len() == 1 => "why:",
            _ => "why it is not excused:",
        }
    }

    fn write_sides(&self, pen: &mut Pen) {
        let groups = groups(&self.sides);
        let shows_source = groups.len() <= MOST_EXCERPTS;
        for group in &groups {
            self.write_side(pen, group, shows_source);
        }
        let has_stack = |side: &Side| !side.backtrace.is_empty();
        let has_held_stacks = |side: &Side| side.held.iter().any(|held| !held.backtrace.is_empty());
        if self.lint() == Some(Lint::LeakedGuard) {
            return;
        }
        if !self.sides.iter().any(has_stack) {
            pen.line(Line::new("  no backtraces were caught: run with GORDIAN_BACKTRACE=1 to see them"));
            pen.blank();
        } else if !self.sides.iter().any(has_held_stacks) {
            pen.line(Line::default().then(
                Ink::Faint,
                "  backtraces are of the requests; GORDIAN_BACKTRACE=full adds those of what was held",
            ));
            pen.blank();
        }
    }

    /// Writes the evidence of sides that differ in their threads and locks only.
    fn write_side(&self, pen: &mut Pen, group: &[usize], shows_source: bool) {
        let side = &self.sides[group[0]];
        self.write_side_head(pen, group);
        let held = side.cycle_hold();
        let is_alone = group.len() == 1;
        // The label of a lock without a name is too long to stand beside source.
        let name = |lock: usize, what: &str| {
            let has_name = self.locks.len() == 1 || self.locks[lock].name.is_some();
            if is_alone && has_name { self.said(lock) } else { what.to_owned() }
        };
        let mut marks = Vec::new();
        for (index, other) in side.held.iter().enumerate() {
            let note = self.locks[other.lock].held_note(other.mode);
            let what = name(other.lock, if index == side.holds { "the first lock" } else { "another lock" });
            marks.push(Mark { place: &other.site, label: format!("{what} is taken here{note}"), is_primary: false });
        }
        match &side.wants {
            Some(want) if want.site == held.site => {
                let mark = &mut marks[side.holds];
                (mark.label, mark.is_primary) = (format!("{}, and requested again", mark.label), true);
            }
            Some(want) => {
                let note = self.locks[want.lock].mode_note(want.mode);
                let label = format!("{} is requested here{note}", name(want.lock, "the next lock"));
                marks.push(Mark { place: &want.site, label, is_primary: true });
            }
            None => marks[side.holds].is_primary = true,
        }
        let is_error = self.level == Level::Deny.name();
        let source = shows_source.then(|| excerpt(&marks, is_error, pen.style())).flatten();
        if let Some(source) = &source {
            pen.block(" ", &source.text);
        }
        if side.held.len() > 1 && !source.is_some_and(|source| source.shows_all) {
            self.write_held(pen, side);
        }
        let of = |lock: usize| if is_alone { format!(" of {}", self.said(lock)) } else { String::new() };
        for held in side.held.iter().filter(|held| !held.backtrace.is_empty()) {
            write_stack(pen, &format!("backtrace of the acquisition{}:", of(held.lock)), &held.backtrace);
        }
        write_stack(pen, "backtrace of the request:", &side.backtrace);
        pen.blank();
    }

    fn write_side_head(&self, pen: &mut Pen, group: &[usize]) {
        let [index] = group else {
            let threads: Vec<&ThreadReport> = group.iter().map(|&side| &self.sides[side].thread).collect();
            let mut numbers = threads.iter().map(|thread| thread.number as usize).collect::<Vec<_>>();
            numbers.sort_unstable();
            let sides: Vec<usize> = group.iter().map(|side| side + 1).collect();
            let head = format!("sides {}: the same code in threads {}", runs(&sides), runs(&numbers));
            return pen.heading(&head);
        };
        if self.sides.len() == 1 {
            // The title has said it.
            return;
        }
        pen.heading(&format!("side {}: {}", index + 1, self.sides[*index].thread));
    }

    fn write_held(&self, pen: &mut Pen, side: &Side) {
        pen.line(Line::new("  all it held, oldest first:"));
        let words = side.held.iter().map(|held| {
            let lock = &self.locks[held.lock];
            Line::default().then(Ink::Strong, &lock.label).then(Ink::Plain, lock.held_note(held.mode))
        });
        let words: Vec<Line> = words.collect();
        write_table(pen, words.into_iter().zip(side.held.iter().map(|held| held.site.to_string())));
    }

    fn write_locks(&self, pen: &mut Pen) {
        pen.heading(if self.locks.len() == 1 { "lock:" } else { "locks:" });
        let mut rest = &self.locks[..];
        let mut rows: Vec<(Line, Line, String)> = Vec::new();
        while let [first, ..] = rest {
            // Many locks of one making are one row.
            let alike = |lock: &&LockReport| lock.type_name == first.type_name && lock.created == first.created;
            let count = rest.iter().take_while(alike).count();
            let count = if count > MOST_ALIKE { count } else { 1 };
            let label = Line::default().then(Ink::Strong, &first.label);
            let label = match &rest[count - 1] {
                _ if count == 1 => label,
                last => label.then(Ink::Plain, " to ").then(Ink::Strong, number_after(&first.label, &last.label)),
            };
            let number = if count > 1 { format!("{count} of ") } else { String::new() };
            // The label of a lock without a name is its place.
            let created = first.name.map_or_else(String::new, |_| format!("created at {}", first.created));
            rows.push((label, Line::new(number + &shortened(&first.type_name)), created));
            rest = &rest[count..];
        }
        let width = rows.iter().map(|(label, ..)| label.width()).max().unwrap_or(0);
        let narrow = |(_, type_name, created): &(Line, Line, String)| {
            4 + width + type_name.width() + 2 + created.chars().count() <= WIDTH
        };
        let rows: Vec<(Line, String)> = if rows.iter().all(narrow) {
            rows.into_iter()
                .map(|(label, type_name, created)| (label.padded(width + 2).and(type_name), created))
                .collect()
        } else {
            let two = |(label, type_name, created): (Line, Line, String)| {
                [(label, String::new()), (Line::new("  ").and(type_name), created)]
            };
            rows.into_iter().flat_map(two).collect()
        };
        write_table(pen, rows.into_iter());
        if self.locks.iter().any(|lock| lock.name.is_none()) {
            pen.line(Line::default().then(Ink::Faint, "    a lock gets a name for reports with `.named(\"...\")`"));
        }
        pen.blank();
    }

    fn write_silence(&self, pen: &mut Pen) {
        if let (Some(lint), Some(side)) = (self.lint(), self.sides.first()) {
            let place = side.wants.as_ref().map_or(&side.cycle_hold().site, |want| &want.site);
            write_list(pen, "to silence it:", &explain::silence(lint, self.level, place));
        }
        let count = if self.count == 1 { "found once".to_owned() } else { format!("found {} times", self.count) };
        pen.line(
            Line::new("fingerprint: ").then(Ink::Strong, &self.fingerprint).then(Ink::Plain, format!(", {count}")),
        );
        pen.blank();
    }
}

impl fmt::Display for Report {
    /// Writes the report as plain text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Style::Plain).trim_end())
    }
}

/// More different sides than this go without excerpts.
const MOST_EXCERPTS: usize = 5;
/// More locks of one making than this, in a row, are one row.
const MOST_ALIKE: usize = 5;
/// A type's name is cut to this.
const LONGEST_TYPE: usize = 60;

/// Returns the sides in groups that did the same at the same places.
fn groups(sides: &[Side]) -> Vec<Vec<usize>> {
    let same = |left: &Side, right: &Side| {
        let want = |side: &Side| side.wants.as_ref().map(|want| (want.site.clone(), want.mode));
        let ([held], [other]) = (&left.held[..], &right.held[..]) else { return false };
        (&held.site, held.mode, &held.backtrace) == (&other.site, other.mode, &other.backtrace)
            && want(left) == want(right)
            && left.backtrace == right.backtrace
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, side) in sides.iter().enumerate() {
        match groups.iter_mut().find(|group| same(&sides[group[0]], side)) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

/// Returns numbers in words: `1 to 5, 7`.
fn runs(numbers: &[usize]) -> String {
    let chunks = numbers.chunk_by(|left, right| left + 1 == *right);
    let words = chunks.map(|run| match run {
        [one] => one.to_string(),
        [one, two] => format!("{one}, {two}"),
        [first, .., last] => format!("{first} to {last}"),
        [] => String::new(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Returns what a label says beyond another: its number, if that is all in which they differ.
fn number_after<'a>(first: &str, label: &'a str) -> &'a str {
    match (first.rsplit_once(" #"), label.rsplit_once(" #")) {
        (Some((first, _)), Some((same, number))) if first == same => &label[label.len() - number.len() - 1..],
        _ => label,
    }
}

fn shortened(type_name: &str) -> String {
    if type_name.chars().count() <= LONGEST_TYPE {
        return type_name.to_owned();
    }
    type_name.chars().take(LONGEST_TYPE - 3).chain("...".chars()).collect()
}

fn write_list(pen: &mut Pen, heading: &str, sentences: &[String]) {
    if !sentences.is_empty() {
        pen.heading(heading);
        sentences.iter().for_each(|sentence| pen.paragraph("  - ", sentence));
        pen.blank();
    }
}

fn write_stack(pen: &mut Pen, heading: &str, frames: &[Frame]) {
    if !frames.is_empty() {
        pen.line(Line::new(format!("  {heading}")));
        let functions =
            frames.iter().enumerate().map(|(index, frame)| Line::new(format!("{index:>2}  {}", frame.function)));
        let places = frames.iter().map(|frame| frame.place.as_ref().map_or_else(String::new, ToString::to_string));
        write_table(pen, functions.zip(places));
    }
}

/// Writes words with their places: in a column of their own, but below the words where it does not fit.
fn write_table(pen: &mut Pen, rows: impl Iterator<Item = (Line, String)>) {
    let rows: Vec<(Line, String)> = rows.collect();
    let place_width = rows.iter().map(|(_, place)| place.chars().count()).max().unwrap_or(0);
    let room = WIDTH.saturating_sub(4 + 2 + place_width);
    let column = rows.iter().map(|(words, _)| words.width()).filter(|&width| width <= room).max().unwrap_or(0);
    for (words, place) in rows {
        let line = Line::new("    ").and(words);
        if line.width() <= 4 + column || place.is_empty() {
            pen.line(line.padded(4 + column + 2).then(Ink::Faint, place));
        } else {
            pen.line(line);
            pen.line(Line::default().padded(4 + column.min(room) + 2).then(Ink::Faint, place));
        }
    }
}
