//! Vector clocks over hand-overs: starts, joins, messages and the like.
//!
//! Must not know: locks.
//! Source: Mattern 1989. We differ: entries are sparse, sorted by thread, and may be pruned.
//! INVARIANT: threads are strictly ascending.

use crate::event::{ThreadId, Tick};

/// For each thread, the last of its segments that is ordered before.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct VectorClock(Vec<(ThreadId, Tick)>);

impl VectorClock {
    /// True if the thread's segment is ordered before.
    ///
    /// # Cost
    /// O(log n) in threads.
    pub(crate) fn knows(&self, thread: ThreadId, tick: Tick) -> bool {
        self.find(thread).is_ok_and(|index| self.0[index].1 >= tick)
    }

    pub(crate) fn set(&mut self, thread: ThreadId, tick: Tick) {
        match self.find(thread) {
            Ok(index) => self.0[index].1 = tick,
            Err(index) => self.0.insert(index, (thread, tick)),
        }
    }

    /// Takes the later tick for each thread.
    pub(crate) fn join(&mut self, other: &Self) {
        for &(thread, tick) in &other.0 {
            match self.find(thread) {
                Ok(index) => self.0[index].1 = self.0[index].1.max(tick),
                Err(index) => self.0.insert(index, (thread, tick)),
            }
        }
    }

    /// Keeps the earlier tick for each thread that both know.
    pub(crate) fn meet(&mut self, other: &Self) {
        self.0
            .retain_mut(|(thread, tick)| other.find(*thread).map(|index| *tick = other.0[index].1.min(*tick)).is_ok());
    }

    /// True if it knows all that the other one does.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        other.0.iter().all(|&(thread, tick)| self.knows(thread, tick))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Drops the entries of threads that nobody will ask for.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(ThreadId) -> bool) {
        self.0.retain(|&(thread, _)| keep(thread));
    }

    fn find(&self, thread: ThreadId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&thread, |&(thread, _)| thread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn joins_and_meets_as_maps_do(
            left in prop::collection::btree_map(0u32..9, 1u32..9, 0..9),
            right in prop::collection::btree_map(0u32..9, 1u32..9, 0..9),
            thread in 0u32..9, tick in 1u32..9,
        ) {
            let clock = |map: &BTreeMap<u32, u32>| {
                let mut clock = VectorClock::default();
                map.iter().rev().for_each(|(&thread, &tick)| clock.set(ThreadId(thread), Tick(tick)));
                clock
            };
            let (mut joined, mut met) = (clock(&left), clock(&left));
            joined.join(&clock(&right));
            met.meet(&clock(&right));
            let most = left.get(&thread).max(right.get(&thread)).copied().unwrap_or(0);
            prop_assert_eq!(joined.knows(ThreadId(thread), Tick(tick)), tick <= most);
            let least = left.get(&thread).copied().unwrap_or(0).min(right.get(&thread).copied().unwrap_or(0));
            prop_assert_eq!(met.knows(ThreadId(thread), Tick(tick)), tick <= least);
            prop_assert!(joined.includes(&clock(&left)) && joined.includes(&met) && clock(&right).includes(&met));
            prop_assert_eq!(clock(&left).includes(&joined), joined == clock(&left));
        }
    }
}
