//! The workloads over the checked types.
//!
//! Must not know: anything but where the names `sync` and `thread` come from.
//! Source: none.
//! INVARIANT: the same files as in its twin; they take every lock and every thread from `super`.
#![allow(clippy::duplicate_mod, reason = "compiled once a side, which keeps the twins equal")]

use gordian::checked::{sync, thread};

#[path = "lazy.rs"]
pub(super) mod lazy;
#[path = "memory.rs"]
pub(super) mod memory;
#[path = "mutex.rs"]
pub(super) mod mutex;
#[path = "order.rs"]
pub(super) mod order;
#[path = "rwlock.rs"]
pub(super) mod rwlock;
#[path = "team.rs"]
pub(super) mod team;
