//! Turns barriers into what they order, what they keep waiting, and what they do not.
//!
//! Must not know: how arrivals are counted.

use super::{Lock, alone, lints_told, nest};
use gordian::checked::sync::Barrier;
use gordian::checked::thread;
use std::sync::atomic::{AtomicBool, Ordering};

/// Nests two locks before a wait, in another thread the other way round after it. Returns the lints that are found.
fn opposite_orders_around(wait: impl Fn() + Sync) -> Vec<&'static str> {
    let (a, b) = (Lock::new(()), Lock::new(()));
    let found = gordian::collect(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                nest(&a, &b);
                wait();
            });
            scope.spawn(|| {
                wait();
                nest(&b, &a);
            });
        });
    });
    found.iter().map(|report| report.lint).collect()
}

#[test]
fn a_barrier_orders_what_is_before_it_and_after_it() {
    alone(&[("GORDIAN", "lock_order=warn")], || {
        let (checked, stds) = (Barrier::new(2), std::sync::Barrier::new(2));
        assert_eq!(
            opposite_orders_around(|| {
                checked.wait();
            }),
            ["sequential_order"]
        );
        assert_eq!(
            opposite_orders_around(|| {
                stds.wait();
            }),
            ["lock_order"],
            "what gordian does not see is luck"
        );
    })
    .passes();
}

#[test]
fn rounds_under_one_lock_in_turn_are_quiet() {
    alone(&[], || {
        for _ in 0..50 {
            let (turns, lock, other) = (Barrier::new(2), Lock::new(()), Lock::new(()));
            let under = |held: &Lock| {
                let _held = held.lock();
                turns.wait();
            };
            thread::scope(|scope| {
                // Nobody ever arrives with free hands.
                scope.spawn(|| [&lock, &other].map(under));
                scope.spawn(|| [&other, &lock].map(under));
            });
        }
        assert_eq!(lints_told(), Vec::<&str>::new());
    })
    .passes();
}

#[test]
fn one_who_waits_with_the_lock_of_who_is_to_come_is_told() {
    alone(&[], || {
        let is_told = AtomicBool::new(false);
        let told = move |report: &gordian::Report| {
            // Once: an exit is not to be begun while another one goes on.
            if !is_told.swap(true, Ordering::Relaxed) {
                std::process::exit(if report.lint == "deadlock" { 3 } else { 4 });
            }
        };
        gordian::Config::new().on_report(told).install().expect("the variables are understood");
        let (gate, lock) = (Barrier::new(2), Lock::new(()));
        thread::scope(|scope| {
            let _held = lock.lock();
            scope.spawn(|| {
                drop(lock.lock());
                gate.wait();
            });
            gate.wait();
        });
    })
    .exits(3);
}

#[test]
fn those_who_meet_are_not_told_of() {
    alone(&[], || {
        let (gate, lock) = (Barrier::new(2), Lock::new(()));
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                drop(lock.lock());
                gate.wait();
            });
            gate.wait();
            other.join().expect("nobody is refused");
        });
        assert_eq!(lints_told(), Vec::<&str>::new());
    })
    .passes();
}
