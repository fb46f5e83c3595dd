//! What gordian adds to loom's own types: predicate waits, a channel that can be dropped, an `Arc` of a trait object.
//!
//! Threads: one besides the one that runs the model.
//! Bound: none; loom explores every interleaving.

use crate::{failure_of, passes_every_interleaving_of};
use gordian::sync::{Arc, Condvar, Mutex, RLock, mpsc};
use gordian::thread;
use std::time::Duration;

/// Claim: a predicate wait ends in every interleaving, whether the notification comes before it or after.
#[test]
fn wait_while_needs_no_luck() {
    passes_every_interleaving_of(|| {
        let flag = flag_set_by_another_thread();
        let set = flag.1.wait_while(flag.0.lock().unwrap(), |set| !*set).unwrap();
        assert!(*set);
    });
}

/// Claim: a predicate wait goes on after a notification that came too early.
#[test]
fn wait_while_asks_again_after_each_notification() {
    passes_every_interleaving_of(|| {
        let steps = Arc::new((Mutex::new(0), Condvar::new()));
        let theirs = Arc::clone(&steps);
        let other = thread::spawn(move || {
            for _ in 0..2 {
                *theirs.0.lock().unwrap() += 1;
                theirs.1.notify_one();
            }
        });
        let done = steps.1.wait_while(steps.0.lock().unwrap(), |done| *done < 2).unwrap();
        assert_eq!(*done, 2);
        drop(done);
        other.join().unwrap();
    });
}

/// Claim: the twin that waits without asking first misses a notification, which is a deadlock.
#[test]
fn a_wait_without_a_predicate_misses_the_notification() {
    let text = failure_of(|| {
        let flag = flag_set_by_another_thread();
        drop(flag.1.wait(flag.0.lock().unwrap()));
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
}

/// Claim: a timed predicate wait ends by its predicate, never by time.
#[test]
fn a_timed_wait_does_not_time_out() {
    passes_every_interleaving_of(|| {
        let flag = flag_set_by_another_thread();
        let guard = flag.0.lock().unwrap();
        let (set, waited) = flag.1.wait_timeout_while(guard, Duration::ZERO, |set| !*set).unwrap();
        assert_eq!((*set, waited.timed_out()), (true, false));
    });
}

/// Claim: what one thread sends before it ends the other receives, in the same order, in every interleaving.
#[test]
fn a_channel_hands_over_in_order() {
    passes_every_interleaving_of(|| {
        let (sender, receiver) = mpsc::channel();
        let other = thread::spawn(move || [1, 2].map(|number| sender.send(number).unwrap()));
        assert_eq!([receiver.recv(), receiver.recv()], [Ok(1), Ok(2)]);
        assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty));
        other.join().unwrap();
    });
}

/// Claim: a receive that nobody will answer is a deadlock that can be caught and read, with a message still unread.
#[test]
fn a_receive_from_an_empty_channel_deadlocks() {
    let text = failure_of(|| {
        let ((_sender, receiver), (unread_sender, _unread)) = (mpsc::channel::<()>(), mpsc::channel());
        unread_sender.send(1).unwrap();
        let _ = receiver.recv();
    });
    assert!(text.starts_with("deadlock; threads = ["), "{text}");
}

/// Claim: an assertion that fails while guards and `Arc`s are alive is the failure that is seen.
#[test]
fn a_failing_assertion_is_not_hidden_by_what_it_drops() {
    let text = failure_of(|| {
        let lock = Arc::new(gordian::sync::RwLock::new(1));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || *theirs.write().unwrap() = 2);
        let seen = lock.read().unwrap();
        assert!(*seen == 1, "the other thread wrote first");
        drop(seen);
        other.join().unwrap();
    });
    assert_eq!(text, "the other thread wrote first");
}

/// Claim: an `Arc` that is never dropped is reported.
#[test]
fn a_leaked_arc_is_reported() {
    let text = failure_of(|| std::mem::forget(Arc::new(0)));
    assert!(text.contains("Arc leaked"), "{text}");
}

/// Claim: a trait object behind an `RLock` behind an `Arc` is made by way of std's `Arc`, and is locked as any other.
#[test]
fn an_arc_of_a_locked_trait_object_is_shared() {
    passes_every_interleaving_of(|| {
        let shown: std::sync::Arc<RLock<dyn std::fmt::Display + Send>> = std::sync::Arc::new(RLock::new(7));
        let shown = Arc::from_std(shown);
        let theirs = Arc::clone(&shown);
        let other = thread::spawn(move || theirs.lock().to_string());
        let mine = shown.lock().to_string();
        assert_eq!((mine.as_str(), other.join().unwrap().as_str()), ("7", "7"));
    });
}

/// A flag, and the condition variable of a thread that sets it and notifies.
fn flag_set_by_another_thread() -> Arc<(Mutex<bool>, Condvar)> {
    let flag = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&flag);
    thread::spawn(move || {
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
    });
    flag
}
