//! Bytes to programs: a few threads, locks, atomics and cells, as one run of them that can happen.
//!
//! Must not know: what orders anything.
//! INVARIANT: every step is possible after those before it: locks exclude, only running threads act, only ended ones are
//! joined.

use std::fmt;

/// One step of a run. The thread that is there from the beginning is number 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) thread: u8,
    pub(super) act: Act,
}

/// What is done, to which of the things of its kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Read(u8),
    Write(u8),
    Lock(u8),
    Unlock(u8),
    LockShared(u8),
    UnlockShared(u8),
    LockExclusive(u8),
    UnlockExclusive(u8),
    Load(u8, Side),
    Store(u8, Side),
    /// A read-modify-write.
    Change(u8, Side),
    Fence(Side),
    Start(u8),
    Join(u8),
    End,
}

/// An atomic's ordering, by what it does: neither is `Relaxed`, both is `AcqRel`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Side {
    pub(super) acquires: bool,
    pub(super) releases: bool,
}

pub(super) const CELLS: u8 = 3;
pub(super) const LOCKS: u8 = 2;
pub(super) const RW_LOCKS: u8 = 2;
pub(super) const ATOMICS: u8 = 2;
pub(super) const THREADS: u8 = 8;

/// Steps that fit into the bits of one number.
const MOST_STEPS: usize = 128;
/// Steps that two bytes stand for, at most.
const MOST_AT_ONCE: usize = 4;
#[cfg_attr(not(test), allow(dead_code, reason = "libFuzzer has lengths of its own"))]
pub(super) const MOST_BYTES: usize = 1 + 2 * 50;

/// Returns the program that the bytes stand for.
pub(super) fn program(bytes: &[u8]) -> Vec<Step> {
    let Some((&kind, bytes)) = bytes.split_first() else { return Vec::new() };
    let mut run = Run::default();
    for thread in 1..=kind % 4 {
        run.add(0, Act::Start(thread));
    }
    for pair in bytes.chunks_exact(2) {
        let running: Vec<u8> =
            (0..THREADS).filter(|&thread| run.stages[usize::from(thread)] == Stage::Running).collect();
        let thread = running[usize::from(pair[0] & 15) % running.len()];
        run.add_choice(thread, pair[0] >> 4, pair[1]);
        if run.steps.len() + MOST_AT_ONCE > MOST_STEPS {
            break;
        }
    }
    run.steps
}

/// Returns the steps without those that are impossible after the ones before.
pub(super) fn possible(steps: Vec<Step>) -> Vec<Step> {
    let mut run = Run::default();
    for Step { thread, act } in steps {
        run.add(thread, act);
    }
    run.steps
}

/// Returns how many threads there are at once, at most.
pub(super) fn most_at_once(steps: &[Step]) -> usize {
    let (mut now, mut most) = (1, 1);
    for step in steps {
        match step.act {
            Act::Start(_) => now += 1,
            Act::End => now -= 1,
            _ => {}
        }
        most = most.max(now);
    }
    most
}

/// A run so far, and what is possible next.
struct Run {
    steps: Vec<Step>,
    stages: [Stage; THREADS as usize],
    locks: [Option<u8>; LOCKS as usize],
    writers: [Option<u8>; RW_LOCKS as usize],
    readers: [Vec<u8>; RW_LOCKS as usize],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unstarted,
    Running,
    Ended,
}

impl Default for Run {
    fn default() -> Self {
        let mut stages = [Stage::Unstarted; THREADS as usize];
        stages[0] = Stage::Running;
        Self {
            steps: Vec::new(),
            stages,
            locks: Default::default(),
            writers: Default::default(),
            readers: Default::default(),
        }
    }
}

impl Run {
    /// Adds what two bytes stand for, as far as it is possible: an act, or an access the way that keeps its cell from
    /// races, so that most programs order some accesses and forget others.
    fn add_choice(&mut self, thread: u8, which: u8, choice: u8) {
        let side = Side { acquires: choice >> 5 & 1 == 1, releases: choice >> 6 & 1 == 1 };
        let (lock, rw_lock, atomic) = (which % LOCKS, which % RW_LOCKS, which % ATOMICS);
        let (relaxed, acquire, release) = (Side::default(), Side::ACQUIRE, Side::RELEASE);
        let any = if choice >> 7 == 0 { Act::Read(which % CELLS) } else { Act::Write(which % CELLS) };
        let by_atomic = if choice >> 7 == 0 { Act::Read(2) } else { Act::Write(2) };
        let acts: &[Act] = match choice % 32 {
            0 => &[any],
            1..=3 => &[Act::Lock(0), Act::Read(0), Act::Write(0), Act::Unlock(0)],
            4..=6 => &[Act::LockShared(0), Act::Read(1), Act::UnlockShared(0)],
            7..=8 => &[Act::LockExclusive(0), Act::Write(1), Act::UnlockExclusive(0)],
            9 => &[by_atomic, Act::Store(0, release)],
            10 => &[by_atomic, Act::Fence(release), Act::Store(0, relaxed)],
            11 => &[Act::Load(0, acquire), by_atomic],
            12 => &[Act::Load(0, relaxed), Act::Fence(acquire), by_atomic],
            13..=15 if self.locks[usize::from(lock)] == Some(thread) => &[Act::Unlock(lock)],
            13..=15 => &[Act::Lock(lock)],
            16..=19 if self.writers[usize::from(rw_lock)] == Some(thread) => &[Act::UnlockExclusive(rw_lock)],
            16..=19 if self.readers[usize::from(rw_lock)].contains(&thread) => &[Act::UnlockShared(rw_lock)],
            16..=17 => &[Act::LockExclusive(rw_lock)],
            18..=19 => &[Act::LockShared(rw_lock)],
            20..=21 => &[Act::Load(atomic, Side { releases: false, ..side })],
            22 => &[Act::Store(atomic, Side { acquires: false, ..side })],
            23 => &[Act::Change(atomic, side)],
            24 => &[Act::Fence(side)],
            25..=26 => &[Act::End],
            27..=29 => {
                let child = self.stages.iter().position(|&stage| stage == Stage::Unstarted);
                &[Act::Start(child.unwrap_or_default() as u8)]
            }
            // Most often a thread that still runs: what it did is not known by other ways yet.
            _ => {
                let mut running = (1..THREADS).filter(|&child| self.stages[usize::from(child)] == Stage::Running);
                let child = running.next_back().filter(|_| which >= 8).unwrap_or(which % THREADS);
                if child != thread {
                    self.add(child, Act::End);
                }
                &[Act::Join(child), any]
            }
        };
        acts.iter().for_each(|&act| self.add(thread, act));
    }

    /// Adds a step if it is possible.
    fn add(&mut self, thread: u8, act: Act) {
        let me = Some(thread);
        let is_possible = self.stages[usize::from(thread)] == Stage::Running
            && match act {
                Act::Lock(lock) => replace(&mut self.locks[usize::from(lock)], None, me),
                Act::Unlock(lock) => replace(&mut self.locks[usize::from(lock)], me, None),
                Act::LockExclusive(lock) => {
                    self.readers[usize::from(lock)].is_empty()
                        && replace(&mut self.writers[usize::from(lock)], None, me)
                }
                Act::UnlockExclusive(lock) => replace(&mut self.writers[usize::from(lock)], me, None),
                Act::LockShared(lock) => {
                    let readers = &mut self.readers[usize::from(lock)];
                    let is_free = self.writers[usize::from(lock)].is_none() && !readers.contains(&thread);
                    readers.extend(me.filter(|_| is_free));
                    is_free
                }
                Act::UnlockShared(lock) => {
                    let readers = &mut self.readers[usize::from(lock)];
                    let place = readers.iter().position(|&reader| reader == thread);
                    place.map(|place| readers.remove(place)).is_some()
                }
                Act::Start(child) => replace(&mut self.stages[usize::from(child)], Stage::Unstarted, Stage::Running),
                Act::Join(child) => self.stages[usize::from(child)] == Stage::Ended,
                // The first thread outlives the others, so that there is always one to act.
                Act::End => thread != 0 && replace(&mut self.stages[usize::from(thread)], Stage::Running, Stage::Ended),
                Act::Fence(side) => side.acquires || side.releases,
                Act::Read(_) | Act::Write(_) | Act::Load(..) | Act::Store(..) | Act::Change(..) => true,
            };
        if is_possible {
            self.steps.push(Step { thread, act });
        }
    }
}

/// Replaces the value if it is the expected one. True if it was.
fn replace<T: PartialEq>(place: &mut T, expected: T, new: T) -> bool {
    let is_it = *place == expected;
    if is_it {
        *place = new;
    }
    is_it
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{} {:?}", self.thread, self.act)
    }
}

impl Side {
    const ACQUIRE: Self = Self { acquires: true, releases: false };
    const RELEASE: Self = Self { acquires: false, releases: true };
}
