//! Lesson 3: two threads take two locks in opposite orders.
//!
//! Run it with `cargo run --example tutorial_03_deadlock`. First the auditor comes when the teller is done, since a barrier, which
//! is std's and so unseen by gordian, plays luck: nothing hangs, and the deadlock is reported all the same, from the orders. Then
//! both have their first lock before either asks for the second: that is the deadlock, and gordian reports it before the last of
//! them sleeps, and refuses his request. In a program without `collect` that is a panic, which gives back what he holds.
//!
//! What to look for: the order of the four steps in the first report, and that the program ends after the second one. The fix is one
//! order for all, here the accounts before the ledger.

use gordian::sync::Mutex;
use gordian::{Named, thread};
use std::sync::Barrier;

fn one_after_the_other() {
    let (accounts, ledger) = (Mutex::new(100).named("accounts"), Mutex::new(100).named("ledger"));
    let teller_is_done = Barrier::new(2);
    thread::scope(|scope| {
        let teller = || {
            let mut accounts = accounts.lock().unwrap();
            let mut ledger = ledger.lock().unwrap();
            *accounts += 10;
            *ledger += 10;
            drop((accounts, ledger));
            teller_is_done.wait();
        };
        let auditor = || {
            teller_is_done.wait();
            let ledger = ledger.lock().unwrap();
            let accounts = accounts.lock().unwrap();
            println!("nothing hung: the accounts hold {accounts}, and the ledger says {ledger}");
        };
        thread::Builder::new().name("teller".into()).spawn_scoped(scope, teller).unwrap();
        thread::Builder::new().name("auditor".into()).spawn_scoped(scope, auditor).unwrap();
    });
}

fn at_the_same_time() {
    let (accounts, ledger) = (Mutex::new(100).named("accounts"), Mutex::new(100).named("ledger"));
    let both_hold_one = Barrier::new(2);
    let take_both = |first: &Mutex<i32>, second: &Mutex<i32>| {
        let _first = first.lock().unwrap();
        both_hold_one.wait();
        let _second = second.lock().unwrap();
    };
    let refused = thread::scope(|scope| {
        let teller = scope.spawn(|| take_both(&accounts, &ledger));
        let auditor = scope.spawn(|| take_both(&ledger, &accounts));
        [teller.join(), auditor.join()].iter().filter(|ended| ended.is_err()).count()
    });
    println!("nothing hung: {refused} of the two was refused, and the other one had both locks");
    assert_eq!(refused, 1);
}

fn in_one_order() {
    let (accounts, ledger) = (Mutex::new(100).named("accounts"), Mutex::new(100).named("ledger"));
    let take_both = || {
        let accounts = accounts.lock().unwrap();
        let ledger = ledger.lock().unwrap();
        assert_eq!(*accounts, *ledger);
    };
    thread::scope(|scope| {
        scope.spawn(take_both);
        scope.spawn(take_both);
    });
}

fn main() {
    let found = gordian::collect(one_after_the_other);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "lock_order");
    println!("\n{report}\n");

    let found = gordian::collect(at_the_same_time);
    let report = found.iter().find(|report| report.lint == "deadlock").expect("the deadlock is found");
    println!("\n{report}\n");

    let found = gordian::collect(in_one_order);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: lock_order and deadlock of accounts and ledger, and neither if all take the accounts first");
}
