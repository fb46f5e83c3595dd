//! `std::thread`, with the order that starts and joins make, and who waits for whose end.
//!
//! Must not know: clocks.
//! Source: std. We differ: a started thread knows its starter, and a joiner the end of what it joined.
//! INVARIANT: a thread's end is told before its joiner goes on.
#![allow(unsafe_code, reason = "a scope is wrapped in place")]

use super::parking::Parker;
#[allow(deprecated, reason = "std has it still")]
pub use super::parking::park_timeout_ms;
pub use super::parking::{Thread, current, park, park_timeout};
use crate::event::Deed;
use crate::probe::{Published, Waiting};
use crate::rt::{RawLock, Site};
use crate::stream::lineage::{self, End, Start};
use crate::stream::thread;
use crate::stream::times::Given;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::sync::Arc;
pub use std::thread::*;

/// Like [`std::thread::spawn`].
///
/// # Panics
/// If the system cannot start a thread.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// Like [`std::thread::Builder`].
#[must_use = "must eventually spawn the thread"]
pub struct Builder(std::thread::Builder);

/// Like [`std::thread::JoinHandle`].
pub struct JoinHandle<T> {
    // Before the inner one: with that goes what the thread returned, if it has ended.
    _left: Option<Left>,
    inner: std::thread::JoinHandle<T>,
    thread: Thread,
    end: End,
}

/// Like [`std::thread::Scope`].
#[repr(transparent)]
pub struct Scope<'scope, 'env>(std::thread::Scope<'scope, 'env>);

/// Like [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    // As in `JoinHandle`.
    _left: Option<Left>,
    inner: std::thread::ScopedJoinHandle<'scope, T>,
    thread: Thread,
    end: End,
}

/// Like [`std::thread::scope`].
///
/// # Panics
/// If a thread of the scope panicked and was not joined by hand.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let ends = ScopeEnds { scope: Cell::new(0), site: Site::caller(), waiting: Cell::new(None) };
    std::thread::scope(|scope| {
        // SAFETY: `Scope` is a transparent wrapper of what `scope` points to, and the lifetimes stay.
        let scope = unsafe { &*std::ptr::from_ref(scope).cast::<Scope<'_, 'env>>() };
        ends.scope.set(scope.address());
        // Told when `f` is over, by return or by panic: then std waits for what is left.
        let _waits = ScopeWaits(&ends);
        f(scope)
    })
}

/// What is known of open scopes, by the scope's address.
static SCOPES: RawLock<Scopes> = RawLock::new(Scopes { ends: Vec::new(), waiting: Vec::new() });

// INVARIANT: who is in `waiting` is told as waiting for all ends of its scope.
struct Scopes {
    /// The ends of their threads, the newest last. A thread of the scope that can still start others is here.
    ends: Vec<(usize, End)>,
    /// Those who have come to the scope's end.
    waiting: Vec<(usize, Published)>,
}

impl Scopes {
    fn ends_of(&self, scope: usize) -> impl DoubleEndedIterator<Item = &End> {
        self.ends.iter().filter(move |(of, _)| *of == scope).map(|(_, end)| end)
    }

    /// A thread is about to start in a scope.
    fn add(&mut self, scope: usize, end: &End) {
        self.ends.push((scope, end.clone()));
        self.waiting.iter().filter(|(of, _)| *of == scope).for_each(|(_, wait)| end.is_awaited(*wait));
    }

    /// A thread has ended, or did not start.
    fn remove(&mut self, end: &End) {
        self.ends.retain(|(_, other)| !other.is(end));
    }
}

/// Joins what a scope joins when it ends, by return or by panic.
struct ScopeEnds {
    scope: Cell<usize>,
    site: Site,
    waiting: Cell<Option<Waiting<'static>>>,
}

impl Drop for ScopeEnds {
    fn drop(&mut self) {
        drop(self.waiting.take());
        let scope = self.scope.get();
        let ended: Vec<_> = thread::unheard(|| {
            let mut scopes = SCOPES.lock();
            scopes.waiting.retain(|(of, _)| *of != scope);
            scopes.ends.extract_if(.., |(of, _)| *of == scope).collect()
        });
        ended.iter().for_each(|(_, end)| end.join());
    }
}

/// Tells the wait for what a scope joins when it ends.
struct ScopeWaits<'a>(&'a ScopeEnds);

impl Drop for ScopeWaits<'_> {
    fn drop(&mut self) {
        let scope = self.0.scope.get();
        let are_over = || SCOPES.lock().ends_of(scope).all(End::is_told);
        loop {
            let ends: Vec<End> = thread::unheard(|| SCOPES.lock().ends_of(scope).cloned().collect());
            let waiting = End::wait(&ends, Deed::EndScope, self.0.site, are_over);
            let is_told_of_all = thread::unheard(|| {
                let mut scopes = SCOPES.lock();
                let newest = scopes.ends_of(scope).next_back();
                let is_newest_told = newest.is_none_or(|newest| ends.iter().any(|end| end.is(newest)));
                if is_newest_told {
                    scopes.waiting.extend(waiting.as_ref().and_then(Waiting::published).map(|wait| (scope, wait)));
                }
                is_newest_told
            });
            // Others of the scope's threads may start some meanwhile.
            if is_told_of_all {
                return self.0.waiting.set(waiting);
            }
        }
    }
}

impl Builder {
    /// Like [`std::thread::Builder::new`].
    #[allow(clippy::new_without_default, reason = "std has none")]
    pub fn new() -> Self {
        Self(std::thread::Builder::new())
    }

    /// Like [`std::thread::Builder::name`].
    pub fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    /// Like [`std::thread::Builder::stack_size`].
    pub fn stack_size(self, size: usize) -> Self {
        Self(self.0.stack_size(size))
    }

    /// Like [`std::thread::Builder::spawn`].
    ///
    /// # Panics
    /// If the name contains a null byte.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (start, end, parker, body) = watch(f);
        let inner = self.0.spawn(body).inspect_err(|_| start.cancel())?;
        Ok(JoinHandle { _left: Left::of::<T>(&end), thread: Thread::new(inner.thread().clone(), parker), inner, end })
    }

    /// Like [`std::thread::Builder::spawn_unchecked`].
    ///
    /// # Panics
    /// If the name contains a null byte.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    ///
    /// # Safety
    /// As std's: the thread must end before what it borrows.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let (start, end, parker, body) = watch(f);
        // SAFETY: the caller's promise is the same.
        let spawned = unsafe { self.0.spawn_unchecked(body) };
        let inner = spawned.inspect_err(|_| start.cancel())?;
        Ok(JoinHandle { _left: Left::of::<T>(&end), thread: Thread::new(inner.thread().clone(), parker), inner, end })
    }

    /// Like [`std::thread::Builder::spawn_scoped`].
    ///
    /// # Panics
    /// If the name contains a null byte.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (start, end, parker, body) = watch(f);
        // Before it starts: if its scope is waited for already, it is the one to see what it closes.
        thread::unheard(|| SCOPES.lock().add(scope.address(), &end));
        let inner = self.0.spawn_scoped(&scope.0, body).inspect_err(|_| {
            SCOPES.lock().remove(&end);
            start.cancel();
        })?;
        Ok(ScopedJoinHandle {
            _left: Left::of::<T>(&end),
            thread: Thread::new(inner.thread().clone(), parker),
            inner,
            end,
        })
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Like [`std::thread::Scope::spawn`].
    ///
    /// # Panics
    /// If the system cannot start a thread.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

macro_rules! join_handle {
    ($handle:ident<$($scope:lifetime,)? T>) => {
        impl<$($scope,)? T> $handle<$($scope,)? T> {
            #[doc = concat!("Like [`std::thread::", stringify!($handle), "::thread`].")]
            #[must_use]
            pub fn thread(&self) -> &Thread {
                &self.thread
            }

            #[doc = concat!("Like [`std::thread::", stringify!($handle), "::join`].")]
            ///
            /// # Errors
            /// With what the thread panicked with.
            ///
            /// # Panics
            /// If the wait would be for ever, and that is denied.
            #[track_caller]
            pub fn join(self) -> Result<T> {
                let is_over = || self.inner.is_finished();
                let waiting = End::wait(std::slice::from_ref(&self.end), Deed::Join, Site::caller(), is_over);
                let result = self.inner.join();
                drop(waiting);
                self.end.join();
                thread::unheard(|| SCOPES.lock().remove(&self.end));
                result
            }

            #[doc = concat!("Like [`std::thread::", stringify!($handle), "::is_finished`].")]
            pub fn is_finished(&self) -> bool {
                self.inner.is_finished()
            }
        }

        impl<$($scope,)? T> fmt::Debug for $handle<$($scope,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}
join_handle!(JoinHandle<T>);
join_handle!(ScopedJoinHandle<'scope, T>);

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(unix)]
impl<T> std::os::unix::thread::JoinHandleExt for JoinHandle<T> {
    fn as_pthread_t(&self) -> std::os::unix::thread::RawPthread {
        self.inner.as_pthread_t()
    }

    fn into_pthread_t(self) -> std::os::unix::thread::RawPthread {
        self.inner.into_pthread_t()
    }
}

/// Tells the start of a thread now, and its begin and end when it runs.
#[track_caller]
fn watch<F: FnOnce() -> T, T>(f: F) -> (Start, End, Arc<Parker>, impl FnOnce() -> T) {
    let (given, start) = (Given::here(), lineage::fork());
    let end = start.end(Site::caller());
    let (told, parker) = (end.clone(), Arc::new(Parker::new()));
    let adopted = Arc::clone(&parker);
    let body = move || {
        // Made here, since a thread that cannot be started has its body dropped by its starter, which goes on.
        let _ending = Ending(told);
        lineage::begin(start);
        given.take();
        adopted.adopt();
        f()
    };
    (start, end, parker, body)
}

/// The end of a thread whose handle is dropped, and perhaps with it what it returned.
struct Left(End);

impl Left {
    /// Returns nothing if there is nothing to drop: then the end of a thread that nobody joins orders nothing.
    fn of<T>(end: &End) -> Option<Self> {
        std::mem::needs_drop::<T>().then(|| Self(end.clone()))
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Tells the end of the thread that drops it.
struct Ending(End);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.tell();
    }
}
