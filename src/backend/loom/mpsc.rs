//! Turns loom's channel into one whose receiver survives a deadlock's unwinding and has no method that only panics.
//!
//! Must not know: what is sent.
//! Source: loom's `mpsc`. We differ: see `unwinding`; and `recv_timeout`, which loom does not implement, is absent.
//! INVARIANT: one loom receiver a channel.

use super::unwinding::Forgotten;
use ::loom::sync::mpsc as inner;
use std::fmt;

pub use ::loom::sync::mpsc::Sender;
pub use std::sync::mpsc::{RecvError, SendError, TryRecvError};

/// Like [`std::sync::mpsc::channel`]; loom does not see the end of the senders or of the receiver.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = inner::channel();
    (sender, Receiver(Forgotten::new(receiver)))
}

/// Like [`std::sync::mpsc::Receiver`].
pub struct Receiver<T>(Forgotten<inner::Receiver<T>>);

impl<T> Receiver<T> {
    /// Like [`std::sync::mpsc::Receiver::recv`], and when no sender is left loom reports a deadlock.
    ///
    /// # Errors
    /// None: a wait that cannot end is a deadlock.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.0.recv()
    }

    /// Like [`std::sync::mpsc::Receiver::try_recv`].
    ///
    /// # Errors
    /// `Empty`, also when no sender is left.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
