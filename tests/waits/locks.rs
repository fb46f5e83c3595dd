//! Locks and initialisers in the hands of those who wait, and holds that last.
//!
//! Must not know: how a case is run.

use super::actors::{Lock, lock, meet};
use super::{Case, told, watch};
use gordian::checked::sync::{Arc, LazyLock, Mutex, Once, OnceLock, RLock, RwLock};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

cases! {
    two_mutexes_in_opposite_orders finds [deadlock] {
        let (a, b) = (lock("a"), lock("b"));
        let held = b.lock();
        meet(|| drop((a.lock(), b.lock())), || { let _b = held; drop(a.lock()); });
    }
    two_mutexes_in_one_order finds [] {
        let (a, b) = (lock("a"), lock("b"));
        meet(|| drop((a.lock(), b.lock())), || drop((a.lock(), b.lock())));
    }
    a_ring_of_five finds [deadlock] {
        ring(5, 5);
    }
    a_ring_of_five_with_a_gap finds [] {
        ring(5, 4);
    }
    a_writer_that_waits_for_a_reader_who_waits_for_it finds [deadlock] {
        let (a, b) = (Arc::new(RwLock::new(0)), lock("b"));
        let held = b.lock();
        meet(|| drop((a.read(), b.lock())), || { let _b = held; drop(a.write()); });
    }
    a_writer_that_waits_for_a_reader finds [] {
        let (a, b) = (Arc::new(RwLock::new(0)), lock("b"));
        let held = b.lock();
        meet(|| drop((a.read(), b.lock())), || drop(held));
        drop(a.write());
    }
    a_reader_that_reads_again_behind_a_writer finds [writer_between deadlock] {
        let a = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&a);
        let held = a.read();
        meet(move || drop(theirs.write()), || { let _a = held; drop(a.read()); });
    }
    a_reader_that_reads_again finds [writer_between] {
        let a = Arc::new(RwLock::new(0));
        let _a = a.read();
        drop(a.read());
    }
    a_writer_that_waits_for_all_readers_one_of_whom_waits_for_it finds [deadlock] {
        let (a, b) = (Arc::new(RwLock::new(0)), lock("b"));
        let (is_read, go_on) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                let _a = a.read();
                is_read.wait();
                go_on.wait();
            });
            is_read.wait();
            let held = b.lock();
            meet(|| drop((a.read(), b.lock())), || { let _b = held; drop(a.write()); });
            go_on.wait();
        });
    }
    an_rlock_in_the_hands_of_one_who_waits finds [deadlock] {
        let (a, b) = (Arc::new(RLock::new(())), lock("b"));
        let held = b.lock();
        let twice = || { let _outer = a.lock(); let _inner = a.lock(); drop(b.lock()); };
        meet(twice, || { let _b = held; drop(a.lock()); });
    }
    an_rlock_that_its_holder_takes_again finds [] {
        let a = Arc::new(RLock::new(()));
        let _outer = a.lock();
        let _inner = a.lock();
    }
    an_initialiser_that_needs_a_lock_of_one_who_waits_for_it finds [deadlock] {
        let (once, a) = (Once::new(), lock("a"));
        let held = a.lock();
        meet(|| once.call_once(|| drop(a.lock())), || { once.call_once(|| {}); drop(held); });
    }
    an_initialiser_that_needs_a_lock_of_one_who_gives_it_back finds [] {
        let (once, a) = (Once::new(), lock("a"));
        let held = a.lock();
        meet(|| once.call_once(|| drop(a.lock())), || { drop(held); once.call_once(|| {}); });
    }
    a_once_lock_that_needs_a_lock_of_one_who_waits_for_it finds [deadlock] {
        let (once, a) = (OnceLock::new(), lock("a"));
        let held = a.lock();
        meet(|| { once.get_or_init(|| *a.lock().unwrap()); }, || { once.get_or_init(|| 1); drop(held); });
    }
    a_lazy_lock_that_needs_a_lock_of_one_who_waits_for_it finds [deadlock] {
        static A: Mutex<u32> = Mutex::new(0);
        static LAZY: LazyLock<u32> = LazyLock::new(|| *A.lock().unwrap());
        let held = A.lock();
        meet(|| { let _ = *LAZY; }, || { let _ = *LAZY; drop(held); });
    }
    a_lazy_lock_that_two_threads_want finds [] {
        static A: Mutex<u32> = Mutex::new(0);
        static LAZY: LazyLock<u32> = LazyLock::new(|| *A.lock().unwrap());
        let held = A.lock();
        meet(|| { let _ = *LAZY; }, || { drop(held); let _ = *LAZY; });
    }
    an_initialiser_that_wants_itself finds [self_deadlock] {
        let once = Arc::new(Once::new());
        let again = Arc::clone(&once);
        drop(catch_unwind(AssertUnwindSafe(|| once.call_once(|| again.call_once(|| {})))));
    }
    a_try_lock_that_backs_off finds [] {
        let (a, b) = (lock("a"), lock("b"));
        let _b = b.lock();
        meet(|| { let _a = a.lock(); drop(b.try_lock()); }, || drop(a.lock()));
    }
    a_hold_longer_than_the_limit finds [long_hold] {
        watch(Duration::from_millis(5));
        let a = lock("a");
        let _a = thread::scope(|scope| scope.spawn(|| {
            let _a = a.lock();
            while told() == 0 { std::thread::yield_now(); }
        }).join());
    }
    holds_within_the_limit finds [] {
        watch(Duration::from_secs(600));
        let a = lock("a");
        thread::scope(|scope| drop(scope.spawn(|| (0..99).for_each(|_| *a.lock().unwrap() += 1)).join()));
    }
}

/// Threads of which each holds one lock and wants the next; the last `threads` of `locks` many.
fn ring(locks: usize, threads: usize) {
    let locks: Vec<Lock> = (0..locks).map(|_| lock("link")).collect();
    let held = std::sync::Barrier::new(threads);
    thread::scope(|scope| {
        for thread in 0..threads {
            let (mine, next) = (&locks[thread], &locks[(thread + 1) % locks.len()]);
            let held = &held;
            scope.spawn(move || {
                let _mine = mine.lock();
                held.wait();
                drop(catch_unwind(AssertUnwindSafe(|| drop(next.lock()))));
            });
        }
    });
}
