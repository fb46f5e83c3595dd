//! Pairs out of many locks, always in one order: known pairs, and pairs never seen before.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: a pair's first lock comes before its second in `locks`, so no workload closes a cycle.

use std::hint::black_box;
use std::time::Instant;

use super::sync::Mutex;
use crate::cases::pairs::{FreshPairs, Random};
use crate::measure::Side;

const KNOWN_PAIRS: u32 = 20_000;

/// Walks one list of pairs again and again. The first walk is not measured.
pub(crate) fn known_pairs() -> Side {
    let locks: Vec<Mutex<u64>> = (0..1_000).map(|_| Mutex::new(0)).collect();
    let mut random = Random::seeded(1);
    let pairs: Vec<_> = (0..KNOWN_PAIRS).map(|_| random.pair(locks.len())).collect();
    let walk = move || pairs.iter().for_each(|&(first, second)| lock_both(&locks[first], &locks[second]));
    walk();
    Side::of(walk).with_operations(KNOWN_PAIRS)
}

/// The locks' order is the order in which they were created.
pub(crate) fn new_edges() -> Side {
    new_edges_among((0..4_000).map(|_| Mutex::new(0)).collect(), 2_500)
}

/// The locks' order has nothing to do with the order in which they were created and first used.
pub(crate) fn new_edges_shuffled() -> Side {
    let locks: Vec<Mutex<u64>> = (0..4_000).map(|_| Mutex::new(0)).collect();
    locks.iter().for_each(|lock| *lock.lock().unwrap() += 1);
    let mut places: Vec<Option<Mutex<u64>>> = locks.into_iter().map(Some).collect();
    Random::seeded(2).shuffle(&mut places);
    new_edges_among(places.into_iter().flatten().collect(), 2_500)
}

/// Fewer in a sample, for when each is slow.
pub(crate) fn new_edges_few() -> Side {
    new_edges_among((0..4_000).map(|_| Mutex::new(0)).collect(), 100)
}

/// A step takes `batch` pairs that were never taken; making them up is not timed.
/// Every lock is known before the first step, and all but the last have had a lock requested under them.
fn new_edges_among(locks: Vec<Mutex<u64>>, batch: u32) -> Side {
    let mut fresh = FreshPairs::below(locks.len());
    locks.iter().for_each(|lock| *lock.lock().unwrap() += 1);
    fresh.one_from_each().into_iter().for_each(|(first, second)| lock_both(&locks[first], &locks[second]));
    let run = move |steps| {
        let pairs = fresh.take(batch as usize * usize::try_from(steps).expect("few"));
        let start = Instant::now();
        for &(first, second) in &pairs {
            lock_both(&locks[first], &locks[second]);
        }
        start.elapsed()
    };
    Side::timing(run).with_operations(batch)
}

fn lock_both(first: &Mutex<u64>, second: &Mutex<u64>) {
    let _first = black_box(first).lock().unwrap();
    *black_box(second).lock().unwrap() += 1;
}
