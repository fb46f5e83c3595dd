//! Scenarios that no script can say: condition variables, lazy initialisation, reentrant locks, many repeats.
//!
//! Must not know: how cycles are found.
//! INVARIANT: threads run one after the other, so nothing here can block.

use gordian::checked::sync::{Condvar, LazyLock, Mutex, Once, OnceLock, RLock};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::time::Duration;

/// Runs each body in a thread of its own, one after the other, and returns the lints found with their counts.
///
/// The threads are started before the first body runs, so that nothing orders one body before another.
fn found(bodies: &[&(dyn Fn() + Sync)]) -> Vec<(&'static str, u64)> {
    let run = || {
        let turns: Vec<Barrier> = bodies.iter().map(|_| Barrier::new(2)).collect();
        let ends: Vec<Barrier> = bodies.iter().map(|_| Barrier::new(2)).collect();
        thread::scope(|scope| {
            for (body, (turn, end)) in bodies.iter().zip(turns.iter().zip(&ends)) {
                scope.spawn(move || {
                    turn.wait();
                    body();
                    end.wait();
                });
            }
            for (turn, end) in turns.iter().zip(&ends) {
                turn.wait();
                end.wait();
            }
        });
    };
    gordian::collect(run).iter().map(|report| (report.lint, report.count)).collect()
}

/// Takes the first lock and then the second.
fn nest(first: &Mutex<i32>, second: &Mutex<i32>) {
    let _first = first.lock().unwrap();
    let _second = second.lock().unwrap();
}

#[test]
fn a_hundred_thousand_repeats_are_one_report_with_a_count() {
    const REPEATS: u64 = 100_000;
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let back = || (0..REPEATS).for_each(|_| nest(&b, &a));
    assert_eq!(found(&[&|| nest(&a, &b), &back]), [("lock_order", REPEATS)]);
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let forth = || (0..REPEATS).for_each(|_| nest(&a, &b));
    assert_eq!(found(&[&|| nest(&a, &b), &forth]), []);
}

#[test]
fn a_wait_requests_its_mutex_again() {
    let (waiting, other, bell) = (Mutex::new(0), Mutex::new(0), Condvar::new());
    let wait_under_the_other = || {
        let guard = waiting.lock().unwrap();
        let _other = other.lock().unwrap();
        drop(bell.wait_timeout(guard, Duration::ZERO).unwrap());
    };
    assert_eq!(found(&[&|| nest(&waiting, &other), &wait_under_the_other]), [("lock_order", 1)]);
    let (waiting, other, bell) = (Mutex::new(0), Mutex::new(0), Condvar::new());
    let wait_alone = || {
        let guard = waiting.lock().unwrap();
        drop(other.lock().unwrap());
        drop(bell.wait_timeout(guard, Duration::ZERO).unwrap());
    };
    assert_eq!(found(&[&|| nest(&waiting, &other), &wait_alone]), []);
}

#[test]
fn a_once_is_a_lock_while_its_initialiser_runs() {
    let (once, a) = (Once::new(), Mutex::new(0));
    let fail = || fails(|| once.call_once(|| take_and_fail(&a)));
    let try_again = || {
        let _a = a.lock().unwrap();
        once.call_once_force(|_| ());
    };
    assert_eq!(found(&[&fail, &try_again]), [("lock_order", 1)]);
    let (once, a) = (Once::new(), Mutex::new(0));
    let initialise = || once.call_once(|| drop(a.lock().unwrap()));
    let look = || {
        let _a = a.lock().unwrap();
        once.call_once(|| ());
    };
    assert_eq!(found(&[&initialise, &look]), []);
}

#[test]
fn a_once_lock_is_a_lock_while_its_initialiser_runs() {
    let (cell, a) = (OnceLock::new(), Mutex::new(0));
    let fail = || {
        fails(|| {
            cell.get_or_init(|| take_and_fail(&a));
        });
    };
    let try_again = || {
        let _a = a.lock().unwrap();
        cell.get_or_init(|| ());
    };
    assert_eq!(found(&[&fail, &try_again]), [("lock_order", 1)]);
    let (cell, a) = (OnceLock::new(), Mutex::new(0));
    let initialise = || {
        cell.get_or_init(|| drop(a.lock().unwrap()));
    };
    let look = || {
        let _a = a.lock().unwrap();
        cell.get_or_init(|| ());
    };
    assert_eq!(found(&[&initialise, &look]), []);
}

#[test]
fn a_lazy_lock_is_a_lock_while_its_initialiser_runs() {
    type Lazy<'a> = LazyLock<i32, Box<dyn FnOnce() -> i32 + Send + 'a>>;
    let lazy = |initialise: Box<dyn FnOnce() -> i32 + Send>| -> Lazy<'static> { LazyLock::new(initialise) };
    let a: &Mutex<i32> = Box::leak(Box::new(Mutex::new(0)));
    let (takes, is_taken) = (lazy(Box::new(|| *a.lock().unwrap())), lazy(Box::new(|| 0)));
    let force = || assert_eq!(*takes, 0);
    let force_under = |lazy: &Lazy<'_>| {
        let _a = a.lock().unwrap();
        assert_eq!(**lazy, 0);
    };
    // It can be initialised once, so only its class shows both orders.
    assert_eq!(found(&[&force, &|| force_under(&takes), &|| force_under(&is_taken)]), [("class_order", 1)]);
    assert_eq!(found(&[&force, &|| force_under(&takes), &|| force_under(&is_taken)]), []);
}

/// Runs what panics; nothing is printed.
fn fails(act: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(act)).is_err());
}

fn take_and_fail(lock: &Mutex<i32>) {
    drop(lock.lock().unwrap());
    resume_unwind(Box::new("on purpose"));
}

#[test]
fn a_reentrant_lock_asks_nothing_when_it_is_entered_again() {
    let (lock, a) = (RLock::new(0), Mutex::new(0));
    let again = || {
        let _outer = lock.lock();
        let _a = a.lock().unwrap();
        let _inner = lock.lock();
    };
    let back = || {
        let _a = a.lock().unwrap();
        let _lock = lock.lock();
    };
    assert_eq!(found(&[&again, &again]), []);
    assert_eq!(found(&[&again, &back]), [("lock_order", 1)]);
}
