//! Lesson 5: a boss, workers, and the events by which they wait for each other.
//!
//! Run it with `cargo run --example tutorial_05_event`. Two things go wrong with events. The first one is never set: the worker has
//! given up and gone home, and the boss waits for it with nobody left. The second one is set too late: the worker keeps the desk
//! while it waits for the boss's sign, and the boss needs the desk before the sign. The worker's wait has a limit, as waits often
//! have that somebody wanted to cure in haste, so all that is seen of it is that it is slow.
//!
//! What to look for: of the stall, which event is waited for, and where. Of the other one, both sides: who waits while it holds the
//! desk, and where the boss is seen to need it. The fix gives the sign without the desk.

use gordian::sync::{Event, Mutex};
use gordian::{Named, thread};
use std::sync::Barrier;
use std::time::Duration;

fn never_set() {
    let is_finished = Event::new().named("finished");
    let has_tools = false;
    thread::scope(|scope| {
        let work = || {
            if has_tools {
                is_finished.set();
            }
        };
        scope.spawn(work).join().unwrap();
    });
    is_finished.wait();
    unreachable!("nobody is left to set it");
}

fn set_under_a_lock() {
    let (sign, desk) = (Event::new().named("sign"), Mutex::new("a plan").named("desk"));
    let worker_has_the_desk = Barrier::new(2);
    thread::scope(|scope| {
        let worker = || {
            let _desk = desk.lock().unwrap();
            worker_has_the_desk.wait();
            let is_seen = sign.wait_timeout(Duration::from_millis(20));
            println!("the worker has seen the sign: {is_seen}");
        };
        let boss = || {
            worker_has_the_desk.wait();
            let mut plan = desk.lock().unwrap();
            *plan = "a better plan";
            sign.set();
        };
        thread::Builder::new().name("worker".into()).spawn_scoped(scope, worker).unwrap();
        thread::Builder::new().name("boss".into()).spawn_scoped(scope, boss).unwrap();
    });
}

fn set_without_the_lock() {
    let (sign, desk) = (Event::new().named("sign"), Mutex::new("a plan").named("desk"));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                sign.wait();
                assert_eq!(*desk.lock().unwrap(), "a better plan");
            });
        }
        *desk.lock().unwrap() = "a better plan";
        sign.set();
    });
}

fn main() {
    let found = gordian::collect(never_set);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "stall");
    println!("{report}\n");

    let found = gordian::collect(set_under_a_lock);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "wait_while_holding");
    println!("\n{report}\n");

    let found = gordian::collect(set_without_the_lock);
    assert!(found.is_empty(), "{found:?}");
    println!(
        "shown: stall at the event finished, wait_while_holding of desk at the event sign, and neither without the lock"
    );
}
