//! What a thread knows to have happened, handed over with messages, notifications and the like.
//!
//! Must not know: what carries it.
//! INVARIANT: nobody is told to know more than was handed over; who takes nothing may have been told, so an order that is
//! not seen here costs an excuse and never invents one.

use super::live::KNOWN;
use super::thread::{Thread, here, order};
use super::times::Given;
use crate::analysis::clock::VectorClock;
use crate::config::WATCHED;
use crate::event::{self, LockId};
use crate::rt::Switch;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// What one thread hands over to another. It is empty until threads nest locks or access watched cells, and costs nothing
/// then.
#[derive(Clone, Default)]
pub(crate) struct Stamp {
    /// By which the orders of requests are excused: what is left out here costs an excuse.
    pub(super) order: Option<Arc<VectorClock>>,
    /// By which accesses are ordered: what is left out here would be a race.
    pub(super) races: Given,
}

/// A thread's side of its hand-overs.
pub(super) struct Knowledge {
    /// True if it asked something in this segment.
    asked: Cell<bool>,
    /// What it hands over until it learns more; `None` if that is to be found out.
    given: Cell<ManuallyDrop<Option<Option<Arc<VectorClock>>>>>,
    /// True if that is known to be nothing.
    // COST: this can be read without moving it.
    gives_nothing: Cell<bool>,
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
            gives_nothing: Cell::new(false),
            taken: Cell::new(ManuallyDrop::new(Vec::new())),
        }
    }

    /// The thread asks something.
    pub(super) fn ask(&self) {
        if !self.asked.replace(true) {
            self.keep(None);
        }
    }

    /// The thread goes on to another segment.
    pub(super) fn advance(&self) {
        self.asked.set(false);
        self.keep(None);
    }

    fn keep(&self, given: Option<Option<Arc<VectorClock>>>) {
        self.gives_nothing.set(matches!(given, Some(None)));
        drop(ManuallyDrop::into_inner(self.given.replace(ManuallyDrop::new(given))));
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
        Self { order: None, races: Given::new() }
    }

    /// Returns what orders requests, and no accesses.
    pub(super) fn of(order: Option<Arc<VectorClock>>) -> Self {
        Self { order, ..Self::new() }
    }

    /// Returns what the running thread hands over now.
    ///
    /// # Cost
    /// A few loads, and a count if there is anything; after new nested locks, a visit to the detector's shared state.
    #[inline]
    pub(crate) fn here() -> Self {
        if here().knowledge.gives_nothing.get() && !WATCHED.have(&[Switch::Races]) {
            return Self::new();
        }
        Self::found_here()
    }

    #[cold]
    #[inline(never)]
    fn found_here() -> Self {
        let races = Given::here();
        Self { order: here().give(), races }
    }

    /// The running thread takes what was handed over.
    ///
    /// # Cost
    /// A compare if there is nothing new in it.
    #[inline]
    pub(crate) fn take(&self) {
        self.races.take();
        here().reads.clear();
        if let Some(clock) = &self.order {
            here().take(clock);
        }
    }

    /// Like [`Stamp::take`], of what stays the same for ever and is found by `lock` again and again.
    ///
    /// # Cost
    /// A look into the set of known questions.
    pub(crate) fn take_once(&self, lock: LockId) {
        self.races.take();
        if self.order.is_none() {
            return;
        }
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
        self.order.is_none() && self.races.is_empty()
    }

    /// Adds what somebody else handed over.
    #[inline]
    pub(crate) fn join(&mut self, other: Self) {
        if !other.is_empty() {
            self.add(other);
        }
    }

    fn add(&mut self, other: Self) {
        self.races.join(&other.races);
        match (&mut self.order, other.order) {
            (_, None) => {}
            (Some(mine), Some(theirs)) if mine.includes(&theirs) => {}
            (Some(mine), Some(theirs)) => Arc::make_mut(mine).join(&theirs),
            (mine @ None, theirs) => *mine = theirs,
        }
    }

    /// Becomes what is handed over by one of two, nobody knows which.
    pub(crate) fn meet(&mut self, other: &Self) {
        // Both may be what orders an access.
        self.races.join(&other.races);
        match (&mut self.order, &other.order) {
            (Some(mine), Some(theirs)) => Arc::make_mut(mine).meet(theirs),
            (mine, _) => *mine = None,
        }
    }
}

impl Thread {
    fn give(&self) -> Option<Arc<VectorClock>> {
        let given = ManuallyDrop::into_inner(self.knowledge.given.replace(ManuallyDrop::new(None)));
        let order = given.unwrap_or_else(|| self.give_anew());
        self.knowledge.keep(Some(order.clone()));
        order
    }

    #[cold]
    fn give_anew(&self) -> Option<Arc<VectorClock>> {
        let _inside = self.gate.enter()?;
        let (held, asked) = (self.held.copied(), self.knowledge.asked.get());
        let (clock, tick) = order(|order| order.segments.give(self.number(), asked, &held));
        if let Some(tick) = tick {
            self.set_tick(tick);
        }
        clock
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
                self.knowledge.keep(None);
            }
            if taken.len() == MOST_TAKEN {
                taken.remove(0);
            }
            taken.push(clock.clone());
        }
        self.knowledge.taken.set(ManuallyDrop::new(taken));
    }
}
