//! The bell of what tasks own and wait for.
//!
//! Must not know: runtimes, how anything is awaited.
//! INVARIANT: a task is told as waiting before it gives its thread away, and as running before it has what it waited for.

use crate::event::{Access, Deed, LockId, Name};
use crate::finding::Wanted;
use crate::rt::{Meta, Site};
pub(crate) use crate::stream::hand_over::Stamp;
use crate::stream::task::{self, Hold, Wake};
pub(crate) use crate::stream::task::{Key, Owner, Waiter, owner};

/// The detector's record of one lock that tasks own, a field of it.
pub(crate) struct TaskRecord(Meta);

/// A guard's part that is told. It is given back by [`TaskHeld::release`], since it does not know its lock.
pub(crate) struct TaskHeld(Option<Hold>);

/// The detector's record of something else that tasks wait for.
pub(crate) struct TaskThing(Meta);

impl TaskRecord {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self(Meta::new(Site::caller()))
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(super::number_of(name));
    }

    /// Tells that an owner wants the lock.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn request(&self, owner: &Owner, access: &'static Access, site: Site) {
        task::request(owner, &self.0, access, site);
    }

    /// Tells that an owner waits for the lock, until what is returned is dropped.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    #[track_caller]
    pub(crate) fn wait(&self, owner: &Owner, access: &'static Access, site: Site) -> Option<Waiter> {
        Waiter::begin(owner, &self.0, access, site)
    }

    /// Tells that an owner has the lock now.
    pub(crate) fn acquired(&self, owner: &Owner, access: &'static Access, site: Site) -> TaskHeld {
        TaskHeld(task::acquired(owner, &self.0, access, site))
    }

    /// Tells that the lock goes while a guard of it was forgotten.
    #[cold]
    pub(crate) fn leaked(&self) {
        task::leaked(&self.0);
    }
}

impl Drop for TaskRecord {
    fn drop(&mut self) {
        if self.0.id() != 0 {
            task::dropped(&self.0);
        }
    }
}

impl TaskHeld {
    /// A guard that nobody hears of.
    pub(crate) const fn unheard() -> Self {
        Self(None)
    }

    pub(crate) fn is_unheard(&self) -> bool {
        self.0.is_none()
    }

    /// Tells that the lock is about to be given back.
    pub(crate) fn release(&mut self, record: &TaskRecord) {
        if let Some(hold) = self.0.take() {
            hold.released(&record.0);
        }
    }

    /// Tells that whoever runs now uses the guard: it is the one who can give the lock back.
    pub(crate) fn is_used_by(&mut self, key: Key) {
        if let Some(hold) = &mut self.0
            && !hold.owner().is(key)
            && let Some(owner) = owner(key)
        {
            hold.go_to(owner);
        }
    }

    /// Tells that the guard keeps its lock, so that it can go to another task.
    pub(crate) fn movable(self) -> Self {
        self.0.iter().for_each(Hold::is_movable);
        self
    }

    /// Tells that the lock is shared from now on.
    pub(crate) fn downgraded(&self, access: &'static Access, site: Site) {
        if let Some(hold) = &self.0 {
            hold.downgraded(access, site);
        }
    }
}

impl TaskThing {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self(Meta::new(Site::caller()))
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.0.set_name(super::number_of(name));
    }

    /// Tells that an owner waits for others to act, until what is returned is dropped.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn wait(&self, owner: &Owner, access: &'static Access, deed: Deed, site: Site) -> Option<Waiter> {
        let wake = self.wake(access, deed, site);
        wake.waits(owner);
        Waiter::begin_unnamed(owner, Some((deed, wake.thing)), site)
    }

    /// Tells that the running thread wakes one who waits, or who will.
    #[track_caller]
    pub(crate) fn signals(&self, owner: &Owner, access: &'static Access, deed: Deed, site: Site) {
        task::signals(owner, &self.wake(access, deed, site));
    }

    fn wake(&self, access: &'static Access, deed: Deed, site: Site) -> Wake<'_> {
        let lock = LockId(super::thing::id_of(&self.0));
        let thing = Wanted { lock, created: self.0.created(), name: Name(self.0.name()), access };
        Wake { meta: &self.0, thing, deed, site }
    }
}

impl Drop for TaskThing {
    fn drop(&mut self) {
        crate::stream::misuse::dropped(&self.0);
    }
}

/// Returns what an owner hands over now.
pub(crate) fn give(owner: &Owner) -> Stamp {
    task::give(owner)
}

/// An owner takes what was handed over.
pub(crate) fn take(owner: &Owner, stamp: &Stamp) {
    task::take(owner, stamp);
}
