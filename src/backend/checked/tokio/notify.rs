//! Checked `Notify`.
#![allow(unsafe_code, reason = "a future that keeps what it borrows")]

use super::ask::{For, Teller, here};
use crate::backend::checked::heard::Heard;
use crate::event::{Access, Deed, Kind, Mode};
use crate::named::Named;
use crate::probe::task::{TaskThing, give, take};
use crate::rt::{RawLock, Site};
use ::tokio::sync::futures;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Like [`tokio::sync::Notify`](::tokio::sync::Notify), and checked.
pub struct Notify {
    thing: TaskThing,
    /// What the last notifications handed over.
    heard: RawLock<Heard>,
    inner: ::tokio::sync::Notify,
}

pin_project! {
    /// Like [`tokio::sync::futures::Notified`](::tokio::sync::futures::Notified).
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Notified<'a> {
        notify: &'a Notify,
        before: u64,
        teller: Teller,
        #[pin]
        inner: futures::Notified<'a>,
    }
}

pin_project! {
    /// Like [`tokio::sync::futures::OwnedNotified`](::tokio::sync::futures::OwnedNotified).
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct OwnedNotified {
        // Fields drop in order: the future, then what it borrows from.
        #[pin]
        inner: Notified<'static>,
        notify: Arc<Notify>,
    }
}

const ACCESS: &Access =
    &Access { kind: Kind::Notify, mode: Mode::Exclusive, type_name: std::any::type_name::<::tokio::sync::Notify> };

impl Notify {
    /// Like [`tokio::sync::Notify::new`](::tokio::sync::Notify::new).
    #[track_caller]
    pub fn new() -> Self {
        Self::const_new()
    }

    /// Like [`tokio::sync::Notify::const_new`](::tokio::sync::Notify::const_new).
    #[track_caller]
    pub const fn const_new() -> Self {
        let inner = ::tokio::sync::Notify::const_new();
        Self { thing: TaskThing::new(), heard: RawLock::new(Heard::new()), inner }
    }

    /// Like [`tokio::sync::Notify::notified`](::tokio::sync::Notify::notified), and reports a wait under a lock that all who
    /// notify were seen to need.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        let before = self.heard.lock().count();
        Notified { notify: self, before, teller: Teller::new(Site::caller()), inner: self.inner.notified() }
    }

    /// Like [`tokio::sync::Notify::notified_owned`](::tokio::sync::Notify::notified_owned).
    #[track_caller]
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        // SAFETY: the `Arc` stays beside the future, does not move what is in it, and is dropped after the future.
        let kept: &'static Self = unsafe { &*Arc::as_ptr(&self) };
        OwnedNotified { inner: kept.notified(), notify: self }
    }

    /// Like [`tokio::sync::Notify::notify_one`](::tokio::sync::Notify::notify_one).
    #[track_caller]
    pub fn notify_one(&self) {
        self.signals();
        self.inner.notify_one();
    }

    /// Like [`tokio::sync::Notify::notify_last`](::tokio::sync::Notify::notify_last).
    #[track_caller]
    pub fn notify_last(&self) {
        self.signals();
        self.inner.notify_last();
    }

    /// Like [`tokio::sync::Notify::notify_waiters`](::tokio::sync::Notify::notify_waiters).
    #[track_caller]
    pub fn notify_waiters(&self) {
        self.signals();
        self.inner.notify_waiters();
    }

    #[track_caller]
    fn signals(&self) {
        if let Some(owner) = here() {
            self.thing.signals(&owner, ACCESS, Deed::Notify, Site::caller());
            let stamp = give(&owner);
            let gone = self.heard.lock().add(stamp);
            drop(gone);
        }
    }
}

impl Notified<'_> {
    /// Like [`tokio::sync::futures::Notified::enable`](::tokio::sync::futures::Notified::enable).
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().inner.enable()
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let what = For::Deed(&this.notify.thing, ACCESS, Deed::Wait);
        let result = this.teller.poll(what, || this.inner.poll(context));
        if let (Poll::Ready(()), Some(owner)) = (result, this.teller.owner()) {
            let stamp = this.notify.heard.lock().since(*this.before);
            take(owner, &stamp);
        }
        result
    }
}

impl OwnedNotified {
    /// Like [`tokio::sync::futures::OwnedNotified::enable`](::tokio::sync::futures::OwnedNotified::enable).
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().inner.enable()
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.project().inner.poll(context)
    }
}

impl Named for Notify {
    fn named(mut self, name: &'static str) -> Self {
        self.thing.set_name(name);
        self
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for OwnedNotified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedNotified").field("notify", &self.notify).finish_non_exhaustive()
    }
}
