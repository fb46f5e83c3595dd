//! Turns threads of every origin, and threads that never start, into what the detector knows of them.
//!
//! Must not know: how starts and joins are told.

use super::{FREE, Lock, POISONED, against, alone, held_now, lints_told, nest, refused, state};
use gordian::Named;
use gordian::checked::sync::{Arc, Mutex};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;

/// More than any address space.
const TOO_MUCH: usize = usize::MAX / 2;

#[test]
fn a_thread_that_cannot_start_leaves_no_trace() {
    alone(&[], || {
        let held = Mutex::new(()).named("held");
        let guard = held.lock();
        let builder = || thread::Builder::new().stack_size(TOO_MUCH);
        builder().spawn(|| ()).map(drop).expect_err("no machine has so much memory");
        assert_eq!(held_now(), ["held"], "its starter is heard, and holds what it held");
        let refused_in_scope = thread::scope(|scope| builder().spawn_scoped(scope, || ()).is_err());
        assert!(refused_in_scope);
        assert_eq!(held_now(), ["held"]);
        drop(guard);
        assert_eq!((held_now(), lints_told()), (vec![], vec![]));
        // The starter still finds, and is refused.
        let (a, b) = (Lock::new(()), Lock::new(()));
        assert!(refused(|| against(&a, &b, || nest(&b, &a))).starts_with("gordian: lock-order inversion"));
    })
    .passes();
}

#[test]
fn a_thread_that_starts_leaves_its_starter_what_it_held() {
    alone(&[], || {
        let held = Mutex::new(()).named("held");
        let guard = held.lock();
        let builder = thread::Builder::new().stack_size(1 << 20);
        let held_there = builder.spawn(held_now).expect("it starts").join().expect("it is heard");
        assert!(held_there.is_empty(), "what its starter holds is not its own");
        assert_eq!(held_now(), ["held"]);
        drop(guard);
        assert_eq!((held_now(), lints_told()), (vec![], vec![]));
    })
    .passes();
}

#[test]
fn threads_of_a_scope_that_meet_are_an_inversion_and_scopes_in_turn_are_not() {
    alone(&[("GORDIAN", "sequential_order=allow")], || {
        let (a, b) = (Lock::new(()), Lock::new(()));
        thread::scope(|scope| {
            scope.spawn(|| nest(&a, &b));
        });
        thread::scope(|scope| {
            scope.spawn(|| nest(&b, &a));
        });
        assert!(lints_told().is_empty(), "the end of a scope orders");
        let (c, d) = (Lock::new(()), Lock::new(()));
        let taken = Barrier::new(2);
        let found = gordian::collect(|| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    nest(&c, &d);
                    taken.wait();
                });
                scope.spawn(|| {
                    taken.wait();
                    nest(&d, &c);
                });
            });
        });
        assert_eq!(found.iter().map(|report| report.lint).collect::<Vec<_>>(), ["lock_order"]);
    })
    .passes();
}

#[test]
fn an_inner_scope_orders_what_is_after_it_and_not_its_outer_siblings() {
    alone(&[("GORDIAN", "sequential_order=allow")], || {
        let [a, b, c, d] = std::array::from_fn(|_| Lock::new(()));
        let over = Barrier::new(2);
        let found = gordian::collect(|| {
            thread::scope(|outer| {
                outer.spawn(|| {
                    nest(&a, &b);
                    over.wait();
                });
                thread::scope(|inner| {
                    inner.spawn(|| nest(&c, &d));
                });
                // After the inner thread, and unordered with the outer one.
                nest(&d, &c);
                over.wait();
                nest(&b, &a);
            });
        });
        let titles: Vec<_> = found.iter().map(|report| (report.lint, report.count)).collect();
        assert_eq!(titles, [("lock_order", 1)], "a and b, but not c and d");
    })
    .passes();
}

#[test]
fn a_scope_whose_thread_panics_panics_and_leaves_nothing_held() {
    alone(&[], || {
        let (a, b) = (Mutex::new(()).named("a"), Mutex::new(()).named("b"));
        let _b = b.lock();
        let scoped = catch_unwind(AssertUnwindSafe(|| {
            thread::scope(|scope| {
                scope.spawn(|| {
                    let _a = a.lock();
                    panic!("the user's own");
                });
            });
        }));
        assert_eq!(scoped.expect_err("as std's").downcast_ref(), Some(&"a scoped thread panicked"));
        assert_eq!(held_now(), ["b"]);
        assert_eq!(state(&a), POISONED);
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_thread_that_is_refused_gives_its_joiner_the_text() {
    alone(&[], || {
        let (a, b) = (Arc::new(Lock::new(())), Arc::new(Lock::new(())));
        let payload = against(&a, &b, || {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || nest(&b, &a)).join().expect_err("it is refused")
        });
        let text = payload.downcast::<String>().expect("a refusal is a `String`");
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!([&*a, &*b].map(state), [FREE; 2]);
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn threads_that_gordian_did_not_start_are_watched_too() {
    alone(&[], || {
        let (a, b) = (Lock::new(()), Lock::new(()));
        let taken = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                nest(&a, &b);
                taken.wait();
            });
            let other = scope.spawn(|| {
                taken.wait();
                let text = refused(|| nest(&b, &a));
                (text, held_now())
            });
            let (text, held) = other.join().expect("the refusal is caught");
            assert!(text.starts_with("gordian: lock-order inversion") && held.is_empty(), "{text}");
        });
        assert_eq!(lints_told(), ["lock_order"]);
    })
    .passes();
}

#[test]
fn threads_that_gordian_did_not_start_may_take_locks_in_one_order() {
    alone(&[], || {
        let (a, b) = (Lock::new(()), Lock::new(()));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| nest(&a, &b));
            }
        });
        assert!(lints_told().is_empty());
    })
    .passes();
}
