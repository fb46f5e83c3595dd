//! Draws who held what and wanted what in the order in which it goes wrong: time runs down, threads stand side by side.
//!
//! Must not know: findings, sentences.
//! INVARIANT: every side is drawn in full, however many there are; columns only as far as they fit.

use super::paint::{Ink, Line, Pen, WIDTH};
use super::{LockReport, Place, Report, ThreadReport};
use crate::lint::Lint;

/// More sides than this stand below each other.
const MOST_COLUMNS: usize = 3;
const GAP: usize = 3;

pub(super) fn draw(report: &Report, pen: &mut Pen) {
    let (heads, events) = (heads(report), events(report));
    let forms: [fn(&Event<'_>) -> Vec<Line>; 2] = [|event| event.in_one_line(), |event| event.in_two_lines()];
    let drawn = heads.len() <= MOST_COLUMNS
        && forms.iter().any(|form| {
            // Places in one column begin at the same character.
            let columns = Columns::new(&heads, &events, *form);
            columns.fit().then(|| columns.draw(&heads, &events, pen)).is_some()
        });
    if !drawn && report.is_about_races() {
        list(&heads, &events, pen);
    } else if !drawn {
        stack(&heads, &events, pen);
    }
}

/// One thing that happens in one column.
struct Event<'a> {
    column: usize,
    words: Line,
    /// The width of the widest `words` in the column.
    width: usize,
    place: Option<&'a Place>,
}

/// Returns the heads of the columns: the threads and, if there must be one, the writer.
fn heads(report: &Report) -> Vec<String> {
    let mut heads: Vec<String> = Vec::new();
    for side in &report.sides {
        let head = side.who();
        let again = heads.contains(&head);
        if again && report.is_about_races() {
            continue;
        }
        heads.push(if again { format!("{head}, elsewhere") } else { head });
    }
    if report.lint == Lint::WriterBetween.name() {
        heads.push(match (&report.writer, queues(report).len()) {
            (Some(writer), 1) => format!("thread {}, a writer", writer.thread),
            (_, 1) => "any writer".to_owned(),
            _ => "writers".to_owned(),
        });
    }
    heads
}

fn events(report: &Report) -> Vec<Event<'_>> {
    let event = |column, verb: &str, lock: usize, note: &str, place| {
        let words = Line::new(verb).then(Ink::Strong, &report.locks[lock].label).then(Ink::Plain, note);
        Event { column, words, width: 0, place }
    };
    let hold = |column: usize| {
        let side = &report.sides[column];
        let held = side.hold()?;
        if side.waits_with().is_some() {
            return Some(event(column, "with ", held.lock, "", None));
        }
        let verb = if is_waker(report, column) { "wants " } else { "holds " };
        let lasted = if side.wants.is_none() { side.lasted() } else { String::new() };
        let note = report.locks[held.lock].held_note(held.mode).to_owned() + &lasted;
        let label = event(column, verb, held.lock, &note, Some(&held.site));
        Some(if report.is_about_races() { Event { column: thread_column(report, column), ..label } } else { label })
    };
    let want = |column: usize| {
        let side = &report.sides[column];
        let want = side.wants.as_ref()?;
        if report.is_about_races() {
            let (verb, note) = report.access(column);
            let words = Line::new(format!("{verb} ")).then(Ink::Strong, access_label(report, want.lock));
            let words = words.then(Ink::Plain, note);
            return Some(Event { column: thread_column(report, column), words, width: 0, place: Some(&want.site) });
        }
        let note = want.mode.map_or("", |mode| report.locks[want.lock].mode_note(mode)).to_owned() + &side.lasted();
        let is_park = report.locks[want.lock].kind == "park";
        let verb = match want.deed {
            "park" | "notify" if is_park => {
                let verb = if is_waker(report, column) { "would unpark it" } else { report.verb(want) };
                let words = Line::new(verb.to_owned() + &note);
                return Some(Event { column, words, width: 0, place: Some(&want.site) });
            }
            "request" if is_waker(report, column) => "wants",
            "notify" if is_waker(report, column) => "would notify",
            "send" if is_waker(report, column) => "would send to",
            "receive" if is_waker(report, column) => "would receive from",
            "arrive" if is_waker(report, column) => "would arrive at",
            "release" if is_waker(report, column) => "would release",
            "set" if is_waker(report, column) => "would set",
            "get" if is_waker(report, column) => "would get from",
            "put" if is_waker(report, column) => "would put into",
            "task_done" if is_waker(report, column) => "would tell a task to",
            _ => report.verb(want),
        };
        Some(event(column, &format!("{verb} "), want.lock, &note, Some(&want.site)))
    };
    let sides = || 0..report.sides.len();
    let mut events: Vec<Event<'_>> = if is_one_after_the_other(report) {
        sides().flat_map(|side| [hold(side), want(side)]).flatten().collect()
    } else {
        let queues = queues(report);
        let place = report.writer.as_ref().filter(|_| queues.len() == 1).map(|writer| &writer.site);
        let writers = queues.iter().map(|&lock| event(report.sides.len(), "wants ", lock, " (write)", place));
        sides().filter_map(hold).chain(writers).chain(sides().filter_map(want)).collect()
    };
    for index in 0..events.len() {
        let same = events.iter().filter(|event| event.column == events[index].column);
        events[index].width = same.map(|event| event.words.width()).max().unwrap_or(0);
    }
    events
}

/// True if a side is the one who would wake the other, but has to have a lock first.
fn is_waker(report: &Report, side: usize) -> bool {
    side > 0 && report.lint == Lint::WaitWhileHolding.name()
}

/// True if the sides are told one after the other: they exclude each other, or one is from before.
fn is_one_after_the_other(report: &Report) -> bool {
    use Lint::{CondvarTwoMutexes, GatedOrder, LostNotify, SequentialOrder, WaitWhileHolding};
    let lints = [SequentialOrder, GatedOrder, WaitWhileHolding, LostNotify, CondvarTwoMutexes];
    report.is_about_races() || lints.iter().any(|lint| report.lint == lint.name())
}

/// Returns the column of a side of a race: a thread has one, however often it comes.
fn thread_column(report: &Report, side: usize) -> usize {
    let threads: Vec<&ThreadReport> = report.sides[..=side].iter().map(|side| &side.thread).collect();
    let mut seen: Vec<&ThreadReport> = Vec::new();
    threads.iter().for_each(|thread| {
        if !seen.contains(thread) {
            seen.push(thread)
        }
    });
    seen.iter().position(|thread| *thread == threads[side]).unwrap_or(0)
}

/// Returns what is accessed, without its place, which the title has told.
fn access_label(report: &Report, lock: usize) -> String {
    match report.locks[lock].name {
        Some(_) => report.locks[lock].label.clone(),
        None => report.said(lock),
    }
}

/// Returns the locks at which a reader waits for a reader, as only a writer between them can make it.
fn queues(report: &Report) -> Vec<usize> {
    if report.lint != Lint::WriterBetween.name() {
        return Vec::new();
    }
    let next = report.sides.iter().cycle().skip(1);
    let ends = report.sides.iter().zip(next);
    let shared = ends.filter_map(|(side, next)| {
        let want = side.wants.as_ref()?;
        (want.mode == Some("shared") && next.cycle_hold().mode == "shared").then_some(want.lock)
    });
    shared.collect()
}

impl Event<'_> {
    fn in_one_line(&self) -> Vec<Line> {
        let place = self.place.map(|place| faint(place, ""));
        vec![self.words.clone().padded(self.width + 2).and(place.unwrap_or_default())]
    }

    fn in_two_lines(&self) -> Vec<Line> {
        std::iter::once(self.words.clone()).chain(self.place.map(|place| faint(place, "  "))).collect()
    }
}

fn faint(place: &Place, indent: &str) -> Line {
    Line::new(indent).then(Ink::Faint, place.to_string())
}

/// A table with a column for each thread.
struct Columns {
    cells: Vec<Vec<Line>>,
    widths: Vec<usize>,
}

impl Columns {
    fn new(heads: &[String], events: &[Event<'_>], form: fn(&Event<'_>) -> Vec<Line>) -> Self {
        let cells: Vec<Vec<Line>> = events.iter().map(form).collect();
        let mut widths: Vec<usize> = heads.iter().map(|head| head.chars().count()).collect();
        for (event, cell) in events.iter().zip(&cells) {
            let widest = cell.iter().map(Line::width).max().unwrap_or(0);
            widths[event.column] = widths[event.column].max(widest);
        }
        Self { cells, widths }
    }

    fn fit(&self) -> bool {
        NUMBER.len() + self.widths.iter().map(|width| width + GAP).sum::<usize>() <= WIDTH + GAP
    }

    fn draw(&self, heads: &[String], events: &[Event<'_>], pen: &mut Pen) {
        let row = |ink: Ink, text: &dyn Fn(usize) -> String| {
            (0..heads.len()).fold(Line::new(NUMBER), |line, column| {
                line.and(Line::default().then(ink, text(column)).padded(self.widths[column] + GAP))
            })
        };
        pen.line(row(Ink::Plain, &|column| heads[column].clone()));
        pen.line(row(Ink::Faint, &|column| "-".repeat(self.widths[column])));
        for (index, (event, cell)) in events.iter().zip(&self.cells).enumerate() {
            let before: usize = self.widths[..event.column].iter().map(|width| width + GAP).sum();
            for (number, line) in cell.iter().enumerate() {
                let start = if number == 0 { format!("{:>3}  ", index + 1) } else { NUMBER.to_owned() };
                pen.line(Line::default().then(Ink::Faint, start).padded(NUMBER.len() + before).and(line.clone()));
            }
        }
    }
}

/// As wide as the number of a row.
const NUMBER: &str = "     ";

/// Draws accesses below each other, in their order.
fn list(heads: &[String], events: &[Event<'_>], pen: &mut Pen) {
    let width = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0) + GAP;
    for (index, event) in events.iter().enumerate() {
        let start =
            Line::default().then(Ink::Faint, format!("{:>3}  ", index + 1)).then(Ink::Plain, &heads[event.column]);
        for (number, line) in event.in_two_lines().into_iter().enumerate() {
            let start = if number == 0 { start.clone() } else { Line::default() };
            pen.line(start.padded(NUMBER.len() + width).and(line));
        }
    }
}

/// Draws the threads below each other: a line for each if that fits, else two, else one for each word.
fn stack(heads: &[String], events: &[Event<'_>], pen: &mut Pen) {
    let head_width = heads.iter().map(|head| head.chars().count()).max().unwrap_or(0) + 2;
    let rows: Vec<Vec<&Event<'_>>> =
        (0..heads.len()).map(|column| events.iter().filter(|event| event.column == column).collect()).collect();
    let width = |number: usize| rows.iter().filter_map(|row| row.get(number)).map(|event| event.words.width()).max();
    let place = |event: &&Event<'_>| event.place.map(|place| place.to_string().chars().count());
    let place_width = |number: usize| rows.iter().filter_map(|row| row.get(number)).filter_map(place).max();
    let cell = |number: usize| width(number).unwrap_or(0) + 2 + place_width(number).unwrap_or(0);
    let all_words = width(0).max(width(1)).unwrap_or(0);
    let one = 2 + head_width + cell(0) + GAP + cell(1) <= WIDTH;
    let two = 2 + head_width + all_words + 2 + place_width(0).max(place_width(1)).unwrap_or(0) <= WIDTH;
    for (head, row) in heads.iter().zip(&rows) {
        let start = Line::new(format!("  {head}")).padded(2 + head_width);
        let words = |event: &Event<'_>, width: usize| {
            event.words.clone().padded(width + 2).and(event.place.map(|place| faint(place, "")).unwrap_or_default())
        };
        if one && row.len() <= 2 {
            let cells = row
                .iter()
                .enumerate()
                .map(|(number, event)| words(event, width(number).unwrap_or(0)).padded(cell(number) + GAP));
            pen.line(cells.fold(start, Line::and));
        } else if two {
            for (number, event) in row.iter().enumerate() {
                let start = if number == 0 { start.clone() } else { Line::default().padded(2 + head_width) };
                pen.line(start.and(words(event, all_words)));
            }
        } else {
            pen.line(start);
            for event in row {
                event.in_two_lines().into_iter().for_each(|line| pen.line(Line::new("    ").and(line)));
            }
        }
    }
}

impl LockReport {
    /// Returns how a lock of this kind is taken in this mode, if there is a choice.
    pub(super) fn mode_note(&self, mode: &str) -> &'static str {
        match (self.kind, mode) {
            ("RwLock", "shared") => " (read)",
            ("RwLock", _) => " (write)",
            _ => "",
        }
    }

    /// Returns the same for a lock that is held.
    pub(super) fn held_note(&self, mode: &str) -> &'static str {
        if self.is_initialised() { " (initialising)" } else { self.mode_note(mode) }
    }
}
