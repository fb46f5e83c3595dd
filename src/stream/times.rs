//! What a thread knows to have happened before, in the sense in which accesses are ordered.
//!
//! Must not know: what was accessed, what hands over.
//! Source: FastTrack (Flanagan, Freund 2009). We differ: a thread's time goes on at its first access after a hand-over and
//! not at the hand-over, so that threads which only pass locks around soon know the same and have nothing to tell.
//! INVARIANT: two equal versions are equal clocks. What is handed over includes all that the thread did before. A hand-over
//! that never took place may be kept, which hides races; one that did is not left out while the thread lives, so none is invented.

use super::thread::here;
use crate::analysis::epoch::{Epoch, Place, RaceClock};
use crate::config::WATCHED;
use crate::rt::{Counter, Gauges, RawLock, Switch};
use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// One thread's clock.
pub(super) struct Times {
    /// The epoch in which it accesses; `STALE` if it must be looked up first.
    epoch: Cell<u64>,
    /// Which clock it has; 0 is the empty one.
    version: Cell<u64>,
    /// True if something was handed over since its last access.
    has_handed: Cell<bool>,
    has_ended: Cell<bool>,
    place: Cell<Option<Place>>,
    clock: Cell<ManuallyDrop<RaceClock>>,
    /// What it hands over, until it knows more.
    given: Cell<ManuallyDrop<Given>>,
    /// Versions that it took or gave lately, each at a place that follows from it.
    taken: [Cell<u64>; TAKEN],
    /// What its relaxed stores hand over: all before its last releasing fence.
    fenced: Cell<ManuallyDrop<Given>>,
    is_fenced: Cell<bool>,
    /// What its relaxed loads have seen, for its next acquiring fence.
    loaded: Cell<ManuallyDrop<RaceClock>>,
    /// The version that a relaxed load has seen last.
    last_loaded: Cell<u64>,
    /// Versions that are its to give: the next, and the end.
    versions: Cell<(u64, u64)>,
}

/// What one thread hands over to another. Empty, and of no cost, until a watched cell was accessed.
#[derive(Clone, Default)]
pub(crate) struct Given(Option<Arc<Known>>);

struct Known {
    version: u64,
    clock: RaceClock,
}

/// No epoch, and not the 0 of a cell that was never accessed.
const STALE: u64 = u64::MAX;
const TAKEN: usize = 16;
/// Versions a thread takes at once.
const VERSIONS: u64 = 1 << 10;
/// Places there are. A thread beyond has none, and what it accesses is not watched.
// COST: a clock of all of them is 32 KiB.
const PLACES: usize = 4096;
/// So many places rest at least before one is used again: who comes to it is taken to know all that its last thread did.
const RESTING: usize = 64;

static VERSION: Counter = Counter::new();
static FREE: RawLock<Places> = RawLock::new(Places { next: 0, resting: VecDeque::new() });
/// The last time of each place.
static LAST: Gauges<PLACES> = Gauges::new();
/// For each place, the times of threads that ended without anybody being told who waited for that.
static UNJOINED: Gauges<PLACES> = Gauges::new();

struct Places {
    next: u32,
    resting: VecDeque<Place>,
}

impl Times {
    pub(super) const fn new() -> Self {
        Self {
            epoch: Cell::new(STALE),
            version: Cell::new(0),
            has_handed: Cell::new(false),
            has_ended: Cell::new(false),
            place: Cell::new(None),
            clock: Cell::new(ManuallyDrop::new(RaceClock::new())),
            given: Cell::new(ManuallyDrop::new(Given(None))),
            taken: [const { Cell::new(0) }; TAKEN],
            fenced: Cell::new(ManuallyDrop::new(Given(None))),
            is_fenced: Cell::new(false),
            loaded: Cell::new(ManuallyDrop::new(RaceClock::new())),
            last_loaded: Cell::new(0),
            versions: Cell::new((0, 0)),
        }
    }

    /// Returns the word of the epoch in which the thread accesses, or one that no cell knows.
    #[inline(always)]
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    /// Returns the number of the thread's clock.
    #[inline(always)]
    pub(super) fn version(&self) -> u64 {
        self.version.get()
    }

    /// Accesses, with the epoch and the clock of the access. `None` if there are more threads than places.
    ///
    /// The gate is closed. `access` must not use the clock in another way.
    pub(super) fn access<R>(&self, access: impl FnOnce(Epoch, &RaceClock) -> R) -> Option<R> {
        let place = self.place.get().or_else(|| self.settle())?;
        if self.has_handed.replace(false) {
            self.go_on(place);
        }
        let (epoch, result) = self.with_clock(|clock| {
            let epoch = clock.epoch(place);
            (epoch, access(epoch, clock))
        });
        self.epoch.set(epoch.bits());
        Some(result)
    }

    /// Hands over: `keep` is given the clock and its version.
    pub(super) fn give<R>(&self, keep: impl FnOnce(&RaceClock, u64) -> R) -> R {
        let version = self.version.get();
        self.has_handed.set(true);
        self.epoch.set(STALE);
        // What it handed over itself is no news to it, whatever it will know by then.
        self.taken[version as usize % TAKEN].set(version);
        self.with_clock(|clock| keep(clock, version))
    }

    /// True if a clock of this version may have news.
    #[inline(always)]
    pub(super) fn is_news(&self, version: u64) -> bool {
        version != self.version.get() && version != 0 && self.taken[version as usize % TAKEN].get() != version
    }

    /// Takes a clock of this version.
    pub(super) fn take(&self, theirs: &RaceClock, version: u64) {
        if self.has_ended.get() {
            return;
        }
        let (is_news, is_same) = self.with_clock(|mine| (mine.join(theirs), theirs.includes(mine)));
        if is_same {
            self.version.set(version);
        } else if is_news {
            self.version.set(self.new_version());
        }
        self.taken[version as usize % TAKEN].set(version);
    }

    /// Returns a number for a clock that nobody else has.
    pub(super) fn new_version(&self) -> u64 {
        let (next, end) = self.versions.get();
        let (next, end) = if next == end {
            let next = VERSION.take(VERSIONS);
            (next, next + VERSIONS)
        } else {
            (next, end)
        };
        self.versions.set((next + 1, end));
        next
    }

    /// The thread was not started by gordian: whoever started it is unknown, so all that anybody did so far is taken to be
    /// before it.
    pub(super) fn begin_unknown(&self) {
        // COST: a load a place. The lock by which places are given out is not taken: this may be the end of a section of the
        // allocator's, for which its holder waits.
        let is_news = self.with_clock(|clock| {
            (0..PLACES).fold(false, |is_news, place| {
                let last = LAST.get(place);
                if last != 0 {
                    clock.set(Place(place as u32), last);
                }
                is_news | (last != 0)
            })
        });
        if is_news {
            self.version.set(self.new_version());
        }
    }

    /// The thread has ended; `is_told` if whoever joins it is told what it did.
    pub(super) fn end(&self, is_told: bool) {
        self.has_ended.set(true);
        self.is_fenced.set(false);
        self.version.set(0);
        self.epoch.set(STALE);
        drop(ManuallyDrop::into_inner(self.clock.replace(ManuallyDrop::new(RaceClock::new()))));
        drop(ManuallyDrop::into_inner(self.loaded.replace(ManuallyDrop::new(RaceClock::new()))));
        drop(ManuallyDrop::into_inner(self.given.replace(ManuallyDrop::new(Given(None)))));
        drop(ManuallyDrop::into_inner(self.fenced.replace(ManuallyDrop::new(Given(None)))));
        if let Some(place) = self.place.take() {
            if !is_told {
                UNJOINED.raise(place.0 as usize, LAST.get(place.0 as usize));
            }
            FREE.lock().resting.push_back(place);
        }
    }

    /// A fence that releases: relaxed stores after it hand over what was before it.
    pub(super) fn fence_release(&self) {
        if self.version.get() != 0 {
            let given = self.given();
            drop(ManuallyDrop::into_inner(self.fenced.replace(ManuallyDrop::new(given))));
            self.is_fenced.set(true);
        }
    }

    /// True if relaxed stores hand something over.
    #[inline(always)]
    pub(super) fn is_fenced(&self) -> bool {
        self.is_fenced.get()
    }

    /// A fence that acquires: what relaxed loads before it have seen is taken.
    pub(super) fn fence_acquire(&self) {
        self.last_loaded.set(0);
        let loaded = self.loaded.replace(ManuallyDrop::new(RaceClock::new()));
        if self.with_clock(|clock| clock.join(&loaded)) {
            self.version.set(self.new_version());
        }
        drop(ManuallyDrop::into_inner(loaded));
    }

    /// True if a relaxed load that has seen a clock of this version may have seen news.
    #[inline(always)]
    pub(super) fn may_load(&self, version: u64) -> bool {
        self.is_news(version) && self.last_loaded.get() != version
    }

    /// A relaxed load has seen what came with a clock of this version.
    pub(super) fn load(&self, theirs: &RaceClock, version: u64) {
        if self.has_ended.get() {
            return;
        }
        let mut loaded = ManuallyDrop::into_inner(self.loaded.replace(ManuallyDrop::new(RaceClock::new())));
        loaded.join(theirs);
        self.loaded.set(ManuallyDrop::new(loaded));
        self.last_loaded.set(version);
    }

    /// Calls `act` with what the last releasing fence had before it, if there was one.
    pub(super) fn give_fenced(&self, act: impl FnOnce(&RaceClock)) {
        let fenced = ManuallyDrop::into_inner(self.fenced.replace(ManuallyDrop::new(Given(None))));
        if let Given(Some(known)) = &fenced {
            act(&known.clock);
        }
        self.fenced.set(ManuallyDrop::new(fenced));
    }

    fn given(&self) -> Given {
        if self.version.get() == 0 {
            return Given(None);
        }
        let given = ManuallyDrop::into_inner(self.given.replace(ManuallyDrop::new(Given(None))));
        let given = match given {
            Given(Some(known)) if known.version == self.version.get() => Given(Some(known)),
            _ => {
                let (clock, version) = self.give(|clock, version| (clock.clone(), version));
                Given(Some(Arc::new(Known { version, clock })))
            }
        };
        self.given.set(ManuallyDrop::new(given.clone()));
        given
    }

    /// Finds a place for the thread. `None` if there is none.
    #[cold]
    fn settle(&self) -> Option<Place> {
        if self.has_ended.get() {
            return None;
        }
        let place = FREE.lock().take()?;
        self.place.set(Some(place));
        self.go_on(place);
        Some(place)
    }

    /// The thread's time goes on.
    fn go_on(&self, place: Place) {
        // Only this thread is at the place, so nobody else raises it.
        let time = LAST.get(place.0 as usize) + 1;
        LAST.raise(place.0 as usize, time);
        self.with_clock(|clock| clock.set(place, time));
        self.version.set(self.new_version());
    }

    fn with_clock<R>(&self, act: impl FnOnce(&mut RaceClock) -> R) -> R {
        let mut clock = ManuallyDrop::into_inner(self.clock.replace(ManuallyDrop::new(RaceClock::new())));
        let result = act(&mut clock);
        self.clock.set(ManuallyDrop::new(clock));
        result
    }
}

impl Places {
    fn take(&mut self) -> Option<Place> {
        let is_full = self.next as usize == PLACES;
        if self.resting.len() > RESTING || (is_full && !self.resting.is_empty()) {
            return self.resting.pop_front();
        }
        (!is_full).then(|| {
            self.next += 1;
            Place(self.next - 1)
        })
    }
}

/// True if the thread of this epoch ended, and nobody was told who waited for its end.
pub(super) fn ended_untold(epoch: Epoch) -> bool {
    epoch.time() <= UNJOINED.get(epoch.place().0 as usize)
}

impl Given {
    /// Returns nothing to hand over.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Returns what the running thread hands over now.
    ///
    /// # Cost
    /// A load if no watched cell was accessed; a count if nothing is new.
    #[inline]
    pub(crate) fn here() -> Self {
        if !WATCHED.have(&[Switch::Races]) {
            return Self(None);
        }
        let thread = here();
        thread.meet();
        thread.times.given()
    }

    /// The running thread takes what was handed over.
    #[inline]
    pub(crate) fn take(&self) {
        if let Some(known) = &self.0 {
            let thread = here();
            if thread.times.is_news(known.version) {
                thread.meet();
                thread.times.take(&known.clock, known.version);
            }
        }
    }

    /// Adds what somebody else handed over.
    pub(crate) fn join(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (_, None) => {}
            (Some(mine), Some(theirs)) if mine.version == theirs.version => {}
            (Some(mine), Some(theirs)) => {
                let mut clock = mine.clock.clone();
                clock.join(&theirs.clock);
                *mine = Arc::new(Known { version: here().times.new_version(), clock });
            }
            (mine @ None, theirs) => mine.clone_from(theirs),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}
