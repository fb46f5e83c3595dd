//! What `live` and `lineage` do with locks, starts and ends, on table rows.
//!
//! Must not know: who waits for what.
//! Source: `stream/live` and `stream/lineage`, step by step.
//! INVARIANT: a lock has a number from its first acquisition on, as live locks do.

use super::hand_over::Knowledge;
use super::{Outcome, PLACE, Rehearsal, Stage, Thread, Told};
use crate::analysis::lock_order::{LockOrder, Question};
use crate::event::{self, Access, HeldLock, Kind, LockClass, LockId, Mark, Mode, Name, Note, QuestionHash};
use crate::event::{ThreadId, Tick};
use crate::finding::{Finding, Wanted};
use crate::lint::{Level, Lint};
use crate::rt::{Birth, Entry, Meta};
use crate::stream::script::{LockName, ThreadName};

/// As `live::Request`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Settled,
    Unborn,
    Promised(LockId),
}

impl Rehearsal {
    /// A thread requests a lock.
    pub(super) fn request(
        &mut self,
        thread: ThreadName,
        name: LockName,
        access: &'static Access,
    ) -> (Request, Option<Outcome>) {
        self.record(name);
        let meta = &self.locks[&name];
        let Some(question) = self.threads[&thread].question(thread, access) else { return (Request::Settled, None) };
        if question.0 == meta.known() {
            return (Request::Settled, None);
        }
        match LockId(meta.id()) {
            LockId(0) if self.known.contains(&question.about_class(class(meta, access))) => (Request::Unborn, None),
            LockId(0) => {
                let promised = self.new_id(name);
                (Request::Promised(promised), self.answer(thread, name, promised, access, question))
            }
            lock if self.known.contains(&question.about(lock)) => {
                meta.set_known(question.0);
                (Request::Settled, None)
            }
            lock => {
                meta.set_recorded();
                (Request::Settled, self.answer(thread, name, lock, access, question))
            }
        }
    }

    fn answer(
        &mut self,
        thread: ThreadName,
        name: LockName,
        lock: LockId,
        access: &'static Access,
        hash: QuestionHash,
    ) -> Option<Outcome> {
        let Self { order, known, threads, locks, .. } = self;
        let meta = &locks[&name];
        let actor = threads.get_mut(&thread)?;
        actor.knowledge.ask();
        let held = event::ordered(actor.held.clone());
        let LockClass { created, name, .. } = class(meta, access);
        let asked = Question {
            thread: ThreadId(thread.0),
            thread_name: None,
            tick: actor.tick,
            held: &held,
            stacks: &[],
            wanted: Wanted { lock, created, name, access },
            known: meta.known(),
            site: PLACE,
            hash,
            births: 0,
            backtrace: None,
        };
        let finding = LockOrder::self_deadlock(&asked).or_else(|| order.ask(&asked));
        if finding.as_ref().is_none_or(|finding| finding.lint.default_level() == Level::Allow) {
            known.insert(hash.about(lock));
            if meta.id() == lock.0 {
                meta.set_known(hash.0);
            } else {
                known.insert(hash.about_class(class(meta, access)));
            }
        }
        actor.held.iter_mut().for_each(|held| held.note.add(Mark::Recorded));
        finding.map(|finding| self.told(&finding))
    }

    /// A thread has acquired a lock.
    pub(super) fn acquired(
        &mut self,
        thread: ThreadName,
        name: LockName,
        access: &'static Access,
        request: Request,
    ) -> Option<Outcome> {
        self.record(name);
        let meta = &self.locks[&name];
        let question = self.threads[&thread].question(thread, access);
        let mut found = None;
        if meta.id() == 0 && access.mode.is_exclusive() && !matches!(request, Request::Promised(_)) {
            let alone = question.filter(|_| request == Request::Unborn);
            if let Some(question) = alone
                && self.known.insert(question.about_memory())
            {
                self.order.live_on(question);
            }
            let lock = self.new_id(name);
            self.locks[&name].born_exclusive(lock.0, alone.map_or(0, |question| question.0));
        } else if meta.id() == 0 {
            let lock = if let Request::Promised(lock) = request { lock } else { self.new_id(name) };
            let meta = &self.locks[&name];
            if access.mode.is_exclusive() {
                meta.born_exclusive(lock.0, 0);
            } else {
                assert!(meta.born_shared(lock.0) == Birth::Now(lock.0));
            }
            if request != Request::Settled {
                meta.set_recorded();
            }
            if request == Request::Unborn
                && let Some(question) = question
            {
                found = self.answer(thread, name, lock, access, question);
            }
        }
        let meta = &self.locks[&name];
        let LockClass { created, name, .. } = class(meta, access);
        let (lock, known, note) = (LockId(meta.id()), meta.known(), Note::new(name));
        self.thread(thread).held.push(HeldLock { lock, created, access, site: PLACE, known, note });
        found
    }

    /// A thread will not acquire what it requested.
    pub(super) fn abandoned(&mut self, request: Request) {
        if let Request::Promised(lock) = request {
            self.order.forget(lock);
        }
    }

    /// A thread gives back its newest hold of a lock.
    pub(super) fn released(&mut self, thread: ThreadName, lock: LockId) -> Option<Outcome> {
        let held = &mut self.threads.get_mut(&thread)?.held;
        let note = held.remove(held.iter().rposition(|held| held.lock == lock)?).note;
        if note.has(Mark::Recorded)
            && let Some(meta) = self.names.get(&lock).and_then(|name| self.locks.get(name))
        {
            meta.set_recorded();
        }
        if !note.has(Mark::Lent) || held.iter().any(|held| held.lock == lock) {
            return None;
        }
        self.order.revoke(ThreadId(thread.0), lock).map(|finding| self.told(&finding))
    }

    /// A lock is gone.
    pub(super) fn dropped(&mut self, thread: ThreadName, name: LockName) -> Option<Outcome> {
        let meta = self.locks.remove(&name)?;
        let lock = LockId(meta.id());
        let held = &mut self.thread(thread).held;
        let leaked = held.iter().rposition(|held| held.lock == lock).map(|place| held.remove(place));
        if meta.is_recorded() || leaked.is_some() {
            self.order.forget(lock);
        }
        self.misuse.forget_mutex(lock);
        leaked.map(|_| leak(name))
    }

    /// A thread starts another one.
    pub(super) fn fork(&mut self, parent: ThreadName, child: ThreadName) {
        let Self { order, threads, .. } = self;
        if let Some(starter) = threads.get_mut(&parent) {
            let tick = order.segments.fork(ThreadId(parent.0), ThreadId(child.0), &starter.held);
            starter.held.iter_mut().for_each(|held| held.note.add(Mark::Lent));
            starter.set_tick(tick);
        }
        self.thread(child).stage = Stage::Running;
    }

    /// A thread has seen the end of another one.
    pub(super) fn joined(&mut self, thread: ThreadName, other: ThreadName) {
        if let Stage::Ended(clock) = &self.threads[&other].stage {
            let held = self.threads[&thread].held.clone();
            let tick = self.order.join(ThreadId(thread.0), clock, &held);
            self.thread(thread).set_tick(tick);
        }
    }

    /// A thread is gone. Returns what it has leaked.
    pub(super) fn ended(&mut self, thread: ThreadName) -> Vec<Outcome> {
        let clock = self.order.finish(ThreadId(thread.0));
        let ended = self.thread(thread);
        ended.stage = Stage::Ended(clock);
        let held = std::mem::take(&mut ended.held);
        // A permit that stays out keeps nobody from the others.
        let locks = held.iter().filter(|held| held.access.mode != Mode::Permit);
        self.leaked.extend(locks.map(|held| (held.lock, (held.access.mode, thread))));
        held.iter().map(|held| leak(self.names[&held.lock])).collect()
    }

    /// Returns the record of a lock or thing; it is created if there is none.
    pub(super) fn record(&mut self, name: LockName) -> &Meta {
        self.locks.entry(name).or_insert_with(|| born(name))
    }

    pub(super) fn new_id(&mut self, name: LockName) -> LockId {
        let lock = LockId(event::mix_quickly((self.names.len() as u64 + 1).wrapping_mul(event::STEP)));
        self.names.insert(lock, name);
        lock
    }

    /// Returns a finding in names.
    pub(super) fn told(&self, finding: &Finding) -> Outcome {
        if !finding.parties.is_empty() {
            let threads = finding.parties.iter().map(|party| ThreadName(party.thread.0));
            return Outcome::of_threads(finding.lint, threads.collect());
        }
        let mut locks: Vec<LockName> = finding.steps.iter().map(|step| self.names[&step.hold().held.lock]).collect();
        if finding.lint == Lint::ClassOrder {
            locks.iter_mut().for_each(|lock| lock.number = 0);
        }
        Outcome::Found(Told::new(finding.lint, locks))
    }
}

impl Thread {
    /// Returns the question that a request asks now, if anything is held.
    pub(super) fn question(&self, name: ThreadName, access: &Access) -> Option<QuestionHash> {
        let base = event::mix(u64::from(name.0) << 32 | u64::from(self.tick.0));
        let weights = self.held.iter().map(|held| held.weight());
        let context = weights.fold(base, u64::wrapping_add);
        (!self.held.is_empty()).then(|| QuestionHash::new(context, access.mode, PLACE))
    }

    /// The thread goes on to another segment.
    pub(super) fn set_tick(&mut self, tick: Tick) {
        self.knowledge = Knowledge::default();
        let before = std::mem::replace(&mut self.tick, tick);
        self.held.iter_mut().for_each(|held| held.note.leave(before));
    }
}

fn leak(name: LockName) -> Outcome {
    Outcome::Found(Told::new(Lint::LeakedGuard, vec![name]))
}

fn born(name: LockName) -> Meta {
    let mut meta = Meta::new(PLACE);
    meta.set_name(u32::from(name.class));
    meta
}

fn class(meta: &Meta, access: &Access) -> LockClass {
    LockClass::new(meta.created(), Name(meta.name()), access)
}

/// One kind of lock, however it is taken: the kind is a part of the class.
pub(super) fn access(mode: Mode) -> &'static Access {
    macro_rules! accesses {
        ($($mode:ident),*) => {
            match mode { $(Mode::$mode => {
                &Access { kind: Kind::RwLock, mode: Mode::$mode, type_name: std::any::type_name::<()> }
            })* }
        };
    }
    accesses!(Exclusive, Shared, SharedRecursive, Permit)
}
