//! A bank whose locks do nothing but say where they were used: the source that reports in tests show.
//!
//! Must not know: reports.
//! INVARIANT: snapshots hold the lines and columns of this file, so nothing in it moves.

use crate::rt::Site;

/// Looks like a lock in source; each use gives its place.
pub(super) struct Lock(pub(super) Site);

impl Lock {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self(Site::caller())
    }

    #[track_caller]
    pub(super) fn lock(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn read(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn write(&self) -> Site {
        Site::caller()
    }
}

pub(super) struct Bank {
    pub(super) accounts: Lock,
    pub(super) ledger: Lock,
    pub(super) audit: Lock,
}

pub(super) fn open_bank() -> Bank {
    Bank {
        accounts: Lock::new(), // A line for each, as their places are told by it.
        ledger: Lock::new(),
        audit: Lock::new(),
    }
}

pub(super) fn open_two_branches() -> [Lock; 2] {
    [Lock::new(), Lock::new()]
}

pub(super) fn open_branch() -> Lock {
    Lock::new()
}

pub(super) fn pay(bank: &Bank) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    // The money leaves the account before it is booked.
    let ledger = bank.ledger.lock();
    (accounts, ledger)
}

pub(super) fn close_the_day(bank: &Bank) -> (Site, Site) {
    let ledger = bank.ledger.lock();
    let accounts = bank.accounts.lock();
    (ledger, accounts)
}

pub(super) fn book(bank: &Bank) -> (Site, Site) {
    let ledger = bank.ledger.lock();
    let audit = bank.audit.lock();
    (ledger, audit)
}

pub(super) fn inspect(bank: &Bank) -> (Site, Site) {
    let audit = bank.audit.lock();
    let accounts = bank.accounts.lock();
    (audit, accounts)
}

pub(super) fn transfer(from: &Lock, to: &Lock) -> (Site, Site) {
    let from = from.lock();
    let to = to.lock();
    (from, to)
}

pub(super) fn settle(bank: &Bank) -> (Site, Site) {
    match Some(bank.ledger.lock()) {
        Some(ledger) => (ledger, bank.ledger.lock()),
        None => unreachable!("a lock is always taken"),
    }
}

pub(super) fn settle_later(bank: &Bank) -> (Site, Site) {
    let ledger = bank.ledger.lock();
    (ledger, sum(bank))
}

fn sum(bank: &Bank) -> Site {
    bank.ledger.lock()
}

pub(super) fn quote(bank: &Bank) -> (Site, Site) {
    let rates = bank.accounts.read();
    let same_rates = bank.accounts.read();
    (rates, same_rates)
}

pub(super) fn set_rates(bank: &Bank) -> Site {
    bank.accounts.write()
}

pub(super) fn compare(bank: &Bank) -> (Site, Site) {
    let rates = bank.accounts.read();
    let limits = bank.ledger.read();
    (rates, limits)
}

pub(super) fn compare_back(bank: &Bank) -> (Site, Site) {
    let limits = bank.ledger.read();
    let rates = bank.accounts.read();
    (limits, rates)
}

pub(super) fn close_the_gate(bank: &Bank) -> Site {
    bank.audit.lock()
}

pub(super) fn read_the_rules(bank: &Bank) -> Site {
    bank.audit.read()
}

/// Looks like a condition variable, a barrier, a channel or a thread in source; each use gives its place.
pub(super) struct Meeting(pub(super) Site);

impl Meeting {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self(Site::caller())
    }

    #[track_caller]
    pub(super) fn wait(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn notify_one(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn recv(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn send(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn join(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn park(&self) -> Site {
        Site::caller()
    }
}

pub(super) struct Shop {
    pub(super) bell: Meeting,
    pub(super) orders: Meeting,
    pub(super) doors: Meeting,
    pub(super) clerk: Meeting,
}

pub(super) fn open_shop() -> Shop {
    Shop {
        bell: Meeting::new(), // A line for each, as in the bank.
        orders: Meeting::new(),
        doors: Meeting::new(),
        clerk: Meeting::new(),
    }
}

pub(super) fn close_the_shop(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    // The clerk is waited for while the accounts are locked.
    let clerk = shop.clerk.join();
    (accounts, clerk)
}

pub(super) fn count_the_money(bank: &Bank) -> Site {
    bank.accounts.lock()
}

pub(super) fn take_orders(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    let order = shop.orders.recv();
    (accounts, order)
}

pub(super) fn take_an_order(shop: &Shop) -> Site {
    shop.orders.recv()
}

pub(super) fn place_an_order(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    let order = shop.orders.send();
    (accounts, order)
}

pub(super) fn doze(bank: &Bank, shop: &Shop) -> (Site, Site, Site) {
    let accounts = bank.accounts.lock();
    let ledger = bank.ledger.lock();
    // The ledger is given back while it waits, the accounts are not.
    (accounts, ledger, shop.bell.wait())
}

pub(super) fn ring(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    let rung = shop.bell.notify_one();
    (accounts, rung)
}

pub(super) fn listen(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let ledger = bank.ledger.lock();
    (ledger, shop.bell.wait())
}

pub(super) fn listen_elsewhere(bank: &Bank, shop: &Shop) -> (Site, Site) {
    let audit = bank.audit.lock();
    (audit, shop.bell.wait())
}

pub(super) fn enter(shop: &Shop) -> Site {
    shop.doors.wait()
}

pub(super) fn rest(shop: &Shop) -> Site {
    shop.clerk.park()
}

/// Looks like a cell or an atomic in source; each use gives its place.
pub(super) struct Cell(pub(super) Site);

impl Cell {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self(Site::caller())
    }

    #[track_caller]
    pub(super) fn with(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn with_mut(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn load(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn store(&self) -> Site {
        Site::caller()
    }

    #[track_caller]
    pub(super) fn fetch_add(&self) -> Site {
        Site::caller()
    }
}

pub(super) struct Desk {
    pub(super) hits: Cell,
    pub(super) total: Cell,
    pub(super) head: Cell,
    pub(super) jobs: Lock,
}

pub(super) fn open_desk() -> Desk {
    Desk {
        hits: Cell::new(), // A line for each, as in the bank.
        total: Cell::new(),
        head: Cell::new(),
        jobs: Lock::new(),
    }
}

pub(super) fn count_a_visit(bank: &Bank, desk: &Desk) -> (Site, Site) {
    let accounts = bank.accounts.lock();
    (accounts, desk.hits.with_mut())
}

pub(super) fn show_the_count(desk: &Desk) -> Site {
    desk.hits.with()
}

pub(super) fn show_the_count_under(bank: &Bank, desk: &Desk) -> (Site, Site) {
    let ledger = bank.ledger.lock();
    (ledger, desk.hits.with())
}

pub(super) fn count_slowly(desk: &Desk) -> (Site, Site) {
    let count = desk.total.load();
    // It takes its time, and others come in between.
    (count, desk.total.store())
}

pub(super) fn count_at_once(desk: &Desk) -> Site {
    desk.total.fetch_add()
}

pub(super) fn push(desk: &Desk) -> (Site, Site) {
    let next = desk.head.load();
    (next, desk.head.store())
}

pub(super) fn take_a_job(desk: &Desk) -> (Site, Site) {
    let is_empty = desk.jobs.lock();
    // The guard is gone, and so may be the job.
    let job = desk.jobs.lock();
    (is_empty, job)
}
