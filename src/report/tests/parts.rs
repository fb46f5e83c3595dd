//! Findings of permits, events and queues, built by hand, and held as text and as JSON.
//!
//! INVARIANT: as in `tests.rs`.

use super::fixture::{self, Bank, Shop};
use super::stuck::{access, party, thing};
use super::waits::snapshot;
use super::{named, report};
use crate::event::{Access, Deed, Kind, ThreadId};
use crate::finding::{Finding, Reservation, Wakers};
use crate::lint::Lint;

static SEMAPHORE: Access = access(Kind::Semaphore);
static EVENT: Access = access(Kind::Event);
static QUEUE: Access = access(Kind::Queue);

fn places() -> (Bank, Shop) {
    (fixture::open_bank(), fixture::open_shop())
}

fn threads<const COUNT: usize>(numbers: [u32; COUNT]) -> Box<[ThreadId]> {
    numbers.map(ThreadId).into()
}

/// Two have a permit each and want what a third one has, which wants a permit.
fn permits_in_other_hands() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let desks = thing(60, shop.doors.0, &SEMAPHORE);
    let holder = |number: u32| {
        let wants = Wakers::Each(threads([1]));
        party(number, "", Deed::Request, accounts, fixture::count_the_money(&bank), wants)
            .holding(desks, fixture::enter(&shop))
    };
    let (locked, entered) = fixture::close_the_shop(&bank, &shop);
    let asks = party(1, "main", Deed::Acquire, desks, entered, Wakers::AnyOf(threads([2, 3])));
    Finding::of_parties(Lint::Deadlock, vec![asks.holding(accounts, locked), holder(2), holder(3)])
}

fn permit_of_nobody() -> Finding {
    let (_, shop) = places();
    let desks = thing(60, shop.doors.0, &SEMAPHORE);
    let asks = party(1, "main", Deed::Acquire, desks, fixture::enter(&shop), Wakers::Anyone);
    Finding::of_parties(Lint::Stall, vec![asks])
}

fn event_that_nobody_sets() -> Finding {
    let (_, shop) = places();
    let open = thing(61, shop.doors.0, &EVENT);
    let waits = party(1, "main", Deed::WaitEvent, open, fixture::enter(&shop), Wakers::Anyone);
    Finding::of_parties(Lint::Stall, vec![waits])
}

fn event_while_holding() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let ((locked, waited), (needed, set)) = (fixture::close_the_shop(&bank, &shop), fixture::ring(&bank, &shop));
    let open = thing(61, shop.bell.0, &EVENT);
    Finding::of_parties(
        Lint::WaitWhileHolding,
        vec![
            party(1, "main", Deed::WaitEvent, open, waited, Wakers::Anyone).holding(accounts, locked),
            party(2, "ringer", Deed::Set, open, set, Wakers::Nobody).holding(accounts, needed),
        ],
    )
}

/// One puts under a lock that the only one who has taken so far wants.
fn full_queue() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, put) = fixture::place_an_order(&bank, &shop);
    let orders = thing(62, shop.orders.0, &QUEUE);
    let wants = Wakers::Each(threads([2]));
    let finding = Finding::of_parties(
        Lint::Deadlock,
        vec![
            party(2, "customer", Deed::Put, orders, put, Wakers::Users(threads([1]))).holding(accounts, locked),
            party(1, "main", Deed::Request, accounts, fixture::count_the_money(&bank), wants),
        ],
    );
    Finding { reservation: Some(Reservation::Habit), ..finding }
}

fn empty_queue() -> Finding {
    let (_, shop) = places();
    let orders = thing(62, shop.orders.0, &QUEUE);
    let gets = party(2, "clerk", Deed::Get, orders, fixture::take_an_order(&shop), Wakers::Anyone);
    Finding::of_parties(Lint::Stall, vec![gets])
}

fn task_that_is_never_done() -> Finding {
    let (bank, shop) = places();
    let orders = thing(62, shop.orders.0, &QUEUE);
    let joined = fixture::close_the_shop(&bank, &shop).1;
    let joins = party(1, "main", Deed::JoinTasks, orders, joined, Wakers::Debtors(threads([2])));
    Finding { reservation: Some(Reservation::Habit), ..Finding::of_parties(Lint::Stall, vec![joins]) }
}

fn all() -> [(&'static str, Finding); 7] {
    [
        ("permits_in_other_hands", permits_in_other_hands()),
        ("permit_of_nobody", permit_of_nobody()),
        ("event_that_nobody_sets", event_that_nobody_sets()),
        ("event_while_holding", event_while_holding()),
        ("full_queue", full_queue()),
        ("empty_queue", empty_queue()),
        ("task_that_is_never_done", task_that_is_never_done()),
    ]
}

#[test]
fn every_finding_of_a_part_reads_as_it_did() {
    for (name, finding) in all() {
        snapshot(name, report(&finding).to_string());
    }
    let lines: Vec<String> = all().iter().map(|(_, finding)| report(finding).to_json()).collect();
    snapshot("parts_as_json", lines.join("\n"));
}

#[test]
fn what_rests_on_habit_says_so_and_nothing_else_does() {
    for (name, finding) in all() {
        let text = report(&finding).to_string();
        let rests = finding.reservation.is_some();
        assert_eq!(text.contains("That is why this is only a warning"), rests, "{name}: {text}");
        let is_certain =
            ["can ever go on", "can never go on", "nobody is left"].iter().any(|words| text.contains(words));
        assert_eq!(is_certain, !rests && finding.lint != Lint::WaitWhileHolding, "{name}: {text}");
    }
}
