//! Joins, scopes, parks, and holders that are gone.
//!
//! Must not know: how a case is run.

use super::actors::{Lock, linger, lock, until_blocked, wait_with_a_lock};
use super::{Case, told};
use gordian::checked::sync::{Arc, Condvar, Mutex, mpsc};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};

cases! {
    a_join_with_a_lock_that_the_joined_needs finds [deadlock] {
        let a = lock("a");
        let theirs = Arc::clone(&a);
        let _a = a.lock();
        let other = thread::spawn(move || drop(theirs.lock()));
        until_blocked(1);
        drop(catch_unwind(AssertUnwindSafe(|| other.join())));
    }
    a_join_with_a_lock_that_nobody_needs finds [] {
        let (a, b) = (lock("a"), lock("b"));
        let _a = a.lock();
        drop(thread::spawn(move || drop(b.lock())).join());
    }
    two_who_join_each_other finds [stall] {
        // Each gets the other's handle by a channel.
        let (give, take) = mpsc::channel::<thread::JoinHandle<()>>();
        let (back, other) = mpsc::channel::<()>();
        let first = thread::spawn(move || { drop(take.recv().unwrap().join()); drop(back); });
        let second = thread::spawn(move || { let _ = other.recv(); });
        give.send(second).unwrap();
        drop(catch_unwind(AssertUnwindSafe(|| { drop(first.join()); drop(give); })));
    }
    a_scope_whose_thread_needs_a_lock_of_one_who_listens finds [deadlock stall] {
        let (a, pair) = (lock("a"), (Mutex::new(()), Condvar::new()));
        drop(catch_unwind(AssertUnwindSafe(|| {
            thread::scope(|scope| {
                scope.spawn(|| { let _a = a.lock(); drop(pair.1.wait(pair.0.lock().unwrap())); });
                scope.spawn(|| { until_blocked(2); drop(a.lock()); });
            });
        })));
    }
    a_scope_that_ends_when_its_threads_are_stuck finds [deadlock] {
        // The scope cannot be left, so one of its threads is refused.
        let (a, pair) = (lock("a"), (Mutex::new(()), Condvar::new()));
        drop(catch_unwind(AssertUnwindSafe(|| {
            thread::scope(|scope| {
                scope.spawn(|| { let _a = a.lock(); drop(pair.1.wait(pair.0.lock().unwrap())); });
                until_blocked(1);
                scope.spawn(|| drop(a.lock()));
                until_blocked(2);
            });
        })));
    }
    a_thread_that_starts_when_its_scope_waits_and_needs_a_lock_of_it finds [deadlock] {
        let a = lock("a");
        late_child(&a, &a);
    }
    a_thread_that_starts_when_its_scope_waits_and_needs_another_lock finds [] {
        let (a, b) = (lock("a"), lock("b"));
        late_child(&a, &b);
    }
    a_thread_that_starts_when_its_scope_waits_and_joins_one_who_needs_a_lock_of_it finds [deadlock] {
        // The scope waits for the one who waits for the one who is refused.
        let a = lock("a");
        let theirs = Arc::clone(&a);
        let _a = a.lock();
        let late = move || drop(thread::spawn(move || { until_blocked(2); drop(theirs.lock()); }).join());
        thread::scope(|scope| { scope.spawn(move || { until_blocked(1); scope.spawn(late); }); });
    }
    a_scope_whose_threads_end finds [] {
        let a = lock("a");
        thread::scope(|scope| (0..3).for_each(|_| { scope.spawn(|| *a.lock().unwrap() += 1); }));
    }
    a_park_that_nobody_ends finds [stall] {
        drop(catch_unwind(thread::park));
    }
    a_park_that_was_ended_before finds [] {
        thread::current().unpark();
        thread::park();
    }
    a_park_that_a_stranger_who_is_gone_ended_before finds [] {
        let me = std::thread::current();
        std::thread::spawn(move || me.unpark()).join().unwrap();
        thread::park();
    }
    a_park_that_a_stranger_ends_during_a_look_and_is_gone finds [] {
        let me = std::thread::current();
        let stranger = std::thread::spawn(move || { until_blocked(1); me.unpark(); });
        thread::park();
        stranger.join().unwrap();
    }
    a_park_that_a_stranger_who_is_gone_did_not_end finds [stall] {
        std::thread::spawn(|| ()).join().unwrap();
        drop(catch_unwind(thread::park));
    }
    a_park_with_a_lock_that_the_other_needs finds [deadlock stall] {
        let (tell, told) = mpsc::channel();
        wait_with_a_lock(
            move || { tell.send(thread::current()).unwrap(); thread::park(); },
            move || told.recv().unwrap().unpark(),
        );
    }
    a_lock_that_is_given_back_by_a_destructor finds [leaked_guard] {
        static LOCK: Mutex<u32> = Mutex::new(0);
        struct Kept(Option<gordian::checked::sync::MutexGuard<'static, u32>>);
        impl Drop for Kept {
            fn drop(&mut self) {
                until_blocked(1);
                (0..10).for_each(|_| linger());
            }
        }
        thread_local!(static KEPT: std::cell::RefCell<Kept> = const { std::cell::RefCell::new(Kept(None)) });
        let (told, hears) = mpsc::channel();
        let holder = thread::spawn(move || {
            KEPT.with_borrow_mut(|kept| kept.0 = LOCK.lock().ok());
            told.send(()).unwrap();
        });
        hears.recv().unwrap();
        drop(LOCK.lock());
        holder.join().unwrap();
    }
    a_lock_whose_holder_is_gone finds [leaked_guard deadlock] {
        let a = lock("a");
        let theirs = Arc::clone(&a);
        thread::spawn(move || std::mem::forget(theirs.lock())).join().unwrap();
        drop(catch_unwind(AssertUnwindSafe(|| drop(a.lock()))));
    }
    a_lock_whose_holder_ends_while_others_wait finds [leaked_guard deadlock] {
        let a = lock("a");
        let theirs = Arc::clone(&a);
        let waiter = Arc::clone(&a);
        thread::spawn(move || {
            std::mem::forget(theirs.lock());
            // It waits to the end of the process, like every program with this mistake.
            thread::spawn(move || drop(waiter.lock()));
            until_blocked(1);
        });
        while told() < 2 { std::thread::yield_now(); }
    }
    a_lock_whose_holder_gives_it_back_and_ends_while_others_wait finds [] {
        let a = lock("a");
        let waiter = Arc::clone(&a);
        let a_guard = a.lock();
        let waiter = thread::spawn(move || drop(waiter.lock()));
        until_blocked(1);
        thread::spawn(|| ()).join().unwrap();
        drop(a_guard);
        waiter.join().unwrap();
    }
}

/// Ends a scope under a lock, while a thread of the scope starts one that takes another lock, or the same.
fn late_child(held: &Lock, wanted: &Lock) {
    let _held = held.lock();
    thread::scope(|scope| {
        scope.spawn(|| {
            until_blocked(1);
            scope.spawn(|| drop(catch_unwind(AssertUnwindSafe(|| drop(wanted.lock())))));
        });
    });
}
