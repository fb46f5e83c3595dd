//! What threads hand over through locks and atomics: a table of clocks, found by what they hang on.
//!
//! Must not know: what is accessed, what a lock is.
//! Source: the clock of each lock in FastTrack (Flanagan, Freund 2009). We differ: a table instead of a clock in each lock,
//! so that locks and atomics carry nothing, and nothing is to be freed. Two that share a row hand over to each other too,
//! which hides races and invents none.
//! INVARIANT: a release is told before what it releases can be seen, an acquire after what it acquires was seen. A row only
//! grows: a relaxed store does not take back what an earlier one released, since no reader can tell which of them it saw.

use super::thread::{Thread, here};
use super::times::Times;
use crate::analysis::epoch::RaceClock;
use crate::config::WATCHED;
use crate::event::{self, Access, Kind, LockId};
use crate::rt::{Ordering, Stamped, Switch};

const BITS: u32 = 15;

/// All zeros, so that only rows that are used take memory.
static ROWS: [Stamped<RaceClock>; 1 << BITS] = [const { Stamped::new(RaceClock::new()) }; 1 << BITS];

/// What hands over, by its well mixed number.
#[derive(Clone, Copy)]
struct Key(u64);

/// Which of several hand-overs a lock or a thing makes; by how far its number is turned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// Writers of a lock, to all.
    Writers = 0,
    /// Readers of a lock, to its next writer.
    Readers = 13,
    /// The receiver of a bounded channel, with the places that it frees, to its senders.
    Places = 29,
    /// Whoever leaves a channel, to those who find that nobody is there.
    Ends = 53,
}

impl Key {
    #[inline(always)]
    fn of(lock: LockId, side: Side) -> Self {
        Self(lock.0.rotate_left(side as u32))
    }

    /// Returns the key of an atomic.
    #[inline(always)]
    fn at(address: usize) -> Self {
        Self((address as u64).wrapping_mul(event::STEP))
    }

    #[inline(always)]
    fn row(self) -> &'static Stamped<RaceClock> {
        &ROWS[(self.0 >> (u64::BITS - BITS)) as usize]
    }
}

/// The thread has taken a lock.
#[inline]
pub(super) fn acquired(thread: &Thread, lock: LockId, access: &Access) {
    acquire(thread, Key::of(lock, Side::Writers));
    if access.kind == Kind::RwLock && access.is_alone() {
        acquire_from_readers(thread, lock);
    }
}

/// The running thread has a lock for itself, by what only the compiler sees. So it comes after all who held it.
#[cold]
pub(crate) fn had_alone(lock: LockId) {
    if WATCHED.have(&[Switch::Races]) {
        let thread = here();
        acquire(&thread, Key::of(lock, Side::Writers));
        acquire_from_readers(&thread, lock);
    }
}

#[inline(never)]
fn acquire_from_readers(thread: &Thread, lock: LockId) {
    acquire(thread, Key::of(lock, Side::Readers));
}

/// The running thread is about to give a lock back.
#[inline]
pub(crate) fn released(lock: LockId, is_exclusive: bool) {
    release(&here(), Key::of(lock, if is_exclusive { Side::Writers } else { Side::Readers }));
}

/// The running thread hands over at one side of a thing.
pub(crate) fn give_at(thing: LockId, side: Side) {
    release(&here(), Key::of(thing, side));
}

/// The running thread takes what was handed over at one side of a thing.
pub(crate) fn take_at(thing: LockId, side: Side) {
    acquire(&here(), Key::of(thing, side));
}

/// The thread takes what was handed over.
#[inline(always)]
fn acquire(thread: &Thread, key: Key) {
    let row = key.row();
    if thread.times.is_news(row.stamp()) {
        take(thread, row, Times::take);
    }
}

/// The thread hands over what it has done.
#[inline(always)]
fn release(thread: &Thread, key: Key) {
    thread.meet();
    let (row, version) = (key.row(), thread.times.version());
    if version != 0 && row.stamp() != version {
        give(thread, row);
    }
}

/// The running thread has loaded from an atomic.
#[inline(always)]
pub(crate) fn loaded(address: usize, order: Ordering) {
    let (thread, key) = (here(), Key::at(address));
    if acquires(order) {
        return acquire(&thread, key);
    }
    let row = key.row();
    if thread.times.may_load(row.stamp()) {
        take(&thread, row, Times::load);
    }
}

/// The running thread is about to store to an atomic.
#[inline(always)]
pub(crate) fn storing(address: usize, order: Ordering) {
    let (thread, key) = (here(), Key::at(address));
    if releases(order) {
        release(&thread, key);
    } else if thread.times.is_fenced() {
        give_fenced(&thread, key.row());
    }
}

/// The running thread has fenced. What it acquires by that is released by the relaxed stores after it.
pub(crate) fn fenced(order: Ordering) {
    let thread = here();
    if thread.gate.is_inside() {
        return;
    }
    thread.meet();
    if acquires(order) {
        thread.times.fence_acquire();
    }
    if releases(order) {
        thread.times.fence_release();
    }
}

#[inline(always)]
fn acquires(order: Ordering) -> bool {
    // ORDERING: the user's own; nothing is ordered here.
    matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

#[inline(always)]
fn releases(order: Ordering) -> bool {
    // ORDERING: the user's own; nothing is ordered here.
    matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

#[cold]
fn take(thread: &Thread, row: &Stamped<RaceClock>, take: impl FnOnce(&Times, &RaceClock, u64)) {
    // REENTRANCY: what the detector itself does here, as to allocate, orders nothing of the user's.
    if !thread.gate.is_inside() {
        thread.meet();
        row.change(|clock, stamp| (stamp, take(&thread.times, clock, stamp)));
    }
}

#[cold]
fn give(thread: &Thread, row: &Stamped<RaceClock>) {
    // REENTRANCY: as in `take`.
    if !thread.gate.is_inside() {
        thread.times.give(|mine, version| {
            row.change(|theirs, _| {
                theirs.join(mine);
                (if mine.includes(theirs) { version } else { thread.times.new_version() }, ())
            });
        });
    }
}

#[cold]
fn give_fenced(thread: &Thread, row: &Stamped<RaceClock>) {
    // REENTRANCY: as in `take`.
    if !thread.gate.is_inside() {
        thread.times.give_fenced(|fenced| {
            row.change(|theirs, stamp| (if theirs.join(fenced) { thread.times.new_version() } else { stamp }, ()));
        });
    }
}
