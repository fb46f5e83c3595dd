//! Who of a script waits for what, who goes on, and who never can.
//!
//! Must not know: how an order of locks is judged.
//! Source: `stream/wait` and `stream/look`. We differ: one look is enough, since nothing moves meanwhile, and of several
//! who could go on the one that came first does.
//! INVARIANT: after a step nobody waits for what is there. A thread whose wait would close a stuck set does not wait.

use super::locks::Request;
use super::{Outcome, Rehearsal, Stage, Thread};
use crate::analysis::wait_for::{Blocked, By, Gone, StuckSet, WakeCondition};
use crate::event::{LockId, Mode, ThreadId};
use crate::lint::Lint;
use crate::stream::hand_over::Stamp;
use crate::stream::script::{LockName, ThingName, ThreadName};
use std::fmt;

/// What a thread does not go on without.
pub(super) struct Wait {
    pub what: What,
    condition: WakeCondition,
    /// The first one to wait is number 1.
    pub turn: u64,
}

/// What is waited for, and what is done when it has come.
#[derive(Clone)]
pub(super) enum What {
    Lock(LockName, Mode, Request),
    End(ThreadName),
    Notify(Notified),
    Receive(ThingName),
    /// A message, and how many places were freed before.
    Send(ThingName, Stamp, usize),
    /// What its round handed over, once that is over.
    Arrive(ThingName, Option<Stamp>),
    /// The end of an initialiser: of the one that runs, or of any.
    Begin(ThingName, Request),
    Complete(ThingName, Request),
    Park,
    /// A permit, and how it is held.
    Permit(ThingName, Mode, Request),
    Event(ThingName),
    /// An item, and what is handed over with the place that it leaves.
    Get(ThingName, Stamp),
    /// A place for an item.
    Put(ThingName, Stamp),
    /// The end of all tasks.
    Tasks(ThingName),
}

/// A wait on a condition variable.
#[derive(Clone)]
pub(super) struct Notified {
    pub condvar: ThingName,
    pub mutex: LockName,
    pub request: Request,
    /// How many notifications somebody heard before.
    pub since: usize,
    pub is_timed: bool,
    /// True if it was notified, or its time is over, and only the mutex is missing.
    pub is_awake: bool,
    /// True if it was woken for nothing, and will not get the mutex.
    pub is_refused: bool,
}

impl Rehearsal {
    /// Returns the threads that wait.
    pub fn waiting(&self) -> Vec<ThreadName> {
        self.threads.iter().filter(|(_, thread)| thread.wait.is_some()).map(|(&name, _)| name).collect()
    }

    /// Returns the threads whose wait ends by itself.
    pub fn waiting_briefly(&self) -> Vec<ThreadName> {
        let is_timed = |thread: &Thread| thread.notified().is_some_and(|wait| wait.is_timed);
        self.threads.iter().filter(|(_, thread)| is_timed(thread)).map(|(&name, _)| name).collect()
    }

    /// Returns the locks that a writer waits for, so that readers stay behind it.
    pub fn queued_writers(&self) -> Vec<LockName> {
        let wanted = self.threads.values().filter_map(|thread| match thread.wait.as_ref()?.what {
            What::Lock(name, Mode::Exclusive, _) => Some(name),
            _ => None,
        });
        wanted.collect()
    }

    pub(super) fn queued_writer(&self, lock: LockName) -> Option<ThreadName> {
        let is_it =
            |thread: &Thread| matches!(thread.what(), Some(What::Lock(name, Mode::Exclusive, _)) if *name == lock);
        self.threads.iter().find(|(_, thread)| is_it(thread)).map(|(&name, _)| name)
    }

    /// Returns who waits for a lock, and how.
    pub(super) fn wanted_by(&self, lock: LockName) -> Option<String> {
        let is_it = |thread: &Thread| match thread.what() {
            Some(What::Lock(name, ..)) => *name == lock,
            Some(What::Notify(wait)) => wait.mutex == lock,
            _ => false,
        };
        let (name, _) = self.threads.iter().find(|(_, thread)| is_it(thread))?;
        Some(format!("{name} waits for"))
    }

    /// True if a thread can do something now, at the latest when its time is over.
    pub(super) fn can_act(&self, thread: &Thread) -> bool {
        let is_over = |wait: &Notified| wait.is_timed && self.owner(wait.mutex, Mode::Exclusive, None).is_none();
        thread.is_alive() && (thread.wait.is_none() || thread.notified().is_some_and(is_over))
    }

    /// A thread is to act: if it waits for a time only, that is over.
    pub(super) fn time_passes(&mut self, thread: ThreadName) -> Vec<Outcome> {
        let waiting = self.threads.get_mut(&thread).and_then(Thread::notified_mut);
        waiting.filter(|wait| wait.is_timed).map(|wait| wait.is_awake = true).map_or_else(Vec::new, |()| self.wake())
    }

    /// A thread waits. If nobody could ever wake it, that is told, and it goes on without; it waits on if that rests on what
    /// others did so far.
    pub(super) fn block(&mut self, thread: ThreadName, what: What) -> Vec<Outcome> {
        self.waits += 1;
        let wait = Wait { condition: self.condition(&what), what, turn: self.waits };
        self.thread(thread).wait = Some(wait);
        let Some((set, names)) = self.stuck(Closer::Blocked(thread)) else { return Vec::new() };
        let outcomes = self.told_stuck(&set, &names);
        if !set.rests_on_habit {
            self.give_up(thread);
        }
        outcomes
    }

    /// Returns the deadlock that a request would close at once, as `live` asks when the request would be refused for less.
    pub(super) fn would_deadlock(&mut self, thread: ThreadName, what: What) -> Option<Outcome> {
        let wait = Wait { condition: self.condition(&what), what, turn: self.waits };
        self.thread(thread).wait = Some(wait);
        let stuck = self.stuck(Closer::Blocked(thread));
        self.thread(thread).wait = None;
        let (set, names) = stuck.filter(|(set, _)| !set.rests_on_time)?;
        self.told_stuck(&set, &names).pop()
    }

    /// A thread is gone. If that leaves others without anybody to wake them, it is told, and one of them goes on without.
    pub(super) fn left_alone(&mut self, ended: ThreadName) -> Vec<Outcome> {
        let Some((set, names)) = self.stuck(Closer::Ended(ended)) else { return Vec::new() };
        let outcomes = self.told_stuck(&set, &names);
        for &place in set.threads.iter().filter(|_| !set.rests_on_habit) {
            if self.interrupt(names[place]) {
                break;
            }
        }
        outcomes
    }

    /// Lets those go on who can, the first to come first.
    pub(super) fn wake(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        loop {
            let turn = |thread: &Thread| thread.wait.as_ref().map(|wait| wait.turn);
            let can = self.threads.iter().filter(|(_, thread)| thread.what().is_some_and(|what| self.has_come(what)));
            let Some((&next, _)) = can.min_by_key(|(_, thread)| turn(thread)) else { return outcomes };
            if let Some(wait) = self.thread(next).wait.take() {
                outcomes.extend(self.go_on(next, wait.what));
            }
        }
    }

    /// True if what a thread waits for is there.
    fn has_come(&self, what: &What) -> bool {
        match what {
            What::Lock(name, mode, _) => self.owner(*name, *mode, None).is_none(),
            What::End(other) => matches!(self.threads[other].stage, Stage::Ended(_)),
            What::Notify(wait) => wait.is_awake && self.owner(wait.mutex, Mode::Exclusive, None).is_none(),
            What::Arrive(_, round) => round.is_some(),
            What::Receive(channel) => self.has_message(*channel),
            What::Send(channel, ..) => self.has_room(*channel),
            What::Begin(once, _) | What::Complete(once, _) => self.is_complete_once(*once),
            What::Park => false,
            What::Permit(semaphore, ..) => self.has_permit(*semaphore),
            What::Event(event) => self.is_up(*event),
            What::Get(queue, _) => self.has_item(*queue),
            What::Put(queue, _) => self.has_place(*queue),
            What::Tasks(queue) => self.are_done(*queue),
        }
    }

    /// Does what a thread waited to do.
    fn go_on(&mut self, thread: ThreadName, what: What) -> Vec<Outcome> {
        match what {
            What::Lock(name, mode, request) => Vec::from_iter(self.lock_acquired(thread, name, mode, request)),
            What::End(other) => {
                self.joined(thread, other);
                Vec::new()
            }
            What::Notify(wait) => self.woken(thread, &wait),
            What::Receive(channel) => self.received(thread, channel),
            What::Send(channel, stamp, since) => self.sent(thread, channel, stamp, Some(since)),
            What::Arrive(_, round) => {
                self.take(thread, &round.unwrap_or_default());
                Vec::new()
            }
            What::Begin(once, request) | What::Complete(once, request) => self.found_complete(thread, once, request),
            What::Park => Vec::new(),
            What::Permit(semaphore, mode, request) => self.permitted(thread, semaphore, mode, request),
            What::Event(event) => {
                self.saw(thread, event);
                Vec::new()
            }
            What::Get(queue, here) => {
                self.got(thread, queue, here);
                Vec::new()
            }
            What::Put(queue, stamp) => {
                self.added(thread, queue, stamp, true);
                Vec::new()
            }
            What::Tasks(queue) => {
                self.saw_done(thread, queue);
                Vec::new()
            }
        }
    }

    /// A thread's wait is refused: it goes on without what it waited for.
    fn give_up(&mut self, thread: ThreadName) {
        match self.thread(thread).wait.take().map(|wait| wait.what) {
            Some(What::Lock(_, _, request) | What::Permit(_, _, request)) => self.abandoned(request),
            Some(What::Begin(_, request) | What::Complete(_, request)) => self.abandoned(request),
            Some(What::Notify(wait)) => self.abandoned(wait.request),
            Some(What::Arrive(barrier, _)) => self.left(barrier),
            Some(What::End(other)) => self.thread(other).is_joined = true,
            Some(What::Receive(_) | What::Send(..) | What::Park) | None => {}
            Some(What::Event(_) | What::Get(..) | What::Put(..) | What::Tasks(_)) => {}
        }
    }

    /// Wakes a thread for nothing, so that it gives up. False if that cannot be done.
    fn interrupt(&mut self, thread: ThreadName) -> bool {
        match self.threads[&thread].what().cloned() {
            Some(What::Notify(Notified { condvar, .. })) => {
                // Whoever else waits there wakes too, as it may at any time.
                let others = self.threads.values_mut().filter_map(Thread::notified_mut);
                others.filter(|wait| wait.condvar == condvar).for_each(|wait| wait.is_awake = true);
                self.thread(thread).notified_mut().into_iter().for_each(|wait| wait.is_refused = true);
                true
            }
            Some(
                What::Receive(_)
                | What::Arrive(..)
                | What::Park
                | What::Permit(..)
                | What::Event(_)
                | What::Get(..)
                | What::Put(..)
                | What::Tasks(_),
            ) => {
                self.give_up(thread);
                true
            }
            _ => false,
        }
    }

    fn condition(&self, what: &What) -> WakeCondition {
        let lock = |name: LockName, mode| {
            let lock = self.locks.get(&name).map_or(0, |meta| meta.id());
            (lock != 0).then_some((LockId(lock), mode))
        };
        let (lock, anyone) = match what {
            What::Lock(name, mode, _) => (lock(*name, *mode), false),
            What::Permit(semaphore, mode, _) => (lock(semaphore.record(), *mode), true),
            What::Begin(once, _) => (lock(once.record(), Mode::Exclusive), false),
            What::Complete(once, _) => (lock(once.record(), Mode::Exclusive), true),
            What::Notify(wait) => (lock(wait.mutex, Mode::Exclusive), !wait.is_timed),
            What::End(_) => (None, false),
            What::Receive(_) | What::Send(..) | What::Arrive(..) | What::Park => (None, true),
            What::Event(_) | What::Get(..) | What::Put(..) | What::Tasks(_) => (None, true),
        };
        let ends = if let What::End(other) = what { vec![ThreadId(other.0)] } else { Vec::new() };
        WakeCondition { lock, ends, anyone, by: By::Told }
    }

    /// Returns the stuck set that `closer` closes, and who its places are.
    fn stuck(&self, closer: Closer) -> Option<(StuckSet, Vec<ThreadName>)> {
        let names = self.waiting();
        let blocked = |name: &ThreadName| {
            let thread = &self.threads[name];
            let now = |wait: &Wait| self.condition_now(&wait.what, wait.condition.clone());
            let condition = thread.wait.as_ref().map(now).unwrap_or_default();
            let held = thread.held.iter().map(|held| (held.lock, held.access.mode)).collect();
            Blocked { thread: ThreadId(name.0), condition, is_asleep: !self.may_wake(thread), held }
        };
        let blocked: Vec<Blocked> = names.iter().map(blocked).collect();
        let gone: Gone = self.leaked.iter().map(|(&lock, &(_, thread))| (lock, ThreadId(thread.0))).collect();
        let someone_runs = self.threads.values().any(|thread| thread.is_alive() && thread.wait.is_none());
        let set = match closer {
            Closer::Blocked(closer) => {
                let place = names.iter().position(|name| *name == closer);
                StuckSet::closed_by(place, &blocked, &gone, someone_runs)
            }
            Closer::Ended(thread) => StuckSet::left_by(ThreadId(thread.0), &blocked, &gone)
                .or_else(|| StuckSet::closed_by(None, &blocked, &gone, someone_runs))
                .or_else(|| StuckSet::owed_by(ThreadId(thread.0), &blocked)),
        };
        set.map(|set| (set, names))
    }

    /// True if a thread may have been notified: it counts who was, and not whom.
    fn may_wake(&self, thread: &Thread) -> bool {
        let waits = || self.threads.values().filter_map(Thread::notified);
        thread.notified().is_some_and(|mine| waits().any(|wait| wait.condvar == mine.condvar && wait.is_awake))
    }

    fn told_stuck(&self, set: &StuckSet, names: &[ThreadName]) -> Vec<Outcome> {
        let threads: Vec<ThreadName> = set.threads.iter().map(|&place| names[place]).collect();
        let unheard = |thread: &ThreadName| {
            let notifier = self.unheard(self.threads[thread].notified()?.condvar)?;
            Some(Outcome::of_threads(Lint::LostNotify, vec![notifier, *thread]))
        };
        let causes: Vec<Outcome> = threads.iter().filter_map(unheard).collect();
        causes.into_iter().chain([Outcome::of_threads(set.lint, threads)]).collect()
    }
}

/// Who may leave others without anybody to wake them.
enum Closer {
    Blocked(ThreadName),
    Ended(ThreadName),
}

impl Wait {
    /// Returns the mutex that comes with the end of the wait.
    pub(super) fn mutex(&self) -> Option<LockName> {
        if let What::Notify(wait) = &self.what { Some(wait.mutex) } else { None }
    }
}

impl Thread {
    pub(super) fn what(&self) -> Option<&What> {
        self.wait.as_ref().map(|wait| &wait.what)
    }

    pub(super) fn what_mut(&mut self) -> Option<&mut What> {
        self.wait.as_mut().map(|wait| &mut wait.what)
    }

    fn notified(&self) -> Option<&Notified> {
        if let What::Notify(wait) = self.what()? { Some(wait) } else { None }
    }

    pub(super) fn notified_mut(&mut self) -> Option<&mut Notified> {
        if let What::Notify(wait) = self.what_mut()? { Some(wait) } else { None }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(name, ..) => write!(f, "{name}"),
            Self::End(other) => write!(f, "{other}"),
            Self::Notify(wait) if wait.is_awake => write!(f, "{}", wait.mutex),
            Self::Notify(wait) => write!(f, "{}", wait.condvar),
            Self::Receive(thing) | Self::Send(thing, ..) | Self::Arrive(thing, _) => write!(f, "{thing}"),
            Self::Begin(thing, _) | Self::Complete(thing, _) => write!(f, "{thing}"),
            Self::Park => write!(f, "its token"),
            Self::Permit(thing, ..) | Self::Event(thing) | Self::Tasks(thing) => write!(f, "{thing}"),
            Self::Get(thing, _) | Self::Put(thing, _) => write!(f, "{thing}"),
        }
    }
}
