//! `RwLock` on one thread: read, write, read under a `Mutex`.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: guards are dropped innermost first.

use std::hint::black_box;

use super::sync::{Mutex, RwLock};
use crate::measure::Side;

pub(crate) fn read() -> Side {
    let lock = RwLock::new(0_u64);
    Side::of(move || {
        black_box(*black_box(&lock).read().unwrap());
    })
}

pub(crate) fn write() -> Side {
    let lock = RwLock::new(0_u64);
    Side::of(move || *black_box(&lock).write().unwrap() += 1)
}

pub(crate) fn read_under_mutex() -> Side {
    let (outer, inner) = (Mutex::new(()), RwLock::new(0_u64));
    Side::of(move || {
        let _outer = black_box(&outer).lock().unwrap();
        black_box(*black_box(&inner).read().unwrap());
    })
}
