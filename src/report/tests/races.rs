//! Reports of data races, lost updates and broken atomicity, from findings that are built by hand.
//!
//! INVARIANT: as in `tests.rs`.

use super::fixture::{self, Bank, Desk};
use super::stuck::{access, party, thing};
use super::{LAZY, Lock, READ, named, report};
use crate::event::{Access, Deed, Kind, Value};
use crate::finding::{Finding, Party, Wakers};
use crate::lint::Lint;
use crate::rt::Site;

static CELL: Access = access(Kind::UnsafeCell);
static SHARED: Access = Access { type_name: std::any::type_name::<u64>, ..access(Kind::Shared) };
static ATOMIC: Access = Access { type_name: || "core::sync::atomic::AtomicU64", ..access(Kind::Atomic) };
static POINTER: Access = Access { type_name: || "core::sync::atomic::AtomicPtr<u8>", ..access(Kind::Atomic) };
static MEMORY: Access = access(Kind::Memory);
static WRITE: Access = super::WRITE;

fn places() -> (Bank, Desk) {
    (fixture::open_bank(), fixture::open_desk())
}

fn does(thread: u32, name: &'static str, deed: Deed, thing: Lock, site: Site) -> Party {
    party(thread, name, deed, thing, site, Wakers::Nobody)
}

impl Party {
    fn seeing(self, value: Value) -> Self {
        Self { value: Some(value), ..self }
    }
}

fn hits(desk: &Desk) -> Lock {
    Lock { name: super::name("hits"), ..thing(60, desk.hits.0, &CELL) }
}

fn race(parties: [Party; 2]) -> Finding {
    Finding::of_parties(Lint::DataRace, parties.into())
}

pub(super) fn race_with_a_missing_lock() -> Finding {
    let (bank, desk) = places();
    let [accounts, ..] = named(&bank);
    let (locked, counted) = fixture::count_a_visit(&bank, &desk);
    race([
        does(2, "visitor", Deed::Write, hits(&desk), counted).holding(accounts, locked),
        does(3, "board", Deed::Read, hits(&desk), fixture::show_the_count(&desk)),
    ])
}

pub(super) fn race_without_locks() -> Finding {
    let (_, desk) = places();
    let cell = thing(60, desk.hits.0, &CELL);
    race([
        does(2, "visitor", Deed::Write, cell, fixture::count_a_visit(&places().0, &desk).1),
        does(3, "board", Deed::Read, cell, fixture::show_the_count(&desk)),
    ])
}

fn race_in_one_place() -> Finding {
    let (_, desk) = places();
    let site = fixture::count_slowly(&desk).1;
    let shared = thing(61, desk.total.0, &SHARED);
    race([2, 3].map(|thread| does(thread, "", Deed::Write, shared, site)))
}

fn race_under_different_locks() -> Finding {
    let (bank, desk) = places();
    let [accounts, ledger, _] = named(&bank);
    let (first, second) = (fixture::count_a_visit(&bank, &desk), fixture::show_the_count_under(&bank, &desk));
    race([
        does(2, "visitor", Deed::Write, hits(&desk), first.1).with(accounts, first.0),
        does(3, "board", Deed::Read, hits(&desk), second.1).with(ledger, second.0),
    ])
}

/// The writer has a read lock, and the reader none.
fn race_of_memory_under_a_read_lock() -> Finding {
    let (bank, desk) = places();
    let [accounts, ..] = named(&bank);
    let memory = thing(62, fixture::show_the_count(&desk), &MEMORY);
    let (locked, counted) = fixture::count_a_visit(&bank, &desk);
    race([
        does(3, "board", Deed::Read, memory, fixture::show_the_count(&desk)),
        does(2, "visitor", Deed::Write, memory, counted).holding(accounts.with(&READ), locked),
    ])
}

fn race_of_writers_under_one_read_lock() -> Finding {
    let (bank, desk) = places();
    let [accounts, ..] = named(&bank);
    let (locked, counted) = fixture::count_a_visit(&bank, &desk);
    let writer = |thread| does(thread, "", Deed::Write, hits(&desk), counted).with(accounts.with(&READ), locked);
    race([writer(2), writer(3)])
}

/// What was read, what somebody else made of it at once, and what overwrote that.
fn lost(numbers: [Value; 3]) -> Finding {
    let (_, desk) = places();
    let (read, written) = fixture::count_slowly(&desk);
    let total = thing(63, read, &ATOMIC);
    Finding::of_parties(
        Lint::LostUpdate,
        vec![
            does(2, "slow", Deed::Read, total, read).seeing(numbers[0]),
            does(3, "quick", Deed::Update, total, fixture::count_at_once(&desk)).seeing(numbers[1]),
            does(2, "slow", Deed::Write, total, written).seeing(numbers[2]),
        ],
    )
}

pub(super) fn lost_count() -> Finding {
    lost([5, 6, 6].map(Value::Unsigned))
}

/// All threads run the same code, on a cell.
fn lost_in_one_function() -> Finding {
    let (_, desk) = places();
    let (read, written) = fixture::count_slowly(&desk);
    let total = Lock { name: super::name("total"), ..thing(61, desk.total.0, &SHARED) };
    Finding::of_parties(
        Lint::LostUpdate,
        vec![
            does(2, "", Deed::Read, total, read).seeing(Value::Signed(-1)),
            does(3, "", Deed::Write, total, written).seeing(Value::Signed(1)),
            does(2, "", Deed::Write, total, written).seeing(Value::Signed(-2)),
        ],
    )
}

fn lost_entry() -> Finding {
    let (_, desk) = places();
    let ((read, written), (_, other)) = (fixture::push(&desk), fixture::push(&desk));
    let head = thing(64, read, &POINTER);
    Finding::of_parties(
        Lint::LostUpdate,
        vec![
            does(2, "", Deed::Read, head, read).seeing(Value::Address(0x1000)),
            does(3, "", Deed::Write, head, other).seeing(Value::Address(0x2000)),
            does(2, "", Deed::Write, head, written).seeing(Value::Address(0x3000)),
        ],
    )
}

/// Of a value that does not fit a word.
pub(super) fn lost_without_values() -> Finding {
    let Finding { mut parties, .. } = lost_in_one_function();
    parties.iter_mut().for_each(|party| party.value = None);
    Finding::of_parties(Lint::LostUpdate, parties)
}

fn split(parties: [Party; 3]) -> Finding {
    Finding::of_parties(Lint::Atomicity, parties.into())
}

pub(super) fn split_list() -> Finding {
    let (_, desk) = places();
    let jobs = super::lock(65, desk.jobs.0, "jobs");
    let ((look, take), (_, other)) = (fixture::take_a_job(&desk), fixture::take_a_job(&desk));
    split([
        does(2, "clerk", Deed::Read, jobs, look),
        does(3, "porter", Deed::Write, jobs, other),
        does(2, "clerk", Deed::Write, jobs, take),
    ])
}

/// The section is among what was held.
fn split_map() -> Finding {
    let (bank, desk) = places();
    let [accounts, ..] = named(&bank);
    let jobs = super::lock(65, desk.jobs.0, "jobs").unnamed();
    let (read, write) = (jobs.with(&READ), jobs.with(&WRITE));
    let (look, take) = fixture::take_a_job(&desk);
    let outer = fixture::count_the_money(&bank);
    split([
        does(2, "", Deed::Read, read, look).with(accounts, outer).with(read, look),
        does(3, "", Deed::Write, write, take).with(write, take),
        does(2, "", Deed::Write, write, take).with(accounts, outer).with(write, take),
    ])
}

fn triple(ways: [Deed; 3]) -> Finding {
    let (bank, desk) = places();
    let (other, show) = (fixture::count_a_visit(&bank, &desk).1, fixture::show_the_count(&desk));
    split([
        does(2, "board", ways[0], hits(&desk), show),
        does(3, "visitor", ways[1], hits(&desk), other),
        does(2, "board", ways[2], hits(&desk), show),
    ])
}

pub(super) fn all() -> Vec<(&'static str, Finding)> {
    use Deed::{Read, Update, Write};
    vec![
        ("race_with_a_missing_lock", race_with_a_missing_lock()),
        ("race_without_locks", race_without_locks()),
        ("race_in_one_place", race_in_one_place()),
        ("race_under_different_locks", race_under_different_locks()),
        ("race_of_memory_under_a_read_lock", race_of_memory_under_a_read_lock()),
        ("race_of_writers_under_one_read_lock", race_of_writers_under_one_read_lock()),
        ("lost_count", lost_count()),
        ("lost_in_one_function", lost_in_one_function()),
        ("lost_entry", lost_entry()),
        ("lost_without_values", lost_without_values()),
        ("split_list", split_list()),
        ("split_map", split_map()),
        ("split_reads", triple([Read, Write, Read])),
        ("split_write_and_read", triple([Update, Write, Read])),
        ("split_writes", triple([Write, Read, Write])),
        ("split_read_and_write", triple([Read, Write, Write])),
    ]
}

fn told(finding: &Finding) -> String {
    report(finding).to_string()
}

fn words(sentences: &[String]) -> String {
    sentences.join(" ")
}

#[test]
fn every_json_of_an_access_has_what_the_schema_names() {
    let lines: Vec<String> = all().iter().map(|(_, finding)| report(finding).to_json()).collect();
    super::waits::snapshot("races_as_json", lines.join("\n"));
}

#[test]
fn the_first_lines_name_all_threads_what_they_do_and_where() {
    for (name, finding) in all() {
        let told = report(&finding);
        let text = told.to_string();
        let head = text.split("\nside").next().unwrap();
        for side in &told.sides {
            let want = side.wants.as_ref().unwrap();
            assert!(head.contains(&side.thread.to_string()), "{name}: {head}");
            assert!(head.contains(&told.locks[want.lock].label), "{name}: {head}");
            assert!(head.contains(&want.site.to_string()), "{name}: {head}");
            assert!(side.value.iter().all(|value| head.contains(value)), "{name}: {head}");
        }
    }
}

#[test]
fn a_missing_lock_is_to_be_taken_where_it_was_not_held() {
    let (finding, advice) = (race_with_a_missing_lock(), |finding: &Finding| words(&report(finding).advice));
    let without = report(&finding).sides[1].wants.as_ref().unwrap().site.line;
    let wanted = format!("take it at src/report/fixture.rs:{without}, too.");
    assert!(advice(&finding).starts_with("If `accounts` is meant to guard `hits`,"), "{}", advice(&finding));
    assert!(advice(&finding).contains(&wanted) && !advice(&finding).contains("with `write`"), "{}", advice(&finding));
    assert!(advice(&race_of_memory_under_a_read_lock()).contains("And take it with `write` at"));
    for finding in [race_without_locks(), race_in_one_place(), race_under_different_locks()] {
        assert!(!advice(&finding).contains("is meant to guard"), "{}", advice(&finding));
    }
}

#[test]
fn locks_that_cannot_be_missing_are_not_told_as_such() {
    let (bank, desk) = places();
    let [accounts, ..] = named(&bank);
    let (locked, counted) = fixture::count_a_visit(&bank, &desk);
    let words = |first: Lock, second: Option<Lock>| {
        let show = does(3, "", Deed::Read, hits(&desk), fixture::show_the_count(&desk));
        let second = second.into_iter().fold(show, |party, lock| party.with(lock, locked));
        let told = report(&race([does(2, "", Deed::Write, hits(&desk), counted).with(first, locked), second]));
        words(&[told.reasons, told.advice].concat())
    };
    let lazy = words(accounts.with(&LAZY), None);
    assert!(lazy.contains("Neither side held a lock.") && !lazy.contains("is meant to guard"), "{lazy}");
    let common = words(accounts.with(&WRITE), Some(accounts.with(&READ)));
    assert!(!common.contains("held") && !common.contains("keep nobody out"), "{common}");
    assert!(words(accounts.with(&READ), Some(accounts.with(&READ))).contains("but only shared"));
}

#[test]
fn only_what_can_tear_is_undefined_behaviour() {
    let torn = |finding: &Finding| words(&report(finding).reasons).contains("are undefined behaviour");
    assert!(torn(&race_without_locks()) && torn(&race_of_memory_under_a_read_lock()));
    assert!(!torn(&race_in_one_place()), "it is a `Shared`");
}

#[test]
fn a_sum_is_told_of_numbers_that_changed_twice_and_of_nothing_else() {
    use Value::{Address, Bool, Signed, Unsigned};
    let sum = |values: [Value; 3]| {
        let reason = report(&lost(values)).reasons.remove(0);
        reason.split_once(": ").map(|(sum, _)| sum.to_owned())
    };
    for (values, wanted) in [
        ([5, 6, 6].map(Unsigned), "5 + 1 over 5 + 1"),
        ([5, 4, 8].map(Unsigned), "5 + 3 over 5 - 1"),
        ([u64::MAX, 0, 1].map(Unsigned), "18446744073709551615 + 2 over 18446744073709551615 + 1"),
        (
            [i64::MIN, i64::MAX, -1].map(Signed),
            "-9223372036854775808 + 9223372036854775807 over -9223372036854775808 - 1",
        ),
    ] {
        assert_eq!(sum(values).as_deref(), Some(wanted));
    }
    let differs = report(&lost([5, 4, 8].map(Unsigned))).reasons.remove(0);
    assert!(differs.ends_with(": with both changes the result would be 5 + 3 - 1, and not 8."), "{differs}");
    for values in [
        [5, 5, 6].map(Unsigned),
        [5, 6, 5].map(Unsigned),
        [0x10, 0x20, 0x30].map(Address),
        [false, true, true].map(Bool),
        [Unsigned(1), Signed(2), Unsigned(3)],
    ] {
        assert_eq!(sum(values), None, "{values:?}");
    }
    assert_eq!(report(&lost_without_values()).reasons.iter().find(|reason| reason.contains(" over ")), None);
}

#[test]
fn a_change_is_gone_only_if_the_values_say_so() {
    use Value::{Address, Bool, Unsigned};
    let end = |values: [Value; 3]| report(&lost(values)).title.split_once(": ").unwrap().1.to_owned();
    assert_eq!(end([5, 6, 6].map(Unsigned)), "the result has one of the two changes");
    assert_eq!(end([5, 6, 8].map(Unsigned)), "the change of thread 3 is gone");
    assert_eq!(end([5, 6, 5].map(Unsigned)), "the change of thread 3 is gone");
    for values in [[5, 5, 6].map(Unsigned), [1, 2, 3].map(Address), [false, true, true].map(Bool)] {
        assert_eq!(end(values), "the change of thread 3 is overwritten unseen", "{values:?}");
    }
}

#[test]
fn small_changes_speak_for_a_bug_and_equal_values_against_one() {
    let reasons = |values: [u64; 3]| words(&report(&lost(values.map(Value::Unsigned))).reasons);
    let (small, equal) = ("both changes are small here", "both wrote");
    assert!(reasons([5, 6, 6]).contains(small) && reasons([5, 6, 6]).contains(equal));
    assert!(!reasons([1_000, 2_000, 3_000]).contains(small) && !reasons([5, 6, 7]).contains(equal));
}

#[test]
fn what_replaces_a_read_and_a_write_fits_the_kind_of_value() {
    let advice = |finding: &Finding| report(finding).advice.remove(0);
    assert!(advice(&lost_count()).contains("`fetch_add`"));
    assert!(advice(&lost([false, true, true].map(Value::Bool))).contains("`fetch_or`"));
    let entry = advice(&lost_entry());
    assert!(entry.contains("`compare_exchange`") && !entry.contains("`fetch_"), "{entry}");
    assert!(advice(&lost_in_one_function()).contains("make it an atomic"));
}

/// Without room for columns the rows keep their order.
#[test]
fn a_thread_that_comes_twice_is_one_column_or_keeps_its_rows_in_order() {
    let heads = |text: &str| text.matches("thread 2 'slow'   ").count();
    assert_eq!(heads(&told(&lost_count())), 1);
    let mut finding = lost_count();
    let long = "a thread of the pool that has got a name which leaves no room for others";
    finding.parties.iter_mut().for_each(|party| party.thread_name = Some(long.into()));
    let text = told(&finding);
    let row =
        |number: usize, thread: u32, does: &str| text.find(&format!("  {number}  thread {thread} '{long}'   {does}"));
    let rows = [row(1, 2, "reads"), row(2, 3, "updates"), row(3, 2, "overwrites")];
    assert!(rows.is_sorted() && rows[0].is_some(), "{text}");
}

#[test]
fn a_race_with_a_thread_of_unknown_start_is_not_called_a_true_one() {
    let (sure, doubtful) = (race_without_locks(), Finding { doubt: 1, ..race_without_locks() });
    let says = |finding: &Finding, words: &str| report(finding).reasons.iter().any(|reason| reason.contains(words));
    assert!(says(&sure, "truly unordered") && !says(&sure, "only a warning"));
    assert!(!says(&doubtful, "truly unordered") && says(&doubtful, "not started through gordian"));
}

#[test]
fn an_atomic_is_called_by_its_type_and_no_place_is_made_up_for_it() {
    let Finding { mut parties, .. } = lost_count();
    let text = told(&lost_count());
    assert!(text.contains("the AtomicU64") && !text.contains("created at"), "{text}");
    // Another run accesses it elsewhere first.
    let elsewhere = fixture::push(&fixture::open_desk()).0;
    parties.iter_mut().for_each(|party| party.act.iter_mut().for_each(|(_, wanted)| wanted.created = elsewhere));
    let other = Finding::of_parties(Lint::LostUpdate, parties);
    assert_eq!(other.fingerprint(), lost_count().fingerprint());
    assert!(!other.sites().any(|site| site == elsewhere));
    assert!(told(&race_without_locks()).contains("the UnsafeCell created at src/report/fixture.rs:290"));
}

#[test]
fn a_section_is_not_told_as_a_lock_that_is_held_besides() {
    let text = told(&split_map());
    assert!(text.contains("`accounts` is taken here") && !text.contains("RwLock is taken here"), "{text}");
}

#[test]
fn stacks_stand_with_their_accesses() {
    let stacks: [&[&str]; 2] = [&["desk::count", "desk::main::{closure}"], &["desk::show"]];
    let told = super::with_stacks(report(&race_with_a_missing_lock()), &stacks);
    super::waits::snapshot("race_with_stacks", told.to_string());
}
