//! `RLock`, which std lacks; its twin is a `Mutex` taken once.
//!
//! Must not know: limits.
//! Source: none.
//! INVARIANT: locking again happens under a guard of the same thread.

use std::hint::black_box;
use std::time::Instant;

use gordian::checked::sync::RLock;

use crate::measure::Side;

pub(crate) fn first_level() -> Side {
    let lock = RLock::new(0_u64);
    Side::of(move || drop(black_box(black_box(&lock).lock())))
}

pub(crate) fn locked_again() -> Side {
    let lock = RLock::new(0_u64);
    Side::timing(move |steps| {
        let _first = lock.lock();
        let start = Instant::now();
        for _ in 0..steps {
            drop(black_box(black_box(&lock).lock()));
        }
        start.elapsed()
    })
}
