//! Turns a cycle of orders that no single process saw into a report: plain data of several processes, told as one finding.
//!
//! Must not know: how records are read or merged, findings of this process.
//! INVARIANT: the fingerprint is what one process that saw the whole cycle would have given it.

use super::describe::PROCESS_LOCK;
use super::{Frame, HeldReport, LockReport, Place, Report, Side, ThreadReport, Want, describe, explain, json, words};
use crate::fingerprint;
use crate::lint::{Level, Lint};
use crate::record::format::Mode;

/// A lock class of a cycle.
#[derive(Clone, Debug)]
pub struct Lock<'a> {
    /// The name the user gave it.
    pub name: Option<&'a str>,
    /// What kind of lock it is, such as `Mutex`.
    pub kind: &'a str,
    /// Its type, such as `Mutex<Vec<u64>>`.
    pub type_name: &'a str,
    /// Where it was created.
    pub created: &'a Place,
}

/// A thread of some process that held one lock of the cycle and requested the next one.
#[derive(Clone, Debug)]
pub struct Party<'a> {
    /// The program's name.
    pub program: &'a str,
    /// The process.
    pub pid: u32,
    /// The machine, if the parties are of several.
    pub host: Option<&'a str>,
    /// The test that the process was started for, if it was started for one.
    pub test: Option<&'a str>,
    /// The thread's number, from 1.
    pub thread: u32,
    /// Its name, if it has one.
    pub thread_name: Option<&'a str>,
    /// How the first lock was held.
    pub held: Mode,
    /// Where it was requested.
    pub held_at: &'a Place,
    /// How the next one was requested.
    pub wanted: Mode,
    /// Where that was.
    pub wanted_at: &'a Place,
    /// What else was held, each a place in the list of locks.
    pub gates: Vec<usize>,
    /// The stack of the request.
    pub backtrace: Vec<Frame>,
}

/// Returns a place in the source.
pub fn place(file: &str, line: u32, column: u32) -> Place {
    Place { file: file.to_owned(), line, column }
}

/// True of a kind of locks whose names are paths: those of one name are one lock, in all processes of a machine.
pub fn is_between_processes(kind: &str) -> bool {
    kind == PROCESS_LOCK
}

/// Returns the report of a cycle: the party at each place holds the lock at that place and wants the next one, the last
/// party the first lock. Locks that are no part of the cycle come after those that are.
pub fn class_order(level: Level, locks: &[Lock<'_>], parties: &[Party<'_>]) -> Report {
    let mut report = of(Lint::ClassOrder, level, locks, parties);
    report.advice.push(explain::NAME_THE_ROLES.to_owned());
    report
}

/// Like [`class_order`], of a cycle of locks between processes of one machine: these are the same locks in all of them.
pub fn lock_order(level: Level, locks: &[Lock<'_>], parties: &[Party<'_>]) -> Report {
    of(Lint::LockOrder, level, locks, parties)
}

fn of(lint: Lint, level: Level, locks: &[Lock<'_>], parties: &[Party<'_>]) -> Report {
    let sides = parties.iter().enumerate().map(|(held, party)| side(party, held, (held + 1) % parties.len()));
    let mut prints: Vec<String> = parties
        .iter()
        .zip(locks)
        .map(|(party, lock)| fingerprint::side(lock.created, party.held_at, party.wanted_at))
        .collect();
    fingerprint::rotate(&mut prints);
    let mut report = Report {
        format: json::VERSION,
        code: lint.code(),
        lint: lint.name(),
        level: level.name(),
        title: String::new(),
        fingerprint: fingerprint::of(lint.code(), &prints),
        count: 1,
        sides: sides.collect(),
        locks: labelled(locks),
        writer: None,
        doubt: 0,
        reasons: Vec::new(),
        advice: Vec::new(),
        holes: Vec::new(),
    };
    report.title = title(&report);
    report.reasons = reasons(&report, parties);
    report.advice = explain::one_order(&report);
    report
}

fn side(party: &Party<'_>, held: usize, wanted: usize) -> Side {
    let host = party.host.map(|host| format!(" on {host}")).unwrap_or_default();
    let hold =
        HeldReport { lock: held, mode: mode_word(party.held), site: party.held_at.clone(), backtrace: Vec::new() };
    Side {
        process: Some(describe::clean(&format!("{} (process {}{host})", party.program, party.pid))),
        thread: ThreadReport { number: party.thread, name: party.thread_name.map(describe::clean) },
        held: vec![hold],
        holds: Some(0),
        wants: Some(Want {
            lock: wanted,
            deed: "request",
            mode: Some(mode_word(party.wanted)),
            site: party.wanted_at.clone(),
            wakers: None,
        }),
        lasted_ms: None,
        value: None,
        backtrace: party.backtrace.clone(),
    }
}

fn mode_word(mode: Mode) -> &'static str {
    if mode == Mode::Exclusive { "exclusive" } else { "shared" }
}

fn labelled(locks: &[Lock<'_>]) -> Vec<LockReport> {
    let told = |lock: &Lock<'_>| {
        let created = lock.created.clone();
        LockReport {
            label: describe::label(lock.name, lock.kind, &created),
            name: lock.name.map(words::kept),
            kind: words::kept(lock.kind),
            type_name: lock.type_name.to_owned(),
            created,
        }
    };
    let mut locks: Vec<LockReport> = locks.iter().map(told).collect();
    describe::make_unique(&mut locks);
    locks
}

fn title(report: &Report) -> String {
    let takes = |side: &Side| {
        let (held, wanted) = (side.cycle_hold().lock, side.wants.as_ref().map_or(0, |want| want.lock));
        format!("{} takes {}, then {}", side.who(), report.said_in_full(held), report.said_in_full(wanted))
    };
    let (pair, ring) = if is_of_one_lock_each(report) {
        ("each can wait for the other for ever", "each process can wait for the next for ever")
    } else {
        (
            "not in one process yet, where each could wait for the other for ever",
            "not in one process yet, where each thread could wait for the next for ever",
        )
    };
    match &report.sides[..] {
        [one, other] => format!("{}; {} takes them the other way round: {pair}", takes(one), other.who()),
        _ => format!("{} form a cycle, each held while the next is requested: {ring}", explain::ring(report)),
    }
}

/// True if all processes have the same locks.
fn is_of_one_lock_each(report: &Report) -> bool {
    report.lint == Lint::LockOrder.name()
}

fn reasons(report: &Report, parties: &[Party<'_>]) -> Vec<String> {
    let told = parties.iter().zip(&report.sides).map(|(party, side)| {
        let test = party.test.map(|test| format!(", test `{}`", describe::clean(test))).unwrap_or_default();
        let host = party.host.map(|host| format!(" on {}", describe::clean(host))).unwrap_or_default();
        format!(
            "`{}` (process {}{host}, {}{test}) requested {} under {}",
            describe::clean(party.program),
            party.pid,
            side.thread,
            report.said_in_full(side.wants.as_ref().map_or(0, |want| want.lock)),
            report.said_in_full(side.cycle_hold().lock)
        )
    });
    let told: Vec<String> = told.collect();
    let every = if parties.len() == 2 { "both" } else { "all of it" };
    let mut reasons = vec![format!("{}; no process did {every}.", told.join("; "))];
    reasons.push(if is_of_one_lock_each(report) {
        "Locks between processes are the same in all of them. Nothing hung since the processes were not at these places at \
         one time; whether something keeps them apart, no record has shown."
            .to_owned()
    } else {
        "Each process has locks of its own, so nothing could hang yet. A process that comes by all these places has every \
         side. Whether it would run them in one thread, or one after the other, no process has shown."
            .to_owned()
    });
    let modes = |party: &Party<'_>, next: &Party<'_>| party.wanted == Mode::Exclusive || next.held == Mode::Exclusive;
    let needs_writer = parties.iter().zip(parties.iter().cycle().skip(1)).any(|(party, next)| !modes(party, next));
    if needs_writer {
        reasons.push(explain::WRITER_RULE.to_owned());
    }
    reasons.push(gates(report, parties));
    reasons
}

/// Returns what is to say of the other locks that were held.
fn gates(report: &Report, parties: &[Party<'_>]) -> String {
    let numbered = (1..).zip(parties).filter(|(_, party)| !party.gates.is_empty());
    let held: Vec<String> = numbered
        .map(|(number, party)| {
            let names: Vec<String> = party.gates.iter().map(|&gate| report.said_in_full(gate)).collect();
            format!("side {number} held {}", names.join(", "))
        })
        .collect();
    let none = "No lock was held by two sides that would have let only one of them in";
    if held.is_empty() { format!("{none}.") } else { format!("{none}: beside these, {}.", held.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Style, fixture};
    use crate::rt::Site;

    fn place(site: Site) -> Place {
        Place::new(site)
    }

    fn party<'a>(program: &'a str, pid: u32, (held_at, wanted_at): (&'a Place, &'a Place)) -> Party<'a> {
        Party {
            program,
            pid,
            host: None,
            test: None,
            thread: 1,
            thread_name: Some("main"),
            held: Mode::Exclusive,
            held_at,
            wanted: Mode::Exclusive,
            wanted_at,
            gates: Vec::new(),
            backtrace: Vec::new(),
        }
    }

    fn mutex<'a>(name: Option<&'a str>, created: &'a Place) -> Lock<'a> {
        Lock { name, kind: "Mutex", type_name: "Mutex<Vec<u64>>", created }
    }

    fn check(name: &str, report: &Report) {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, report.render(Style::Plain));
        });
    }

    #[test]
    fn two_processes_are_told_side_by_side() {
        let bank = fixture::open_bank();
        let [accounts, ledger] = [bank.accounts.0, bank.ledger.0].map(place);
        let (pay, close) = (fixture::pay(&bank), fixture::close_the_day(&bank));
        let [pay, close] = [pay, close].map(|(first, second)| (place(first), place(second)));
        let locks = [mutex(Some("accounts"), &accounts), mutex(Some("ledger"), &ledger)];
        let one = Party { test: Some("tests::pays"), ..party("transfers", 4711, (&pay.0, &pay.1)) };
        let other = party("audit", 4712, (&close.0, &close.1));
        let report = class_order(Level::Warn, &locks, &[one, other]);
        // What one process would have called it: see the snapshot `classes`.
        assert_eq!(report.fingerprint, "G011-15acfe00a6a40a95");
        check("two_processes", &report);
    }

    #[test]
    fn three_processes_without_names_are_told_one_below_the_other() {
        let bank = fixture::open_bank();
        let [accounts, ledger, audit] = [bank.accounts.0, bank.ledger.0, bank.audit.0].map(place);
        let calls = [fixture::pay(&bank), fixture::book(&bank), fixture::inspect(&bank)];
        let calls = calls.map(|(first, second)| (place(first), place(second)));
        let gate = place(fixture::open_branch().0);
        let locks = [mutex(None, &accounts), mutex(None, &ledger), mutex(None, &audit), mutex(None, &gate)];
        let mut parties: Vec<Party<'_>> =
            calls.iter().zip(1..).map(|(call, pid)| party("bank", pid, (&call.0, &call.1))).collect();
        parties[1].gates = vec![3];
        (parties[0].wanted, parties[1].held) = (Mode::Shared, Mode::Shared);
        parties[0].host = Some("north");
        let report = class_order(Level::Warn, &locks, &parties);
        let again: Report = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!(again.to_json(), report.to_json());
        check("three_processes", &report);
    }
}
