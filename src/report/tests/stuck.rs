//! Findings of what threads wait for, built by hand.
//!
//! INVARIANT: as in `tests.rs`.

use super::fixture::{self, Bank, Shop};
use super::{LAZY, Lock, READ, WRITE, lock, named};
use crate::event::{Access, Deed, HeldLock, Kind, LockId, Mode, Name, Note, ThreadId};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::rt::Site;
use std::time::Duration;

pub(super) const fn access(kind: Kind) -> Access {
    Access { kind, mode: Mode::Exclusive, type_name: std::any::type_name::<String> }
}

static CONDVAR: Access = access(Kind::Condvar);
static BARRIER: Access = access(Kind::Barrier);
static CHANNEL: Access = access(Kind::Channel);
static SYNC_CHANNEL: Access = access(Kind::SyncChannel);
static THREAD: Access = access(Kind::Thread);
static PARK: Access = access(Kind::Park);

pub(super) fn thing(id: u64, created: Site, access: &'static Access) -> Lock {
    Lock { id, created, name: Name(0), access }
}

/// A thread that does something to something.
pub(super) fn party(thread: u32, name: &'static str, deed: Deed, wanted: Lock, site: Site, wakers: Wakers) -> Party {
    let wanted = Wanted { lock: LockId(wanted.id), created: wanted.created, name: wanted.name, access: wanted.access };
    Party { act: Some((deed, wanted)), wakers, ..idle(thread, name, site) }
}

fn idle(thread: u32, name: &'static str, site: Site) -> Party {
    Party {
        thread: ThreadId(thread),
        thread_name: (!name.is_empty()).then(|| name.into()),
        held: Box::default(),
        holds: None,
        act: None,
        site,
        backtrace: None,
        wakers: Wakers::Nobody,
        lasted: None,
        value: None,
    }
}

impl Party {
    /// Holds a lock that nobody waits for.
    pub(super) fn with(mut self, lock: Lock, site: Site) -> Self {
        let Lock { id, created, name, access } = lock;
        let held = HeldLock { lock: LockId(id), created, access, site, known: 0, note: Note::new(name) };
        self.held = self.held.iter().copied().chain([held]).collect();
        self
    }

    /// Holds what the finding is about.
    pub(super) fn holding(self, lock: Lock, site: Site) -> Self {
        Self { holds: Some(self.held.len()), ..self.with(lock, site) }
    }

    fn lasting(self, millis: u64) -> Self {
        Self { lasted: Some(Duration::from_millis(millis)), ..self }
    }
}

fn each(threads: impl IntoIterator<Item = u32>) -> Wakers {
    Wakers::Each(threads.into_iter().map(ThreadId).collect())
}

fn requests(thread: u32, name: &'static str, wanted: Lock, site: Site, holder: u32) -> Party {
    party(thread, name, Deed::Request, wanted, site, each([holder]))
}

fn deadlock(parties: impl IntoIterator<Item = Party>) -> Finding {
    Finding::of_parties(Lint::Deadlock, parties.into_iter().collect())
}

fn stall(parties: impl IntoIterator<Item = Party>) -> Finding {
    Finding::of_parties(Lint::Stall, parties.into_iter().collect())
}

fn places() -> (Bank, Shop) {
    (fixture::open_bank(), fixture::open_shop())
}

pub(super) fn two_threads() -> Finding {
    let (bank, _) = places();
    let [accounts, ledger, _] = named(&bank);
    let ((first, second), (third, fourth)) = (fixture::pay(&bank), fixture::close_the_day(&bank));
    deadlock([
        requests(3, "auditor", accounts, fourth, 2).holding(ledger, third),
        requests(2, "teller", ledger, second, 3).holding(accounts, first),
    ])
}

/// Each holds a fork and waits for the next one.
fn philosophers() -> Finding {
    let branch = fixture::open_branch();
    let names = ["Hypatia", "Diogenes", "Plato", "Aspasia", "Zeno"];
    let fork = |seat: usize| lock(20 + seat as u64, branch.0, ["fork 0", "fork 1", "fork 2", "fork 3", "fork 4"][seat]);
    let (left, right) = fixture::transfer(&branch, &branch);
    let seat = |seat: usize| {
        let next = (seat + 1) % 5;
        requests(seat as u32 + 2, names[seat], fork(next), right, next as u32 + 2).holding(fork(seat), left)
    };
    deadlock([4, 0, 1, 2, 3].map(seat))
}

pub(super) fn ring(count: u32) -> Finding {
    let branch = fixture::open_branch();
    let nth = |index: u32| lock(100 + u64::from(index % count), branch.0, "").unnamed();
    let (first, second) = fixture::transfer(&branch, &branch);
    let thread = |index: u32| {
        requests(index + 1, "", nth(index + 1), second, (index + 1) % count + 1).holding(nth(index), first)
    };
    deadlock((0..count).map(thread))
}

pub(super) fn lock_and_join() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, joined) = fixture::close_the_shop(&bank, &shop);
    deadlock([
        party(1, "main", Deed::Join, thing(50, shop.clerk.0, &THREAD), joined, each([2])).holding(accounts, locked),
        requests(2, "clerk", accounts, fixture::count_the_money(&bank), 1),
    ])
}

fn lock_and_scope() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, joined) = fixture::close_the_shop(&bank, &shop);
    let clerk = |number| requests(number, "", accounts, fixture::count_the_money(&bank), 1);
    let scope = party(1, "main", Deed::EndScope, thing(50, shop.clerk.0, &THREAD), joined, each([2, 3, 4]));
    deadlock([scope.holding(accounts, locked), clerk(2)])
}

fn lock_and_channel() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, received) = fixture::take_orders(&bank, &shop);
    let orders = thing(51, shop.orders.0, &CHANNEL);
    deadlock([
        requests(2, "customer", accounts, fixture::place_an_order(&bank, &shop).0, 1),
        party(1, "main", Deed::Receive, orders, received, Wakers::Anyone).holding(accounts, locked),
    ])
}

fn lock_and_full_channel() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, sent) = fixture::place_an_order(&bank, &shop);
    let orders = thing(51, shop.orders.0, &SYNC_CHANNEL);
    deadlock([
        party(2, "customer", Deed::Send, orders, sent, Wakers::Anyone).holding(accounts, locked),
        requests(1, "main", accounts, fixture::take_orders(&bank, &shop).0, 2),
    ])
}

/// The wait gives back its own mutex, and not the other one.
fn lock_and_condvar() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (first, _, waited) = fixture::doze(&bank, &shop);
    let bell = thing(52, shop.bell.0, &CONDVAR);
    deadlock([
        requests(3, "ringer", accounts, fixture::ring(&bank, &shop).0, 2),
        party(2, "sleeper", Deed::Wait, bell, waited, Wakers::Anyone).holding(accounts, first),
    ])
}

/// A notified thread cannot have its mutex again.
fn mutex_of_a_wait() -> Finding {
    let (bank, shop) = places();
    let [_, ledger, audit] = named(&bank);
    let (_, waited) = fixture::listen(&bank, &shop);
    let (booked, audited) = fixture::book(&bank);
    let bell = thing(52, shop.bell.0, &CONDVAR);
    deadlock([
        requests(3, "clerk", audit, audited, 2).holding(ledger, booked),
        party(2, "sleeper", Deed::Wait, bell, waited, each([3])).holding(audit, fixture::close_the_gate(&bank)),
    ])
}

/// Thread 2 holds a read that the writer waits for; the reader of thread 4 is behind that writer.
fn reader_behind_a_writer() -> Finding {
    let (bank, _) = places();
    let [accounts, ledger, _] = named(&bank);
    let (read, write) = (accounts.with(&READ), accounts.with(&WRITE));
    let (first, second) = fixture::compare(&bank);
    let (third, fourth) = fixture::compare_back(&bank);
    deadlock([
        requests(4, "back", read, fourth, 3).holding(ledger, third),
        requests(3, "writer", write, fixture::set_rates(&bank), 2),
        requests(2, "there", ledger, second, 4).holding(read, first),
    ])
}

/// A thread reads again what it reads already, and a writer has come in between.
fn read_again_behind_a_writer() -> Finding {
    let (bank, _) = places();
    let [accounts, ..] = named(&bank);
    let (first, again) = fixture::quote(&bank);
    deadlock([
        requests(2, "quotes", accounts.with(&READ), again, 3).holding(accounts.with(&READ), first),
        requests(3, "rates", accounts.with(&WRITE), fixture::set_rates(&bank), 2),
    ])
}

fn two_readers_and_a_writer() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let reader = |number| {
        let doors = thing(53, shop.doors.0, &BARRIER);
        party(number, "", Deed::Arrive, doors, fixture::enter(&shop), Wakers::Anyone)
            .holding(accounts.with(&READ), fixture::quote(&bank).0)
    };
    let set = fixture::set_rates(&bank);
    deadlock([party(2, "rates", Deed::Request, accounts.with(&WRITE), set, each([3, 4])), reader(3), reader(4)])
}

fn once() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let lazy = accounts.with(&LAZY);
    let (forced, joined) = fixture::close_the_shop(&bank, &shop);
    deadlock([
        requests(2, "clerk", lazy, fixture::count_the_money(&bank), 1),
        party(1, "main", Deed::Join, thing(50, shop.clerk.0, &THREAD), joined, each([2])).holding(lazy, forced),
    ])
}

fn gone_holder() -> Finding {
    let (bank, _) = places();
    let [accounts, ..] = named(&bank);
    let site = fixture::count_the_money(&bank);
    deadlock([party(1, "main", Deed::Request, accounts, site, Wakers::Gone(ThreadId(4)))])
}

/// The receiver keeps a sender of its own.
pub(super) fn stall_of_one() -> Finding {
    let (_, shop) = places();
    let orders = thing(51, shop.orders.0, &CHANNEL);
    stall([party(1, "main", Deed::Receive, orders, fixture::take_an_order(&shop), Wakers::Anyone)])
}

pub(super) fn stall_of_three() -> Finding {
    let (_, shop) = places();
    let (bank, _) = places();
    stall([
        party(
            1,
            "main",
            Deed::Join,
            thing(50, shop.clerk.0, &THREAD),
            fixture::close_the_shop(&bank, &shop).1,
            each([2]),
        ),
        party(
            2,
            "clerk",
            Deed::Receive,
            thing(51, shop.orders.0, &CHANNEL),
            fixture::take_an_order(&shop),
            Wakers::Anyone,
        ),
        party(3, "guard", Deed::Arrive, thing(53, shop.doors.0, &BARRIER), fixture::enter(&shop), Wakers::Anyone),
    ])
}

/// Six threads of one making, and one that sleeps.
fn stall_of_many() -> Finding {
    let (bank, shop) = places();
    let (orders, bell) = (thing(51, shop.orders.0, &CHANNEL), thing(52, shop.bell.0, &CONDVAR));
    let clerk = |number| party(number, "", Deed::Receive, orders, fixture::take_an_order(&shop), Wakers::Anyone);
    let sleeper = party(1, "main", Deed::Wait, bell, fixture::listen(&bank, &shop).1, Wakers::Anyone);
    stall(std::iter::once(sleeper).chain((2..8).map(clerk)))
}

fn parked() -> Finding {
    let (_, shop) = places();
    let rest = fixture::rest(&shop);
    stall([party(2, "clerk", Deed::Park, thing(54, rest, &PARK), rest, Wakers::Anyone)])
}

fn wait_while_holding() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (first, _, waited) = fixture::doze(&bank, &shop);
    let (needed, rung) = fixture::ring(&bank, &shop);
    let bell = thing(52, shop.bell.0, &CONDVAR);
    Finding::of_parties(
        Lint::WaitWhileHolding,
        vec![
            party(2, "sleeper", Deed::Wait, bell, waited, Wakers::Anyone).holding(accounts, first),
            party(3, "ringer", Deed::Notify, bell, rung, Wakers::Nobody).holding(accounts, needed),
        ],
    )
}

fn join_while_holding() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, joined) = fixture::close_the_shop(&bank, &shop);
    let clerk = thing(50, shop.clerk.0, &THREAD);
    Finding::of_parties(
        Lint::WaitWhileHolding,
        vec![
            party(1, "main", Deed::Join, clerk, joined, each([2])).holding(accounts, locked),
            party(2, "clerk", Deed::Request, accounts, fixture::count_the_money(&bank), Wakers::Nobody),
        ],
    )
}

fn receive_while_holding() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let ((locked, received), (needed, sent)) =
        (fixture::take_orders(&bank, &shop), fixture::place_an_order(&bank, &shop));
    let orders = thing(51, shop.orders.0, &CHANNEL);
    Finding::of_parties(
        Lint::WaitWhileHolding,
        vec![
            party(1, "main", Deed::Receive, orders, received, Wakers::Anyone).holding(accounts, locked),
            party(2, "customer", Deed::Send, orders, sent, Wakers::Nobody).holding(accounts, needed),
        ],
    )
}

fn park_while_holding() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank);
    let (locked, rest) = (fixture::count_the_money(&bank), fixture::rest(&shop));
    let (needed, rung) = fixture::ring(&bank, &shop);
    let token = thing(54, rest, &PARK);
    Finding::of_parties(
        Lint::WaitWhileHolding,
        vec![
            party(2, "sleeper", Deed::Park, token, rest, Wakers::Anyone).holding(accounts, locked),
            party(3, "ringer", Deed::Notify, token, rung, Wakers::Nobody).holding(accounts, needed),
        ],
    )
}

/// One thread, one piece of code, and nothing has a name.
fn two_mutexes_in_a_helper() -> Finding {
    let (bank, shop) = places();
    let [_, ledger, audit] = named(&bank).map(Lock::unnamed);
    let (bell, site) = (thing(52, shop.bell.0, &CONDVAR), fixture::listen(&bank, &shop).1);
    let wait = |mutex| party(1, "main", Deed::WaitTimeout, bell, site, Wakers::Anyone).holding(mutex, site);
    Finding::of_parties(Lint::CondvarTwoMutexes, vec![wait(ledger), wait(audit)])
}

/// Nothing has a name.
fn lock_and_join_without_names() -> Finding {
    let (bank, shop) = places();
    let [accounts, ..] = named(&bank).map(Lock::unnamed);
    let (locked, joined) = fixture::close_the_shop(&bank, &shop);
    deadlock([
        requests(2, "", accounts, fixture::count_the_money(&bank), 1),
        party(1, "main", Deed::Join, thing(50, shop.clerk.0, &THREAD), joined, each([2])).holding(accounts, locked),
    ])
}

fn lost_notify() -> Finding {
    let (bank, shop) = places();
    let bell = thing(52, shop.bell.0, &CONDVAR);
    Finding::of_parties(
        Lint::LostNotify,
        vec![
            party(3, "ringer", Deed::Notify, bell, fixture::ring(&bank, &shop).1, Wakers::Nobody),
            party(2, "sleeper", Deed::Wait, bell, fixture::listen(&bank, &shop).1, Wakers::Anyone),
        ],
    )
}

fn two_mutexes() -> Finding {
    let (bank, shop) = places();
    let [_, ledger, audit] = named(&bank);
    // The mutex is known from the wait: it was given back by then.
    let (here, there) = (fixture::listen(&bank, &shop).1, fixture::listen_elsewhere(&bank, &shop).1);
    let bell = thing(52, shop.bell.0, &CONDVAR);
    Finding::of_parties(
        Lint::CondvarTwoMutexes,
        vec![
            party(2, "sleeper", Deed::Wait, bell, here, Wakers::Anyone).holding(ledger, here),
            party(3, "listener", Deed::Wait, bell, there, Wakers::Anyone).holding(audit, there),
        ],
    )
}

fn held_long() -> Finding {
    let (bank, _) = places();
    let [accounts, ..] = named(&bank);
    let site = fixture::pay(&bank).0;
    Finding::of_parties(Lint::LongHold, vec![idle(2, "teller", site).holding(accounts, site).lasting(2_345)])
}

fn waited_long() -> Finding {
    let (bank, _) = places();
    let [accounts, ledger, _] = named(&bank);
    let (first, second) = fixture::pay(&bank);
    Finding::of_parties(
        Lint::LongHold,
        vec![party(2, "teller", Deed::Request, ledger, second, Wakers::Nobody).with(accounts, first).lasting(750)],
    )
}

pub(super) fn all() -> Vec<(&'static str, Finding)> {
    vec![
        ("deadlock_of_two", two_threads()),
        ("deadlock_of_philosophers", philosophers()),
        ("deadlock_of_50", ring(50)),
        ("deadlock_with_a_join", lock_and_join()),
        ("deadlock_without_names", lock_and_join_without_names()),
        ("deadlock_with_a_scope", lock_and_scope()),
        ("deadlock_with_a_channel", lock_and_channel()),
        ("deadlock_with_a_full_channel", lock_and_full_channel()),
        ("deadlock_with_a_condvar", lock_and_condvar()),
        ("deadlock_over_the_mutex_of_a_wait", mutex_of_a_wait()),
        ("deadlock_behind_a_writer", reader_behind_a_writer()),
        ("deadlock_by_reading_again", read_again_behind_a_writer()),
        ("deadlock_at_a_barrier", two_readers_and_a_writer()),
        ("deadlock_with_an_initialiser", once()),
        ("deadlock_with_a_gone_holder", gone_holder()),
        ("stall_of_one", stall_of_one()),
        ("stall_of_three", stall_of_three()),
        ("stall_of_many", stall_of_many()),
        ("parked", parked()),
        ("wait_while_holding", wait_while_holding()),
        ("join_while_holding", join_while_holding()),
        ("receive_while_holding", receive_while_holding()),
        ("park_while_holding", park_while_holding()),
        ("lost_notify", lost_notify()),
        ("condvar_two_mutexes", two_mutexes()),
        ("condvar_two_mutexes_in_a_helper", two_mutexes_in_a_helper()),
        ("held_long", held_long()),
        ("waited_long", waited_long()),
    ]
}
