//! What threads of a script do with locks and things that they may have to wait for.
//!
//! Must not know: who is stuck.
//! Source: the checked types of `backend/checked`, each step in the order in which they tell it.
//! INVARIANT: whoever waits here holds what it held, but for a condition variable's mutex.

use super::blocked::{Notified, What};
use super::locks::{Request, access};
use super::{Outcome, Rehearsal, Stage, Thread};
use crate::event::{Deed, LockId, Mode};
use crate::lint::Lint;
use crate::stream::hand_over::Stamp;
use crate::stream::script::{LockName, ThingName, ThreadName};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// The state of everything that is no lock.
#[derive(Default)]
pub(super) struct Things {
    condvars: FxHashMap<ThingName, Condvar>,
    channels: FxHashMap<ThingName, Channel>,
    barriers: FxHashMap<ThingName, Round>,
    /// What is initialised, with what its initialiser handed over.
    complete: FxHashMap<ThingName, Stamp>,
    /// What is being initialised.
    begun: FxHashSet<ThingName>,
    tokens: FxHashMap<ThreadName, Stamp>,
}

#[derive(Default)]
struct Condvar {
    heard: Vec<Stamp>,
    /// Who notified nobody last.
    unheard: Option<ThreadName>,
}

#[derive(Default)]
struct Channel {
    messages: VecDeque<Stamp>,
    /// What the receiver handed over with places that somebody waited for.
    freed: Vec<Stamp>,
}

#[derive(Default)]
struct Round {
    arrived: u16,
    stamp: Stamp,
}

/// As `backend::checked::heard`.
const MOST_HEARD: usize = 4;

impl ThingName {
    /// Returns the name of the thing's record, which stands among the locks'.
    pub(super) fn record(self) -> LockName {
        LockName { class: self.letter, number: 0 }
    }
}

/// Returns the name of the record of a thread's token.
fn token(thread: ThreadName) -> LockName {
    LockName { class: '_', number: thread.0 as u16 }
}

/// Locks, and the ends of threads.
impl Rehearsal {
    pub(super) fn lock(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> Vec<Outcome> {
        let (request, mut outcomes, is_refused) = self.ask(thread, name, mode);
        if is_refused {
            return outcomes;
        }
        match self.owner(name, mode, None) {
            None => outcomes.extend(self.acquired(thread, name, access(mode), request)),
            Some(_) => outcomes.extend(self.block(thread, What::Lock(name, mode, request))),
        }
        outcomes
    }

    pub(super) fn try_lock(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> Vec<Outcome> {
        Vec::from_iter(self.acquired(thread, name, access(mode), Request::Settled))
    }

    pub(super) fn lock_acquired(
        &mut self,
        thread: ThreadName,
        name: LockName,
        mode: Mode,
        request: Request,
    ) -> Option<Outcome> {
        self.acquired(thread, name, access(mode), request)
    }

    /// Asks what a request's order shows. True if the request is refused: the thread would wait for itself or, where the
    /// order is denied anyway, closes a deadlock.
    pub(super) fn ask(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> (Request, Vec<Outcome>, bool) {
        let (request, found) = self.request(thread, name, access(mode));
        let Some(found) = found else { return (request, Vec::new(), false) };
        if matches!(&found, Outcome::Found(told) if told.lint == Lint::SelfDeadlock) {
            self.abandoned(request);
            return (request, vec![found], true);
        }
        let is_free = self.owner(name, mode, None).is_none();
        if found.is_denied()
            && !is_free
            && let Some(worse) = self.would_deadlock(thread, What::Lock(name, mode, request))
        {
            self.abandoned(request);
            return (request, vec![worse], true);
        }
        (request, vec![found], false)
    }

    pub(super) fn join(&mut self, thread: ThreadName, other: ThreadName) -> Vec<Outcome> {
        self.thread(other).is_joined = true;
        let mut outcomes = Vec::from_iter(self.joins(thread, other));
        if matches!(self.threads[&other].stage, Stage::Ended(_)) {
            self.joined(thread, other);
        } else {
            outcomes.extend(self.block(thread, What::End(other)));
        }
        outcomes
    }

    pub(super) fn end(&mut self, thread: ThreadName) -> Vec<Outcome> {
        let mut outcomes = self.ended(thread);
        outcomes.extend(self.left_alone(thread));
        outcomes
    }
}

/// Condition variables.
impl Rehearsal {
    pub(super) fn wait(
        &mut self,
        thread: ThreadName,
        condvar: ThingName,
        mutex: LockName,
        is_timed: bool,
    ) -> Vec<Outcome> {
        let lock = LockId(self.locks[&mutex].id());
        let held = self.threads[&thread].held.iter().rfind(|held| held.lock == lock).copied();
        let mut outcomes = Vec::from_iter(self.released(thread, lock));
        let (request, found, is_refused) = self.ask(thread, mutex, Mode::Exclusive);
        outcomes.extend(found);
        if is_refused {
            return outcomes;
        }
        let deed = if is_timed { Deed::WaitTimeout } else { Deed::Wait };
        outcomes.extend(self.waits(thread, condvar.record(), deed));
        outcomes.extend(held.and_then(|held| self.waits_with(thread, condvar.record(), held)));
        let since = self.condvar(condvar).heard.len();
        let wait = Notified { condvar, mutex, request, since, is_timed, is_awake: false, is_refused: false };
        outcomes.extend(self.block(thread, What::Notify(wait)));
        outcomes
    }

    pub(super) fn notify(&mut self, thread: ThreadName, condvar: ThingName, most: usize) -> Vec<Outcome> {
        let outcomes = Vec::from_iter(self.signals(thread, condvar.record(), Deed::Notify));
        let is_here = |wait: &Notified| wait.condvar == condvar;
        let waits = |thread: &mut Thread| thread.notified_mut().is_some_and(|wait| is_here(wait));
        if !self.threads.values_mut().any(waits) {
            self.condvar(condvar).unheard = Some(thread);
            return outcomes;
        }
        let stamp = self.give(thread);
        self.condvar(condvar).heard.push(stamp);
        let mut sleepers: Vec<(u64, &mut Notified)> = self.threads.values_mut().filter_map(Thread::turn).collect();
        sleepers.retain(|(_, wait)| is_here(wait) && !wait.is_awake);
        sleepers.sort_by_key(|(turn, _)| *turn);
        sleepers.into_iter().take(most).for_each(|(_, wait)| wait.is_awake = true);
        outcomes
    }

    /// A thread was woken, and has the mutex.
    pub(super) fn woken(&mut self, thread: ThreadName, wait: &Notified) -> Vec<Outcome> {
        if wait.is_refused {
            self.abandoned(wait.request);
            return Vec::new();
        }
        let heard = &self.condvar(wait.condvar).heard[wait.since..];
        let stamp = if heard.len() > MOST_HEARD { Stamp::new() } else { common(heard) };
        self.take(thread, &stamp);
        Vec::from_iter(self.acquired(thread, wait.mutex, access(Mode::Exclusive), wait.request))
    }

    /// Returns who notified nobody, if nobody was ever notified.
    pub(super) fn unheard(&self, condvar: ThingName) -> Option<ThreadName> {
        self.things.condvars.get(&condvar).filter(|condvar| condvar.heard.is_empty())?.unheard
    }

    fn condvar(&mut self, name: ThingName) -> &mut Condvar {
        self.things.condvars.entry(name).or_default()
    }
}

/// Channels.
impl Rehearsal {
    pub(super) fn send(&mut self, thread: ThreadName, channel: ThingName) -> Vec<Outcome> {
        let mut outcomes = Vec::from_iter(self.signals(thread, channel.record(), Deed::Send));
        let stamp = self.give(thread);
        if self.has_room(channel) {
            outcomes.extend(self.sent(thread, channel, stamp, None));
        } else {
            let since = self.channel(channel).freed.len();
            outcomes.extend(self.waits(thread, channel.record(), Deed::Send));
            outcomes.extend(self.block(thread, What::Send(channel, stamp, since)));
        }
        outcomes
    }

    /// A message went in; if its sender waited for a place, it takes what came with that.
    pub(super) fn sent(
        &mut self,
        thread: ThreadName,
        channel: ThingName,
        stamp: Stamp,
        since: Option<usize>,
    ) -> Vec<Outcome> {
        self.channel(channel).messages.push_back(stamp);
        if let Some(since) = since {
            let freed = &self.channel(channel).freed[since..];
            let stamp = if freed.len() > MOST_HEARD { Stamp::new() } else { common(freed) };
            self.take(thread, &stamp);
        }
        Vec::new()
    }

    pub(super) fn receive(&mut self, thread: ThreadName, channel: ThingName) -> Vec<Outcome> {
        if channel.size == Some(0) {
            self.meet(channel);
        }
        if self.has_message(channel) {
            return self.received(thread, channel);
        }
        let mut outcomes = Vec::from_iter(self.waits(thread, channel.record(), Deed::Receive));
        outcomes.extend(self.block(thread, What::Receive(channel)));
        outcomes
    }

    /// A message came out.
    pub(super) fn received(&mut self, thread: ThreadName, channel: ThingName) -> Vec<Outcome> {
        let stamp = self.channel(channel).messages.pop_front().unwrap_or_default();
        self.take(thread, &stamp);
        if self.sender(channel).is_some() {
            let stamp = self.give(thread);
            self.channel(channel).freed.push(stamp);
        }
        Vec::new()
    }

    /// Returns who waits to receive.
    pub(super) fn receiver(&self, channel: ThingName) -> Option<ThreadName> {
        self.find(|what| matches!(what, What::Receive(other) if *other == channel))
    }

    fn sender(&self, channel: ThingName) -> Option<ThreadName> {
        self.find(|what| matches!(what, What::Send(other, ..) if *other == channel))
    }

    fn find(&self, is_it: impl Fn(&What) -> bool) -> Option<ThreadName> {
        self.threads.iter().find(|(_, thread)| thread.what().is_some_and(&is_it)).map(|(&name, _)| name)
    }

    /// A receiver is there: one who waits to hand over a message in person does so.
    fn meet(&mut self, channel: ThingName) {
        if let Some(sender) = self.sender(channel)
            && let Some(What::Send(_, stamp, since)) = self.thread(sender).wait.take().map(|wait| wait.what)
        {
            self.sent(sender, channel, stamp, Some(since));
        }
    }

    pub(super) fn has_message(&self, channel: ThingName) -> bool {
        self.things.channels.get(&channel).is_some_and(|channel| !channel.messages.is_empty())
    }

    pub(super) fn has_room(&self, channel: ThingName) -> bool {
        let messages = self.things.channels.get(&channel).map_or(0, |channel| channel.messages.len());
        let is_met = messages == 0 && self.receiver(channel).is_some();
        is_met || channel.size.is_none_or(|bound| messages < usize::from(bound))
    }

    fn channel(&mut self, name: ThingName) -> &mut Channel {
        self.things.channels.entry(name).or_default()
    }
}

/// Barriers.
impl Rehearsal {
    pub(super) fn arrive(&mut self, thread: ThreadName, barrier: ThingName) -> Vec<Outcome> {
        let mut outcomes = Vec::from_iter(self.signals(thread, barrier.record(), Deed::Arrive));
        let stamp = self.give(thread);
        let round = self.things.barriers.entry(barrier).or_default();
        round.arrived += 1;
        round.stamp.join(stamp);
        if Some(round.arrived) >= barrier.size {
            let stamp = std::mem::take(round).stamp;
            for waits in self.threads.values_mut().filter_map(Thread::what_mut) {
                if let What::Arrive(other, round) = waits
                    && *other == barrier
                {
                    *round = Some(stamp.clone());
                }
            }
            self.take(thread, &stamp);
        } else {
            outcomes.extend(self.waits(thread, barrier.record(), Deed::Arrive));
            outcomes.extend(self.block(thread, What::Arrive(barrier, None)));
        }
        outcomes
    }

    /// One who arrived does not wait for the others.
    pub(super) fn left(&mut self, barrier: ThingName) {
        self.things.barriers.entry(barrier).or_default().arrived -= 1;
    }
}

/// What is initialised once.
impl Rehearsal {
    pub(super) fn begin(&mut self, thread: ThreadName, once: ThingName) -> Vec<Outcome> {
        if self.is_complete_once(once) {
            return self.found_complete(thread, once, Request::Settled);
        }
        let (request, mut outcomes, is_refused) = self.ask(thread, once.record(), Mode::Exclusive);
        if is_refused {
            return outcomes;
        }
        if self.things.begun.insert(once) {
            self.thread(thread).begun.push(once);
            outcomes.extend(self.acquired(thread, once.record(), access(Mode::Exclusive), request));
        } else {
            outcomes.extend(self.block(thread, What::Begin(once, request)));
        }
        outcomes
    }

    pub(super) fn finish_once(&mut self, thread: ThreadName, once: ThingName) -> Vec<Outcome> {
        let stamp = self.give(thread);
        self.things.begun.remove(&once);
        self.things.complete.insert(once, stamp);
        self.thread(thread).begun.pop();
        Vec::from_iter(self.released(thread, LockId(self.locks[&once.record()].id())))
    }

    pub(super) fn complete(&mut self, thread: ThreadName, once: ThingName) -> Vec<Outcome> {
        if self.is_complete_once(once) {
            return self.found_complete(thread, once, Request::Settled);
        }
        let (request, mut outcomes, is_refused) = self.ask(thread, once.record(), Mode::Exclusive);
        if !is_refused {
            outcomes.extend(self.block(thread, What::Complete(once, request)));
        }
        outcomes
    }

    pub(super) fn found_complete(&mut self, thread: ThreadName, once: ThingName, request: Request) -> Vec<Outcome> {
        self.abandoned(request);
        let stamp = self.things.complete.get(&once).cloned().unwrap_or_default();
        self.take(thread, &stamp);
        Vec::new()
    }

    pub(super) fn is_complete_once(&self, once: ThingName) -> bool {
        self.things.complete.contains_key(&once)
    }
}

/// Parked threads.
impl Rehearsal {
    pub(super) fn park(&mut self, thread: ThreadName) -> Vec<Outcome> {
        if let Some(stamp) = self.things.tokens.remove(&thread) {
            self.take(thread, &stamp);
            return Vec::new();
        }
        let mut outcomes = Vec::from_iter(self.waits(thread, token(thread), Deed::Park));
        outcomes.extend(self.block(thread, What::Park));
        outcomes
    }

    pub(super) fn unpark(&mut self, thread: ThreadName, other: ThreadName) -> Vec<Outcome> {
        let outcomes = Vec::from_iter(self.signals(thread, token(other), Deed::Notify));
        let stamp = self.give(thread);
        let is_parked = matches!(self.threads[&other].what(), Some(What::Park));
        if is_parked {
            let mut left = self.things.tokens.remove(&other).unwrap_or_default();
            left.join(stamp);
            self.thread(other).wait = None;
            self.take(other, &left);
        } else {
            self.things.tokens.entry(other).or_default().join(stamp);
        }
        outcomes
    }
}

impl Thread {
    /// Returns its wait on a condition variable, and how many waits there were before.
    fn turn(&mut self) -> Option<(u64, &mut Notified)> {
        let turn = self.wait.as_ref()?.turn;
        self.notified_mut().map(|wait| (turn, wait))
    }
}

/// Returns what all of these handed over.
fn common(stamps: &[Stamp]) -> Stamp {
    let mut all = stamps.first().cloned().unwrap_or_default();
    stamps.iter().skip(1).for_each(|stamp| all.meet(stamp));
    all
}
