//! Turns the ids of a finding into labels, types, places and threads.
//!
//! Must not know: sentences, formats.
//! INVARIANT: labels are unique within a report, and the same for the same finding in every run.

use super::{Frame, HeldReport, LockReport, Place, Report, Side, ThreadReport, Want, Writer, explain, frames};
use crate::event::{LockId, Kind, Mode};
use crate::finding::{Finding, Hold, Step, Wanted};
use crate::lint::{Level, Lint};
use crate::probe;
use crate::rt::{Backtrace, Site};

impl Report {
    /// Tells a finding.
    ///
    /// # Cost
    /// Resolves backtraces: up to a second for the first call in a large program.
    pub(crate) fn new(finding: &Finding, level: Level, fingerprint: &str, count: u64) -> Self {
        let mut report = describe(finding, level, frames::resolve);
        report.fingerprint = fingerprint.to_owned();
        report.count = count;
        (report.reasons, report.advice) = explain::explain(finding, &report);
        if finding.cut_short {
            report.holes.push(
                "The search for cycles reached its limit and was cut short: there may be a worse one than this."
                    .to_owned(),
            );
        }
        if finding.forgotten != 0 {
            report.holes.push(format!(
                "{} contexts in which locks were taken have been forgotten for lack of room: an order that was seen \
                 only there is not reported.",
                finding.forgotten
            ));
        }
        report
    }

    /// Returns the title that [`Report::new`] gives a finding, without the cost of its backtraces.
    pub(crate) fn new_title(finding: &Finding) -> String {
        describe(finding, Level::Allow, |_| Vec::new()).title
    }
}

fn describe(finding: &Finding, level: Level, resolve: fn(&Backtrace) -> Vec<Frame>) -> Report {
    let steps = explain::in_telling_order(finding);
    let mut locks = Locks::default();
    let wanted: Vec<usize> = steps.iter().map(|step| locks.add_edge(step)).collect();
    let stack = |stack: &Option<_>| stack.as_deref().map(resolve).unwrap_or_default();
    let mut held_by = |hold: &Hold| HeldReport {
        lock: locks.add_held(hold),
        mode: mode_word(hold.held.access.mode),
        site: Place::new(hold.held.site),
        backtrace: stack(&hold.backtrace),
    };
    let sides = steps.iter().zip(wanted).map(|(step, lock)| {
        let witness = &step.witness;
        let want = Want { lock, mode: mode_word(witness.mode), site: Place::new(witness.site) };
        Side {
            thread: ThreadReport { number: witness.thread.0, name: witness.thread_name.as_deref().map(clean) },
            held: witness.held.iter().map(&mut held_by).collect(),
            holds: step.from,
            wants: (finding.lint != Lint::LeakedGuard).then_some(want),
            backtrace: stack(&witness.backtrace),
        }
    });
    let mut report = Report {
        format: super::json::VERSION,
        code: finding.lint.code(),
        lint: finding.lint.name(),
        level: level.name(),
        title: String::new(),
        fingerprint: String::new(),
        count: 0,
        sides: sides.collect(),
        locks: locks.labelled(),
        writer: finding.writer.map(|(thread, site)| Writer { thread: thread.0, site: Place::new(site) }),
        reasons: Vec::new(),
        advice: Vec::new(),
        holes: Vec::new(),
    };
    report.title = explain::title(finding, &report);
    report
}

impl LockReport {
    /// Tells what a lock is. Its label is what suits it alone, and may not be unique among many.
    pub(crate) fn new(lock: &Wanted) -> Self {
        let kind = kind_word(lock.access.kind);
        let type_name = match lock.access.kind {
            Kind::Once => kind.to_owned(),
            _ => format!("{kind}<{}>", short_type((lock.access.type_name)())),
        };
        let (name, created) = (probe::name(lock.name.0), Place::new(lock.created));
        let label = match name {
            Some(name) => clean(name),
            None => format!("{kind} created at {}:{}", created.file, created.line),
        };
        Self { label, name, kind, type_name, created }
    }
}

impl Place {
    pub(crate) fn new(site: Site) -> Self {
        Self { file: site.file().to_owned(), line: site.line(), column: site.column() }
    }
}

/// The locks of a report, each once.
#[derive(Default)]
struct Locks {
    keys: Vec<LockId>,
    reports: Vec<LockReport>,
}

impl Locks {
    /// Adds both ends of an edge and returns the place of its end.
    fn add_edge(&mut self, step: &Step) -> usize {
        self.add_held(step.hold());
        self.add(&step.wanted)
    }

    fn add_held(&mut self, Hold { held, .. }: &Hold) -> usize {
        self.add(&Wanted { lock: held.lock, created: held.created, name: held.note.name(), access: held.access })
    }

    fn add(&mut self, lock: &Wanted) -> usize {
        self.keys.iter().position(|known| *known == lock.lock).unwrap_or_else(|| {
            self.keys.push(lock.lock);
            self.reports.push(LockReport::new(lock));
            self.keys.len() - 1
        })
    }

    /// Makes the labels unique: those that are not get a number each.
    fn labelled(mut self) -> Vec<LockReport> {
        let plain: Vec<String> = self.reports.iter().map(|lock| lock.label.clone()).collect();
        for (index, label) in plain.iter().enumerate() {
            if plain.iter().filter(|other| *other == label).count() > 1 {
                let is_taken = |candidate: &String| {
                    plain.contains(candidate) || self.reports[..index].iter().any(|lock| lock.label == *candidate)
                };
                let mut numbered = (1..).map(|number| format!("{label} #{number}"));
                self.reports[index].label = numbered.find(|candidate| !is_taken(candidate)).unwrap_or_default();
            }
        }
        self.reports
    }
}

/// Returns text that cannot move a cursor or change a colour.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// Returns a type's name without the modules of its parts: `Vec<Option<u8>>`.
///
/// A closure keeps the function that it is in: `main::{closure}`.
fn short_type(full: &str) -> String {
    let mut short = String::new();
    let is_path = |char: char| char.is_alphanumeric() || "_:{}#".contains(char);
    for part in full.split_inclusive(|char| !is_path(char)) {
        let path = part.trim_end_matches(|char| !is_path(char));
        short += short_path(path);
        short += &part[path.len()..];
    }
    short.replace("{{closure}}", "{closure}")
}

fn short_path(path: &str) -> &str {
    let mut start = 0;
    for (colons, _) in path.match_indices("::") {
        // What follows a `>` begins with its colons and is a member: it stays whole.
        let member = &path[colons + 2..];
        if colons > 0 && !member.starts_with('{') {
            start = colons + 2;
        }
    }
    &path[start..]
}

fn mode_word(mode: Mode) -> &'static str {
    if mode.is_exclusive() { "exclusive" } else { "shared" }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Mutex => "Mutex",
        Kind::RwLock => "RwLock",
        Kind::RLock => "RLock",
        Kind::Once => "Once",
        Kind::OnceLock => "OnceLock",
        Kind::LazyLock => "LazyLock",
        Kind::Condvar => "Condvar",
        Kind::Barrier => "Barrier",
        Kind::Channel => "channel",
        Kind::SyncChannel => "sync_channel",
        Kind::Thread => "thread",
        Kind::Park => "park",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_loses_its_modules_and_nothing_else() {
        for (full, short) in [
            ("u64", "u64"),
            ("()", "()"),
            ("alloc::vec::Vec<core::option::Option<u8>>", "Vec<Option<u8>>"),
            ("std::collections::hash::map::HashMap<&str, (u8, bank::Account)>", "HashMap<&str, (u8, Account)>"),
            (
                "alloc::boxed::Box<dyn core::ops::function::Fn(u8) -> bank::Id + core::marker::Send>",
                "Box<dyn Fn(u8) -> Id + Send>",
            ),
            ("dyn bank::Ledger", "dyn Ledger"),
            ("&mut [bank::Account; 3]", "&mut [Account; 3]"),
            ("*const bank::Account", "*const Account"),
            ("for<'a> fn(&'a bank::Id)", "for<'a> fn(&'a Id)"),
            ("bank::main::{{closure}}", "main::{closure}"),
            ("bank::pay::{{closure}}::{{closure}}", "pay::{closure}::{closure}"),
            ("bank::pay<bank::Id>::{{closure}}", "pay<Id>::{closure}"),
            ("<bank::Vault as bank::Store>::Key", "<Vault as Store>::Key"),
        ] {
            assert_eq!(short_type(full), short, "{full}");
        }
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(clean("a\u{1b}[31mb\n"), "a\u{fffd}[31mb\u{fffd}");
    }
}
