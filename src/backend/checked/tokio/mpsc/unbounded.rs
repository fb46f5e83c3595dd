//! Checked channels without a bound.

use super::super::ask::{For, Teller, ask};
use super::super::block_on;
use super::{Packet, access, packed, unpacked};
use crate::event::Deed;
use crate::probe::task::TaskThing;
use crate::rt::Site;
use ::tokio::sync::mpsc as tokio;
use ::tokio::sync::mpsc::error::{SendError, TryRecvError};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Like [`tokio::sync::mpsc::UnboundedSender`](::tokio::sync::mpsc::UnboundedSender).
pub struct UnboundedSender<T> {
    inner: tokio::UnboundedSender<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::mpsc::WeakUnboundedSender`](::tokio::sync::mpsc::WeakUnboundedSender).
pub struct WeakUnboundedSender<T> {
    inner: tokio::WeakUnboundedSender<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::mpsc::UnboundedReceiver`](::tokio::sync::mpsc::UnboundedReceiver).
pub struct UnboundedReceiver<T> {
    inner: tokio::UnboundedReceiver<Packet<T>>,
    thing: Arc<TaskThing>,
    /// Who polls it by hand.
    teller: Teller,
}

/// Like [`tokio::sync::mpsc::unbounded_channel`](::tokio::sync::mpsc::unbounded_channel).
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = tokio::unbounded_channel();
    let thing = Arc::new(TaskThing::new());
    let teller = Teller::new(Site::caller());
    (UnboundedSender { inner: sender, thing: thing.clone() }, UnboundedReceiver { inner: receiver, thing, teller })
}

impl<T> UnboundedSender<T> {
    /// Like [`tokio::sync::mpsc::UnboundedSender::send`](::tokio::sync::mpsc::UnboundedSender::send).
    ///
    /// # Errors
    /// Gives the message back if nobody can receive it.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let packet = packed(&self.thing, message, Site::caller());
        self.inner.send(packet).map_err(|SendError((_, message))| SendError(message))
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::closed`](::tokio::sync::mpsc::UnboundedSender::closed).
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let site = Site::caller();
        async move { ask(For::Anything, site, self.inner.closed()).await.0 }
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::is_closed`](::tokio::sync::mpsc::UnboundedSender::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::same_channel`](::tokio::sync::mpsc::UnboundedSender::same_channel).
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::downgrade`](::tokio::sync::mpsc::UnboundedSender::downgrade).
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender { inner: self.inner.downgrade(), thing: self.thing.clone() }
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::strong_count`](::tokio::sync::mpsc::UnboundedSender::strong_count).
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Like [`tokio::sync::mpsc::UnboundedSender::weak_count`](::tokio::sync::mpsc::UnboundedSender::weak_count).
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> UnboundedReceiver<T> {
    /// Like [`tokio::sync::mpsc::UnboundedReceiver::recv`](::tokio::sync::mpsc::UnboundedReceiver::recv), and reports a wait under a lock
    /// that all who send were seen to need.
    ///
    /// # Panics
    /// If a finding is denied, when it is polled.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        let site = Site::caller();
        async move {
            let Self { inner, thing, .. } = self;
            ask(For::Deed(thing, access::<T>(), Deed::Receive), site, inner.recv()).await.0.map(unpacked)
        }
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::recv_many`](::tokio::sync::mpsc::UnboundedReceiver::recv_many).
    ///
    /// # Panics
    /// As [`UnboundedReceiver::recv`].
    #[track_caller]
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        let site = Site::caller();
        async move {
            let Self { inner, thing, .. } = self;
            let mut packets = Vec::new();
            let receive = inner.recv_many(&mut packets, limit);
            let (count, _) = ask(For::Deed(thing, access::<T>(), Deed::Receive), site, receive).await;
            buffer.extend(packets.into_iter().map(unpacked));
            count
        }
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::try_recv`](::tokio::sync::mpsc::UnboundedReceiver::try_recv).
    ///
    /// # Errors
    /// If there is no message yet, or there will be none.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.inner.try_recv().map(unpacked)
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::blocking_recv`](::tokio::sync::mpsc::UnboundedReceiver::blocking_recv).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        block_on(self.recv())
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::blocking_recv_many`](::tokio::sync::mpsc::UnboundedReceiver::blocking_recv_many).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        block_on(self.recv_many(buffer, limit))
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::close`](::tokio::sync::mpsc::UnboundedReceiver::close).
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::is_closed`](::tokio::sync::mpsc::UnboundedReceiver::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::is_empty`](::tokio::sync::mpsc::UnboundedReceiver::is_empty).
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::len`](::tokio::sync::mpsc::UnboundedReceiver::len).
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::poll_recv`](::tokio::sync::mpsc::UnboundedReceiver::poll_recv).
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { inner, thing, teller } = self;
        let what = For::Deed(thing, access::<T>(), Deed::Receive);
        teller.poll(what, || inner.poll_recv(cx)).map(|packet| packet.map(unpacked))
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::poll_recv_many`](::tokio::sync::mpsc::UnboundedReceiver::poll_recv_many).
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
        let Self { inner, thing, teller } = self;
        let mut packets = Vec::new();
        let what = For::Deed(thing, access::<T>(), Deed::Receive);
        let count = teller.poll(what, || inner.poll_recv_many(cx, &mut packets, limit));
        buffer.extend(packets.into_iter().map(unpacked));
        count
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::sender_strong_count`](::tokio::sync::mpsc::UnboundedReceiver::sender_strong_count).
    pub fn sender_strong_count(&self) -> usize {
        self.inner.sender_strong_count()
    }

    /// Like [`tokio::sync::mpsc::UnboundedReceiver::sender_weak_count`](::tokio::sync::mpsc::UnboundedReceiver::sender_weak_count).
    pub fn sender_weak_count(&self) -> usize {
        self.inner.sender_weak_count()
    }
}

impl<T> WeakUnboundedSender<T> {
    /// Like [`tokio::sync::mpsc::WeakUnboundedSender::upgrade`](::tokio::sync::mpsc::WeakUnboundedSender::upgrade).
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.inner.upgrade().map(|inner| UnboundedSender { inner, thing: self.thing.clone() })
    }

    /// Like [`tokio::sync::mpsc::WeakUnboundedSender::strong_count`](::tokio::sync::mpsc::WeakUnboundedSender::strong_count).
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Like [`tokio::sync::mpsc::WeakUnboundedSender::weak_count`](::tokio::sync::mpsc::WeakUnboundedSender::weak_count).
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), thing: self.thing.clone() }
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), thing: self.thing.clone() }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
