//! Turns std's mutex and condition variable, and the probe, into what the parts that std lacks are built on.
//!
//! Must not know: what the parts do with it.
//! INVARIANT: a thread is told as waiting before it sleeps. Others look at it only by what its part says under its own lock, for
//! which they do not wait.
#![allow(unsafe_code, reason = "a wait is looked at by other threads")]

use super::monitor::{Monitor, State, Wakers};
pub(super) use crate::backend::need::{Nap, Need, Part, Sleep};
use crate::event::{Access, Deed, Kind, Mode};
use crate::probe;
pub(super) use crate::probe::Stamp;
use crate::rt::{By, Site, Sleeper};
use crate::stream::live::prepare;
use crate::stream::thread::seen_number;
use std::collections::BTreeMap;
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Whether threads run in one interleaving after another. They do not here: time passes, and a panic is one thread's end.
pub(super) const EXPLORED: bool = false;

/// Makes a function `const`, as it can be here.
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        $vis const fn $($rest)*
    };
}
pub(super) use const_fn;

/// A condition variable for each side.
macro_rules! condvars {
    () => {
        [const { Condvar::new() }; SIDES]
    };
}
pub(super) use condvars;

/// The record of an event or a queue.
pub(super) struct Bell<const SIDES: usize>(probe::Part<SIDES>);

/// The record of a semaphore.
pub(super) struct Permits(probe::Permits);

/// A requested permit.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Asked<'a>(probe::Asked<'a>);

/// What items hand over to whoever has them last, by their keys. Most hand over nothing.
// COST: not beside the item: it would be copied with it, whatever it is.
pub(super) struct Carried(BTreeMap<u64, Stamp>);

/// Threads that did something, each with how often, if that counts.
pub(super) struct Users {
    known: Vec<(u32, u64)>,
    /// True once one did so that others do not see.
    is_open: bool,
}

/// The number of the running thread; 0 if others do not see it.
#[derive(Clone, Copy)]
pub(super) struct Me(u32);

/// Threads of whom it is known who they are; with more, it may be anyone.
const MOST_USERS: usize = 64;

impl<const SIDES: usize> Bell<SIDES> {
    #[track_caller]
    pub(super) const fn new<T>(part: Part) -> Self {
        Self(probe::Part::new(access::<T>(part)))
    }

    pub(super) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(name);
    }

    /// Returns the running thread as one that is about to wait.
    #[inline]
    #[track_caller]
    pub(super) fn sleeper<'a, S: State, F: Fn(&S) -> bool>(
        &'a self,
        need: Need,
        monitor: &'a Monitor<S, SIDES>,
        side: usize,
        is_ready: F,
    ) -> Asleep<'a, &'a Self, S, F, SIDES> {
        Asleep { bell: self, need, site: Site::caller(), looks: Looks { monitor, side, is_ready } }
    }

    /// The running thread is about to do something that others may rely on.
    #[inline]
    pub(super) fn prepare(&self) {
        prepare();
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn signals(&self, need: Need) {
        self.0.signals(side_of(need), signal_of(need), Site::caller());
    }

    #[inline]
    pub(super) fn gives(&self, need: Need) {
        self.0.gives(side_of(need));
    }

    #[inline]
    pub(super) fn takes(&self, need: Need) {
        self.0.takes(side_of(need));
    }
}

impl Permits {
    #[track_caller]
    pub(super) const fn new(permits: usize) -> Self {
        Self(probe::Permits::new(permits))
    }

    pub(super) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(name);
    }

    #[inline]
    #[track_caller]
    pub(super) fn request(&self) -> Asked<'_> {
        Asked(self.0.request())
    }

    #[inline(always)]
    pub(super) fn acquired(&self, asked: Asked<'_>) {
        asked.0.acquired();
    }

    #[inline]
    pub(super) fn trying(&self) {
        self.0.trying();
    }

    #[inline]
    #[track_caller]
    pub(super) fn tried(&self) {
        self.0.tried();
    }

    #[inline]
    pub(super) fn released(&self) {
        self.0.released();
    }

    pub(super) fn forgotten(&self) {
        self.0.forgotten();
    }

    #[track_caller]
    pub(super) fn signals(&self) {
        self.0.signals();
    }
}

impl<'a> Asked<'a> {
    /// Returns the running thread as one that is about to wait.
    #[inline]
    pub(super) fn sleeper<S: State, F: Fn(&S) -> bool, const SIDES: usize>(
        self,
        monitor: &'a Monitor<S, SIDES>,
        side: usize,
        is_ready: F,
    ) -> Asleep<'a, Self, S, F, SIDES> {
        Asleep { bell: self, need: Need::Permit, site: Site::caller(), looks: Looks { monitor, side, is_ready } }
    }
}

/// A thread that is about to wait.
// COST: all of it by value, so that it is in no memory until it waits.
pub(super) struct Asleep<'a, B, S, F, const SIDES: usize> {
    bell: B,
    need: Need,
    site: Site,
    looks: Looks<'a, S, F, SIDES>,
}

/// The same, as others see it.
struct Looks<'a, S, F, const SIDES: usize> {
    monitor: &'a Monitor<S, SIDES>,
    side: usize,
    is_ready: F,
}

// SAFETY: others reach only what the part tells of itself: whether it is ready and who could make it so. No item is touched.
unsafe impl<S, F, const SIDES: usize> Sync for Looks<'_, S, F, SIDES> {}

/// Where a wait is told.
pub(super) trait Rings {
    #[track_caller]
    fn wait<R>(
        &self,
        need: Need,
        site: Site,
        sleeper: &dyn Sleeper,
        block: &mut dyn FnMut(Option<Duration>) -> Option<R>,
    ) -> R;
}

impl<const SIDES: usize> Rings for &Bell<SIDES> {
    fn wait<R>(
        &self,
        need: Need,
        site: Site,
        sleeper: &dyn Sleeper,
        block: &mut dyn FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        self.0.wait(side_of(need), wait_for(need), site, sleeper, block)
    }
}

impl Rings for Asked<'_> {
    fn wait<R>(
        &self,
        _need: Need,
        _site: Site,
        sleeper: &dyn Sleeper,
        block: &mut dyn FnMut(Option<Duration>) -> Option<R>,
    ) -> R {
        self.0.wait(sleeper, block)
    }
}

impl<S, F, const SIDES: usize> Nap for Asleep<'_, &Bell<SIDES>, S, F, SIDES> {
    type Lasting = ();

    fn nap(&self) {
        self.bell.0.waits_for_a_while(side_of(self.need), wait_for(self.need), self.site);
    }
}

impl<B: Rings, S: State, F: Fn(&S) -> bool, const SIDES: usize> Sleep for Asleep<'_, B, S, F, SIDES> {
    fn sleep<R>(self, block: &mut dyn FnMut(Option<Duration>) -> Option<R>) -> R {
        self.bell.wait(self.need, self.site, &self.looks, block)
    }
}

impl<S: State, F: Fn(&S) -> bool, const SIDES: usize> Sleeper for Looks<'_, S, F, SIDES> {
    fn is_asleep(&self) -> bool {
        // Whoever is at the state now runs, and may change it; so does one who has what it waited for.
        self.monitor.glance(self.side, &self.is_ready) == Some(false)
    }

    fn by(&self) -> By {
        let by = self.monitor.glance(self.side, |state| match state.wakers(self.side) {
            Wakers::Anyone => By::Anyone,
            Wakers::Guards(guards) => By::Guards(guards),
            Wakers::Users(users) => users.list().map_or(By::Anyone, By::Users),
            Wakers::Debtors(users) => users.list().map_or(By::Anyone, By::Debtors),
        });
        by.unwrap_or(By::Anyone)
    }

    fn interrupt(&self) -> bool {
        self.monitor.nudge(self.side)
    }
}

impl Carried {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The running thread hands over with this item.
    #[inline]
    pub(super) fn give(&mut self, key: u64) {
        let stamp = Stamp::here();
        if !stamp.is_empty() {
            self.keep(key, stamp);
        }
    }

    #[cold]
    #[inline(never)]
    fn keep(&mut self, key: u64, stamp: Stamp) {
        self.0.insert(key, stamp);
    }

    /// This item is taken, and with it what was handed over.
    #[inline]
    pub(super) fn take(&mut self, key: u64, into: &mut Stamp) {
        if !self.0.is_empty() {
            *into = self.kept(key);
        }
    }

    #[cold]
    #[inline(never)]
    fn kept(&mut self, key: u64) -> Stamp {
        self.0.remove(&key).unwrap_or_default()
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.values().for_each(Stamp::take);
    }
}

impl Me {
    #[inline]
    pub(super) fn here() -> Self {
        Self(seen_number().unwrap_or(0))
    }
}

impl Users {
    pub(super) const fn new() -> Self {
        Self { known: Vec::new(), is_open: false }
    }

    /// A thread does it.
    #[inline(always)]
    pub(super) fn note(&mut self, Me(me): Me) {
        if self.known.last().is_none_or(|user| user.0 != me) {
            self.note_anew(me);
        }
    }

    #[cold]
    fn note_anew(&mut self, me: u32) {
        if me == 0 {
            return self.is_open = true;
        }
        match self.known.iter().position(|user| user.0 == me) {
            // Whoever does it now may do it again next.
            Some(place) => {
                let last = self.known.len() - 1;
                self.known.swap(place, last);
            }
            None if self.known.len() < MOST_USERS => self.known.push((me, 0)),
            None => self.is_open = true,
        }
    }

    /// A thread does it once more.
    #[inline(always)]
    pub(super) fn add(&mut self, me: Me) {
        match self.known.last_mut() {
            Some((user, times)) if *user == me.0 => *times += 1,
            _ => self.add_anew(me),
        }
    }

    #[cold]
    fn add_anew(&mut self, me: Me) {
        self.note_anew(me.0);
        if let Some((_, times)) = self.known.last_mut().filter(|user| user.0 == me.0) {
            *times += 1;
        }
    }

    /// A thread, or another one in its stead, has done it once.
    #[inline]
    pub(super) fn pay(&mut self, Me(me): Me) {
        let mine = self.known.iter().rposition(|user| user.0 == me);
        let Some(place) = mine.or_else(|| self.known.len().checked_sub(1)) else { return };
        self.known[place].1 -= 1;
        if self.known[place].1 == 0 {
            self.known.remove(place);
        }
    }

    /// Returns who it was; `None` if nobody, or if it is not known of all.
    fn list(&self) -> Option<Vec<u32>> {
        let is_known = !self.known.is_empty() && !self.is_open;
        is_known.then(|| self.known.iter().map(|user| user.0).collect())
    }
}

const fn access<T>(part: Part) -> &'static Access {
    /// What reports say of a part of this type.
    macro_rules! access {
        ($kind:ident) => {
            const { &Access { kind: Kind::$kind, mode: Mode::Exclusive, type_name: std::any::type_name::<T> } }
        };
    }
    match part {
        Part::Event => access!(Event),
        Part::Queue => access!(Queue),
        Part::LifoQueue => access!(LifoQueue),
        Part::PriorityQueue => access!(PriorityQueue),
    }
}

/// Returns the side at which one waits for what is needed.
fn side_of(need: Need) -> usize {
    match need {
        Need::Permit | Need::Event | Need::Item => 0,
        Need::Place => 1,
        Need::Done => 2,
    }
}

fn wait_for(need: Need) -> Deed {
    match need {
        Need::Permit => Deed::Acquire,
        Need::Event => Deed::WaitEvent,
        Need::Item => Deed::Get,
        Need::Place => Deed::Put,
        Need::Done => Deed::JoinTasks,
    }
}

/// Returns what one does who provides it.
fn signal_of(need: Need) -> Deed {
    match need {
        Need::Permit => Deed::Release,
        Need::Event => Deed::Set,
        Need::Item => Deed::Put,
        Need::Place => Deed::Get,
        Need::Done => Deed::TaskDone,
    }
}
