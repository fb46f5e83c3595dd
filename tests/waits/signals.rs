//! Condition variables, barriers and values that are set once.
//!
//! Must not know: how a case is run.

use super::Case;
use super::actors::{linger, lock, meet, until_blocked, wait_with_a_lock, wait_with_another_lock};
use gordian::checked::sync::{Arc, Barrier, Condvar, Mutex, OnceLock};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

cases! {
    a_condvar_with_a_lock_that_the_notifier_needs finds [deadlock stall] {
        let pair = (Mutex::new(false), Condvar::new());
        wait_with_a_lock(
            || drop(pair.1.wait_while(pair.0.lock().unwrap(), |is_set| !*is_set)),
            || { *pair.0.lock().unwrap() = true; pair.1.notify_one(); },
        );
    }
    a_condvar_with_a_lock_that_nobody_needs finds [] {
        let pair = (Mutex::new(false), Condvar::new());
        wait_with_another_lock(
            || drop(pair.1.wait_while(pair.0.lock().unwrap(), |is_set| !*is_set)),
            || { *pair.0.lock().unwrap() = true; pair.1.notify_one(); },
        );
    }
    a_timed_wait_with_a_lock_that_the_notifier_needs finds [wait_while_holding] {
        let pair = (Mutex::new(()), Condvar::new());
        wait_with_a_lock(
            || drop(pair.1.wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(60))),
            || pair.1.notify_one(),
        );
    }
    a_timed_wait_whose_mutex_never_comes_back finds [deadlock] {
        // Whoever holds the mutex waits for a lock of the one who waits.
        let (a, m, condvar) = (lock("a"), lock("m"), Condvar::new());
        meet(
            || { let _a = a.lock(); drop(condvar.wait_timeout(m.lock().unwrap(), Duration::from_secs(1))); },
            || { let _m = m.lock(); drop(a.lock()); condvar.notify_one(); },
        );
    }
    a_condvar_that_nobody_notifies finds [stall] {
        let pair = (Mutex::new(()), Condvar::new());
        drop(catch_unwind(AssertUnwindSafe(|| drop(pair.1.wait(pair.0.lock().unwrap())))));
    }
    a_notification_before_the_wait finds [lost_notify stall] {
        let pair = (Mutex::new(()), Condvar::new());
        pair.1.notify_one();
        drop(catch_unwind(AssertUnwindSafe(|| drop(pair.1.wait(pair.0.lock().unwrap())))));
    }
    a_notification_before_a_wait_that_looks_first finds [] {
        let pair = (Mutex::new(false), Condvar::new());
        *pair.0.lock().unwrap() = true;
        pair.1.notify_one();
        drop(pair.1.wait_while(pair.0.lock().unwrap(), |is_set| !*is_set));
    }
    a_value_that_nobody_sets finds [stall] {
        let once = OnceLock::<u32>::new();
        drop(catch_unwind(AssertUnwindSafe(|| { once.wait(); })));
    }
    a_value_that_somebody_sets finds [] {
        let once = OnceLock::new();
        meet(|| { once.wait(); }, || drop(once.set(1)));
    }
    a_barrier_for_one_who_needs_a_lock_of_those_there finds [deadlock stall] {
        let barrier = Barrier::new(2);
        wait_with_a_lock(|| { barrier.wait(); }, || { barrier.wait(); });
    }
    a_barrier_for_one_who_comes finds [] {
        let barrier = Barrier::new(2);
        wait_with_another_lock(|| { barrier.wait(); }, || { barrier.wait(); });
    }
    a_barrier_for_more_than_come finds [stall] {
        let barrier = Barrier::new(2);
        drop(catch_unwind(AssertUnwindSafe(|| { barrier.wait(); })));
    }
    a_notification_by_a_stranger_at_the_end_of_a_look finds [] {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        // It takes the mutex once the waiter looks around, and keeps it for longer than one look takes.
        let stranger = std::thread::spawn(move || {
            until_blocked(1);
            linger();
            let mut ready = theirs.0.lock().unwrap();
            (0..10).for_each(|_| linger());
            *ready = true;
            theirs.1.notify_one();
        });
        drop(shared.1.wait_while(shared.0.lock().unwrap(), |ready| !*ready));
        stranger.join().unwrap();
    }
    a_notification_under_a_lock_that_the_waiter_holds finds [wait_while_holding] {
        let (a, pair) = (lock("a"), (Mutex::new(()), Condvar::new()));
        let notify = || { let _a = a.lock(); pair.1.notify_one(); };
        thread::scope(|scope| drop(scope.spawn(notify).join()));
        meet(|| { let _a = a.lock(); drop(pair.1.wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(5))); }, notify);
    }
    a_notification_under_the_mutex_of_the_wait finds [] {
        let pair = (Mutex::new(false), Condvar::new());
        let notify = || { let mut is_set = pair.0.lock().unwrap(); *is_set = true; pair.1.notify_one(); };
        meet(|| drop(pair.1.wait_while(pair.0.lock().unwrap(), |is_set| !*is_set)), notify);
    }
    a_condvar_with_two_mutexes finds [condvar_two_mutexes] {
        let (a, b, condvar) = (Mutex::new(()), Mutex::new(()), Condvar::new());
        let wait = |mutex: &Mutex<()>| drop(condvar.wait_timeout(mutex.lock().unwrap(), Duration::from_millis(1)));
        wait(&a);
        drop(catch_unwind(AssertUnwindSafe(|| wait(&b))));
    }
    two_condvars_with_a_mutex_each finds [] {
        let (a, b) = ((Mutex::new(()), Condvar::new()), (Mutex::new(()), Condvar::new()));
        for (mutex, condvar) in [&a, &b, &a] {
            drop(condvar.wait_timeout(mutex.lock().unwrap(), Duration::from_millis(1)));
        }
    }
    a_condvar_with_a_mutex_after_the_other_is_gone finds [] {
        let condvar = Condvar::new();
        for _ in 0..3 {
            drop(condvar.wait_timeout(Mutex::new(()).lock().unwrap(), Duration::from_millis(1)));
        }
    }
}
