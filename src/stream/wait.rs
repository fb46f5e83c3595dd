//! Tells what blocked threads wait for, and finds those that nobody can wake any more, before the last of them sleeps.
//!
//! Must not know: how a thread blocks, the words of a report.
//! INVARIANT: a thread is told as blocked before it looks at the others, and as running before it consumes what woke it.

use super::glance::{Glance, SEVERAL, sign};
use super::look::{Closer, Row, Stuck, Verdict, judge};
use super::thread::{Thread, here, refuse};
use crate::analysis::wait_for::{Gone, WakeCondition};
use crate::event::{Deed, HeldLock, LockId, Mode, ThreadId};
use crate::finding::{Finding, Wanted};
use crate::policy::Refusal;
use crate::rt::{self, Backtrace, Flag, RawLock, Site, Sleeper, Slot, Slots, pause};
use std::sync::Arc;
use std::time::Duration;

/// What the running thread is about to wait for.
#[derive(Clone, Copy)]
pub(crate) struct Want<'a> {
    pub deed: Deed,
    pub thing: Wanted,
    pub site: Site,
    /// A lock that it needs before it can go on.
    pub lock: Option<(LockId, Mode)>,
    /// Threads whose ends it needs.
    pub ends: &'a [ThreadId],
    /// True if any thread may do what it needs.
    pub anyone: bool,
}

/// What a slot tells of its thread while that is blocked.
#[derive(Default)]
pub(super) struct Wait {
    pub condition: WakeCondition,
    pub held: Vec<HeldLock>,
    pub act: Option<(Deed, Wanted, Site)>,
    pub backtrace: Option<Arc<Backtrace>>,
    pub thread_name: Option<Arc<str>>,
    /// How many tasks began to wait before.
    #[cfg(feature = "tokio")]
    pub since: u64,
    /// Why the thread was woken for nothing.
    refusal: Option<Refusal>,
}

/// While it lives, the running thread is told as blocked.
#[must_use]
pub(crate) struct Waiting<'a>(Option<(&'static Slot<Wait>, rt::Blocked<'a, Wait>)>);

/// Where a thread is told as blocked, for those who add to what it waits for.
#[derive(Clone, Copy)]
pub(crate) struct Published(&'static Slot<Wait>);

pub(super) static SLOTS: Slots<Wait> = Slots::new();
static GONE: RawLock<Option<Gone>> = RawLock::new(None);
static ANY_GONE: Flag = Flag::new();

/// The bit of a slot's tag that says that it is a task's: it is there only while the task is blocked, and its runtime can
/// run others meanwhile.
pub(super) const OF_TASK: u64 = 1 << 32;
/// How many threads that are told as blocked will look once more before they sleep.
static UNSURE: RawLock<usize> = RawLock::new(0);

/// Held by a thread that finds itself stuck, until it counts as one that runs.
static TELLING: RawLock<()> = RawLock::new(());

/// How long one sleeps that looks again from time to time; twice as long each time, and not longer than that.
// COST: only for those of whom it was unsure whether they wait for ever, and for those who wait for permits.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// What rests on no name must stay the same for so long before it is told.
const GRACE: Duration = Duration::from_millis(20);
/// Looks in one nap of a thread that cannot be woken meanwhile.
const LOOKS: u32 = 20;

/// Tells that the running thread waits, and returns once it may sleep.
///
/// `nap` sleeps for a time in what is waited for, and says whether it was woken; then nobody is looked at any more. No time
/// at all asks a park for what only std knows.
/// An error if the wait would be for ever, and that is denied.
///
/// # Cost
/// The slot's own lock, and one look at each thread's slot; more only if those who could wake this one are blocked too.
pub(crate) fn begin<'a>(
    want: &Want<'_>,
    sleeper: Option<&'a dyn Sleeper>,
    mut nap: impl FnMut(Duration) -> bool,
) -> Result<Waiting<'a>, Refusal> {
    let thread = here();
    let waiting = thread.publish(want, sleeper);
    let Waiting(Some((slot, _))) = waiting else { return Ok(waiting) };
    let mut earlier = None;
    let stuck = loop {
        match thread.judge(want, slot, earlier.as_ref()) {
            Verdict::CanWake => return Ok(waiting),
            // A thread that is gone, and of which nobody has heard, may have used std's own handle.
            Verdict::Stuck(_) if want.deed == Deed::Park && nap(Duration::ZERO) => return Ok(waiting),
            Verdict::Stuck(_) => {
                let _alone = TELLING.lock();
                // Whoever closed the same at the same moment, and came first, runs by now.
                if let Verdict::Stuck(stuck) = thread.judge(want, slot, earlier.as_ref()) {
                    // While it is told, which may call the user's handler, this thread runs.
                    drop(waiting);
                    break stuck;
                }
            }
            Verdict::Unsure(look) => {
                *UNSURE.lock() += 1;
                let is_over = nap(GRACE);
                *UNSURE.lock() -= 1;
                if is_over {
                    return Ok(waiting);
                }
                earlier = Some(look);
            }
        }
    };
    match thread.tell_stuck(&stuck) {
        // A scope cannot be left before its threads have ended: one of the others is refused.
        Some(refusal) if want.deed == Deed::EndScope => refuse_another(refusal, &stuck.rows),
        Some(refusal) if !std::thread::panicking() => return Err(refusal),
        _ => {}
    }
    Ok(thread.publish(want, sleeper))
}

/// Blocks the running thread in `block`, unless that would be for ever.
///
/// `block` is given the longest time to wait, or `None` for no limit, and returns `None` if it woke without what it waited
/// for. It may be called several times.
///
/// # Panics
/// If the wait is for ever, and that is denied.
#[track_caller]
pub(crate) fn sleep<R>(
    want: &Want<'_>,
    sleeper: &dyn Sleeper,
    mut block: impl FnMut(Option<Duration>) -> Option<R>,
) -> R {
    super::live::prepare();
    let mut patience = (want.deed == Deed::Acquire).then_some(PATIENCE);
    loop {
        if let Some(result) = sleep_for(patience, want, sleeper, &mut block) {
            return result;
        }
        // Some permits came back, perhaps before it slept, and were too few: those who have the rest may wait for this thread.
        patience = patience.map(|time| LONGEST.min(2 * time));
    }
}

/// Like [`sleep`]; `None` if its patience was at an end first, or it was woken for too little.
#[track_caller]
fn sleep_for<R>(
    patience: Option<Duration>,
    want: &Want<'_>,
    sleeper: &dyn Sleeper,
    block: &mut impl FnMut(Option<Duration>) -> Option<R>,
) -> Option<R> {
    let mut early = None;
    let begun = begin(want, Some(sleeper), |time| {
        early = block(Some(time));
        early.is_some()
    });
    let waiting = match begun {
        Ok(waiting) => Some(waiting),
        Err(refusal) => {
            refuse(refusal);
            None
        }
    };
    if early.is_some() {
        return early;
    }
    // What was received or sent would be lost.
    let is_final = !matches!(want.deed, Deed::Wait | Deed::WaitTimeout | Deed::Arrive | Deed::Park);
    loop {
        let result = block(patience);
        let refusal = waiting.as_ref().and_then(Waiting::refusal);
        if let Some(refusal) = refusal.filter(|_| !is_final || result.is_none()) {
            refuse(refusal);
        }
        if result.is_some() || patience.is_some() {
            return result;
        }
    }
}

/// A nap of a thread that only looks, again and again, whether it `is_over`.
pub(crate) fn doze(time: Duration, mut is_over: impl FnMut() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        pause(time / LOOKS);
        is_over()
    })
}

/// Returns the deadlock that a request would close at once: worse than whatever its order shows.
pub(super) fn would_deadlock(want: &Want<'_>) -> Option<Finding> {
    let thread = here();
    let waiting = thread.publish(want, None);
    match thread.judge(want, waiting.0.as_ref()?.0, None) {
        Verdict::Stuck(stuck) => Some(stuck.finding),
        Verdict::CanWake | Verdict::Unsure(_) => None,
    }
}

/// A thread is gone, whose end may leave others without anybody to wake them. Then they are told; and one of them, if it can
/// be woken for nothing, is refused.
pub(super) fn ended(thread: &Thread) {
    let Some(slot) = thread.leave_slot() else { return };
    slot.free();
    let glance = glance(None);
    if !has_left_locks(thread.number()) && !glance.is_owed(thread.number()) && glance.someone_can_run() {
        return;
    }
    let mut earlier = None;
    loop {
        match judge(Closer::Ended(thread.number()), earlier.as_ref()) {
            Verdict::CanWake => return,
            Verdict::Unsure(look) => {
                pause(GRACE);
                earlier = Some(look);
            }
            Verdict::Stuck(stuck) => {
                if let Some(refusal) = thread.tell_stuck(&stuck) {
                    refuse_another(refusal, &stuck.rows);
                }
                return;
            }
        }
    }
}

/// Refuses the wait of one of these threads, if one can be woken for nothing.
fn refuse_another(refusal: Refusal, stuck: &[Row]) {
    let mut refusal = Some(refusal);
    for (slot, standing) in stuck {
        if slot.interrupt(*standing, |wait| wait.refusal = refusal.take()) {
            return;
        }
        refusal = refusal.or_else(|| slot.with_wait(|wait| wait.refusal.take()));
    }
}

/// Returns how many threads are told as blocked now and will look at the others once more before they sleep.
pub fn unsure_threads() -> usize {
    *UNSURE.lock()
}

/// Returns the name of a thread, if it is known and has one.
pub(super) fn name_of(thread: ThreadId) -> Option<Arc<str>> {
    let slot = SLOTS.iter().find(|slot| slot.tag() == u64::from(thread.0))?;
    slot.with_wait(|wait| wait.thread_name.clone())
}

/// Returns a slot for a thread that is known from now on.
pub(super) fn take_slot(number: ThreadId) -> Option<&'static Slot<Wait>> {
    SLOTS.take(u64::from(number.0), Wait::default)
}

/// A lock was not given back by its thread, which ended.
pub(super) fn leave_behind(lock: LockId, thread: ThreadId) {
    ANY_GONE.raise();
    GONE.lock().get_or_insert_default().insert(lock, thread);
}

/// A lock is gone, or was given back after all.
pub(super) fn take_back(lock: LockId) {
    if ANY_GONE.is_up()
        && let Some(gone) = &mut *GONE.lock()
    {
        gone.remove(&lock);
    }
}

/// True if a lock's holder ended without giving it back.
fn is_gone(lock: LockId) -> bool {
    ANY_GONE.is_up() && GONE.lock().as_ref().is_some_and(|gone| gone.contains_key(&lock))
}

fn has_left_locks(thread: ThreadId) -> bool {
    ANY_GONE.is_up() && GONE.lock().as_ref().is_some_and(|gone| gone.values().any(|leaver| *leaver == thread))
}

/// Returns the locks whose holders ended without giving them back.
pub(super) fn gone() -> Gone {
    if ANY_GONE.is_up() { GONE.lock().clone().unwrap_or_default() } else { Gone::default() }
}

/// True if a slot is a task's.
pub(super) fn is_of_task(slot: &Slot<Wait>) -> bool {
    slot.tag() & OF_TASK != 0
}

impl Wait {
    /// Describes a wait, and returns its sign.
    pub(super) fn describe(
        &mut self,
        want: &Want<'_>,
        backtrace: Option<Arc<Backtrace>>,
        fill: impl FnOnce(&mut Vec<HeldLock>),
    ) -> rt::Sign {
        self.condition.lock = want.lock;
        self.condition.ends.clear();
        self.condition.ends.extend_from_slice(want.ends);
        self.condition.anyone = want.anyone;
        self.held.clear();
        fill(&mut self.held);
        self.act = Some((want.deed, want.thing, want.site));
        self.backtrace = backtrace;
        self.refusal = None;
        sign(want, &self.held)
    }

    /// True if the thread has a lock that is wanted, or queues to write before a reader.
    pub(super) fn keeps(&self, want: &Want<'_>) -> bool {
        want.lock.is_some_and(|(wanted, mode)| {
            let is_before = mode == Mode::Shared && self.condition.lock == Some((wanted, Mode::Exclusive));
            is_before || self.held.iter().any(|held| held.lock == wanted)
        })
    }
}

impl Waiting<'_> {
    /// Returns why the thread was woken for nothing, if it was.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.0.as_ref()?.0.with_wait(|wait| wait.refusal.take())
    }

    /// Returns where the thread is told as blocked, if it is.
    pub(crate) fn published(&self) -> Option<Published> {
        self.0.as_ref().map(|(slot, _)| Published(slot))
    }
}

impl Published {
    /// The blocked thread waits for this end, too. It is one of a thread that has not begun, so that whatever that closes
    /// it sees when it blocks.
    pub(super) fn waits_for(self, end: ThreadId) {
        self.0.amend(|wait| {
            wait.condition.ends.push(end);
            SEVERAL
        });
    }
}

impl Thread {
    /// Tells what led there first: the deadlock is refused, and that is the end of it.
    pub(super) fn tell_stuck(&self, stuck: &Stuck) -> Option<Refusal> {
        stuck.causes.iter().for_each(|cause| drop(self.tell(cause)));
        self.tell(&stuck.finding)
    }

    fn publish<'a>(&self, want: &Want<'_>, sleeper: Option<&'a dyn Sleeper>) -> Waiting<'a> {
        let (Some(_inside), Some(slot)) = (self.gate.enter(), self.slot()) else { return Waiting(None) };
        let backtrace = self.stack_of_wait(want.site);
        let blocked = slot
            .block(sleeper, |wait| wait.describe(want, backtrace, |held| self.held.for_each(|lock| held.push(*lock))));
        Waiting(Some((slot, blocked)))
    }

    fn judge(&self, want: &Want<'_>, slot: &'static Slot<Wait>, earlier: Option<&super::look::Look>) -> Verdict {
        let (glance, Some(_inside)) = (glance(Some(slot)), self.gate.enter()) else { return Verdict::CanWake };
        if !glance.is_suspicious(want, |lock| self.held.contains(lock.0)) || !glance.may_close(want) {
            return Verdict::CanWake;
        }
        judge(Closer::Blocked(slot), earlier)
    }
}

/// Returns all threads but one, as that one sees them in passing.
pub(super) fn glance(me: Option<&Slot<Wait>>) -> Glance<'_, impl Fn(LockId) -> bool> {
    Glance { slots: &SLOTS, me, is_gone }
}
