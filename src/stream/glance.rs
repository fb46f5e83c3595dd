//! Turns the signs of blocked threads into a guess, in passing, whether one that blocks may be stuck. Most are not, and
//! then nobody looks closer.
//!
//! Must not know: how a thread blocks, what a finding is.
//! Source: none; whoever closes a set is waited for, or is the last one that ran (`analysis/wait_for.rs`).
//! INVARIANT: what `StuckSet::closed_by` calls stuck is suspicious here. Every fact is looked for after the thread was told
//! as blocked, so of those that block at once the last one sees them all.

use super::wait::{Wait, Want, is_of_task};
use crate::event::{Deed, HeldLock, Kind, LockId, Mode, ThreadId};
use crate::rt::{By, Sign, Sleeper, Slot, Slots};

/// All threads but one, as that one sees them in passing.
pub(super) struct Glance<'a, G> {
    pub slots: &'a Slots<Wait>,
    /// The one that blocks; `None` if it has just ended.
    pub me: Option<&'a Slot<Wait>>,
    /// True of a lock whose holder ended without giving it back.
    pub is_gone: G,
}

/// Stands for more than one number: only the wait itself tells which.
pub(super) const SEVERAL: u64 = u64::MAX;

/// Returns what a thread that waits shows to those who pass by.
pub(super) fn sign(want: &Want<'_>, held: &[HeldLock]) -> Sign {
    let wanted = match (want.lock, want.ends) {
        // Only the thing knows whom they wait for, and that changes.
        (None, []) if is_by_habit(want.deed) => SEVERAL,
        (None, []) => 0,
        (Some((lock, _)), []) => lock.0,
        (None, [end]) => u64::from(end.0),
        _ => SEVERAL,
    };
    Sign {
        filter: held.iter().map(|held| held.lock).chain(queued(want)).fold(0, |filter, lock| filter | bit(lock)),
        wanted,
    }
}

/// True of a wait for those who did so far what it needs.
fn is_by_habit(deed: Deed) -> bool {
    matches!(deed, Deed::Get | Deed::Put | Deed::JoinTasks)
}

/// True if a wait rests on what this thread did so far.
fn names(sleeper: Option<&dyn Sleeper>, thread: u64) -> bool {
    let is_it = |number: &u32| u64::from(*number) == thread;
    match sleeper.map_or(By::Told, Sleeper::by) {
        By::Users(threads) | By::Debtors(threads) => threads.iter().any(is_it),
        By::Told | By::Anyone | By::Guards(_) => false,
    }
}

/// Returns the lock that readers do not get because this thread, a writer, waits for it.
fn queued(want: &Want<'_>) -> Option<LockId> {
    let access = want.thing.access;
    want.lock.filter(|_| access.kind == Kind::RwLock && access.mode.is_exclusive()).map(|(lock, _)| lock)
}

/// Returns a lock's bit in a filter.
fn bit(lock: LockId) -> u64 {
    1 << (lock.0 >> 58)
}

impl<G: Fn(LockId) -> bool> Glance<'_, G> {
    /// False if the thread is not stuck, or closes nothing by blocking. `holds` tells what it holds.
    ///
    /// # Cost
    /// A load or three for each thread; the lock of another's slot only where something fits.
    pub(super) fn is_suspicious(&self, want: &Want<'_>, holds: impl Fn(LockId) -> bool) -> bool {
        self.waits_for_the_gone(want)
            || self.keeps_itself(want)
            || (self.is_kept(want) && (self.is_waited_for(want, holds) || !self.someone_can_run()))
            || (want.anyone && !self.someone_can_run())
    }

    /// True if a thread that ended has, or owes, what is waited for.
    fn waits_for_the_gone(&self, want: &Want<'_>) -> bool {
        want.lock.is_some_and(|(lock, _)| (self.is_gone)(lock))
            || (want.deed == Deed::JoinTasks && self.owe(want).iter().any(|&debtor| !self.is_there(debtor)))
    }

    /// True if the thread has permits of what it wants another one of.
    fn keeps_itself(&self, want: &Want<'_>) -> bool {
        let may = want.lock.is_some_and(|(_, mode)| mode == Mode::Permit);
        let me = self.me.filter(|_| may);
        me.and_then(|me| me.read(|wait, _| wait.keeps(want))).is_some_and(|read| read.1)
    }

    /// True if a thread that has just ended owes something to one who waits for it.
    pub(super) fn is_owed(&self, thread: ThreadId) -> bool {
        let mut waiters = self.blocked().filter(|slot| slot.wanted() == SEVERAL);
        waiters.any(|slot| slot.read(|_, sleeper| names(sleeper, u64::from(thread.0))).is_some_and(|read| read.1))
    }

    /// Returns the threads that this one waits for because they did so far what it needs.
    fn owe(&self, want: &Want<'_>) -> Vec<u32> {
        let me = self.me.filter(|_| is_by_habit(want.deed));
        let by = me.and_then(|me| me.read(|_, sleeper| sleeper.map_or(By::Told, Sleeper::by)));
        match by {
            Some((_, By::Users(threads) | By::Debtors(threads))) => threads,
            _ => Vec::new(),
        }
    }

    fn is_there(&self, thread: u32) -> bool {
        self.slots.iter().any(|slot| slot.tag() == u64::from(thread) && !slot.standing().is_free())
    }

    /// False if the thread, which looks suspicious, closes nothing for sure: somebody else can run, and from those that wait
    /// for it by name, and for those in turn, none leads back to one that it waits for. The gate is closed.
    ///
    /// # Cost
    /// A sort of the blocked threads, and the slots' locks of those that wait for this one.
    pub(super) fn may_close(&self, want: &Want<'_>) -> bool {
        self.waits_for_the_gone(want) || self.keeps_itself(want) || !self.someone_can_run() || self.leads_back(want)
    }

    fn leads_back(&self, want: &Want<'_>) -> bool {
        let Some(me) = self.me else { return false };
        let mut waiters: Vec<(u64, Option<&Slot<Wait>>)> =
            self.blocked().map(|slot| (slot.wanted(), Some(slot))).filter(|waiter| waiter.0 != 0).collect();
        // COST: 2026-11-21, bench "one more waited for", a busy machine: a table of lists 146 us, sorted 55 us.
        waiters.sort_unstable_by_key(|waiter| waiter.0);
        let mut take = |number: u64, next: &mut Vec<_>| {
            let first = waiters.partition_point(|waiter| waiter.0 < number);
            let those = waiters[first..].iter_mut().take_while(|waiter| waiter.0 == number);
            next.extend(those.filter_map(|waiter| waiter.1.take()));
        };
        let owe = self.owe(want);
        let mut next = vec![me];
        // Whoever waits for several may well wait for this one, too.
        take(SEVERAL, &mut next);
        let mut numbers = Vec::new();
        while let Some(slot) = next.pop() {
            numbers.push(slot.tag());
            let keeps = slot.read(|wait, _| {
                numbers.extend(wait.held.iter().map(|held| held.lock.0));
                // Behind a writer in its queue readers wait, too.
                let queued = wait.condition.lock.filter(|&(lock, _)| slot.filter() & bit(lock) != 0);
                numbers.extend(queued.map(|(lock, _)| lock.0));
                wait.keeps(want)
            });
            let is_named = || {
                let ends = want.ends.iter().map(|end| end.0);
                ends.chain(owe.iter().copied()).any(|number| u64::from(number) == slot.tag())
            };
            if !std::ptr::eq(slot, me) && (keeps.is_some_and(|read| read.1) || is_named()) {
                return true;
            }
            numbers.drain(..).for_each(|number| take(number, &mut next));
        }
        false
    }

    /// True if another thread is sure to be able to run: it is not told as blocked; or nothing keeps it any more, it was
    /// woken, and has only not run yet.
    pub(super) fn someone_can_run(&self) -> bool {
        // While a task is blocked its thread does something else.
        if self.others().any(|slot| slot.standing().is_running() || (slot.standing().is_blocked() && is_of_task(slot)))
            || self.me.is_some_and(is_of_task)
        {
            return true;
        }
        // This thread, too, keeps others from what it holds.
        let blocked = self.slots.iter().filter(|slot| slot.standing().is_blocked());
        let kept = blocked.fold(0, |kept, slot| kept | slot.filter());
        self.blocked()
            .any(|slot| slot.read(|wait, sleeper| self.is_free_to_go(wait, sleeper, kept)).is_some_and(|read| read.1))
    }

    /// False if the thread may have to wait still; `kept` are the bits of what is held.
    fn is_free_to_go(&self, wait: &Wait, sleeper: Option<&dyn Sleeper>, kept: u64) -> bool {
        let condition = &wait.condition;
        // A permit may come from anyone by now.
        let needs_someone = condition.anyone || wait.act.is_some_and(|(deed, ..)| deed == Deed::Acquire);
        // A second thread may have taken the lock since: it runs, and will look itself when it blocks.
        condition.ends.is_empty()
            && condition.lock.is_none_or(|(lock, _)| kept & bit(lock) == 0 && !(self.is_gone)(lock))
            && !(needs_someone && sleeper.is_none_or(Sleeper::is_asleep))
    }

    /// True if one of those whom the thread waits for by name is blocked. Who runs by the time its slot is read can wake
    /// others, or sees this wait when it blocks.
    fn is_kept(&self, want: &Want<'_>) -> bool {
        let bits = want.lock.map_or(0, |(lock, _)| bit(lock));
        let owe = self.owe(want);
        let named = || want.ends.iter().map(|end| end.0).chain(owe.iter().copied());
        let is_named = |slot: &Slot<Wait>| named().any(|number| u64::from(number) == slot.tag());
        // Two locks may have one bit.
        let keeps = |slot: &Slot<Wait>| {
            slot.filter() & bits != 0 && slot.read(|wait, _| wait.keeps(want)).is_some_and(|read| read.1)
        };
        (bits != 0 || named().next().is_some()) && self.blocked().any(|slot| keeps(slot) || is_named(slot))
    }

    /// True if a blocked thread waits for this one by name: for what it holds, for its end, or behind it in a queue.
    fn is_waited_for(&self, want: &Want<'_>, holds: impl Fn(LockId) -> bool) -> bool {
        let Some(me) = self.me else { return false };
        let (queued, mine) = (queued(want), me.filter());
        let is_read = |wait: &Wait| wait.condition.lock.is_some_and(|(_, mode)| mode == Mode::Shared);
        let joins = |wait: &Wait| wait.condition.ends.iter().any(|end| u64::from(end.0) == me.tag());
        let wants_mine = |wait: &Wait| wait.condition.lock.is_some_and(|(lock, _)| holds(lock) || queued == Some(lock));
        self.blocked().any(|slot| match slot.wanted() {
            SEVERAL => slot
                .read(|wait, sleeper| joins(wait) || wants_mine(wait) || names(sleeper, me.tag()))
                .is_some_and(|read| read.1),
            wanted if wanted == me.tag() => true,
            wanted if wanted == 0 || mine & bit(LockId(wanted)) == 0 => false,
            wanted if holds(LockId(wanted)) => true,
            wanted => queued == Some(LockId(wanted)) && slot.read(|wait, _| is_read(wait)).is_some_and(|read| read.1),
        })
    }

    fn blocked(&self) -> impl Iterator<Item = &Slot<Wait>> {
        self.others().filter(|slot| slot.standing().is_blocked())
    }

    fn others(&self) -> impl Iterator<Item = &Slot<Wait>> {
        self.slots.iter().filter(|slot| !self.me.is_some_and(|me| std::ptr::eq(*slot, me)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::wait_for::{Blocked, By as Rule, Gone, StuckSet, WakeCondition};
    use crate::event::{Access, Deed, Name, Note, ThreadId};
    use crate::finding::Wanted;
    use crate::rt::{RawLock, Site};
    use proptest::prelude::*;

    /// A thread, and whether it is told as blocked.
    type Actor = (Blocked, bool);

    struct Sleeps(bool, By);

    impl Sleeper for Sleeps {
        fn is_asleep(&self) -> bool {
            self.0
        }

        fn by(&self) -> By {
            self.1.clone()
        }

        fn interrupt(&self) -> bool {
            false
        }
    }

    static READ: Access = Access { kind: Kind::RwLock, mode: Mode::Shared, type_name: || "" };
    static WRITE: Access = Access { kind: Kind::RwLock, mode: Mode::Exclusive, type_name: || "" };
    static AGAIN: Access = Access { kind: Kind::RLock, mode: Mode::SharedRecursive, type_name: || "" };
    static PERMIT: Access = Access { kind: Kind::Semaphore, mode: Mode::Permit, type_name: || "" };
    static MUTEX: Access = Access { kind: Kind::Mutex, mode: Mode::Exclusive, type_name: || "" };

    /// Whether this is a mutex: what a condition variable takes again, nobody reads.
    fn is_mutex(lock: LockId) -> bool {
        !matches!(lock.0 & 0xff, 0..=3 | 6..=8)
    }

    fn access(lock: LockId, mode: Mode) -> &'static Access {
        match mode {
            Mode::Exclusive if is_mutex(lock) => &MUTEX,
            Mode::Exclusive => &WRITE,
            Mode::Shared => &READ,
            Mode::SharedRecursive => &AGAIN,
            Mode::Permit => &PERMIT,
        }
    }

    fn want(condition: &WakeCondition) -> Want<'_> {
        let WakeCondition { lock, ends, anyone, .. } = condition;
        let (wanted, mode) = lock.unwrap_or((LockId(u64::MAX), Mode::Exclusive));
        let thing = Wanted { lock: wanted, created: Site::caller(), name: Name(0), access: access(wanted, mode) };
        // The thread itself says that anyone may wake it; only the part knows who ever did.
        let is_by_habit = matches!(condition.by, Rule::Users(_) | Rule::Debtors(..));
        let (deed, anyone) = (if is_by_habit { Deed::JoinTasks } else { Deed::Request }, *anyone || is_by_habit);
        Want { deed, thing, site: Site::caller(), lock: *lock, ends, anyone }
    }

    fn hold(&(lock, mode): &(LockId, Mode)) -> HeldLock {
        let site = Site::caller();
        HeldLock { lock, created: site, access: access(lock, mode), site, known: 0, note: Note::new(Name(0)) }
    }

    /// Whether the first thread, which is blocked, looks suspicious, and whether another one is sure to run.
    fn glanced(actors: &[Actor], gone: &Gone) -> (bool, bool) {
        static SLOTS: RawLock<Slots<Wait>> = RawLock::new(Slots::new());
        let slots = SLOTS.lock();
        let numbers = |threads: &[ThreadId]| threads.iter().map(|thread| thread.0).collect::<Vec<u32>>();
        let by = |blocked: &Blocked| match &blocked.condition.by {
            Rule::Told => By::Told,
            Rule::Guards(guards) => By::Guards(*guards),
            Rule::Users(users) => By::Users(numbers(users)),
            Rule::Debtors(debtors, gone) => {
                By::Debtors([numbers(debtors), gone.iter().map(|it| it.0).collect()].concat())
            }
        };
        let sleepers: Vec<Sleeps> = actors.iter().map(|actor| Sleeps(actor.0.is_asleep, by(&actor.0))).collect();
        let mut told = Vec::new();
        for ((blocked, is_told), sleeper) in actors.iter().zip(&sleepers) {
            let slot = slots.take(u64::from(blocked.thread.0), Wait::default).expect("there are not so many");
            let write = |wait: &mut Wait| {
                let anyone = want(&blocked.condition).anyone;
                wait.condition = WakeCondition { anyone, by: Rule::Told, ..blocked.condition.clone() };
                wait.held = blocked.held.iter().map(hold).collect();
                sign(&want(&blocked.condition), &wait.held)
            };
            told.extend(is_told.then(|| slot.block(Some(sleeper), write)));
        }
        let (me, is_gone) = (&actors[0].0, |lock| gone.contains_key(&lock));
        let glance = Glance { slots: &slots, me: slots.iter().next(), is_gone };
        let holds = |lock| me.held.iter().any(|held| held.0 == lock);
        let seen = (
            glance.is_suspicious(&want(&me.condition), holds) && glance.may_close(&want(&me.condition)),
            glance.someone_can_run(),
        );
        drop(told);
        slots.iter().for_each(Slot::free);
        seen
    }

    /// Locks of three bits, one of them with a thread's number.
    fn lock(number: u64) -> LockId {
        LockId((number % 3) << 58 | number)
    }

    fn mode() -> impl Strategy<Value = Mode> {
        prop_oneof![3 => Just(Mode::Exclusive), 2 => Just(Mode::Shared), 1 => Just(Mode::SharedRecursive)]
    }

    fn actor(thread: u32) -> impl Strategy<Value = Actor> {
        let a_lock = || {
            let mode_of = |(lock, mode)| (lock, if is_mutex(lock) { Mode::Exclusive } else { mode });
            ((1u64..6).prop_map(lock), mode()).prop_map(mode_of)
        };
        let ends = prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(2)];
        let ends = ends.prop_flat_map(|count| prop::collection::vec((1u32..6).prop_map(ThreadId), count));
        let condition = (prop::option::weighted(0.7, a_lock()), ends, prop::bool::weighted(0.3));
        let (asleep, told) = (prop::bool::weighted(0.7), prop::bool::weighted(0.9));
        (condition, asleep, prop::collection::vec(a_lock(), 0..3), told).prop_map(
            move |((wanted, ends, anyone), is_asleep, held, is_told)| {
                let lock = wanted.filter(|wanted| !anyone || is_mutex(wanted.0));
                let condition = WakeCondition { lock, ends, anyone, by: Rule::Told };
                let blocked = Blocked { thread: ThreadId(thread), condition, is_asleep, held };
                (blocked, is_told || thread == 1)
            },
        )
    }

    /// What a part says of its waits: permits of three semaphores, and threads that used it.
    fn by() -> impl Strategy<Value = WakeCondition> {
        let of = |by| WakeCondition { by, ..WakeCondition::default() };
        let threads = |size| prop::collection::vec((1u32..6).prop_map(ThreadId), size);
        let permit = (6u64..9, 1usize..4).prop_map(move |(number, guards)| WakeCondition {
            lock: Some((lock(number), if guards == 1 { Mode::Exclusive } else { Mode::Permit })),
            ..of(Rule::Guards(guards))
        });
        let users = threads(1..4).prop_map(move |users| of(Rule::Users(users)));
        let debtors = (threads(0..3), prop::option::weighted(0.2, Just(ThreadId(98))));
        let debtors = debtors.prop_map(move |(debtors, gone)| of(Rule::Debtors(debtors, gone)));
        prop_oneof![2 => permit, 1 => users, 1 => debtors]
    }

    /// An actor that may wait for, and hold, what is not a lock.
    fn versatile(thread: u32) -> impl Strategy<Value = Actor> {
        let permits = prop::collection::vec((6u64..9).prop_map(|number| (lock(number), Mode::Permit)), 0..3);
        (actor(thread), prop::option::weighted(0.4, by()), permits).prop_map(|((mut blocked, is_told), by, permits)| {
            blocked.condition = by.unwrap_or(blocked.condition);
            blocked.held.extend(permits);
            (blocked, is_told)
        })
    }

    /// The first thread does not wait for itself: that is told before it blocks.
    fn actors() -> impl Strategy<Value = Vec<Actor>> {
        let actors = (1u32..6).prop_flat_map(|count| (1..=count).map(versatile).collect::<Vec<_>>());
        actors.prop_map(|mut actors| {
            let count = actors.len() as u32;
            for (blocked, _) in &mut actors {
                if let Rule::Users(threads) | Rule::Debtors(threads, _) = &mut blocked.condition.by {
                    threads.retain(|thread| thread.0 <= count);
                }
                if blocked.condition.by == Rule::Users(Vec::new()) {
                    blocked.condition = WakeCondition { anyone: true, ..WakeCondition::default() };
                }
            }
            let Blocked { thread, condition, held, .. } = &mut actors[0].0;
            condition.ends.retain(|end| end != thread);
            let Some((wanted, mode)) = condition.lock else { return actors };
            held.retain(|held| held.0 != wanted || !(mode.is_exclusive() || held.1.is_exclusive()));
            actors
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6000))]

        #[test]
        fn nothing_that_the_picture_shows_is_missed_in_passing(actors in actors(), gone in prop::option::of(1u64..6)) {
            let gone: Gone = gone.into_iter().map(|number| (lock(number), ThreadId(99))).collect();
            let mut told: Vec<Blocked> = actors.iter().filter(|actor| actor.1).map(|actor| actor.0.clone()).collect();
            let someone_runs = told.len() < actors.len();
            let (is_suspicious, someone_can_run) = glanced(&actors, &gone);
            for may_pass in [true, false] {
                // A reader that could pass at this moment may be behind a writer in the next.
                let is_reader = |thread: &&mut Blocked| thread.condition.lock.is_some_and(|lock| lock.1 == Mode::Shared);
                told.iter_mut().filter(is_reader).for_each(|reader| reader.is_asleep |= !may_pass);
                let set = StuckSet::closed_by(Some(0), &told, &gone, someone_runs);
                prop_assert!(set.is_none() || is_suspicious);
                prop_assert!(!set.is_some_and(|set| set.rests_on_everyone) || !someone_can_run);
            }
        }
    }

    fn wants(thread: u32, wanted: u64, held: &[u64]) -> Actor {
        let condition = WakeCondition { lock: Some((lock(wanted), Mode::Exclusive)), ..WakeCondition::default() };
        let held = held.iter().map(|&held| (lock(held), Mode::Exclusive)).collect();
        (Blocked { thread: ThreadId(thread), condition, is_asleep: true, held }, true)
    }

    /// Waits on a condition variable with a mutex.
    fn listens(thread: u32, mutex: u64, is_asleep: bool, held: &[u64]) -> Actor {
        let (mut blocked, is_told) = wants(thread, mutex, held);
        blocked.condition.anyone = true;
        (Blocked { is_asleep, ..blocked }, is_told)
    }

    fn is_suspicious(actors: &[Actor]) -> bool {
        glanced(actors, &Gone::default()).0
    }

    #[test]
    fn whoever_joins_a_chain_or_is_its_end_is_let_pass_and_whoever_closes_it_is_not() {
        let runs = || (wants(9, 10, &[]).0, false);
        let [second, third] = [wants(2, 11, &[12]), wants(3, 12, &[13])];
        assert!(!is_suspicious(&[wants(1, 13, &[14]), second.clone(), third.clone(), runs()]), "nobody waits for it");
        assert!(!is_suspicious(&[wants(1, 10, &[11]), second.clone(), third.clone(), runs()]), "its keeper runs");
        assert!(is_suspicious(&[wants(1, 13, &[11]), second.clone(), third.clone(), runs()]));
        let waits_for_it = wants(4, 14, &[]);
        assert!(!is_suspicious(&[wants(1, 13, &[14]), second, third, waits_for_it, runs()]), "nothing leads back");
    }

    #[test]
    fn one_who_was_woken_counts_as_running_unless_its_mutex_is_kept() {
        assert!(!is_suspicious(&[listens(1, 10, true, &[]), listens(2, 10, false, &[])]));
        assert!(is_suspicious(&[listens(1, 10, true, &[]), listens(2, 10, true, &[])]), "it was not woken");
        assert!(is_suspicious(&[listens(1, 11, true, &[10]), listens(2, 10, false, &[])]), "this one has its mutex");
        let waits_a_while = |mutex: u64| {
            let (mut blocked, is_told) = listens(2, mutex, true, &[]);
            blocked.condition.anyone = false;
            (blocked, is_told)
        };
        assert!(!is_suspicious(&[listens(1, 10, true, &[]), waits_a_while(10)]), "it is woken by its own limit");
    }

    #[test]
    fn writers_in_one_queue_are_let_pass_and_a_reader_behind_its_own_is_not() {
        let holder = (wants(9, 20, &[2]).0, false);
        assert!(!is_suspicious(&[wants(1, 2, &[]), wants(2, 2, &[]), holder.clone()]));
        let mut reader = wants(1, 2, &[]);
        reader.0.condition.lock = Some((lock(2), Mode::Shared));
        reader.0.held = vec![(lock(2), Mode::Shared)];
        assert!(is_suspicious(&[reader, wants(2, 2, &[]), holder]));
    }
}
