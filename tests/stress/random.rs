//! Turns a seed into numbers, the same on every run.
//!
//! Must not know: what they are used for.
//! Source: Steele, Lea, Flood 2014 (SplitMix64).
//! INVARIANT: the numbers depend on the seed alone.

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed % bound as u64) as usize
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Two different numbers below `bound`.
    pub(crate) fn two(&mut self, bound: usize) -> (usize, usize) {
        let first = self.below(bound);
        (first, (first + 1 + self.below(bound - 1)) % bound)
    }

    /// Some of the numbers below `bound`, at least one and at most `most`, ascending.
    pub(crate) fn some(&mut self, bound: usize, most: usize) -> Vec<usize> {
        let count = 1 + self.below(most.min(bound));
        let mut chosen: Vec<usize> = (0..bound).collect();
        while chosen.len() > count {
            chosen.remove(self.below(chosen.len()));
        }
        chosen
    }
}
