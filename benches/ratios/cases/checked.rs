//! The workloads over the checked types.
//!
//! Must not know: anything but where the names `sync` and `thread` come from, and what only one side can tell.
//! Source: none.
//! INVARIANT: the same files as in its twin; they take every lock and every thread from `super`.
#![allow(clippy::duplicate_mod, reason = "compiled once a side, which keeps the twins equal")]

#[cfg(feature = "tokio")]
use gordian::checked::tokio::sync as tasks_sync;
use gordian::checked::{cell, sync, sync as ours, thread};

#[path = "blocked.rs"]
pub(super) mod blocked;
#[path = "lazy.rs"]
pub(super) mod lazy;
#[path = "memory.rs"]
pub(super) mod memory;
#[path = "mutex.rs"]
pub(super) mod mutex;
#[path = "order.rs"]
pub(super) mod order;
#[path = "parts.rs"]
pub(super) mod parts;
#[path = "races.rs"]
pub(super) mod races;
#[path = "rwlock.rs"]
pub(super) mod rwlock;
#[path = "stuck.rs"]
pub(super) mod stuck;
#[cfg(feature = "tokio")]
#[path = "tasks.rs"]
pub(super) mod tasks;
#[path = "team.rs"]
pub(super) mod team;

/// Waits until so many threads are told as blocked.
fn until_blocked(threads: usize) {
    while gordian::rehearsal::blocked_threads() < threads {
        std::thread::yield_now();
    }
}

/// Requests the lock that closes a circle of so many threads, and makes the report's text.
fn close_circle(lock: &sync::Mutex<()>, threads: usize) {
    let found = gordian::collect(|| drop(lock.lock()));
    let [report] = &found[..] else { panic!("one deadlock: {found:?}") };
    assert_eq!((report.lint, report.sides.len()), ("deadlock", threads));
    std::hint::black_box(report.to_string());
}
