//! Parts as one would write them in a hurry: each has the mistake that its twin is about.
//!
//! Must not know: who uses them.

use super::event::Flag;
use super::queue::Line;
use super::semaphore::Permits;
use gordian::sync::atomic::{AtomicBool, Ordering};
use gordian::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;

/// A semaphore that wakes one, whoever that is, and however many permits came.
pub(super) struct Hasty(Mutex<usize>, Condvar);

impl Hasty {
    pub(super) fn new(permits: usize) -> Self {
        Self(Mutex::new(permits), Condvar::new())
    }
}

impl Permits for Hasty {
    fn take(&self, n: usize) {
        let mut left = self.1.wait_while(self.0.lock().unwrap(), |left| *left < n).unwrap();
        *left -= n;
    }

    fn give(&self, n: usize) {
        *self.0.lock().unwrap() += n;
        self.1.notify_one();
    }
}

/// An event that lets one go on.
pub(super) struct Shy(Mutex<bool>, Condvar);

/// An event that is raised without its lock, so that it may be raised between a look and a wait.
pub(super) struct Loose(AtomicBool, Mutex<()>, Condvar);

impl Shy {
    pub(super) fn new() -> Self {
        Self(Mutex::new(false), Condvar::new())
    }
}

impl Loose {
    pub(super) fn new() -> Self {
        Self(AtomicBool::new(false), Mutex::new(()), Condvar::new())
    }
}

impl Flag for Shy {
    fn raise(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }

    fn stand_by(&self) {
        drop(self.1.wait_while(self.0.lock().unwrap(), |is_up| !*is_up));
    }
}

impl Flag for Loose {
    fn raise(&self) {
        // ORDERING: SeqCst; the wake-up is lost however strongly the flag is ordered.
        self.0.store(true, Ordering::SeqCst);
        self.2.notify_all();
    }

    fn stand_by(&self) {
        let guard = self.1.lock().unwrap();
        drop(self.2.wait_while(guard, |()| !self.0.load(Ordering::SeqCst)));
    }
}

/// What is wrong with a [`Slip`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slips {
    /// `put` looks once, and takes the end of its wait for a place.
    PutLooksOnce,
    /// `put` lets go of the lock between its look and what it does.
    PutLetsGo,
    /// As `PutLooksOnce`, for `get` and an item.
    GetLooksOnce,
    /// As `PutLetsGo`, for `get`.
    GetLetsGo,
    /// Who waits for an item and who waits for a place wait together, and one is woken.
    WakesAnyone,
    /// It wakes nobody who waits for a place.
    ForgetsPlaces,
}

/// A queue with room for so many, that is right but for one thing.
pub(super) struct Slip<T> {
    slips: Slips,
    room: usize,
    items: Mutex<VecDeque<T>>,
    came: Condvar,
    went: Condvar,
}

impl<T> Slip<T> {
    pub(super) fn new(slips: Slips, room: usize) -> Self {
        Self { slips, room, items: Mutex::new(VecDeque::new()), came: Condvar::new(), went: Condvar::new() }
    }

    fn went(&self) -> &Condvar {
        if self.slips == Slips::WakesAnyone { &self.came } else { &self.went }
    }

    /// Waits at `side` while `must_wait`, unless that is what is wrong.
    fn wait<'a>(
        &'a self,
        side: &Condvar,
        must_wait: impl Fn(&VecDeque<T>) -> bool,
        [looks_once, lets_go]: [Slips; 2],
    ) -> MutexGuard<'a, VecDeque<T>> {
        let mut items = self.items.lock().unwrap();
        while must_wait(&items) {
            items = side.wait(items).unwrap();
            if self.slips == looks_once {
                break;
            }
        }
        if self.slips == lets_go {
            drop(items);
            items = self.items.lock().unwrap();
        }
        items
    }
}

impl<T: Send + 'static> Line<T> for Slip<T> {
    fn put(&self, item: T) {
        let is_full = |items: &VecDeque<T>| items.len() >= self.room;
        self.wait(self.went(), is_full, [Slips::PutLooksOnce, Slips::PutLetsGo]).push_back(item);
        self.came.notify_one();
    }

    fn get(&self) -> T {
        let item = self.wait(&self.came, VecDeque::is_empty, [Slips::GetLooksOnce, Slips::GetLetsGo]).pop_front();
        if self.slips != Slips::ForgetsPlaces {
            self.went().notify_one();
        }
        item.expect("woken for an item that is not there")
    }

    fn len(&self) -> usize {
        self.items.lock().unwrap().len()
    }
}
