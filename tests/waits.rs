//! Every blocking operation, once in a deadlock and once in none, each in a process of its own.
//!
//! Must not know: how the detector finds them.
//! INVARIANT: nothing is ordered by a pause: a thread acts once the others are seen to be blocked. A process that hangs is
//! ended and counts as failed.
//!
//! It has its own `main`, since a test harness's main thread is one that gordian has never heard of, which makes a stall
//! doubtful and so a warning.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
#![allow(dropping_copy_types, reason = "results are of no interest here, whatever they are made of")]

use gordian::checked::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RLock, RwLock, mpsc};
use gordian::checked::thread;
use gordian::rehearsal::blocked_threads;
use gordian::{Config, Level, Lint, Named};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

struct Case {
    name: &'static str,
    /// The lints that are told, in the order in which they are.
    finds: &'static [&'static str],
    run: fn(),
}

macro_rules! cases {
    ($($name:ident finds [$($lint:ident)*] $run:block)*) => {
        const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            finds: &[$(stringify!($lint)),*],
            run: || $run,
        }),*];
    };
}

type Lock = Arc<Mutex<u32>>;

fn lock(name: &'static str) -> Lock {
    Arc::new(Mutex::new(0).named(name))
}

/// Waits until so many threads are blocked.
fn until_blocked(threads: usize) {
    while blocked_threads() < threads {
        std::thread::yield_now();
    }
}

/// Passes some time, so that what could go wrong meanwhile does. If it is too short, nothing is seen, and nothing fails.
fn linger() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(5) {
        std::thread::yield_now();
    }
}

/// Runs `first`, until it blocks or ends, beside `then`.
fn meet(first: impl FnOnce() + Send, then: impl FnOnce()) {
    let first = AssertUnwindSafe(first);
    thread::scope(|scope| {
        let first = scope.spawn(move || drop(catch_unwind(first)));
        while blocked_threads() == 0 && !first.is_finished() {
            std::thread::yield_now();
        }
        drop(catch_unwind(AssertUnwindSafe(then)));
    });
}

/// One thread blocks in `wait` while it holds a lock, and the other one wants that lock before it would `wake`.
fn wait_with_a_lock(wait: impl FnOnce() + Send, wake: impl FnOnce()) {
    let a = lock("a");
    let theirs = Arc::clone(&a);
    meet(
        move || {
            let _a = theirs.lock();
            wait();
        },
        move || {
            let _a = a.lock();
            wake();
        },
    );
}

/// The same, and what is wanted is another lock.
fn wait_with_another_lock(wait: impl FnOnce() + Send, wake: impl FnOnce()) {
    let (a, b) = (lock("a"), lock("b"));
    meet(
        move || {
            let _a = a.lock();
            wait();
        },
        move || {
            let _b = b.lock();
            wake();
        },
    );
}

// Where a refusal gives back a lock and whoever waits needs more than that, a stall is told after the deadlock.
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
    a_receive_with_a_lock_that_the_sender_needs finds [deadlock] {
        let (sender, receiver) = mpsc::channel();
        wait_with_a_lock(move || drop(receiver.recv()), move || drop(sender.send(1)));
    }
    a_receive_with_a_lock_that_nobody_needs finds [] {
        let (sender, receiver) = mpsc::channel();
        wait_with_another_lock(move || drop(receiver.recv()), move || drop(sender.send(1)));
    }
    a_timed_receive_with_a_lock_that_the_sender_needs finds [wait_while_holding] {
        let (sender, receiver) = mpsc::channel();
        let is_held = std::sync::Barrier::new(2);
        let a = lock("a");
        thread::scope(|scope| {
            scope.spawn(|| {
                let _a = a.lock();
                is_held.wait();
                drop(receiver.recv_timeout(Duration::from_millis(60)));
                drop(receiver);
            });
            is_held.wait();
            let _a = a.lock();
            drop(sender.send(1));
        });
    }
    a_receive_by_one_who_keeps_a_sender finds [stall] {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        thread::spawn(move || drop(other.send(1))).join().unwrap();
        drop(catch_unwind(AssertUnwindSafe(|| receiver.iter().count())));
        drop(sender);
    }
    a_receive_by_one_who_gave_all_senders_away finds [] {
        let (sender, receiver) = mpsc::channel::<u32>();
        thread::spawn(move || drop(sender.send(1))).join().unwrap();
        assert_eq!(receiver.iter().count(), 1);
    }
    the_end_of_the_last_thread_that_could_send finds [stall] {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        let last = thread::spawn(move || { until_blocked(1); drop(other); });
        drop(catch_unwind(AssertUnwindSafe(|| receiver.recv())));
        drop((sender, last));
    }
    the_end_of_the_last_thread_that_could_notify finds [stall] {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let _last = thread::spawn(|| until_blocked(1));
        drop(catch_unwind(AssertUnwindSafe(|| drop(pair.1.wait(pair.0.lock().unwrap())))));
    }
    a_send_to_a_full_channel_with_a_lock_that_the_receiver_needs finds [deadlock] {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(0).unwrap();
        wait_with_a_lock(move || drop(sender.send(1)), move || drop(receiver.recv()));
    }
    a_send_to_a_full_channel_with_a_lock_that_nobody_needs finds [] {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(0).unwrap();
        wait_with_another_lock(move || drop(sender.send(1)), move || assert_eq!(receiver.iter().count(), 2));
    }
    a_rendezvous_with_a_lock_that_the_receiver_needs finds [deadlock] {
        let (sender, receiver) = mpsc::sync_channel(0);
        wait_with_a_lock(move || drop(sender.send(1)), move || drop(receiver.recv()));
    }
    a_rendezvous finds [] {
        let (sender, receiver) = mpsc::sync_channel(0);
        wait_with_another_lock(move || drop(sender.send(1)), move || assert_eq!(receiver.iter().count(), 1));
    }
    two_who_wait_for_each_others_messages finds [stall] {
        let ((to_them, mine), (to_me, theirs)) = (mpsc::channel::<u32>(), mpsc::channel::<u32>());
        meet(move || { drop(mine.recv()); drop(to_me.send(1)); }, move || { drop(theirs.recv()); drop(to_them.send(1)); });
    }
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
        while TOLD.load(std::sync::atomic::Ordering::SeqCst) < 2 { std::thread::yield_now(); }
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
    a_try_lock_that_backs_off finds [] {
        let (a, b) = (lock("a"), lock("b"));
        let _b = b.lock();
        meet(|| { let _a = a.lock(); drop(b.try_lock()); }, || drop(a.lock()));
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
    a_hold_longer_than_the_limit finds [long_hold] {
        watch(Duration::from_millis(5));
        let a = lock("a");
        let _a = thread::scope(|scope| scope.spawn(|| {
            let _a = a.lock();
            let told = || TOLD.load(std::sync::atomic::Ordering::SeqCst) > 0;
            while !told() { std::thread::yield_now(); }
        }).join());
    }
    holds_within_the_limit finds [] {
        watch(Duration::from_secs(600));
        let a = lock("a");
        thread::scope(|scope| drop(scope.spawn(|| (0..99).for_each(|_| *a.lock().unwrap() += 1)).join()));
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

static TOLD: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// What has happened stays as it is: an order that is one day a deadlock is told elsewhere.
fn config() -> Config {
    let config = [Lint::LockOrder, Lint::ClassOrder, Lint::SequentialOrder, Lint::GatedOrder];
    let config = config.into_iter().fold(Config::new(), |config, lint| config.level(lint, Level::Allow));
    config.on_report(|report| {
        println!("told {}", report.lint);
        eprintln!("{report}\n");
        TOLD.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    })
}

fn watch(limit: Duration) {
    config().watchdog(limit).install().expect("the variables are understood");
}

const CASE: &str = "GORDIAN_TEST_CASE";
/// Much longer than any case takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if let Some(case) = std::env::var(CASE).ok().and_then(|name| CASES.iter().find(|case| case.name == name)) {
        config().install().expect("the variables are understood");
        (case.run)();
        println!("ended");
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.name.contains(&filter)).collect();
    let results: Vec<(&Case, Result<(), String>)> = cases.iter().map(|case| (*case, case.check())).collect();
    for (case, result) in &results {
        println!("test {} ... {}", case.name, if result.is_ok() { "ok" } else { "FAILED" });
    }
    let failed: Vec<_> =
        results.iter().filter_map(|(case, result)| Some((case.name, result.as_ref().err()?))).collect();
    for (name, why) in &failed {
        println!("\n---- {name}\n{why}");
    }
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {} passed; {} failed; 0 ignored", results.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Case {
    fn check(&self) -> Result<(), String> {
        let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GORDIAN")) {
            command.env_remove(variable);
        }
        command.env(CASE, self.name).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
        let start = Instant::now();
        let hung = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(_) => break false,
                None if start.elapsed() > PATIENCE => break true,
                None => std::thread::yield_now(),
            }
        };
        if hung {
            child.kill().map_err(|error| error.to_string())?;
        }
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let told: Vec<&str> = stdout.lines().filter_map(|line| line.strip_prefix("told ")).collect();
        let ended = stdout.lines().any(|line| line == "ended") && output.status.success();
        if !hung && ended && told == self.finds {
            return Ok(());
        }
        let end = if hung { "it hung".to_owned() } else { output.status.to_string() };
        Err(format!("{end}; told {told:?}, not {:?}\n{stderr}", self.finds))
    }
}
