//! Lesson 2: a lock that every thread takes, but one.
//!
//! Run it with `cargo run --example tutorial_02_lock`. In Python the lock lies beside what it guards, and nothing says which belongs
//! to which. A `Shared` beside a `Mutex<()>` is the same in Rust: the clerk takes the lock, the manager forgets it once, and one
//! forgotten place is enough. The barrier is std's, and so unseen by gordian: it lets the manager come second, so all goes well,
//! and what is reported is that nothing makes him.
//!
//! What to look for: both accesses, and the lock that one side holds and the other one lacks. The fix is the way Rust does it: the
//! balance lies in its `Mutex`, and there is no way to it but by the lock.

use gordian::cell::Shared;
use gordian::sync::Mutex;
use gordian::{Named, thread};
use std::sync::Barrier;

fn forgotten_in_one_place() {
    let (balance, lock) = (Shared::new(100).named("balance"), Mutex::new(()).named("till"));
    let clerk_is_done = Barrier::new(2);
    thread::scope(|scope| {
        let clerk = || {
            let held = lock.lock().unwrap();
            balance.set(balance.get() + 10);
            drop(held);
            clerk_is_done.wait();
        };
        let manager = || {
            clerk_is_done.wait();
            balance.set(0);
        };
        thread::Builder::new().name("clerk".into()).spawn_scoped(scope, clerk).unwrap();
        thread::Builder::new().name("manager".into()).spawn_scoped(scope, manager).unwrap();
    });
}

fn with_a_lock() {
    let balance = Mutex::new(100).named("till");
    thread::scope(|scope| {
        scope.spawn(|| *balance.lock().unwrap() += 10);
        scope.spawn(|| *balance.lock().unwrap() -= 10);
    });
    println!("in its lock: the balance is {}", balance.into_inner().unwrap());
}

fn main() {
    let found = gordian::collect(forgotten_in_one_place);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "data_race");
    println!("{report}\n");

    let found = gordian::collect(with_a_lock);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: data_race on balance where the lock till is forgotten, and none with the balance in its lock");
}
