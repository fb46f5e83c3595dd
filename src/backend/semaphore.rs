//! Turns a count that threads wait at into permits: `Semaphore` and `BoundedSemaphore`.
//!
//! Included by every backend beside its `bell`.
//! Must not know: which backend it is in, or that requests are checked.
//! Source: Python's `threading.Semaphore` and `BoundedSemaphore`. We differ: permits come back by guards; what came without one
//! is given back by `release`, from any thread.
//! INVARIANT: `guards` counts the guards that live and have permits, and `guarded` their permits. A bounded semaphore never has more permits than at first, those in guards
//! included, and no semaphore more than a `usize` can count.

use super::bell::{Nap, Permits, Sleep, Stamp, const_fn};
use super::monitor::{Monitor, State, Wake, Wakers};
use crate::named::Named;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::MutexGuard;
use std::time::Duration;

/// A number of permits: who finds none left waits until one comes back.
///
/// A permit comes back when its guard is dropped. In the unguarded style, [`SemaphorePermit::forget`] keeps it out and
/// [`Semaphore::release`] gives permits back, from any thread, in any number.
///
/// It is not fair: whoever comes first when a permit is free takes it, so that one who waits, for many above all, may be passed
/// again and again. There are no spurious wake-ups. A panic poisons nothing.
///
/// In checked builds, permits have holders: as long as all of them came back by their guards, one who waits is taken to wait for
/// those that hold the others, and a semaphore of one permit is a lock as any other. Once a permit was forgotten or released, it
/// may come from anyone, and what is done before a release comes before what is done after an acquisition.
///
/// # Example
/// ```
/// use gordian::sync::Semaphore;
///
/// # gordian::model(|| {
/// let places = Semaphore::new(2);
/// let (one, two) = (places.acquire(), places.acquire());
/// assert!(places.try_acquire().is_none());
/// drop(one);
/// assert_eq!(places.available(), 1);
/// # drop(two);
/// # });
/// ```
pub struct Semaphore(Pool);

/// A [`Semaphore`] that never has more permits than at first: to give back too many is an error.
///
/// # Example
/// ```
/// use gordian::sync::BoundedSemaphore;
///
/// # gordian::model(|| {
/// let places = BoundedSemaphore::new(2);
/// places.acquire().forget();
/// places.release(1).unwrap();
/// let error = places.release(1).unwrap_err();
/// assert_eq!(error.to_string(), "semaphore released too often: 3 permits of 2");
/// # });
/// ```
pub struct BoundedSemaphore {
    pool: Pool,
    initial: usize,
}

/// Permits of a [`Semaphore`] or a [`BoundedSemaphore`], given back on drop by the thread that took them.
#[must_use = "the permit is given back at once if it is not kept"]
pub struct SemaphorePermit<'a> {
    pool: &'a Pool,
    count: usize,
    // It belongs to the thread that took it, as a mutex's guard does.
    not_send: PhantomData<MutexGuard<'static, ()>>,
}

/// More permits were given back than a [`BoundedSemaphore`] had at first; it is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReleaseError {
    permits: usize,
    initial: usize,
}

/// What both have alike.
struct Pool {
    bell: Permits,
    monitor: Monitor<Stock, 1>,
}

struct Stock {
    available: usize,
    /// Permits in guards.
    guarded: usize,
    guards: usize,
    /// How many threads wait for more than one permit.
    greedy: usize,
    /// True once a permit came or went without a guard.
    is_loose: bool,
    handed: Stamp,
}

impl Stock {
    const fn new(available: usize) -> Self {
        Self { available, guarded: 0, guards: 0, greedy: 0, is_loose: false, handed: Stamp::new() }
    }

    /// Takes permits, with what was handed over by those who released some, if anybody did.
    #[inline]
    // COST: what is returned is copied out of the lock, whatever it is; see `Taken` of the queues.
    fn take(&mut self, count: usize, handed: &mut Option<Stamp>) -> ((), Wake) {
        self.available -= count;
        self.guarded += count;
        self.guards += 1;
        if self.is_loose {
            *handed = Some(self.handed.clone());
        }
        ((), Wake::Nobody)
    }

    #[inline]
    fn end_guard(&mut self, count: usize) {
        self.guarded -= count;
        self.guards -= 1;
    }

    #[inline]
    #[must_use]
    fn give(&mut self, count: usize) -> Wake {
        self.available += count;
        match (count, self.greedy) {
            (0, _) => Wake::Nobody,
            (1, 0) => Wake::One(0),
            _ => Wake::All(0),
        }
    }
}

impl State for Stock {
    fn wakers(&self, _side: usize) -> Wakers<'_> {
        if self.is_loose || self.guards == 0 { Wakers::Anyone } else { Wakers::Guards(self.guards) }
    }
}

impl Pool {
    const_fn! {
        #[track_caller]
        fn new(permits: usize) -> Self {
            Self { bell: Permits::new(permits), monitor: Monitor::new(Stock::new(permits)) }
        }
    }

    #[inline]
    #[track_caller]
    fn acquire(&self, count: usize) -> SemaphorePermit<'_> {
        if count == 0 {
            // Nobody can wait for it, so it is told and counted nowhere.
            return SemaphorePermit { pool: self, count, not_send: PhantomData };
        }
        let request = self.bell.request();
        let is_ready = move |stock: &Stock| stock.available >= count;
        let asleep = Greedily { pool: self, count, asleep: request.sleeper(&self.monitor, 0, is_ready) };
        let mut handed = None;
        self.monitor.wait(0, is_ready, |stock| stock.take(count, &mut handed), asleep);
        self.bell.acquired(request);
        if let Some(handed) = handed {
            handed.take();
        }
        SemaphorePermit { pool: self, count, not_send: PhantomData }
    }

    #[inline]
    #[track_caller]
    fn try_acquire(&self, count: usize) -> Option<SemaphorePermit<'_>> {
        self.bell.trying();
        let mut handed = None;
        let taken = self.monitor.change(|stock| {
            let taken = (stock.available >= count).then(|| stock.take(count, &mut handed).0);
            (taken, Wake::Nobody)
        });
        self.tried(taken, handed, count)
    }

    #[track_caller]
    fn acquire_timeout(&self, count: usize, limit: Duration) -> Option<SemaphorePermit<'_>> {
        self.bell.trying();
        let is_ready = |stock: &Stock| stock.available >= count;
        let asleep = Greedily { pool: self, count, asleep: () };
        let mut handed = None;
        let take = |stock: &mut Stock| stock.take(count, &mut handed);
        let taken = self.monitor.wait_timeout(0, limit, is_ready, take, &asleep);
        self.tried(taken, handed, count)
    }

    #[inline]
    #[track_caller]
    fn tried(&self, taken: Option<()>, handed: Option<Stamp>, count: usize) -> Option<SemaphorePermit<'_>> {
        taken?;
        self.bell.tried();
        if let Some(handed) = handed {
            handed.take();
        }
        Some(SemaphorePermit { pool: self, count, not_send: PhantomData })
    }

    /// Gives back what came without a guard, unless `room` says that there were too many then.
    #[track_caller]
    fn release(&self, count: usize, room: impl FnOnce(usize) -> Result<(), ReleaseError>) -> Result<(), ReleaseError> {
        self.bell.signals();
        let stamp = Stamp::here();
        self.monitor.change(|stock| {
            let permits = stock.available + stock.guarded;
            let permits = permits.checked_add(count).expect("gordian: more permits than a usize can count");
            if let refused @ Err(_) = room(permits) {
                return (refused, Wake::Nobody);
            }
            stock.is_loose = true;
            stock.handed.join(stamp);
            (Ok(()), stock.give(count))
        })
    }

    fn available(&self) -> usize {
        self.monitor.look(|stock| stock.available)
    }
}

impl Semaphore {
    const_fn! {
        /// Returns a semaphore with this many permits. The caller's place is its class.
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            Self(Pool::new(permits))
        }
    }

    /// Takes a permit, and waits until there is one.
    ///
    /// # Panics
    /// In checked builds if a finding is denied. No permit is taken then.
    ///
    /// # Cost
    /// A lock and an unlock of a mutex, and as much for the permit's drop.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> SemaphorePermit<'_> {
        self.0.acquire(1)
    }

    /// Takes `n` permits at once, and waits until there are so many. Those who want fewer may pass; none are had at once.
    ///
    /// # Panics
    /// In checked builds if a finding is denied. No permit is taken then.
    #[track_caller]
    pub fn acquire_many(&self, n: usize) -> SemaphorePermit<'_> {
        self.0.acquire(n)
    }

    /// Takes a permit if there is one.
    #[inline]
    #[track_caller]
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire(1)
    }

    /// Takes a permit, and waits for one at most for `limit`. Under loom no time passes: it waits as [`Semaphore::acquire`] does.
    #[track_caller]
    pub fn acquire_timeout(&self, limit: Duration) -> Option<SemaphorePermit<'_>> {
        self.0.acquire_timeout(1, limit)
    }

    /// Adds `n` permits: those that were forgotten, or new ones.
    ///
    /// # Panics
    /// If there were more than `usize::MAX` then.
    #[track_caller]
    pub fn release(&self, n: usize) {
        let released = self.0.release(n, |_| Ok(()));
        debug_assert!(released.is_ok());
    }

    /// Returns how many permits are left just now.
    pub fn available(&self) -> usize {
        self.0.available()
    }
}

impl BoundedSemaphore {
    const_fn! {
        /// Returns a semaphore that has this many permits and never more. The caller's place is its class.
        #[track_caller]
        pub fn new(permits: usize) -> Self {
            Self { pool: Pool::new(permits), initial: permits }
        }
    }

    /// As [`Semaphore::acquire`].
    ///
    /// # Panics
    /// In checked builds if a finding is denied. No permit is taken then.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> SemaphorePermit<'_> {
        self.pool.acquire(1)
    }

    /// As [`Semaphore::acquire_many`].
    ///
    /// # Panics
    /// If `n` is more than there ever are: that wait would be for ever. In checked builds if a finding is denied.
    #[track_caller]
    pub fn acquire_many(&self, n: usize) -> SemaphorePermit<'_> {
        let initial = self.initial;
        assert!(n <= initial, "gordian: {n} permits wanted of a semaphore that has {initial}");
        self.pool.acquire(n)
    }

    /// As [`Semaphore::try_acquire`].
    #[inline]
    #[track_caller]
    pub fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.pool.try_acquire(1)
    }

    /// As [`Semaphore::acquire_timeout`].
    #[track_caller]
    pub fn acquire_timeout(&self, limit: Duration) -> Option<SemaphorePermit<'_>> {
        self.pool.acquire_timeout(1, limit)
    }

    /// Gives back `n` permits that were forgotten.
    ///
    /// # Errors
    /// If there were more permits than at first then, those in guards included. The semaphore is as it was.
    #[track_caller]
    pub fn release(&self, n: usize) -> Result<(), ReleaseError> {
        let initial = self.initial;
        self.pool.release(n, |permits| if permits > initial { Err(ReleaseError { permits, initial }) } else { Ok(()) })
    }

    /// Returns how many permits are left just now.
    pub fn available(&self) -> usize {
        self.pool.available()
    }
}

impl SemaphorePermit<'_> {
    /// Keeps the permits out: they come back by a `release`, from any thread, or never.
    pub fn forget(self) {
        let this = ManuallyDrop::new(self);
        if this.count == 0 {
            return;
        }
        this.pool.bell.forgotten();
        this.pool.monitor.change(|stock| {
            stock.end_guard(this.count);
            stock.is_loose = true;
            ((), Wake::Nobody)
        });
    }
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.count == 0 {
            return;
        }
        self.pool.bell.released();
        self.pool.monitor.give_back(|stock| {
            stock.end_guard(self.count);
            stock.give(self.count)
        });
    }
}

/// A thread that is about to wait, perhaps for several permits.
struct Greedily<'a, A> {
    pool: &'a Pool,
    count: usize,
    asleep: A,
}

impl<'a> Nap for Greedily<'a, ()> {
    type Lasting = Greedy<'a>;

    fn nap(&self) -> Greedy<'a> {
        Greedy::among(self.pool, self.count)
    }
}

impl<A: Sleep> Sleep for Greedily<'_, A> {
    fn sleep<R>(self, block: &mut dyn FnMut(Option<Duration>) -> Option<R>) -> R {
        let _greedy = Greedy::among(self.pool, self.count);
        self.asleep.sleep(block)
    }
}

/// A thread that waits for several permits, if it does: whoever gives one back then has to wake more than one.
struct Greedy<'a>(Option<&'a Pool>);

impl<'a> Greedy<'a> {
    fn among(pool: &'a Pool, count: usize) -> Self {
        let pool = Some(pool).filter(|_| count > 1);
        pool.inspect(|pool| pool.monitor.change(|stock| (stock.greedy += 1, Wake::Nobody)));
        Self(pool)
    }
}

impl Drop for Greedy<'_> {
    fn drop(&mut self) {
        self.0.inspect(|pool| {
            pool.monitor.give_back(|stock| {
                stock.greedy -= 1;
                Wake::Nobody
            });
        });
    }
}

impl Named for Semaphore {
    fn named(mut self, name: &'static str) -> Self {
        self.0.bell.set_name(name);
        self
    }
}

impl Named for BoundedSemaphore {
    fn named(mut self, name: &'static str) -> Self {
        self.pool.bell.set_name(name);
        self
    }
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "semaphore released too often: {} permits of {}", self.permits, self.initial)
    }
}

impl std::error::Error for ReleaseError {}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available", &self.available()).finish_non_exhaustive()
    }
}

impl fmt::Debug for BoundedSemaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BoundedSemaphore");
        shown.field("available", &self.available()).field("initial", &self.initial).finish_non_exhaustive()
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphorePermit").field("count", &self.count).finish_non_exhaustive()
    }
}
