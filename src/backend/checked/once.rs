//! Checked `Once`: a lock while its initialiser runs, nothing afterwards.
#![allow(unsafe_code, reason = "others look whether it is completed")]

use super::asleep::Asleep;
use super::handed::Handed;
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::{Record, Request};
use crate::rt::Site;
use std::cell::Cell;
use std::fmt;
use std::sync::OnceState;

/// Like [`std::sync::Once`], and checked.
pub struct Once {
    record: Record,
    inner: std::sync::Once,
    handed: Handed,
}

/// Like [`std::sync::ONCE_INIT`].
#[deprecated(since = "1.38.0", note = "the `Once::new()` function is now preferred")]
#[allow(clippy::declare_interior_mutable_const, reason = "std's own shape")]
pub const ONCE_INIT: Once = Once::new();

impl Once {
    const ACCESS: &'static Access =
        &Access { kind: Kind::Once, mode: Mode::Exclusive, type_name: std::any::type_name::<()> };

    /// Like [`std::sync::Once::new`]. The caller's place is the lock's class.
    #[inline]
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "std has none")]
    pub const fn new() -> Self {
        Self { record: Record::new(), inner: std::sync::Once::new(), handed: Handed::new() }
    }

    /// Like [`std::sync::Once::call_once`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// As std's, and if a finding is denied.
    #[inline]
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        if self.inner.is_completed() {
            return self.handed.take(&self.record);
        }
        let (request, ran) = (self.record.request(Self::ACCESS, Site::caller()), Cell::new(false));
        let waiting = Cell::new(request.wait());
        self.inner.call_once(|| {
            drop(waiting.take());
            ran.set(true);
            let _held = request.acquired::<true>();
            f();
            self.handed.leave();
        });
        self.done(request, ran.get());
    }

    /// Like [`std::sync::Once::call_once_force`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// As std's, and if a finding is denied.
    #[inline]
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        if self.inner.is_completed() {
            return self.handed.take(&self.record);
        }
        let (request, ran) = (self.record.request(Self::ACCESS, Site::caller()), Cell::new(false));
        let waiting = Cell::new(request.wait());
        self.inner.call_once_force(|state| {
            drop(waiting.take());
            ran.set(true);
            let _held = request.acquired::<true>();
            f(state);
            self.handed.leave();
        });
        self.done(request, ran.get());
    }

    /// Like [`std::sync::Once::is_completed`].
    #[inline]
    pub fn is_completed(&self) -> bool {
        let is_completed = self.inner.is_completed();
        if is_completed {
            self.handed.take(&self.record);
        }
        is_completed
    }

    /// Like [`std::sync::Once::wait`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// As std's, and if a finding is denied.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_until_completed(Site::caller(), || self.inner.wait());
    }

    /// Like [`std::sync::Once::wait_force`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub fn wait_force(&self) {
        self.wait_until_completed(Site::caller(), || self.inner.wait_force());
    }

    #[track_caller]
    fn wait_until_completed(&self, site: Site, wait: impl FnOnce()) {
        if self.inner.is_completed() {
            self.handed.take(&self.record);
            return wait();
        }
        let request = self.record.request(Self::ACCESS, site);
        // SAFETY: `Once` is made to be asked by any thread.
        let sleeper = unsafe { Asleep::new(|| self.inner.is_completed()) };
        let _waiting = request.wait_for_anyone(&sleeper);
        wait();
        self.done(request, false);
    }

    /// `ran` if the running thread did the work itself.
    fn done(&self, request: Request<'_>, ran: bool) {
        request.abandon_unless(ran);
        if !ran {
            self.handed.take(&self.record);
        }
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Named for Once {
    fn named(mut self, name: &'static str) -> Self {
        self.record.set_name(name);
        self
    }
}
