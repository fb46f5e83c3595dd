//! Checked `OnceLock`: a lock while its initialiser runs, nothing afterwards.
#![allow(unsafe_code, reason = "others look whether there is a value")]

use super::asleep::Asleep;
use super::handed::Handed;
use crate::event::{Access, Kind, Mode};
use crate::named::Named;
use crate::probe::Record;
use crate::rt::Site;
use std::cell::Cell;
use std::fmt;

/// Like [`std::sync::OnceLock`], and checked.
pub struct OnceLock<T> {
    record: Record,
    // Before the value: what drops that comes after its initialiser.
    handed: Handed,
    inner: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    const ACCESS: &'static Access =
        &Access { kind: Kind::OnceLock, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    /// Like [`std::sync::OnceLock::new`]. The caller's place is the lock's class.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Self { record: Record::new(), inner: std::sync::OnceLock::new(), handed: Handed::new() }
    }

    /// Like [`std::sync::OnceLock::get`].
    #[inline]
    pub fn get(&self) -> Option<&T> {
        let value = self.inner.get()?;
        self.handed.take(&self.record);
        Some(value)
    }

    /// Like [`std::sync::OnceLock::get_mut`].
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.handed.take(&self.record);
        self.inner.get_mut()
    }

    /// Like [`std::sync::OnceLock::wait`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied.
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let request = self.record.request(Self::ACCESS, Site::caller());
        // SAFETY: whether there is a value is not the value: it is not touched.
        let sleeper = unsafe { Asleep::new(|| self.inner.get().is_some()) };
        let _waiting = request.wait_for_anyone(&sleeper);
        let value = self.inner.wait();
        request.abandon_unless(false);
        self.handed.take(&self.record);
        value
    }

    /// Like [`std::sync::OnceLock::set`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If a finding is denied.
    ///
    /// # Errors
    /// With `value`, if there is one already.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        if self.get().is_some() {
            return Err(value);
        }
        let request = self.record.request(Self::ACCESS, Site::caller());
        let _waiting = request.wait();
        let mut value = Some(value);
        self.inner.get_or_init(|| {
            self.handed.leave();
            value.take().expect("it is taken once")
        });
        request.abandon_unless(false);
        if value.is_some() {
            self.handed.take(&self.record);
        }
        value.map_or(Ok(()), Err)
    }

    /// Like [`std::sync::OnceLock::get_or_init`], and reports what the order of requests shows before it can block.
    ///
    /// # Panics
    /// If `f` panics, or a finding is denied. The lock is then empty.
    #[inline]
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.get_or_init_as(Self::ACCESS, Site::caller(), f),
        }
    }

    /// The rest of [`OnceLock::get_or_init`], also for what is another kind of lock to its users.
    #[inline]
    #[track_caller]
    pub(super) fn get_or_init_as<F: FnOnce() -> T>(&self, access: &'static Access, site: Site, f: F) -> &T {
        let (request, ran) = (self.record.request(access, site), Cell::new(false));
        let waiting = Cell::new(request.wait());
        let value = self.inner.get_or_init(|| {
            drop(waiting.take());
            ran.set(true);
            let _held = request.acquired::<true>();
            let value = f();
            self.handed.leave();
            value
        });
        request.abandon_unless(ran.get());
        if !ran.get() {
            self.handed.take(&self.record);
        }
        value
    }

    /// Puts a value in, where nobody else can look.
    pub(super) fn fill(&mut self, value: T) {
        self.inner = value.into();
    }

    /// Like [`std::sync::OnceLock::into_inner`].
    #[inline]
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Like [`std::sync::OnceLock::take`].
    #[inline]
    pub fn take(&mut self) -> Option<T> {
        self.handed.take(&self.record);
        self.inner.take()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        self.get().map_or_else(Self::new, |value| Self::from(value.clone()))
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self { record: Record::new(), inner: std::sync::OnceLock::from(value), handed: Handed::new() }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T> Named for OnceLock<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.record.set_name(name);
        self
    }
}
