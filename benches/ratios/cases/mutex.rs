//! `Mutex` on one thread: alone, nested, short-lived.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: guards are dropped innermost first.

use std::hint::black_box;
use std::time::Instant;

use super::sync::Mutex;
use crate::measure::Side;

pub(crate) fn one() -> Side {
    let lock = Mutex::new(0_u64);
    Side::of(move || *black_box(&lock).lock().unwrap() += 1)
}

pub(crate) fn nested_2() -> Side {
    let locks = [const { Mutex::new(0_u64) }; 2];
    Side::of(move || {
        let [a, b] = black_box(&locks);
        let _a = a.lock().unwrap();
        *b.lock().unwrap() += 1;
    })
}

pub(crate) fn nested_4() -> Side {
    let locks = [const { Mutex::new(0_u64) }; 4];
    Side::of(move || {
        let [a, b, c, d] = black_box(&locks);
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
        let _c = c.lock().unwrap();
        *d.lock().unwrap() += 1;
    })
}

pub(crate) fn nested_8() -> Side {
    let locks = [const { Mutex::new(0_u64) }; 8];
    Side::of(move || {
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

pub(crate) fn short_lived() -> Side {
    Side::of(create_lock_drop)
}

/// The outer lock is taken once a sample and held throughout.
pub(crate) fn short_lived_under_one() -> Side {
    let outer = Mutex::new(());
    Side::timing(move |steps| {
        let _outer = outer.lock().unwrap();
        let start = Instant::now();
        for _ in 0..steps {
            create_lock_drop();
        }
        start.elapsed()
    })
}

fn create_lock_drop() {
    let lock = Mutex::new(0_u64);
    *black_box(&lock).lock().unwrap() += 1;
}
