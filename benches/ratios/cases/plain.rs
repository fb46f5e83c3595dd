//! The workloads over std.
//!
//! Must not know: anything but where the names `sync` and `thread` come from, and what only one side can tell.
//! Source: none.
//! INVARIANT: the same files as in its twin; they take every lock and every thread from `super`.
#![allow(clippy::duplicate_mod, reason = "compiled once a side, which keeps the twins equal")]

#[cfg(feature = "tokio")]
use gordian::plain::tokio::sync as tasks_sync;
use gordian::plain::{cell, sync as ours};
use std::{sync, thread};

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

/// Std tells nobody.
fn until_blocked(_threads: usize) {}

/// Looks whether the lock is taken, which is all that std can say.
fn close_circle(lock: &sync::Mutex<()>, _threads: usize) {
    drop(std::hint::black_box(lock.try_lock()));
}
