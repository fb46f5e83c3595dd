//! A thread that waits for others, as those see it.
//!
//! Must not know: what it waits for.
//! INVARIANT: nothing here blocks, panics or calls user code: it runs in another thread, under a raw lock.

use super::site::Site;

/// Who could end a wait, as only what is waited for knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum By {
    /// Whoever the wait itself names.
    Told,
    /// Any thread.
    Anyone,
    /// Any of those who have one of so many guards of it.
    Guards(usize),
    /// One of these threads, as far as was seen.
    Users(Vec<u32>),
    /// All of these threads, as far as was seen.
    Debtors(Vec<u32>),
}

/// What a thread leaves behind while it waits for something other than a mutex.
pub(crate) trait Sleeper: Sync {
    /// False if it may have been woken already, or need not be.
    fn is_asleep(&self) -> bool;

    /// Returns who could end the wait now.
    fn by(&self) -> By {
        By::Told
    }

    /// Returns which thread woke nobody, and where, in a way that may have been meant for this wait.
    fn unheard(&self) -> Option<(u32, Site)> {
        None
    }

    /// Wakes it for nothing, so that it looks around. False if that cannot be done.
    fn interrupt(&self) -> bool;
}
