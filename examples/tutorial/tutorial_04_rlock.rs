//! Lesson 4: a method that locks calls another method that takes the same lock.
//!
//! Run it with `cargo run --example tutorial_04_rlock`. A `Mutex` does not know who holds it: who holds it and takes it again waits
//! for itself, for ever. gordian refuses that request, which ends what `collect` runs. An `RLock` counts how often its holder took
//! it. Since its holder may have several guards they share what they guard, so there is a `Cell` in it.
//!
//! What to look for: the place where the lock was taken, and the one where it is wanted again. With an `RLock` both calls pass.

use gordian::Named;
use gordian::sync::{Mutex, RLock};
use std::cell::Cell;

struct Account {
    balance: Mutex<i32>,
}

impl Account {
    fn deposit(&self, sum: i32) {
        *self.balance.lock().unwrap() += sum;
    }

    fn deposit_with_interest(&self, sum: i32) {
        let balance = self.balance.lock().unwrap();
        self.deposit(sum + *balance / 100);
    }
}

struct ReentrantAccount {
    balance: RLock<Cell<i32>>,
}

impl ReentrantAccount {
    fn deposit(&self, sum: i32) {
        let balance = self.balance.lock();
        println!("the holder has taken the account {} times", self.balance.count());
        balance.set(balance.get() + sum);
    }

    fn deposit_with_interest(&self, sum: i32) {
        let balance = self.balance.lock();
        self.deposit(sum + balance.get() / 100);
    }
}

fn locked_twice() {
    let account = Account { balance: Mutex::new(100).named("account") };
    account.deposit_with_interest(10);
    unreachable!("it waits for itself");
}

fn with_an_rlock() {
    let account = ReentrantAccount { balance: RLock::new(Cell::new(100)).named("account") };
    account.deposit_with_interest(10);
    assert_eq!(account.balance.into_inner().get(), 111);
}

fn main() {
    let found = gordian::collect(locked_twice);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "self_deadlock");
    println!("{report}\n");

    let found = gordian::collect(with_an_rlock);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: self_deadlock of the Mutex account that is locked twice, and none if it is an RLock");
}
