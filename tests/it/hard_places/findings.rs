//! Turns repeats, collectors and fingerprints into counts that a program can rely on.
//!
//! Must not know: how findings are stored.

use super::{Lock, against, alone, lints_told, nest, refused, say};
use gordian::checked::sync::{Arc, Mutex};
use gordian::checked::thread;
use gordian::{Report, assert_clean, collect};
use std::panic::catch_unwind;
use std::sync::Barrier;

/// Takes two new locks in opposite orders.
fn invert() {
    let (a, b) = (Lock::new(()), Lock::new(()));
    against(&a, &b, || nest(&b, &a));
}

/// Takes two new locks in one order.
fn order() {
    let (a, b) = (Lock::new(()), Lock::new(()));
    against(&a, &b, || nest(&a, &b));
}

fn counts(reports: &[Report]) -> Vec<(&'static str, u64)> {
    reports.iter().map(|report| (report.lint, report.count)).collect()
}

#[test]
fn many_repeats_of_one_inversion_are_one_report_with_their_count() {
    const REPEATS: u64 = 100_000;
    let run = |repeats: &str| {
        let outcome = alone(&[("GORDIAN", "warn"), ("REPEATS", repeats)], || {
            let repeats = std::env::var("REPEATS").expect("set").parse().expect("a number");
            let (a, b) = (Lock::new(()), Lock::new(()));
            against(&a, &b, || (0..repeats).for_each(|_| nest(&b, &a)));
            assert_eq!(counts(&gordian::reports()), [("lock_order", repeats)]);
        });
        outcome.passes().stderr.lines().count()
    };
    assert_eq!(run(&REPEATS.to_string()), run("1"), "as much is printed as for one");
}

#[test]
fn a_collector_takes_what_is_found_and_nothing_is_printed_or_panicked() {
    let outcome = alone(&[], || {
        assert_eq!(counts(&collect(invert)), [("lock_order", 1)]);
        assert!(collect(order).is_empty());
        assert!(lints_told().is_empty());
        assert_clean();
    });
    let outcome = outcome.passes();
    assert!(!outcome.stderr.contains("lock_order"), "{outcome}");
}

#[test]
fn an_inner_collector_takes_what_is_its_own_only() {
    alone(&[], || {
        let mut inner = Vec::new();
        let outer = collect(|| {
            invert();
            // Another place, so another fingerprint.
            inner = collect(|| against_each_other(&Mutex::new(()), &Mutex::new(())));
            invert();
        });
        assert_eq!((counts(&outer), counts(&inner)), (vec![("lock_order", 2)], vec![("lock_order", 1)]));
        assert_ne!(outer[0].fingerprint, inner[0].fingerprint);
        assert!(refused(invert).starts_with("gordian: lock-order inversion"), "no collector is left");
    })
    .passes();
}

fn against_each_other(a: &Lock, b: &Lock) {
    against(a, b, || nest(b, a));
}

#[test]
fn a_collector_sees_the_threads_that_were_started_inside() {
    alone(&[], || {
        let found = collect(|| {
            thread::spawn(|| thread::spawn(invert).join().expect("a grandchild")).join().expect("a child");
        });
        assert_eq!(counts(&found), [("lock_order", 1)]);
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_collector_does_not_see_other_threads() {
    alone(&[("GORDIAN", "warn")], || {
        let (begun, found) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let other = {
            let (begun, found) = (begun.clone(), found.clone());
            thread::spawn(move || {
                begun.wait();
                invert();
                found.wait();
            })
        };
        let collected = collect(|| {
            begun.wait();
            found.wait();
        });
        other.join().expect("a warning does not panic");
        assert!(collected.is_empty());
        assert_eq!(lints_told(), ["lock_order"]);
    })
    .passes();
}

#[test]
fn a_collector_ends_when_its_closure_panics() {
    alone(&[], || {
        let panicked = catch_unwind(|| collect(|| std::panic::panic_any("the user's own")));
        assert_eq!(panicked.expect_err("the user panics").downcast_ref(), Some(&"the user's own"));
        assert!(refused(invert).starts_with("gordian: lock-order inversion"));
    })
    .passes();
}

#[test]
fn clean_is_asserted_with_titles_and_fingerprints() {
    alone(&[("GORDIAN", "warn")], || {
        order();
        assert_clean();
        invert();
        let text = refused(assert_clean);
        for report in gordian::reports() {
            assert!(text.contains(&report.title) && text.contains(&report.fingerprint), "{text}");
        }
        assert!(text.starts_with("gordian: 1 finding"), "{text}");
    })
    .passes();
}

#[test]
fn an_allowed_finding_is_clean() {
    alone(&[("GORDIAN", "lock_order=allow")], || {
        invert();
        assert_clean();
    })
    .passes();
}

/// Takes the second lock under the first, or the first under the second.
fn forth(first: &Lock, second: &Lock) {
    let _first = first.lock();
    let _second = second.lock();
}

fn back(first: &Lock, second: &Lock) {
    let _second = second.lock();
    let _first = first.lock();
}

#[test]
fn a_fingerprint_is_the_same_in_every_run_and_from_either_side() {
    let run = |side: &'static str| {
        let outcome = alone(&[("SIDE", side)], || {
            let other_bug = std::env::var_os("SIDE").is_some_and(|side| side == "other");
            let is_back_first = std::env::var_os("SIDE").is_some_and(|side| side == "back");
            let first = Lock::new(());
            let second = Lock::new(());
            let ways: [fn(&Lock, &Lock); 2] = if is_back_first { [back, forth] } else { [forth, back] };
            let taken = Barrier::new(2);
            let found = collect(|| {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        ways[0](&first, &second);
                        taken.wait();
                    });
                    taken.wait();
                    if other_bug { nest(&second, &first) } else { ways[1](&first, &second) }
                });
            });
            assert_eq!(counts(&found), [("lock_order", 1)]);
            say("print", &found[0].fingerprint);
        });
        outcome.passes().said("print").to_owned()
    };
    let print = run("forth");
    assert_eq!(run("forth"), print, "another run");
    assert_eq!(run("back"), print, "the other side");
    assert_ne!(run("other"), print, "another bug");
}

#[test]
fn a_fingerprint_is_of_the_places_and_not_of_the_locks() {
    alone(&[], || {
        let found = collect(|| (0..3).for_each(|_| invert()));
        assert_eq!(counts(&found), [("lock_order", 3)]);
        let place = |wanted: &Lock, held: &Lock| collect(|| against_each_other(wanted, held));
        let (a, b) = (Lock::new(()), Lock::new(()));
        assert_ne!(place(&a, &b)[0].fingerprint, found[0].fingerprint);
    })
    .passes();
}

#[test]
fn a_users_panic_after_a_caught_refusal_is_the_users() {
    alone(&[], || {
        let lock = Lock::new(());
        let payload = catch_unwind(|| {
            collect(|| {
                let _held = lock.lock();
                // The request would wait for its own thread, so it unwinds, and is caught before the collector sees it.
                assert!(catch_unwind(|| drop(lock.lock())).is_err());
                std::panic::panic_any("the user's own");
            })
        });
        assert_eq!(payload.expect_err("the user panics").downcast_ref(), Some(&"the user's own"));
    })
    .passes();
}

#[test]
fn a_denied_request_of_what_is_held_ends_the_collectors_run() {
    alone(&[], || {
        let lock = Lock::new(());
        let mut came = false;
        let found = collect(|| {
            let _held = lock.lock();
            drop(lock.lock());
            came = true;
        });
        assert_eq!((counts(&found), came), (vec![("self_deadlock", 1)], false));
        assert!(lock.try_lock().is_ok(), "neither held nor poisoned");
    })
    .passes();
}
