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
