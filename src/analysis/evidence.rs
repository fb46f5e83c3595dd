//! Why an edge is in a graph: the threads that were seen to hold its start and to request its end.
//!
//! Must not know: cycles, output.
//! INVARIANT: a list is bounded; what it had to drop is counted.

use crate::event::LockId;
use crate::finding::{Step, Witness};
use std::sync::Arc;

/// The evidence for one edge.
#[derive(Default)]
pub(crate) struct Evidence {
    steps: Vec<Step>,
    dropped: u64,
}

/// Witnesses an edge keeps: the first four, and the four that came last.
// COST: 8 keep a cycle of two edges at 64 pairs to judge; the first ones are what ordinary programs have.
const MOST: usize = 8;

impl Evidence {
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns how many witnesses were dropped for later ones.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// True if one more witness pushes another out.
    pub(crate) fn is_full(&self) -> bool {
        self.steps.len() == MOST
    }

    /// Adds a witness and returns its place. One that is there already keeps its place.
    pub(crate) fn add(&mut self, step: Step) -> usize {
        let is_it = |old: &Step| Arc::ptr_eq(&old.witness, &step.witness) && old.from == step.from;
        if let Some(place) = self.steps.iter().position(is_it) {
            return place;
        }
        if !self.is_full() {
            self.steps.push(step);
            return self.steps.len() - 1;
        }
        let place = MOST / 2 + (self.dropped % (MOST as u64 / 2)) as usize;
        self.dropped += 1;
        self.steps[place] = step;
        place
    }
}

impl Witness {
    /// True if these two were never at their places at once, because one thread or a start or join orders them.
    pub(crate) fn is_sequential_with(&self, from: usize, other: &Self, other_from: usize) -> bool {
        self.thread == other.thread
            || other.held[other_from].since.knows(self.thread, self.tick)
            || self.held[from].since.knows(other.thread, other.tick)
    }

    /// True if a lock that both were under keeps one of them out.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        self.gates().any(|mine| {
            other.gates().any(|theirs| {
                let same = mine.lock == theirs.lock && (mine.exclusive || theirs.exclusive);
                // What a thread holds over another one and itself lets both in; what it held twice does not.
                same && (mine.holder != theirs.holder || !(mine.lent || theirs.lent))
            })
        })
    }

    fn gates(&self) -> impl Iterator<Item = HeldBy> {
        let own = self.held.iter().map(|hold| HeldBy {
            lock: hold.held.lock,
            exclusive: hold.held.access.mode.is_exclusive(),
            holder: self.thread,
            lent: false,
        });
        let inherited = self.inherited.iter().filter(|gate| !gate.revoked.is_up());
        own.chain(inherited.map(|gate| HeldBy {
            lock: gate.held.lock,
            exclusive: gate.held.access.mode.is_exclusive(),
            holder: gate.holder,
            lent: true,
        }))
    }
}

struct HeldBy {
    lock: LockId,
    exclusive: bool,
    holder: crate::event::ThreadId,
    lent: bool,
}
