//! Makes pairs of places in an order, the same on every run.
//!
//! Must not know: locks.
//! Source: Steele, Lea, Flood 2014 (SplitMix64) for the numbers.
//! INVARIANT: in every pair the first place comes before the second, so taking locks by them closes no cycle.

use std::collections::HashSet;

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `bound`. Its bias is far below what a benchmark can see.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % bound as u64).expect("it is below a usize")
    }

    /// Two different places below `bound`, the earlier one first.
    pub(crate) fn pair(&mut self, bound: usize) -> (usize, usize) {
        let first = self.below(bound);
        let second = (first + 1 + self.below(bound - 1)) % bound;
        (first.min(second), first.max(second))
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

/// Pairs that never come twice.
pub(crate) struct FreshPairs {
    random: Random,
    bound: usize,
    used: HashSet<(usize, usize)>,
}

impl FreshPairs {
    pub(crate) fn below(bound: usize) -> FreshPairs {
        FreshPairs { random: Random::seeded(4), bound, used: HashSet::new() }
    }

    /// One pair from each place but the last, so that each is before something.
    pub(crate) fn one_from_each(&mut self) -> Vec<(usize, usize)> {
        let bound = self.bound;
        let pairs: Vec<_> =
            (0..bound - 1).map(|first| (first, first + 1 + self.random.below(bound - 1 - first))).collect();
        self.used.extend(&pairs);
        pairs
    }

    pub(crate) fn take(&mut self, count: usize) -> Vec<(usize, usize)> {
        let all = self.bound * (self.bound - 1) / 2;
        assert!(self.used.len() + count <= all / 2, "too few pairs are left to find a fresh one by chance");
        let mut pairs = Vec::with_capacity(count);
        while pairs.len() < count {
            let pair = self.random.pair(self.bound);
            if self.used.insert(pair) {
                pairs.push(pair);
            }
        }
        pairs
    }
}
