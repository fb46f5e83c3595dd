//! Checked `Semaphore`: with one permit it is a lock, with more it only counts.

use super::ask::{For, ask, here};
use super::block_on;
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::task::{TaskHeld, TaskRecord};
use crate::rt::Site;
use ::tokio::sync::{AcquireError, TryAcquireError};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Like [`tokio::sync::Semaphore`](::tokio::sync::Semaphore). One that is made with one permit and never given more is
/// checked as a lock is.
pub struct Semaphore {
    record: TaskRecord,
    inner: ::tokio::sync::Semaphore,
    is_lock: AtomicBool,
}

/// Like [`tokio::sync::SemaphorePermit`](::tokio::sync::SemaphorePermit).
#[must_use]
#[clippy::has_significant_drop]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    held: TaskHeld,
    permits: u32,
}

/// Like [`tokio::sync::OwnedSemaphorePermit`](::tokio::sync::OwnedSemaphorePermit). It is made to be given away, so nobody is
/// told to hold it.
#[must_use]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: u32,
}

const ACCESS: &Access = &Access {
    kind: Kind::TaskSemaphore,
    mode: Mode::Exclusive,
    type_name: std::any::type_name::<::tokio::sync::Semaphore>,
};

impl Semaphore {
    /// Like [`tokio::sync::Semaphore::MAX_PERMITS`](::tokio::sync::Semaphore::MAX_PERMITS).
    pub const MAX_PERMITS: usize = ::tokio::sync::Semaphore::MAX_PERMITS;

    /// Like [`tokio::sync::Semaphore::new`](::tokio::sync::Semaphore::new). The caller's place is its class.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self::const_new(permits)
    }

    /// Like [`tokio::sync::Semaphore::const_new`](::tokio::sync::Semaphore::const_new). The caller's place is its class.
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        let inner = ::tokio::sync::Semaphore::const_new(permits);
        Self { record: TaskRecord::new(), inner, is_lock: AtomicBool::new(permits == 1) }
    }

    /// Like [`tokio::sync::Semaphore::available_permits`](::tokio::sync::Semaphore::available_permits).
    pub fn available_permits(&self) -> usize {
        self.inner.available_permits()
    }

    /// Like [`tokio::sync::Semaphore::add_permits`](::tokio::sync::Semaphore::add_permits).
    pub fn add_permits(&self, n: usize) {
        if n > 0 {
            // ORDERING: Relaxed; who asks next may still take it for a lock, which it was until now.
            self.is_lock.store(false, Ordering::Relaxed);
        }
        self.inner.add_permits(n);
    }

    /// Like [`tokio::sync::Semaphore::forget_permits`](::tokio::sync::Semaphore::forget_permits).
    pub fn forget_permits(&self, n: usize) -> usize {
        self.inner.forget_permits(n)
    }

    /// Like [`tokio::sync::Semaphore::acquire`](::tokio::sync::Semaphore::acquire).
    ///
    /// # Panics
    /// If a finding is denied, when it is polled.
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        self.acquire_many(1)
    }

    /// Like [`tokio::sync::Semaphore::acquire_many`](::tokio::sync::Semaphore::acquire_many).
    ///
    /// # Panics
    /// As [`Semaphore::acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> {
        let site = Site::caller();
        async move {
            let held = self.wait(n, site, true).await?;
            Ok(SemaphorePermit { semaphore: self, held, permits: n })
        }
    }

    /// Like [`tokio::sync::Semaphore::try_acquire`](::tokio::sync::Semaphore::try_acquire).
    ///
    /// # Errors
    /// If the semaphore is closed, or has no permit left.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Like [`tokio::sync::Semaphore::try_acquire_many`](::tokio::sync::Semaphore::try_acquire_many).
    ///
    /// # Errors
    /// If the semaphore is closed, or has too few permits left.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let owner = here().filter(|_| self.is_lock(n));
        self.inner.try_acquire_many(n)?.forget();
        let site = Site::caller();
        let held = owner.map_or(TaskHeld::unheard(), |owner| self.record.acquired(&owner, ACCESS, site));
        Ok(SemaphorePermit { semaphore: self, held, permits: n })
    }

    /// Like [`tokio::sync::Semaphore::blocking_acquire`](::tokio::sync::Semaphore).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on(self.acquire())
    }

    /// Like [`Semaphore::blocking_acquire`], of several permits.
    ///
    /// # Panics
    /// As [`Semaphore::blocking_acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on(self.acquire_many(n))
    }

    /// Like [`tokio::sync::Semaphore::acquire_owned`](::tokio::sync::Semaphore::acquire_owned).
    ///
    /// # Panics
    /// As [`Semaphore::acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire_owned(self: Arc<Self>) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        self.acquire_many_owned(1)
    }

    /// Like [`tokio::sync::Semaphore::acquire_many_owned`](::tokio::sync::Semaphore::acquire_many_owned).
    ///
    /// # Panics
    /// As [`Semaphore::acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> {
        let site = Site::caller();
        async move {
            self.wait(n, site, false).await?;
            Ok(OwnedSemaphorePermit { semaphore: self, permits: n })
        }
    }

    /// Like [`tokio::sync::Semaphore::try_acquire_owned`](::tokio::sync::Semaphore::try_acquire_owned).
    ///
    /// # Errors
    /// If the semaphore is closed, or has no permit left.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// Like [`tokio::sync::Semaphore::try_acquire_many_owned`](::tokio::sync::Semaphore::try_acquire_many_owned).
    ///
    /// # Errors
    /// If the semaphore is closed, or has too few permits left.
    pub fn try_acquire_many_owned(self: Arc<Self>, n: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.inner.try_acquire_many(n)?.forget();
        Ok(OwnedSemaphorePermit { semaphore: self, permits: n })
    }

    /// Like [`Semaphore::blocking_acquire`], and keeps the semaphore.
    ///
    /// # Panics
    /// As [`Semaphore::blocking_acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on(self.acquire_owned())
    }

    /// Like [`Semaphore::blocking_acquire_owned`], of several permits.
    ///
    /// # Panics
    /// As [`Semaphore::blocking_acquire`].
    ///
    /// # Errors
    /// If the semaphore is closed.
    #[track_caller]
    pub fn blocking_acquire_many_owned(self: Arc<Self>, n: u32) -> Result<OwnedSemaphorePermit, AcquireError> {
        block_on(self.acquire_many_owned(n))
    }

    /// Like [`tokio::sync::Semaphore::close`](::tokio::sync::Semaphore::close).
    pub fn close(&self) {
        self.inner.close();
    }

    /// Like [`tokio::sync::Semaphore::is_closed`](::tokio::sync::Semaphore::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// True if who has so many permits keeps all others out.
    fn is_lock(&self, permits: u32) -> bool {
        // ORDERING: Relaxed; as in `add_permits`.
        permits == 1 && self.is_lock.load(Ordering::Relaxed)
    }

    async fn wait(&self, permits: u32, site: Site, is_kept: bool) -> Result<TaskHeld, AcquireError> {
        let is_lock = self.is_lock(permits);
        let what = if is_lock { For::Lock(&self.record, ACCESS) } else { For::Anything };
        let (permit, owner) = ask(what, site, self.inner.acquire_many(permits)).await;
        permit?.forget();
        let owner = owner.filter(|_| is_lock && is_kept);
        Ok(owner.map_or(TaskHeld::unheard(), |owner| self.record.acquired(&owner, ACCESS, site)))
    }
}

impl<'a> SemaphorePermit<'a> {
    /// Like [`tokio::sync::SemaphorePermit::forget`](::tokio::sync::SemaphorePermit::forget).
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Like [`tokio::sync::SemaphorePermit::merge`](::tokio::sync::SemaphorePermit::merge).
    ///
    /// # Panics
    /// If the permits are of different semaphores.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(std::ptr::eq(self.semaphore, other.semaphore), "merging permits from different semaphore instances");
        self.permits += std::mem::take(&mut other.permits);
        if self.held.is_unheard() {
            std::mem::swap(&mut self.held, &mut other.held);
        }
    }

    /// Like [`tokio::sync::SemaphorePermit::split`](::tokio::sync::SemaphorePermit::split).
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let permits = u32::try_from(n).ok().filter(|permits| *permits <= self.permits)?;
        self.permits -= permits;
        let held = if self.permits == 0 {
            std::mem::replace(&mut self.held, TaskHeld::unheard())
        } else {
            TaskHeld::unheard()
        };
        Some(Self { semaphore: self.semaphore, held, permits })
    }

    /// Like [`tokio::sync::SemaphorePermit::semaphore`](::tokio::sync::SemaphorePermit).
    pub fn semaphore(&self) -> &'a Semaphore {
        self.semaphore
    }

    /// Like [`tokio::sync::SemaphorePermit::num_permits`](::tokio::sync::SemaphorePermit::num_permits).
    pub fn num_permits(&self) -> usize {
        self.permits as usize
    }
}

impl Drop for SemaphorePermit<'_> {
    fn drop(&mut self) {
        self.held.release(&self.semaphore.record);
        self.semaphore.inner.add_permits(self.permits as usize);
    }
}

impl OwnedSemaphorePermit {
    /// Like [`tokio::sync::OwnedSemaphorePermit::forget`](::tokio::sync::OwnedSemaphorePermit::forget).
    pub fn forget(mut self) {
        self.permits = 0;
    }

    /// Like [`tokio::sync::OwnedSemaphorePermit::merge`](::tokio::sync::OwnedSemaphorePermit::merge).
    ///
    /// # Panics
    /// If the permits are of different semaphores.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(Arc::ptr_eq(&self.semaphore, &other.semaphore), "merging permits from different semaphore instances");
        self.permits += std::mem::take(&mut other.permits);
    }

    /// Like [`tokio::sync::OwnedSemaphorePermit::split`](::tokio::sync::OwnedSemaphorePermit::split).
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let permits = u32::try_from(n).ok().filter(|permits| *permits <= self.permits)?;
        self.permits -= permits;
        Some(Self { semaphore: self.semaphore.clone(), permits })
    }

    /// Like [`tokio::sync::OwnedSemaphorePermit::semaphore`](::tokio::sync::OwnedSemaphorePermit::semaphore).
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }

    /// Like [`tokio::sync::OwnedSemaphorePermit::num_permits`](::tokio::sync::OwnedSemaphorePermit::num_permits).
    pub fn num_permits(&self) -> usize {
        self.permits as usize
    }
}

impl Drop for OwnedSemaphorePermit {
    fn drop(&mut self) {
        self.semaphore.inner.add_permits(self.permits as usize);
    }
}

impl Named for Semaphore {
    fn named(mut self, name: &'static str) -> Self {
        self.record.set_name(name);
        self
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for SemaphorePermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphorePermit").field("sem", self.semaphore).field("permits", &self.permits).finish()
    }
}

impl fmt::Debug for OwnedSemaphorePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedSemaphorePermit").field("sem", &self.semaphore).field("permits", &self.permits).finish()
    }
}
