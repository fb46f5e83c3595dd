//! Looks at all threads, and again, until what is seen held at one moment.
//!
//! Must not know: how a thread blocks.
//! Source: the double collect of Afek et al. 1993: if two readings of all slots are equal, all of it was so at the moment
//! between them.
//! INVARIANT: a finding is made of readings that agree.

use super::thread::{here, unheard};
use super::wait::{SLOTS, Wait, gone, is_of_task, name_of};
use crate::analysis::wait_for::{Blocked, By, Gone, Picture, StuckSet, WakeCondition, without_habit};
use crate::event::{Deed, LockId, Mode, ThreadId};
use crate::finding::{Finding, Party, Reservation, Wakers};
use crate::lint::Lint;
use crate::rt::{self, Flag, Sleeper, Slot, Standing, main_may_wait_for_threads, os_threads};

/// What a look at all threads shows of one of them.
pub(super) enum Verdict {
    /// Some thread that can run may wake it.
    CanWake,
    /// Nobody can.
    Stuck(Stuck),
    /// Nobody can if all stays as it seems to be: look again later.
    Unsure(Look),
}

/// Threads that nobody can wake.
pub(super) struct Stuck {
    pub finding: Finding,
    /// What may have led there.
    pub causes: Vec<Finding>,
    pub rows: Vec<Row>,
}

/// A blocked thread's slot, and how it stood.
pub(super) type Row = (&'static Slot<Wait>, Standing);

/// All blocked threads, each as it was at its own moment.
pub(super) struct Look {
    rows: Vec<Row>,
    threads: Vec<Blocked>,
    someone_runs: bool,
}

/// Up once the main thread is known.
pub(super) static MAIN: Flag = Flag::new();
/// Up once a thread of the detector's own runs.
pub(super) static OWN: Flag = Flag::new();

/// Who may leave others without anybody to wake them.
#[derive(Clone, Copy)]
pub(super) enum Closer {
    /// A thread that is told as blocked.
    Blocked(&'static Slot<Wait>),
    /// One that is gone, and told as that.
    Ended(ThreadId),
}

/// Judges what a thread closed. `earlier` is a look that was unsure.
///
/// # Cost
/// O(blocked threads and what they hold); about a millisecond for a thousand, so few come here (`glance`).
pub(super) fn judge(closer: Closer, earlier: Option<&Look>) -> Verdict {
    let gone = gone();
    let (me, ended) = match closer {
        Closer::Blocked(slot) => (Some(slot), None),
        Closer::Ended(thread) => (None, Some(thread)),
    };
    loop {
        let look = Look::take();
        let place = me.and_then(|me| look.rows.iter().position(|(slot, _)| std::ptr::eq(*slot, me)));
        if place.is_none() && me.is_some() {
            return Verdict::CanWake;
        }
        let closed = StuckSet::closed_by(place, &look.threads, &gone, look.someone_runs);
        let set = match ended {
            None => closed,
            // What is owed others may do, as long as there are any.
            Some(thread) => StuckSet::left_by(thread, &look.threads, &gone)
                .or_else(|| closed.filter(|_| look.strangers(true).is_some()))
                .or_else(|| StuckSet::owed_by(thread, &look.threads)),
        };
        let Some(set) = set else {
            return if look.could_be_stuck(place, &gone) { Verdict::Unsure(look) } else { Verdict::CanWake };
        };
        if !look.is_still_so(&set) {
            continue;
        }
        let is_same = || earlier.is_some_and(|earlier| earlier.shows_the_same(&look));
        if set.rests_on_time && (!is_same() || look.waits_for_an_ending(&set, &gone)) {
            return Verdict::Unsure(look);
        }
        let Some(doubt) = (if set.rests_on_everyone { look.strangers(me.is_none()) } else { Some(0) }) else {
            return Verdict::CanWake;
        };
        if let Some(parties) = look.parties(&set, &gone) {
            let reservation = set.rests_on_habit.then_some(Reservation::Habit);
            let finding = Finding { doubt, reservation, ..Finding::of_parties(set.lint, parties) };
            let causes = set.threads.iter().zip(&finding.parties);
            let causes = causes.filter_map(|(&place, party)| look.lost_notify(place, party)).collect();
            let rows = set.threads.iter().map(|&place| look.rows[place]).collect();
            return Verdict::Stuck(Stuck { finding, causes, rows });
        }
    }
}

/// Returns how many threads are told as blocked now.
pub fn blocked_threads() -> usize {
    SLOTS.iter().filter(|slot| slot.standing().is_blocked()).count()
}

/// The running thread counts from now on neither as one that can wake others nor as one that gordian has never heard of:
/// it is a test's stage manager.
pub fn stand_aside() {
    unheard(|| ());
    here().leave_slot().inspect(|slot| slot.free());
    OWN.raise();
}

/// Returns what a blocked thread waits for, with what only the thing knows of it now.
fn condition_now(wait: &Wait, sleeper: Option<&dyn Sleeper>) -> WakeCondition {
    let told = wait.condition.clone();
    let anyone = WakeCondition { anyone: true, ..WakeCondition::default() };
    let threads = |numbers: Vec<u32>| numbers.into_iter().map(ThreadId);
    match sleeper.map_or(rt::By::Told, Sleeper::by) {
        rt::By::Told => told,
        rt::By::Anyone => anyone,
        rt::By::Guards(guards) => WakeCondition { by: By::Guards(guards), anyone: false, ..told },
        // Where threads come and go, more are to come.
        rt::By::Users(users) if !users.iter().all(|user| is_alive(ThreadId(*user))) => anyone,
        rt::By::Users(users) => WakeCondition { by: By::Users(threads(users).collect()), anyone: false, ..told },
        rt::By::Debtors(debtors) => {
            let (alive, ended): (Vec<_>, Vec<_>) = threads(debtors).partition(|debtor| is_alive(*debtor));
            WakeCondition { by: By::Debtors(alive, ended.first().copied()), anyone: false, ..told }
        }
    }
}

/// True unless the thread has ended, or was never known.
pub(super) fn is_alive(thread: ThreadId) -> bool {
    SLOTS.iter().any(|slot| slot.tag() == u64::from(thread.0) && !slot.standing().is_free())
}

impl Look {
    fn take() -> Self {
        let (mut rows, mut threads, mut someone_runs) = (Vec::new(), Vec::new(), false);
        for slot in SLOTS.iter() {
            let standing = slot.standing();
            let read = |wait: &Wait, sleeper: Option<&dyn Sleeper>| Blocked {
                thread: ThreadId(slot.tag() as u32),
                condition: condition_now(wait, sleeper),
                is_asleep: sleeper.is_none_or(Sleeper::is_asleep),
                held: wait.held.iter().map(|held| (held.lock, held.access.mode)).collect(),
            };
            match standing.is_blocked().then(|| slot.read(read)).flatten() {
                Some((standing, thread)) => {
                    // Its thread does something else meanwhile.
                    someone_runs |= is_of_task(slot);
                    rows.push((slot, standing));
                    threads.push(thread);
                }
                None => someone_runs |= !standing.is_free(),
            }
        }
        Self { rows, threads, someone_runs }
    }

    /// True if every blocked thread has been so since the other look.
    fn shows_the_same(&self, other: &Self) -> bool {
        let is_same = |((slot, standing), (other, then)): (&Row, &Row)| std::ptr::eq(*slot, *other) && standing == then;
        self.rows.len() == other.rows.len() && self.rows.iter().zip(&other.rows).all(is_same)
    }

    /// True if the thread is stuck in case a writer, on its way to its queue, gets there before the readers behind it.
    fn could_be_stuck(&self, place: Option<usize>, gone: &Gone) -> bool {
        let mut threads = self.threads.clone();
        let is_reader = |thread: &Blocked| thread.condition.lock.is_some_and(|(_, mode)| mode == Mode::Shared);
        let mut awake = threads.iter_mut().filter(|thread| !thread.is_asleep && is_reader(thread)).peekable();
        awake.peek().is_some() && {
            awake.for_each(|thread| thread.is_asleep = true);
            StuckSet::closed_by(place, &threads, gone, self.someone_runs).is_some()
        }
    }

    /// True if what somebody in the set waits for was left by a thread whose destructors may give it back still.
    fn waits_for_an_ending(&self, set: &StuckSet, gone: &Gone) -> bool {
        let leaver = |&place: &usize| gone.get(&self.threads[place].condition.lock?.0);
        set.threads.iter().filter_map(leaver).any(|thread| is_alive(*thread))
    }

    /// Reads again all that a set rests on. True if nothing changed.
    fn is_still_so(&self, set: &StuckSet) -> bool {
        let is_same = |place: usize| {
            let (slot, before) = self.rows[place];
            let Blocked { condition, is_asleep, .. } = &self.threads[place];
            let is_same = |wait: &Wait, sleeper: Option<&dyn Sleeper>| {
                sleeper.is_none_or(Sleeper::is_asleep) == *is_asleep && condition_now(wait, sleeper) == *condition
            };
            let now = slot.read(|wait, sleeper| condition.is_by_name() || is_same(wait, sleeper));
            now.is_some_and(|(now, is_same)| now == before && is_same)
        };
        if !set.rests_on_everyone {
            return set.threads.iter().all(|&place| is_same(place));
        }
        let known = SLOTS.iter().filter(|slot| !slot.standing().is_free()).count();
        known == self.rows.len() && (0..self.rows.len()).all(is_same)
    }

    /// Returns what a finding tells of the threads; `None` if somebody ran meanwhile.
    fn parties(&self, set: &StuckSet, gone: &Gone) -> Option<Vec<Party>> {
        let certain;
        let threads = if set.rests_on_habit {
            &self.threads
        } else {
            certain = without_habit(&self.threads);
            &certain
        };
        let picture = Picture::new(threads, gone, self.someone_runs);
        let wants = |place: usize, lock: LockId| threads[place].condition.lock.is_some_and(|want| want.0 == lock);
        let party = |&place: &usize| {
            let (slot, before) = self.rows[place];
            let Blocked { thread, held, condition, .. } = &threads[place];
            let keepers = picture.keepers(place).into_iter().map(|keeper| threads[keeper].thread);
            let wakers = match (&condition.by, picture.gone(place)) {
                (By::Users(users), _) => Wakers::Users(users.as_slice().into()),
                (By::Debtors(debtors, ended), _) => Wakers::Debtors(debtors.iter().chain(ended).copied().collect()),
                (_, Some(thread)) => Wakers::Gone(thread),
                _ if picture.waits_for_anyone(place) => Wakers::Anyone,
                (By::Guards(2..), _) => Wakers::AnyOf(keepers.collect()),
                _ => Wakers::Each(keepers.collect()),
            };
            let is_wanted = |(lock, _): &(LockId, Mode)| set.threads.iter().any(|&other| wants(other, *lock));
            let read = |wait: &Wait, _: Option<&dyn Sleeper>| {
                let (deed, thing, site) = wait.act?;
                Some(Party {
                    thread: *thread,
                    thread_name: wait.thread_name.clone(),
                    held: wait.held.clone().into_boxed_slice(),
                    holds: held.iter().position(is_wanted),
                    act: Some((deed, thing)),
                    site,
                    backtrace: wait.backtrace.clone(),
                    wakers,
                    lasted: None,
                    value: None,
                })
            };
            slot.read(read).filter(|(now, _)| *now == before)?.1
        };
        set.threads.iter().map(party).collect()
    }

    /// Returns the notification that nobody heard, if one may have been meant for this wait.
    fn lost_notify(&self, place: usize, party: &Party) -> Option<Finding> {
        let (thread, site) = self.rows[place].0.read(|_, sleeper| sleeper?.unheard())?.1?;
        let notifier = Party {
            thread: ThreadId(thread),
            thread_name: name_of(ThreadId(thread)),
            held: Box::default(),
            holds: None,
            act: party.act.map(|(_, thing)| (Deed::Notify, thing)),
            site,
            backtrace: None,
            wakers: Wakers::Nobody,
            lasted: None,
            value: None,
        };
        Some(Finding::of_parties(Lint::LostNotify, vec![notifier, party.clone()]))
    }

    /// Returns how many threads of the process the detector has never heard of, if that is no more than a doubt; `None` if
    /// some of them may well wake others. `has_ended` if the caller left the table already.
    fn strangers(&self, has_ended: bool) -> Option<u32> {
        let threads = self.rows.iter().filter(|(slot, _)| !is_of_task(slot)).count();
        let known = threads + usize::from(has_ended) + usize::from(OWN.is_up());
        match os_threads().map(|threads| threads.saturating_sub(known)) {
            Some(0) => Some(0),
            // A test harness's main thread waits for its tests and does nothing else; so does a host's.
            Some(1) if !MAIN.is_up() && main_may_wait_for_threads() => Some(1),
            Some(_) => None,
            // Where threads cannot be counted, there may be one.
            None => Some(1),
        }
    }
}
