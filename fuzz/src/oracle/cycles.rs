//! What cycles are worth: every cycle of distinct locks, with every choice of events, by the definitions.
//!
//! Must not know: how events come about.
//! INVARIANT: no choice is left out, and none is judged by what was told before, but for cycles of classes.

use super::{Candidate, Event, Lock, Oracle, Rank, exclude};
use gordian::Lint;
use gordian::rehearsal::{LockName, Mode, ThreadName, Told};
use std::collections::BTreeMap;

/// An event, and which of its holds it stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Edge {
    event: usize,
    hold: usize,
}

/// A lock that is held while an event lasts.
struct Guard {
    lock: Lock,
    mode: Mode,
    holder: ThreadName,
    /// True if it is held over the event's thread, and not by it.
    is_over: bool,
}

impl Oracle {
    /// Returns the findings of cycles that an event takes part in; `is_news` is about those of classes.
    pub(super) fn judge_event(&self, event: usize, is_news: bool) -> Vec<Candidate> {
        let Event { held: holds, wanted, mode, .. } = &self.events[event];
        let mut candidates = Vec::new();
        for (hold, held) in holds.iter().enumerate() {
            let edge = Edge { event, hold };
            if held.lock != *wanted {
                let all = self.edges(|lock| lock);
                candidates.extend(
                    self.cycles(&all, held.lock, *wanted)
                        .iter()
                        .filter_map(|cycle| self.lock_candidate(cycle, self.worst(cycle, &all, Some(edge))?)),
                );
            } else if *mode == Mode::Shared {
                let told = Told::new(Lint::WriterBetween, vec![self.objects[held.lock].name]);
                candidates.push(Candidate { told, rank: Rank::WriterBetween, is_news: true });
            }
            let class = |lock: Lock| self.objects[lock].name.class;
            if class(held.lock) != class(*wanted) {
                let all = self.edges(class);
                candidates.extend(
                    self.cycles(&all, class(held.lock), class(*wanted))
                        .iter()
                        .filter_map(|cycle| self.class_candidate(cycle, self.worst(cycle, &all, Some(edge))?, is_news)),
                );
            }
        }
        candidates
    }

    /// Returns the findings of all cycles.
    pub(super) fn judge_all(&self) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let all = self.edges(|lock| lock);
        for &(from, to) in all.keys() {
            candidates.extend(
                self.cycles(&all, from, to)
                    .iter()
                    .filter_map(|cycle| self.lock_candidate(cycle, self.worst(cycle, &all, None)?)),
            );
        }
        let all = self.edges(|lock| self.objects[lock].name.class);
        for &(from, to) in all.keys() {
            candidates.extend(
                self.cycles(&all, from, to)
                    .iter()
                    .filter_map(|cycle| self.class_candidate(cycle, self.worst(cycle, &all, None)?, true)),
            );
        }
        candidates
    }

    fn lock_candidate(&self, cycle: &[Lock], rank: Rank) -> Option<Candidate> {
        let told = Told::new(rank.lint(), cycle.iter().map(|&lock| self.objects[lock].name).collect());
        cycle.iter().all(|&lock| self.objects[lock].is_alive).then_some(Candidate { told, rank, is_news: true })
    }

    /// A cycle of classes is told once, and not if as bad a cycle of their locks was told.
    fn class_candidate(&self, cycle: &[char], rank: Rank, is_news: bool) -> Option<Candidate> {
        let locks = cycle.iter().map(|&class| LockName { class, number: 0 }).collect();
        let candidate = Candidate { told: Told::new(Lint::ClassOrder, locks), rank, is_news };
        let was_told = self.told_classes.get(&candidate.classes()).is_some_and(|told| *told <= rank);
        (rank <= Rank::WriterBetween && !was_told).then_some(candidate)
    }

    /// Returns every event's edges, by what they lead from and to.
    fn edges<K: Ord + Copy>(&self, node: impl Fn(Lock) -> K) -> BTreeMap<(K, K), Vec<Edge>> {
        let mut edges: BTreeMap<(K, K), Vec<Edge>> = BTreeMap::new();
        for (event, Event { held, wanted, .. }) in self.events.iter().enumerate() {
            for (hold, held) in held.iter().enumerate() {
                if node(held.lock) != node(*wanted) {
                    edges.entry((node(held.lock), node(*wanted))).or_default().push(Edge { event, hold });
                }
            }
        }
        edges
    }

    /// Returns every cycle of distinct nodes that begins with this edge.
    fn cycles<K: Ord + Copy>(&self, edges: &BTreeMap<(K, K), Vec<Edge>>, from: K, to: K) -> Vec<Vec<K>> {
        let mut cycles = Vec::new();
        let mut paths = vec![vec![from, to]];
        while let Some(path) = paths.pop() {
            for &(_, next) in edges.keys().filter(|(tail, _)| *tail == path[path.len() - 1]) {
                if next == from {
                    cycles.push(path.clone());
                } else if !path.contains(&next) {
                    paths.push([&path[..], &[next]].concat());
                }
            }
        }
        cycles
    }

    /// Returns the rank of the worst choice of events for a cycle; the first one may be given.
    fn worst<K: Ord + Copy>(
        &self,
        cycle: &[K],
        edges: &BTreeMap<(K, K), Vec<Edge>>,
        first: Option<Edge>,
    ) -> Option<Rank> {
        let mut choices: Vec<Vec<Edge>> = vec![Vec::new()];
        for (place, &from) in cycle.iter().enumerate() {
            let to = cycle[(place + 1) % cycle.len()];
            let given = first.filter(|_| place == 0);
            let here = given.map_or_else(|| edges[&(from, to)].clone(), |edge| vec![edge]);
            choices =
                choices.iter().flat_map(|chosen| here.iter().map(|edge| [&chosen[..], &[*edge]].concat())).collect();
        }
        choices.iter().filter_map(|chosen| self.rank(chosen)).min()
    }

    /// Returns the rank of one choice of events. `None` if it is harmless.
    fn rank(&self, chosen: &[Edge]) -> Option<Rank> {
        let next = |place: usize| chosen[(place + 1) % chosen.len()];
        let waits: Option<Vec<bool>> =
            (0..chosen.len()).map(|place| self.needs_writer(chosen[place], next(place))).collect();
        let pairs = || (0..chosen.len()).flat_map(|left| (0..left).map(move |right| (chosen[left], chosen[right])));
        let needs_writer = waits?.contains(&true);
        let is_sequential = pairs().any(|(left, right)| self.is_sequential(left, right));
        let is_gated = pairs().any(|(left, right)| self.is_gated(left, right));
        match (needs_writer, is_sequential, is_gated) {
            (false, false, false) => Some(Rank::Inversion),
            (true, false, false) => Some(Rank::WriterBetween),
            (false, true, false) => Some(Rank::Sequential),
            (false, false, true) => Some(Rank::Gated),
            _ => None,
        }
    }

    /// Does the request wait for the next one's hold only if a writer came between? `None` if it never waits.
    fn needs_writer(&self, edge: Edge, next: Edge) -> Option<bool> {
        let mode = self.events[edge.event].mode;
        let waits = exclude(mode, self.events[next.event].held[next.hold].mode);
        if waits { Some(false) } else { (mode == Mode::Shared).then_some(true) }
    }

    fn is_sequential(&self, left: Edge, right: Edge) -> bool {
        let (one, other) = (&self.events[left.event], &self.events[right.event]);
        let ends_before =
            |end: &Event, start: &Event, hold: usize| self.before[start.held[hold].since].contains(&end.segment);
        one.thread == other.thread || ends_before(one, other, right.hold) || ends_before(other, one, left.hold)
    }

    fn is_gated(&self, left: Edge, right: Edge) -> bool {
        let others = self.guards(&self.events[right.event]);
        self.guards(&self.events[left.event]).iter().any(|one| {
            others.iter().any(|other| {
                // One hold of a starter lets in all that it is held over, and the starter.
                let is_one_hold = one.holder == other.holder && (one.is_over || other.is_over);
                one.lock == other.lock && exclude(one.mode, other.mode) && !is_one_hold
            })
        })
    }

    /// Returns the locks that are held while an event lasts: by its thread, and over its thread by starters.
    fn guards(&self, event: &Event) -> Vec<Guard> {
        let holder = event.thread;
        let own = event.held.iter().map(|hold| Guard { lock: hold.lock, mode: hold.mode, holder, is_over: false });
        let over = self.gates.iter().filter(|gate| gate.child == event.thread && !gate.is_void);
        let over = over.map(|gate| Guard { lock: gate.lock, mode: gate.mode, holder: gate.holder, is_over: true });
        own.chain(over).collect()
    }
}
