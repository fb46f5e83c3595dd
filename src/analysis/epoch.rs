//! A thread's place and time in one word, and clocks of them: who knows of what.
//!
//! Must not know: which thread has a place, or what it does.
//! Source: FastTrack (Flanagan, Freund 2009). We differ: a place is given to a later thread when its thread has ended, and
//! time goes on from there, so that clocks stay as short as there are threads at once.
//! INVARIANT: a thread's times begin with 1, so that no access has the epoch `NONE`, and a clock of zeros knows nothing.

use crate::rt::Numbers;
use std::fmt;

/// Where a thread stands in every clock. Places are few: those of ended threads are used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Place(pub u32);

impl Place {
    /// Places there can be.
    pub const MOST: u32 = 1 << PLACE_BITS;
}

/// A stretch of one thread's time in which it handed nothing over, and its place, in one word.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

/// A million threads at once, and for each 17 million million hand-overs.
const PLACE_BITS: u32 = 20;

impl Epoch {
    /// No time of any thread: what every clock knows.
    pub const NONE: Self = Self(0);

    /// The last time there is: a million hand-overs a second end there after half a year.
    pub const LAST: u64 = (1 << (64 - PLACE_BITS)) - 1;

    /// Returns the epoch of a place and a time, which is from 1 to [`Epoch::LAST`].
    #[inline]
    pub fn new(place: Place, time: u64) -> Self {
        debug_assert!(place.0 < Place::MOST && (1..=Self::LAST).contains(&time), "{place:?} at {time}");
        Self(time << PLACE_BITS | u64::from(place.0))
    }

    /// Returns whose it is.
    #[inline]
    pub fn place(self) -> Place {
        Place(self.0 as u32 & (Place::MOST - 1))
    }

    /// Returns when it is, by the place's own time; 0 if it is [`Epoch::NONE`].
    #[inline]
    pub fn time(self) -> u64 {
        self.0 >> PLACE_BITS
    }

    /// Returns the word.
    #[inline]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.time(), self.place().0)
    }
}

/// For each place, the last of its times that is ordered before.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct RaceClock(Numbers);

impl RaceClock {
    /// Returns a clock that knows nothing, without memory.
    pub const fn new() -> Self {
        Self(Numbers::new())
    }

    /// Returns the last time of a place that is ordered before; 0 if none is.
    #[inline]
    pub fn time(&self, place: Place) -> u64 {
        self.0.get(place.0 as usize)
    }

    /// True if the epoch is ordered before.
    ///
    /// # Cost
    /// O(1).
    #[inline]
    pub fn knows(&self, epoch: Epoch) -> bool {
        epoch.time() <= self.time(epoch.place())
    }

    /// Returns the epoch of a place's thread whose own clock this is.
    #[inline]
    pub fn epoch(&self, place: Place) -> Epoch {
        Epoch::new(place, self.time(place))
    }

    /// Changes the last time of a place that is ordered before.
    #[inline]
    pub fn set(&mut self, place: Place, time: u64) {
        self.0.set(place.0 as usize, time);
    }

    /// Takes the later time of each place. True if anything was news.
    ///
    /// # Cost
    /// O(n) in places.
    pub fn join(&mut self, other: &Self) -> bool {
        self.0.join(&other.0)
    }

    /// True if it knows all that the other one does.
    ///
    /// # Cost
    /// O(n) in places.
    pub fn includes(&self, other: &Self) -> bool {
        self.0.includes(&other.0)
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Clone for RaceClock {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Copies into the memory that is there, if it is enough: what a release does with its lock's clock.
    fn clone_from(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_epoch_gives_back_what_was_put_in(place in 0..Place::MOST, time in 1..=Epoch::LAST) {
            let epoch = Epoch::new(Place(place), time);
            prop_assert_eq!((epoch.place(), epoch.time()), (Place(place), time));
            prop_assert_ne!(epoch, Epoch::NONE);
        }

        #[test]
        fn a_clock_knows_the_times_up_to_its_own(place in 0u32..9, other in 0u32..9, time in 1u64..9, asked in 1u64..9) {
            let mut clock = RaceClock::new();
            clock.set(Place(place), time);
            prop_assert_eq!(clock.knows(Epoch::new(Place(other), asked)), place == other && asked <= time);
            prop_assert_eq!(clock.epoch(Place(place)), Epoch::new(Place(place), time));
            let mut joined = RaceClock::new();
            joined.set(Place(other), asked);
            let is_news = !joined.includes(&clock);
            prop_assert_eq!(joined.join(&clock), is_news);
            prop_assert!(joined.knows(Epoch::new(Place(place), time)) && joined.knows(Epoch::new(Place(other), asked)));
            clock.clear();
            prop_assert!(!clock.knows(Epoch::new(Place(place), time)));
        }
    }

    #[test]
    fn the_ends_of_both_parts_do_not_touch() {
        let last = Epoch::new(Place(Place::MOST - 1), Epoch::LAST);
        assert_eq!((last.place().0, last.time()), (Place::MOST - 1, Epoch::LAST));
        assert_eq!(Epoch::new(Place(0), 1).place(), Place(0));
        assert!(RaceClock::new().knows(Epoch::NONE));
    }
}
