//! Turns guards that end in an odd order, or never, and locks that die early, into what the detector believes is held.
//!
//! Must not know: how the held locks are kept.
//! INVARIANT: what is believed is read from the graph, by new locks that are taken on top.

use super::{Lock, against, alone, held_now, lints_told, nest, refused};
use gordian::Named;
use gordian::checked::sync::{Arc, LazyLock, Mutex, RwLock, RwLockWriteGuard};
use gordian::checked::thread;
use std::mem::forget;
use std::sync::Barrier;

#[test]
fn guards_may_be_dropped_in_any_order() {
    alone(&[], || {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let names = ["a", "b", "c"];
            let locks = names.map(|name| Mutex::new(()).named(name));
            let mut guards = locks.each_ref().map(|lock| lock.lock().ok());
            let mut left = names.to_vec();
            assert_eq!(held_now(), left);
            for place in order {
                guards[place] = None;
                left.retain(|&name| name != names[place]);
                assert_eq!(held_now(), left, "{order:?}");
            }
        }
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_forgotten_guard_is_told_when_its_lock_dies_and_is_held_no_more() {
    alone(&[], || {
        let lock = Mutex::new(()).named("forgotten");
        forget(lock.lock());
        assert_eq!(held_now(), ["forgotten"]);
        let moved = Box::new(lock);
        assert_eq!(held_now(), ["forgotten"], "a lock that is moved is the same lock");
        assert!(lints_told().is_empty());
        drop(moved);
        assert_eq!((held_now(), lints_told()), (vec![], vec!["leaked_guard"]));
    })
    .passes();
}

#[test]
fn a_forgotten_reader_is_told_when_its_lock_dies() {
    alone(&[], || {
        let lock = RwLock::new(()).named("forgotten");
        forget(lock.read());
        assert_eq!(held_now(), ["forgotten"]);
        drop(lock);
        assert_eq!((held_now(), lints_told()), (vec![], vec!["leaked_guard"]));
    })
    .passes();
}

#[test]
fn a_guard_that_is_not_forgotten_is_not_told() {
    alone(&[], || {
        let lock = Mutex::new(()).named("kept");
        drop(lock.lock());
        drop(Box::new(lock));
        thread::spawn(|| drop(Mutex::new(()).lock())).join().expect("it takes a lock");
        std::thread::spawn(|| drop(Mutex::new(()).lock())).join().expect("it takes a lock");
        assert_eq!((held_now(), lints_told()), (vec![], vec![]));
    })
    .passes();
}

/// Ends a thread that forgets a guard, and looks at what is believed afterwards.
fn end_while_holding(start: fn(Arc<Lock>)) {
    let lock = Arc::new(Mutex::new(()).named("forgotten"));
    start(lock.clone());
    let reports = gordian::reports();
    assert_eq!(lints_told(), ["leaked_guard"]);
    assert_eq!((reports[0].count, reports[0].level), (1, "warn"));
    assert!(lock.try_lock().is_err(), "it is held for ever");
    assert!(held_now().is_empty());
    let held_by_next = thread::spawn(held_now).join().expect("the next thread is heard");
    assert!(held_by_next.is_empty());
    drop(lock);
    assert_eq!(lints_told(), ["leaked_guard"], "once is enough");
}

#[test]
fn a_thread_that_ends_while_it_holds_a_lock_is_told_and_leaves_no_context() {
    alone(&[], || end_while_holding(|lock| thread::spawn(move || forget(lock.lock())).join().expect("it ends")))
        .passes();
}

#[test]
fn a_scoped_thread_that_ends_while_it_holds_a_lock_is_told_and_leaves_no_context() {
    alone(&[], || {
        end_while_holding(|lock| {
            thread::scope(|scope| {
                scope.spawn(|| forget(lock.lock()));
            });
        });
    })
    .passes();
}

/// Its end looks like the end of the process, where nobody forgot what is held; so it is not told.
#[test]
fn a_foreign_thread_that_ends_while_it_holds_a_lock_leaves_no_context() {
    alone(&[], || {
        let lock = Arc::new(Mutex::new(()).named("forgotten"));
        let theirs = lock.clone();
        std::thread::spawn(move || forget(theirs.lock())).join().expect("it ends");
        assert!(lock.try_lock().is_err(), "it is held for ever");
        assert!(held_now().is_empty());
        let held_by_next = std::thread::spawn(held_now).join().expect("the next thread is heard");
        assert_eq!((held_by_next, lints_told()), (vec![], vec![]));
    })
    .passes();
}

#[test]
fn what_a_foreign_thread_holds_when_it_exits_the_process_is_not_forgotten() {
    let outcome = alone(&[], || {
        let lock = Mutex::new(());
        let _held = lock.lock();
        std::process::exit(7);
    });
    assert!(!outcome.exits(7).stderr.contains("leaked_guard"));
}

#[test]
fn a_forgotten_guard_orders_what_is_taken_after_it() {
    alone(&[], || {
        let (a, b) = (Mutex::new(()).named("a"), Mutex::new(()).named("b"));
        against(&b, &a, || {
            forget(a.lock());
            // It is still held, so this is the other order, though no guard is left in sight.
            assert!(refused(|| b.lock()).starts_with("gordian: lock-order inversion"));
        });
    })
    .passes();
}

#[test]
fn an_order_past_a_middle_lock_outlives_it() {
    alone(&[], || {
        let (a, b, c) = (Lock::new(()), Lock::new(()), Lock::new(()));
        let taken = Barrier::new(2);
        thread::scope(|scope| {
            let (a, c, taken) = (&a, &c, &taken);
            scope.spawn(move || {
                {
                    let _a = a.lock();
                    let _b = b.lock();
                    let _c = c.lock();
                }
                drop(b);
                taken.wait();
            });
            taken.wait();
            assert!(refused(|| nest(c, a)).starts_with("gordian: lock-order inversion"));
        });
        assert_eq!(lints_told(), ["lock_order"]);
    })
    .passes();
}

/// Takes `b` under `a` and `c` under `b` in two threads; then, if `b` is to die, drops it; then takes `a` under `c`.
fn circle(is_dropped: bool) {
    let a = Lock::new(());
    let b = Arc::new(Lock::new(()));
    let c = Lock::new(());
    let taken = Barrier::new(3);
    thread::scope(|scope| {
        let (a, c, taken) = (&a, &c, &taken);
        let (under_a, over_c) = (b.clone(), b.clone());
        scope.spawn(move || {
            nest(a, &under_a);
            drop(under_a);
            taken.wait();
        });
        scope.spawn(move || {
            nest(&over_c, c);
            drop(over_c);
            taken.wait();
        });
        taken.wait();
        let b = Some(b).filter(|_| !is_dropped);
        nest(c, a);
        drop(b);
    });
}

#[test]
fn a_cycle_through_a_dropped_lock_is_found_between_classes() {
    alone(&[], || {
        circle(true);
        assert_eq!(lints_told(), ["class_order"]);
    })
    .passes();
}

#[test]
fn a_cycle_through_a_living_lock_is_found_between_instances() {
    alone(&[], || {
        assert!(refused(|| circle(false)).starts_with("gordian: lock-order inversion"));
        assert_eq!(lints_told(), ["lock_order"]);
    })
    .passes();
}

#[test]
fn one_order_past_a_middle_lock_is_quiet() {
    alone(&[], || {
        let (a, b, c) = (Lock::new(()), Lock::new(()), Lock::new(()));
        {
            let _a = a.lock();
            let _b = b.lock();
            let _c = c.lock();
        }
        drop(b);
        thread::spawn(move || nest(&a, &c)).join().expect("one order is quiet");
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn two_threads_that_force_one_lazy_lock_leave_nothing_held() {
    alone(&[], || {
        for _ in 0..2_000 {
            let (lazy, ready) = (LazyLock::new(|| 1), Barrier::new(2));
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        ready.wait();
                        assert_eq!(*lazy, 1);
                    });
                }
            });
        }
        assert_eq!(lints_told(), Vec::<&str>::new());
    })
    .passes();
}

#[test]
fn a_writer_that_becomes_a_reader_goes_on_guarding_the_thread_it_started() {
    alone(&[], || {
        let (gate, a, b) = (RwLock::new(()), Lock::new(()), Lock::new(()));
        let other = || {
            let _gate = gate.write();
            nest(&b, &a);
        };
        thread::scope(|scope| drop(scope.spawn(other).join()));
        let held = gate.write().expect("nobody panics");
        thread::scope(|scope| {
            let child = scope.spawn(|| nest(&a, &b));
            let _held = RwLockWriteGuard::downgrade(held);
            child.join().expect("nothing is denied");
        });
        assert_eq!(lints_told(), Vec::<&str>::new());
    })
    .passes();
}
