//! What a script shows, by the definitions and by brute force.
//!
//! A request by a thread that holds locks is an *event*: who, in which segment, holding what in which modes since
//! which segments, wants what in which mode. A *cycle* takes an event for each of its edges: its holder holds what the
//! event before wants. It is a deadlock to come if
//!
//! - every event waits for the next one's hold: one of the two is exclusive, or the request queues behind a writer, who
//!   must then come between;
//! - its threads are distinct, and no event is ordered by starts and joins before the acquisition that another one
//!   holds on to;
//! - no lock keeps two of the events apart: one that both hold in modes that exclude each other, where a lock that a
//!   starter holds from before the start until after the join is held over the started thread and all it starts.
//!
//! Each of the three that fails is an excuse (the first one if a writer is needed; if nothing waits there is no cycle).
//! One excuse alone has a lint of its own, two are silent.
//!
//! Must not know: the analysis, but for the words of its answers.
//! INVARIANT: nothing is ever forgotten, and every cycle of distinct locks is judged with every choice of events.

mod cycles;

use gordian::Lint;
use gordian::rehearsal::{Act, LockName, Mode, Outcome, Script, Step, ThingName, ThreadName, Told};
use std::collections::{BTreeMap, BTreeSet};

/// The dull twin of the analysis.
pub struct Oracle {
    threads: BTreeMap<ThreadName, Thread>,
    /// For each segment, those ordered before it.
    before: Vec<BTreeSet<Segment>>,
    /// Every lock there was.
    objects: Vec<Object>,
    gates: Vec<Gate>,
    events: Vec<Event>,
    /// What was told at an event, which a repeated one tells again.
    told: Vec<Option<Told>>,
    /// The event that is being asked about.
    asked: Option<usize>,
    /// The worst that was told of each set of classes.
    told_classes: BTreeMap<BTreeSet<char>, Rank>,
    /// How often those who hold reentrant locks took them again.
    levels: BTreeMap<LockName, usize>,
}

type Segment = usize;
type Lock = usize;

struct Thread {
    segment: Segment,
    held: Vec<Hold>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Unstarted,
    Running,
    Ended,
    Joined,
}

struct Object {
    name: LockName,
    is_alive: bool,
}

/// A lock that was held over a thread when it was started: by its starter, or over its starter.
struct Gate {
    holder: ThreadName,
    child: ThreadName,
    lock: Lock,
    mode: Mode,
    is_void: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hold {
    lock: Lock,
    mode: Mode,
    since: Segment,
}

#[derive(Clone, PartialEq, Eq)]
struct Event {
    thread: ThreadName,
    segment: Segment,
    held: Vec<Hold>,
    wanted: Lock,
    mode: Mode,
}

/// How bad a cycle is; the least is the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    Inversion,
    WriterBetween,
    Sequential,
    Gated,
}

/// A finding that a step may show.
#[derive(Clone)]
struct Candidate {
    told: Told,
    rank: Rank,
    /// False if the same was asked before, of this lock or one of its class, so that it need not be asked again.
    is_news: bool,
}

enum Expected {
    Refused,
    Exactly(Told),
    /// The worst and then shortest of these.
    Worst(Vec<Candidate>),
}

impl Oracle {
    /// Returns the beginning of a script.
    pub fn new(script: &Script) -> Self {
        let mut oracle = Self {
            threads: BTreeMap::new(),
            before: Vec::new(),
            objects: Vec::new(),
            gates: Vec::new(),
            events: Vec::new(),
            told: Vec::new(),
            asked: None,
            told_classes: BTreeMap::new(),
            levels: BTreeMap::new(),
        };
        for name in script.threads() {
            let segment = oracle.segment_after(&[]);
            let stage = if script.starts(name) { Stage::Unstarted } else { Stage::Running };
            oracle.threads.insert(name, Thread { segment, held: Vec::new(), stage });
        }
        oracle
    }

    /// True if the thread would wait for a lock of others, which the definitions say nothing of.
    pub fn would_wait(&self, step: Step) -> bool {
        let (Act::Lock(name, mode), false) = (self.plain(step), self.is_level(step)) else { return false };
        let owners = self.owners(name, mode);
        self.is_possible(step) && !owners.is_empty() && !owners.contains(&step.thread)
    }

    /// Does one operation, and compares.
    ///
    /// # Errors
    /// If the outcomes are not what the definitions say.
    pub fn step(&mut self, step: Step, outcomes: &[Outcome]) -> Result<(), String> {
        let expected = match self.is_possible(step) {
            true if self.is_level(step) => self.change_level(step.act),
            true => self.act(step),
            false => vec![Expected::Refused],
        };
        let mut outcomes = outcomes.iter();
        for expected in expected {
            self.compare(expected, &mut outcomes)?;
        }
        self.asked = None;
        outcomes.next().map_or(Ok(()), |outcome| Err(format!("found: {outcome}; expected: nothing")))
    }

    /// Ends the script, and compares.
    ///
    /// # Errors
    /// If the outcomes are not what the definitions say.
    pub fn finish(&mut self, outcomes: &[Outcome]) -> Result<(), String> {
        let mut outcomes = outcomes.iter();
        let running = self.threads.iter().filter(|(_, thread)| thread.stage == Stage::Running);
        for thread in running.map(|(name, _)| *name).collect::<Vec<_>>() {
            while let Some(hold) = self.threads[&thread].held.last().copied() {
                let candidates = self.release(thread, hold.lock);
                self.compare(Expected::Worst(candidates), &mut outcomes)?;
            }
        }
        outcomes.next().map_or(Ok(()), |outcome| Err(format!("found: {outcome}; expected: nothing")))
    }

    fn compare<'a>(
        &mut self,
        expected: Expected,
        outcomes: &mut (impl Iterator<Item = &'a Outcome> + Clone),
    ) -> Result<(), String> {
        let mut ahead = outcomes.clone();
        let said = ahead.next();
        let shown = said.map_or("nothing".to_owned(), ToString::to_string);
        let found = if let Some(Outcome::Found(told)) = said { Some(told) } else { None };
        match expected {
            Expected::Refused if matches!(said, Some(Outcome::Refused(_))) => {}
            Expected::Refused => return Err(format!("found: {shown}; expected: a refusal")),
            Expected::Exactly(told) if found == Some(&told) => {}
            Expected::Exactly(told) => return Err(format!("found: {shown}; expected: {told}")),
            Expected::Worst(candidates) => {
                let worst = candidates.iter().map(Candidate::badness).min();
                let news = candidates.iter().filter(|it| it.is_news).map(Candidate::badness).min();
                let fits = |it: &&Candidate| Some(it.badness()) == worst || Some(it.badness()) == news;
                let is_it = |it: &&Candidate| Some(&it.told) == found;
                match candidates.iter().filter(fits).find(is_it) {
                    Some(candidate) => self.note(candidate),
                    // What was found, if anything, is another matter, and whoever expects it will tell.
                    None if news.is_none() => return Ok(()),
                    None => {
                        let fitting: BTreeSet<String> =
                            candidates.iter().filter(fits).map(|it| it.told.to_string()).collect();
                        return Err(format!("found: {shown}; expected one of {fitting:?}"));
                    }
                }
            }
        }
        *outcomes = ahead;
        Ok(())
    }

    /// A candidate was told.
    fn note(&mut self, candidate: &Candidate) {
        if let Some(event) = self.asked
            && candidate.told.lint != Lint::GatedOrder
        {
            self.told[event] = Some(candidate.told.clone());
        }
        if candidate.rank <= Rank::WriterBetween {
            let worst = self.told_classes.entry(candidate.classes()).or_insert(candidate.rank);
            *worst = candidate.rank.min(*worst);
        }
    }
}

/// What operations do.
impl Oracle {
    /// Returns what an operation is without its own words: a permit that there is one of is a lock, and so is a reentrant lock
    /// that is not held.
    fn plain(&self, step: Step) -> Act {
        let lock = |semaphore: ThingName| LockName { class: semaphore.letter, number: 0 };
        match step.act {
            Act::Acquire(semaphore) => Act::Lock(lock(semaphore), Mode::Exclusive),
            Act::TryAcquire(semaphore) => Act::Try(lock(semaphore), Mode::Exclusive),
            Act::GiveBack(semaphore) => Act::Release(lock(semaphore)),
            Act::Enter(name) => Act::Lock(name, Mode::Exclusive),
            Act::TryEnter(name) => Act::Try(name, Mode::Exclusive),
            act => act,
        }
    }

    /// True if only the level of a reentrant lock changes.
    fn is_level(&self, Step { thread, act }: Step) -> bool {
        let holds = |name| self.threads[&thread].held.iter().any(|hold| self.is(hold.lock, name));
        match act {
            Act::Enter(name) | Act::TryEnter(name) => holds(name),
            Act::Release(name) => holds(name) && self.levels.get(&name).is_some_and(|levels| *levels > 0),
            _ => false,
        }
    }

    fn change_level(&mut self, act: Act) -> Vec<Expected> {
        match act {
            Act::Enter(name) | Act::TryEnter(name) => *self.levels.entry(name).or_default() += 1,
            Act::Release(name) => *self.levels.entry(name).or_default() -= 1,
            _ => {}
        }
        Vec::new()
    }

    fn is_possible(&self, step: Step) -> bool {
        let (thread, act) = (step.thread, self.plain(step));
        let stage = |name| self.threads[&name].stage;
        let holds = |name| self.threads[&thread].held.iter().filter(|hold| self.is(hold.lock, name)).count();
        stage(thread) == Stage::Running
            && match act {
                Act::Lock(..) | Act::End => true,
                Act::Try(name, mode) => self.owners(name, mode).is_empty() || self.is_level(step),
                Act::Release(name) => holds(name) > 0,
                Act::Start(other) => stage(other) == Stage::Unstarted,
                Act::Join(other) => other != thread && matches!(stage(other), Stage::Running | Stage::Ended),
                Act::Drop(name) => {
                    holds(name) <= 1
                        && (holds(name) == 0 || self.levels.get(&name).is_none_or(|levels| *levels == 0))
                        && self
                            .owners(name, Mode::Exclusive)
                            .iter()
                            .all(|&owner| owner == thread && self.threads[&owner].stage == Stage::Running)
                }
                _ => unreachable!("only locks, starts and ends are defined here"),
            }
    }

    fn act(&mut self, step: Step) -> Vec<Expected> {
        let thread = step.thread;
        match self.plain(step) {
            Act::Lock(name, mode) => self.lock(thread, name, mode),
            Act::Try(name, mode) => {
                self.acquire(thread, name, mode);
                Vec::new()
            }
            Act::Release(name) => {
                let lock = self.lock_named(name);
                vec![Expected::Worst(self.release(thread, lock))]
            }
            Act::Start(child) => {
                self.start(thread, child);
                Vec::new()
            }
            Act::Join(other) => {
                let leaked = if self.threads[&other].stage == Stage::Running { self.end(other) } else { Vec::new() };
                self.thread(other).stage = Stage::Joined;
                let after = self.segment_after(&[self.threads[&thread].segment, self.threads[&other].segment]);
                self.thread(thread).segment = after;
                leaked
            }
            Act::Drop(name) => {
                let lock = self.lock_named(name);
                self.objects[lock].is_alive = false;
                let held = &mut self.thread(thread).held;
                let leaked = held.extract_if(.., |hold| hold.lock == lock).count() > 0;
                if leaked { vec![leak(name)] } else { Vec::new() }
            }
            Act::End => self.end(thread),
            _ => unreachable!("only locks, starts and ends are defined here"),
        }
    }

    fn lock(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> Vec<Expected> {
        let owners = self.owners(name, mode);
        if owners.contains(&thread) {
            return vec![Expected::Exactly(Told::new(Lint::SelfDeadlock, vec![name]))];
        }
        let expected = Vec::from_iter(self.ask(thread, name, mode));
        self.acquire(thread, name, mode);
        expected
    }

    fn ask(&mut self, thread: ThreadName, name: LockName, mode: Mode) -> Option<Expected> {
        let wanted = self.lock_named(name);
        let Thread { segment, held, .. } = &self.threads[&thread];
        let mut held = held.clone();
        held.sort_unstable();
        let event = Event { thread, segment: *segment, held, wanted, mode };
        if event.held.is_empty() {
            return None;
        }
        if let Some(earlier) = self.events.iter().position(|earlier| *earlier == event) {
            if let Some(told) = &self.told[earlier] {
                return Some(Expected::Exactly(told.clone()));
            }
            // What it was part of was told at another event, or is allowed; it may be looked at again.
            self.asked = Some(earlier);
            let mut candidates = self.judge_event(earlier, false);
            candidates.iter_mut().for_each(|candidate| candidate.is_news = false);
            return Some(Expected::Worst(candidates));
        }
        let of_class = |lock: Lock| self.objects[lock].name.class;
        let same_words =
            |it: &Event| *it == Event { wanted: it.wanted, ..event.clone() } && of_class(it.wanted) == of_class(wanted);
        let is_news = !self.events.iter().any(same_words);
        self.asked = Some(self.events.len());
        self.events.push(event);
        self.told.push(None);
        Some(Expected::Worst(self.judge_event(self.events.len() - 1, is_news)))
    }

    fn acquire(&mut self, thread: ThreadName, name: LockName, mode: Mode) {
        let lock = self.lock_named(name);
        let since = self.threads[&thread].segment;
        self.thread(thread).held.push(Hold { lock, mode, since });
    }

    /// Returns what is a deadlock to come once the locks that the releaser's children had over them are gone.
    fn release(&mut self, thread: ThreadName, lock: Lock) -> Vec<Candidate> {
        let held = &mut self.thread(thread).held;
        held.iter().rposition(|hold| hold.lock == lock).map(|place| held.remove(place));
        if held.iter().any(|hold| hold.lock == lock) {
            return Vec::new();
        }
        let known = &self.before[self.threads[&thread].segment];
        let is_over =
            |child| self.threads[&child].stage >= Stage::Ended && known.contains(&self.threads[&child].segment);
        let voided: Vec<usize> = (0..self.gates.len())
            .filter(|&gate| {
                let Gate { holder, child, lock: over, is_void, .. } = self.gates[gate];
                holder == thread && over == lock && !is_void && !is_over(child)
            })
            .collect();
        if voided.is_empty() {
            return Vec::new();
        }
        let before = self.judge_all();
        voided.iter().for_each(|&gate| self.gates[gate].is_void = true);
        let is_worse = |it: &Candidate| {
            !before
                .iter()
                .any(|old| old.rank <= it.rank && old.told.locks == it.told.locks && old.is_class() == it.is_class())
        };
        self.judge_all().into_iter().filter(is_worse).collect()
    }

    fn start(&mut self, parent: ThreadName, child: ThreadName) {
        let Thread { segment, held, .. } = &self.threads[&parent];
        let (segment, held) = (*segment, held.clone());
        let over = self.gates.iter().filter(|gate| gate.child == parent && !gate.is_void);
        let over: Vec<Gate> = over.map(|gate| Gate { child, ..*gate }).collect();
        self.gates.extend(over);
        for (place, hold) in held.iter().enumerate() {
            if !held[..place].iter().any(|earlier| earlier.lock == hold.lock) {
                let (lock, mode) = (hold.lock, hold.mode);
                self.gates.push(Gate { holder: parent, child, lock, mode, is_void: false });
            }
        }
        let first = self.segment_after(&[segment]);
        *self.thread(child) = Thread { segment: first, held: Vec::new(), stage: Stage::Running };
        self.thread(parent).segment = self.segment_after(&[segment]);
    }

    fn end(&mut self, thread: ThreadName) -> Vec<Expected> {
        let ended = self.thread(thread);
        ended.stage = Stage::Ended;
        // The holds stay: what is leaked is held for ever.
        let held = ended.held.clone();
        held.iter().map(|hold| leak(self.objects[hold.lock].name)).collect()
    }

    /// Returns a new segment, after these and all before them.
    fn segment_after(&mut self, segments: &[Segment]) -> Segment {
        let earlier = segments.iter().flat_map(|&segment| self.before[segment].iter().copied().chain([segment]));
        let earlier = earlier.collect();
        self.before.push(earlier);
        self.before.len() - 1
    }

    /// Returns the living lock of this name.
    fn lock_named(&mut self, name: LockName) -> Lock {
        let living = self.objects.iter().position(|object| object.is_alive && object.name == name);
        living.unwrap_or_else(|| {
            self.objects.push(Object { name, is_alive: true });
            self.objects.len() - 1
        })
    }

    fn is(&self, lock: Lock, name: LockName) -> bool {
        self.objects[lock].is_alive && self.objects[lock].name == name
    }

    /// Returns the threads that keep a lock from being taken in this mode.
    fn owners(&self, name: LockName, mode: Mode) -> Vec<ThreadName> {
        let excludes = |hold: &Hold| self.is(hold.lock, name) && exclude(hold.mode, mode);
        let owners = self.threads.iter().filter(|(_, thread)| thread.held.iter().any(excludes));
        owners.map(|(name, _)| *name).collect()
    }

    fn thread(&mut self, name: ThreadName) -> &mut Thread {
        self.threads.get_mut(&name).expect("a thread of the script")
    }
}

impl Rank {
    fn lint(self) -> Lint {
        match self {
            Self::Inversion => Lint::LockOrder,
            Self::WriterBetween => Lint::WriterBetween,
            Self::Sequential => Lint::SequentialOrder,
            Self::Gated => Lint::GatedOrder,
        }
    }
}

impl Candidate {
    /// The least is told: what no excuse covers, then what only classes show, then the excused; the shortest first.
    fn badness(&self) -> (bool, bool, Rank, usize) {
        let is_excused = self.rank > Rank::WriterBetween;
        (is_excused, self.is_class(), self.rank, self.told.locks.len())
    }

    fn is_class(&self) -> bool {
        self.told.lint == Lint::ClassOrder
    }

    fn classes(&self) -> BTreeSet<char> {
        self.told.locks.iter().map(|lock| lock.class).collect()
    }
}

fn exclude(one: Mode, other: Mode) -> bool {
    one == Mode::Exclusive || other == Mode::Exclusive
}

fn leak(name: LockName) -> Expected {
    Expected::Exactly(Told::new(Lint::LeakedGuard, vec![name]))
}
