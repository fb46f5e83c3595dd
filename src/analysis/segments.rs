//! Which part of one thread is ordered before which part of another, by starts, joins and other hand-overs.
//!
//! Must not know: lock classes, cycles.
//! Source: the segment graph of Bensalem and Havelund 2005. We differ: clocks instead of a graph, and a lock that the
//! starter holds until it has joined the started thread guards that thread too.
//! INVARIANT: a thread's tick grows at each of its starts and joins, and at its first few other hand-overs that follow on
//! nested locks. What was learned in a segment was learned after all that the segment knows.

use super::clock::VectorClock;
use crate::event::{HeldLock, LockId, ThreadId, Tick};
use crate::finding::Inherited;
use crate::rt::Flag;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// All threads that run.
#[derive(Default)]
pub(crate) struct Segments(FxHashMap<ThreadId, Segment>);

/// Where one thread stands.
struct Segment {
    tick: Tick,
    clock: Arc<VectorClock>,
    /// Former segments in which a lock was acquired that may still be held, oldest first.
    past: Vec<(Tick, Arc<VectorClock>)>,
    inherited: Vec<Arc<Inherited>>,
    lent: Vec<Lent>,
    /// A clock that is longer than this is pruned at the next join.
    long: usize,
    /// Segments that were begun by hand-overs which need not begin one.
    hand_overs: u32,
}

/// Segments of a thread that begin with a message or the like. A thread that goes on so stays in its last segment: what it
/// does there is not ordered, as if it were one long turn.
// COST: each segment asks its questions anew, a microsecond each, and an edge keeps eight witnesses. Phases of a program
// (set up, hand over, run) are few; a loop that passes a message each turn would ask for ever.
const MOST_HAND_OVERS: u32 = 8;

/// A clock of this length is not worth pruning.
const SHORT_CLOCK: usize = 64;

/// A thread that was started under a lock which its starter still holds.
struct Lent {
    child: ThreadId,
    gate: Arc<Inherited>,
    /// The child's last segment, once it has ended.
    end: Option<Tick>,
}

impl Default for Segment {
    fn default() -> Self {
        Self {
            tick: Tick(1),
            clock: Arc::default(),
            past: Vec::new(),
            inherited: Vec::new(),
            lent: Vec::new(),
            long: SHORT_CLOCK,
            hand_overs: 0,
        }
    }
}

impl Segments {
    /// `parent` starts `child` while it holds `held`. Returns the parent's new tick.
    pub(crate) fn fork(&mut self, parent: ThreadId, child: ThreadId, held: &[HeldLock]) -> Tick {
        let starter = self.0.entry(parent).or_default();
        let mut clock = VectorClock::clone(&starter.clock);
        clock.set(parent, starter.tick);
        let tick = starter.advance(held);
        // What guards the starter from outside guards the started thread for as long as its holder keeps it.
        let outer = starter.inherited.iter().filter(|gate| !gate.revoked.is_up());
        let mut gates: Vec<_> = outer.map(|gate| (gate.held, gate.holder)).collect();
        gates.extend(held.iter().map(|held| (*held, parent)));
        let lend = |(held, holder)| Arc::new(Inherited { held, holder, revoked: Flag::default() });
        let inherited: Vec<Arc<Inherited>> = gates.into_iter().map(lend).collect();
        for gate in &inherited {
            if let Some(holder) = self.0.get_mut(&gate.holder) {
                holder.lent.push(Lent { child, gate: gate.clone(), end: None });
            }
        }
        self.0.insert(child, Segment { clock: Arc::new(clock), inherited, ..Segment::default() });
        tick
    }

    /// `thread` is at `tick`, if nothing is known of it yet.
    #[cfg(feature = "tokio")]
    pub(crate) fn begin(&mut self, thread: ThreadId, tick: Tick) {
        self.0.entry(thread).or_insert_with(|| Segment { tick, ..Segment::default() });
    }

    /// `thread`, which holds `held`, has seen the end of a thread whose last clock was `end`. Returns its new tick.
    ///
    /// `authors` gives the threads that anybody may ask about; others need no entry in a clock.
    pub(crate) fn join(
        &mut self,
        thread: ThreadId,
        end: &VectorClock,
        held: &[HeldLock],
        authors: impl FnOnce() -> FxHashSet<ThreadId>,
    ) -> Tick {
        let segment = self.0.entry(thread).or_default();
        let tick = segment.advance(held);
        segment.learn(end, authors);
        tick
    }

    /// `thread` hands over what it knows; `asked` if anything was learned from it in this segment. Returns what the taker
    /// will know, and the thread's new tick if its segment is over.
    pub(crate) fn give(
        &mut self,
        thread: ThreadId,
        asked: bool,
        held: &[HeldLock],
    ) -> (Option<Arc<VectorClock>>, Option<Tick>) {
        let segment = self.0.entry(thread).or_default();
        let tick = asked.then(|| segment.hand_over(held)).flatten();
        let mut clock = VectorClock::clone(&segment.clock);
        if segment.tick > Tick(1) {
            clock.set(thread, Tick(segment.tick.0 - 1));
        }
        ((!clock.is_empty()).then(|| Arc::new(clock)), tick)
    }

    /// `thread` takes what was handed over. Returns whether it knows more now, and its new tick if its segment is over.
    pub(crate) fn take(
        &mut self,
        thread: ThreadId,
        given: &VectorClock,
        asked: bool,
        held: &[HeldLock],
        authors: impl FnOnce() -> FxHashSet<ThreadId>,
    ) -> (bool, Option<Tick>) {
        let segment = self.0.entry(thread).or_default();
        if segment.clock.includes(given) {
            return (false, None);
        }
        // A segment in which nothing began yet may as well begin with this.
        let is_young = !asked && held.is_empty();
        let tick = if is_young { None } else { segment.hand_over(held) };
        let takes = is_young || tick.is_some();
        if takes {
            segment.learn(given, authors);
        }
        (takes, tick)
    }

    /// `thread` ends. Returns what its joiner will know.
    pub(crate) fn finish(&mut self, thread: ThreadId) -> VectorClock {
        let segment = self.0.remove(&thread).unwrap_or_default();
        let holders: Vec<ThreadId> = segment.inherited.iter().map(|gate| gate.holder).collect();
        drop(segment.inherited);
        for holder in holders {
            if let Some(holder) = self.0.get_mut(&holder) {
                holder
                    .lent
                    .iter_mut()
                    .filter(|lent| lent.child == thread)
                    .for_each(|lent| lent.end = Some(segment.tick));
                // A gate that no witness names excuses nothing.
                holder.lent.retain(|lent| lent.child != thread || Arc::strong_count(&lent.gate) > 1);
            }
        }
        let mut clock = Arc::unwrap_or_clone(segment.clock);
        clock.set(thread, segment.tick);
        clock
    }

    /// `thread` gives back a lock. Returns the guards over threads whose end it has not seen; they are to be revoked.
    pub(crate) fn unlend(&mut self, thread: ThreadId, lock: LockId) -> Vec<Arc<Inherited>> {
        let lent =
            self.0.get_mut(&thread).map(|segment| segment.lent.extract_if(.., |lent| lent.gate.held.lock == lock));
        lent.into_iter().flatten().map(|lent| lent.gate).collect()
    }

    /// Returns what was ordered before the segment `tick` of `thread`.
    pub(crate) fn since(&self, thread: ThreadId, tick: Tick) -> Arc<VectorClock> {
        let Some(segment) = self.0.get(&thread) else { return Arc::default() };
        let past = segment.past.iter().find(|(past, _)| *past == tick);
        past.map_or(&segment.clock, |(_, clock)| clock).clone()
    }

    /// Returns the locks that guard `thread` from outside.
    pub(crate) fn inherited(&self, thread: ThreadId) -> Box<[Arc<Inherited>]> {
        let segment = self.0.get(&thread);
        let gates = segment.into_iter().flat_map(|segment| &segment.inherited);
        gates.filter(|gate| !gate.revoked.is_up()).cloned().collect()
    }
}

impl Lent {
    /// True if whoever knows this clock has seen the thread's end.
    fn is_over(&self, clock: &VectorClock) -> bool {
        self.end.is_some_and(|end| clock.knows(self.child, end))
    }
}

impl Segment {
    /// Begins a new segment, if there are any left for a hand-over.
    fn hand_over(&mut self, held: &[HeldLock]) -> Option<Tick> {
        (self.hand_overs < MOST_HAND_OVERS).then(|| {
            self.hand_overs += 1;
            self.advance(held)
        })
    }

    fn learn(&mut self, given: &VectorClock, authors: impl FnOnce() -> FxHashSet<ThreadId>) {
        self.lent.retain(|lent| !lent.is_over(given));
        let clock = Arc::make_mut(&mut self.clock);
        clock.join(given);
        if clock.len() > self.long {
            let authors = authors();
            clock.retain(|thread| authors.contains(&thread));
            // Twice the size until the next time, so this costs O(1) a join.
            self.long = (2 * clock.len()).max(SHORT_CLOCK);
        }
    }

    fn advance(&mut self, held: &[HeldLock]) -> Tick {
        self.past.retain(|(tick, _)| held.iter().any(|held| held.note.tick() == Some(*tick)));
        if held.iter().any(|held| held.note.tick().is_none()) {
            self.past.push((self.tick, self.clock.clone()));
        }
        self.tick.0 += 1;
        self.tick
    }
}
