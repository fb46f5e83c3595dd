//! Turns sections of locks and accesses of cells into steps of one thread that another one came between.
//!
//! Must not know: values, who is ordered before whom, what a section or an access looks like to a reader.
//! Source: the triples of AVIO (Lu, Tucek, Qin, Zhou 2006). We differ: no training runs tell which triples are meant, so
//! each is told; and a section of a lock is one step, however much is done in it.
//! INVARIANT: exact within the bounds, as one last write and one last read decide it: what came after a thread's own
//! step, and before its next one, is another thread's. Past a bound the oldest step is forgotten, so that a finding may be
//! missing, and none is invented.

use crate::event::{LockId, ThreadId, Way};
use rustc_hash::FxHashMap;

/// Two steps of one thread, and another thread's step that came between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Split<W> {
    pub first: W,
    pub between: W,
    pub second: W,
}

/// What was done through the guard of a critical section.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Use {
    #[default]
    Nothing,
    Reads,
    /// Written, and not read before that.
    Writes,
    ReadsThenWrites,
}

/// A critical section that is over.
pub(crate) struct Section<W> {
    pub thread: ThreadId,
    pub usage: Use,
    pub who: W,
}

/// Finds check-then-act: a section that only read, and the same thread's next one, which wrote without a look, with
/// another thread's write between them.
pub(crate) struct Sections<W> {
    now: Turn,
    /// The last section of each lock that wrote.
    writes: FxHashMap<LockId, Step<W>>,
    /// For each thread the locks at which it only looked, in its last section of them, oldest first.
    looks: FxHashMap<ThreadId, Vec<(LockId, Step<W>)>>,
}

/// Locks whose last look a thread remembers.
// INVARIANT: what is kept is one write a lock and so many looks a thread. A thread that looks at more locks before it
// changes the first of them has forgotten that look, and no split of it is found.
const MOST_LOOKS: usize = 16;

/// Says whether a write over a value that is no longer what was read is told here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StaleWrites {
    Told,
    /// For atomics and `Shared`, of which `lost_update` tells by their values.
    Elsewhere,
}

/// Finds the triples of one cell that no serial order explains: two accesses of one thread with another's between them.
pub(crate) struct Triples<W> {
    now: Turn,
    stale_writes: StaleWrites,
    last_read: Option<Step<W>>,
    last_write: Option<Step<W>>,
    /// The last access of each thread, oldest first.
    last: Vec<(ThreadId, Way, Step<W>)>,
}

/// Threads whose last access a cell remembers.
// INVARIANT: a thread that comes back after so many others have come for the first time is new to the cell: the triple
// that its access would end is not found.
const MOST_THREADS: usize = 8;

/// A place in the order in which steps were told; the first step is turn 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct Turn(u64);

#[derive(Clone)]
struct Step<W> {
    turn: Turn,
    who: W,
}

impl Use {
    /// Returns the use of a section in which this came next.
    pub(crate) fn then(self, way: Way) -> Self {
        match (self, way) {
            (Self::Nothing, Way::Read) => Self::Reads,
            (Self::Nothing, Way::Write) => Self::Writes,
            (Self::Reads, Way::Write) => Self::ReadsThenWrites,
            _ => self,
        }
    }
}

impl<W: Clone> Sections<W> {
    /// A section of `lock` ended. Returns the split if it changes what its thread only looked at before, and another
    /// thread has changed it since.
    pub(crate) fn ended(&mut self, lock: LockId, section: Section<W>) -> Option<Split<W>> {
        let Section { thread, usage, who } = section;
        if usage == Use::Nothing {
            return None;
        }
        self.now = self.now.next();
        let step = Step { turn: self.now, who };
        let looks = self.looks.entry(thread).or_default();
        let look = looks.iter().position(|(known, _)| *known == lock).map(|place| looks.remove(place).1);
        if usage == Use::Reads {
            if looks.len() == MOST_LOOKS {
                looks.remove(0);
            }
            looks.push((lock, step));
            return None;
        }
        let before = self.writes.insert(lock, step.clone());
        // It is another thread's, as this one's last section only looked.
        let (first, between) = look.zip(before).filter(|(look, write)| write.turn > look.turn)?;
        (usage == Use::Writes).then_some(Split { first: first.who, between: between.who, second: step.who })
    }

    /// The lock is gone. Looks at it are forgotten in their turn.
    pub(crate) fn forget(&mut self, lock: LockId) {
        self.writes.remove(&lock);
    }

    /// The thread has ended: it will change nothing more.
    pub(crate) fn forget_thread(&mut self, thread: ThreadId) {
        self.looks.remove(&thread);
    }
}

impl<W> Default for Sections<W> {
    fn default() -> Self {
        Self { now: Turn::default(), writes: FxHashMap::default(), looks: FxHashMap::default() }
    }
}

impl<W: Clone> Triples<W> {
    pub(crate) fn new(stale_writes: StaleWrites) -> Self {
        Self { now: Turn::default(), stale_writes, last_read: None, last_write: None, last: Vec::new() }
    }

    /// A thread accessed the cell; one that read and wrote in one step is told twice. Returns the triple that this access
    /// ends, if no serial order explains it.
    pub(crate) fn accessed(&mut self, thread: ThreadId, way: Way, who: W) -> Option<Split<W>> {
        self.now = self.now.next();
        let step = Step { turn: self.now, who };
        let before = self.last.iter().position(|(known, ..)| *known == thread).map(|place| self.last.remove(place));
        if self.last.len() == MOST_THREADS {
            self.last.remove(0);
        }
        self.last.push((thread, way, step.clone()));
        let split = before.and_then(|(_, first_way, first)| {
            let between = match (first_way, way) {
                (Way::Read, Way::Write) if self.stale_writes == StaleWrites::Elsewhere => None,
                (Way::Write, Way::Write) => self.last_read.as_ref(),
                _ => self.last_write.as_ref(),
            };
            // It is another thread's, as it came after this one's last access.
            let between = between.filter(|between| between.turn > first.turn)?.who.clone();
            Some(Split { first: first.who, between, second: step.who.clone() })
        });
        *match way {
            Way::Read => &mut self.last_read,
            Way::Write => &mut self.last_write,
        } = Some(step);
        split
    }
}

impl Turn {
    fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
mod tests;
