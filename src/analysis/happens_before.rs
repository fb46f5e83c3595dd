//! The accesses to one watched location that a later one can race with, and the race if it does.
//!
//! Must not know: what orders threads, which threads there are, what was accessed, and what `W` says of an access.
//! Source: FastTrack (Flanagan, Freund 2009). We differ: concurrent reads are a short list and no clock, so that each
//! keeps who it was; a read pushes out those it is ordered after, so one list serves for one reader and for many.
//! INVARIANT: no two kept reads are ordered, so there is at most one a place. They came after the kept write, oldest
//! first. As long as no race was found, what was not kept is ordered before something kept, so that the first race on a
//! location is never missed; whatever is told, at any time, is a race.

#[cfg(test)]
mod trial;

#[cfg(test)]
use super::epoch::Place;
use super::epoch::{Epoch, RaceClock};
use crate::event::Way;

/// The last accesses to one location.
#[derive(Clone)]
pub struct AccessHistory<W> {
    write: Option<Access<W>>,
    // COST: the first read has a place of its own, so that one writer and one reader at a time never allocate.
    read: Option<Access<W>>,
    more_reads: Vec<Access<W>>,
}

/// What a new access races with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Race<W> {
    /// The earliest kept access that is not ordered before the new one and of which one writes.
    pub earlier: W,
    /// What it did.
    pub way: Way,
}

#[derive(Clone)]
struct Access<W> {
    epoch: Epoch,
    who: W,
}

impl<W: Clone> AccessHistory<W> {
    /// Returns the history of a location that nobody has accessed.
    pub const fn new() -> Self {
        Self { write: None, read: None, more_reads: Vec::new() }
    }

    /// Notes a read by the thread with this clock, whose own epoch is `me`. Returns the race with the last write.
    ///
    /// `who` is asked only if the read is kept: it is not if this thread read or wrote here in the same epoch already.
    ///
    /// # Cost
    /// Same epoch: two comparisons, or one for each concurrent reader. Otherwise O(concurrent readers); the second one of
    /// these allocates.
    #[inline]
    pub fn read(&mut self, me: Epoch, clock: &RaceClock, who: impl FnOnce() -> W) -> Option<Race<W>> {
        // What is unordered with the read is unordered with the write of the same epoch too, which is kept.
        if is_of(&self.read, me) || is_of(&self.write, me) {
            return None;
        }
        self.read_anew(me, clock, who)
    }

    /// Notes a write by the thread with this clock, whose own epoch is `me`. Returns the race with the last write, or else
    /// with the first of the reads since.
    ///
    /// `who` is asked only if the write is kept: it is not if this thread wrote here in the same epoch already and nobody
    /// read since.
    ///
    /// # Cost
    /// Same epoch: two comparisons. Otherwise O(concurrent readers).
    #[inline]
    pub fn write(&mut self, me: Epoch, clock: &RaceClock, who: impl FnOnce() -> W) -> Option<Race<W>> {
        if is_of(&self.write, me) && self.read.is_none() {
            return None;
        }
        self.write_anew(me, clock, who)
    }

    /// Returns the last write that was kept.
    pub fn last_write(&self) -> Option<(Epoch, &W)> {
        self.write.as_ref().map(|write| (write.epoch, &write.who))
    }

    /// Begins anew, as for a location that has been moved or given to somebody else.
    pub fn forget(&mut self) {
        self.write = None;
        self.forget_reads();
    }

    fn read_anew(&mut self, me: Epoch, clock: &RaceClock, who: impl FnOnce() -> W) -> Option<Race<W>> {
        if self.more_reads.iter().any(|read| read.epoch == me) {
            return None;
        }
        let race = self.write.as_ref().and_then(|write| write.race(clock, Way::Write));
        // What is unordered with a read that goes here is unordered with the new one too.
        self.read.take_if(|read| clock.knows(read.epoch));
        self.more_reads.retain(|read| !clock.knows(read.epoch));
        if self.read.is_none() && !self.more_reads.is_empty() {
            self.read = Some(self.more_reads.remove(0));
        }
        let access = Access { epoch: me, who: who() };
        match &self.read {
            None => self.read = Some(access),
            Some(_) => self.more_reads.push(access),
        }
        race
    }

    fn write_anew(&mut self, me: Epoch, clock: &RaceClock, who: impl FnOnce() -> W) -> Option<Race<W>> {
        let mut reads = self.read.iter().chain(&self.more_reads);
        let race = self
            .write
            .as_ref()
            .and_then(|write| write.race(clock, Way::Write))
            .or_else(|| reads.find_map(|read| read.race(clock, Way::Read)));
        self.write = Some(Access { epoch: me, who: who() });
        self.forget_reads();
        race
    }

    fn forget_reads(&mut self) {
        self.read = None;
        self.more_reads.clear();
    }
}

impl<W: Clone> Default for AccessHistory<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Clone> Access<W> {
    /// Returns the race of an access with this clock and this one, unless they are ordered.
    fn race(&self, clock: &RaceClock, way: Way) -> Option<Race<W>> {
        (!clock.knows(self.epoch)).then(|| Race { earlier: self.who.clone(), way })
    }
}

#[inline]
fn is_of<W>(access: &Option<Access<W>>, epoch: Epoch) -> bool {
    access.as_ref().is_some_and(|access| access.epoch == epoch)
}

/// Programs that a run of the tests tries.
#[cfg(test)]
const PROGRAMS: u32 = 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads that hand over by hand, and one location. Accesses are named by who did them, and counted.
    struct Scene {
        clocks: Vec<RaceClock>,
        history: AccessHistory<String>,
        asked: usize,
    }

    impl Scene {
        fn new(threads: u32) -> Self {
            let clocks = (0..threads).map(|thread| {
                let mut clock = RaceClock::new();
                clock.set(Place(thread), 1);
                clock
            });
            Self { clocks: clocks.collect(), history: AccessHistory::new(), asked: 0 }
        }

        /// Orders all that a thread has done before all that another one will do.
        fn hand_over(&mut self, from: usize, to: usize) {
            let given = self.clocks[from].clone();
            self.clocks[to].join(&given);
            let place = Place(from as u32);
            self.clocks[from].set(place, given.time(place) + 1);
        }

        fn access(&mut self, thread: usize, way: Way, name: &str) -> Option<(String, Way)> {
            let clock = &self.clocks[thread];
            let (me, asked) = (clock.epoch(Place(thread as u32)), &mut self.asked);
            let who = || {
                *asked += 1;
                name.to_owned()
            };
            let race = match way {
                Way::Read => self.history.read(me, clock, who),
                Way::Write => self.history.write(me, clock, who),
            };
            race.map(|race| (race.earlier, race.way))
        }

        #[track_caller]
        fn quiet(&mut self, thread: usize, way: Way, name: &str) {
            assert_eq!(self.access(thread, way, name), None);
        }

        #[track_caller]
        fn races(&mut self, thread: usize, way: Way, name: &str, with: (&str, Way)) {
            assert_eq!(self.access(thread, way, name), Some((with.0.to_owned(), with.1)));
        }

        fn reads(&self) -> usize {
            self.history.read.iter().len() + self.history.more_reads.len()
        }
    }

    use Way::{Read, Write};

    #[test]
    fn a_hand_over_makes_each_pair_quiet_and_its_lack_a_race_unless_both_read() {
        for (first, second) in [(Read, Read), (Read, Write), (Write, Read), (Write, Write)] {
            let mut ordered = Scene::new(2);
            ordered.quiet(0, first, "first");
            ordered.hand_over(0, 1);
            ordered.quiet(1, second, "second");
            let mut unordered = Scene::new(2);
            unordered.quiet(0, first, "first");
            if (first, second) == (Read, Read) {
                unordered.quiet(1, second, "second");
            } else {
                unordered.races(1, second, "second", ("first", first));
            }
        }
    }

    #[test]
    fn what_is_done_after_a_hand_over_is_not_handed_over() {
        let mut scene = Scene::new(2);
        scene.quiet(0, Write, "before");
        scene.hand_over(0, 1);
        scene.quiet(0, Write, "after");
        scene.races(1, Read, "read", ("after", Write));
    }

    #[test]
    fn a_write_races_with_the_first_of_the_concurrent_reads_it_does_not_know() {
        let mut scene = Scene::new(4);
        for (thread, name) in [(0, "first"), (1, "second"), (2, "third")] {
            scene.quiet(thread, Read, name);
        }
        assert_eq!(scene.reads(), 3);
        scene.hand_over(0, 3);
        scene.races(3, Write, "write", ("second", Read));
        assert_eq!(scene.reads(), 0);
    }

    #[test]
    fn a_read_pushes_out_those_it_is_ordered_after_and_no_others() {
        let mut scene = Scene::new(4);
        for (thread, name) in [(0, "first"), (1, "second"), (2, "third")] {
            scene.quiet(thread, Read, name);
        }
        scene.hand_over(0, 3);
        scene.hand_over(1, 3);
        scene.quiet(3, Read, "fourth");
        assert_eq!(scene.reads(), 2);
        // Who knows the last one knows those it pushed out.
        scene.hand_over(3, 0);
        scene.races(0, Write, "write", ("third", Read));
    }

    #[test]
    fn reads_stay_one_a_thread_however_often_it_hands_over() {
        let mut scene = Scene::new(3);
        for _ in 0..100 {
            for thread in [0, 1] {
                scene.quiet(thread, Read, "read");
                scene.hand_over(thread, 2);
            }
        }
        assert_eq!(scene.reads(), 2);
        scene.quiet(2, Write, "write");
    }

    #[test]
    fn who_is_asked_once_an_epoch() {
        let mut scene = Scene::new(3);
        for thread in [0, 1, 2] {
            for _ in 0..3 {
                scene.quiet(thread, Read, "read");
            }
        }
        assert_eq!(scene.asked, 3);
        scene.hand_over(0, 2);
        scene.hand_over(1, 2);
        for _ in 0..3 {
            scene.quiet(2, Write, "write");
            scene.quiet(2, Read, "read");
        }
        assert_eq!(scene.asked, 4);
        scene.hand_over(2, 0);
        scene.quiet(2, Write, "later");
        assert_eq!(scene.asked, 5);
    }

    #[test]
    fn after_a_race_the_new_access_counts_even_in_an_epoch_that_was_seen() {
        let mut scene = Scene::new(2);
        scene.quiet(0, Write, "mine");
        scene.races(1, Read, "theirs", ("mine", Write));
        scene.races(0, Write, "mine again", ("theirs", Read));
        scene.races(1, Write, "theirs again", ("mine again", Write));
        scene.races(0, Read, "mine at last", ("theirs again", Write));
    }

    #[test]
    fn a_location_that_begins_anew_races_with_nothing() {
        let mut scene = Scene::new(3);
        scene.quiet(0, Write, "write");
        assert_eq!(
            scene.history.last_write().map(|(epoch, who)| (epoch.place(), who.as_str())),
            Some((Place(0), "write"))
        );
        scene.hand_over(0, 1);
        scene.hand_over(0, 2);
        scene.quiet(1, Read, "read");
        scene.quiet(2, Read, "read");
        scene.history.forget();
        assert_eq!(scene.history.last_write(), None);
        scene.quiet(0, Write, "anew");
    }

    #[test]
    fn one_writer_and_one_reader_at_a_time_never_allocate() {
        let mut scene = Scene::new(2);
        for _ in 0..10 {
            for (thread, other) in [(0, 1), (1, 0)] {
                scene.quiet(thread, Read, "read");
                scene.quiet(thread, Write, "write");
                scene.quiet(thread, Read, "read");
                scene.hand_over(thread, other);
                scene.quiet(other, Read, "read");
                scene.hand_over(other, thread);
            }
        }
        assert_eq!(scene.history.more_reads.capacity(), 0);
    }
}
