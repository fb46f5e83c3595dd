//! Checked channels: who waits for whom, and what messages hand over.
//!
//! Must not know: how std queues messages.
//! Source: std. We differ: a message carries a stamp, and a channel keeps a sender of its own until the users' last one goes.
//! INVARIANT: a sleeping end is told as running before its message is counted.

mod channel;

use self::channel::{Channel, Keeper, Packet};
use crate::rt::Site;
use crate::stream::wait::doze;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self as std_mpsc};
pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::{Duration, Instant};

/// Like [`std::sync::mpsc::channel`]. The caller's place is the channel's.
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = std_mpsc::channel();
    let channel = Channel::new(None, Keeper::Unbounded(sender.clone()));
    (Sender { channel: Arc::clone(&channel), inner: sender }, Receiver { channel, inner: receiver })
}

/// Like [`std::sync::mpsc::sync_channel`]. The caller's place is the channel's.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = std_mpsc::sync_channel(bound);
    let channel = Channel::new(Some(bound), Keeper::Bounded(sender.clone()));
    (SyncSender { channel: Arc::clone(&channel), inner: sender }, Receiver { channel, inner: receiver })
}

/// Like [`std::sync::mpsc::Sender`].
pub struct Sender<T> {
    channel: Arc<Channel<T>>,
    inner: std_mpsc::Sender<Packet<T>>,
}

/// Like [`std::sync::mpsc::SyncSender`].
pub struct SyncSender<T> {
    channel: Arc<Channel<T>>,
    inner: std_mpsc::SyncSender<Packet<T>>,
}

/// Like [`std::sync::mpsc::Receiver`].
pub struct Receiver<T> {
    channel: Arc<Channel<T>>,
    inner: std_mpsc::Receiver<Packet<T>>,
}

/// Like [`std::sync::mpsc::Iter`].
pub struct Iter<'a, T> {
    rx: &'a Receiver<T>,
    // Where it was made: an adaptor calls `next` from a place in std.
    site: Site,
}

/// Like [`std::sync::mpsc::TryIter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    rx: &'a Receiver<T>,
}

/// Like [`std::sync::mpsc::IntoIter`].
pub struct IntoIter<T> {
    rx: Receiver<T>,
    site: Site,
}

impl<T> Sender<T> {
    /// Like [`std::sync::mpsc::Sender::send`].
    ///
    /// # Errors
    /// With the value, if the receiver is gone.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        match self.inner.send(self.channel.pack(t)) {
            Ok(()) => {
                self.channel.sent();
                Ok(())
            }
            Err(SendError(packet)) => {
                self.channel.found_closed();
                Err(SendError(unpack(packet)))
            }
        }
    }
}

impl<T> SyncSender<T> {
    /// Like [`std::sync::mpsc::SyncSender::send`].
    ///
    /// # Panics
    /// If the channel is full, nobody can ever free a place, and that is denied.
    ///
    /// # Errors
    /// With the value, if the receiver is gone.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let sent = match self.inner.try_send(self.channel.pack(t)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(packet)) => Err(packet),
            Err(TrySendError::Full(packet)) => self.send_later(packet, Site::caller()),
        };
        match sent {
            Ok(()) => {
                self.channel.sent();
                Ok(())
            }
            Err(packet) => {
                self.channel.found_closed();
                Err(SendError(unpack(packet)))
            }
        }
    }

    #[cold]
    #[track_caller]
    fn send_later(&self, packet: Packet<T>, site: Site) -> Result<(), Packet<T>> {
        let mut packet = Some(packet);
        self.channel.wait_to_send(site, |limit| {
            let Some(limit) = limit else {
                return Some(self.inner.send(packet.take()?).map_err(|SendError(packet)| packet));
            };
            let mut sent = None;
            doze(limit, || {
                sent = packet.take().and_then(|it| match self.inner.try_send(it) {
                    Ok(()) => Some(Ok(())),
                    Err(TrySendError::Disconnected(it)) => Some(Err(it)),
                    Err(TrySendError::Full(it)) => {
                        packet = Some(it);
                        None
                    }
                });
                sent.is_some()
            });
            sent
        })
    }

    /// Like [`std::sync::mpsc::SyncSender::try_send`].
    ///
    /// # Errors
    /// With the value, if the channel is full or the receiver is gone.
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        match self.inner.try_send(self.channel.pack(t)) {
            Ok(()) => {
                self.channel.sent();
                Ok(())
            }
            Err(TrySendError::Full(packet)) => Err(TrySendError::Full(unpack(packet))),
            Err(TrySendError::Disconnected(packet)) => {
                self.channel.found_closed();
                Err(TrySendError::Disconnected(unpack(packet)))
            }
        }
    }
}

impl<T> Receiver<T> {
    /// Like [`std::sync::mpsc::Receiver::try_recv`].
    ///
    /// # Errors
    /// If there is no message now, or never will be.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.receiving();
        loop {
            let packet = self.inner.try_recv().inspect_err(|error| {
                if *error == TryRecvError::Disconnected {
                    self.channel.found_closed();
                }
            })?;
            if let Packet::Value(carried, value) = packet {
                return Ok(self.channel.received(carried, value));
            }
        }
    }

    /// Like [`std::sync::mpsc::Receiver::recv`].
    ///
    /// # Panics
    /// If the channel is empty, nobody can ever send, and that is denied.
    ///
    /// # Errors
    /// If the channel is empty and all senders are gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Site::caller())
    }

    #[track_caller]
    fn recv_at(&self, site: Site) -> Result<T, RecvError> {
        match self.try_recv() {
            Ok(value) => Ok(value),
            Err(TryRecvError::Disconnected) => Err(RecvError),
            Err(TryRecvError::Empty) => self.recv_later(site),
        }
    }

    #[cold]
    #[track_caller]
    fn recv_later(&self, site: Site) -> Result<T, RecvError> {
        let received = self.channel.wait_to_receive(site, |limit| {
            let packet = match limit {
                None => self.inner.recv().map_err(|RecvError| RecvTimeoutError::Disconnected),
                Some(limit) => self.inner.recv_timeout(limit),
            };
            match packet {
                Ok(Packet::Value(carried, value)) => Some(Ok((carried, value))),
                Ok(Packet::Interrupt) | Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Err(RecvError)),
            }
        });
        match received {
            Ok((carried, value)) => Ok(self.channel.received(carried, value)),
            Err(closed) => {
                self.channel.found_closed();
                Err(closed)
            }
        }
    }

    /// Like [`std::sync::mpsc::Receiver::recv_timeout`].
    ///
    /// # Errors
    /// If there is no message in time, or never will be.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match self.try_recv() {
            Ok(value) => return Ok(value),
            Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => self.channel.waits_for_a_while(Site::caller()),
        }
        let start = Instant::now();
        loop {
            let left = timeout.saturating_sub(start.elapsed());
            let packet = self.inner.recv_timeout(left).inspect_err(|error| {
                if *error == RecvTimeoutError::Disconnected {
                    self.channel.found_closed();
                }
            })?;
            if let Packet::Value(carried, value) = packet {
                return Ok(self.channel.received(carried, value));
            }
        }
    }

    /// Like [`std::sync::mpsc::Receiver::iter`].
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { rx: self, site: Site::caller() }
    }

    /// Like [`std::sync::mpsc::Receiver::try_iter`].
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { rx: self }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv_at(self.site).ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.rx.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv_at(self.site).ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { rx: self, site: Site::caller() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("rx", self.rx).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("rx", &self.rx).finish()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.drop_receiver();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

macro_rules! sender {
    ($($sender:ident),*) => {$(
        impl<T> Clone for $sender<T> {
            fn clone(&self) -> Self {
                self.channel.add_sender();
                Self { channel: Arc::clone(&self.channel), inner: self.inner.clone() }
            }
        }

        impl<T> Drop for $sender<T> {
            fn drop(&mut self) {
                self.channel.drop_sender();
            }
        }

        impl<T> fmt::Debug for $sender<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    )*};
}
sender!(Sender, SyncSender);

/// Returns the value of a message that was not sent.
fn unpack<T>(packet: Packet<T>) -> T {
    match packet {
        Packet::Value(_, value) => value,
        Packet::Interrupt => unreachable!("only the channel's own sender interrupts"),
    }
}
