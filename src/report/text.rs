//! Writes a report for a reader at a terminal: the point first, then the evidence, then what to do.
//!
//! Must not know: findings, where the text goes.
//! INVARIANT: colour adds nothing but colour; nothing is said twice.

use super::describe::PROCESS_LOCK;
use super::excerpt::{Mark, Sources};
use super::paint::{Ink, Line, Pen, Style, WIDTH};
use super::silence::Silencer;
use super::{Frame, HeldReport, LockReport, Report, Side, ThreadReport, races, timeline};
use crate::lint::{Level, Lint};
use anstyle::AnsiColor;
use std::fmt;
use std::path::Path;

impl Report {
    /// Returns the text, with an empty line at its end.
    pub(crate) fn render(&self, style: Style) -> String {
        self.render_with(style, &Sources::of_this_process(), Silencer::Program)
    }

    /// Returns the text as a terminal shows it, with an empty line at its end, for a reader elsewhere: source is read from
    /// below `root`, the folder that the compiler was run in.
    #[doc(hidden)]
    pub fn render_from(&self, root: &Path, is_colored: bool) -> String {
        self.render_with(
            if is_colored { Style::Colored } else { Style::Plain },
            &Sources::below(root),
            Silencer::Workspace,
        )
    }

    fn render_with(&self, style: Style, sources: &Sources, silencer: Silencer) -> String {
        let mut pen = Pen::new(style);
        self.write_head(&mut pen);
        timeline::draw(self, &mut pen);
        pen.blank();
        self.write_sides(&mut pen, sources);
        self.write_locks(&mut pen);
        write_list(&mut pen, self.heading_of_reasons(), &self.reasons);
        write_list(&mut pen, "what to do:", &self.advice);
        self.write_silence(&mut pen, silencer);
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
            Some(Lint::Deadlock | Lint::Stall) => "why it cannot end:",
            _ if self.sides.len() == 1 || !self.is_about_requests() => "why:",
            _ => "why it is not excused:",
        }
    }

    fn write_sides(&self, pen: &mut Pen, sources: &Sources) {
        let groups = groups(&self.sides);
        let sources = (groups.len() <= MOST_EXCERPTS).then_some(sources);
        for group in &groups {
            self.write_side(pen, group, sources);
        }
        let has_stack = |side: &Side| !side.backtrace.is_empty();
        let has_held_stacks = |side: &Side| side.held.iter().any(|held| !held.backtrace.is_empty());
        if self.sides.iter().all(|side| side.wants.is_none()) {
            return;
        }
        if !self.sides.iter().any(has_stack) {
            pen.line(Line::new("  no backtraces were caught: run with GORDIAN_BACKTRACE=1 to see them"));
            pen.blank();
        } else if self.is_about_requests() && !self.sides.iter().any(has_held_stacks) {
            pen.line(Line::default().then(
                Ink::Faint,
                "  backtraces are of the requests; GORDIAN_BACKTRACE=full adds those of what was held",
            ));
            pen.blank();
        }
    }

    /// Writes the evidence of sides that differ in their threads and locks only.
    fn write_side(&self, pen: &mut Pen, group: &[usize], sources: Option<&Sources>) {
        let side = &self.sides[group[0]];
        self.write_side_head(pen, group);
        let is_alone = group.len() == 1;
        let marks = self.marks(group);
        let is_error = self.level == Level::Deny.name();
        let source = sources.and_then(|sources| sources.excerpt(&marks, is_error, pen.style()));
        let has_source = source.is_some();
        if let Some(source) = &source {
            pen.block(" ", &source.text);
        }
        if side.held.len() > usize::from(side.holds.is_some()) && !source.is_some_and(|source| source.shows_all) {
            self.write_held(pen, side);
        }
        if let Some(waking) = self.waking_line(group) {
            if has_source {
                pen.blank();
            }
            pen.paragraph("  ", &waking);
        }
        let of = |lock: usize| if is_alone { format!(" of {}", self.said(lock)) } else { String::new() };
        for held in side.held.iter().filter(|held| !held.backtrace.is_empty()) {
            write_stack(pen, &format!("backtrace of the acquisition{}:", of(held.lock)), &held.backtrace);
        }
        let heading = if self.is_about_requests() { "backtrace of the request:" } else { "backtrace:" };
        write_stack(pen, heading, &side.backtrace);
        pen.blank();
    }

    /// Returns what to point at in the source of sides that differ in their threads and locks only.
    fn marks(&self, group: &[usize]) -> Vec<Mark<'_>> {
        let side = &self.sides[group[0]];
        // The label of a lock without a name is too long to stand beside source.
        let name = |of: &dyn Fn(&Side) -> usize, what: &str| {
            let lock = of(side);
            let LockReport { name, kind, .. } = &self.locks[lock];
            let is_short = name.is_some() || *kind == "thread" || self.is_only_of_kind(lock);
            let is_same = group.iter().all(|&other| of(&self.sides[other]) == lock);
            if is_same && is_short { self.said(lock) } else { what.to_owned() }
        };
        let is_told = |held: &HeldReport| !self.is_about_races() || !races::is_section(side.wants.as_ref(), held);
        let mut marks = Vec::new();
        for (index, held) in side.held.iter().enumerate().filter(|(_, held)| is_told(held)) {
            let note = self.locks[held.lock].held_note(held.mode);
            let what = match side.holds {
                Some(first) if first == index => "the first lock",
                Some(_) => "another lock",
                None => "a lock",
            };
            let label = format!("{} is taken here{note}", name(&|side| side.held[index].lock, what));
            marks.push(Mark { place: &held.site, label, is_primary: false });
        }
        let Some(want) = &side.wants else {
            marks.iter_mut().skip(side.holds.unwrap_or(0)).take(1).for_each(|mark| mark.is_primary = true);
            return marks;
        };
        let note = want.mode.map_or("", |mode| self.locks[want.lock].mode_note(mode));
        let wanted = |side: &Side| side.wants.as_ref().map_or(want.lock, |want| want.lock);
        let kind = name(&wanted, &format!("the {}", self.locks[want.lock].kind));
        if self.is_about_races() {
            marks.push(Mark { place: &want.site, label: self.access_mark(group, &kind), is_primary: true });
            return marks;
        }
        let next = name(&wanted, "the next lock");
        // Who would wake another thread was seen at it, and need not have waited.
        let waits = self.is_about_waits() && self.lint() != Some(Lint::WaitWhileHolding);
        let label = match want.deed {
            "request" if waits && self.locks[want.lock].is_initialised() => {
                format!("waits here for the initialiser of {kind}")
            }
            "request" if waits => format!("waits here for {next}{note}"),
            "request" => format!("{next} is requested here{note}"),
            "park" => "is parked here".to_owned(),
            "notify" if self.locks[want.lock].kind == "park" => "unparks the other thread here".to_owned(),
            _ => format!("{} {kind} here", self.verb(want)),
        };
        let again = side.holds.filter(|&index| side.held[index].site == want.site);
        match again.map(|index| (&mut marks[index], &side.held[index])) {
            None => marks.push(Mark { place: &want.site, label, is_primary: true }),
            Some((mark, held)) => {
                mark.is_primary = true;
                mark.label = match side.waits_with() {
                    Some(mutex) => format!("{label} with {}", name(&|_| mutex, "its mutex")),
                    None if held.lock == want.lock => format!("{}, and requested again", mark.label),
                    None => format!("{}, then {label}", mark.label),
                };
            }
        }
        marks
    }

    fn write_side_head(&self, pen: &mut Pen, group: &[usize]) {
        let [index] = group else {
            let threads: Vec<&ThreadReport> = group.iter().map(|&side| &self.sides[side].thread).collect();
            let mut numbers = threads.iter().map(|thread| thread.number).collect::<Vec<_>>();
            numbers.sort_unstable();
            numbers.dedup();
            let sides: Vec<u32> = group.iter().map(|&side| side as u32 + 1).collect();
            let threads = if numbers.len() == 1 { "thread" } else { "threads" };
            let head = format!("sides {}: the same code in {threads} {}", runs(&sides), runs(&numbers));
            return pen.heading(&head);
        };
        if self.sides.len() == 1 {
            // The title has said it.
            return;
        }
        let side = &self.sides[*index];
        let does = side.wants.as_ref().filter(|_| self.is_about_races()).map(|want| {
            let (verb, note) = self.access(*index);
            format!(" {verb} {}{note}", self.said(want.lock))
        });
        pen.heading(&format!("side {}: {}{}", index + 1, side.who(), does.unwrap_or_default()));
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
        // A thread's own token was created nowhere; of what is known by its address, all has been said.
        let told = self.locks.iter().filter(|lock| lock.kind != "park" && !lock.has_no_place());
        let told: Vec<&LockReport> = told.collect();
        if told.is_empty() {
            return;
        }
        pen.heading(match (told.iter().all(|lock| lock.is_lock()), told.len()) {
            (true, 1) => "lock:",
            (true, _) => "locks:",
            (false, _) if self.is_about_races() => "what the threads share:",
            (false, _) => "what is held and waited for:",
        });
        let mut rest = &told[..];
        let mut rows: Vec<(Line, Line, String)> = Vec::new();
        while let [first, ..] = rest {
            // Many locks of one making are one row.
            let alike = |lock: &&&LockReport| lock.type_name == first.type_name && lock.created == first.created;
            let count = rest.iter().take_while(alike).count();
            let count = if count > MOST_ALIKE { count } else { 1 };
            let label = Line::default().then(Ink::Strong, &first.label);
            let label = match &rest[count - 1] {
                _ if count == 1 => label,
                last => label.then(Ink::Plain, " to ").then(Ink::Strong, number_after(&first.label, &last.label)),
            };
            let number = if count > 1 { format!("{count} of ") } else { String::new() };
            // The label of a lock without a name is its place.
            let created = match (first.kind, first.name) {
                ("thread", _) => format!("started at {}", first.created),
                (PROCESS_LOCK, _) => format!("opened at {}", first.created),
                (_, Some(_)) => format!("created at {}", first.created),
                (_, None) => String::new(),
            };
            let type_name = if first.kind == "thread" || (first.type_name == first.kind && created.is_empty()) {
                ""
            } else {
                &first.type_name
            };
            rows.push((label, Line::new(number + &shortened(type_name)), created));
            rest = &rest[count..];
        }
        // If they do not fit side by side, those whose labels are places stand for themselves.
        let all = rows.iter().map(|(label, ..)| label.width()).max().unwrap_or(0);
        let placed = rows.iter().filter(|(.., created)| !created.is_empty());
        let some = placed.map(|(label, ..)| label.width()).max().unwrap_or(0);
        let padded = |(label, type_name, created): &(Line, Line, String), width: usize| {
            let width = if width < all && created.is_empty() { 0 } else { width.max(label.width()) };
            label.clone().padded(width.max(label.width()) + 2).and(type_name.clone())
        };
        let fits = |width: usize| {
            let row_width = |row| 4 + padded(row, width).width() + 2 + row.2.chars().count();
            rows.iter().all(|row| row_width(row) <= WIDTH)
        };
        let rows: Vec<(Line, String)> = match [all, some].into_iter().find(|&width| fits(width)) {
            Some(width) => rows.iter().map(|row| (padded(row, width), row.2.clone())).collect(),
            None => {
                let two = |(label, type_name, created): (Line, Line, String)| {
                    let more = (type_name.width() > 0).then(|| (Line::new("  ").and(type_name), created));
                    std::iter::once((label, String::new())).chain(more)
                };
                rows.into_iter().flat_map(two).collect()
            }
        };
        write_table(pen, rows.into_iter());
        let unnamed = told.iter().filter(|lock| lock.name.is_none());
        let mut what = unnamed.filter_map(|lock| match lock.kind {
            "UnsafeCell" | "Shared" => Some("cell"),
            _ => lock.is_lock().then_some("lock"),
        });
        if let Some(what) = what.next() {
            pen.line(
                Line::default()
                    .then(Ink::Faint, format!("    a {what} gets a name for reports with `.named(\"...\")`")),
            );
        }
        pen.blank();
    }

    fn write_silence(&self, pen: &mut Pen, silencer: Silencer) {
        if let (Some(lint), Some(side)) = (self.lint(), self.sides.first()) {
            let place = side.wants.as_ref().map(|want| &want.site).or(side.hold().map(|held| &held.site));
            let ways = place.map_or_else(Vec::new, |place| silencer.ways(lint, self.level, place));
            write_list(pen, "to silence it:", &ways);
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
    let want = |side: &Side| side.wants.as_ref().map(|want| (want.site.clone(), want.deed, want.mode));
    let who = |side: &Side| side.wakers().map(|wakers| wakers.who);
    let same = |left: &Side, right: &Side| {
        let same_hold = match (&left.held[..], &right.held[..]) {
            ([held], [other]) => {
                (&held.site, held.mode, &held.backtrace) == (&other.site, other.mode, &other.backtrace)
                    && left.holds == right.holds
            }
            ([], []) => true,
            _ => false,
        };
        left.process == right.process
            && same_hold
            && want(left) == want(right)
            && who(left) == who(right)
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
pub(super) fn runs(numbers: &[u32]) -> String {
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
    let placed = rows.iter().filter(|(_, place)| !place.is_empty());
    let column = placed.map(|(words, _)| words.width()).filter(|&width| width <= room).max().unwrap_or(0);
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
