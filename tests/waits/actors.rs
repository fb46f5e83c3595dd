//! What the cases are made of: locks with names, and threads that meet.
//!
//! Must not know: what is found.
//! INVARIANT: nothing is ordered by a pause: a thread acts once the others are seen to be blocked.

use gordian::Named;
use gordian::checked::sync::{Arc, Mutex};
use gordian::checked::thread;
use gordian::rehearsal::blocked_threads;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

pub(crate) type Lock = Arc<Mutex<u32>>;

pub(crate) fn lock(name: &'static str) -> Lock {
    Arc::new(Mutex::new(0).named(name))
}

/// Waits until so many threads are blocked.
pub(crate) fn until_blocked(threads: usize) {
    while blocked_threads() < threads {
        std::thread::yield_now();
    }
}

/// Passes some time, so that what could go wrong meanwhile does. If it is too short, nothing is seen, and nothing fails.
pub(crate) fn linger() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(5) {
        std::thread::yield_now();
    }
}

/// Runs `first`, until it blocks or ends, beside `then`.
pub(crate) fn meet(first: impl FnOnce() + Send, then: impl FnOnce()) {
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
pub(crate) fn wait_with_a_lock(wait: impl FnOnce() + Send, wake: impl FnOnce()) {
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
pub(crate) fn wait_with_another_lock(wait: impl FnOnce() + Send, wake: impl FnOnce()) {
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
