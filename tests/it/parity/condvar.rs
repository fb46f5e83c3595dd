//! Calls every method and trait of `Condvar` and `WaitTimeoutResult`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: a waiter has sent its message under the mutex, so who locks after the message finds it waiting.

use std::time::Duration;

use super::sync::mpsc::{Sender, channel};
use super::sync::{Arc, Condvar, LockResult, Mutex, MutexGuard, WaitTimeoutResult};
use super::thread;
use crate::parity::panics::caught;

/// Longer than any test may take: a wait that ends by this is a failure, not a delay.
const FOREVER: Duration = Duration::from_secs(3600);

static IN_A_STATIC: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

/// A flag under a mutex, and the condition variable that tells of it.
#[derive(Default)]
struct Flag {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    /// Raises the flag and wakes one waiter, then panics with the mutex held.
    fn raise_and_poison(&self) {
        let panic = caught(|| {
            let mut raised = self.raised.lock().unwrap();
            *raised = true;
            self.changed.notify_one();
            panic!("poisoned on purpose");
        });
        assert_eq!(panic.text, "poisoned on purpose");
    }

    /// Locks, and tells `waiting` with the mutex held.
    fn lock_and_tell(&self, waiting: &Sender<()>) -> MutexGuard<'_, bool> {
        let guard = self.raised.lock().unwrap();
        waiting.send(()).unwrap();
        guard
    }
}

/// Runs `wait` in a thread, then raises the flag under a panic; returns what `wait` saw.
fn poisoned_while_waiting<T: Send>(wait: impl Fn(&Flag, MutexGuard<'_, bool>) -> T + Sync) -> T {
    let flag = Flag::default();
    let (waiting, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| wait(&flag, flag.lock_and_tell(&waiting)));
        heard.recv().unwrap();
        flag.raise_and_poison();
        waiter.join().unwrap()
    })
}

#[test]
fn new_is_const_and_default_is_new() {
    *IN_A_STATIC.0.lock().unwrap() = true;
    let guard = IN_A_STATIC.0.lock().unwrap();
    assert!(*IN_A_STATIC.1.wait_while(guard, |raised| !*raised).unwrap());
    assert_eq!(format!("{:?} {:#?}", Condvar::default(), Condvar::new()), "Condvar { .. } Condvar { .. }");
}

#[test]
fn methods_have_stds_signatures() {
    type Guard<'a> = MutexGuard<'a, u8>;
    let new: fn() -> Condvar = Condvar::new;
    let notify_one: fn(&Condvar) = Condvar::notify_one;
    let notify_all: fn(&Condvar) = Condvar::notify_all;
    // The guard may come from a lock that lives longer than the borrow of the condition variable.
    fn wait<'a>(condvar: &Condvar, guard: Guard<'a>) -> LockResult<(Guard<'a>, WaitTimeoutResult)> {
        condvar.wait_timeout(guard, Duration::ZERO)
    }

    let lock = Mutex::new(1);
    let guard = {
        let condvar = new();
        notify_one(&condvar);
        notify_all(&condvar);
        wait(&condvar, lock.lock().unwrap()).unwrap().0
    };
    assert_eq!(*guard, 1);
}

#[test]
fn wait_gives_the_lock_away_and_takes_it_back() {
    let flag = Flag::default();
    let (waiting, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut guard = flag.lock_and_tell(&waiting);
            while !*guard {
                guard = flag.changed.wait(guard).unwrap();
            }
            (*guard, flag.raised.try_lock().is_err())
        });
        heard.recv().unwrap();
        // This lock is free only because the waiter gave it away.
        *flag.raised.lock().unwrap() = true;
        flag.changed.notify_one();
        assert_eq!(waiter.join().unwrap(), (true, true));
    });
}

#[test]
fn notify_all_wakes_every_waiter() {
    let flag = Arc::new(Flag::default());
    let (waiting, heard) = channel();
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let (flag, waiting) = (Arc::clone(&flag), waiting.clone());
            thread::spawn(move || {
                let guard = flag.lock_and_tell(&waiting);
                *flag.changed.wait_while(guard, |raised| !*raised).unwrap()
            })
        })
        .collect();
    for _ in &waiters {
        heard.recv().unwrap();
    }
    *flag.raised.lock().unwrap() = true;
    flag.changed.notify_all();
    for waiter in waiters {
        assert!(waiter.join().unwrap());
    }
}

#[test]
fn notify_one_wakes_one_waiter_a_call() {
    let permits = Mutex::new(0_u32);
    let changed = Condvar::new();
    let (waiting, heard) = channel();
    let (woken, up) = channel();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let guard = permits.lock().unwrap();
                waiting.send(()).unwrap();
                let mut guard = changed.wait_while(guard, |permits| *permits == 0).unwrap();
                *guard -= 1;
                woken.send(()).unwrap();
            });
        }
        for _ in 0..2 {
            heard.recv().unwrap();
        }
        for _ in 0..2 {
            *permits.lock().unwrap() += 1;
            changed.notify_one();
            up.recv().unwrap();
        }
    });
    assert_eq!(permits.into_inner().unwrap(), 0);
}

#[test]
fn wait_while_asks_its_condition_before_it_waits() {
    let (lock, condvar) = (Mutex::new(3), Condvar::new());
    let mut asked = 0;
    let guard = condvar
        .wait_while(lock.lock().unwrap(), |value| {
            asked += 1;
            *value += 1;
            false
        })
        .unwrap();
    assert_eq!((*guard, asked), (4, 1));
    assert!(lock.try_lock().is_err());
}

/// Runs `wait` in a thread with a condition that holds until the value is 2, and wakes it at 1 and at 2.
fn woken_too_early(wait: impl Fn(&Condvar, MutexGuard<'_, u32>, &dyn Fn(&mut u32) -> bool) -> u32 + Sync) -> u32 {
    let (lock, condvar) = (Mutex::new(0), Condvar::new());
    let (asked, heard) = channel();
    thread::scope(|scope| {
        let (lock, condvar, wait) = (&lock, &condvar, &wait);
        let waiter = scope.spawn(move || {
            wait(condvar, lock.lock().unwrap(), &|value: &mut u32| {
                asked.send(*value).unwrap();
                *value < 2
            })
        });
        for value in [0, 1] {
            assert!(heard.iter().any(|asked| asked == value), "nobody asked at {value}");
            *lock.lock().unwrap() += 1;
            condvar.notify_one();
        }
        waiter.join().unwrap()
    })
}

#[test]
fn a_wait_goes_on_while_its_condition_holds() {
    assert_eq!(woken_too_early(|condvar, guard, condition| *condvar.wait_while(guard, condition).unwrap()), 2);
    let until_timeout = woken_too_early(|condvar, guard, condition| {
        let (guard, result) = condvar.wait_timeout_while(guard, FOREVER, condition).unwrap();
        assert!(!result.timed_out());
        *guard
    });
    assert_eq!(until_timeout, 2);
}

#[test]
fn a_condition_that_panics_gives_the_lock_back_poisoned() {
    let (lock, condvar) = (Mutex::new(0), Condvar::new());
    let guard = lock.lock().unwrap();
    let panic = caught(|| condvar.wait_while(guard, |_| panic!("no condition")).is_ok());
    assert_eq!(panic.text, "no condition");
    assert!(lock.is_poisoned());
}

#[test]
fn wait_timeout_says_whether_the_time_ran_out() {
    let (lock, condvar) = (Mutex::new(0), Condvar::new());
    let (mut guard, _) = condvar.wait_timeout(lock.lock().unwrap(), Duration::ZERO).unwrap();
    *guard = 1;
    assert!(lock.try_lock().is_err(), "the guard came back locked");
    drop(guard);
    // A wait may wake for no reason, so one answer proves nothing.
    let timed_out = || condvar.wait_timeout(lock.lock().unwrap(), Duration::ZERO).unwrap().1.timed_out();
    assert!((0..100).any(|_| timed_out()));
}

#[test]
fn wait_timeout_hears_a_notification() {
    let flag = Flag::default();
    let (waiting, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut guard = flag.lock_and_tell(&waiting);
            let mut timed_out = false;
            while !*guard && !timed_out {
                let (back, result) = flag.changed.wait_timeout(guard, FOREVER).unwrap();
                (guard, timed_out) = (back, result.timed_out());
            }
            (*guard, timed_out)
        });
        heard.recv().unwrap();
        *flag.raised.lock().unwrap() = true;
        flag.changed.notify_one();
        assert_eq!(waiter.join().unwrap(), (true, false));
    });
}

#[test]
fn wait_timeout_while_ends_by_the_condition_or_the_clock() {
    let (lock, condvar) = (Mutex::new(0), Condvar::new());
    let guard = lock.lock().unwrap();
    let (guard, result) = condvar.wait_timeout_while(guard, Duration::ZERO, |_| true).unwrap();
    assert!(result.timed_out());
    let (mut guard, result) = condvar.wait_timeout_while(guard, Duration::ZERO, |value| *value != 0).unwrap();
    assert!(!result.timed_out(), "the condition is asked before the clock");
    *guard = 1;
    drop(guard);

    let flag = Flag::default();
    let (waiting, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let guard = flag.lock_and_tell(&waiting);
            let (guard, result) = flag.changed.wait_timeout_while(guard, FOREVER, |raised| !*raised).unwrap();
            (*guard, result.timed_out())
        });
        heard.recv().unwrap();
        *flag.raised.lock().unwrap() = true;
        flag.changed.notify_one();
        assert_eq!(waiter.join().unwrap(), (true, false));
    });
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated methods too")]
fn wait_timeout_ms_answers_false_when_the_time_ran_out() {
    let (lock, condvar) = (Mutex::new(0), Condvar::new());
    // A wait may wake for no reason, so one answer proves nothing.
    let notified = || condvar.wait_timeout_ms(lock.lock().unwrap(), 0).unwrap().1;
    assert!((0..100).any(|_| !notified()));
}

#[test]
fn every_wait_reports_a_lock_that_was_poisoned_meanwhile() {
    let raised = poisoned_while_waiting(|flag, mut guard| {
        let mut poisoned = false;
        while !*guard {
            guard = flag.changed.wait(guard).unwrap_or_else(|error| {
                poisoned = true;
                error.into_inner()
            });
        }
        (*guard, poisoned)
    });
    assert_eq!(raised, (true, true));

    let raised = poisoned_while_waiting(|flag, guard| {
        let error = flag.changed.wait_while(guard, |raised| !*raised).unwrap_err();
        *error.into_inner()
    });
    assert!(raised);

    let raised = poisoned_while_waiting(|flag, guard| {
        let error = flag.changed.wait_timeout_while(guard, FOREVER, |raised| !*raised).unwrap_err();
        let (guard, result) = error.into_inner();
        (*guard, result.timed_out())
    });
    assert_eq!(raised, (true, false));
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated methods too")]
fn waits_on_a_poisoned_lock_give_the_guard_in_an_error() {
    let (lock, condvar) = (Mutex::new(5), Condvar::new());
    let panic = caught(|| {
        let _guard = lock.lock();
        panic!("poisoned on purpose");
    });
    assert_eq!(panic.text, "poisoned on purpose");

    let guard = lock.lock().unwrap_err().into_inner();
    let (guard, _) = condvar.wait_timeout(guard, Duration::ZERO).unwrap_err().into_inner();
    let (guard, _) = condvar.wait_timeout_ms(guard, 0).unwrap_err().into_inner();
    // What never waits does not look at the poison.
    let guard = condvar.wait_while(guard, |_| false).unwrap();
    let (guard, result) = condvar.wait_timeout_while(guard, FOREVER, |_| false).unwrap();
    assert_eq!((*guard, result.timed_out()), (5, false));
}

#[test]
fn a_notification_without_a_waiter_does_nothing() {
    let condvar = Condvar::new();
    condvar.notify_one();
    condvar.notify_all();
    let lock = Mutex::new(());
    let guard = lock.lock().unwrap();
    let (_guard, result) = condvar.wait_timeout_while(guard, Duration::ZERO, |()| true).unwrap();
    assert!(result.timed_out());
}

#[test]
fn wait_timeout_result_is_plain_data() {
    let (lock, condvar) = (Mutex::new(()), Condvar::new());
    let guard = lock.lock().unwrap();
    let (guard, late) = condvar.wait_timeout_while(guard, Duration::ZERO, |()| true).unwrap();
    let (_guard, early) = condvar.wait_timeout_while(guard, Duration::ZERO, |()| false).unwrap();
    let copy: WaitTimeoutResult = late;
    assert_eq!(late, copy.clone());
    assert_ne!(late, early);
    assert_eq!(format!("{late:?} {early:?}"), "WaitTimeoutResult(true) WaitTimeoutResult(false)");
}
