//! Turns a mutex and condition variables into a state that threads change one at a time and wait at, on several sides of it.
//!
//! Included by every backend beside its `bell` module, which knows what to tell of a wait, and how to sleep.
//! Must not know: what the state is, or who looks at waits.
//! Source: monitors (Hoare 1974), with signals that only hint, as in Mesa.
//! INVARIANT: whoever finds its side ready takes at once, under the lock. A change that makes a side ready wakes those who
//! wait there, after the lock was given back.

use super::bell::{Condvar, EXPLORED, Mutex, MutexGuard, Nap, Sleep, Users, condvars, const_fn};
use std::cell::Cell;
use std::mem::forget;
use std::sync::{PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// How often somebody who only looks tries for the lock.
const PATIENCE: u32 = 1000;

/// A state that threads wait at.
pub(super) struct Monitor<S, const SIDES: usize> {
    guarded: Mutex<Guarded<S, SIDES>>,
    sides: [Condvar; SIDES],
}

/// The state, and how many threads wait at each side of it.
struct Guarded<S, const SIDES: usize> {
    state: S,
    waiting: [usize; SIDES],
    /// How many of those have taken what they waited for, and are still told as waiting.
    going: [usize; SIDES],
}

/// Whom a change may let go on.
#[derive(Clone, Copy)]
pub(super) enum Wake {
    Nobody,
    /// One who waits at this side can.
    One(usize),
    /// All who wait at this side are to look.
    All(usize),
}

/// Who could end a wait, as only the state knows.
#[allow(dead_code, reason = "only checked waits are looked at")]
pub(super) enum Wakers<'a> {
    /// Any thread.
    Anyone,
    /// Any of those who have one of so many guards.
    Guards(usize),
    /// Whoever did this before; or anyone, if nobody has, or one of them is gone.
    Users(&'a Users),
    /// All who owe something, or anyone if nobody does.
    Debtors(&'a Users),
}

/// What a monitor must know of its state.
pub(super) trait State {
    /// Returns who could end a wait at this side.
    #[allow(dead_code, reason = "only checked waits are looked at")]
    fn wakers(&self, side: usize) -> Wakers<'_>;
}

impl<S, const SIDES: usize> Monitor<S, SIDES> {
    const_fn! {
        pub(super) fn new(state: S) -> Self {
            let guarded = Guarded { state, waiting: [0; SIDES], going: [0; SIDES] };
            Self { guarded: Mutex::new(guarded), sides: condvars!() }
        }
    }

    /// Returns what `look` finds.
    #[inline]
    pub(super) fn look<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.lock().state)
    }

    /// Returns what `look` finds for those who wait at a side. `None` if a thread is at the state for long: it may run the user's
    /// code there, and wait; or if one has what it waited for there, and has not gone on yet.
    #[allow(dead_code, reason = "only checked waits are looked at")]
    pub(super) fn glance<R>(&self, side: usize, look: impl FnOnce(&S) -> R) -> Option<R> {
        self.try_lock().filter(|guarded| guarded.going[side] == 0).map(|guarded| look(&guarded.state))
    }

    /// Changes the state, and wakes whom that lets go on.
    #[inline]
    pub(super) fn change<R>(&self, act: impl FnOnce(&mut S) -> (R, Wake)) -> R {
        self.change_under(self.lock(), act)
    }

    /// Like [`Monitor::change`], for a drop.
    #[inline]
    pub(super) fn give_back(&self, act: impl FnOnce(&mut S) -> Wake) {
        if !is_over() {
            self.change(|state| ((), act(state)));
        }
    }

    /// Takes once `is_ready`, and at once if it is already; otherwise `asleep` waits for that. Returns what was taken, and
    /// whether it waited.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[inline]
    #[track_caller]
    pub(super) fn wait<R>(
        &self,
        side: usize,
        is_ready: impl Fn(&S) -> bool,
        take: impl FnOnce(&mut S) -> (R, Wake),
        asleep: impl Sleep,
    ) -> (R, bool) {
        let guarded = self.lock();
        if is_ready(&guarded.state) {
            return (self.change_under(guarded, take), false);
        }
        // COST: as one, which is put into memory here: each by itself would be there from the start.
        (self.wait_asleep(side, guarded, (is_ready, take, asleep)), true)
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn wait_asleep<R>(
        &self,
        side: usize,
        guarded: MutexGuard<'_, Guarded<S, SIDES>>,
        (is_ready, take, asleep): (impl Fn(&S) -> bool, impl FnOnce(&mut S) -> (R, Wake), impl Sleep),
    ) -> R {
        let waiting = Waiting::at(self, side, guarded);
        let mut take = Some(take);
        asleep.sleep(&mut |limit| {
            let mut guarded = self.lock();
            if !is_ready(&guarded.state) {
                guarded = self.sleep(guarded, side, limit);
            }
            let take = take.take_if(|_| is_ready(&guarded.state))?;
            waiting.goes(&mut guarded);
            Some(self.change_under(guarded, take))
        })
    }

    /// Like [`Monitor::wait`], but gives up after a time; `asleep` naps meanwhile.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[track_caller]
    pub(super) fn wait_timeout<R>(
        &self,
        side: usize,
        limit: Duration,
        is_ready: impl Fn(&S) -> bool,
        take: impl FnOnce(&mut S) -> (R, Wake),
        asleep: &impl Nap,
    ) -> Option<R> {
        let guarded = self.lock();
        if is_ready(&guarded.state) {
            return Some(self.change_under(guarded, take));
        }
        let _waiting = Waiting::at(self, side, guarded);
        let _nap = asleep.nap();
        let start = Instant::now();
        let mut guarded = self.lock();
        loop {
            let left = time_left(limit, start);
            if is_ready(&guarded.state) {
                return Some(self.change_under(guarded, take));
            }
            guarded = self.sleep(guarded, side, Some(left?));
        }
    }

    /// Wakes all who wait at a side, for nothing. False if a thread is at the state for long.
    #[allow(dead_code, reason = "only checked waits are ended for nothing")]
    pub(super) fn nudge(&self, side: usize) -> bool {
        // Under the lock, so that nobody is between a look and a sleep.
        self.try_lock().map(|_guarded| self.sides[side].notify_all()).is_some()
    }

    /// Tries for the lock for a while: others look at the state, too, each for a moment.
    fn try_lock(&self) -> Option<MutexGuard<'_, Guarded<S, SIDES>>> {
        (0..PATIENCE).find_map(|_| match self.guarded.try_lock() {
            Ok(guarded) => Some(guarded),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                std::thread::yield_now();
                None
            }
        })
    }

    /// Returns how many wait at a side.
    #[cfg(test)]
    pub(super) fn waiting(&self, side: usize) -> usize {
        self.lock().waiting[side]
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Guarded<S, SIDES>> {
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn change_under<R>(&self, guarded: MutexGuard<'_, Guarded<S, SIDES>>, act: impl FnOnce(&mut S) -> (R, Wake)) -> R {
        let unwound = Unwound(&self.sides);
        // Given back before anybody is woken, also if `act` panics.
        let mut guarded = guarded;
        let (result, wake) = act(&mut guarded.state);
        let side = match wake {
            Wake::One(side) | Wake::All(side) => Some(side).filter(|&side| guarded.waiting[side] > 0),
            Wake::Nobody => None,
        };
        drop(guarded);
        forget(unwound);
        match (side, wake) {
            (None, _) | (_, Wake::Nobody) => {}
            (Some(side), Wake::One(_)) => self.sides[side].notify_one(),
            (Some(side), Wake::All(_)) => self.sides[side].notify_all(),
        }
        result
    }

    fn sleep<'a>(
        &'a self,
        guarded: MutexGuard<'a, Guarded<S, SIDES>>,
        side: usize,
        limit: Option<Duration>,
    ) -> MutexGuard<'a, Guarded<S, SIDES>> {
        match limit {
            None => self.sides[side].wait(guarded).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => self.sides[side].wait_timeout(guarded, limit).unwrap_or_else(PoisonError::into_inner).0,
        }
    }
}

/// Returns what is left of a wait's limit, or `None` if it is over. No time passes where waits are explored.
pub(super) fn time_left(limit: Duration, start: Instant) -> Option<Duration> {
    if EXPLORED {
        return Some(limit);
    }
    limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero())
}

/// Whether the running thread's panic ends everything, so that nobody misses what a drop would give back.
#[inline]
fn is_over() -> bool {
    EXPLORED && std::thread::panicking()
}

/// Wakes everybody if a change unwinds: what it has changed by then is changed.
struct Unwound<'a, const SIDES: usize>(&'a [Condvar; SIDES]);

impl<const SIDES: usize> Drop for Unwound<'_, SIDES> {
    #[cold]
    fn drop(&mut self) {
        self.0.iter().for_each(Condvar::notify_all);
    }
}

/// A thread that is counted among those who wait at a side; and whether it has what it waited for.
struct Waiting<'a, S, const SIDES: usize>(&'a Monitor<S, SIDES>, usize, Cell<bool>);

impl<'a, S, const SIDES: usize> Waiting<'a, S, SIDES> {
    fn at(monitor: &'a Monitor<S, SIDES>, side: usize, mut guarded: MutexGuard<'_, Guarded<S, SIDES>>) -> Self {
        guarded.waiting[side] += 1;
        Self(monitor, side, Cell::new(false))
    }

    /// It is about to take it, under the lock: until it is told as one that runs, it only seems to sleep.
    fn goes(&self, guarded: &mut Guarded<S, SIDES>) {
        if !self.2.replace(true) {
            guarded.going[self.1] += 1;
        }
    }
}

impl<S, const SIDES: usize> Drop for Waiting<'_, S, SIDES> {
    fn drop(&mut self) {
        if !is_over() {
            let mut guarded = self.0.lock();
            guarded.waiting[self.1] -= 1;
            guarded.going[self.1] -= usize::from(self.2.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(usize);

    impl State for Count {
        fn wakers(&self, _side: usize) -> Wakers<'_> {
            Wakers::Anyone
        }
    }

    /// Somebody raises the count before it sleeps, and others look at it once it has waited.
    struct Observed<'a>(&'a Monitor<Count, 1>);

    impl Sleep for Observed<'_> {
        fn sleep<R>(self, block: &mut dyn FnMut(Option<Duration>) -> Option<R>) -> R {
            assert_eq!(self.0.glance(0, |count| count.0), Some(0), "it waits");
            self.0.change(|count| {
                count.0 += 1;
                ((), Wake::One(0))
            });
            let taken = block(None).expect("it is ready");
            assert_eq!(self.0.glance(0, |count| count.0), None, "it has taken it, and is still told as waiting");
            taken
        }
    }

    #[test]
    fn in_a_model_nobody_seems_to_sleep_while_one_has_what_it_waited_for() {
        crate::model(|| {
            let monitor = Monitor::<_, 1>::new(Count(0));
            let take = |count: &mut Count| {
                count.0 -= 1;
                ((), Wake::Nobody)
            };
            let (_, waited) = monitor.wait(0, |count: &Count| count.0 > 0, take, Observed(&monitor));
            assert!(waited);
            assert_eq!(monitor.glance(0, |count| count.0), Some(0), "it went on");
        });
    }
}
