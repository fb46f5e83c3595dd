//! Who owns what is awaited: tasks by their ids and, outside of tasks, threads.
//!
//! Must not know: what a request asks, how a wait is told.
//! INVARIANT: a state is in its shard until it is quiet, and one that is quiet is referred to by its shard alone; so one id
//! never has two states that matter.

use super::super::thread::{Thread, here, order};
use super::super::{live, wait};
use super::waiting::Told;
use crate::event::{self, HeldLock, LockId, Mark, TASK, ThreadId, Tick};
use crate::rt::{Counter, RawLock};
use crate::tokio::current;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::sync::Arc;

/// The runtime's id of the task that runs; `None` outside of tasks.
pub(crate) type Key = Option<u64>;

/// One who owns.
#[derive(Clone)]
pub(crate) struct Owner(Arc<Actor>);

pub(super) struct Actor {
    number: ThreadId,
    /// How many were born before, itself included.
    born: u64,
    state: RawLock<State>,
}

pub(super) struct State {
    pub(super) held: Vec<HeldLock>,
    tick: Tick,
    /// True if it asked something in this segment.
    asked: bool,
    /// True if the analyses know it.
    is_known: bool,
    /// How many were born before it acted last.
    last: u64,
    /// What it waits for at one time: one of several may let it go on.
    pub(super) waits: u32,
    /// Where it is told as blocked.
    pub(super) told: Option<Told>,
}

/// Some of the owners.
struct Shard {
    actors: FxHashMap<ThreadId, Arc<Actor>>,
    /// Before there are more than that, those that are quiet are forgotten.
    limit: usize,
}

const SHARDS: usize = 16;
/// Owners that a shard keeps though they are quiet.
const FEWEST: usize = 64;

static ACTORS: [RawLock<Shard>; SHARDS] =
    [const { RawLock::new(Shard { actors: FxHashMap::with_hasher(FxBuildHasher), limit: FEWEST }) }; SHARDS];
static BIRTHS: Counter = Counter::new();
/// The latest segment of those that were forgotten: whoever comes back begins after it.
static LATEST: RawLock<Tick> = RawLock::new(Tick(1));

/// Returns the owner that the running thread acts for. `None` if that is not heard.
///
/// # Panics
/// If a setting is not understood.
#[track_caller]
pub(crate) fn owner(key: Key) -> Option<Owner> {
    live::prepare();
    let thread = here();
    let _inside = thread.gate.enter()?;
    let number = key.map_or_else(|| thread.number(), ThreadId::of_task);
    let mut over = Vec::new();
    let actor = {
        let mut shard = ACTORS[number.0 as usize % SHARDS].lock();
        match shard.actors.get(&number) {
            Some(actor) => actor.clone(),
            None => {
                if shard.actors.len() >= shard.limit {
                    over = shard.forget_the_quiet();
                }
                let actor = Arc::new(Actor::new(number, &thread));
                shard.actors.insert(number, actor.clone());
                actor
            }
        }
    };
    over.iter().for_each(|actor| actor.end());
    Some(Owner(actor))
}

/// True if the running thread runs a task, or what a runtime blocks for.
pub(in crate::stream) fn in_task() -> bool {
    current::is_in_runtime()
}

/// Returns how many owners were born by now.
pub(super) fn births() -> u64 {
    BIRTHS.next()
}

/// True if two owners were seen alive at one time, and each had been born when the other one did what is told of it, so many
/// births before. The gate is closed.
pub(super) fn met((one, first): (ThreadId, u64), (other, then): (ThreadId, u64)) -> bool {
    let life = |number: ThreadId| {
        let actor = ACTORS[number.0 as usize % SHARDS].lock().actors.get(&number).cloned()?;
        let state = actor.state.lock();
        // Who holds or waits is alive still.
        let last = if state.held.is_empty() && state.waits == 0 { state.last } else { u64::MAX };
        Some((actor.born, last))
    };
    life(one)
        .zip(life(other))
        .is_some_and(|(one, other)| one.1 > other.0 && other.1 > one.0 && first > other.0 && then > one.0)
}

/// A lock is gone, though some hold it. The gate is closed.
pub(super) fn forget_everywhere(lock: LockId) {
    for shard in &ACTORS {
        let actors: Vec<_> = shard.lock().actors.values().cloned().collect();
        actors.iter().for_each(|actor| while actor.release(lock).is_some() {});
    }
}

impl Shard {
    /// Returns those that hold nothing and wait for nothing.
    // COST: O(owners), when there are twice as many as were left the last time.
    fn forget_the_quiet(&mut self) -> Vec<Arc<Actor>> {
        let over = self.actors.extract_if(|_, actor| Arc::strong_count(actor) == 1 && actor.is_quiet());
        let over = over.map(|(_, actor)| actor).collect();
        self.limit = (2 * self.actors.len()).max(FEWEST);
        over
    }
}

impl Owner {
    pub(super) fn actor(&self) -> &Actor {
        &self.0
    }

    /// True if it is the running thread's now.
    pub(crate) fn is(&self, key: Key) -> bool {
        self.0.number == key.map_or_else(|| here().number(), ThreadId::of_task)
    }
}

impl Actor {
    fn new(number: ThreadId, thread: &Thread) -> Self {
        let born = BIRTHS.take(1);
        let tick = if number.0 & TASK == 0 { thread.tick.get() } else { *LATEST.lock() };
        let state = State { held: Vec::new(), tick, asked: false, is_known: false, last: born, waits: 0, told: None };
        Self { number, born, state: RawLock::new(state) }
    }

    pub(super) fn number(&self) -> ThreadId {
        self.number
    }

    pub(super) fn is_task(&self) -> bool {
        self.number.0 & TASK != 0
    }

    /// Returns the thread's name, if it is one, and has one, and runs.
    pub(super) fn name(&self) -> Option<Arc<str>> {
        let is_thread = self.number == here().number();
        is_thread.then(|| std::thread::current().name().map(Arc::from)).flatten()
    }

    pub(super) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock())
    }

    /// Returns what it holds and the hash of that; `None` if it holds nothing.
    pub(super) fn context(&self, thread: &Thread) -> Option<(Vec<HeldLock>, u64)> {
        let mut state = self.state.lock();
        state.last = BIRTHS.next();
        (!state.held.is_empty()).then(|| {
            let tick = if self.is_task() { state.tick } else { thread.tick.get() };
            let seed = event::mix(u64::from(self.number.0) << 32 | u64::from(tick.0));
            let weight = |sum: u64, held: &HeldLock| sum.wrapping_add(crate::rt::Entry::weight(held));
            (state.held.clone(), state.held.iter().fold(seed, weight))
        })
    }

    pub(super) fn hold(&self, held: HeldLock) {
        let mut state = self.state.lock();
        state.last = BIRTHS.next();
        state.held.push(held);
    }

    pub(super) fn release(&self, lock: LockId) -> Option<HeldLock> {
        let mut state = self.state.lock();
        let place = state.held.iter().rposition(|held| held.lock == lock)?;
        state.last = BIRTHS.next();
        // Another task gives back what this one, which waits, is told to hold.
        if let Some(told) = &state.told {
            told.gives_back(lock);
        }
        Some(state.held.remove(place))
    }

    pub(super) fn change(&self, lock: LockId, change: impl FnOnce(&mut HeldLock)) {
        let mut state = self.state.lock();
        state.held.iter_mut().rfind(|held| held.lock == lock).map(change);
    }

    pub(super) fn mark_recorded(&self) {
        self.state.lock().held.iter_mut().for_each(|held| held.note.add(Mark::Recorded));
    }

    /// It asks something. Returns its segment.
    pub(super) fn ask(&self, thread: &Thread) -> Tick {
        if !self.is_task() {
            thread.knowledge.ask();
            return thread.tick.get();
        }
        let mut state = self.state.lock();
        (state.asked, state.is_known) = (true, true);
        state.tick
    }

    /// Uses the analyses' segments, of a task: `act` is given its number, whether it asked something and what it holds, and returns its
    /// new segment, if there is one.
    pub(super) fn hand_over<R>(&self, act: impl FnOnce(ThreadId, bool, &[HeldLock]) -> (R, Option<Tick>)) -> R {
        let mut state = self.state.lock();
        state.is_known = true;
        let tick = state.tick;
        order(|order| order.segments.begin(self.number, tick));
        let (result, tick) = act(self.number, state.asked, &state.held);
        if let Some(tick) = tick {
            let before = std::mem::replace(&mut state.tick, tick);
            state.asked = false;
            state.held.iter_mut().for_each(|held| held.note.leave(before));
        }
        result
    }

    fn is_quiet(&self) -> bool {
        let state = self.state.lock();
        state.held.is_empty() && state.waits == 0
    }

    /// It is forgotten.
    fn end(&self) {
        let (tick, is_known) = self.with(|state| (state.tick, state.is_known));
        if is_known && self.is_task() {
            order(|order| drop(order.finish(self.number)));
            let mut latest = LATEST.lock();
            *latest = Tick(latest.0.max(tick.0 + 1));
        }
    }
}

/// A task's slot, as opposed to a thread's.
pub(super) fn tag(number: ThreadId) -> u64 {
    wait::OF_TASK | u64::from(number.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Access, Kind, Mode};
    use crate::rt::{Meta, Site};
    use crate::stream::task::acquired;

    static ACCESS: Access = Access { kind: Kind::TaskMutex, mode: Mode::Exclusive, type_name: || "" };

    fn remembered(ids: std::ops::Range<u64>) -> usize {
        let is_there = |id: &u64| {
            let number = ThreadId::of_task(*id);
            ACTORS[number.0 as usize % SHARDS].lock().actors.contains_key(&number)
        };
        ids.filter(is_there).count()
    }

    #[test]
    fn tasks_that_hold_nothing_are_forgotten_and_those_that_hold_something_are_not() {
        let meta = Meta::new(Site::caller());
        let keeper = owner(Some(1 << 20)).expect("it is heard");
        let hold = acquired(&keeper, &meta, &ACCESS, Site::caller());
        drop(keeper);
        let many = 2_000_000..2_100_000;
        for id in many.clone() {
            let owner = owner(Some(id)).expect("it is heard");
            acquired(&owner, &meta, &ACCESS, Site::caller()).into_iter().for_each(|hold| hold.released(&meta));
        }
        assert!(remembered(many) <= SHARDS * 2 * FEWEST);
        assert_eq!(remembered((1 << 20)..(1 << 20) + 1), 1);
        hold.into_iter().for_each(|hold| hold.released(&meta));
    }

    #[test]
    fn two_have_met_if_each_acted_after_the_other_one_was_born() {
        let act = |id: u64| drop(owner(Some(id)).map(|owner| owner.actor().context(&here())));
        let of = |id: u64| (ThreadId::of_task(id), births());
        let met = |one: u64, other: u64| met(of(one), of(other));
        act(3_000_001);
        act(3_000_002);
        assert!(!met(3_000_001, 3_000_002));
        act(3_000_001);
        assert!(met(3_000_001, 3_000_002) && met(3_000_002, 3_000_001));
        assert!(!met(3_000_001, 3_000_003), "one that was never seen");
    }
}
