//! What locks weigh: in themselves, on the heap, and after their death.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: between two readings that are compared, the case itself keeps nothing on the heap.

use std::hint::black_box;

use super::sync::Mutex;
use crate::live_bytes;

const LEAVES: u32 = 100_000;
const WARM_UP: u32 = 1_000;
const SHORT_LIVED: u32 = 300_000;

/// Bytes of one lock that was only ever taken under another: its size, and its share of what the heap grew by.
pub(crate) fn leaf() -> f64 {
    let outer = Mutex::new(0_u64);
    let leaves: Vec<Mutex<u64>> = (0..LEAVES + 2).map(|_| Mutex::new(0)).collect();
    let take = |leaves: &[Mutex<u64>]| {
        for leaf in leaves {
            let _outer = outer.lock().unwrap();
            *leaf.lock().unwrap() += 1;
        }
    };
    // What is learned of the first two serves the whole class.
    take(&leaves[..2]);
    let grown = growth(|| take(&leaves[2..]));
    size_of::<Mutex<u64>>() as f64 + grown / f64::from(LEAVES)
}

pub(crate) fn left_by_leaves() -> f64 {
    let outer = Mutex::new(0);
    take_short_lived(&outer, WARM_UP);
    growth(|| take_short_lived(&outer, SHORT_LIVED))
}

/// Tells a table that grew once from a leak.
pub(crate) fn left_by_more_leaves() -> f64 {
    let outer = Mutex::new(0);
    take_short_lived(&outer, WARM_UP + SHORT_LIVED);
    growth(|| take_short_lived(&outer, SHORT_LIVED))
}

/// Locks that die after they stood between two others, which an order has to remember beyond their death.
pub(crate) fn left_by_middle_locks() -> f64 {
    let (outer, inner) = (Mutex::new(0), Mutex::new(0));
    take_between(&outer, &inner, WARM_UP);
    growth(|| take_between(&outer, &inner, SHORT_LIVED))
}

fn take_short_lived(outer: &Mutex<u64>, count: u32) {
    for _ in 0..count {
        let lock = Mutex::new(0_u64);
        let _outer = outer.lock().unwrap();
        *black_box(&lock).lock().unwrap() += 1;
    }
}

fn take_between(outer: &Mutex<u64>, inner: &Mutex<u64>, count: u32) {
    for _ in 0..count {
        let middle = Mutex::new(());
        let _outer = outer.lock().unwrap();
        let _middle = black_box(&middle).lock().unwrap();
        *inner.lock().unwrap() += 1;
    }
}

fn growth(work: impl FnOnce()) -> f64 {
    let before = live_bytes::now();
    work();
    (live_bytes::now() - before) as f64
}
