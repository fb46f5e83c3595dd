//! The lock in every lock: a semaphore, of which a guard has one permit or all.
//!
//! Must not know: what is guarded.
//! Source: tokio's `Mutex` and `RwLock`, which are made so.
//! INVARIANT: a grip is told as released before its permits are given back.
#![allow(unsafe_code, reason = "guards are built by hand, as tokio's are")]

use super::ask::{For, ask, here};
use crate::event::Access;
use crate::probe::task::{TaskHeld, TaskRecord};
use crate::rt::Site;
use crate::tokio::current;
use ::tokio::sync::Semaphore;
use std::sync::Arc;

/// A lock without a value.
pub(super) struct Raw {
    record: TaskRecord,
    permits: Semaphore,
    most: u32,
}

/// A lock by which a value is guarded.
pub(super) trait AsRaw {
    fn raw(&self) -> &Raw;
}

/// Permits of a lock that is borrowed.
pub(super) struct Grip<'a> {
    raw: &'a Raw,
    held: TaskHeld,
    permits: u32,
}

/// Permits of a lock that is kept alive.
pub(super) struct OwnedGrip<L: AsRaw + ?Sized> {
    lock: Arc<L>,
    held: TaskHeld,
    permits: u32,
}

impl Raw {
    #[track_caller]
    pub(super) const fn new(most: u32) -> Self {
        Self { record: TaskRecord::new(), permits: Semaphore::const_new(most as usize), most }
    }

    pub(super) fn set_name(&mut self, name: &'static str) {
        self.record.set_name(name);
    }

    /// Returns how many permits a writer needs.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    async fn wait(&self, permits: u32, access: &'static Access, site: Site) -> TaskHeld {
        let acquire = self.permits.acquire_many(permits);
        let (permit, owner) = ask(For::Lock(&self.record, access), site, acquire).await;
        permit.expect("nobody closes it").forget();
        owner.map_or(TaskHeld::unheard(), |owner| self.record.acquired(&owner, access, site))
    }

    fn try_wait(&self, permits: u32, access: &'static Access, site: Site) -> Option<TaskHeld> {
        let owner = here();
        self.permits.try_acquire_many(permits).ok()?.forget();
        Some(owner.map_or(TaskHeld::unheard(), |owner| self.record.acquired(&owner, access, site)))
    }

    pub(super) async fn acquire(&self, permits: u32, access: &'static Access, site: Site) -> Grip<'_> {
        let held = self.wait(permits, access, site).await;
        Grip { raw: self, held, permits }
    }

    pub(super) fn try_acquire(&self, permits: u32, access: &'static Access, site: Site) -> Option<Grip<'_>> {
        let held = self.try_wait(permits, access, site)?;
        Some(Grip { raw: self, held, permits })
    }

    fn give_back(&self, held: &mut TaskHeld, permits: u32) {
        held.release(&self.record);
        self.permits.add_permits(permits as usize);
    }

    /// Gives back all permits but one.
    fn downgrade(&self, held: &TaskHeld, permits: &mut u32, access: &'static Access, site: Site) {
        held.downgraded(access, site);
        let rest = std::mem::replace(permits, 1) - 1;
        self.permits.add_permits(rest as usize);
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if self.permits.available_permits() < self.most as usize {
            self.record.leaked();
        }
    }
}

impl Grip<'_> {
    pub(super) fn downgrade(&mut self, access: &'static Access, site: Site) {
        self.raw.downgrade(&self.held, &mut self.permits, access, site);
    }
}

impl Drop for Grip<'_> {
    fn drop(&mut self) {
        self.raw.give_back(&mut self.held, self.permits);
    }
}

impl<L: AsRaw + ?Sized> OwnedGrip<L> {
    pub(super) async fn acquire(lock: Arc<L>, permits: u32, access: &'static Access, site: Site) -> Self {
        let held = lock.raw().wait(permits, access, site).await.movable();
        Self { lock, held, permits }
    }

    /// # Errors
    /// Gives the lock back if it is held.
    pub(super) fn try_acquire(lock: Arc<L>, permits: u32, access: &'static Access, site: Site) -> Option<Self> {
        let held = lock.raw().try_wait(permits, access, site)?.movable();
        Some(Self { lock, held, permits })
    }

    pub(super) fn lock(&self) -> &Arc<L> {
        &self.lock
    }

    /// Whoever writes through a guard has it, though another one may have got it.
    pub(super) fn is_used(&mut self) {
        self.held.is_used_by(current::task());
    }

    pub(super) fn downgrade(&mut self, access: &'static Access, site: Site) {
        self.lock.raw().downgrade(&self.held, &mut self.permits, access, site);
    }
}

impl<L: AsRaw + ?Sized> Drop for OwnedGrip<L> {
    fn drop(&mut self) {
        self.lock.raw().give_back(&mut self.held, self.permits);
    }
}

/// A pointer into a guarded value, for who may write there.
pub(super) struct Part<U: ?Sized>(*mut U);

// SAFETY: it stands for a `&mut U`.
unsafe impl<U: ?Sized + Send> Send for Part<U> {}
// SAFETY: it stands for a `&mut U`.
unsafe impl<U: ?Sized + Sync> Sync for Part<U> {}

/// A pointer into a guarded value, for who may read there.
pub(super) struct Shown<U: ?Sized>(*const U);

// SAFETY: it stands for a `&U`.
unsafe impl<U: ?Sized + Sync> Send for Shown<U> {}
// SAFETY: it stands for a `&U`.
unsafe impl<U: ?Sized + Sync> Sync for Shown<U> {}

impl<U: ?Sized> Part<U> {
    /// # Safety
    /// What `part` points to lives, and is this pointer's alone, as long as it is used.
    pub(super) unsafe fn new(part: *mut U) -> Self {
        Self(part)
    }

    pub(super) fn get(&self) -> &U {
        // SAFETY: `new`'s caller promised it.
        unsafe { &*self.0 }
    }

    pub(super) fn get_mut(&mut self) -> &mut U {
        // SAFETY: `new`'s caller promised it.
        unsafe { &mut *self.0 }
    }

    /// Returns a pointer to a part of it, as `act` chooses; `None` if it chooses none.
    pub(super) fn map<V: ?Sized>(&mut self, act: impl FnOnce(&mut U) -> Option<&mut V>) -> Option<Part<V>> {
        act(self.get_mut()).map(|part| Part(std::ptr::from_mut(part)))
    }

    pub(super) fn show<V: ?Sized>(&self, act: impl FnOnce(&U) -> Option<&V>) -> Option<Shown<V>> {
        act(self.get()).map(|part| Shown(std::ptr::from_ref(part)))
    }
}

impl<U: ?Sized> Shown<U> {
    /// # Safety
    /// What `part` points to lives, and nobody writes there, as long as it is used.
    pub(super) unsafe fn new(part: *const U) -> Self {
        Self(part)
    }

    pub(super) fn get(&self) -> &U {
        // SAFETY: `new`'s caller promised it.
        unsafe { &*self.0 }
    }

    pub(super) fn show<V: ?Sized>(&self, act: impl FnOnce(&U) -> Option<&V>) -> Option<Shown<V>> {
        act(self.get()).map(|part| Shown(std::ptr::from_ref(part)))
    }
}

/// Implements what every guard has besides unlocking; `mut` if it is exclusive.
macro_rules! guard {
    (mut [$($generics:tt)*] $guard:ty, $target:ident, |$it:ident| $before:block) => {
        super::grip::guard!([$($generics)*] $guard, $target);

        impl<$($generics)*> std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $target {
                let $it = &mut *self;
                $before
                self.part.get_mut()
            }
        }
    };
    ([$($generics:tt)*] $guard:ty, $target:ident) => {
        impl<$($generics)*> std::ops::Deref for $guard {
            type Target = $target;

            #[inline]
            fn deref(&self) -> &$target {
                self.part.get()
            }
        }

        impl<$($generics)*> std::fmt::Debug for $guard
        where
            $target: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> std::fmt::Display for $guard
        where
            $target: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}
pub(super) use guard;
