//! The programs of `races::lessons`, each with the mistake after which somebody waits for ever.
//!
//! Threads and bound: see there.

use crate::blocked_at_the_end_of;
use crate::races::lessons::{dinner, pool, produce};

/// Claim: the twin of a consumer that is told the end: the one who is not waits for ever.
#[test]
fn a_consumer_that_is_not_told_the_end_waits_for_ever() {
    assert_eq!(blocked_at_the_end_of(|| produce(|_| ())), 2);
}

/// Claim: the twin of a pool that ends: one end for two workers leaves one of them waiting.
#[test]
fn a_pool_with_one_end_for_two_workers_does_not_end() {
    assert_eq!(blocked_at_the_end_of(|| pool(1)), 2);
}

/// Claim: the twin of a table that has a place less than there are forks: a place for each lets them starve, permits in their hands.
#[test]
fn a_place_for_each_lets_them_starve() {
    assert_eq!(blocked_at_the_end_of(|| dinner(2)), 3);
}
