//! Plays a run with clocks and histories, as live threads do it.
//!
//! Must not know: the definition of a race.
//! Source: FastTrack's rules for threads and locks. We differ: a thread's time goes on at its first access after a
//! hand-over, not at each; and places are used again.
//! INVARIANT: what a thread does after a hand-over is never at a time that was handed over.

use super::program::{ATOMICS, Act, CELLS, LOCKS, RW_LOCKS, Step, THREADS};
use super::{AccessHistory, Epoch, Place, Race, RaceClock, Way};

/// A race: the steps, and what the earlier one did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) cell: u8,
    pub(super) earlier: usize,
    pub(super) way: Way,
    pub(super) later: usize,
}

/// Whether a thread may get the place of one that has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Places {
    EachOnce,
    UsedAgain,
}

/// What a run showed.
pub(super) struct Shown {
    pub(super) told: Vec<Told>,
    /// How many places there were.
    pub(super) places: usize,
}

/// Plays a run.
pub(super) fn play(steps: &[Step], places: Places) -> Shown {
    let mut machine = Machine::new(places);
    let told = steps.iter().enumerate().filter_map(|(index, &step)| machine.step(index, step)).collect();
    Shown { told, places: machine.last_times.len() }
}

struct Machine {
    places: Places,
    threads: [Option<Thread>; THREADS as usize],
    /// For each place, when its last thread ended.
    last_times: Vec<u64>,
    free: Vec<Place>,
    locks: [RaceClock; LOCKS as usize],
    rw_locks: [RwLock; RW_LOCKS as usize],
    atomics: [RaceClock; ATOMICS as usize],
    cells: [AccessHistory<usize>; CELLS as usize],
}

/// Also an ended one: its clock is what those learn who join it.
struct Thread {
    place: Place,
    clock: RaceClock,
    /// True from a hand-over to the next access.
    has_handed_over: bool,
    /// What its last release fence publishes by each store.
    fenced: RaceClock,
    /// What it has loaded and its next acquire fence takes.
    loaded: RaceClock,
}

#[derive(Default)]
struct RwLock {
    writers: RaceClock,
    readers: RaceClock,
}

impl Machine {
    fn new(places: Places) -> Self {
        let mut machine = Self {
            places,
            threads: Default::default(),
            last_times: Vec::new(),
            free: Vec::new(),
            locks: Default::default(),
            rw_locks: Default::default(),
            atomics: Default::default(),
            cells: Default::default(),
        };
        machine.start(0, RaceClock::new());
        machine
    }

    fn step(&mut self, index: usize, step: Step) -> Option<Told> {
        let thread = self.threads[usize::from(step.thread)].as_mut().expect("only running threads act");
        match step.act {
            Act::Read(cell) | Act::Write(cell) => {
                let me = thread.tick();
                let history = &mut self.cells[usize::from(cell)];
                let race = match step.act {
                    Act::Read(_) => history.read(me, &thread.clock, || index),
                    _ => history.write(me, &thread.clock, || index),
                };
                return race.map(|Race { earlier, way }| Told { cell, earlier, way, later: index });
            }
            Act::Lock(lock) => thread.acquire(&self.locks[usize::from(lock)]),
            Act::Unlock(lock) => self.locks[usize::from(lock)].clone_from(thread.hand_over()),
            Act::LockShared(lock) => thread.acquire(&self.rw_locks[usize::from(lock)].writers),
            Act::UnlockShared(lock) => {
                self.rw_locks[usize::from(lock)].readers.join(thread.hand_over());
            }
            Act::LockExclusive(lock) => {
                thread.acquire(&self.rw_locks[usize::from(lock)].writers);
                thread.acquire(&self.rw_locks[usize::from(lock)].readers);
            }
            Act::UnlockExclusive(lock) => {
                let lock = &mut self.rw_locks[usize::from(lock)];
                lock.writers.clone_from(thread.hand_over());
                // The writer knew all of them.
                lock.readers.clear();
            }
            Act::Load(atomic, side) => thread.load(&self.atomics[usize::from(atomic)], side.acquires),
            Act::Store(atomic, side) => thread.store(&mut self.atomics[usize::from(atomic)], side.releases),
            Act::Change(atomic, side) => {
                thread.load(&self.atomics[usize::from(atomic)], side.acquires);
                thread.store(&mut self.atomics[usize::from(atomic)], side.releases);
            }
            Act::Fence(side) => {
                if side.acquires {
                    thread.clock.join(&thread.loaded);
                }
                if side.releases {
                    let fenced = thread.hand_over().clone();
                    thread.fenced = fenced;
                }
            }
            Act::Start(child) => {
                let given = thread.hand_over().clone();
                self.start(child, given);
            }
            Act::Join(child) => self.join(step.thread, child),
            Act::End => {
                let time = thread.clock.time(thread.place);
                self.last_times[thread.place.0 as usize] = time;
                self.free.push(thread.place);
            }
        }
        None
    }

    fn start(&mut self, child: u8, mut clock: RaceClock) {
        let free = match self.places {
            Places::UsedAgain => self.free.pop(),
            Places::EachOnce => None,
        };
        let place = free.unwrap_or_else(|| {
            self.last_times.push(0);
            Place(self.last_times.len() as u32 - 1)
        });
        // As if the thread before it on its place were known: its own times are later than all of that one's.
        clock.set(place, self.last_times[place.0 as usize]);
        let (fenced, loaded) = (RaceClock::new(), RaceClock::new());
        self.threads[usize::from(child)] = Some(Thread { place, clock, has_handed_over: true, fenced, loaded });
    }

    fn join(&mut self, thread: u8, child: u8) {
        let learned = self.threads[usize::from(child)].as_ref().expect("it has ended").clock.clone();
        self.threads[usize::from(thread)].as_mut().expect("only running threads act").acquire(&learned);
    }
}

impl Thread {
    /// Returns the epoch of an access.
    fn tick(&mut self) -> Epoch {
        if std::mem::take(&mut self.has_handed_over) {
            self.clock.set(self.place, self.clock.time(self.place) + 1);
        }
        self.clock.epoch(self.place)
    }

    fn acquire(&mut self, from: &RaceClock) {
        self.clock.join(from);
    }

    /// Returns what whoever acquires will know.
    fn hand_over(&mut self) -> &RaceClock {
        self.has_handed_over = true;
        &self.clock
    }

    fn load(&mut self, atomic: &RaceClock, acquires: bool) {
        self.loaded.join(atomic);
        if acquires {
            self.acquire(atomic);
        }
    }

    /// Nothing is taken away: another thread may load what was there before, and this cannot be seen from here.
    fn store(&mut self, atomic: &mut RaceClock, releases: bool) {
        atomic.join(if releases { self.hand_over() } else { &self.fenced });
    }
}
