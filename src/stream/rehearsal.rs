//! Plays a script against the analyses, in one thread: `live`, `thread` and `wait` without threads.
//!
//! Must not know: what runs; settings: every lint has its default level.
//! Source: `live` and its neighbours, step by step. We differ: threads and locks are table rows, the set of known questions
//! never forgets, and a thread that blocks is a row that has something to wait for.
//! INVARIANT: the same script has the same outcome, always.

mod blocked;
mod hand_over;
mod locks;
mod parts;
mod things;
mod told;

use self::blocked::Wait;
use self::hand_over::Knowledge;
use self::parts::Parts;
use self::things::Things;
pub use self::told::{Outcome, Told};
use super::script::{Act, LockName, Script, ScriptError, Step, ThingName, ThreadName};
use crate::analysis::clock::VectorClock;
use crate::analysis::lock_order::LockOrder;
use crate::analysis::misuse::Misuse;
use crate::event::{HeldLock, LockId, Mode, Tick};
use crate::rt::{Meta, Site};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Returns what a script shows, one line each: findings, and operations that cannot be.
///
/// # Errors
/// If the script is not understood.
pub fn rehearse(script: &str) -> Result<Vec<String>, ScriptError> {
    let script = script.parse::<Script>()?;
    let mut rehearsal = Rehearsal::new(&script);
    let mut outcomes: Vec<Outcome> = script.0.iter().flat_map(|&step| rehearsal.step(step)).collect();
    outcomes.extend(rehearsal.finish());
    Ok(outcomes.iter().map(Outcome::to_string).collect())
}

/// A script that is being played.
pub struct Rehearsal {
    order: LockOrder,
    misuse: Misuse,
    known: FxHashSet<u64>,
    threads: BTreeMap<ThreadName, Thread>,
    locks: FxHashMap<LockName, Meta>,
    things: Things,
    parts: Parts,
    names: FxHashMap<LockId, LockName>,
    /// Locks that ended threads did not give back.
    leaked: FxHashMap<LockId, (Mode, ThreadName)>,
    /// How many waits there were.
    waits: u64,
    is_complete: bool,
}

struct Thread {
    held: Vec<HeldLock>,
    tick: Tick,
    stage: Stage,
    knowledge: Knowledge,
    /// What it does not go on without.
    wait: Option<Wait>,
    /// What it initialises, the newest last.
    begun: Vec<ThingName>,
    /// True once somebody joined it, or gave that up.
    is_joined: bool,
}

enum Stage {
    Unstarted,
    Running,
    Ended(VectorClock),
}

/// All requests are at one place, and all locks are created there: a class is its letter.
const PLACE: Site = Site::caller();

impl Rehearsal {
    /// Returns the beginning of a script.
    pub fn new(script: &Script) -> Self {
        let thread = |name: ThreadName| {
            let stage = if script.starts(name) { Stage::Unstarted } else { Stage::Running };
            (name, Thread::new(stage))
        };
        Self {
            order: LockOrder::default(),
            misuse: Misuse::default(),
            known: FxHashSet::default(),
            threads: script.threads().into_iter().map(thread).collect(),
            locks: FxHashMap::default(),
            things: Things::default(),
            parts: Parts::default(),
            names: FxHashMap::default(),
            leaked: FxHashMap::default(),
            waits: 0,
            is_complete: true,
        }
    }

    /// Does one operation of the script, and whatever those do whom it wakes.
    pub fn step(&mut self, step: Step) -> Vec<Outcome> {
        let Step { thread, act } = step;
        let mut outcomes = self.time_passes(thread);
        match self.refusal(thread, act) {
            Some(reason) => outcomes.push(Outcome::Refused(reason)),
            None => {
                outcomes.extend(self.act(thread, act));
                outcomes.extend(self.wake());
            }
        }
        self.is_complete &= self.order.is_complete();
        outcomes
    }

    /// Ends the script: the threads that run give back what they hold, newest first, and then end.
    pub fn finish(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some(step) = self.last_step() {
            outcomes.extend(self.step(step));
        }
        outcomes
    }

    /// Returns what is to be done next at the end of the script. `None` if all threads have ended, or wait for ever.
    pub fn last_step(&self) -> Option<Step> {
        let running = || self.threads.iter().filter(|(_, thread)| self.can_act(thread));
        let holds = running().find_map(|(&thread, Thread { held, begun, wait, .. })| {
            // Once its time is over, it has its mutex.
            let mutex = wait.as_ref().and_then(Wait::mutex);
            let newest = mutex.or_else(|| Some(self.names[&held.last()?.lock]))?;
            let begun = begun.last().filter(|begun| begun.letter == newest.class);
            Some(Step { thread, act: begun.map_or_else(|| self.giving_back(newest), |begun| Act::Finish(*begun)) })
        });
        holds.or_else(|| running().next().map(|(&thread, _)| Step { thread, act: Act::End }))
    }

    /// True if a thread has ended.
    pub fn has_ended(&self, thread: ThreadName) -> bool {
        self.threads.get(&thread).is_some_and(|thread| matches!(thread.stage, Stage::Ended(_)))
    }

    /// True if no table was full and no search cut short so far.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns why an operation cannot be.
    fn refusal(&self, thread: ThreadName, act: Act) -> Option<String> {
        let me = self.threads.get(&thread)?;
        match (&me.stage, &me.wait) {
            (Stage::Unstarted, _) => return Some(format!("{thread} has not started")),
            (Stage::Ended(_), _) => return Some(format!("{thread} has ended")),
            (Stage::Running, Some(wait)) => return Some(format!("{thread} waits for {}", wait.what)),
            (Stage::Running, None) => {}
        }
        let held = |name| self.holds(thread, name);
        match act {
            Act::Release(name) if held(name) == 0 => Some(format!("release of {name}, which {thread} does not hold")),
            Act::Wait(_, name) | Act::WaitBriefly(_, name) if held(name) == 0 => {
                Some(format!("wait with {name}, which {thread} does not hold"))
            }
            Act::Start(other) if !matches!(self.threads.get(&other)?.stage, Stage::Unstarted) => {
                Some(format!("{other} has started"))
            }
            Act::Join(other) | Act::Await(other) | Act::Unpark(other) => self.refusal_of_other(thread, act, other),
            Act::Try(name, mode) => {
                self.owner(name, mode, None).map(|owner| format!("{thread} does not get {name}, which {owner}"))
            }
            Act::TryEnter(name) => {
                let owner = self.owner(name, Mode::Exclusive, Some(thread));
                owner.map(|owner| format!("{thread} does not get {name}, which {owner}"))
            }
            Act::TryAcquire(semaphore) if !self.has_permit(semaphore) => {
                Some(format!("{thread} does not get {semaphore}, which has no permit left"))
            }
            Act::GiveBack(semaphore) | Act::Forget(semaphore) if held(semaphore.record()) == 0 => {
                Some(format!("end of a permit of {semaphore}, which {thread} does not have"))
            }
            Act::TaskDone(queue) if self.are_done(queue) => Some(format!("{queue} has nothing left to be done")),
            Act::Drop(name) if held(name) > 1 => Some(format!("drop of {name}, which {thread} holds more than once")),
            Act::Drop(name) => {
                let owner = self.owner(name, Mode::Exclusive, Some(thread)).or_else(|| self.wanted_by(name));
                owner.map(|owner| format!("drop of {name}, which {owner}"))
            }
            Act::Finish(once) if me.begun.last() != Some(&once) => {
                Some(format!("end of {once}, which {thread} did not begin last"))
            }
            Act::Receive(channel) => {
                self.receiver(channel).map(|other| format!("{thread} cannot receive from {channel}, as {other} does"))
            }
            Act::End => me.begun.last().map(|once| format!("{thread} has not finished {once}")),
            _ => None,
        }
    }

    fn refusal_of_other(&self, thread: ThreadName, act: Act, other: ThreadName) -> Option<String> {
        let Thread { stage, is_joined, .. } = self.threads.get(&other)?;
        match stage {
            Stage::Unstarted => Some(format!("{other} has not started")),
            _ if matches!(act, Act::Unpark(_)) => None,
            _ if other == thread => Some(format!("{thread} would wait for itself")),
            _ => is_joined.then(|| format!("{other} was joined")),
        }
    }

    fn act(&mut self, thread: ThreadName, act: Act) -> Vec<Outcome> {
        match act {
            Act::Lock(name, mode) => self.lock(thread, name, mode),
            Act::Try(name, mode) => self.try_lock(thread, name, mode),
            Act::Release(name) => Vec::from_iter(self.leave(thread, name)),
            Act::Drop(name) => Vec::from_iter(self.dropped(thread, name)),
            Act::Start(child) => {
                self.fork(thread, child);
                Vec::new()
            }
            Act::Join(other) => {
                let ends_now = self.threads.get(&other).is_some_and(|it| self.can_act(it) && it.begun.is_empty());
                let mut outcomes = if ends_now { self.end(other) } else { Vec::new() };
                outcomes.extend(self.join(thread, other));
                outcomes
            }
            Act::Await(other) => self.join(thread, other),
            Act::End => self.end(thread),
            Act::Wait(condvar, mutex) => self.wait(thread, condvar, mutex, false),
            Act::WaitBriefly(condvar, mutex) => self.wait(thread, condvar, mutex, true),
            Act::NotifyOne(condvar) => self.notify(thread, condvar, 1),
            Act::NotifyAll(condvar) => self.notify(thread, condvar, usize::MAX),
            Act::Send(channel) => self.send(thread, channel),
            Act::Receive(channel) => self.receive(thread, channel),
            Act::Arrive(barrier) => self.arrive(thread, barrier),
            Act::Begin(once) => self.begin(thread, once),
            Act::Finish(once) => self.finish_once(thread, once),
            Act::Complete(once) => self.complete(thread, once),
            Act::Park => self.park(thread),
            Act::Unpark(other) => self.unpark(thread, other),
            Act::Enter(name) => self.enter(thread, name, false),
            Act::TryEnter(name) => self.enter(thread, name, true),
            Act::Acquire(semaphore) => self.acquire(thread, semaphore),
            Act::TryAcquire(semaphore) => self.try_acquire(thread, semaphore),
            Act::GiveBack(semaphore) => self.give_back(thread, semaphore),
            Act::Forget(semaphore) => self.forget(thread, semaphore),
            Act::Free(semaphore) => self.free(thread, semaphore),
            Act::Set(event) => self.set(thread, event),
            Act::Clear(event) => {
                self.clear(event);
                Vec::new()
            }
            Act::WaitEvent(event) => self.wait_event(thread, event),
            Act::Put(queue) => self.put(thread, queue),
            Act::Get(queue) => self.get(thread, queue),
            Act::TaskDone(queue) => self.task_done(thread, queue),
            Act::JoinTasks(queue) => self.join_tasks(thread, queue),
        }
    }

    /// Returns who keeps a lock from being taken in this mode, not counting `besides`, and how.
    fn owner(&self, name: LockName, mode: Mode, besides: Option<ThreadName>) -> Option<String> {
        let lock = LockId(self.locks.get(&name)?.id());
        let holds = |held: &HeldLock| self.excludes(held, name, mode);
        let mut threads = self.threads.iter().filter(|(thread, _)| Some(**thread) != besides);
        let owner = threads.find(|(_, thread)| thread.held.iter().any(holds));
        let leaked = self.leaked.get(&lock).filter(|(leaked, _)| leaked.is_exclusive() || mode.is_exclusive());
        let owner = owner.map(|(thread, _)| format!("{thread} holds"));
        let owner = owner.or_else(|| leaked.map(|_| "an ended thread holds".to_owned()));
        // A reader stays behind a writer that waits.
        owner.or_else(|| self.queued_writer(name).filter(|_| mode == Mode::Shared).map(|it| format!("{it} waits for")))
    }

    /// True if a hold keeps a lock from being taken in this mode.
    fn excludes(&self, held: &HeldLock, name: LockName, mode: Mode) -> bool {
        let is_it = self.locks.get(&name).is_some_and(|meta| meta.id() == held.lock.0);
        is_it && (held.access.mode.is_exclusive() || mode.is_exclusive())
    }

    /// Returns how often a thread holds a lock, all levels counted.
    fn holds(&self, thread: ThreadName, name: LockName) -> usize {
        let lock = self.locks.get(&name).map(|meta| LockId(meta.id()));
        let holds = self.threads[&thread].held.iter().filter(|held| Some(held.lock) == lock).count();
        if holds == 0 { 0 } else { holds + self.levels(name) }
    }

    fn thread(&mut self, name: ThreadName) -> &mut Thread {
        self.threads.get_mut(&name).expect("every thread that a script names is in the table")
    }
}

impl Thread {
    fn new(stage: Stage) -> Self {
        let knowledge = Knowledge::default();
        Self { held: Vec::new(), tick: Tick(1), stage, knowledge, wait: None, begun: Vec::new(), is_joined: false }
    }

    /// True if it can act or be made to, by something that is there or comes.
    fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }
}
