//! Keeps the accesses to memory that is watched by address, in ranges of bytes with one history each.
//!
//! Must not know: what lies at an address.
//! INVARIANT: ranges do not overlap, and each byte's history is as if it were kept for that byte alone.

use super::epoch::{Epoch, RaceClock};
use super::happens_before::{AccessHistory, Race};
use crate::event::Way;
use std::collections::BTreeMap;
use std::ops::Range;

/// The histories, by where their ranges begin.
pub(crate) struct Ranges<W>(BTreeMap<usize, Part<W>>);

struct Part<W> {
    end: usize,
    history: AccessHistory<W>,
}

impl<W: Clone> Ranges<W> {
    /// Notes an access to all bytes of a range. Returns the race of the first byte that has one.
    ///
    /// # Cost
    /// O(log n) in ranges, and O(ranges that it covers); one, if memory is accessed in the same pieces each time.
    pub(crate) fn access(
        &mut self,
        range: Range<usize>,
        way: Way,
        me: Epoch,
        clock: &RaceClock,
        who: &W,
    ) -> Option<Race<W>> {
        if range.is_empty() {
            return None;
        }
        self.cut(range.start);
        self.cut(range.end);
        let starts: Vec<usize> = self.0.range(range.clone()).map(|(&start, _)| start).collect();
        if way == Way::Write {
            // All of them are left with this write alone: they become one.
            let mut parts = starts.iter().filter_map(|start| self.0.remove(start)).collect::<Vec<_>>();
            let race = parts.iter_mut().fold(None, |race, part| race.or(part.history.write(me, clock, || who.clone())));
            let mut history = AccessHistory::new();
            history.write(me, clock, || who.clone());
            self.0.insert(range.start, Part { end: range.end, history });
            return race;
        }
        let mut at = range.start;
        let mut race = None;
        for start in starts.into_iter().chain([range.end]) {
            if at < start {
                let mut history = AccessHistory::new();
                history.read(me, clock, || who.clone());
                self.0.insert(at, Part { end: start, history });
            }
            if let Some(part) = self.0.get_mut(&start).filter(|_| start < range.end) {
                let found = part.history.read(me, clock, || who.clone());
                race = race.or(found);
                at = part.end;
            }
        }
        race
    }

    /// Forgets all accesses to a range: it begins anew.
    pub(crate) fn forget(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.cut(range.start);
            self.cut(range.end);
            self.0.extract_if(range, |_, _| true).for_each(drop);
        }
    }

    /// Makes a range begin or end here.
    fn cut(&mut self, at: usize) {
        if let Some((_, part)) = self.0.range_mut(..at).next_back()
            && part.end > at
        {
            let rest = Part { end: std::mem::replace(&mut part.end, at), history: part.history.clone() };
            self.0.insert(at, rest);
        }
    }
}

impl<W> Default for Ranges<W> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::super::epoch::Place;
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Access(usize, Range<usize>, Way),
        HandOver(usize, usize),
        Forget(Range<usize>),
    }

    const THREADS: usize = 3;

    fn step() -> impl Strategy<Value = Step> {
        let range = || (0usize..12, 0usize..6).prop_map(|(start, len)| start..start + len);
        prop_oneof![
            6 => (0..THREADS, range(), prop_oneof![Just(Way::Read), Just(Way::Write)])
                .prop_map(|(thread, range, way)| Step::Access(thread, range, way)),
            2 => (0..THREADS, 0..THREADS).prop_map(|(from, to)| Step::HandOver(from, to)),
            1 => range().prop_map(Step::Forget),
        ]
    }

    fn place(thread: usize) -> Place {
        Place(thread as u32)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn ranges_find_what_a_history_a_byte_finds(steps in prop::collection::vec(step(), 0..40)) {
            let mut clocks: Vec<RaceClock> = (0..THREADS).map(|thread| {
                let mut clock = RaceClock::new();
                clock.set(place(thread), 1);
                clock
            }).collect();
            let mut ranges = Ranges::default();
            let mut bytes: BTreeMap<usize, AccessHistory<usize>> = BTreeMap::new();
            for (name, step) in steps.into_iter().enumerate() {
                match step {
                    Step::HandOver(from, to) => {
                        let given = clocks[from].clone();
                        clocks[to].join(&given);
                        clocks[from].set(place(from), given.time(place(from)) + 1);
                    }
                    Step::Forget(range) => {
                        ranges.forget(range.clone());
                        range.for_each(|byte| drop(bytes.remove(&byte)));
                    }
                    Step::Access(thread, range, way) => {
                        let (clock, me) = (&clocks[thread], clocks[thread].epoch(place(thread)));
                        let found = ranges.access(range.clone(), way, me, clock, &name);
                        let dull = range.fold(None, |race, byte| {
                            let history = bytes.entry(byte).or_default();
                            race.or(match way {
                                Way::Read => history.read(me, clock, || name),
                                Way::Write => history.write(me, clock, || name),
                            })
                        });
                        prop_assert_eq!(found.is_some(), dull.is_some());
                    }
                }
                let mut end = 0;
                for (&start, part) in &ranges.0 {
                    prop_assert!(end <= start && start < part.end);
                    end = part.end;
                }
            }
        }
    }
}
