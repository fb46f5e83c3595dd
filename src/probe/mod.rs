//! The bell: what a checked lock does to its record when it is created, requested, acquired, released, dropped.
//!
//! Must not know: how std's locks work, what a finding is.
//! INVARIANT: silent in, silent out: a lock that was acquired unheard is released unheard.

mod atomic;
pub(crate) mod memory;
mod part;
mod permits;
mod scalar;
#[cfg(feature = "tokio")]
pub(crate) mod task;
mod thing;
mod watched;

pub(crate) use self::{
    atomic::{Atomic, fence},
    part::Part,
    permits::{Asked, Permits},
    scalar::Scalar,
    thing::{Side, Stamp, Thing},
    watched::Watched,
};
use crate::config::WATCHED;
use crate::event::{Access, LockId, Name};
use crate::finding::Wanted;
use crate::policy::Refusal;
use crate::rt::{Meta, RawLock, Site, Sleeper, Switch, Touched};
use crate::stream::thread::{is_own_panic, new_id, unheard};
pub(crate) use crate::stream::wait::{Published, Waiting};
use crate::stream::{live, lock_wait, relay, sections};

/// The detector's record of one lock, a field of every checked lock.
pub(crate) struct Record(Meta);

/// A requested lock: from here on it may block.
#[must_use]
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    record: &'a Record,
    access: &'static Access,
    site: Site,
    live: live::Request,
}

/// A lock held in one of two ways; told as released when it is dropped, which must be before the unlock.
///
/// An exclusive one poisons the lock if it is dropped by a panic of the user's own that began while it lived.
pub(crate) struct Held<'a, const EXCLUSIVE: bool> {
    record: &'a Record,
    was_panicking: bool,
    /// Of one that shares, nothing: it can only be read.
    touched: Touched,
}

static NAMES: RawLock<Vec<&'static str>> = RawLock::new(Vec::new());

impl Record {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self(Meta::new(Site::caller()))
    }

    /// Returns the record of a lock that other processes may hold, unheard: it has its number before anybody here takes it,
    /// so that a wait for it can be told.
    pub(crate) fn between_processes(opened: Site, name: &'static str) -> Self {
        let mut meta = Meta::new(opened);
        meta.set_name(number_of(name));
        meta.born_exclusive(new_id().0, 0);
        Self(meta)
    }

    /// Tells that the running thread wants the lock.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn request(&self, access: &'static Access, site: Site) -> Request<'_> {
        Request { record: self, access, site, live: live::request(&self.0, access, site) }
    }

    /// Like [`Record::request`]; `None`, and nothing is told, if there is anything to do.
    #[inline(always)]
    pub(crate) fn settled(&self, access: &'static Access, site: Site) -> Option<Request<'_>> {
        let live = live::settled(&self.0, access, site)?;
        Some(Request { record: self, access, site, live })
    }

    /// Like [`Record::request`], but returns a refusal, so that the caller can put things in order first.
    pub(crate) fn request_quietly(&self, access: &'static Access, site: Site) -> (Request<'_>, Option<Refusal>) {
        let (live, refusal) = live::request_quietly(&self.0, access, site);
        (Request { record: self, access, site, live }, refusal)
    }

    /// Tells that the running thread is about to try for the lock.
    #[inline(always)]
    pub(crate) fn trying(&self) {
        live::prepare();
    }

    /// Tells that the running thread got the lock by a request that cannot block, which asks nothing.
    #[inline(always)]
    pub(crate) fn tried<const X: bool>(&self, access: &'static Access, site: Site) -> Held<'_, X> {
        live::tried(&self.0, access, site);
        Held::of(self)
    }

    /// Like [`Record::tried`], until [`Record::given_back`].
    #[inline(always)]
    pub(crate) fn tried_unguarded(&self, access: &'static Access, site: Site) {
        live::tried(&self.0, access, site);
    }

    /// Tells that the running thread is about to give back a lock that it has no guard of here.
    #[inline(always)]
    pub(crate) fn given_back(&self) {
        if WATCHED.have(&[Switch::Sections, Switch::Races]) {
            self.hand_over(&Touched::new(), true);
        }
        live::released(&self.0);
    }

    /// Like [`Record::given_back`]; false, and nothing is told, if there is anything else to do.
    #[inline(always)]
    pub(crate) fn given_back_at_once(&self) -> bool {
        !WATCHED.have(&[Switch::Sections, Switch::Races]) && live::released_at_once(&self.0)
    }

    /// Returns what the lock is; its number is 0 if it has none.
    pub(crate) fn wanted(&self, access: &'static Access) -> Wanted {
        Wanted { lock: LockId(self.0.id()), created: self.0.created(), name: Name(self.0.name()), access }
    }

    /// The running thread takes what the lock's initialiser handed over.
    #[cold]
    pub(crate) fn take(&self, stamp: &Stamp) {
        stamp.take_once(LockId(self.0.id()));
    }

    /// Tells that nobody else can reach the lock.
    pub(crate) fn had_alone(&mut self) {
        relay::had_alone(LockId(self.0.id()));
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(number_of(name));
    }

    #[inline(always)]
    pub(crate) fn is_poisoned(&self) -> bool {
        self.0.is_poisoned()
    }

    pub(crate) fn clear_poison(&self) {
        self.0.clear_poison();
    }
}

impl<'a> Request<'a> {
    /// Tells that the running thread has the lock now, until [`Record::given_back`]. It is not poisoned.
    #[inline(always)]
    pub(crate) fn acquired_unguarded(self) {
        let Self { record, access, site, live } = self;
        live::acquired(&record.0, access, site, live);
    }

    /// Tells that the running thread has the lock now.
    #[inline(always)]
    pub(crate) fn acquired<const X: bool>(self) -> Held<'a, X> {
        let Self { record, access, site, live } = self;
        debug_assert_eq!(access.mode.is_exclusive(), X);
        live::acquired(&record.0, access, site, live);
        Held::of(record)
    }
}

impl Request<'_> {
    /// Waits for the lock, which could not be taken at once.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    #[track_caller]
    pub(crate) fn block<G>(
        self,
        sleeper: Option<&dyn Sleeper>,
        mut try_lock: impl FnMut() -> Option<G>,
        lock: impl FnOnce() -> G,
    ) -> G {
        let Self { record, access, site, live } = self;
        let mut got = None;
        let try_again = || {
            got = try_lock();
            got.is_some()
        };
        let _waiting = lock_wait::block(&record.0, access, site, live, sleeper, try_again);
        got.unwrap_or_else(lock)
    }

    /// Tells that the running thread waits for an initialiser, if one runs, until what is returned is dropped.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    #[track_caller]
    pub(crate) fn wait(self) -> Option<Waiting<'static>> {
        let Self { record, access, site, live } = self;
        lock_wait::wait(&record.0, access, site, live)
    }

    /// Tells that the running thread waits until anyone has initialised, until what is returned is dropped.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    #[track_caller]
    pub(crate) fn wait_for_anyone(self, sleeper: &dyn Sleeper) -> Option<Waiting<'_>> {
        let Self { record, access, site, live } = self;
        lock_wait::wait_for_anyone(&record.0, access, site, live, sleeper)
    }

    /// Tells that the running thread waited for the lock and goes on without it, unless it took it.
    pub(crate) fn abandon_unless(self, taken: bool) {
        if !taken {
            live::abandoned(self.live);
        }
    }
}

impl<'a> Held<'a, true> {
    /// The same lock is now held with other readers.
    pub(crate) fn downgraded(self, access: &'static Access, site: Site) -> Held<'a, false> {
        let record = self.record;
        if WATCHED.have(&[Switch::Sections, Switch::Races]) {
            self.record.hand_over(&self.touched, true);
        }
        self.detach();
        live::downgraded(&record.0, access, site);
        Held::of(record)
    }

    /// Tells the release; the lock itself is still to be given back.
    pub(crate) fn release(self) -> &'a Record {
        self.record
    }

    /// Ends the guard without telling.
    #[inline(always)]
    fn detach(self) {
        std::mem::forget(self);
    }
}

impl Held<'_, true> {
    /// What is guarded is read.
    #[inline(always)]
    pub(crate) fn reads(&self) {
        self.touched.read();
    }

    /// What is guarded is written.
    #[inline(always)]
    pub(crate) fn writes(&mut self) {
        self.touched.write();
    }
}

impl<'a, const EXCLUSIVE: bool> Held<'a, EXCLUSIVE> {
    #[inline(always)]
    fn of(record: &'a Record) -> Self {
        Self { record, was_panicking: EXCLUSIVE && std::thread::panicking(), touched: Touched::new() }
    }
}

impl Record {
    /// Tells that the running thread is about to give the lock back.
    #[cfg_attr(feature = "outlined", inline(never))]
    #[cfg_attr(not(feature = "outlined"), inline(always))]
    fn released(&self, touched: &Touched, is_alone: bool, was_panicking: bool) {
        if WATCHED.have(&[Switch::Sections, Switch::Races]) {
            self.hand_over(touched, is_alone);
        }
        live::released(&self.0);
        if is_alone && std::thread::panicking() {
            self.poison(was_panicking);
        }
    }

    /// Tells what was done in the section that ends here, and what the next one may know.
    #[cold]
    fn hand_over(&self, touched: &Touched, is_alone: bool) {
        let lock = LockId(self.0.id());
        if WATCHED.have(&[Switch::Sections]) {
            if !is_alone {
                touched.read();
            }
            sections::ended(lock, touched);
        }
        if WATCHED.have(&[Switch::Races]) {
            relay::released(lock, is_alone);
        }
    }

    #[cold]
    #[inline(never)]
    fn poison(&self, was_panicking: bool) {
        if !was_panicking && !is_own_panic() {
            self.0.poison();
        }
    }
}

impl<const EXCLUSIVE: bool> Drop for Held<'_, EXCLUSIVE> {
    #[inline(always)]
    fn drop(&mut self) {
        self.record.released(&self.touched, EXCLUSIVE, self.was_panicking);
    }
}

impl Drop for Record {
    #[inline(always)]
    fn drop(&mut self) {
        live::dropped(&self.0);
    }
}

/// Returns the number of a name; 0 if there are too many.
fn number_of(name: &'static str) -> u32 {
    let index = unheard(|| {
        let mut names = NAMES.lock();
        names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    });
    u32::try_from(index + 1).unwrap_or(0)
}

/// Returns the name with this number.
pub(crate) fn name(number: u32) -> Option<&'static str> {
    NAMES.lock().get((number as usize).checked_sub(1)?).copied()
}
