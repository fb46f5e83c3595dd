//! Checked `Barrier`: whoever arrives waits for the others.
//!
//! Must not know: who the others are.
//! Source: std's own, a count under a mutex. We differ: a round is an object, by which others see who still waits in it and
//! through which its members hand over what they know; and an arrival that is refused is taken back.
//! INVARIANT: a round is over before anyone is woken from it. Whoever has the state's lock rings no bell, since an interrupt
//! takes that lock under the detector's own.

use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::{Stamp, Thing};
use crate::rt::{RawLock, Site, Sleeper};
use crate::stream::thread::unheard;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Like [`std::sync::Barrier`], and checked.
pub struct Barrier {
    thing: Thing,
    state: Mutex<State>,
    over: Condvar,
    members: usize,
}

/// Like [`std::sync::BarrierWaitResult`].
pub struct BarrierWaitResult(bool);

struct State {
    arrived: usize,
    /// The round that goes on, once someone has arrived.
    round: Option<Arc<Round>>,
}

/// From a first arrival to the last.
struct Round {
    is_over: AtomicBool,
    stamp: RawLock<Stamp>,
}

/// One who arrived and waits.
struct Arrival<'a> {
    barrier: &'a Barrier,
    round: &'a Round,
    is_interrupted: AtomicBool,
}

static ACCESS: Access = Access { kind: Kind::Barrier, mode: Mode::Exclusive, type_name: std::any::type_name::<()> };

impl Barrier {
    /// Like [`std::sync::Barrier::new`]. The caller's place is the barrier's class.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new(n: usize) -> Self {
        let state = Mutex::new(State { arrived: 0, round: None });
        Self { thing: Thing::new(), state, over: Condvar::new(), members: n }
    }

    /// Like [`std::sync::Barrier::wait`], and reports what shows that it would be for ever.
    ///
    /// # Panics
    /// If a finding is denied. The thread has then not arrived.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let site = Site::caller();
        // Everyone who arrives lets others go on, and not only the last. Told before it is handed over, so that those who
        // hear of the arrival know that it was before them.
        self.thing.signals(&ACCESS, Deed::Arrive, site);
        let (round, is_leader) = self.arrive(Stamp::here());
        if !is_leader {
            let arrival = Arrival { barrier: self, round: &round, is_interrupted: AtomicBool::new(false) };
            self.thing.wait(&ACCESS, Deed::Arrive, site, &arrival, |limit| arrival.sleep(limit));
        }
        unheard(|| round.stamp.lock().clone()).take();
        BarrierWaitResult(is_leader)
    }

    /// Counts the running thread. Returns its round, and whether that is over now.
    fn arrive(&self, stamp: Stamp) -> (Arc<Round>, bool) {
        // Unheard, since the allocator may be the user's, and must not ring under the state's lock.
        unheard(|| {
            let mut state = self.state();
            let round = Arc::clone(state.round.get_or_insert_with(Round::begin));
            round.stamp.lock().join(stamp);
            state.arrived += 1;
            let is_last = state.arrived >= self.members;
            if is_last {
                *state = State { arrived: 0, round: None };
                // ORDERING: Release; pairs with the Acquire in `Round::is_over`. Publishes nothing that the state's lock
                // does not, but those who look at a sleeper do without it.
                round.is_over.store(true, Ordering::Release);
                self.over.notify_all();
            }
            (round, is_last)
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BarrierWaitResult {
    /// Like [`std::sync::BarrierWaitResult::is_leader`].
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Round {
    fn begin() -> Arc<Self> {
        Arc::new(Self { is_over: AtomicBool::new(false), stamp: RawLock::new(Stamp::default()) })
    }

    fn is_over(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in `Barrier::arrive`.
        self.is_over.load(Ordering::Acquire)
    }
}

impl Arrival<'_> {
    /// Sleeps until the round is over. `None` if it is not, and the limit is, or someone interrupts.
    fn sleep(&self, limit: Option<Duration>) -> Option<()> {
        // ORDERING: Relaxed, here and below; an interrupt is told under the state's lock, which `goes_on` is called with.
        let goes_on = |_: &mut State| !self.round.is_over() && !self.is_interrupted.swap(false, Ordering::Relaxed);
        let state = self.barrier.state();
        // Poisoned or not, the lock is given back at once.
        match limit {
            None => drop(self.barrier.over.wait_while(state, goes_on)),
            Some(limit) => drop(self.barrier.over.wait_timeout_while(state, limit, goes_on)),
        }
        self.round.is_over().then_some(())
    }
}

impl Sleeper for Arrival<'_> {
    fn is_asleep(&self) -> bool {
        !self.round.is_over()
    }

    fn interrupt(&self) -> bool {
        let state = self.barrier.state();
        self.is_interrupted.store(true, Ordering::Relaxed);
        drop(state);
        self.barrier.over.notify_all();
        true
    }
}

impl Drop for Arrival<'_> {
    /// Who leaves a round that is not over was refused, and is not counted. What it handed over stays: it was here before.
    fn drop(&mut self) {
        if !self.round.is_over() {
            let mut state = self.barrier.state();
            // Looked at again: the last may have arrived meanwhile.
            state.arrived -= usize::from(!self.round.is_over());
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival<'a>(barrier: &'a Barrier, round: &'a Round) -> Arrival<'a> {
        Arrival { barrier, round, is_interrupted: AtomicBool::new(false) }
    }

    #[test]
    fn one_who_waits_is_asleep_until_the_last_arrives() {
        let barrier = Barrier::new(2);
        let (round, is_leader) = barrier.arrive(Stamp::here());
        let waits = arrival(&barrier, &round);
        assert!(!is_leader && waits.is_asleep());
        assert!(waits.sleep(Some(Duration::ZERO)).is_none(), "nobody else came");
        assert!(barrier.wait().is_leader());
        assert!(!waits.is_asleep());
        assert!(waits.sleep(Some(Duration::MAX)).is_some() && waits.sleep(None).is_some());
    }

    #[test]
    fn an_interrupt_ends_one_sleep_and_not_the_round() {
        let barrier = Barrier::new(2);
        let (round, _) = barrier.arrive(Stamp::here());
        let waits = arrival(&barrier, &round);
        assert!(waits.interrupt());
        assert!(waits.sleep(None).is_none() && waits.is_asleep());
        assert!(waits.sleep(Some(Duration::ZERO)).is_none());
        assert!(!waits.is_interrupted.load(Ordering::Relaxed));
        assert!(barrier.wait().is_leader());
        waits.interrupt();
        assert!(waits.sleep(None).is_some(), "the round is over, interrupted or not");
    }

    #[test]
    fn an_interrupt_wakes_one_who_sleeps() {
        let barrier = Barrier::new(2);
        let (round, _) = barrier.arrive(Stamp::here());
        let waits = arrival(&barrier, &round);
        std::thread::scope(|scope| {
            let sleeps = scope.spawn(|| waits.sleep(None));
            waits.interrupt();
            assert_eq!(sleeps.join().unwrap(), None);
        });
    }

    #[test]
    fn an_arrival_that_is_refused_is_taken_back_and_one_that_was_met_is_not() {
        let barrier = Barrier::new(2);
        let (round, _) = barrier.arrive(Stamp::here());
        drop(arrival(&barrier, &round));
        assert_eq!(barrier.state().arrived, 0);

        let (round, is_leader) = barrier.arrive(Stamp::here());
        let waits = arrival(&barrier, &round);
        assert!(!is_leader && barrier.wait().is_leader());
        let (_next, _) = barrier.arrive(Stamp::here());
        drop(waits);
        assert_eq!(barrier.state().arrived, 1, "the next round is another");
    }
}
