//! Small programs that race, and what each is when it is mended.
//!
//! Must not know: which side it is compiled for.
//! Source: `tests/it/races`, whose rows of steps are kept by std's channels. We differ: ThreadSanitizer sees those.
//! INVARIANT: only the thing under test orders the accesses: the turns are `Relaxed`, and what is shared is never freed.
//!
//! Never freed, because the last owner of an `Arc` is ordered by a fence, which ThreadSanitizer does not understand.

use std::hint::black_box;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

use super::cell::UnsafeCell;
use super::sync::atomic::{AtomicBool, fence};
use super::sync::mpsc::channel;
use super::sync::{Barrier, Condvar, Mutex, RwLock};
use super::thread;
use crate::Scenario;

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "two writes and nothing between", racy: nothing, fixed: one_mutex },
    Scenario { name: "a write and a read and nothing between", racy: write_and_read, fixed: read_and_read },
    Scenario { name: "two mutexes", racy: two_mutexes, fixed: one_mutex },
    Scenario { name: "an access after the release", racy: after_release, fixed: before_release },
    Scenario { name: "one forgets the lock", racy: forgotten, fixed: one_mutex },
    Scenario { name: "written under a read lock, both hold it", racy: read_locks_at_once, fixed: write_locks },
    Scenario { name: "written under a read lock, one by one", racy: read_locks, fixed: write_locks },
    Scenario { name: "written beside a started thread", racy: after_start, fixed: before_start },
    Scenario { name: "read before the join", racy: before_join, fixed: after_join },
    Scenario { name: "written after the message", racy: after_message, fixed: before_message },
    Scenario { name: "a flag, Relaxed or Release and Acquire", racy: relaxed_flag, fixed: release_flag },
    Scenario { name: "a flag with fences", racy: relaxed_flag, fixed: fences },
    Scenario { name: "a condition variable", racy: notified_only, fixed: waited },
    Scenario { name: "a barrier", racy: after_barrier, fixed: before_barrier },
    Scenario { name: "a lock that is fought for", racy: beside_fight, fixed: in_fight },
    Scenario { name: "memory that is not watched", racy: unwatched, fixed: unwatched_under_lock },
];

/// A cell that any thread may use.
struct Cell(UnsafeCell<u64>);

// SAFETY: no two accesses are at one time: a lock or a turn is between them, be it one that orders nothing.
unsafe impl Sync for Cell {}

impl Cell {
    fn write(&self) {
        // SAFETY: no two accesses are at one time.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) {
        // SAFETY: no two accesses are at one time.
        black_box(self.0.with(|value| unsafe { *value }));
    }
}

/// A cell that no side watches by itself.
struct Bare(std::cell::UnsafeCell<u64>);

// SAFETY: as for `Cell`.
unsafe impl Sync for Bare {}

impl Bare {
    fn write(&self) {
        // SAFETY: no two accesses are at one time.
        unsafe { *self.0.get() += 1 };
    }
}

/// A turn that one thread gives to another. std's on both sides, so gordian does not see it.
struct Turn(std::sync::atomic::AtomicBool);

impl Turn {
    fn give(&self) {
        // ORDERING: Relaxed, here and in `take`; to order nothing is the point.
        self.0.store(true, Relaxed);
    }

    fn take(&self) {
        // ORDERING: Relaxed; see `give`.
        while !self.0.load(Relaxed) {
            std::thread::yield_now();
        }
    }
}

fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn cell() -> &'static Cell {
    kept(Cell(UnsafeCell::new(0)))
}

fn mutex() -> &'static Mutex<()> {
    kept(Mutex::new(()))
}

fn turn() -> &'static Turn {
    kept(Turn(std::sync::atomic::AtomicBool::new(false)))
}

/// Two threads at one time.
fn at_once(one: impl FnOnce() + Send + 'static, other: impl FnOnce() + Send + 'static) {
    let (one, other) = (thread::spawn(one), thread::spawn(other));
    one.join().unwrap();
    other.join().unwrap();
}

/// One thread does `first`, and then another one does `then`.
fn in_a_row(first: impl FnOnce() + Send + 'static, then: impl FnOnce() + Send + 'static) {
    let turn = turn();
    at_once(
        move || {
            first();
            turn.give();
        },
        move || {
            turn.take();
            then();
        },
    );
}

fn write_under(lock: &Mutex<()>, cell: &Cell) {
    let _held = lock.lock();
    cell.write();
}

fn nothing() {
    let cell = cell();
    in_a_row(|| cell.write(), || cell.write());
}

fn write_and_read() {
    let cell = cell();
    in_a_row(|| cell.write(), || cell.read());
}

fn read_and_read() {
    let cell = cell();
    in_a_row(|| cell.read(), || cell.read());
}

fn one_mutex() {
    let (cell, lock) = (cell(), mutex());
    in_a_row(|| write_under(lock, cell), || write_under(lock, cell));
}

fn two_mutexes() {
    let (cell, lock, other) = (cell(), mutex(), mutex());
    in_a_row(|| write_under(lock, cell), || write_under(other, cell));
}

fn after_release() {
    let (cell, lock) = (cell(), mutex());
    in_a_row(
        || {
            drop(lock.lock());
            cell.write();
        },
        || write_under(lock, cell),
    );
}

fn before_release() {
    let (cell, lock) = (cell(), mutex());
    in_a_row(
        || {
            cell.write();
            drop(lock.lock());
        },
        || write_under(lock, cell),
    );
}

fn forgotten() {
    let (cell, lock) = (cell(), mutex());
    in_a_row(|| write_under(lock, cell), || cell.write());
}

fn read_locks() {
    let (cell, lock) = (cell(), kept(RwLock::new(())));
    let write = || {
        let _held = lock.read();
        cell.write();
    };
    in_a_row(write, write);
}

/// Both have the lock before the first one writes.
fn read_locks_at_once() {
    let (cell, lock) = (cell(), kept(RwLock::new(())));
    let (both, wrote) = (turn(), turn());
    at_once(
        || {
            let _held = lock.read();
            both.take();
            cell.write();
            wrote.give();
        },
        || {
            let _held = lock.read();
            both.give();
            wrote.take();
            cell.write();
        },
    );
}

fn write_locks() {
    let (cell, lock) = (cell(), kept(RwLock::new(())));
    let write = || {
        let _held = lock.write();
        cell.write();
    };
    in_a_row(write, write);
}

fn after_start() {
    let (cell, turn) = (cell(), turn());
    let started = thread::spawn(|| {
        turn.take();
        cell.write();
    });
    cell.write();
    turn.give();
    started.join().unwrap();
}

fn before_start() {
    let cell = cell();
    cell.write();
    thread::spawn(|| cell.write()).join().unwrap();
}

fn before_join() {
    let (cell, turn) = (cell(), turn());
    let started = thread::spawn(|| {
        cell.write();
        turn.give();
    });
    turn.take();
    cell.read();
    started.join().unwrap();
}

fn after_join() {
    let cell = cell();
    thread::spawn(|| cell.write()).join().unwrap();
    cell.read();
}

fn after_message() {
    let (cell, turn, (to, from)) = (cell(), turn(), channel());
    at_once(
        move || {
            to.send(()).unwrap();
            cell.write();
            turn.give();
        },
        move || {
            from.recv().unwrap();
            turn.take();
            cell.read();
        },
    );
}

fn before_message() {
    let (cell, (to, from)) = (cell(), channel());
    at_once(
        move || {
            cell.write();
            to.send(()).unwrap();
        },
        move || {
            from.recv().unwrap();
            cell.read();
        },
    );
}

fn flag(store: Ordering, load: Ordering) {
    let (cell, flag) = (cell(), kept(AtomicBool::new(false)));
    at_once(
        move || {
            cell.write();
            flag.store(true, store);
        },
        move || {
            while !flag.load(load) {
                std::thread::yield_now();
            }
            cell.read();
        },
    );
}

fn relaxed_flag() {
    // ORDERING: Relaxed, which is the fault.
    flag(Relaxed, Relaxed);
}

fn release_flag() {
    // ORDERING: Release pairs with Acquire, and the cell's value becomes visible.
    flag(Release, Acquire);
}

fn fences() {
    let (cell, flag) = (cell(), kept(AtomicBool::new(false)));
    at_once(
        || {
            cell.write();
            // ORDERING: Release; pairs with the other thread's Acquire fence through the Relaxed flag. Publishes the cell.
            fence(Release);
            flag.store(true, Relaxed);
        },
        || {
            while !flag.load(Relaxed) {
                std::thread::yield_now();
            }
            // ORDERING: Acquire; see the Release fence.
            fence(Acquire);
            cell.read();
        },
    );
}

/// The waiter has the lock before the other thread asks for it, so it does wait.
fn waited() {
    let (cell, lock, bell, waits) = (cell(), kept(Mutex::new(false)), kept(Condvar::new()), turn());
    at_once(
        || {
            let held = lock.lock().unwrap();
            waits.give();
            let _held = bell.wait_while(held, |done| !*done).unwrap();
            cell.read();
        },
        || {
            waits.take();
            let mut done = lock.lock().unwrap();
            cell.write();
            *done = true;
            bell.notify_one();
        },
    );
}

/// What is done after the lock was given back is not handed over.
fn notified_only() {
    let (cell, lock, bell) = (cell(), kept(Mutex::new(false)), kept(Condvar::new()));
    let (waits, wrote) = (turn(), turn());
    at_once(
        || {
            let held = lock.lock().unwrap();
            waits.give();
            drop(bell.wait_while(held, |done| !*done).unwrap());
            wrote.take();
            cell.read();
        },
        || {
            waits.take();
            *lock.lock().unwrap() = true;
            bell.notify_one();
            cell.write();
            wrote.give();
        },
    );
}

fn before_barrier() {
    let (cell, barrier) = (cell(), kept(Barrier::new(2)));
    at_once(
        || {
            cell.write();
            barrier.wait();
        },
        || {
            barrier.wait();
            cell.read();
        },
    );
}

fn after_barrier() {
    let (cell, barrier, wrote) = (cell(), kept(Barrier::new(2)), turn());
    at_once(
        || {
            barrier.wait();
            cell.write();
            wrote.give();
        },
        || {
            barrier.wait();
            wrote.take();
            cell.read();
        },
    );
}

/// So often that the threads meet, even if they share a core.
const FIGHTS: usize = 200_000;

fn in_fight() {
    let (cell, lock, here) = (cell(), mutex(), [turn(), turn()]);
    let fight = move |mine: usize| {
        here[mine].give();
        here[1 - mine].take();
        (0..FIGHTS).for_each(|_| write_under(lock, cell));
    };
    at_once(move || fight(0), move || fight(1));
}

/// The lock is fought for, but the cell is written by one thread after its last release.
fn beside_fight() {
    let (cell, lock, here, wrote) = (cell(), mutex(), [turn(), turn()], turn());
    let fight = move |mine: usize| {
        here[mine].give();
        here[1 - mine].take();
        (0..FIGHTS).for_each(|_| drop(lock.lock()));
    };
    at_once(
        move || {
            fight(0);
            cell.write();
            wrote.give();
        },
        move || {
            fight(1);
            wrote.take();
            cell.write();
        },
    );
}

fn bare() -> &'static Bare {
    kept(Bare(std::cell::UnsafeCell::new(0)))
}

fn unwatched() {
    let bare = bare();
    in_a_row(|| bare.write(), || bare.write());
}

fn unwatched_under_lock() {
    let (bare, lock) = (bare(), mutex());
    let write = || {
        let _held = lock.lock();
        bare.write();
    };
    in_a_row(write, write);
}
