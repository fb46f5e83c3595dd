//! Plays a script against the lock-order analysis, in one thread: `live` and `thread` without threads.
//!
//! Must not know: what runs; settings: every lint has its default level.
//! Source: `live`, step by step. We differ: threads and locks are table rows, the set of known questions never forgets,
//! and what would block is refused.
//! INVARIANT: the same script has the same outcome, always.

use super::script::{Act, LockName, Script, ScriptError, Step, ThreadName};
use crate::analysis::clock::VectorClock;
use crate::analysis::lock_order::{LockOrder, Question};
use crate::event::{self, Access, HeldLock, Kind, LockClass, LockId, Mark, Mode, Name, Note, QuestionHash};
use crate::event::{ThreadId, Tick};
use crate::finding::{Finding, Wanted};
use crate::lint::{Level, Lint};
use crate::rt::{Birth, Entry, Meta, Site};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::fmt;

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
    known: FxHashSet<u64>,
    threads: BTreeMap<ThreadName, Thread>,
    locks: FxHashMap<LockName, Meta>,
    names: FxHashMap<LockId, LockName>,
    /// Locks that ended threads did not give back.
    leaked: FxHashMap<LockId, Mode>,
    is_complete: bool,
}

/// What an operation shows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Something was found.
    Found(Told),
    /// The operation cannot be, and was not done, for this reason. A request was asked about nevertheless.
    Refused(String),
}

/// A finding, in names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Told {
    /// Which lint.
    pub lint: Lint,
    /// The locks of the cycle in its order, from where the list is the smallest; their classes if it is a cycle of
    /// classes.
    pub locks: Vec<LockName>,
}

struct Thread {
    held: Vec<HeldLock>,
    tick: Tick,
    stage: Stage,
}

enum Stage {
    Unstarted,
    Running,
    Ended(VectorClock),
    Joined,
}

/// As `live::Request`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    Settled,
    Unborn,
    Promised(LockId),
}

/// All requests are at one place, and all locks are created there: a class is its letter.
const PLACE: Site = Site::caller();

impl Rehearsal {
    /// Returns the beginning of a script.
    pub fn new(script: &Script) -> Self {
        let thread = |name: ThreadName| {
            let stage = if script.starts(name) { Stage::Unstarted } else { Stage::Running };
            (name, Thread { held: Vec::new(), tick: Tick(1), stage })
        };
        Self {
            order: LockOrder::default(),
            known: FxHashSet::default(),
            threads: script.threads().into_iter().map(thread).collect(),
            locks: FxHashMap::default(),
            names: FxHashMap::default(),
            leaked: FxHashMap::default(),
            is_complete: true,
        }
    }

    /// Does one operation of the script.
    pub fn step(&mut self, step: Step) -> Vec<Outcome> {
        let Step { thread, act } = step;
        let outcomes = match self.refusal(thread, act) {
            Some(reason) => vec![Outcome::Refused(reason)],
            None => self.act(thread, act),
        };
        self.is_complete &= self.order.is_complete();
        outcomes
    }

    /// Ends the script: the running threads give back what they hold, newest first, and then end.
    pub fn finish(&mut self) -> Vec<Outcome> {
        let names: Vec<ThreadName> = self.threads.keys().copied().collect();
        let mut outcomes = Vec::new();
        for &thread in &names {
            while let Some(held) = self.threads[&thread].held.last() {
                outcomes.extend(self.released(thread, held.lock));
            }
        }
        for thread in names {
            if matches!(self.threads[&thread].stage, Stage::Running) {
                outcomes.extend(self.end(thread));
            }
        }
        outcomes
    }

    /// True if no table was full and no search cut short so far.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns why an operation cannot be, whatever is held.
    fn refusal(&self, thread: ThreadName, act: Act) -> Option<String> {
        let stage = |thread| self.threads.get(&thread).map(|thread| &thread.stage);
        match (stage(thread)?, act) {
            (Stage::Unstarted, _) => return Some(format!("{thread} has not started")),
            (Stage::Ended(_) | Stage::Joined, _) => return Some(format!("{thread} has ended")),
            (Stage::Running, _) => {}
        }
        let held = |name| self.holds(thread, name);
        match act {
            Act::Release(name) if held(name) == 0 => Some(format!("release of {name}, which {thread} does not hold")),
            Act::Start(other) if !matches!(stage(other)?, Stage::Unstarted) => Some(format!("{other} has started")),
            Act::Join(other) => match stage(other)? {
                _ if other == thread => Some(format!("{thread} would wait for itself")),
                Stage::Unstarted => Some(format!("{other} has not started")),
                Stage::Joined => Some(format!("{other} was joined")),
                Stage::Running | Stage::Ended(_) => None,
            },
            Act::Try(name, mode) => {
                self.owner(name, mode, None).map(|owner| format!("{thread} does not get {name}, which {owner} holds"))
            }
            Act::Drop(name) if held(name) > 1 => Some(format!("drop of {name}, which {thread} holds more than once")),
            Act::Drop(name) => self
                .owner(name, Mode::Exclusive, Some(thread))
                .map(|owner| format!("drop of {name}, which {owner} holds")),
            _ => None,
        }
    }

    fn act(&mut self, thread: ThreadName, act: Act) -> Vec<Outcome> {
        match act {
            Act::Lock(name, mode) => self.lock(thread, name, mode),
            Act::Try(name, mode) => Vec::from_iter(self.acquired(thread, name, access(mode), Request::Settled)),
            Act::Release(name) => Vec::from_iter(self.released(thread, LockId(self.locks[&name].id()))),
            Act::Drop(name) => Vec::from_iter(self.dropped(thread, name)),
            Act::Start(child) => {
                self.fork(thread, child);
                Vec::new()
            }
            Act::Join(other) => self.join(thread, other),
            Act::End => self.end(thread),
        }
    }

    fn lock(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> Vec<Outcome> {
        let (request, found) = self.request(thread, name, access(mode));
        let mut outcomes = Vec::from_iter(found);
        match self.owner(name, mode, None) {
            None => outcomes.extend(self.acquired(thread, name, access(mode), request)),
            // A thread that would wait for itself was told so.
            Some(_) if self.threads[&thread].held.iter().any(|held| self.excludes(held, name, mode)) => {}
            Some(owner) => {
                outcomes.push(Outcome::Refused(format!("{thread} would wait for {name}, which {owner} holds")))
            }
        }
        outcomes
    }

    /// Returns who keeps a lock from being taken in this mode, not counting `besides`.
    fn owner(&self, name: LockName, mode: Mode, besides: Option<ThreadName>) -> Option<String> {
        let lock = LockId(self.locks.get(&name)?.id());
        let holds = |held: &HeldLock| self.excludes(held, name, mode);
        let mut threads = self.threads.iter().filter(|(thread, _)| Some(**thread) != besides);
        let owner = threads.find(|(_, thread)| thread.held.iter().any(holds));
        let leaked = self.leaked.get(&lock).filter(|leaked| leaked.is_exclusive() || mode.is_exclusive());
        owner.map(|(thread, _)| thread.to_string()).or(leaked.map(|_| "an ended thread".to_owned()))
    }

    /// True if a hold keeps a lock from being taken in this mode.
    fn excludes(&self, held: &HeldLock, name: LockName, mode: Mode) -> bool {
        let is_it = self.locks.get(&name).is_some_and(|meta| meta.id() == held.lock.0);
        is_it && (held.access.mode.is_exclusive() || mode.is_exclusive())
    }

    /// Returns how often a thread holds a lock.
    fn holds(&self, thread: ThreadName, name: LockName) -> usize {
        let lock = self.locks.get(&name).map(|meta| LockId(meta.id()));
        self.threads[&thread].held.iter().filter(|held| Some(held.lock) == lock).count()
    }
}

/// What `live` does.
impl Rehearsal {
    fn request(&mut self, thread: ThreadName, name: LockName, access: &'static Access) -> (Request, Option<Outcome>) {
        let meta = self.locks.entry(name).or_insert_with(|| born(name));
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
        let LockClass { created, name, .. } = class(meta, access);
        let asked = Question {
            thread: ThreadId(thread.0),
            thread_name: None,
            tick: actor.tick,
            held: &actor.held,
            stacks: &[],
            wanted: Wanted { lock, created, name, access },
            known: meta.known(),
            site: PLACE,
            hash,
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

    fn acquired(
        &mut self,
        thread: ThreadName,
        name: LockName,
        access: &'static Access,
        request: Request,
    ) -> Option<Outcome> {
        let meta = self.locks.entry(name).or_insert_with(|| born(name));
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

    fn released(&mut self, thread: ThreadName, lock: LockId) -> Option<Outcome> {
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

    fn dropped(&mut self, thread: ThreadName, name: LockName) -> Option<Outcome> {
        let meta = self.locks.remove(&name)?;
        let lock = LockId(meta.id());
        let held = &mut self.thread(thread).held;
        let leaked = held.iter().rposition(|held| held.lock == lock).map(|place| held.remove(place));
        if meta.is_recorded() || leaked.is_some() {
            self.order.forget(lock);
        }
        leaked.map(|_| leak(name))
    }

    fn fork(&mut self, parent: ThreadName, child: ThreadName) {
        let Self { order, threads, .. } = self;
        if let Some(starter) = threads.get_mut(&parent) {
            let tick = order.segments.fork(ThreadId(parent.0), ThreadId(child.0), &starter.held);
            starter.held.iter_mut().for_each(|held| held.note.add(Mark::Lent));
            starter.set_tick(tick);
        }
        self.thread(child).stage = Stage::Running;
    }

    fn join(&mut self, thread: ThreadName, other: ThreadName) -> Vec<Outcome> {
        let outcomes = if matches!(self.threads[&other].stage, Stage::Running) { self.end(other) } else { Vec::new() };
        if let Stage::Ended(clock) = std::mem::replace(&mut self.thread(other).stage, Stage::Joined) {
            let held = self.threads[&thread].held.clone();
            let tick = self.order.join(ThreadId(thread.0), &clock, &held);
            self.thread(thread).set_tick(tick);
        }
        outcomes
    }

    fn end(&mut self, thread: ThreadName) -> Vec<Outcome> {
        let clock = self.order.finish(ThreadId(thread.0));
        let ended = self.thread(thread);
        ended.stage = Stage::Ended(clock);
        let held = std::mem::take(&mut ended.held);
        self.leaked.extend(held.iter().map(|held| (held.lock, held.access.mode)));
        held.iter().map(|held| leak(self.names[&held.lock])).collect()
    }

    fn new_id(&mut self, name: LockName) -> LockId {
        let lock = LockId(event::mix_quickly((self.names.len() as u64 + 1).wrapping_mul(event::STEP)));
        self.names.insert(lock, name);
        lock
    }

    fn thread(&mut self, name: ThreadName) -> &mut Thread {
        self.threads.get_mut(&name).expect("every thread that a script names is in the table")
    }

    fn told(&self, finding: &Finding) -> Outcome {
        let mut locks: Vec<LockName> = finding.steps.iter().map(|step| self.names[&step.hold().held.lock]).collect();
        if finding.lint == Lint::ClassOrder {
            locks.iter_mut().for_each(|lock| lock.number = 0);
        }
        Outcome::Found(Told::new(finding.lint, locks))
    }
}

impl Thread {
    fn question(&self, name: ThreadName, access: &Access) -> Option<QuestionHash> {
        let base = event::mix(u64::from(name.0) << 32 | u64::from(self.tick.0));
        let weights = self.held.iter().map(|held| held.weight());
        let context = weights.fold(base, u64::wrapping_add);
        (!self.held.is_empty()).then(|| QuestionHash::new(context, access.mode, PLACE))
    }

    fn set_tick(&mut self, tick: Tick) {
        let before = std::mem::replace(&mut self.tick, tick);
        self.held.iter_mut().for_each(|held| held.note.leave(before));
    }
}

impl Told {
    /// Returns the finding told from where the list of locks is the smallest.
    pub fn new(lint: Lint, mut locks: Vec<LockName>) -> Self {
        let first = (0..locks.len()).min_by_key(|&first| [&locks[first..], &locks[..first]].concat());
        locks.rotate_left(first.unwrap_or(0));
        Self { lint, locks }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lint)?;
        self.locks.iter().try_for_each(|lock| write!(f, " {lock}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(told) => write!(f, "{told}"),
            Self::Refused(reason) => f.write_str(reason),
        }
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
fn access(mode: Mode) -> &'static Access {
    macro_rules! accesses {
        ($($mode:ident),*) => {
            match mode { $(Mode::$mode => {
                &Access { kind: Kind::RwLock, mode: Mode::$mode, type_name: std::any::type_name::<()> }
            })* }
        };
    }
    accesses!(Exclusive, Shared, SharedRecursive)
}
