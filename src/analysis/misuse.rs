//! Turns waits and signals of one thing into what may go wrong between them.
//!
//! Must not know: time, output, how a thread waits or signals.
//! INVARIANT: what is reported was seen in two different threads, of which neither part was over before the other began.

use super::clock::VectorClock;
use crate::event::{LockId, ThreadId, Tick};
use crate::finding::{Finding, Party};
use crate::lint::Lint;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A thread that waited for a thing, or woke those who wait for it, under these locks.
#[derive(Clone)]
pub(crate) struct Sight {
    pub party: Party,
    pub tick: Tick,
    /// What was ordered before the acquisition of each held lock.
    pub since: Box<[Arc<VectorClock>]>,
}

/// What was seen of each thing.
#[derive(Default)]
pub(crate) struct Misuse {
    things: FxHashMap<LockId, History>,
    /// The things that were first waited for with a mutex.
    first_with: FxHashMap<LockId, Vec<LockId>>,
}

#[derive(Default)]
struct History {
    waits: Vec<Sight>,
    signals: Vec<Sight>,
    /// Who waited with which mutex first.
    mutex: Option<Party>,
}

/// Sights of one kind that a thing keeps.
const MOST: usize = 8;

impl Misuse {
    /// A thread waits for `thing` under locks. Returns the finding if those who wake it were seen to need one of them.
    pub(crate) fn waits(&mut self, thing: LockId, sight: &Sight) -> Option<Finding> {
        let history = self.things.entry(thing).or_default();
        keep(&mut history.waits, sight);
        between(sight, &history.signals)
    }

    /// A thread wakes those who wait for `thing`, under locks.
    pub(crate) fn signals(&mut self, thing: LockId, sight: &Sight) -> Option<Finding> {
        let history = self.things.entry(thing).or_default();
        keep(&mut history.signals, sight);
        history.waits.iter().find_map(|wait| between(wait, &history.signals))
    }

    /// A thread waits for `thing` with the mutex that it holds. Returns the finding if it was another one before.
    pub(crate) fn waits_with(&mut self, thing: LockId, party: Party) -> Option<Finding> {
        let mutex = party.hold().map(|hold| hold.lock);
        let first = self.things.entry(thing).or_default().mutex.get_or_insert_with(|| {
            mutex.into_iter().for_each(|mutex| self.first_with.entry(mutex).or_default().push(thing));
            party.clone()
        });
        let is_another = first.hold().map(|hold| hold.lock) != mutex;
        is_another.then(|| Finding::of_parties(Lint::CondvarTwoMutexes, vec![first.clone(), party]))
    }

    /// The thing is gone.
    pub(crate) fn forget(&mut self, thing: LockId) {
        self.things.remove(&thing);
    }

    /// A mutex is gone: what was waited for with it may have another one.
    pub(crate) fn forget_mutex(&mut self, mutex: LockId) {
        for thing in self.first_with.remove(&mutex).unwrap_or_default() {
            if let Some(history) = self.things.get_mut(&thing) {
                history.mutex = None;
            }
        }
    }
}

/// Returns the finding of a wait under a lock that all who were seen to end such waits were under too.
fn between(wait: &Sight, signals: &[Sight]) -> Option<Finding> {
    let is_other = |signal: &&Sight| signal.party.thread != wait.party.thread;
    wait.party.held.iter().enumerate().find_map(|(mine, hold)| {
        let needs = |signal: &Sight| {
            let excludes =
                |lock: LockId, exclusive: bool| lock == hold.lock && (exclusive || hold.access.mode.is_exclusive());
            signal.party.held.iter().position(|held| excludes(held.lock, held.access.mode.is_exclusive()))
        };
        if !signals.iter().filter(is_other).all(|signal| needs(signal).is_some()) {
            return None;
        }
        let is_apart =
            |&(signal, theirs): &(&Sight, usize)| !is_before(wait, signal, theirs) && !is_before(signal, wait, mine);
        let needing = signals.iter().filter(is_other).filter_map(|signal| Some((signal, needs(signal)?)));
        let (signal, theirs) = needing.into_iter().find(is_apart)?;
        let parties =
            [(wait, mine), (signal, theirs)].map(|(sight, holds)| Party { holds: Some(holds), ..sight.party.clone() });
        Some(Finding::of_parties(Lint::WaitWhileHolding, parties.to_vec()))
    })
}

/// True if the first sight was over before the other thread took the lock that it holds at this place.
fn is_before(first: &Sight, then: &Sight, place: usize) -> bool {
    then.since[place].knows(first.party.thread, first.tick)
}

/// Keeps a sight, in place of the oldest one of the second half if there are too many.
fn keep(sights: &mut Vec<Sight>, sight: &Sight) {
    let locks = |sight: &Sight| -> Vec<(ThreadId, LockId)> {
        sight.party.held.iter().map(|held| (sight.party.thread, held.lock)).collect()
    };
    if sights.iter().any(|old| old.tick == sight.tick && locks(old) == locks(sight)) {
        return;
    }
    if sights.len() == MOST {
        sights.remove(MOST / 2);
    }
    sights.push(sight.clone());
}
