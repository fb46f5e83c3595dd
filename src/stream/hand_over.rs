//! What a thread knows to have happened, handed over with messages, notifications and the like.
//!
//! Must not know: what carries it.
//! INVARIANT: nobody is told to know more than was handed over; who takes nothing may have been told, so an order that is
//! not seen here costs an excuse and never invents one.

use super::live::KNOWN;
use super::thread::{Thread, here, order};
use crate::analysis::clock::VectorClock;
use crate::event::{self, LockId};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// What one thread hands over to another. It is empty until threads nest locks, and costs nothing then.
#[derive(Clone, Default)]
pub(crate) struct Stamp(pub(super) Option<Arc<VectorClock>>);

/// A thread's side of its hand-overs.
pub(super) struct Knowledge {
    /// True if it asked something in this segment.
    asked: Cell<bool>,
    /// What it hands over until it learns more.
    given: Cell<ManuallyDrop<Option<Stamp>>>,
    /// What it took lately.
    taken: Cell<ManuallyDrop<Vec<Arc<VectorClock>>>>,
}

/// Senders whose last message is remembered, so that the next one with the same knowledge costs a compare.
const MOST_TAKEN: usize = 8;

impl Knowledge {
    pub(super) const fn new() -> Self {
        Self {
            asked: Cell::new(false),
            given: Cell::new(ManuallyDrop::new(None)),
            taken: Cell::new(ManuallyDrop::new(Vec::new())),
        }
    }

    /// The thread asks something.
    pub(super) fn ask(&self) {
        if !self.asked.replace(true) {
            drop(ManuallyDrop::into_inner(self.given.replace(ManuallyDrop::new(None))));
        }
    }

    /// The thread goes on to another segment.
    pub(super) fn advance(&self) {
        self.asked.set(false);
        drop(ManuallyDrop::into_inner(self.given.replace(ManuallyDrop::new(None))));
    }

    /// The thread ends.
    pub(super) fn clear(&self) {
        self.advance();
        drop(ManuallyDrop::into_inner(self.taken.replace(ManuallyDrop::new(Vec::new()))));
    }
}

impl Stamp {
    /// Returns nothing to hand over.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Returns what the running thread hands over now.
    ///
    /// # Cost
    /// A few loads, and a count if there is anything; after new nested locks, a visit to the detector's shared state.
    pub(crate) fn here() -> Self {
        here().give()
    }

    /// The running thread takes what was handed over.
    ///
    /// # Cost
    /// A compare if there is nothing new in it.
    #[inline]
    pub(crate) fn take(&self) {
        if let Some(clock) = &self.0 {
            here().take(clock);
        }
    }

    /// Like [`Stamp::take`], of what stays the same for ever and is found by `lock` again and again.
    ///
    /// # Cost
    /// A look into the set of known questions.
    pub(crate) fn take_once(&self, lock: LockId) {
        let thread = here();
        let hash = event::mix(lock.0 ^ event::mix(u64::from(thread.number().0)));
        if !KNOWN.contains(hash) {
            self.take();
            if let Some(_inside) = thread.gate.enter() {
                order(|_| KNOWN.insert(hash));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds what somebody else handed over.
    pub(crate) fn join(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (_, None) => {}
            (Some(mine), Some(theirs)) if mine.includes(&theirs) => {}
            (Some(mine), Some(theirs)) => Arc::make_mut(mine).join(&theirs),
            (mine @ None, theirs) => *mine = theirs,
        }
    }

    /// Keeps what somebody else handed over too.
    pub(crate) fn meet(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Some(mine), Some(theirs)) => Arc::make_mut(mine).meet(theirs),
            (mine, _) => *mine = None,
        }
    }
}

impl Thread {
    fn give(&self) -> Stamp {
        let given = ManuallyDrop::into_inner(self.knowledge.given.replace(ManuallyDrop::new(None)));
        let stamp = given.unwrap_or_else(|| self.give_anew());
        self.knowledge.given.set(ManuallyDrop::new(Some(stamp.clone())));
        stamp
    }

    #[cold]
    fn give_anew(&self) -> Stamp {
        let Some(_inside) = self.gate.enter() else { return Stamp(None) };
        let (held, asked) = (self.held.copied(), self.knowledge.asked.get());
        let (clock, tick) = order(|order| order.segments.give(self.number(), asked, &held));
        if let Some(tick) = tick {
            self.set_tick(tick);
        }
        Stamp(clock)
    }

    fn take(&self, clock: &Arc<VectorClock>) {
        let mut taken = ManuallyDrop::into_inner(self.knowledge.taken.replace(ManuallyDrop::new(Vec::new())));
        if !taken.iter().any(|known| Arc::ptr_eq(known, clock))
            && let Some(_inside) = self.gate.enter()
        {
            let (held, asked) = (self.held.copied(), self.knowledge.asked.get());
            let (news, tick) = order(|order| order.take(self.number(), clock, asked, &held));
            if let Some(tick) = tick {
                self.set_tick(tick);
            } else if news {
                drop(ManuallyDrop::into_inner(self.knowledge.given.replace(ManuallyDrop::new(None))));
            }
            if taken.len() == MOST_TAKEN {
                taken.remove(0);
            }
            taken.push(clock.clone());
        }
        self.knowledge.taken.set(ManuallyDrop::new(taken));
    }
}
