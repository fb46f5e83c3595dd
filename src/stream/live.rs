//! Tells what threads do with locks to the analyses, their state kept in place: in the thread and in the lock.
//!
//! Must not know: the words of a report, the types of locks.
//! INVARIANT: a thread that has learned the answer to a question does not ask it again; whoever forgets an answer
//! costs time only. Between a lock's acquisition and its release nothing is allocated that can be allocated before.

use super::lock_wait::want;
use super::misuse;
use super::relay;
use super::sections;
use super::thread::{Thread, here, order, refuse};
use super::wait;
use super::watchdog;
use crate::analysis::lock_order::{LockOrder, Question};
use crate::config::WATCHED;
use crate::config::{self, Backtraces};
use crate::event::{self, Access, HeldLock, LockClass, LockId, Mark, Name, Note, QuestionHash};
use crate::finding::{Finding, Wanted};
use crate::lint::{Level, Lint};
use crate::policy::Refusal;
use crate::rt::{Backtrace, Birth, KnownSet, Meta, Site, Switch, Top};
use std::sync::Arc;

/// What became of a request before its lock is acquired.
#[derive(Clone, Copy)]
#[must_use]
pub(crate) enum Request {
    /// All that is to be learned of it is known, and the thread is ready: this is where its hold goes.
    Ready(Top<HeldLock>),
    /// All that is to be learned of it is known.
    Settled,
    /// The lock was never held, and the question is known for its class: the lock may remember it by itself.
    Unborn,
    /// The lock was never held; it was learned about under this number.
    Promised(LockId),
}

pub(super) static KNOWN: KnownSet = KnownSet::new();

/// A thread requests a lock.
///
/// # Panics
/// If the request shows a finding that is denied, or a setting is not understood.
///
/// # Cost
/// Three loads if nothing is held; two more and an addition if the lock was last requested in this same context.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
#[track_caller]
pub(crate) fn request(meta: &Meta, access: &'static Access, site: Site) -> Request {
    let thread = here();
    if !thread.is_ready() {
        return thread.request_slowly(meta, access, site);
    }
    match thread.question(access, site) {
        Some(question) if question.0 != meta.known() => thread.ask(meta, access, site, question),
        _ => thread.ready(),
    }
}

/// Like [`request`]; `None` if there is anything to do.
#[inline(always)]
pub(crate) fn settled(meta: &Meta, access: &'static Access, site: Site) -> Option<Request> {
    let thread = here();
    let is_settled =
        thread.is_ready() && thread.question(access, site).is_none_or(|question| question.0 == meta.known());
    is_settled.then(|| thread.ready())
}

/// Like [`request`], and returns a refusal instead of panicking.
pub(crate) fn request_quietly(meta: &Meta, access: &'static Access, site: Site) -> (Request, Option<Refusal>) {
    prepare();
    let thread = here();
    let Some(question) = thread.question(access, site) else { return (thread.ready(), None) };
    match thread.settled(meta, access, question) {
        Some(request) => (request, None),
        None => thread.learn(meta, access, site, question),
    }
}

/// A thread is about to try for a lock.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
pub(crate) fn prepare() {
    let thread = here();
    if !thread.is_ready() {
        thread.prepare();
    }
}

/// Returns the request of a lock of which nothing is to be learned.
#[inline(always)]
pub(crate) fn ready() -> Request {
    let thread = here();
    if !thread.is_ready() {
        thread.prepare();
    }
    thread.ready()
}

/// A thread has got a lock that it tried for.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
pub(crate) fn tried(meta: &Meta, access: &'static Access, site: Site) {
    acquired(meta, access, site, here().ready());
}

/// A thread has acquired a lock.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
pub(crate) fn acquired(meta: &Meta, access: &'static Access, site: Site, request: Request) {
    let thread = here();
    let lock = LockId(meta.id());
    match request {
        Request::Ready(top) if lock.0 != 0 && thread.held.is_top(top) => {
            thread.held.push_onto(top, hold(lock, meta, access, site));
        }
        _ => thread.acquired_slowly(meta, access, site, request),
    }
    if WATCHED.have(&[Switch::Races]) {
        relay::acquired(&thread, LockId(meta.id()), access);
    }
}

/// A thread will not acquire what it requested.
pub(crate) fn abandoned(request: Request) {
    if let Request::Promised(lock) = request {
        here().forget(lock);
    }
}

/// A thread is about to release a lock.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
pub(crate) fn released(meta: &Meta) {
    if !released_at_once(meta) {
        here().released_slowly(meta, LockId(meta.id()));
    }
}

/// Like [`released`]; false, and nothing is told, if there is anything else to do.
#[inline(always)]
pub(crate) fn released_at_once(meta: &Meta) -> bool {
    here().held.pop_quiet(meta.id(), |held| held.note.is_unmarked())
}

/// A thread goes on to share a lock that it had alone.
pub(crate) fn downgraded(meta: &Meta, access: &'static Access, site: Site) {
    here().held.change(meta.id(), |held| {
        held.access = access;
        held.site = site;
    });
}

/// A lock is gone.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
pub(crate) fn dropped(meta: &Meta) {
    let lock = LockId(meta.id());
    if lock.0 != 0 {
        let thread = here();
        if meta.is_recorded() || (!thread.held.is_empty() && thread.held.contains(lock.0)) {
            thread.dropped(lock);
        }
        if WATCHED.have(&[Switch::Races, Switch::Sections]) {
            sections::lock_dropped(lock);
        }
    }
}

impl Thread {
    /// True if nothing is to be done before a lock can be taken.
    #[inline(always)]
    fn is_ready(&self) -> bool {
        self.gate.is_open() && !self.held.is_full()
    }

    /// Returns a request of which all is known.
    #[inline(always)]
    fn ready(&self) -> Request {
        self.held.top().filter(|_| self.gate.is_open()).map_or(Request::Settled, Request::Ready)
    }

    /// Returns the question that a request asks now, if anything is held.
    #[inline(always)]
    fn question(&self, access: &'static Access, site: Site) -> Option<QuestionHash> {
        self.held.sum().map(|context| QuestionHash::new(context, access.mode, site))
    }

    /// There is something to do before it can be asked.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn request_slowly(&self, meta: &Meta, access: &'static Access, site: Site) -> Request {
        self.prepare();
        match self.question(access, site) {
            Some(question) if question.0 != meta.known() => self.ask(meta, access, site, question),
            _ => self.ready(),
        }
    }

    /// The context is not the lock's last one.
    #[inline(never)]
    #[track_caller]
    fn ask(&self, meta: &Meta, access: &'static Access, site: Site, question: QuestionHash) -> Request {
        if let Some(request) = self.settled(meta, access, question) {
            return request;
        }
        let (request, refusal) = self.learn(meta, access, site, question);
        if let Some(refusal) = refusal {
            abandoned(request);
            refuse(refusal);
        }
        request
    }

    /// Asks the analyses, and tells what they find. Returns a refusal, if a finding is denied.
    #[cold]
    #[inline(never)]
    fn learn(
        &self,
        meta: &Meta,
        access: &'static Access,
        site: Site,
        question: QuestionHash,
    ) -> (Request, Option<Refusal>) {
        let Some(inside) = self.gate.enter() else { return (Request::Settled, None) };
        let (lock, request) = match LockId(meta.id()) {
            LockId(0) => {
                let promised = self.new_id();
                (promised, Request::Promised(promised))
            }
            lock => (lock, Request::Settled),
        };
        let finding = self.answer(meta, lock, access, site, question);
        if matches!(request, Request::Settled) {
            meta.set_recorded();
        }
        drop(inside);
        let finding = finding.map(|finding| self.worst(finding, meta, access, site));
        (request, finding.and_then(|finding| self.tell(&finding)))
    }

    /// Returns the deadlock that a request would close now, if there is one and the request would be refused for less.
    fn worst(&self, finding: Finding, meta: &Meta, access: &'static Access, site: Site) -> Finding {
        let is_denied = config::settings().is_ok_and(|settings| settings.level(finding.lint) == Level::Deny);
        if finding.lint == Lint::SelfDeadlock || !is_denied || meta.id() == 0 {
            return finding;
        }
        wait::would_deadlock(&want(meta, access, site)).unwrap_or(finding)
    }

    /// Puts a question to the analyses; an answer that nobody needs again is remembered.
    fn answer(
        &self,
        meta: &Meta,
        lock: LockId,
        access: &'static Access,
        site: Site,
        hash: QuestionHash,
    ) -> Option<Finding> {
        let class = class(meta, access);
        self.knowledge.ask();
        let (held, stacks) = (event::ordered(self.held.copied()), self.take_stacks());
        let mut asked = Question {
            thread: self.number(),
            thread_name: std::thread::current().name().map(Arc::from),
            tick: self.tick.get(),
            held: &held,
            stacks: &stacks,
            wanted: Wanted { lock, created: class.created, name: class.name, access },
            known: 0,
            site,
            hash,
            births: 0,
            backtrace: None,
        };
        // REENTRANCY: kept to the end, since it may own a handler of the user's, which must not be dropped in between.
        let settings = config::settings().unwrap_or_default();
        if settings.backtraces != Backtraces::Off && order(|order| order.wants_backtrace(&asked)) {
            asked.backtrace = Some(Arc::new(Backtrace::capture()));
        }
        let finding = order(|order| {
            // Under the raw lock nobody else writes it, but for the first owner, who does so before the number is seen.
            asked.known = meta.known();
            let finding = LockOrder::self_deadlock(&asked).or_else(|| order.ask(&asked));
            if finding.as_ref().is_none_or(|finding| settings.level(finding.lint) == Level::Allow) {
                KNOWN.insert(hash.about(lock));
                if meta.id() == lock.0 {
                    meta.set_known(hash.0);
                } else {
                    KNOWN.insert(hash.about_class(class));
                }
            }
            finding
        });
        self.record(&asked);
        self.held.for_each_mut(|held| held.note.add(Mark::Recorded));
        self.set_stacks(stacks);
        finding
    }

    /// First acquisitions: of the lock, of the thread, or with something to note.
    #[cold]
    #[inline(never)]
    fn acquired_slowly(&self, meta: &Meta, access: &'static Access, site: Site, request: Request) {
        let request = if let Request::Ready(_) = request { Request::Settled } else { request };
        let is_quiet = self.is_ready() && meta.id() == 0 && access.is_alone();
        if !is_quiet || matches!(request, Request::Promised(_)) {
            return self.acquired_loudly(meta, access, site, request);
        }
        // Nothing was acquired since the request, so the question is still the same.
        let alone = self.question(access, site).filter(|_| matches!(request, Request::Unborn));
        let lock = self.new_id();
        meta.born_exclusive(lock.0, alone.map_or(0, |question| question.0));
        self.held.push(hold(lock, meta, access, site));
    }

    #[cold]
    #[inline(never)]
    fn acquired_loudly(&self, meta: &Meta, access: &'static Access, site: Site, request: Request) {
        // Unheard in, unheard out. There is room: the request made it.
        let Some(inside) = self.gate.enter().filter(|_| !self.held.is_full()) else { return };
        let (lock, is_recorded) = self.number_of(meta, access, request);
        // Another thread numbered it in between. It is taken already, so a finding is told later, and refuses nothing.
        let unrecorded = self.question(access, site).filter(|_| !is_recorded);
        let finding = unrecorded.and_then(|question| self.answer(meta, lock, access, site, question));
        self.held.push(hold(lock, meta, access, site));
        if self.gate.is_attentive() {
            self.trace(lock);
            if self.limit.get().is_some() {
                self.watch(lock);
            }
        }
        drop(inside);
        finding.into_iter().for_each(|finding| self.tell_later(finding));
    }

    /// Returns the lock's number, and whether all that the request taught is recorded under it.
    fn number_of(&self, meta: &Meta, access: &Access, request: Request) -> (LockId, bool) {
        let promised = if let Request::Promised(lock) = request { Some(lock) } else { None };
        let lock = match LockId(meta.id()) {
            LockId(0) => {
                let lock = promised.unwrap_or_else(|| self.new_id());
                if access.is_alone() {
                    meta.born_exclusive(lock.0, 0);
                    lock
                } else {
                    match meta.born_shared(lock.0) {
                        Birth::Now(id) | Birth::Before(id) => LockId(id),
                    }
                }
            }
            lock => lock,
        };
        let is_settled = matches!(request, Request::Settled);
        if !is_settled {
            meta.set_recorded();
        }
        if let Some(promised) = promised.filter(|&promised| promised != lock) {
            order(|order| order.forget(promised));
        }
        (lock, is_settled || promised == Some(lock))
    }

    /// Returns what is to be done about a question that was answered before; `None` if it was not.
    #[inline(always)]
    fn settled(&self, meta: &Meta, access: &Access, question: QuestionHash) -> Option<Request> {
        match LockId(meta.id()) {
            LockId(0) => {
                let is_known = KNOWN.contains(question.about_class(class(meta, access))) && self.live_on(question);
                is_known.then_some(Request::Unborn)
            }
            lock => KNOWN.contains(question.about(lock)).then(|| {
                meta.set_known(question.0);
                self.ready()
            }),
        }
    }

    /// A lock is about to remember this question as its only order. False if its witness was forgotten.
    fn live_on(&self, question: QuestionHash) -> bool {
        let hash = question.about_memory();
        if KNOWN.contains(hash) {
            return true;
        }
        let Some(_inside) = self.gate.enter() else { return true };
        order(|order| {
            let is_kept = order.live_on(question);
            if is_kept {
                KNOWN.insert(hash);
            }
            is_kept
        })
    }

    /// The lock is not the one acquired last, or there is something to do.
    #[cold]
    #[inline(never)]
    fn released_slowly(&self, meta: &Meta, lock: LockId) {
        // REENTRANCY: inside the detector locks come and go unheard; the set holds none of them.
        let Some(inside) = self.gate.enter() else {
            if self.gate.has_ended() {
                wait::take_back(lock);
            }
            return;
        };
        let Some(HeldLock { note, .. }) = self.held.remove(lock.0) else { return };
        if note.has(Mark::Recorded) {
            meta.set_recorded();
        }
        // The user's lock is still held here.
        if let Some(finding) = self.limit.get().and_then(|limit| watchdog::given_back(lock, limit)) {
            self.tell_later(finding);
        }
        // A second hold of a reader goes on guarding.
        if note.has(Mark::Lent) && !self.held.contains(lock.0) {
            let finding = order(|order| order.revoke(self.number(), lock));
            drop(inside);
            // The user's lock is still held here.
            finding.into_iter().for_each(|finding| self.tell_later(finding));
        }
    }

    #[cold]
    #[inline(never)]
    fn dropped(&self, lock: LockId) {
        let leaked = self.held.remove(lock.0);
        // A reader may have forgotten several guards.
        while self.held.remove(lock.0).is_some() {}
        self.forget(lock);
        wait::take_back(lock);
        if let Some(held) = leaked {
            self.tell_leak(held);
        }
    }

    #[cold]
    fn forget(&self, lock: LockId) {
        if let Some(_inside) = self.gate.enter() {
            order(|order| order.forget(lock));
            misuse::mutex_dropped(lock);
        }
    }
}

#[inline(always)]
fn hold(lock: LockId, meta: &Meta, access: &'static Access, site: Site) -> HeldLock {
    let note = Note::new(Name(meta.name()));
    HeldLock { lock, created: meta.created(), access, site, known: meta.known(), note }
}

#[inline(always)]
fn class(meta: &Meta, access: &Access) -> LockClass {
    LockClass::new(meta.created(), Name(meta.name()), access)
}
