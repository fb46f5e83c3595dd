//! Checked `Thread` handles: `park` waits for a token that others leave by `unpark`.
//!
//! Must not know: how a thread is started.
//! Source: std, whose own token does the waking. We differ: a token is noted beside std's, so that others see who has none,
//! and carries what its giver knows. Who unparks by std's own handle wakes the thread too, and leaves nothing: that is asked
//! for before a park is told as one that nobody ends.
//! INVARIANT: where a token is noted, std's own is there too or is what woke the thread: both come, and go, under one lock.

use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::{Stamp, Thing};
use crate::rt::{RawLock, Site, Sleeper};
use crate::stream::thread::unheard;
use crate::stream::wait::doze;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// Like [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread {
    inner: std::thread::Thread,
    parker: Arc<Parker>,
}

/// Where one thread's token lies.
pub(super) struct Parker {
    thing: Thing,
    has_token: AtomicBool,
    /// What the givers of the token know.
    stamp: RawLock<Stamp>,
}

/// A thread that waits for its token.
struct Parked<'a> {
    parker: &'a Parker,
    thread: std::thread::Thread,
    is_interrupted: AtomicBool,
}

/// How long std is asked whether it has a token; if it has, it says so at once.
const LAST: Duration = Duration::from_millis(1);

thread_local! {
    static MINE: OnceCell<Arc<Parker>> = const { OnceCell::new() };
}

static ACCESS: Access = Access { kind: Kind::Park, mode: Mode::Exclusive, type_name: std::any::type_name::<()> };

/// Like [`std::thread::current`].
#[must_use]
#[track_caller]
pub fn current() -> Thread {
    Thread { inner: std::thread::current(), parker: mine() }
}

/// Like [`std::thread::park`], and reports what shows that it would be for ever.
///
/// # Panics
/// If a finding is denied.
#[track_caller]
pub fn park() {
    let (site, parker) = (Site::caller(), mine());
    if !parker.take_token() {
        let is_interrupted = AtomicBool::new(false);
        let parked = Parked { parker: &parker, thread: std::thread::current(), is_interrupted };
        parker.thing.wait(&ACCESS, Deed::Park, site, &parked, |limit| parked.sleep(limit));
        parker.take_token();
    }
}

/// Like [`std::thread::park_timeout_ms`].
#[deprecated(since = "1.6.0", note = "replaced by `std::thread::park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(u64::from(ms)));
}

/// Like [`std::thread::park_timeout`].
#[track_caller]
pub fn park_timeout(dur: Duration) {
    let (site, parker) = (Site::caller(), mine());
    if !parker.take_token() {
        parker.thing.waits_for_a_while(&ACCESS, Deed::Park, site);
        std::thread::park_timeout(dur);
        parker.take_token();
    }
}

/// Returns the running thread's place for a token.
#[track_caller]
fn mine() -> Arc<Parker> {
    if let Ok(Some(parker)) = MINE.try_with(|mine| mine.get().cloned()) {
        return parker;
    }
    let parker = Arc::new(Parker::new());
    // Late in a thread's life there is no place to share it; then std's token still wakes.
    MINE.try_with(|mine| Arc::clone(mine.get_or_init(|| Arc::clone(&parker)))).unwrap_or(parker)
}

impl Thread {
    pub(super) fn new(inner: std::thread::Thread, parker: Arc<Parker>) -> Self {
        Self { inner, parker }
    }

    /// Like [`std::thread::Thread::unpark`].
    #[inline]
    #[track_caller]
    pub fn unpark(&self) {
        self.parker.thing.signals(&ACCESS, Deed::Notify, Site::caller());
        let here = Stamp::here();
        unheard(|| {
            let mut stamp = self.parker.stamp.lock();
            // Either token may be the one that wakes the thread, so it knows only what both givers knew.
            if self.parker.has_token() {
                stamp.meet(&here);
            } else {
                stamp.join(here);
            }
            // ORDERING: Release; pairs with the Acquire in `Parker::has_token`. Before std's own token, so that whoever is
            // woken by that finds this.
            self.parker.has_token.store(true, Ordering::Release);
            self.inner.unpark();
        });
    }

    /// Like [`std::thread::Thread::id`].
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.inner.id()
    }

    /// Like [`std::thread::Thread::name`].
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }
}

impl Parker {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self { thing: Thing::new(), has_token: AtomicBool::new(false), stamp: RawLock::new(Stamp::default()) }
    }

    /// From now on this is the running thread's. Its starter made it, for the handle.
    pub(super) fn adopt(self: Arc<Self>) {
        // Nobody was here before: the thread begins.
        let _ = MINE.try_with(|mine| mine.set(self));
    }

    fn has_token(&self) -> bool {
        // ORDERING: Acquire; pairs with the Release in `Thread::unpark`.
        self.has_token.load(Ordering::Acquire)
    }

    /// The running thread takes its token, if there is one, and what came with it.
    fn take_token(&self) -> bool {
        if !self.has_token() {
            return false;
        }
        let stamp = unheard(|| {
            let mut stamp = self.stamp.lock();
            // ORDERING: Relaxed; under the lock, as whoever stores true is.
            self.has_token.store(false, Ordering::Relaxed);
            // Std's own, which may be there still.
            std::thread::park_timeout(Duration::ZERO);
            std::mem::take(&mut *stamp)
        });
        stamp.take();
        true
    }
}

impl Parked<'_> {
    /// Sleeps until there is a token, or for no reason, as std's may. `None` if there is no token, and the limit is over or
    /// someone interrupts. No time at all asks std, too.
    fn sleep(&self, limit: Option<Duration>) -> Option<()> {
        let is_over = match limit {
            None => {
                std::thread::park();
                false
            }
            // That eats std's token. Where it was there, the wait was shorter; where nobody is left, none comes at its end.
            Some(Duration::ZERO) => {
                let start = Instant::now();
                std::thread::park_timeout(LAST);
                start.elapsed() >= LAST
            }
            // Not in std's: at its end that would eat a token of someone who has std's own handle, and not tell.
            Some(limit) => {
                doze(limit, || self.parker.has_token() || self.is_interrupted());
                true
            }
        };
        // ORDERING: Acquire; pairs with the Release in `interrupt`.
        let is_for_nothing = self.is_interrupted.swap(false, Ordering::Acquire) || is_over;
        (self.parker.has_token() || !is_for_nothing).then_some(())
    }

    fn is_interrupted(&self) -> bool {
        // ORDERING: Relaxed; a hint, and read again.
        self.is_interrupted.load(Ordering::Relaxed)
    }
}

impl Sleeper for Parked<'_> {
    fn is_asleep(&self) -> bool {
        !self.parker.has_token()
    }

    fn interrupt(&self) -> bool {
        // ORDERING: Release; pairs with the Acquire in `Parked::sleep`.
        self.is_interrupted.store(true, Ordering::Release);
        self.thread.unpark();
        true
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::checked::mutex::Mutex;
    use crate::backend::checked::thread::{Builder, scope, spawn};

    const NAP: Duration = Duration::from_millis(1);

    #[test]
    fn all_handles_of_a_thread_share_its_token_and_no_others() {
        let is_one = |one: &Thread, other: &Thread| Arc::ptr_eq(&one.parker, &other.parker);
        let handle = spawn(|| (current(), current()));
        let outside = handle.thread().clone();
        let (first, second) = handle.join().unwrap();
        assert!(is_one(&first, &second) && is_one(&first, &outside));
        assert!(is_one(&current(), &current()) && !is_one(&current(), &first));

        let foreign = std::thread::spawn(|| (current(), current())).join().unwrap();
        assert!(is_one(&foreign.0, &foreign.1));

        scope(|scope| {
            let handle = Builder::new().spawn_scoped(scope, current).unwrap();
            let outside = handle.thread().clone();
            assert!(is_one(&outside, &handle.join().unwrap()));
        });
    }

    #[test]
    fn a_token_is_taken_once_and_stds_goes_with_it() {
        let (me, parker) = (current(), mine());
        assert!(!parker.take_token(), "nobody left one");
        me.unpark();
        me.unpark();
        assert!(parker.has_token() && parker.take_token() && !parker.take_token());
        // If std's were still there, this would be a wake for nothing.
        let parked = parked(&parker);
        assert!(parked.interrupt() && parked.sleep(None).is_none() && parked.is_asleep());
    }

    #[test]
    fn a_token_of_two_givers_carries_no_more_than_either_knew() {
        let (me, parker) = (current(), mine());
        let unpark = |nests: bool| {
            let me = me.clone();
            let body = move || {
                let locks = [Mutex::new(()), Mutex::new(())];
                let _held = nests.then(|| [locks[0].lock(), locks[1].lock()]);
                me.unpark();
            };
            std::thread::spawn(body).join().unwrap();
        };
        unpark(true);
        assert!(!parker.stamp.lock().is_empty());
        unpark(false);
        assert!(parker.stamp.lock().is_empty() && parker.take_token());
    }

    #[test]
    fn stds_handle_wakes_and_leaves_no_token() {
        let parker = mine();
        std::thread::current().unpark();
        let parked = parked(&parker);
        assert!(parked.sleep(Some(NAP)).is_none(), "a nap leaves the token to std");
        assert!(parked.sleep(None).is_some() && !parker.has_token());
    }

    #[test]
    fn asked_for_no_time_std_tells_its_token_and_an_interrupt_is_none() {
        let parker = mine();
        let parked = parked(&parker);
        assert!(parked.sleep(Some(Duration::ZERO)).is_none(), "there is none");
        std::thread::current().unpark();
        assert!(parked.sleep(Some(Duration::ZERO)).is_some() && parked.sleep(Some(Duration::ZERO)).is_none());
        parked.interrupt();
        assert!(parked.sleep(Some(Duration::ZERO)).is_none());
    }

    #[test]
    fn one_who_has_a_token_is_not_asleep_and_wakes() {
        let parker = mine();
        let parked = parked(&parker);
        assert!(parked.is_asleep());
        current().unpark();
        assert!(!parked.is_asleep());
        assert!(parked.sleep(Some(NAP)).is_some() && parked.sleep(None).is_some());
    }

    #[test]
    fn an_interrupt_ends_a_nap_and_is_no_token() {
        let parker = mine();
        let parked = parked(&parker);
        parked.interrupt();
        assert!(parked.sleep(Some(NAP)).is_none() && !parker.has_token());
        current().unpark();
        parked.interrupt();
        assert!(parked.sleep(None).is_some(), "a token counts, interrupted or not");
    }

    fn parked(parker: &Parker) -> Parked<'_> {
        Parked { parker, thread: std::thread::current(), is_interrupted: AtomicBool::new(false) }
    }
}
