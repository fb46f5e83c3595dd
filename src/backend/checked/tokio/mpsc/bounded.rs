//! Checked channels with a bound.

use super::super::ask::{For, Teller, ask};
use super::super::block_on;
use super::{Packet, access, packed, unpacked};
use crate::event::Deed;
use crate::probe::task::TaskThing;
use crate::rt::Site;
use ::tokio::sync::mpsc as tokio;
use ::tokio::sync::mpsc::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Like [`tokio::sync::mpsc::Sender`](::tokio::sync::mpsc::Sender).
pub struct Sender<T> {
    inner: tokio::Sender<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::mpsc::WeakSender`](::tokio::sync::mpsc::WeakSender).
pub struct WeakSender<T> {
    inner: tokio::WeakSender<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::mpsc::Permit`](::tokio::sync::mpsc::Permit).
pub struct Permit<'a, T> {
    inner: tokio::Permit<'a, Packet<T>>,
    thing: &'a TaskThing,
}

/// Like [`tokio::sync::mpsc::PermitIterator`](::tokio::sync::mpsc::PermitIterator).
pub struct PermitIterator<'a, T> {
    inner: tokio::PermitIterator<'a, Packet<T>>,
    thing: &'a TaskThing,
}

/// Like [`tokio::sync::mpsc::OwnedPermit`](::tokio::sync::mpsc::OwnedPermit).
pub struct OwnedPermit<T> {
    inner: tokio::OwnedPermit<Packet<T>>,
    thing: Arc<TaskThing>,
}

/// Like [`tokio::sync::mpsc::Receiver`](::tokio::sync::mpsc::Receiver).
pub struct Receiver<T> {
    inner: tokio::Receiver<Packet<T>>,
    thing: Arc<TaskThing>,
    /// Who polls it by hand.
    teller: Teller,
}

/// Like [`tokio::sync::mpsc::channel`](::tokio::sync::mpsc::channel).
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio::channel(buffer);
    let thing = Arc::new(TaskThing::new());
    let teller = Teller::new(Site::caller());
    (Sender { inner: sender, thing: thing.clone() }, Receiver { inner: receiver, thing, teller })
}

impl<T> Sender<T> {
    /// Like [`tokio::sync::mpsc::Sender::send`](::tokio::sync::mpsc::Sender::send).
    ///
    /// # Errors
    /// Gives the message back if nobody can receive it.
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let reserve = self.reserve();
        let site = Site::caller();
        async move {
            match reserve.await {
                Ok(permit) => {
                    permit.send_at(value, site);
                    Ok(())
                }
                Err(SendError(())) => Err(SendError(value)),
            }
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::try_send`](::tokio::sync::mpsc::Sender::try_send).
    ///
    /// # Errors
    /// Gives the message back if there is no room, or nobody can receive it.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let packet = packed(&self.thing, message, Site::caller());
        self.inner.try_send(packet).map_err(|error| match error {
            TrySendError::Full((_, message)) => TrySendError::Full(message),
            TrySendError::Closed((_, message)) => TrySendError::Closed(message),
        })
    }

    /// Like [`tokio::sync::mpsc::Sender::send_timeout`](::tokio::sync::mpsc::Sender::send_timeout).
    ///
    /// # Errors
    /// Gives the message back if there was no room in time, or nobody can receive it.
    #[track_caller]
    pub fn send_timeout(&self, value: T, timeout: Duration) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let reserve = self.reserve();
        let site = Site::caller();
        async move {
            match ::tokio::time::timeout(timeout, reserve).await {
                Ok(Ok(permit)) => {
                    permit.send_at(value, site);
                    Ok(())
                }
                Ok(Err(SendError(()))) => Err(SendTimeoutError::Closed(value)),
                Err(_) => Err(SendTimeoutError::Timeout(value)),
            }
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::blocking_send`](::tokio::sync::mpsc::Sender::blocking_send).
    ///
    /// # Panics
    /// If the thread runs tasks.
    ///
    /// # Errors
    /// Gives the message back if nobody can receive it.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        block_on(self.send(value))
    }

    /// Like [`tokio::sync::mpsc::Sender::reserve`](::tokio::sync::mpsc::Sender::reserve).
    ///
    /// # Errors
    /// If nobody can receive a message.
    #[track_caller]
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let site = Site::caller();
        async move {
            let inner = ask(For::Anything, site, self.inner.reserve()).await.0?;
            Ok(Permit { inner, thing: &self.thing })
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::reserve_many`](::tokio::sync::mpsc::Sender::reserve_many).
    ///
    /// # Errors
    /// If nobody can receive a message.
    #[track_caller]
    pub fn reserve_many(&self, n: usize) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let site = Site::caller();
        async move {
            let inner = ask(For::Anything, site, self.inner.reserve_many(n)).await.0?;
            Ok(PermitIterator { inner, thing: &self.thing })
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::reserve_owned`](::tokio::sync::mpsc::Sender::reserve_owned).
    ///
    /// # Errors
    /// If nobody can receive a message.
    #[track_caller]
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        let site = Site::caller();
        async move {
            let inner = ask(For::Anything, site, self.inner.reserve_owned()).await.0?;
            Ok(OwnedPermit { inner, thing: self.thing })
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::try_reserve`](::tokio::sync::mpsc::Sender::try_reserve).
    ///
    /// # Errors
    /// If there is no room, or nobody can receive a message.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        Ok(Permit { inner: self.inner.try_reserve()?, thing: &self.thing })
    }

    /// Like [`tokio::sync::mpsc::Sender::try_reserve_many`](::tokio::sync::mpsc::Sender::try_reserve_many).
    ///
    /// # Errors
    /// If there is not enough room, or nobody can receive a message.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        Ok(PermitIterator { inner: self.inner.try_reserve_many(n)?, thing: &self.thing })
    }

    /// Like [`tokio::sync::mpsc::Sender::try_reserve_owned`](::tokio::sync::mpsc::Sender::try_reserve_owned).
    ///
    /// # Errors
    /// Gives the sender back if there is no room, or nobody can receive a message.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let Self { inner, thing } = self;
        match inner.try_reserve_owned() {
            Ok(inner) => Ok(OwnedPermit { inner, thing }),
            Err(TrySendError::Full(inner)) => Err(TrySendError::Full(Self { inner, thing })),
            Err(TrySendError::Closed(inner)) => Err(TrySendError::Closed(Self { inner, thing })),
        }
    }

    /// Like [`tokio::sync::mpsc::Sender::capacity`](::tokio::sync::mpsc::Sender::capacity).
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// Like [`tokio::sync::mpsc::Sender::max_capacity`](::tokio::sync::mpsc::Sender::max_capacity).
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// Like [`tokio::sync::mpsc::Sender::closed`](::tokio::sync::mpsc::Sender::closed).
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let site = Site::caller();
        async move { ask(For::Anything, site, self.inner.closed()).await.0 }
    }

    /// Like [`tokio::sync::mpsc::Sender::is_closed`](::tokio::sync::mpsc::Sender::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Like [`tokio::sync::mpsc::Sender::same_channel`](::tokio::sync::mpsc::Sender::same_channel).
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Like [`tokio::sync::mpsc::Sender::downgrade`](::tokio::sync::mpsc::Sender::downgrade).
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), thing: self.thing.clone() }
    }

    /// Like [`tokio::sync::mpsc::Sender::strong_count`](::tokio::sync::mpsc::Sender::strong_count).
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Like [`tokio::sync::mpsc::Sender::weak_count`](::tokio::sync::mpsc::Sender::weak_count).
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Permit<'_, T> {
    /// Like [`tokio::sync::mpsc::Permit::send`](::tokio::sync::mpsc::Permit::send).
    #[track_caller]
    pub fn send(self, value: T) {
        self.send_at(value, Site::caller());
    }

    fn send_at(self, value: T, site: Site) {
        let packet = packed(self.thing, value, site);
        self.inner.send(packet);
    }
}

impl<T> OwnedPermit<T> {
    /// Like [`tokio::sync::mpsc::OwnedPermit::send`](::tokio::sync::mpsc::OwnedPermit::send).
    #[track_caller]
    pub fn send(self, value: T) -> Sender<T> {
        let packet = packed(&self.thing, value, Site::caller());
        Sender { inner: self.inner.send(packet), thing: self.thing }
    }

    /// Like [`tokio::sync::mpsc::OwnedPermit::release`](::tokio::sync::mpsc::OwnedPermit::release).
    pub fn release(self) -> Sender<T> {
        Sender { inner: self.inner.release(), thing: self.thing }
    }

    /// Like [`tokio::sync::mpsc::OwnedPermit::same_channel`](::tokio::sync::mpsc::OwnedPermit::same_channel).
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Like [`tokio::sync::mpsc::OwnedPermit::same_channel_as_sender`](::tokio::sync::mpsc::OwnedPermit::same_channel_as_sender).
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.inner.same_channel_as_sender(&sender.inner)
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.inner.next().map(|inner| Permit { inner, thing: self.thing })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> std::iter::FusedIterator for PermitIterator<'_, T> {}

impl<T> Receiver<T> {
    /// Like [`tokio::sync::mpsc::Receiver::recv`](::tokio::sync::mpsc::Receiver::recv), and reports a wait under a lock
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

    /// Like [`tokio::sync::mpsc::Receiver::recv_many`](::tokio::sync::mpsc::Receiver::recv_many).
    ///
    /// # Panics
    /// As [`Receiver::recv`].
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

    /// Like [`tokio::sync::mpsc::Receiver::try_recv`](::tokio::sync::mpsc::Receiver::try_recv).
    ///
    /// # Errors
    /// If there is no message yet, or there will be none.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.inner.try_recv().map(unpacked)
    }

    /// Like [`tokio::sync::mpsc::Receiver::blocking_recv`](::tokio::sync::mpsc::Receiver::blocking_recv).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        block_on(self.recv())
    }

    /// Like [`tokio::sync::mpsc::Receiver::blocking_recv_many`](::tokio::sync::mpsc::Receiver::blocking_recv_many).
    ///
    /// # Panics
    /// If the thread runs tasks, or a finding is denied.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        block_on(self.recv_many(buffer, limit))
    }

    /// Like [`tokio::sync::mpsc::Receiver::close`](::tokio::sync::mpsc::Receiver::close).
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// Like [`tokio::sync::mpsc::Receiver::is_closed`](::tokio::sync::mpsc::Receiver::is_closed).
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Like [`tokio::sync::mpsc::Receiver::is_empty`](::tokio::sync::mpsc::Receiver::is_empty).
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Like [`tokio::sync::mpsc::Receiver::len`](::tokio::sync::mpsc::Receiver::len).
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Like [`tokio::sync::mpsc::Receiver::capacity`](::tokio::sync::mpsc::Receiver::capacity).
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// Like [`tokio::sync::mpsc::Receiver::max_capacity`](::tokio::sync::mpsc::Receiver::max_capacity).
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// Like [`tokio::sync::mpsc::Receiver::poll_recv`](::tokio::sync::mpsc::Receiver::poll_recv).
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Self { inner, thing, teller } = self;
        let what = For::Deed(thing, access::<T>(), Deed::Receive);
        teller.poll(what, || inner.poll_recv(cx)).map(|packet| packet.map(unpacked))
    }

    /// Like [`tokio::sync::mpsc::Receiver::poll_recv_many`](::tokio::sync::mpsc::Receiver::poll_recv_many).
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

    /// Like [`tokio::sync::mpsc::Receiver::sender_strong_count`](::tokio::sync::mpsc::Receiver::sender_strong_count).
    pub fn sender_strong_count(&self) -> usize {
        self.inner.sender_strong_count()
    }

    /// Like [`tokio::sync::mpsc::Receiver::sender_weak_count`](::tokio::sync::mpsc::Receiver::sender_weak_count).
    pub fn sender_weak_count(&self) -> usize {
        self.inner.sender_weak_count()
    }
}

impl<T> WeakSender<T> {
    /// Like [`tokio::sync::mpsc::WeakSender::upgrade`](::tokio::sync::mpsc::WeakSender::upgrade).
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.inner.upgrade().map(|inner| Sender { inner, thing: self.thing.clone() })
    }

    /// Like [`tokio::sync::mpsc::WeakSender::strong_count`](::tokio::sync::mpsc::WeakSender::strong_count).
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// Like [`tokio::sync::mpsc::WeakSender::weak_count`](::tokio::sync::mpsc::WeakSender::weak_count).
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), thing: self.thing.clone() }
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), thing: self.thing.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
