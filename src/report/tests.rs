//! Reports of findings that are built by hand, held as text.
//!
//! INVARIANT: every place is in `fixture.rs`, which never moves, so a snapshot changes only with what a report says.

mod parts;
mod races;
mod stuck;
mod waits;

use super::fixture::{self, Bank};
use super::{Frame, Place, Report, Style};
use crate::analysis::clock::VectorClock;
use crate::event::{Access, HeldLock, Kind, LockId, Mode, Name, Note, ThreadId, Tick};
use crate::finding::{Finding, Hold, Inherited, Step, Wanted, Witness};
use crate::lint::{Level, Lint};
use crate::probe;
use crate::rt::{Flag, Site};
use std::sync::Arc;

static MUTEX: Access = Access { kind: Kind::Mutex, mode: Mode::Exclusive, type_name: std::any::type_name::<Vec<u64>> };
static READ: Access = Access { kind: Kind::RwLock, mode: Mode::Shared, type_name: std::any::type_name::<Option<u8>> };
static WRITE: Access = Access { mode: Mode::Exclusive, ..READ };
static LAZY: Access = Access { kind: Kind::LazyLock, ..MUTEX };

/// A lock of a finding.
#[derive(Clone, Copy)]
struct Lock {
    id: u64,
    created: Site,
    name: Name,
    access: &'static Access,
}

/// Somebody who holds locks, oldest first, and requests one more.
struct Who {
    thread: u32,
    name: Option<&'static str>,
    held: Vec<(Lock, Site)>,
    from: usize,
    wanted: Lock,
    site: Site,
}

fn name(name: &'static str) -> Name {
    let mut record = probe::Record::new();
    record.set_name(name);
    Name((1..).find(|&number| probe::name(number) == Some(name)).unwrap())
}

fn lock(id: u64, created: Site, called: &'static str) -> Lock {
    Lock { id, created, name: name(called), access: &MUTEX }
}

impl Lock {
    fn unnamed(self) -> Self {
        Self { name: Name(0), ..self }
    }

    fn with(self, access: &'static Access) -> Self {
        Self { access, ..self }
    }
}

fn who(thread: u32, name: &'static str, held: Lock, wanted: Lock, (first, second): (Site, Site)) -> Who {
    Who { thread, name: Some(name), held: vec![(held, first)], from: 0, wanted, site: second }
}

impl Who {
    /// Holds one more lock, since before the others.
    fn under(mut self, gate: Lock, site: Site) -> Self {
        self.held.insert(0, (gate, site));
        self.from += 1;
        self
    }

    fn step(self) -> Step {
        let Self { thread, name, held, from, wanted, site } = self;
        let hold = |(lock, site): (Lock, Site)| Hold {
            held: HeldLock {
                lock: LockId(lock.id),
                created: lock.created,
                access: lock.access,
                site,
                known: 0,
                note: Note::new(lock.name),
            },
            since: Arc::default(),
            backtrace: None,
        };
        let witness = Witness {
            births: 0,
            thread: ThreadId(thread),
            thread_name: name.map(Arc::from),
            tick: Tick(1),
            held: held.into_iter().map(hold).collect(),
            inherited: Box::default(),
            mode: wanted.access.mode,
            site,
            backtrace: None,
        };
        let wanted =
            Wanted { lock: LockId(wanted.id), created: wanted.created, name: wanted.name, access: wanted.access };
        Step { witness: Arc::new(witness), from, wanted }
    }
}

fn finding(lint: Lint, sides: impl IntoIterator<Item = Who>) -> Finding {
    Finding::of_steps(lint, sides.into_iter().map(Who::step).collect())
}

fn report(finding: &Finding) -> Report {
    Report::new(finding, finding.lint.default_level(), &finding.fingerprint(), 1)
}

/// Gives a report what the stacks of these calls would.
fn with_stacks(mut report: Report, calls: &[&[&str]]) -> Report {
    for (side, calls) in report.sides.iter_mut().zip(calls) {
        let site = side.wants.as_ref().map(|want| want.site.clone());
        let mut places = std::iter::once(site.unwrap()).chain((0..).map(|call| Place {
            file: "src/main.rs".into(),
            line: 40 + call,
            column: 9,
        }));
        side.backtrace =
            calls.iter().map(|call| Frame { function: (*call).to_owned(), place: places.next() }).collect();
    }
    report
}

fn named(bank: &Bank) -> [Lock; 3] {
    [lock(11, bank.accounts.0, "accounts"), lock(12, bank.ledger.0, "ledger"), lock(13, bank.audit.0, "audit")]
}

fn two_threads() -> Finding {
    let bank = fixture::open_bank();
    let [accounts, ledger, _] = named(&bank);
    finding(
        Lint::LockOrder,
        [
            who(2, "auditor", ledger, accounts, fixture::close_the_day(&bank)),
            who(1, "teller", accounts, ledger, fixture::pay(&bank)),
        ],
    )
}

fn three_locks() -> Finding {
    let bank = fixture::open_bank();
    let [accounts, ledger, audit] = named(&bank);
    finding(
        Lint::LockOrder,
        [
            who(1, "teller", accounts, ledger, fixture::pay(&bank)),
            who(2, "clerk", ledger, audit, fixture::book(&bank)),
            who(3, "inspector", audit, accounts, fixture::inspect(&bank)),
        ],
    )
}

fn ring(count: u64) -> Finding {
    let branch = fixture::open_branch();
    let nth = |index: u64| lock(100 + index % count, branch.0, "").unnamed();
    let side = |index: u64| Who {
        name: None,
        ..who(index as u32 + 1, "", nth(index), nth(index + 1), fixture::transfer(&branch, &branch))
    };
    finding(Lint::LockOrder, (0..count).map(side))
}

fn settled(settle: fn(&Bank) -> (Site, Site)) -> Finding {
    let bank = fixture::open_bank();
    let [_, ledger, _] = named(&bank);
    let ledger = ledger.unnamed();
    finding(Lint::SelfDeadlock, [who(1, "main", ledger, ledger, settle(&bank))])
}

fn read_again() -> Finding {
    let bank = fixture::open_bank();
    let rates = lock(11, bank.accounts.0, "rates").with(&READ);
    finding(Lint::WriterBetween, [who(3, "quotes", rates, rates, fixture::quote(&bank))])
}

fn two_readers() -> Finding {
    let bank = fixture::open_bank();
    let (rates, limits) =
        (lock(11, bank.accounts.0, "rates").with(&READ), lock(12, bank.ledger.0, "limits").with(&READ));
    finding(
        Lint::WriterBetween,
        [
            who(2, "there", rates, limits, fixture::compare(&bank)),
            who(3, "back", limits, rates, fixture::compare_back(&bank)),
        ],
    )
}

fn classes() -> Finding {
    let (north, south) = (fixture::open_bank(), fixture::open_bank());
    let [accounts, ledger, _] = named(&north).map(Lock::unnamed);
    let [other_accounts, other_ledger, _] = named(&south).map(|lock| Lock { id: lock.id + 10, ..lock.unnamed() });
    finding(
        Lint::ClassOrder,
        [
            who(1, "north", accounts, ledger, fixture::pay(&north)),
            who(2, "south", other_ledger, other_accounts, fixture::close_the_day(&south)),
        ],
    )
}

/// The second side is over before the first begins.
fn joined() -> Finding {
    let mut finding = Finding { lint: Lint::SequentialOrder, ..two_threads() };
    let [later, earlier] = &mut finding.steps[..] else { unreachable!("two sides") };
    let mut clock = VectorClock::default();
    clock.set(earlier.witness.thread, earlier.witness.tick);
    Arc::get_mut(&mut later.witness).unwrap().held[0].since = Arc::new(clock);
    finding
}

fn one_thread() -> Finding {
    let bank = fixture::open_bank();
    let [accounts, ledger, _] = named(&bank);
    finding(
        Lint::SequentialOrder,
        [
            who(1, "main", accounts, ledger, fixture::pay(&bank)),
            who(1, "main", ledger, accounts, fixture::close_the_day(&bank)),
        ],
    )
}

fn gated() -> Finding {
    let bank = fixture::open_bank();
    let [accounts, ledger, audit] = named(&bank);
    let gate = fixture::close_the_gate(&bank);
    finding(
        Lint::GatedOrder,
        [
            who(1, "teller", accounts, ledger, fixture::pay(&bank)).under(audit, gate),
            who(2, "auditor", ledger, accounts, fixture::close_the_day(&bank)).under(audit, gate),
        ],
    )
}

/// The second side's thread runs while thread 1 holds the gate.
fn gated_from_outside() -> Finding {
    let mut finding = gated();
    let Witness { held, inherited, .. } = Arc::get_mut(&mut finding.steps[1].witness).unwrap();
    let gate = Inherited { held: held[0].held, holder: ThreadId(7), revoked: Flag::default() };
    *held = Box::new([Hold { held: held[1].held, since: Arc::default(), backtrace: None }]);
    *inherited = Box::new([Arc::new(gate)]);
    finding.steps[1].from = 0;
    finding
}

fn leaked() -> Finding {
    let bank = fixture::open_bank();
    let [accounts, ..] = named(&bank);
    finding(Lint::LeakedGuard, [who(4, "worker", accounts, accounts, fixture::pay(&bank))])
}

fn all() -> Vec<(&'static str, Finding)> {
    let writer = |finding: Finding| Finding {
        writer: Some((ThreadId(9), fixture::set_rates(&fixture::open_bank()))),
        ..finding
    };
    [
        ("two_threads", two_threads()),
        ("three_locks", three_locks()),
        ("ring_of_100", ring(100)),
        ("self_deadlock_in_a_match", settled(fixture::settle)),
        ("self_deadlock_in_a_callee", settled(fixture::settle_later)),
        ("read_again_without_a_writer", read_again()),
        ("read_again_with_a_writer", writer(read_again())),
        ("two_readers", two_readers()),
        ("classes", classes()),
        ("joined", joined()),
        ("one_thread", one_thread()),
        ("gated", gated()),
        ("gated_from_outside", gated_from_outside()),
        ("leaked_guard", leaked()),
    ]
    .into_iter()
    .chain(stuck::all())
    .chain(races::all())
    .collect()
}

#[test]
fn each_finding_reads_as_it_did() {
    for (name, finding) in all() {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, report(&finding));
        });
    }
}

#[test]
fn stacks_and_holes_read_as_they_did() {
    let finding = Finding { cut_short: true, forgotten: 3, ..two_threads() };
    let stacks: [&[&str]; 2] =
        [&["bank::Bank::close_the_day", "bank::main::{closure}"], &["bank::Bank::pay", "bank::main::{closure}"]];
    let report = Report { count: 3, ..with_stacks(report(&finding), &stacks) };
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("stacks_and_holes", report);
    });
}

#[test]
fn a_report_that_is_read_from_its_json_writes_the_same() {
    let stacks: [&[&str]; 2] = [&["bank::Bank::close_the_day", "C_code"], &["bank::Bank::pay"]];
    let finding = Finding { cut_short: true, forgotten: 3, ..two_threads() };
    let mut full = Report { count: 3, ..with_stacks(report(&finding), &stacks) };
    let frames = full.sides[0].backtrace.clone();
    full.sides[0].held[0].backtrace = frames;
    full.sides[0].backtrace[1].place = None;
    full.title += " \"\\\u{1b}\u{e4}\n";
    let every = all().into_iter().map(|(_, finding)| report(&finding));
    for report in every.chain([full]) {
        let json = report.to_json();
        // A name that nothing in this process has.
        for json in [json.replace("accounts", "other accounts"), json] {
            let read: Report = serde_json::from_str(&json).unwrap();
            assert_eq!(read.to_json(), json);
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for (name, finding) in all() {
        let report = report(&finding);
        let (plain, colored) = (report.render(Style::Plain), report.render(Style::Colored));
        assert!(!plain.contains('\u{1b}') && colored.contains('\u{1b}'), "{name}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain, "{name}");
    }
}

#[test]
fn no_line_is_wider_than_a_hundred_columns_or_ends_in_a_space() {
    for (name, finding) in all() {
        for line in report(&finding).render(Style::Plain).lines() {
            assert!(line.chars().count() <= 100 && !line.ends_with(' '), "{name}: {line}");
        }
    }
}

#[test]
fn the_first_twelve_lines_name_both_threads_all_locks_and_all_four_places() {
    let text = report(&two_threads()).to_string();
    let head: String = text.lines().take(12).collect();
    let told = report(&two_threads());
    for side in &told.sides {
        let want = side.wants.as_ref().unwrap();
        for fact in [side.thread.to_string(), side.held[0].site.to_string(), want.site.to_string()] {
            assert!(head.contains(&fact), "{fact} is not in {head}");
        }
    }
    assert!(head.contains("`accounts`") && head.contains("`ledger`"), "{head}");
}

#[test]
fn a_ring_is_drawn_in_full() {
    let text = report(&ring(100)).to_string();
    let has_line = |line: &str| text.lines().any(|other| other.trim() == line);
    let branch = "Mutex created at src/report/fixture.rs:52";
    for number in 1..=100 {
        assert!(text.lines().any(|line| line.split("  ").any(|part| part == format!("thread {number}"))), "{number}");
        assert!(text.contains(&format!("holds {branch} #{number} ")), "{number}");
    }
    // Two lines for each thread, and what is the same for all is said once.
    assert!(text.lines().count() < 250 && has_line(&format!("{branch} #1 to #100  100 of Mutex<Vec<u64>>")));
}

#[test]
fn labels_are_unique_and_numbered_in_order_only_where_they_must_be() {
    let [left, right] = fixture::open_two_branches();
    let sites = fixture::transfer(&left, &right);
    let labels = |left: Lock, right: Lock| {
        let told =
            report(&finding(Lint::LockOrder, [who(1, "a", left, right, sites), who(2, "b", right, left, sites)]));
        told.locks.into_iter().map(|lock| lock.label).collect::<Vec<_>>()
    };
    let (one, two) = (lock(1, left.0, "branch"), lock(2, right.0, "branch"));
    assert_eq!(labels(one, two), ["branch #1", "branch #2"]);
    let place = format!("Mutex created at {}:{}", left.0.file(), left.0.line());
    assert_eq!(labels(one.unnamed(), two.unnamed()), [format!("{place} #1"), format!("{place} #2")]);
    assert_eq!(labels(one, two.unnamed()), ["branch".to_owned(), place]);
    assert_eq!(labels(one, lock(3, right.0, "head office")), ["branch", "head office"]);
}

#[test]
fn a_number_never_repeats_a_name_that_the_user_chose() {
    let bank = fixture::open_bank();
    let [first, chosen, second] = ["till", "till #1", "till"].map(name);
    let [accounts, ledger, audit] = named(&bank);
    let (till, other, third) =
        (Lock { name: first, ..accounts }, Lock { name: chosen, ..ledger }, Lock { name: second, ..audit });
    let sites = fixture::pay(&bank);
    let told = report(&finding(
        Lint::LockOrder,
        [who(1, "a", till, other, sites), who(2, "b", other, third, sites), who(3, "c", third, till, sites)],
    ));
    let labels: Vec<&str> = told.locks.iter().map(|lock| lock.label.as_str()).collect();
    assert_eq!(labels, ["till #2", "till #1", "till #3"]);
}

#[test]
fn a_title_costs_no_stack_and_is_the_reports_own() {
    for (name, finding) in all() {
        assert_eq!(Report::new_title(&finding), report(&finding).title, "{name}");
    }
}

#[test]
fn a_control_character_in_a_name_does_not_reach_the_terminal() {
    let bank = fixture::open_bank();
    let [_, ledger, _] = named(&bank);
    let evil = lock(1, bank.accounts.0, "a\u{1b}[31m\nb");
    let side = who(1, "t\u{1b}[2J", evil, ledger, fixture::pay(&bank));
    let text = report(&finding(Lint::LockOrder, [side])).to_string();
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_denied_finding_is_an_error_and_its_level_is_lowered_by_one() {
    let denied = report(&two_threads()).to_string();
    assert!(denied.starts_with("error: ") && denied.contains("GORDIAN=lock_order=warn"), "{denied}");
    let warned = Report::new(&two_threads(), Level::Warn, "G010-0123456789abcdef", 1).to_string();
    assert!(warned.starts_with("warning: ") && warned.contains("GORDIAN=lock_order=allow"), "{warned}");
}

#[test]
fn a_shared_gate_is_named_as_no_excuse_and_readers_are_explained() {
    let bank = fixture::open_bank();
    let [accounts, ledger, audit] = named(&bank);
    let (accounts, audit) = (accounts.with(&READ), audit.with(&READ));
    let gate = fixture::read_the_rules(&bank);
    let told = report(&finding(
        Lint::LockOrder,
        [
            who(1, "teller", accounts, ledger, fixture::pay(&bank)).under(audit, gate),
            who(2, "auditor", ledger, accounts.with(&WRITE), fixture::close_the_day(&bank)).under(audit, gate),
        ],
    ));
    let reasons = told.reasons.join("\n");
    assert!(reasons.contains("`audit` was held by two sides, but only shared"), "{reasons}");
    assert!(reasons.contains("readers do not pass"), "{reasons}");
    let plain = report(&two_threads()).reasons.join("\n");
    assert!(!plain.contains("shared") && !plain.contains("readers"), "{plain}");
}

#[test]
fn a_guard_in_the_head_of_a_match_is_named_and_a_let_is_not() {
    let hint = |settle| report(&settled(settle)).advice.iter().any(|advice| advice.contains("head of a `match`"));
    assert!(hint(fixture::settle));
    assert!(!hint(fixture::settle_later));
}

#[test]
fn two_locks_that_one_line_takes_are_told_apart() {
    let bank = fixture::open_bank();
    let [accounts, ledger, _] = named(&bank);
    let site = fixture::close_the_gate(&bank);
    let side = |thread, held, wanted| who(thread, "loop", held, wanted, (site, site));
    let text = report(&finding(Lint::LockOrder, [side(1, accounts, ledger), side(2, ledger, accounts)])).to_string();
    assert!(text.contains("the first lock is taken here, then the next lock is requested here"), "{text}");
    let again = report(&finding(Lint::SelfDeadlock, [side(1, ledger, ledger)])).to_string();
    assert!(again.contains("`ledger` is taken here, and requested again") && !again.contains("then `"), "{again}");
}

#[test]
fn a_lazy_lock_is_held_while_it_initialises() {
    let bank = fixture::open_bank();
    let [accounts, ledger, _] = named(&bank);
    let lazy = accounts.with(&LAZY);
    let text = report(&finding(
        Lint::LockOrder,
        [
            who(1, "teller", lazy, ledger, fixture::pay(&bank)),
            who(2, "auditor", ledger, lazy, fixture::close_the_day(&bank)),
        ],
    ));
    let text = text.to_string();
    assert!(text.contains("holds accounts (initialising)") && text.contains("LazyLock<Vec<u64>>"), "{text}");
}
