//! Parks and unparks, by every function and every handle.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::thread`. We lean on more: a park of std's futex does not return for nothing.
//! INVARIANT: every expectation holds for std.

use std::collections::HashSet;
use std::time::Duration;

use super::sync::Arc;
use super::sync::atomic::{AtomicBool, Ordering};
use super::sync::mpsc::channel;
use super::thread::{self, Builder, JoinHandle, Thread, ThreadId};

/// Parks until the flag is raised.
fn park_until(raised: &AtomicBool, park: impl Fn()) {
    // ORDERING: Acquire; pairs with the Release store in `raise`.
    while !raised.load(Ordering::Acquire) {
        park();
    }
}

fn raise(flag: &AtomicBool) {
    // ORDERING: Release; pairs with the Acquire load in `park_until`.
    flag.store(true, Ordering::Release);
}

/// Starts a thread that does `act`, after having given others time, and then unparks the caller.
fn unpark_me_after(act: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let me = thread::current();
    thread::spawn(move || {
        for _ in 0..100 {
            thread::yield_now();
        }
        act();
        me.unpark();
    })
}

#[test]
fn functions_have_stds_signatures() {
    let _: fn() -> Thread = thread::current;
    let _: fn() = thread::park;
    let _: fn(Duration) = thread::park_timeout;
    #[expect(deprecated, reason = "parity reaches deprecated functions too")]
    let _: fn(u32) = thread::park_timeout_ms;
    let _: for<'a> fn(&'a Thread) = Thread::unpark;
    let _: for<'a> fn(&'a Thread) -> ThreadId = Thread::id;
    let _: for<'a> fn(&'a Thread) -> Option<&'a str> = Thread::name;
}

#[test]
fn a_thread_handle_is_an_identity() {
    let current: Thread = thread::current();
    let same = current.clone();
    assert_eq!(current.id(), same.id());
    assert_eq!(current.id(), std::thread::current().id());
    let ids: HashSet<ThreadId> = (0..3)
        .map(|_| thread::spawn(|| thread::current().id()).join().unwrap())
        .chain([current.id(), same.id()])
        .collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(format!("{current:?} {current:#?}"), format!("{0:?} {0:#?}", std::thread::current()));
}

#[test]
fn the_handles_of_one_thread_agree() {
    let handle = Builder::new().name("parked".to_owned()).spawn(thread::current).unwrap();
    let outside = handle.thread().clone();
    let inside = handle.join().unwrap();
    assert_eq!((inside.id(), inside.name()), (outside.id(), Some("parked")));
    assert_eq!(format!("{inside:?}"), format!("{outside:?}"));
    // The thread is gone, and nobody minds.
    inside.unpark();
    outside.unpark();
}

#[test]
fn park_returns_after_unpark() {
    let raised = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&raised);
    let parked = thread::spawn(move || park_until(&theirs, thread::park));
    raise(&raised);
    parked.thread().unpark();
    parked.join().unwrap();
}

#[test]
fn every_handle_unparks() {
    let by_current = Arc::new(AtomicBool::new(false));
    let by_scoped = AtomicBool::new(false);
    let (tell, heard) = channel();
    let theirs = Arc::clone(&by_current);
    let parked = thread::spawn(move || {
        tell.send(thread::current()).unwrap();
        park_until(&theirs, thread::park);
    });
    raise(&by_current);
    let current: Thread = heard.recv().unwrap();
    current.clone().unpark();
    parked.join().unwrap();

    thread::scope(|scope| {
        let parked = scope.spawn(|| park_until(&by_scoped, || thread::park_timeout(Duration::MAX)));
        raise(&by_scoped);
        parked.thread().unpark();
    });
}

#[test]
fn stds_own_handle_unparks_too() {
    let raised = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&raised);
    let (tell, heard) = channel();
    let parked = thread::spawn(move || {
        tell.send(std::thread::current()).unwrap();
        park_until(&theirs, thread::park);
    });
    let current = heard.recv().unwrap();
    raise(&raised);
    current.unpark();
    parked.join().unwrap();
}

#[test]
fn an_unpark_wakes_one_who_parks_by_std() {
    let raised = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&raised);
    let parked = thread::spawn(move || park_until(&theirs, std::thread::park));
    raise(&raised);
    parked.thread().unpark();
    parked.join().unwrap();
}

#[test]
fn an_unpark_before_a_park_is_kept() {
    thread::spawn(|| {
        thread::current().unpark();
        thread::park();
        thread::current().unpark();
        thread::park_timeout(Duration::MAX);
    })
    .join()
    .unwrap();
}

#[test]
fn an_unpark_before_the_thread_runs_is_kept() {
    let is_left = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&is_left);
    // Not by a channel: std's receivers park too, and take whatever token there is.
    let parked = thread::spawn(move || {
        park_until(&theirs, thread::yield_now);
        thread::park();
    });
    parked.thread().unpark();
    raise(&is_left);
    parked.join().unwrap();
}

#[test]
fn many_unparks_are_one_token() {
    let raised = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&raised);
    thread::current().unpark();
    thread::current().unpark();
    thread::park();
    let other = unpark_me_after(move || raise(&theirs));
    thread::park();
    assert!(raised.load(Ordering::Acquire), "the second park returned without a token of its own");
    other.join().unwrap();
}

#[test]
fn a_park_for_a_time_takes_the_token() {
    let raised = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&raised);
    thread::current().unpark();
    thread::park_timeout(Duration::ZERO);
    let other = unpark_me_after(move || raise(&theirs));
    thread::park();
    assert!(raised.load(Ordering::Acquire), "the token was still there");
    other.join().unwrap();
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated functions too")]
fn parks_for_a_time_return_without_a_token() {
    thread::park_timeout(Duration::ZERO);
    thread::park_timeout(Duration::from_millis(1));
    thread::park_timeout_ms(0);
    thread::park_timeout_ms(1);
}

#[test]
fn two_threads_take_turns() {
    let turn = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&turn);
    let me = thread::current();
    let other = thread::spawn(move || {
        for _ in 0..200 {
            park_until(&theirs, thread::park);
            theirs.store(false, Ordering::Release);
            me.unpark();
        }
    });
    for _ in 0..200 {
        raise(&turn);
        other.thread().unpark();
        while turn.load(Ordering::Acquire) {
            thread::park();
        }
    }
    other.join().unwrap();
}

#[test]
fn a_thread_may_unpark_and_park_while_its_locals_are_destroyed() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            thread::current().unpark();
            thread::park();
            thread::park_timeout(Duration::ZERO);
        }
    }
    thread_local! {
        static FIRST: Late = const { Late };
        static LAST: Late = const { Late };
    }
    thread::spawn(|| {
        FIRST.with(|_| ());
        thread::current().unpark();
        thread::park();
        LAST.with(|_| ());
    })
    .join()
    .unwrap();
}
