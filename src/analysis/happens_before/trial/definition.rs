//! What a race is: for each step the full set of steps before it, and two accesses with neither in the other's set.
//!
//! Must not know: clocks, epochs, and which accesses are worth keeping.
//! Source: C++20's happens-before, [intro.races]. We differ: a load may have seen any earlier store, so that no store
//! takes away what another one published; this orders more and invents no race. And `SeqCst` is `AcqRel`.
//! INVARIANT: an order is decided by a look at two steps, and whatever of the run is needed between them.

use super::Way;
use super::clocks::Told;
use super::program::{Act, Side, Step};

/// A run, and its order.
pub(super) struct Definition<'a> {
    steps: &'a [Step],
    /// For each step, a bit for each one that is ordered before it.
    before: Vec<u128>,
}

/// Why a step is before another one, directly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Thread,
    Start,
    Join,
    Lock,
    Reader,
    Writer,
    Atomic,
    Fence,
}

impl Source {
    #[cfg_attr(not(test), allow(dead_code, reason = "the fuzz target does not count"))]
    pub(super) const ALL: [Self; 8] =
        [Self::Thread, Self::Start, Self::Join, Self::Lock, Self::Reader, Self::Writer, Self::Atomic, Self::Fence];
}

impl<'a> Definition<'a> {
    /// Returns the order of a run; as if one of its sources ordered nothing, to see whether that matters.
    pub(super) fn new(steps: &'a [Step], without: Option<Source>) -> Self {
        let mut before: Vec<u128> = Vec::new();
        for later in 0..steps.len() {
            let direct = (0..later).filter(|&earlier| {
                let source = source(steps, earlier, later);
                source.is_some() && source != without
            });
            before.push(direct.fold(0, |known, earlier| known | before[earlier] | 1 << earlier));
        }
        Self { steps, before }
    }

    /// True if these two steps access one cell, one of them writes, and they are not ordered.
    pub(super) fn is_race(&self, earlier: usize, later: usize) -> bool {
        let is_conflict = match (access(self.steps[earlier]), access(self.steps[later])) {
            (Some((cell, way)), Some((other, other_way))) => {
                cell == other && (way == Way::Write || other_way == Way::Write)
            }
            _ => false,
        };
        is_conflict && earlier < later && !self.is_before(earlier, later)
    }

    /// Returns the first access to a cell with which there is a race, and the access that stands for those it races with:
    /// the last write, or if no write does, the first of the reads that no other of these reads is ordered after.
    ///
    /// Until a thread hands over, its accesses to a cell in one way are one, the first: nobody can know it and not them.
    pub(super) fn first_race(&self, cell: u8) -> Option<Told> {
        let races = |way, later| -> Vec<usize> {
            let is_it = |&index: &usize| access(self.steps[index]) == Some((cell, way)) && self.is_first(index);
            (0..later).filter(|&index| self.is_race(index, later)).filter(is_it).collect()
        };
        (0..self.steps.len()).find_map(|later| {
            let (writes, reads) = (races(Way::Write, later), races(Way::Read, later));
            let is_last = |&read: &usize| !reads.iter().any(|&other| self.is_before(read, other));
            let write = writes.last().map(|&write| (write, Way::Write));
            let read = reads.iter().copied().find(is_last).map(|read| (read, Way::Read));
            let (earlier, way) = write.or(read)?;
            Some(Told { cell, earlier, way, later })
        })
    }

    fn is_before(&self, earlier: usize, later: usize) -> bool {
        self.before[later] >> earlier & 1 == 1
    }

    /// True if the thread did not do the same since its last hand-over.
    fn is_first(&self, index: usize) -> bool {
        let Step { thread, act } = self.steps[index];
        let own = self.steps[..index].iter().rev().filter(|step| step.thread == thread);
        !own.take_while(|step| !hands_over(step.act)).any(|step| step.act == act)
    }
}

fn access(step: Step) -> Option<(u8, Way)> {
    match step.act {
        Act::Read(cell) => Some((cell, Way::Read)),
        Act::Write(cell) => Some((cell, Way::Write)),
        _ => None,
    }
}

fn hands_over(act: Act) -> bool {
    match act {
        Act::Unlock(_) | Act::UnlockShared(_) | Act::UnlockExclusive(_) | Act::Start(_) | Act::End => true,
        Act::Store(_, side) | Act::Change(_, side) | Act::Fence(side) => side.releases,
        _ => false,
    }
}

/// Returns why the earlier step is directly before the later one. `None` if it is not.
fn source(steps: &[Step], earlier: usize, later: usize) -> Option<Source> {
    let (first, second) = (steps[earlier], steps[later]);
    if first.thread == second.thread {
        return Some(Source::Thread);
    }
    match (first.act, second.act) {
        (Act::Start(child), _) if child == second.thread => Some(Source::Start),
        (Act::End, Act::Join(child)) if child == first.thread => Some(Source::Join),
        (Act::Unlock(lock), Act::Lock(same)) if lock == same => Some(Source::Lock),
        (Act::UnlockShared(lock), Act::LockExclusive(same)) if lock == same => Some(Source::Reader),
        (Act::UnlockExclusive(lock), Act::LockExclusive(same) | Act::LockShared(same)) if lock == same => {
            Some(Source::Writer)
        }
        (
            release @ (Act::Store(..) | Act::Change(..) | Act::Fence(_)),
            acquire @ (Act::Load(..) | Act::Change(..) | Act::Fence(_)),
        ) => {
            let is_fence = matches!(release, Act::Fence(_)) || matches!(acquire, Act::Fence(_));
            let source = if is_fence { Source::Fence } else { Source::Atomic };
            let synchronizes = (earlier..later).any(|store| {
                (store + 1..=later).any(|load| {
                    publishes(steps, earlier, store).is_some_and(|atomic| takes(steps, load, later) == Some(atomic))
                })
            });
            synchronizes.then_some(source)
        }
        _ => None,
    }
}

/// Returns the atomic whose store carries what came before `step`: it is that store itself, or a fence before it.
fn publishes(steps: &[Step], step: usize, store: usize) -> Option<u8> {
    let (Act::Store(atomic, side) | Act::Change(atomic, side)) = steps[store].act else { return None };
    let by_itself = store == step && side.releases;
    let by_fence = matches!(steps[step].act, Act::Fence(Side { releases: true, .. }))
        && steps[step].thread == steps[store].thread
        && step < store;
    (by_itself || by_fence).then_some(atomic)
}

/// Returns the atomic whose load orders what comes after `step`: it is that load itself, or a fence after it.
fn takes(steps: &[Step], load: usize, step: usize) -> Option<u8> {
    let (Act::Load(atomic, side) | Act::Change(atomic, side)) = steps[load].act else { return None };
    let by_itself = load == step && side.acquires;
    let by_fence = matches!(steps[step].act, Act::Fence(Side { acquires: true, .. }))
        && steps[step].thread == steps[load].thread
        && load < step;
    (by_itself || by_fence).then_some(atomic)
}
