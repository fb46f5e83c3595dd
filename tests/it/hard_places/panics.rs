//! Turns refusals and the user's own panics into claims about which locks stay held, and which are poisoned.
//!
//! Must not know: how a refusal is told from the user's own panic.
//! Source: std, for what a user's own panic poisons.

use super::{FREE, HELD, Lock, POISONED, against, alone, held_now, lints_told, nest, refused, state};
use gordian::Named;
use gordian::checked::sync::{Condvar, RwLock};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Panics as a user does.
fn users_panic() {
    std::panic::panic_any("the user's own");
}

/// Runs `act`, in which the user panics.
fn panicked(act: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(act)).expect_err("the user panics");
    assert_eq!(payload.downcast_ref(), Some(&"the user's own"));
}

#[test]
fn a_refusal_neither_takes_nor_poisons_the_requested_lock() {
    alone(&[], || {
        let (a, b) = (Lock::new(()).named("a"), Lock::new(()).named("b"));
        against(&a, &b, || {
            let _b = b.lock();
            let text = refused(|| a.lock());
            assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
            assert_eq!([&a, &b].map(state), [FREE, HELD]);
            assert_eq!(held_now(), ["b"]);
        });
        assert_eq!([&a, &b].map(state), [FREE; 2]);
    })
    .passes();
}

#[test]
fn a_granted_request_takes_the_lock() {
    alone(&[], || {
        let (a, b) = (Lock::new(()).named("a"), Lock::new(()).named("b"));
        against(&a, &b, || {
            let _a = a.lock();
            let _b = b.lock();
            assert_eq!([&a, &b].map(state), [HELD; 2]);
            assert_eq!(held_now(), ["a", "b"]);
        });
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_refusal_releases_and_does_not_poison_what_else_was_held() {
    alone(&[], || {
        let (a, b, c) = (Lock::new(()), Lock::new(()), RwLock::new(()));
        let text = refused(|| {
            against(&a, &b, || {
                let _c = c.write();
                nest(&b, &a);
            })
        });
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!([&a, &b].map(state), [FREE; 2]);
        assert!(!c.is_poisoned() && c.try_write().is_ok());
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn a_users_own_panic_poisons_what_is_held_for_writing() {
    alone(&[], || {
        let (b, written, read) = (Lock::new(()), RwLock::new(()), RwLock::new(()));
        panicked(|| {
            let _b = b.lock();
            let _written = written.write();
            let _read = read.read();
            users_panic();
        });
        assert_eq!(state(&b), POISONED);
        assert!(written.is_poisoned() && !read.is_poisoned());
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn a_users_own_panic_poisons_after_a_caught_refusal() {
    alone(&[], || {
        let (a, b, c) = (Lock::new(()), Lock::new(()), Lock::new(()));
        refused(|| against(&a, &b, || nest(&b, &a)));
        panicked(|| {
            let _c = c.lock();
            users_panic();
        });
        assert_eq!([&a, &b, &c].map(state), [FREE, FREE, POISONED]);
    })
    .passes();
}

#[test]
fn a_refusal_of_a_reader_or_writer_takes_and_poisons_nothing() {
    alone(&[], || {
        let (lock, b) = (RwLock::new(()), Lock::new(()));
        let taken = std::sync::Barrier::new(2);
        gordian::checked::thread::scope(|scope| {
            scope.spawn(|| {
                {
                    let _write = lock.write();
                    let _b = b.lock();
                }
                taken.wait();
            });
            taken.wait();
            let _b = b.lock();
            assert!(refused(|| lock.read()).starts_with("gordian: lock-order inversion"));
            assert!(lock.try_write().is_ok() && !lock.is_poisoned());
            assert!(refused(|| lock.write()).starts_with("gordian: lock-order inversion"));
            assert!(lock.try_write().is_ok() && !lock.is_poisoned());
        });
        assert_eq!(state(&b), FREE);
    })
    .passes();
}

#[test]
fn a_refused_wait_releases_and_does_not_poison_the_mutex() {
    alone(&[], || {
        let (mutex, other, told) = (Lock::new(()), Lock::new(()), Condvar::new());
        let text = refused(|| {
            against(&mutex, &other, || {
                let guard = mutex.lock().expect("not poisoned");
                let _other = other.lock();
                drop(told.wait(guard));
            })
        });
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!([&mutex, &other].map(state), [FREE; 2]);
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn a_granted_wait_holds_the_mutex_again() {
    alone(&[], || {
        let (mutex, other, told) = (Lock::new(()).named("mutex"), Lock::new(()), Condvar::new());
        against(&mutex, &other, || {
            let guard = mutex.lock().expect("not poisoned");
            let (guard, _) = told.wait_timeout(guard, Duration::ZERO).expect("not poisoned");
            assert_eq!((state(&mutex), held_now()), (HELD, vec!["mutex"]));
            drop(guard);
        });
        assert_eq!((state(&mutex), held_now()), (FREE, vec![]));
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_user_who_panics_in_a_wait_poisons_the_mutex() {
    alone(&[], || {
        let (mutex, told) = (Lock::new(()), Condvar::new());
        panicked(|| {
            let guard = mutex.lock().expect("not poisoned");
            drop(told.wait_while(guard, |()| {
                users_panic();
                false
            }));
        });
        assert_eq!((state(&mutex), held_now()), (POISONED, vec![]));
    })
    .passes();
}

#[test]
fn every_repeat_is_refused_and_counted() {
    alone(&[], || {
        let (a, b) = (Lock::new(()), Lock::new(()));
        against(&a, &b, || {
            for _ in 0..3 {
                assert!(refused(|| nest(&b, &a)).starts_with("gordian: lock-order inversion"));
                assert_eq!([&a, &b].map(state), [FREE; 2]);
            }
        });
        let reports = gordian::reports();
        assert_eq!(reports.iter().map(|report| report.count).collect::<Vec<_>>(), [3]);
    })
    .passes();
}
