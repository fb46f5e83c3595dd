//! What both ends of a channel share: counts by which others see whether an end sleeps.
//!
//! Must not know: how messages travel.
//! INVARIANT: a count is raised by a thread that runs, after the message went in or out.
#![allow(unsafe_code, reason = "an end that sleeps is looked at by other threads")]

use super::super::heard::Heard;
use crate::event::{Access, Deed, Kind, Mode};
use crate::probe::{Side, Stamp, Thing};
use crate::rt::{RawLock, Site, Sleeper};
use crate::stream::live::prepare;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// What travels.
pub(super) enum Packet<T> {
    // The stamp first: whoever throws a message away unseen knows what was before it, when the value is dropped.
    Value(Carried, T),
    /// Wakes the receiver for nothing.
    Interrupt,
}

/// What came with a message; taken by whoever has it last.
pub(super) struct Carried(Stamp);

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.take();
    }
}

/// A sender of the channel's own: it wakes the receiver for nothing, and goes when the users' last one does.
pub(super) enum Keeper<T> {
    Unbounded(mpsc::Sender<Packet<T>>),
    Bounded(mpsc::SyncSender<Packet<T>>),
}

pub(super) struct Channel<T> {
    thing: Thing,
    bound: Option<usize>,
    /// Messages that went in.
    sent: Line<AtomicU64>,
    /// Messages that came out.
    received: Line<AtomicU64>,
    /// The receiver may sleep.
    is_receiving: AtomicBool,
    /// Senders that may sleep.
    sending: AtomicUsize,
    senders: AtomicUsize,
    is_closed: AtomicBool,
    keeper: RawLock<Option<Keeper<T>>>,
    /// What the receiver handed over with the places that it freed.
    freed: RawLock<Heard>,
}

/// Keeps what one end writes out of the other one's cache line.
#[repr(align(64))]
#[derive(Default)]
struct Line<T>(T);

impl<T> Channel<T> {
    const CHANNEL: &'static Access =
        &Access { kind: Kind::Channel, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };
    const SYNC_CHANNEL: &'static Access =
        &Access { kind: Kind::SyncChannel, mode: Mode::Exclusive, type_name: std::any::type_name::<T> };

    #[track_caller]
    pub(super) fn new(bound: Option<usize>, keeper: Keeper<T>) -> Arc<Self> {
        // Whoever makes a channel is known from then on: it may be the one who sends.
        prepare();
        Arc::new(Self {
            thing: Thing::new(),
            bound,
            sent: Line::default(),
            received: Line::default(),
            is_receiving: AtomicBool::new(false),
            sending: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            is_closed: AtomicBool::new(false),
            keeper: RawLock::new(Some(keeper)),
            freed: RawLock::new(Heard::new()),
        })
    }

    fn access(&self) -> &'static Access {
        if self.bound.is_some() { Self::SYNC_CHANNEL } else { Self::CHANNEL }
    }

    pub(super) fn add_sender(&self) {
        self.senders.fetch_add(1, Ordering::SeqCst);
    }

    /// A user's sender goes; its own inner sender goes after this.
    pub(super) fn drop_sender(&self) {
        self.thing.gives(Side::Ends);
        if self.senders.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.close();
            let keeper = self.keeper.lock().take();
            drop(keeper);
        }
    }

    /// One end is about to go, which wakes the other one.
    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// The receiver goes.
    pub(super) fn drop_receiver(&self) {
        self.thing.gives(Side::Ends);
        self.close();
    }

    /// The running thread has found that the other end is gone.
    pub(super) fn found_closed(&self) {
        self.thing.takes(Side::Ends);
    }

    /// The receiver is about to take a message, and to free its place.
    #[inline]
    pub(super) fn receiving(&self) {
        if self.bound.is_some() {
            self.thing.gives(Side::Places);
        }
    }

    /// Returns the message as it travels, and tells that it is on its way.
    #[inline]
    #[track_caller]
    pub(super) fn pack(&self, value: T) -> Packet<T> {
        self.thing.signals(self.access(), Deed::Send, Site::caller());
        Packet::Value(Carried(Stamp::here()), value)
    }

    #[inline]
    pub(super) fn sent(&self) {
        if self.bound.is_some() {
            self.thing.takes(Side::Places);
        }
        self.sent.0.fetch_add(1, Ordering::SeqCst);
    }

    /// A message came out. The receiver runs.
    #[inline]
    pub(super) fn received(&self, carried: Carried, value: T) -> T {
        self.received.0.fetch_add(1, Ordering::SeqCst);
        drop(carried);
        if self.sending.load(Ordering::SeqCst) != 0 {
            let here = Stamp::here();
            let gone = self.freed.lock().add(here);
            drop(gone);
        }
        value
    }

    /// Waits for a message or the end of all senders, in `receive`.
    #[track_caller]
    pub(super) fn wait_to_receive<R>(
        &self,
        site: Site,
        receive: impl FnMut(Option<std::time::Duration>) -> Option<R>,
    ) -> R {
        self.is_receiving.store(true, Ordering::SeqCst);
        let _ends = OnDrop(|| self.is_receiving.store(false, Ordering::SeqCst));
        self.thing.wait(self.access(), Deed::Receive, site, &Receiving(self), receive)
    }

    /// Waits for a free place or the end of the receiver, in `send`.
    #[track_caller]
    pub(super) fn wait_to_send<R>(&self, site: Site, send: impl FnMut(Option<std::time::Duration>) -> Option<R>) -> R {
        let before = self.freed.lock().count();
        self.sending.fetch_add(1, Ordering::SeqCst);
        let _ends = OnDrop(|| {
            self.sending.fetch_sub(1, Ordering::SeqCst);
        });
        let result = self.thing.wait(self.access(), Deed::Send, site, &Sending(self), send);
        let stamp = self.freed.lock().since(before);
        stamp.take();
        result
    }

    /// The receiver is about to wait for a time.
    #[track_caller]
    pub(super) fn waits_for_a_while(&self, site: Site) {
        self.thing.waits_for_a_while(self.access(), Deed::Receive, site);
    }

    /// Returns how many messages are in the channel, as far as that was told.
    fn len(&self) -> i64 {
        let sent = self.sent.0.load(Ordering::SeqCst);
        sent.wrapping_sub(self.received.0.load(Ordering::SeqCst)).cast_signed()
    }

    /// True if a sender hands its message to the receiver in person.
    fn is_rendezvous(&self) -> bool {
        self.bound == Some(0)
    }
}

/// A receiver that sleeps.
struct Receiving<'a, T>(&'a Channel<T>);

// SAFETY: no message is reached: counts are read, and what is sent is no value.
unsafe impl<T> Sync for Receiving<'_, T> {}

impl<T> Sleeper for Receiving<'_, T> {
    fn is_asleep(&self) -> bool {
        let Self(channel) = self;
        let is_met = channel.is_rendezvous() && channel.sending.load(Ordering::SeqCst) != 0;
        channel.len() == 0 && !is_met && !channel.is_closed.load(Ordering::SeqCst)
    }

    fn interrupt(&self) -> bool {
        match &*self.0.keeper.lock() {
            Some(Keeper::Unbounded(sender)) => sender.send(Packet::Interrupt).is_ok(),
            Some(Keeper::Bounded(sender)) => sender.try_send(Packet::Interrupt).is_ok(),
            None => false,
        }
    }
}

/// A sender that sleeps.
struct Sending<'a, T>(&'a Channel<T>);

// SAFETY: no message is reached: counts are read.
unsafe impl<T> Sync for Sending<'_, T> {}

impl<T> Sleeper for Sending<'_, T> {
    fn is_asleep(&self) -> bool {
        let Self(channel) = self;
        let is_met = channel.is_rendezvous() && channel.is_receiving.load(Ordering::SeqCst);
        let is_full = channel.bound.is_some_and(|bound| channel.len() >= i64::try_from(bound).unwrap_or(i64::MAX));
        is_full && !is_met && !channel.is_closed.load(Ordering::SeqCst)
    }

    fn interrupt(&self) -> bool {
        false
    }
}

/// Calls a closure at the end of its life.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
