//! The language of the house: locks, threads, ways to take a lock, and the question a request asks.
//!
//! Must not know: names of things, output, how a lock is built.
//! INVARIANT: everything here is plain `Copy` data; ids only.

use crate::rt;

/// One lock object, numbered at its first acquisition and never reused. Ids are well mixed: sums of them are hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LockId(pub u64);

/// One thread, numbered when it first meets the detector and never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ThreadId(pub u32);

#[cfg(feature = "tokio")]
impl ThreadId {
    /// Returns what stands for the task with this id of its runtime's, for as long as that runs.
    pub(crate) fn of_task(id: u64) -> Self {
        Self(id as u32 & !TASK | TASK)
    }
}

/// The bit of a number that is a task's. Threads are numbered from 1, and there are fewer.
pub(crate) const TASK: u32 = 1 << 31;

/// A thread's count of its own starts and joins; the first segment is tick 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Tick(pub u32);

/// An interned name; 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Name(pub u32);

/// How a lock is taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// Alone.
    Exclusive,
    /// With other readers, but behind a writer that waits already (std's `RwLock::read`).
    Shared,
    /// With other readers, past any waiting writer. No lock of std does; recorded orders of other locks may.
    SharedRecursive,
    /// As one of several who may have it at once, whoever else has it: a permit of a semaphore. It has no order.
    Permit,
}

/// What kind of thing a thread requests or waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Mutex,
    RwLock,
    RLock,
    /// A mutex that tasks own.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tokio's"))]
    TaskMutex,
    /// A read-write lock that tasks own.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tokio's"))]
    TaskRwLock,
    /// A semaphore that tasks wait for.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tokio's"))]
    TaskSemaphore,
    /// A notification between tasks.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tokio's"))]
    Notify,
    Once,
    OnceLock,
    LazyLock,
    /// A lock between processes, named by its file.
    ProcessLock,
    Condvar,
    Barrier,
    /// A channel without a bound.
    Channel,
    /// A bounded channel.
    SyncChannel,
    /// A thread, waited for by `join` or by the end of its scope.
    Thread,
    /// The running thread's own token, by which others wake it from `park`.
    Park,
    /// A watched cell that unsafe code reaches into.
    UnsafeCell,
    /// A watched cell whose value is copied in and out.
    Shared,
    Atomic,
    /// Memory that the user watches by hand.
    Memory,
    Semaphore,
    Event,
    Queue,
    LifoQueue,
    PriorityQueue,
}

/// What a thread does to a thing that is no lock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Deed {
    /// Requests a lock, or waits for an initialiser to end.
    Request,
    /// Waits on a condition variable.
    Wait,
    /// Waits on a condition variable, for a time.
    WaitTimeout,
    /// Waits at a barrier for others to arrive.
    Arrive,
    /// Receives from an empty channel.
    Receive,
    /// Sends to a full channel.
    Send,
    /// Waits for a thread's end.
    Join,
    /// Waits for the ends of a scope's threads.
    EndScope,
    /// Waits to be unparked.
    Park,
    /// Notifies a condition variable.
    Notify,
    /// Reads a value.
    Read,
    /// Writes a value.
    Write,
    /// Reads a value and writes another in one step.
    Update,
    /// Waits for a permit.
    Acquire,
    /// Gives a permit back that nobody had a guard of.
    Release,
    /// Waits for an event.
    WaitEvent,
    /// Raises an event.
    Set,
    /// Gets an item from a queue, or waits for one.
    Get,
    /// Puts an item into a queue, or waits for a place.
    Put,
    /// Waits until all of a queue's items are done.
    JoinTasks,
    /// Tells an item of a queue as done.
    TaskDone,
}

/// Which way a value goes in an access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Way {
    /// It looks.
    Read,
    /// It changes, and may look.
    Write,
}

/// A small value that was read or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Address(usize),
}

impl Value {
    /// Returns a word that differs where values of one kind differ.
    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        match self {
            Self::Bool(value) => u64::from(value),
            Self::Signed(value) => value.cast_unsigned(),
            Self::Unsigned(value) => value,
            Self::Address(value) => value as u64,
        }
    }

    /// Returns the value of the same kind that these bits stand for.
    pub(crate) fn of_same_kind(self, bits: u64) -> Self {
        match self {
            Self::Bool(_) => Self::Bool(bits != 0),
            Self::Signed(_) => Self::Signed(bits.cast_signed()),
            Self::Unsigned(_) => Self::Unsigned(bits),
            Self::Address(_) => Self::Address(bits as usize),
        }
    }
}

/// What is known of a request when the code is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    pub kind: Kind,
    pub mode: Mode,
    pub type_name: fn() -> &'static str,
}

impl Access {
    /// True if its holder is the only one.
    #[inline(always)]
    pub(crate) fn is_alone(&self) -> bool {
        self.mode.is_exclusive()
    }
}

/// The locks of one type that were created at one place under one name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct LockClass {
    pub created: rt::Site,
    pub name: Name,
    /// The kind of lock and what it guards, unless a name says what belongs together: one place may create many
    /// (`Default`, a generic constructor).
    pub of: Option<(Kind, &'static str)>,
}

impl LockClass {
    pub(crate) fn new(created: rt::Site, name: Name, access: &Access) -> Self {
        let of = (name == Name(0)).then(|| (access.kind, (access.type_name)()));
        Self { created, name, of }
    }

    /// True if nothing tells the locks from others: created inside std (`Arc::default`, `Entry::or_default`), no name.
    pub(crate) fn is_of_std(&self) -> bool {
        self.name == Name(0) && self.created.file().starts_with("/rustc/")
    }
}

/// One entry of a thread's held set.
// COST: six stores; the unlock that follows is a locked instruction and waits for each of them.
#[derive(Clone, Copy)]
pub(crate) struct HeldLock {
    pub lock: LockId,
    pub created: rt::Site,
    pub access: &'static Access,
    /// Where it was requested.
    pub site: rt::Site,
    /// The lock's answered question when it was acquired: its only order if nothing was recorded of it since.
    pub known: u64,
    pub note: Note,
}

/// A held lock's name, and what came to be noted of it while it was held: marks, and the segment in which it was
/// acquired if that is over. One word, so that it is one store.
#[derive(Clone, Copy)]
pub(crate) struct Note(u64);

/// What must happen when an entry of the held set is released.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Mark {
    /// Its guard may have gone to another task.
    #[cfg(feature = "tokio")]
    Movable = 1 << 61,
    /// The lock-order graph knows the lock: it must hear of its death.
    Recorded = 1 << 62,
    /// A thread was started under it.
    Lent = 1 << 63,
}

impl Note {
    const TICK: u32 = 32;
    const TICKS: u64 = (1 << 29) - 1;

    #[inline(always)]
    pub(crate) fn new(name: Name) -> Self {
        Self(u64::from(name.0))
    }

    pub(crate) fn name(self) -> Name {
        Name(self.0 as u32)
    }

    /// True if nothing is to be done when it is released.
    #[inline(always)]
    pub(crate) fn is_unmarked(self) -> bool {
        self.0 < Mark::Recorded as u64
    }

    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & mark as u64 != 0
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.0 |= mark as u64;
    }

    /// Returns the segment of the acquisition, if it is over.
    pub(crate) fn tick(self) -> Option<Tick> {
        let tick = self.0 >> Self::TICK & Self::TICKS;
        (tick != 0).then_some(Tick(tick as u32))
    }

    /// The thread goes on to another segment.
    pub(crate) fn leave(&mut self, tick: Tick) {
        if self.tick().is_none() {
            self.0 |= (u64::from(tick.0) & Self::TICKS) << Self::TICK;
        }
    }
}

#[cfg(feature = "tokio")]
impl Kind {
    /// True if a task that waits for it gives its thread to others.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::TaskMutex | Self::TaskRwLock | Self::TaskSemaphore | Self::Notify)
    }
}

impl HeldLock {
    pub(crate) fn class(&self) -> LockClass {
        LockClass::new(self.created, self.note.name(), self.access)
    }
}

/// Returns what of it has an order: one of several permits keeps nobody out for sure.
pub(crate) fn ordered(mut held: Vec<HeldLock>) -> Vec<HeldLock> {
    held.retain(|held| held.access.mode != Mode::Permit);
    held
}

impl rt::Entry for HeldLock {
    #[inline(always)]
    fn key(&self) -> u64 {
        self.lock.0
    }

    #[inline(always)]
    fn weight(&self) -> u64 {
        // An order begins where its first lock was acquired, so the segment of that is a part of the context.
        self.access.mode.weight(self.lock).wrapping_add((self.note.0 >> Note::TICK & Note::TICKS).wrapping_mul(STEP))
    }
}

impl Mode {
    /// Returns the summand of a held lock in the hash of the held set.
    #[inline(always)]
    pub(crate) fn weight(self, lock: LockId) -> u64 {
        match self {
            Self::Exclusive => lock.0,
            Self::Shared => lock.0.rotate_left(23),
            Self::SharedRecursive => lock.0.rotate_left(41),
            Self::Permit => lock.0.rotate_left(11),
        }
    }

    /// Returns the summand of the requested mode in the hash of a question.
    #[inline(always)]
    pub(crate) fn tag(self) -> u64 {
        match self {
            Self::Exclusive => 0x6a09_e667_f3bc_c909,
            Self::Shared => 0xbb67_ae85_84ca_a73b,
            Self::SharedRecursive => 0x3c6e_f372_fe94_f82b,
            Self::Permit => 0xa54f_f53a_5f1d_36f1,
        }
    }

    /// True if only one thread can have the lock in this mode.
    pub(crate) fn is_exclusive(self) -> bool {
        self == Self::Exclusive
    }
}

/// The hash of a question: this thread in this segment, holding these locks in these modes, requests at this place.
///
/// What is requested is not part of it: many locks may be asked for in the same words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct QuestionHash(pub u64);

impl QuestionHash {
    /// `context` is the hash of the held set, based on who holds it in which segment.
    #[inline(always)]
    pub(crate) fn new(context: u64, mode: Mode, site: rt::Site) -> Self {
        // The context is well mixed and differs where anything but mode and site does; those need only differ.
        Self(context.wrapping_add(mode.tag().wrapping_add(site.bits())))
    }

    /// Returns the hash of the question about one lock.
    #[inline(always)]
    pub(crate) fn about(self, lock: LockId) -> u64 {
        self.0.rotate_left(32) ^ lock.0
    }

    /// Returns the hash of the fact that a lock remembers this question.
    pub(crate) fn about_memory(self) -> u64 {
        mix(self.0)
    }

    /// Returns the hash of the question about a lock of this class that was never held yet.
    pub(crate) fn about_class(self, class: LockClass) -> u64 {
        let of = class.of.map_or(0, |(_, guards)| guards.as_ptr().addr() as u64);
        self.0.rotate_left(32) ^ mix(class.created.bits() ^ u64::from(class.name.0) ^ of.rotate_left(32))
    }
}

/// Numbers that are to be mixed quickly are multiples of this.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a number, one to one.
///
/// Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(STEP);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Mixes a multiple of [`STEP`], one to one.
// COST: one round of the above: a new lock's number is stored before it can be unlocked, and five cycles are a tenth of
// its first lock and unlock.
#[inline(always)]
pub(crate) const fn mix_quickly(multiple: u64) -> u64 {
    let number = (multiple ^ (multiple >> 32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number ^ (number >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn sums_of_few_ids_are_all_different() {
        let ids: Vec<u64> = (1..=120u64).map(|number| mix_quickly(number.wrapping_mul(STEP))).collect();
        let mut sums = HashSet::new();
        for (first, one) in ids.iter().enumerate() {
            for (second, two) in ids.iter().enumerate().skip(first + 1) {
                assert!(sums.insert(one.wrapping_add(*two)));
                for three in &ids[second + 1..] {
                    assert!(sums.insert(one.wrapping_add(*two).wrapping_add(*three)));
                }
            }
        }
        assert_eq!(sums.len(), 120 * 119 / 2 + 120 * 119 * 118 / 6);
    }
}
