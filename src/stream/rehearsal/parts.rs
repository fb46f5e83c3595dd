//! What threads of a script do with the parts that std lacks: permits, events, queues, and levels of a reentrant lock.
//!
//! Must not know: who is stuck.
//! Source: `backend/{semaphore,event,queue,rlock}` with `probe/{permits,part}`, each step in the order in which they tell it.
//! INVARIANT: a semaphore is held by those who have guards of it, and has its record among the locks; so has each side of
//! another part.

use super::blocked::What;
use super::locks::{Request, access};
use super::{Outcome, Rehearsal, Stage};
use crate::analysis::wait_for::{By, WakeCondition};
use crate::event::{Deed, LockId, Mode, ThreadId};
use crate::stream::hand_over::Stamp;
use crate::stream::script::{Act, LockName, ThingName, ThreadName};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The state of the parts.
#[derive(Default)]
pub(super) struct Parts {
    semaphores: FxHashMap<ThingName, Semaphore>,
    events: FxHashMap<ThingName, Event>,
    queues: FxHashMap<ThingName, Queue>,
    /// How often those who hold reentrant locks took them again.
    levels: FxHashMap<LockName, usize>,
}

struct Semaphore {
    available: usize,
    guards: usize,
    is_loose: bool,
    handed: Stamp,
}

#[derive(Default)]
struct Event {
    is_up: bool,
    handed: Stamp,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Stamp>,
    unfinished: usize,
    putters: Users,
    getters: Users,
    debtors: Users,
    freed: Stamp,
    done: Stamp,
}

/// As `checked::bell::Users`.
#[derive(Default)]
struct Users(Vec<(ThreadName, u64)>);

/// As in `checked::bell`.
const EVENT: u16 = 0;
const ITEMS: u16 = 0;
const PLACES: u16 = 1;
const DONE: u16 = 2;

/// Returns the name of the record of one side.
fn side(part: ThingName, number: u16) -> LockName {
    LockName { number, ..part.record() }
}

/// Semaphores.
impl Rehearsal {
    pub(super) fn acquire(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        let (name, mode) = (semaphore.record(), self.mode_of(semaphore));
        let (request, mut outcomes, is_refused) = match mode {
            Mode::Exclusive => self.ask(thread, name, mode),
            _ => (Request::Settled, Vec::new(), false),
        };
        if is_refused {
            return outcomes;
        }
        if self.has_permit(semaphore) {
            outcomes.extend(self.permitted(thread, semaphore, mode, request));
        } else {
            if self.semaphore(semaphore).is_loose {
                outcomes.extend(self.waits(thread, name, Deed::Acquire));
            }
            outcomes.extend(self.block(thread, What::Permit(semaphore, mode, request)));
        }
        outcomes
    }

    pub(super) fn try_acquire(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        let mode = self.mode_of(semaphore);
        self.permitted(thread, semaphore, mode, Request::Settled)
    }

    /// A thread has a permit.
    pub(super) fn permitted(
        &mut self,
        thread: ThreadName,
        semaphore: ThingName,
        mode: Mode,
        request: Request,
    ) -> Vec<Outcome> {
        let stock = self.semaphore(semaphore);
        stock.available -= 1;
        stock.guards += 1;
        let handed = stock.handed.clone();
        let found = self.acquired(thread, semaphore.record(), access(mode), request);
        self.take(thread, &handed);
        Vec::from_iter(found)
    }

    pub(super) fn give_back(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        let found = self.unguarded(thread, semaphore);
        self.semaphore(semaphore).available += 1;
        found
    }

    pub(super) fn forget(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        self.semaphore(semaphore).is_loose = true;
        self.unguarded(thread, semaphore)
    }

    /// A guard ends.
    fn unguarded(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        let found = self.released(thread, LockId(self.locks[&semaphore.record()].id()));
        self.semaphore(semaphore).guards -= 1;
        Vec::from_iter(found)
    }

    /// A permit is released by hand.
    pub(super) fn free(&mut self, thread: ThreadName, semaphore: ThingName) -> Vec<Outcome> {
        self.semaphore(semaphore).is_loose = true;
        let found = self.signals(thread, semaphore.record(), Deed::Release);
        let stamp = self.give(thread);
        let stock = self.semaphore(semaphore);
        stock.handed.join(stamp);
        stock.available += 1;
        Vec::from_iter(found)
    }

    pub(super) fn has_permit(&self, semaphore: ThingName) -> bool {
        self.parts.semaphores.get(&semaphore).map_or(semaphore.size != Some(0), |stock| stock.available > 0)
    }

    /// Returns how a thread gives back its newest hold.
    pub(super) fn giving_back(&self, newest: LockName) -> Act {
        let semaphore = self.parts.semaphores.keys().find(|semaphore| semaphore.record() == newest);
        semaphore.map_or(Act::Release(newest), |semaphore| Act::GiveBack(*semaphore))
    }

    fn mode_of(&mut self, semaphore: ThingName) -> Mode {
        let is_lock = semaphore.size == Some(1) && !self.semaphore(semaphore).is_loose;
        if is_lock { Mode::Exclusive } else { Mode::Permit }
    }

    fn semaphore(&mut self, name: ThingName) -> &mut Semaphore {
        let new = || Semaphore {
            available: usize::from(name.size.unwrap_or_default()),
            guards: 0,
            is_loose: false,
            handed: Stamp::new(),
        };
        self.parts.semaphores.entry(name).or_insert_with(new)
    }
}

/// Events.
impl Rehearsal {
    pub(super) fn set(&mut self, thread: ThreadName, event: ThingName) -> Vec<Outcome> {
        let found = self.signals(thread, side(event, EVENT), Deed::Set);
        let stamp = self.give(thread);
        let flag = self.event(event);
        flag.handed.join(stamp);
        flag.is_up = true;
        Vec::from_iter(found)
    }

    pub(super) fn clear(&mut self, event: ThingName) {
        self.event(event).is_up = false;
    }

    pub(super) fn wait_event(&mut self, thread: ThreadName, event: ThingName) -> Vec<Outcome> {
        if self.is_up(event) {
            self.saw(thread, event);
            return Vec::new();
        }
        let mut outcomes = Vec::from_iter(self.waits(thread, side(event, EVENT), Deed::WaitEvent));
        outcomes.extend(self.block(thread, What::Event(event)));
        outcomes
    }

    /// A thread saw the flag up.
    pub(super) fn saw(&mut self, thread: ThreadName, event: ThingName) {
        let handed = self.event(event).handed.clone();
        self.take(thread, &handed);
    }

    pub(super) fn is_up(&self, event: ThingName) -> bool {
        self.parts.events.get(&event).is_some_and(|flag| flag.is_up)
    }

    fn event(&mut self, name: ThingName) -> &mut Event {
        self.parts.events.entry(name).or_default()
    }
}

/// Queues.
impl Rehearsal {
    pub(super) fn put(&mut self, thread: ThreadName, queue: ThingName) -> Vec<Outcome> {
        let mut outcomes = Vec::from_iter(self.signals(thread, side(queue, ITEMS), Deed::Put));
        let stamp = self.give(thread);
        if self.has_place(queue) {
            self.added(thread, queue, stamp, false);
        } else {
            outcomes.extend(self.waits(thread, side(queue, PLACES), Deed::Put));
            outcomes.extend(self.block(thread, What::Put(queue, stamp)));
        }
        outcomes
    }

    /// An item went in; if a thread waited for the place, or took the last one, it takes what came with those that were freed.
    pub(super) fn added(&mut self, thread: ThreadName, queue: ThingName, stamp: Stamp, waited: bool) {
        let stock = self.queue(queue);
        stock.putters.note(thread);
        stock.items.push_back(stamp);
        stock.unfinished += 1;
        if waited || queue.size.is_some_and(|size| stock.items.len() == size as usize) {
            let freed = stock.freed.clone();
            self.take(thread, &freed);
        }
    }

    pub(super) fn get(&mut self, thread: ThreadName, queue: ThingName) -> Vec<Outcome> {
        let (mut outcomes, mut here) = (Vec::new(), Stamp::new());
        if queue.size.is_some() {
            outcomes.extend(self.signals(thread, side(queue, PLACES), Deed::Get));
            here = self.give(thread);
        }
        if self.has_item(queue) {
            self.got(thread, queue, here);
        } else {
            outcomes.extend(self.waits(thread, side(queue, ITEMS), Deed::Get));
            outcomes.extend(self.block(thread, What::Get(queue, here)));
        }
        outcomes
    }

    /// An item came out, with what its thread handed over before it waited.
    pub(super) fn got(&mut self, thread: ThreadName, queue: ThingName, here: Stamp) {
        let stock = self.queue(queue);
        let carried = stock.items.pop_front().unwrap_or_default();
        stock.getters.note(thread);
        stock.debtors.add(thread);
        stock.freed.join(here);
        self.take(thread, &carried);
    }

    pub(super) fn task_done(&mut self, thread: ThreadName, queue: ThingName) -> Vec<Outcome> {
        let found = self.signals(thread, side(queue, DONE), Deed::TaskDone);
        let stamp = self.give(thread);
        let stock = self.queue(queue);
        stock.unfinished -= 1;
        stock.debtors.pay(thread);
        stock.done.join(stamp);
        Vec::from_iter(found)
    }

    pub(super) fn join_tasks(&mut self, thread: ThreadName, queue: ThingName) -> Vec<Outcome> {
        if self.are_done(queue) {
            self.saw_done(thread, queue);
            return Vec::new();
        }
        let mut outcomes = Vec::from_iter(self.waits(thread, side(queue, DONE), Deed::JoinTasks));
        outcomes.extend(self.block(thread, What::Tasks(queue)));
        outcomes
    }

    pub(super) fn saw_done(&mut self, thread: ThreadName, queue: ThingName) {
        let done = self.queue(queue).done.clone();
        self.take(thread, &done);
    }

    pub(super) fn has_item(&self, queue: ThingName) -> bool {
        self.parts.queues.get(&queue).is_some_and(|stock| !stock.items.is_empty())
    }

    pub(super) fn has_place(&self, queue: ThingName) -> bool {
        let items = self.parts.queues.get(&queue).map_or(0, |stock| stock.items.len());
        queue.size.is_none_or(|size| size == 0 || items < usize::from(size))
    }

    pub(super) fn are_done(&self, queue: ThingName) -> bool {
        self.parts.queues.get(&queue).is_none_or(|stock| stock.unfinished == 0)
    }

    fn queue(&mut self, name: ThingName) -> &mut Queue {
        self.parts.queues.entry(name).or_default()
    }
}

/// Reentrant locks.
impl Rehearsal {
    pub(super) fn enter(&mut self, thread: ThreadName, name: LockName, tries: bool) -> Vec<Outcome> {
        if self.holds(thread, name) > 0 {
            *self.parts.levels.entry(name).or_default() += 1;
            return Vec::new();
        }
        if tries { self.try_lock(thread, name, Mode::Exclusive) } else { self.lock(thread, name, Mode::Exclusive) }
    }

    /// A thread gives back its newest hold, or a level of it.
    pub(super) fn leave(&mut self, thread: ThreadName, name: LockName) -> Option<Outcome> {
        match self.parts.levels.get_mut(&name) {
            Some(levels @ 1..) => {
                *levels -= 1;
                None
            }
            _ => self.released(thread, LockId(self.locks[&name].id())),
        }
    }

    /// Returns how often its holder took a lock again.
    pub(super) fn levels(&self, name: LockName) -> usize {
        self.parts.levels.get(&name).copied().unwrap_or_default()
    }
}

/// Who wakes those who wait at a part, as only the part knows.
impl Rehearsal {
    /// As `look::condition_now`.
    pub(super) fn condition_now(&self, what: &What, told: WakeCondition) -> WakeCondition {
        let anyone = WakeCondition { anyone: true, ..WakeCondition::default() };
        let by = |by| WakeCondition { by, anyone: false, ..told.clone() };
        let users = |users: &Users| {
            let are_there = !users.0.is_empty() && users.0.iter().all(|user| self.is_there(user.0));
            if are_there { by(By::Users(users.numbers().collect())) } else { anyone.clone() }
        };
        match what {
            What::Permit(semaphore, ..) => match self.parts.semaphores.get(semaphore) {
                Some(stock) if stock.guards > 0 && !stock.is_loose => by(By::Guards(stock.guards)),
                _ => anyone,
            },
            What::Get(queue, _) => self.parts.queues.get(queue).map_or(anyone.clone(), |stock| users(&stock.putters)),
            What::Put(queue, _) => self.parts.queues.get(queue).map_or(anyone.clone(), |stock| users(&stock.getters)),
            What::Tasks(queue) => match self.parts.queues.get(queue) {
                Some(Queue { debtors, .. }) if !debtors.0.is_empty() => {
                    let is_there = |debtor: &ThreadId| self.is_there(ThreadName(debtor.0));
                    let (alive, ended): (Vec<_>, Vec<_>) = debtors.numbers().partition(is_there);
                    by(By::Debtors(alive, ended.first().copied()))
                }
                _ => anyone,
            },
            _ => told,
        }
    }

    fn is_there(&self, thread: ThreadName) -> bool {
        !matches!(self.threads[&thread].stage, Stage::Ended(_))
    }
}

impl Users {
    fn numbers(&self) -> impl Iterator<Item = ThreadId> {
        self.0.iter().map(|user| ThreadId(user.0.0))
    }

    fn note(&mut self, thread: ThreadName) {
        let last = self.0.len();
        match self.0.iter().position(|user| user.0 == thread) {
            Some(place) => self.0.swap(place, last - 1),
            None => self.0.push((thread, 0)),
        }
    }

    fn add(&mut self, thread: ThreadName) {
        match self.0.iter_mut().find(|user| user.0 == thread) {
            Some((_, times)) => *times += 1,
            None => self.0.push((thread, 1)),
        }
    }

    fn pay(&mut self, thread: ThreadName) {
        let mine = self.0.iter().position(|user| user.0 == thread);
        let Some(place) = mine.or_else(|| self.0.len().checked_sub(1)) else { return };
        self.0[place].1 -= 1;
        if self.0[place].1 == 0 {
            self.0.swap_remove(place);
        }
    }
}
