//! What watching for races costs: locks and atomics while a watched cell is alive, and accesses to the cell itself.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: a watched cell was accessed by two threads, in order, before the first sample, so that hand-overs are kept.

use std::hint::black_box;
use std::sync::atomic::Ordering;

use super::cell::{Shared, UnsafeCell};
use super::sync::atomic::AtomicU64;
use super::sync::{Arc, Mutex};
use super::thread;
use crate::measure::Side;

/// A cell that its users order by joins.
struct Watched(UnsafeCell<u64>);

// SAFETY: the thread that writes it is joined before anybody else does.
unsafe impl Sync for Watched {}

impl Watched {
    fn write(&self) {
        // SAFETY: accesses are ordered by joins.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) -> u64 {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }
}

fn watched() -> Arc<Watched> {
    let cell = Arc::new(Watched(UnsafeCell::new(0)));
    let theirs = Arc::clone(&cell);
    cell.write();
    thread::spawn(move || theirs.write()).join().unwrap();
    cell.write();
    cell
}

pub(crate) fn mutex() -> Side {
    let (cell, lock) = (watched(), Mutex::new(0_u64));
    Side::of(move || {
        let _ = &cell;
        *black_box(&lock).lock().unwrap() += 1;
    })
}

pub(crate) fn mutex_and_access() -> Side {
    let (cell, lock) = (watched(), Mutex::new(0_u64));
    Side::of(move || {
        *black_box(&lock).lock().unwrap() += 1;
        black_box(&cell).write();
    })
}

pub(crate) fn read() -> Side {
    let cell = watched();
    Side::of(move || {
        black_box(black_box(&cell).read());
    })
}

pub(crate) fn write() -> Side {
    let cell = watched();
    Side::of(move || black_box(&cell).write())
}

pub(crate) fn shared() -> Side {
    let (cell, shared) = (watched(), Shared::new(0_u64));
    Side::of(move || {
        let _ = &cell;
        black_box(&shared).update(|value| value + 1);
    })
}

pub(crate) fn fetch_add() -> Side {
    let (cell, atomic) = (watched(), AtomicU64::new(0));
    Side::of(move || {
        let _ = &cell;
        black_box(&atomic).fetch_add(1, Ordering::SeqCst);
    })
}

pub(crate) fn load() -> Side {
    let (cell, atomic) = (watched(), AtomicU64::new(0));
    Side::of(move || {
        let _ = &cell;
        black_box(black_box(&atomic).load(Ordering::Acquire));
    })
}

pub(crate) fn store() -> Side {
    let (cell, atomic) = (watched(), AtomicU64::new(0));
    Side::of(move || {
        let _ = &cell;
        black_box(&atomic).store(1, Ordering::Release);
    })
}
