//! Checked `oneshot` channels.

use super::ask::{For, Teller, ask, here};
use super::block_on;
use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::task::{Stamp, TaskThing, give, take};
use crate::rt::Site;
use ::tokio::sync::oneshot as tokio;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The errors of a channel.
pub mod error {
    pub use ::tokio::sync::oneshot::error::*;
}

/// A value as it travels, with what was before it.
type Packet<T> = (Stamp, T);

/// Like [`tokio::sync::oneshot::Sender`](::tokio::sync::oneshot::Sender).
pub struct Sender<T> {
    inner: tokio::Sender<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::oneshot::Receiver`](::tokio::sync::oneshot::Receiver).
#[must_use = "this future performs async work only if `.await`ed or polled"]
pub struct Receiver<T> {
    inner: tokio::Receiver<Packet<T>>,
    thing: Arc<TaskThing>,
    teller: Teller,
}

/// Like [`tokio::sync::oneshot::channel`](::tokio::sync::oneshot::channel).
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio::channel();
    let thing = Arc::new(TaskThing::new());
    let teller = Teller::new(Site::caller());
    (Sender { inner: sender, thing: thing.clone() }, Receiver { inner: receiver, thing, teller })
}

fn access<T>() -> &'static Access {
    const { &Access { kind: Kind::Channel, mode: Mode::Exclusive, type_name: std::any::type_name::<T> } }
}

impl<T> Sender<T> {
    /// Like [`tokio::sync::oneshot::Sender::send`](::tokio::sync::oneshot::Sender::send).
    ///
    /// # Errors
    /// Gives the value back if nobody can receive it.
    #[track_caller]
    pub fn send(self, t: T) -> Result<(), T> {
        let stamp = here().map_or(Stamp::new(), |owner| {
            self.thing.signals(&owner, access::<T>(), Deed::Send, Site::caller());
            give(&owner)
        });
        self.inner.send((stamp, t)).map_err(|(_, value)| value)
    }

    /// Like [`tokio::sync::oneshot::Sender::closed`](::tokio::sync::oneshot::Sender::closed).
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        let site = Site::caller();
        async move { ask(For::Anything, site, self.inner.closed()).await.0 }
    }

    /// Like [`tokio::sync::oneshot::Sender::is_closed`](::tokio::sync::oneshot::Sender::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Like [`tokio::sync::oneshot::Sender::poll_closed`](::tokio::sync::oneshot::Sender::poll_closed).
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_closed(cx)
    }
}

impl<T> Receiver<T> {
    /// Like [`tokio::sync::oneshot::Receiver::close`](::tokio::sync::oneshot::Receiver::close).
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// Like [`tokio::sync::oneshot::Receiver::is_terminated`](::tokio::sync::oneshot::Receiver).
    pub fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }

    /// Like [`tokio::sync::oneshot::Receiver::is_empty`](::tokio::sync::oneshot::Receiver).
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Like [`tokio::sync::oneshot::Receiver::try_recv`](::tokio::sync::oneshot::Receiver::try_recv).
    ///
    /// # Errors
    /// If there is no value yet, or there will be none.
    pub fn try_recv(&mut self) -> Result<T, error::TryRecvError> {
        self.inner.try_recv().map(unpacked)
    }

    /// Like [`tokio::sync::oneshot::Receiver::blocking_recv`](::tokio::sync::oneshot::Receiver::blocking_recv).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    ///
    /// # Errors
    /// If there will be no value.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, error::RecvError> {
        block_on(self)
    }
}

fn unpacked<T>((stamp, value): Packet<T>) -> T {
    here().inspect(|owner| take(owner, &stamp));
    value
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, error::RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { inner, thing, teller } = &mut *self;
        let what = For::Deed(thing, access::<T>(), Deed::Receive);
        teller.poll(what, || Pin::new(inner).poll(context)).map_ok(unpacked)
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
