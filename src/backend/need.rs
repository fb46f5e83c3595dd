//! The language between the parts that std lacks and what is told of them.
//!
//! Must not know: how anything waits.
//! INVARIANT: plain `Copy` data.
#![allow(dead_code, reason = "nothing is told but in checked builds")]

use std::time::Duration;

/// What a thread needs before it can go on, and what another one's act provides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// A permit of a semaphore.
    Permit,
    /// An event's flag.
    Event,
    /// An item in a queue.
    Item,
    /// A place in a queue.
    Place,
    /// The end of the work on a queue's items.
    Done,
}

/// A thread that is about to wait.
pub(crate) trait Sleep {
    /// Calls `block`, which waits for as long as it is told or for ever, until it returns what was waited for.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[track_caller]
    fn sleep<R>(self, block: &mut dyn FnMut(Option<Duration>) -> Option<R>) -> R;
}

/// A thread that is about to wait for a limited time.
pub(crate) trait Nap {
    /// What lasts as long as the wait.
    type Lasting;

    /// Begins the wait.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[track_caller]
    fn nap(&self) -> Self::Lasting;
}

/// What kind of thing a part is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Event,
    Queue,
    LifoQueue,
    PriorityQueue,
}
