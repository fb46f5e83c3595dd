//! Turns requests under held locks into lock-order findings.
//!
//! Must not know: time, output, the live process.
//! Source: lockdep, for chains, readers and classes; GoodLock for excuses. We differ: one edge from *every* held lock,
//! instances and classes both, and every excuse by its own lint.
//! INVARIANT: every held lock of a kept witness was a node of `locks` when it was kept; a witness that names a lock
//! which is no node any more speaks of a dead lock.

use super::clock::VectorClock;
use super::cycle::{self, Rank, Verdict};
use super::evidence::Evidence;
use super::graph::{LockOrderGraph, Search};
use super::segments::Segments;
use crate::event::{HeldLock, LockClass, LockId, Mode, QuestionHash, ThreadId, Tick};
use crate::finding::{Finding, Hold, Step, Wanted, Witness};
use crate::lint::Lint;
use crate::rt::{Backtrace, Site};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A request under held locks.
pub(crate) struct Question<'a> {
    pub thread: ThreadId,
    pub thread_name: Option<Arc<str>>,
    pub tick: Tick,
    /// What the thread holds, oldest first.
    pub held: &'a [HeldLock],
    /// The stacks of the acquisitions of `held`, if they are kept.
    pub stacks: &'a [(LockId, Arc<Backtrace>)],
    pub wanted: Wanted,
    /// The wanted lock's answered question: its only order if nothing was recorded of it since.
    pub known: u64,
    pub site: Site,
    pub hash: QuestionHash,
    /// As of its witness.
    pub births: u64,
    pub backtrace: Option<Arc<Backtrace>>,
}

/// What was lost because tables are bounded.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Lost {
    /// Contexts forgotten before a lock that was seen in them became part of an order.
    pub contexts: u64,
    /// Searches for cycles that were cut short.
    pub searches: u64,
}

/// All orders seen so far.
#[derive(Default)]
pub(crate) struct LockOrder {
    pub segments: Segments,
    locks: LockOrderGraph<LockId, Evidence>,
    classes: LockOrderGraph<LockClass, Evidence>,
    contexts: FxHashMap<QuestionHash, Arc<Witness>>,
    /// The keys of `contexts`, oldest first; some may be gone.
    ages: VecDeque<QuestionHash>,
    /// Questions that a lock remembers as its only order.
    lived_on: FxHashSet<QuestionHash>,
    /// The questions of each running thread.
    asked_by: FxHashMap<ThreadId, Vec<QuestionHash>>,
    /// The questions whose witnesses name a lock.
    asked_under: FxHashMap<LockId, Vec<QuestionHash>>,
    /// Findings by the question that gives them again.
    found: FxHashMap<u64, Finding>,
    /// The worst that was told of each set of classes.
    told_classes: FxHashMap<Vec<LockClass>, Rank>,
    lost: Lost,
}

// COST: a context is 2 KB with its stack, and may name a clock with an entry for each thread of another one: at worst
// 2 048 of 16 KB. Only those that a lock lives on are missed.
const MOST_CONTEXTS: usize = 2_048;
const MOST_FOUND: usize = 1_024;

impl LockOrder {
    /// Returns the finding of a request that waits for its own thread, which no order question comes before.
    pub(crate) fn self_deadlock(question: &Question<'_>) -> Option<Finding> {
        let wanted = question.wanted.lock;
        let mode = question.wanted.access.mode;
        let from = question.held.iter().rposition(|held| held.lock == wanted)?;
        let held = question.held[from].access.mode;
        if !held.is_exclusive() && !mode.is_exclusive() {
            return None;
        }
        let since = Arc::default();
        let step = Step { witness: Arc::new(question.witness(|_| Arc::clone(&since))), from, wanted: question.wanted };
        Some(Finding::of_steps(Lint::SelfDeadlock, vec![step]))
    }

    /// True if the answer keeps a stack that the question does not bring yet.
    pub(crate) fn wants_backtrace(&self, question: &Question<'_>) -> bool {
        let full = |held: &HeldLock| self.locks.edge(held.lock, question.wanted.lock).is_some_and(Evidence::is_full);
        !self.contexts.contains_key(&question.hash) && !question.held.iter().all(full)
    }

    /// Learns the order of a request and returns the worst that it shows.
    ///
    /// # Cost
    /// O(held locks) insertions; a bounded search if an edge may close a cycle.
    pub(crate) fn ask(&mut self, question: &Question<'_>) -> Option<Finding> {
        if let Some(found) = self.found.get(&question.key()) {
            return Some(found.clone());
        }
        let witness = self.keep(question);
        let of_locks = self.ask_locks(question, &witness);
        let of_classes = self.ask_classes(question, &witness);
        let finding = self.choose(of_locks, of_classes)?;
        if self.found.len() < MOST_FOUND {
            self.found.insert(question.key(), finding.clone());
        }
        Some(finding)
    }

    /// A lock is to remember this question as its only order: its witness must outlive its thread and its other locks.
    /// False if the witness was forgotten before.
    pub(crate) fn live_on(&mut self, question: QuestionHash) -> bool {
        let is_kept = self.contexts.contains_key(&question);
        if is_kept {
            self.lived_on.insert(question);
        }
        is_kept
    }

    /// `thread` ends; returns what its joiner will know.
    pub(crate) fn finish(&mut self, thread: ThreadId) -> VectorClock {
        for hash in self.asked_by.remove(&thread).unwrap_or_default() {
            if !self.lived_on.contains(&hash) {
                self.contexts.remove(&hash);
            }
        }
        self.segments.finish(thread)
    }

    /// `thread` has seen the end of a thread. Returns its new tick.
    pub(crate) fn join(&mut self, thread: ThreadId, end: &VectorClock, held: &[HeldLock]) -> Tick {
        let Self { segments, locks, classes, contexts, .. } = self;
        segments.join(thread, end, held, || authors(locks, classes, contexts))
    }

    /// `thread` takes what was handed over. Returns whether it knows more now, and its new tick if its segment is over.
    pub(crate) fn take(
        &mut self,
        thread: ThreadId,
        given: &VectorClock,
        asked: bool,
        held: &[HeldLock],
    ) -> (bool, Option<Tick>) {
        let Self { segments, locks, classes, contexts, .. } = self;
        segments.take(thread, given, asked, held, || authors(locks, classes, contexts))
    }

    /// `thread` gives back a lock under which it started threads: those that it has not joined lose that guard.
    pub(crate) fn revoke(&mut self, thread: ThreadId, lock: LockId) -> Option<Finding> {
        let gates = self.segments.unlend(thread, lock);
        let is_guarded =
            |step: &Step| step.witness.inherited.iter().any(|gate| gates.iter().any(|it| Arc::ptr_eq(it, gate)));
        let (locks, classes) = (ranked(&self.locks, is_guarded), ranked(&self.classes, is_guarded));
        gates.iter().for_each(|gate| gate.revoked.raise());
        let mut of_locks = Worst::default();
        worsened(&self.locks, &locks, |_, _| true, &mut of_locks);
        let mut of_classes = Worst::default();
        worsened(&self.classes, &classes, |rank, cycle| is_news(&self.told_classes, rank, cycle), &mut of_classes);
        self.choose(of_locks, of_classes)
    }

    /// A lock is gone. Classes keep what it forgets.
    pub(crate) fn forget(&mut self, lock: LockId) {
        self.locks.remove(lock);
        for hash in self.asked_under.remove(&lock).unwrap_or_default() {
            let alive = |hold: &Hold| self.locks.contains(hold.held.lock);
            let is_needed = self.lived_on.contains(&hash)
                && self.contexts.get(&hash).is_some_and(|witness| witness.held.iter().any(alive));
            if !is_needed {
                self.contexts.remove(&hash);
                self.lived_on.remove(&hash);
            }
        }
    }

    /// Returns how a thread that runs was seen to take a lock in a way that `held` excludes: a witness, and which of its held
    /// locks it is, or `None` if it is what was requested.
    pub(crate) fn need(&self, thread: ThreadId, held: &HeldLock) -> Option<(Arc<Witness>, Option<usize>)> {
        let excludes = |mode: Mode| mode.is_exclusive() || held.access.mode.is_exclusive();
        let asked = self.asked_by.get(&thread).into_iter().flatten().filter_map(|hash| self.contexts.get(hash));
        let holds = |witness: &&Arc<Witness>| {
            witness.held.iter().position(|hold| hold.held.lock == held.lock && excludes(hold.held.access.mode))
        };
        let as_held = asked.filter_map(|witness| Some((witness.clone(), Some(holds(&witness)?)))).next();
        as_held.or_else(|| {
            let into = self.locks.edges().filter(|(_, to, _)| *to == held.lock);
            let mut steps = into.flat_map(|(.., edge)| edge.steps());
            let step = steps.find(|step| step.witness.thread == thread && excludes(step.witness.mode))?;
            Some((step.witness.clone(), None))
        })
    }

    /// Returns what was lost so far.
    pub(crate) fn lost(&self) -> Lost {
        self.lost
    }

    /// Returns the orders between instances.
    pub(crate) fn locks(&self) -> &LockOrderGraph<LockId, Evidence> {
        &self.locks
    }

    /// True if nothing was lost, and every edge still has all its witnesses.
    pub(crate) fn is_complete(&self) -> bool {
        let dropped = |edge: &Evidence| edge.dropped() != 0;
        self.lost == Lost::default()
            && !self.locks.edges().any(|(.., edge)| dropped(edge))
            && !self.classes.edges().any(|(.., edge)| dropped(edge))
    }

    /// Returns the question's witness, kept for locks that live on it alone.
    fn keep(&mut self, question: &Question<'_>) -> Arc<Witness> {
        for held in question.held {
            self.promote(held.lock, held.known, Wanted::of(held));
        }
        if let Some(witness) = self.contexts.get(&question.hash) {
            return witness.clone();
        }
        let mut witness = question.witness(|tick| self.segments.since(question.thread, tick));
        witness.inherited = self.segments.inherited(question.thread);
        let witness = Arc::new(witness);
        if self.contexts.len() >= MOST_CONTEXTS {
            self.forget_a_context();
        }
        self.contexts.insert(question.hash, witness.clone());
        let Self { contexts, ages, asked_by, asked_under, .. } = self;
        let is_gone = |hash: &QuestionHash| !contexts.contains_key(hash);
        if ages.len() > 2 * contexts.len() {
            ages.retain(|hash| !is_gone(hash));
        }
        ages.push_back(question.hash);
        let under = question.held.iter().map(|held| held.lock);
        let push = |asked: &mut Vec<QuestionHash>| {
            // With room for as many more, so this costs O(1) a question.
            if asked.len() == asked.capacity() {
                asked.retain(|hash| !is_gone(hash));
                asked.reserve(asked.len() + 1);
            }
            asked.push(question.hash);
        };
        push(asked_by.entry(question.thread).or_default());
        under.for_each(|lock| push(asked_under.entry(lock).or_default()));
        witness
    }

    /// Makes room for a context: the oldest goes that no lock lives on, if one of the oldest few is such.
    fn forget_a_context(&mut self) {
        for patience in (0..16).rev() {
            let Some(oldest) = self.ages.pop_front() else { return };
            if patience > 0 && self.lived_on.contains(&oldest) {
                self.ages.push_back(oldest);
            } else if self.contexts.remove(&oldest).is_some() {
                self.lost.contexts += u64::from(self.lived_on.remove(&oldest));
                return;
            }
        }
    }

    /// Makes a lock a node; if it was not, the order in which it was first taken becomes an edge.
    fn promote(&mut self, lock: LockId, known: u64, wanted: Wanted) {
        if self.locks.contains(lock) {
            return;
        }
        self.locks.add(lock);
        let Some(witness) = self.contexts.get(&QuestionHash(known)).cloned() else { return };
        for from in 0..witness.held.len() {
            let held = witness.held[from].held.lock;
            if held != lock && self.locks.contains(held) {
                // It had no edges, so this one closes nothing: nothing was requested under it before.
                let step = Step { witness: witness.clone(), from, wanted };
                learn(&mut self.locks, held, lock, step, |_, _| true, &mut Worst::default());
            }
        }
    }

    fn ask_locks(&mut self, question: &Question<'_>, witness: &Arc<Witness>) -> Worst {
        let wanted = question.wanted.lock;
        self.promote(wanted, question.known, question.wanted);
        let mut worst = Worst::default();
        let mut again = None;
        for (from, hold) in witness.held.iter().enumerate() {
            let step = Step { witness: witness.clone(), from, wanted: question.wanted };
            match hold.held.lock {
                held if held == wanted => again = Some(step),
                held => learn(&mut self.locks, held, wanted, step, |_, _| true, &mut worst),
            }
        }
        // A reader that requests the lock again waits for itself if a writer came between.
        if let Some(step) = again.filter(|_| question.wanted.access.mode == Mode::Shared) {
            worst.offer(Rank::WriterBetween, 1, || vec![step]);
        }
        worst
    }

    fn ask_classes(&mut self, question: &Question<'_>, witness: &Arc<Witness>) -> Worst {
        let wanted = question.wanted.class();
        let mut worst = Worst::default();
        for (from, hold) in witness.held.iter().enumerate() {
            let held = hold.held.class();
            if held != wanted && !held.is_of_std() && !wanted.is_of_std() {
                let step = Step { witness: witness.clone(), from, wanted: question.wanted };
                let admits = |rank, cycle: &[LockClass]| is_news(&self.told_classes, rank, cycle);
                learn(&mut self.classes, held, wanted, step, admits, &mut worst);
            }
        }
        worst
    }

    /// Returns the finding: what classes show counts for less than what locks show without an excuse, and for more
    /// than what is excused.
    fn choose(&mut self, of_locks: Worst, of_classes: Worst) -> Option<Finding> {
        let cut_short = of_locks.cut_short || of_classes.cut_short;
        self.lost.searches += u64::from(cut_short);
        let (lint, (rank, steps)) = match (of_locks.best, of_classes.best) {
            (Some(best), None) => (best.0.lint()?, best),
            (Some(best), Some(_)) if best.0 <= Rank::WriterBetween => (best.0.lint()?, best),
            (_, of_classes) => (Lint::ClassOrder, of_classes?),
        };
        let classes = classes_of(steps.iter().map(|step| step.hold().held.class()));
        let told = self.told_classes.entry(classes).or_insert(rank);
        *told = rank.min(*told);
        let mut finding = Finding { cut_short, forgotten: self.lost.contexts, ..Finding::of_steps(lint, steps) };
        finding.writer = self.writer(&finding);
        Some(finding)
    }

    /// Returns where a writer requested a lock of the cycle, if the finding needs one.
    fn writer(&self, finding: &Finding) -> Option<(ThreadId, Site)> {
        if finding.lint != Lint::WriterBetween {
            return None;
        }
        let wanted: Vec<LockId> = finding.steps.iter().map(|step| step.wanted.lock).collect();
        let into = self.locks.edges().filter(|(_, to, _)| wanted.contains(to));
        let mut steps = into.flat_map(|(.., edge)| edge.steps());
        steps.find(|step| step.witness.mode.is_exclusive()).map(|step| (step.witness.thread, step.witness.site))
    }
}

impl Question<'_> {
    fn witness(&self, since: impl Fn(Tick) -> Arc<VectorClock>) -> Witness {
        let hold = |held: &HeldLock| Hold {
            held: *held,
            since: since(held.note.tick().unwrap_or(self.tick)),
            backtrace: self.stacks.iter().rfind(|(lock, _)| *lock == held.lock).map(|(_, stack)| stack.clone()),
        };
        Witness {
            thread: self.thread,
            thread_name: self.thread_name.clone(),
            tick: self.tick,
            births: self.births,
            held: self.held.iter().map(hold).collect(),
            inherited: Box::default(),
            mode: self.wanted.access.mode,
            site: self.site,
            backtrace: self.backtrace.clone(),
        }
    }

    /// Returns the hash under which a finding is remembered.
    fn key(&self) -> u64 {
        self.hash.about(self.wanted.lock)
    }
}

/// The worst cycle so far, the smallest of its rank.
#[derive(Default)]
struct Worst {
    best: Option<(Rank, Vec<Step>)>,
    cut_short: bool,
}

impl Worst {
    fn offer(&mut self, rank: Rank, length: usize, steps: impl FnOnce() -> Vec<Step>) {
        if rank < Rank::Harmless && self.matters(rank, length) {
            self.best = Some((rank, steps()));
        }
    }

    /// True if a cycle of this rank and length is worse than the worst so far.
    fn matters(&self, rank: Rank, length: usize) -> bool {
        self.best.as_ref().is_none_or(|(best, steps)| (rank, length) < (*best, steps.len()))
    }
}

/// Adds evidence to an edge and judges the cycles that it takes part in.
fn learn<K: Copy + Eq + Hash>(
    graph: &mut LockOrderGraph<K, Evidence>,
    from: K,
    to: K,
    step: Step,
    admits: impl Fn(Rank, &[K]) -> bool,
    worst: &mut Worst,
) {
    if graph.edge(from, to).is_none() {
        graph.connect(from, to, Evidence::default());
    }
    let Some(edge) = graph.edge_mut(from, to) else { return };
    let place = edge.add(step);
    let mut cut_short = false;
    let result = graph.cycles_through(from, to, |cycle| {
        if !worst.matters(Rank::Inversion, cycle.len()) {
            return ControlFlow::Break(());
        }
        let mut edges = evidence(graph, cycle);
        edges[0] = &edges[0][place..=place];
        let verdict = cycle::judge(&edges, |rank| worst.matters(rank, cycle.len()));
        cut_short |= verdict.cut_short;
        if !admits(verdict.rank, cycle) {
            return ControlFlow::Continue(());
        }
        worst.offer(verdict.rank, cycle.len(), || chosen(&edges, &verdict));
        if verdict.rank == Rank::Inversion { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    worst.cut_short |= cut_short || result == Search::CutShort;
}

/// Returns every cycle that one of these steps takes part in, with its rank.
fn ranked<K: Copy + Eq + Hash>(
    graph: &LockOrderGraph<K, Evidence>,
    takes_part: impl Fn(&Step) -> bool,
) -> Vec<(Vec<K>, Rank)> {
    let mut cycles = Vec::new();
    for (from, to, edge) in graph.edges() {
        if edge.steps().iter().any(&takes_part) {
            graph.cycles_through(from, to, |cycle| {
                cycles.push((cycle.to_vec(), cycle::judge(&evidence(graph, cycle), |_| true).rank));
                ControlFlow::Continue(())
            });
        }
    }
    cycles
}

/// Judges again the cycles that had these ranks.
fn worsened<K: Copy + Eq + Hash>(
    graph: &LockOrderGraph<K, Evidence>,
    cycles: &[(Vec<K>, Rank)],
    admits: impl Fn(Rank, &[K]) -> bool,
    worst: &mut Worst,
) {
    for (cycle, before) in cycles {
        let edges = evidence(graph, cycle);
        let verdict = cycle::judge(&edges, |rank| rank < *before);
        if verdict.rank < *before && admits(verdict.rank, cycle) {
            worst.offer(verdict.rank, cycle.len(), || chosen(&edges, &verdict));
        }
    }
}

/// Returns what is known of each edge of a cycle.
fn evidence<'a, K: Copy + Eq + Hash>(graph: &'a LockOrderGraph<K, Evidence>, cycle: &[K]) -> Vec<&'a [Step]> {
    let ends = cycle.iter().zip(cycle.iter().cycle().skip(1));
    ends.map(|(&from, &to)| graph.edge(from, to).map_or(&[][..], Evidence::steps)).collect()
}

fn chosen(edges: &[&[Step]], verdict: &Verdict) -> Vec<Step> {
    edges.iter().zip(&verdict.chosen).map(|(steps, &chosen)| steps[chosen].clone()).collect()
}

/// True if a cycle of classes has no excuse, and nothing as bad was told of these classes.
fn is_news(told: &FxHashMap<Vec<LockClass>, Rank>, rank: Rank, cycle: &[LockClass]) -> bool {
    rank <= Rank::WriterBetween && told.get(&classes_of(cycle.iter().copied())).is_none_or(|told| rank < *told)
}

/// Returns the classes of a cycle, in a fixed order.
fn classes_of(cycle: impl Iterator<Item = LockClass>) -> Vec<LockClass> {
    let mut classes: Vec<LockClass> = cycle.collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Returns all the evidence of a graph.
fn steps<K: Copy + Eq + Hash>(graph: &LockOrderGraph<K, Evidence>) -> impl Iterator<Item = &Step> {
    graph.edges().flat_map(|(.., edge)| edge.steps())
}

/// Returns the threads that anybody may ask about.
fn authors(
    locks: &LockOrderGraph<LockId, Evidence>,
    classes: &LockOrderGraph<LockClass, Evidence>,
    contexts: &FxHashMap<QuestionHash, Arc<Witness>>,
) -> FxHashSet<ThreadId> {
    let kept = steps(locks).chain(steps(classes)).map(|step| &step.witness).chain(contexts.values());
    kept.map(|witness| witness.thread).collect()
}
