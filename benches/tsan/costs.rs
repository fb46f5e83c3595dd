//! What locks, atomics and accesses cost while races are watched.
//!
//! Must not know: which side it is compiled for.
//! Source: the cases of `benches/ratios`, those that a sanitizer can be asked about, too.
//! INVARIANT: a cell was accessed by two threads, in order, before the first sample, and lives: so races are watched.

use std::hint::black_box;
use std::sync::atomic::Ordering;

use super::cell::UnsafeCell;
use super::sync::atomic::AtomicU64;
use super::sync::{Arc, Mutex, RwLock};
use super::thread;
use crate::{Cost, clock};

pub(crate) const COSTS: &[Cost] = &[
    Cost { name: "Mutex: lock, add, unlock", make: mutex },
    Cost { name: "8 nested Mutexes, order known", make: nested },
    Cost { name: "RwLock: read", make: read_lock },
    Cost { name: "Mutex: lock, write a cell, unlock", make: mutex_and_cell },
    Cost { name: "2 threads, one Mutex", make: contended },
    Cost { name: "AtomicU64: fetch_add", make: fetch_add },
    Cost { name: "AtomicU64: load", make: load },
    Cost { name: "cell: read again", make: read },
    Cost { name: "cell: write again", make: write },
    Cost { name: "64 words that are not watched: add", make: unwatched },
];

struct Watched(UnsafeCell<u64>);

// SAFETY: the thread that writes it is joined before anybody else does, and later a mutex is held, or one thread has it.
unsafe impl Sync for Watched {}

impl Watched {
    fn write(&self) {
        // SAFETY: accesses are ordered.
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

fn mutex() -> clock::Sample {
    let (cell, lock) = (watched(), Mutex::new(0_u64));
    clock::alone(move || {
        let _ = &cell;
        *black_box(&lock).lock().unwrap() += 1;
    })
}

fn nested() -> clock::Sample {
    let (cell, locks) = (watched(), [const { Mutex::new(0_u64) }; 8]);
    clock::alone(move || {
        let _ = &cell;
        let [a, b, c, d, e, f, g, h] = black_box(&locks);
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
        let _c = c.lock().unwrap();
        let _d = d.lock().unwrap();
        let _e = e.lock().unwrap();
        let _f = f.lock().unwrap();
        let _g = g.lock().unwrap();
        *h.lock().unwrap() += 1;
    })
}

fn read_lock() -> clock::Sample {
    let (cell, lock) = (watched(), RwLock::new(0_u64));
    clock::alone(move || {
        let _ = &cell;
        black_box(*black_box(&lock).read().unwrap());
    })
}

fn mutex_and_cell() -> clock::Sample {
    let (cell, lock) = (watched(), Mutex::new(()));
    clock::alone(move || {
        let _held = black_box(&lock).lock().unwrap();
        black_box(&cell).write();
    })
}

fn contended() -> clock::Sample {
    let (cell, lock) = (watched(), Mutex::new(0_u64));
    clock::together(move || {
        let _ = &cell;
        *black_box(&lock).lock().unwrap() += 1;
    })
}

fn fetch_add() -> clock::Sample {
    let (cell, atomic) = (watched(), AtomicU64::new(0));
    clock::alone(move || {
        let _ = &cell;
        // ORDERING: SeqCst, the dearest; there is nobody to pair with.
        black_box(&atomic).fetch_add(1, Ordering::SeqCst);
    })
}

fn load() -> clock::Sample {
    let (cell, atomic) = (watched(), AtomicU64::new(0));
    clock::alone(move || {
        let _ = &cell;
        // ORDERING: Acquire, as a reader would; there is nobody to pair with.
        black_box(black_box(&atomic).load(Ordering::Acquire));
    })
}

fn read() -> clock::Sample {
    let cell = watched();
    clock::alone(move || {
        black_box(black_box(&cell).read());
    })
}

fn write() -> clock::Sample {
    let cell = watched();
    clock::alone(move || black_box(&cell).write())
}

/// What a program does most of its time.
fn unwatched() -> clock::Sample {
    let (cell, mut words) = (watched(), [0_u64; 64]);
    clock::alone(move || {
        let _ = &cell;
        for word in black_box(&mut words) {
            *word += 1;
        }
    })
}
