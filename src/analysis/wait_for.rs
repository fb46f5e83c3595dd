//! Turns what blocked threads wait for into the set of those that nobody can wake any more.
//!
//! Must not know: how threads block, or whether the picture is still true.
//! Source: the AND-OR model of deadlocks (Chandy, Misra and Haas 1983). We differ: the greatest stuck set by working from
//! those that can wake, so that lock, join, channel and "everybody sleeps" are one rule.
//! INVARIANT: a thread that is not in the picture can run. A thread in the result is woken only from inside the result.

use crate::event::{LockId, Mode, ThreadId};
use crate::lint::Lint;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// What has to happen before a blocked thread can go on: all of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct WakeCondition {
    /// All who hold this lock in a way that excludes the mode give it back; and a writer that queued before a reader.
    pub lock: Option<(LockId, Mode)>,
    /// All these threads end.
    pub ends: Vec<ThreadId>,
    /// Some thread that can run does something: notifies, sends, receives, arrives.
    pub anyone: bool,
    pub by: By,
}

/// Who does what has to happen, where that is not said by the rest.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) enum By {
    /// It is.
    #[default]
    Told,
    /// Any of those who have one of so many guards of the lock; they need not all give it back.
    Guards(usize),
    /// One of these threads, as far as was seen. It may be another one.
    Users(Vec<ThreadId>),
    /// All of these threads, as far as was seen, and one that has ended. Others may do it in their stead.
    Debtors(Vec<ThreadId>, Option<ThreadId>),
}

/// One blocked thread.
#[derive(Clone, Debug)]
pub(crate) struct Blocked {
    pub thread: ThreadId,
    pub condition: WakeCondition,
    /// False if it may have been woken, by anyone or as a reader, and has not run yet.
    pub is_asleep: bool,
    pub held: Vec<(LockId, Mode)>,
}

/// Threads that wait for each other, or that nobody is left to wake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StuckSet {
    pub lint: Lint,
    /// Their places, the one that closed the set first. If all wait by name, each waits for the next, and the last one for
    /// the first.
    pub threads: Vec<usize>,
    /// True if it holds only as long as no other thread at all runs.
    pub rests_on_everyone: bool,
    /// True if it must be seen twice, with a time in between.
    pub rests_on_time: bool,
    /// True if it rests on who did what so far.
    pub rests_on_habit: bool,
}

/// Locks whose holders ended without giving them back.
pub(crate) type Gone = FxHashMap<LockId, ThreadId>;

/// All blocked threads, with who keeps whom.
pub(crate) struct Picture<'a> {
    blocked: &'a [Blocked],
    gone: &'a Gone,
    someone_runs: bool,
    is_stuck: Vec<bool>,
    holders: FxHashMap<LockId, Vec<(usize, Mode)>>,
    waiters: FxHashMap<LockId, Vec<usize>>,
    joiners: FxHashMap<ThreadId, Vec<usize>>,
    places: FxHashMap<ThreadId, usize>,
}

impl WakeCondition {
    /// True if it says which threads it waits for, so that it does not matter whether it sleeps yet.
    pub(crate) fn is_by_name(&self) -> bool {
        self.by == By::Told && !self.anyone && self.lock.is_none_or(|(_, mode)| mode != Mode::Shared)
    }

    /// Returns the threads that it rests on out of habit.
    fn habit(&self) -> &[ThreadId] {
        match &self.by {
            By::Users(threads) | By::Debtors(threads, _) => threads,
            By::Told | By::Guards(_) => &[],
        }
    }

    /// True if one who owes what it rests on has ended.
    fn is_broken(&self) -> bool {
        matches!(self.by, By::Debtors(_, Some(_)))
    }

    /// Returns the same without what rests on habit.
    fn without_habit(&self) -> Self {
        match self.by {
            By::Users(_) | By::Debtors(..) => Self { anyone: true, by: By::Told, ..self.clone() },
            By::Told | By::Guards(_) => self.clone(),
        }
    }
}

impl StuckSet {
    /// Returns the set that `closer` closed by blocking; without one, all threads that nobody is left to wake.
    ///
    /// `None` if somebody can wake it, or if it only waits for those that were stuck before.
    pub(crate) fn closed_by(
        closer: Option<usize>,
        blocked: &[Blocked],
        gone: &Gone,
        someone_runs: bool,
    ) -> Option<Self> {
        if blocked.iter().all(|thread| thread.condition.habit().is_empty() && !thread.condition.is_broken()) {
            return Self::closed_for_certain(closer, blocked, gone, someone_runs);
        }
        let certain = without_habit(blocked);
        Self::closed_for_certain(closer, &certain, gone, someone_runs)
            .or_else(|| Self::closed_by_habit(closer?, blocked, gone))
    }

    /// Returns the set that `closer` closed, if those who did so far what it needs are the only ones who ever do.
    ///
    /// Such a set counts only if one who waits for them keeps a lock from another one of the set, or for somebody who has ended:
    /// otherwise it may well be that more threads are to come.
    fn closed_by_habit(closer: usize, blocked: &[Blocked], gone: &Gone) -> Option<Self> {
        let picture = Picture::new(blocked, gone, true);
        if !picture.is_stuck[closer] {
            return None;
        }
        let threads = picture.reach(closer);
        let was_stuck = was_stuck(closer, blocked, gone);
        if threads.iter().all(|&place| place == closer || was_stuck(place)) && threads.len() > 1 {
            return None;
        }
        let waits_by_habit = |place: &usize| !blocked[*place].condition.habit().is_empty();
        let keeps = |place: &usize| threads.iter().any(|&other| picture.lock_keepers(other).contains(place));
        let is_circle = threads.iter().any(|place| waits_by_habit(place) && keeps(place));
        let is_broken = |place: &usize| blocked[*place].condition.is_broken();
        let lint = if is_circle { Lint::Deadlock } else { Lint::Stall };
        (is_circle || threads.iter().any(is_broken)).then_some(Self {
            lint,
            threads,
            rests_on_everyone: false,
            rests_on_time: true,
            rests_on_habit: true,
        })
    }

    fn closed_for_certain(closer: Option<usize>, blocked: &[Blocked], gone: &Gone, someone_runs: bool) -> Option<Self> {
        let picture = Picture::new(blocked, gone, someone_runs);
        let mut threads = picture.stuck();
        if let Some(closer) = closer {
            if !picture.is_stuck[closer] {
                return None;
            }
            let by_name = |threads, rests_on_time| {
                let set = Self::of(Lint::Deadlock, threads);
                Some(Self { rests_on_time, ..set })
            };
            let circle = picture.circle(closer);
            // Of those who have a permit each, all are needed, and they may wait for anyone.
            let has_choice = circle.iter().any(|&place| picture.has_choice(place));
            let reached = if has_choice { picture.reach(closer) } else { circle };
            if !reached.is_empty() && !reached.iter().any(|&place| picture.waits_for_anyone(place)) {
                return by_name(reached, false);
            }
            if picture.gone(closer).is_some() {
                return by_name(vec![closer], true);
            }
            let was_stuck = was_stuck(closer, blocked, gone);
            let is_alone = |threads: &[usize]| threads.iter().all(|&place| place == closer || was_stuck(place));
            if threads.len() > 1 && is_alone(&threads) {
                return None;
            }
            threads.retain(|&place| place != closer && !was_stuck(place));
            threads.insert(0, closer);
        }
        let waits_for_anyone = |&place: &usize| picture.waits_for_anyone(place);
        if !threads.iter().any(waits_for_anyone) {
            return None;
        }
        let keeps = |place: &usize| threads.iter().any(|&other| picture.lock_keepers(other).contains(place));
        let is_circle = threads.iter().filter(|place| waits_for_anyone(place)).any(keeps);
        let lint = if is_circle { Lint::Deadlock } else { Lint::Stall };
        Some(Self { rests_on_everyone: true, rests_on_time: true, ..Self::of(lint, threads) })
    }

    fn of(lint: Lint, threads: Vec<usize>) -> Self {
        Self { lint, threads, rests_on_everyone: false, rests_on_time: false, rests_on_habit: false }
    }
}

/// Returns the same threads without what rests on habit.
pub(crate) fn without_habit(blocked: &[Blocked]) -> Vec<Blocked> {
    let certain = |thread: &Blocked| Blocked { condition: thread.condition.without_habit(), ..thread.clone() };
    blocked.iter().map(certain).collect()
}

/// Tells who was stuck before `closer` blocked.
fn was_stuck(closer: usize, blocked: &[Blocked], gone: &Gone) -> impl Fn(usize) -> bool + use<> {
    let mut others = blocked.to_vec();
    others.remove(closer);
    let before = Picture::new(&others, gone, true).is_stuck;
    move |place| place != closer && before[place - usize::from(place > closer)]
}

impl StuckSet {
    /// Returns those that wait for what a thread still owed when it ended. Others may do it in its stead.
    pub(crate) fn owed_by(ended: ThreadId, blocked: &[Blocked]) -> Option<Self> {
        let is_owed =
            |place: &usize| matches!(blocked[*place].condition.by, By::Debtors(_, Some(gone)) if gone == ended);
        let threads: Vec<usize> = (0..blocked.len()).filter(is_owed).collect();
        let is_empty = threads.is_empty();
        let set = Self { rests_on_time: true, rests_on_habit: true, ..Self::of(Lint::Stall, threads) };
        (!is_empty).then_some(set)
    }

    /// Returns those that wait for what a thread did not give back when it ended.
    pub(crate) fn left_by(ended: ThreadId, blocked: &[Blocked], gone: &Gone) -> Option<Self> {
        let leaver = |place: &usize| gone.get(&blocked[*place].condition.lock?.0).copied();
        let threads: Vec<usize> = (0..blocked.len()).filter(|place| leaver(place) == Some(ended)).collect();
        let is_empty = threads.is_empty();
        (!is_empty).then_some(Self { rests_on_time: true, ..Self::of(Lint::Deadlock, threads) })
    }
}

impl<'a> Picture<'a> {
    /// Returns the picture with its greatest stuck set; `someone_runs` unless these threads are all there are.
    ///
    /// # Cost
    /// O(threads, what they hold, and what they wait for).
    pub(crate) fn new(blocked: &'a [Blocked], gone: &'a Gone, someone_runs: bool) -> Self {
        let mut picture = Self {
            blocked,
            gone,
            someone_runs,
            is_stuck: vec![true; blocked.len()],
            holders: FxHashMap::default(),
            waiters: FxHashMap::default(),
            joiners: FxHashMap::default(),
            places: FxHashMap::default(),
        };
        for (place, thread) in blocked.iter().enumerate() {
            picture.places.insert(thread.thread, place);
            for &(lock, mode) in &thread.held {
                picture.holders.entry(lock).or_default().push((place, mode));
            }
            if let Some((lock, _)) = thread.condition.lock {
                picture.waiters.entry(lock).or_default().push(place);
            }
            for &end in thread.condition.ends.iter().chain(thread.condition.habit()) {
                picture.joiners.entry(end).or_default().push(place);
            }
        }
        picture.wake();
        picture
    }

    /// Returns the places of the stuck threads, ascending.
    pub(crate) fn stuck(&self) -> Vec<usize> {
        (0..self.blocked.len()).filter(|&place| self.is_stuck[place]).collect()
    }

    /// Returns the stuck threads that this one waits for by name: holders, writers in front of it, threads it joins, and those
    /// that did so far what it needs.
    pub(crate) fn keepers(&self, place: usize) -> Vec<usize> {
        let mut keepers = self.lock_keepers(place);
        let Blocked { condition, .. } = &self.blocked[place];
        let named = condition.ends.iter().chain(condition.habit());
        keepers.extend(named.filter_map(|thread| self.places.get(thread).copied()).filter(|&it| self.is_stuck[it]));
        keepers.sort_unstable();
        keepers.dedup();
        keepers
    }

    /// Returns who ended without doing what this thread waits for.
    pub(crate) fn gone(&self, place: usize) -> Option<ThreadId> {
        if let By::Debtors(_, gone @ Some(_)) = self.blocked[place].condition.by {
            return gone;
        }
        self.gone.get(&self.blocked[place].condition.lock?.0).copied()
    }

    /// True if this thread is stuck only because nobody is left who could act.
    pub(crate) fn waits_for_anyone(&self, place: usize) -> bool {
        self.blocked[place].condition.anyone && self.gone(place).is_none() && self.keepers(place).is_empty()
    }

    /// Returns the shortest circle of stuck threads from this one back to it, each waiting for the next by name; empty if
    /// there is none.
    fn circle(&self, place: usize) -> Vec<usize> {
        let mut before: FxHashMap<usize, usize> = FxHashMap::default();
        let mut queue = VecDeque::from([place]);
        while let Some(thread) = queue.pop_front() {
            for keeper in self.keepers(thread) {
                if keeper == place {
                    let way = std::iter::successors(Some(thread), |thread| before.get(thread).copied());
                    let mut circle: Vec<usize> = way.collect();
                    circle.reverse();
                    return circle;
                }
                before.entry(keeper).or_insert_with(|| {
                    queue.push_back(keeper);
                    thread
                });
            }
        }
        Vec::new()
    }

    /// True if any one of several stuck threads could wake this one.
    fn has_choice(&self, place: usize) -> bool {
        matches!(self.blocked[place].condition.by, By::Guards(_)) && self.keepers(place).len() > 1
    }

    /// Returns all that this thread waits for by name, and those that they wait for, itself first.
    fn reach(&self, place: usize) -> Vec<usize> {
        let mut reached = vec![place];
        let mut next = 0;
        while next < reached.len() {
            for keeper in self.keepers(reached[next]) {
                if !reached.contains(&keeper) {
                    reached.push(keeper);
                }
            }
            next += 1;
        }
        reached
    }

    /// Takes out those that can be woken, then those whom these can wake.
    fn wake(&mut self) {
        let mut awake: VecDeque<usize> = (0..self.blocked.len()).filter(|&place| self.can_wake(place)).collect();
        awake.iter().for_each(|&place| self.is_stuck[place] = false);
        while let Some(place) = awake.pop_front() {
            let thread = &self.blocked[place];
            let locks = thread.held.iter().map(|held| held.0).chain(thread.condition.lock.map(|lock| lock.0));
            let waiters = locks.filter_map(|lock| self.waiters.get(&lock)).flatten();
            let mut next: Vec<usize> =
                waiters.chain(self.joiners.get(&thread.thread).into_iter().flatten()).copied().collect();
            if !std::mem::replace(&mut self.someone_runs, true) {
                next.extend((0..self.blocked.len()).filter(|&other| self.blocked[other].condition.anyone));
            }
            for place in next {
                if self.is_stuck[place] && self.can_wake(place) {
                    self.is_stuck[place] = false;
                    awake.push_back(place);
                }
            }
        }
    }

    /// True if nothing that this thread waits for depends on a stuck one.
    fn can_wake(&self, place: usize) -> bool {
        let Blocked { condition, is_asleep, .. } = &self.blocked[place];
        let end_is_stuck = |end: &ThreadId| self.places.get(end).is_some_and(|&place| self.is_stuck[place]);
        let needs_someone = condition.anyone && *is_asleep;
        let comes = match &condition.by {
            _ if !is_asleep => true,
            By::Told => true,
            By::Guards(guards) => self.holders_against(place).filter(|&holder| self.is_stuck[holder]).count() < *guards,
            By::Users(threads) => !threads.iter().all(end_is_stuck),
            By::Debtors(threads, _) => !threads.iter().any(end_is_stuck),
        };
        let is_one_of_many = matches!(condition.by, By::Guards(_));
        let lock_comes = || {
            is_one_of_many
                || self.holders_against(place).chain(self.writers_before(place)).all(|keeper| !self.is_stuck[keeper])
        };
        (self.someone_runs || !needs_someone)
            && comes
            && (self.gone(place).is_none() || !is_asleep && condition.is_broken())
            && !condition.ends.iter().any(end_is_stuck)
            && lock_comes()
    }

    /// Returns the stuck threads that keep this one from its lock: those that hold it or, if there are none, writers.
    fn lock_keepers(&self, place: usize) -> Vec<usize> {
        let mut keepers: Vec<usize> = self.holders_against(place).filter(|&holder| self.is_stuck[holder]).collect();
        if keepers.is_empty() {
            keepers.extend(self.writers_before(place).filter(|&writer| self.is_stuck[writer]));
        }
        keepers
    }

    fn holders_against(&self, place: usize) -> impl Iterator<Item = usize> {
        let WakeCondition { lock: wanted, by, .. } = &self.blocked[place].condition;
        let holders = wanted.and_then(|(lock, _)| self.holders.get(&lock)).into_iter().flatten();
        let is_permit = matches!(by, By::Guards(_));
        let excludes = move |mode: Mode| {
            is_permit || mode.is_exclusive() || wanted.is_some_and(|(_, wanted)| wanted.is_exclusive())
        };
        holders.filter(move |(_, mode)| excludes(*mode)).map(|&(holder, _)| holder)
    }

    /// Returns the writers that a reader which does not pass them may be behind.
    fn writers_before(&self, place: usize) -> impl Iterator<Item = usize> {
        let Blocked { condition, is_asleep, .. } = &self.blocked[place];
        let lock = condition.lock.filter(|&(_, mode)| mode == Mode::Shared && *is_asleep).map(|(lock, _)| lock);
        let waiters = lock.and_then(|lock| self.waiters.get(&lock)).into_iter().flatten().copied();
        let is_writer =
            |other: &usize| self.blocked[*other].condition.lock.is_some_and(|(_, mode)| mode.is_exclusive());
        waiters.filter(is_writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule in its own words, over and over until nothing changes.
    fn stuck_by_rule(blocked: &[Blocked], gone: &Gone, someone_runs: bool) -> Vec<usize> {
        let mut stuck: Vec<usize> = (0..blocked.len()).collect();
        loop {
            let can_go_on = |&place: &usize| {
                let Blocked { condition, is_asleep, .. } = &blocked[place];
                let is_stuck = |thread: &ThreadId| stuck.iter().any(|&other| blocked[other].thread == *thread);
                let permits_kept = |lock: LockId| {
                    let held = stuck.iter().flat_map(|&other| &blocked[other].held);
                    held.filter(|held| held.0 == lock).count()
                };
                let by_comes = !*is_asleep
                    || match &condition.by {
                        By::Told => true,
                        By::Guards(guards) => condition.lock.is_none_or(|(lock, _)| permits_kept(lock) < *guards),
                        By::Users(threads) => threads.iter().any(|thread| !is_stuck(thread)),
                        By::Debtors(threads, gone) => gone.is_none() && !threads.iter().any(is_stuck),
                    };
                let lock_comes = condition.lock.is_none_or(|(lock, mode)| {
                    if gone.contains_key(&lock) {
                        return false;
                    }
                    matches!(condition.by, By::Guards(_))
                        || stuck.iter().all(|&other| {
                            let keeps = blocked[other].held.iter().any(|&(held, held_mode)| {
                                held == lock && (mode == Mode::Exclusive || held_mode == Mode::Exclusive)
                            });
                            let is_before = mode == Mode::Shared
                                && *is_asleep
                                && blocked[other].condition.lock == Some((lock, Mode::Exclusive));
                            !keeps && !is_before
                        })
                });
                let ends_come =
                    condition.ends.iter().all(|end| stuck.iter().all(|&other| blocked[other].thread != *end));
                let someone_comes = !condition.anyone || !*is_asleep || someone_runs || stuck.len() < blocked.len();
                by_comes && lock_comes && ends_come && someone_comes
            };
            let rest: Vec<usize> = stuck.iter().copied().filter(|place| !can_go_on(place)).collect();
            if rest.len() == stuck.len() {
                return stuck;
            }
            stuck = rest;
        }
    }

    fn mode() -> impl Strategy<Value = Mode> {
        prop_oneof![Just(Mode::Exclusive), Just(Mode::Shared), Just(Mode::SharedRecursive), Just(Mode::Permit)]
    }

    fn blocked(thread: u32) -> impl Strategy<Value = Blocked> {
        let lock = || (0u64..6, mode()).prop_map(|(lock, mode)| (LockId(lock), mode));
        let threads = |size| prop::collection::vec((0u32..10).prop_map(ThreadId), size);
        let condition = (prop::option::of(lock()), threads(0..2), prop::bool::weighted(0.3))
            .prop_map(|(lock, ends, anyone)| WakeCondition { lock, ends, anyone, by: By::Told });
        let of = |by| WakeCondition { by, ..WakeCondition::default() };
        let permit = (0u64..6, 1usize..4).prop_map(move |(semaphore, guards)| {
            let lock = Some((LockId(semaphore), if guards == 1 { Mode::Exclusive } else { Mode::Permit }));
            WakeCondition { lock, ..of(By::Guards(guards)) }
        });
        let users = threads(1..4).prop_map(move |threads| of(By::Users(threads)));
        let debtors = (threads(0..3), prop::option::of((8u32..10).prop_map(ThreadId)));
        let debtors = debtors.prop_map(move |(threads, gone)| of(By::Debtors(threads, gone)));
        let condition = prop_oneof![8 => condition, 3 => permit, 1 => users, 1 => debtors];
        (condition, prop::bool::weighted(0.8), prop::collection::vec(lock(), 0..3)).prop_map(
            move |(condition, is_asleep, held)| Blocked { thread: ThreadId(thread), condition, is_asleep, held },
        )
    }

    fn threads() -> impl Strategy<Value = Vec<Blocked>> {
        (0u32..8).prop_flat_map(|count| (0..count).map(blocked).collect::<Vec<_>>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn agrees_with_the_rule(threads in threads(), someone_runs: bool, gone in prop::option::of(0u64..6)) {
            let gone: Gone = gone.into_iter().map(|lock| (LockId(lock), ThreadId(99))).collect();
            let picture = Picture::new(&threads, &gone, someone_runs);
            let stuck = picture.stuck();
            prop_assert_eq!(&stuck, &stuck_by_rule(&threads, &gone, someone_runs));
            for closer in 0..threads.len() {
                let circle = picture.circle(closer);
                for (index, &from) in circle.iter().enumerate() {
                    prop_assert!(picture.keepers(from).contains(&circle[(index + 1) % circle.len()]));
                }
                let set = StuckSet::closed_by(Some(closer), &threads, &gone, someone_runs);
                let Some(set) = set else { continue };
                prop_assert_eq!(set.threads[0], closer);
                let certain = without_habit(&threads);
                let stuck = |someone_runs| Picture::new(&certain, &gone, someone_runs).stuck();
                if set.rests_on_habit {
                    prop_assert!(set.threads.iter().all(|place| stuck_by_rule(&threads, &gone, true).contains(place)));
                    continue;
                }
                prop_assert!(set.threads.iter().all(|place| stuck(someone_runs).contains(place)));
                // Whoever rests on nobody but names is stuck whatever others do.
                prop_assert!(set.rests_on_everyone || !stuck(true).is_empty());
            }
        }
    }

    fn wants(thread: u32, lock: u64, held: &[u64]) -> Blocked {
        let condition = WakeCondition { lock: Some((LockId(lock), Mode::Exclusive)), ..WakeCondition::default() };
        let held = held.iter().map(|&lock| (LockId(lock), Mode::Exclusive)).collect();
        Blocked { thread: ThreadId(thread), condition, is_asleep: true, held }
    }

    fn listens(thread: u32, held: &[u64]) -> Blocked {
        let condition = WakeCondition { anyone: true, ..WakeCondition::default() };
        Blocked { condition, ..wants(thread, 0, held) }
    }

    fn closed(closer: usize, blocked: &[Blocked], someone_runs: bool) -> Option<(Lint, Vec<usize>)> {
        let set = StuckSet::closed_by(Some(closer), blocked, &Gone::default(), someone_runs)?;
        Some((set.lint, set.threads))
    }

    #[test]
    fn whoever_waits_for_a_circle_did_not_close_it() {
        let threads = [wants(1, 20, &[10]), wants(2, 10, &[20]), wants(3, 10, &[])];
        assert_eq!(closed(0, &threads, true), Some((Lint::Deadlock, vec![0, 1])));
        assert_eq!(closed(2, &threads, true), None);
        assert_eq!(closed(0, &[wants(1, 20, &[10]), wants(2, 30, &[20])], false), None);
    }

    #[test]
    fn whoever_ends_leaves_those_stuck_who_wait_for_what_it_kept_and_nobody_else() {
        let threads = [wants(1, 10, &[]), wants(2, 20, &[]), wants(3, 10, &[30]), wants(4, 30, &[])];
        let gone: Gone = [(LockId(10), ThreadId(9)), (LockId(20), ThreadId(8))].into_iter().collect();
        let left_by = |ended: u32| StuckSet::left_by(ThreadId(ended), &threads, &gone).map(|set| set.threads);
        assert_eq!((left_by(9), left_by(8), left_by(7)), (Some(vec![0, 2]), Some(vec![1]), None));
    }

    #[test]
    fn a_lock_in_the_hands_of_one_who_listens_makes_a_deadlock_and_nothing_else_does() {
        let threads = [wants(1, 10, &[]), listens(2, &[10])];
        assert_eq!(closed(0, &threads, false), Some((Lint::Deadlock, vec![0, 1])));
        assert_eq!(closed(0, &threads, true), None);
        assert_eq!(closed(1, &[listens(1, &[]), listens(2, &[10])], false), Some((Lint::Stall, vec![1, 0])));
        assert_eq!(closed(0, &[listens(1, &[])], true), None);
    }
}
