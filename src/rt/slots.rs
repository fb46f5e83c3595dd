//! A table of threads that others may read: who runs, and what those wait for that do not.
//!
//! Must not know: what a wait is.
//! Source: Dekker, for the fence between telling that one waits and looking at the others.
//! INVARIANT: a slot's state changes only under its lock, and each change gives it a number that it never had, so two
//! equal readings mean that nothing changed in between. A sleeper is reachable only while its thread is blocked.

use super::prim::{self, AtomicPtr, AtomicU64, Mutex, MutexGuard, Ordering};
use super::sleeper::Sleeper;
use std::ptr::NonNull;

/// Slots for threads, each with room for a wait.
pub(crate) struct Slots<W: 'static> {
    chunks: [AtomicPtr<Chunk<W>>; prim::SLOT_CHUNKS],
    /// Slots beyond this were never taken.
    taken: AtomicU64,
}

struct Chunk<W: 'static>([Slot<W>; prim::CHUNK_SLOTS]);

/// One thread's place in the table.
// COST: what everybody reads is in a cache line of its own: a thousand of them are looked through in microseconds.
#[repr(C, align(64))]
pub(crate) struct Slot<W: 'static> {
    state: AtomicU64,
    /// Bits of what the thread keeps others from, while it is blocked.
    filter: AtomicU64,
    /// The number of what it waits for, while it is blocked.
    wanted: AtomicU64,
    /// Which thread it is.
    tag: AtomicU64,
    content: Mutex<Content<W>>,
}

/// What a blocked thread shows to whoever only passes by.
#[derive(Clone, Copy)]
pub(crate) struct Sign {
    /// Bits of what it keeps others from.
    pub filter: u64,
    /// The number of what it waits for.
    pub wanted: u64,
}

struct Content<W> {
    wait: W,
    sleeper: Option<NonNull<dyn Sleeper>>,
}

// SAFETY: a `Sleeper` is `Sync`, and is used only under the content's lock while its thread is blocked.
unsafe impl<W: Send> Send for Content<W> {}

/// What a slot's thread does, and a number that changes when it begins to do something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing(u64);

const FREE: u64 = 0;
const RUNNING: u64 = 1;
const BLOCKED: u64 = 2;
const KINDS: u64 = 3;

impl Standing {
    pub(crate) fn is_free(self) -> bool {
        self.0 & KINDS == FREE
    }

    pub(crate) fn is_running(self) -> bool {
        self.0 & KINDS == RUNNING
    }

    pub(crate) fn is_blocked(self) -> bool {
        self.0 & KINDS == BLOCKED
    }

    fn next(self, kind: u64) -> Self {
        Self((self.0 & !KINDS).wrapping_add(KINDS + 1) | kind)
    }
}

impl<W: Send> Slots<W> {
    prim::const_fn! {
        pub(crate) fn new() -> Self {
            Self { chunks: prim::null_pointers!(), taken: AtomicU64::new(0) }
        }
    }

    /// Returns a slot for a thread that runs. `None` if there are more threads than slots.
    pub(crate) fn take(&self, tag: u64, empty: impl Fn() -> W) -> Option<&Slot<W>> {
        if let Some(slot) = self.iter().find(|slot| slot.try_take(tag)) {
            return Some(slot);
        }
        loop {
            // ORDERING: AcqRel; as in `iter`.
            let index = self.taken.fetch_add(1, Ordering::AcqRel);
            let Some(slot) = self.get_or_make(index, &empty) else {
                // ORDERING: Relaxed; nobody reads a slot that does not exist.
                self.taken.fetch_sub(1, Ordering::Relaxed);
                return None;
            };
            if slot.try_take(tag) {
                return Some(slot);
            }
        }
    }

    /// Returns all slots that were ever taken.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Slot<W>> {
        // ORDERING: Acquire; whoever sees that a starter waits also sees the slot that it took for the thread it started.
        let taken = self.taken.load(Ordering::Acquire);
        (0..taken).filter_map(|index| self.get(index))
    }

    fn get(&self, index: u64) -> Option<&Slot<W>> {
        let (chunk, place) = (index as usize / prim::CHUNK_SLOTS, index as usize % prim::CHUNK_SLOTS);
        // ORDERING: Acquire; pairs with the Release in `get_or_make`.
        let chunk = self.chunks.get(chunk)?.load(Ordering::Acquire);
        // SAFETY: it is null or came from `Box::into_raw` below, and chunks are never freed.
        unsafe { chunk.as_ref() }.map(|chunk| &chunk.0[place])
    }

    fn get_or_make(&self, index: u64, empty: &impl Fn() -> W) -> Option<&Slot<W>> {
        if let Some(slot) = self.get(index) {
            return Some(slot);
        }
        let home = self.chunks.get(index as usize / prim::CHUNK_SLOTS)?;
        let chunk = Box::into_raw(Box::new(Chunk(std::array::from_fn(|_| Slot::new(empty())))));
        // ORDERING: AcqRel and Acquire; publishes the slots, and the loser must see what the winner published.
        if home.compare_exchange(std::ptr::null_mut(), chunk, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: it came from `Box::into_raw` and nobody else has seen it.
            drop(unsafe { Box::from_raw(chunk) });
        }
        self.get(index)
    }
}

impl<W: Send> Slot<W> {
    fn new(wait: W) -> Self {
        let content = Mutex::new(Content { wait, sleeper: None });
        let [state, filter, wanted, tag] = [FREE, 0, 0, 0].map(AtomicU64::new);
        Self { state, filter, wanted, tag, content }
    }

    /// Returns what the thread does.
    #[inline]
    pub(crate) fn standing(&self) -> Standing {
        // ORDERING: Acquire; pairs with the Release in `change`. What a blocked thread did before is visible.
        Standing(self.state.load(Ordering::Acquire))
    }

    /// Returns what the thread keeps others from, while it is blocked.
    #[inline]
    pub(crate) fn filter(&self) -> u64 {
        // ORDERING: Relaxed; written before the state, which is read first.
        self.filter.load(Ordering::Relaxed)
    }

    /// Returns the number of what the thread waits for, while it is blocked.
    #[inline]
    pub(crate) fn wanted(&self) -> u64 {
        // ORDERING: Relaxed; written before the state, which is read first.
        self.wanted.load(Ordering::Relaxed)
    }

    /// Returns which thread it is.
    pub(crate) fn tag(&self) -> u64 {
        // ORDERING: Relaxed; written before the state, which is read first.
        self.tag.load(Ordering::Relaxed)
    }

    /// Running → blocked, until what is returned is dropped. What others told before their own looks is seen by looks
    /// after this.
    ///
    /// The thread sleeps, if it does, in what `sleeper` stands for. `write` describes the wait, and returns its sign.
    pub(crate) fn block<'a>(
        &'a self,
        sleeper: Option<&'a dyn Sleeper>,
        write: impl FnOnce(&mut W) -> Sign,
    ) -> Blocked<'a, W> {
        let blocked = self.tell(sleeper, write);
        // ORDERING: SeqCst; between telling that this thread waits and looking whether others do: of two that block at
        // once, at least one sees the other.
        prim::fence(Ordering::SeqCst);
        blocked
    }

    /// Running → blocked, for those who look later.
    fn tell<'a>(&'a self, sleeper: Option<&'a dyn Sleeper>, write: impl FnOnce(&mut W) -> Sign) -> Blocked<'a, W> {
        let mut content = self.lock();
        let Sign { filter, wanted } = write(&mut content.wait);
        // SAFETY: `Blocked` borrows the sleeper, and its drop takes it out of the slot, under the lock.
        content.sleeper = sleeper.map(|sleeper| unsafe { erase(sleeper) });
        // ORDERING: Relaxed, both; published by the state.
        self.filter.store(filter, Ordering::Relaxed);
        self.wanted.store(wanted, Ordering::Relaxed);
        self.change(BLOCKED);
        Blocked(self)
    }

    /// Blocked → running.
    fn run(&self) {
        let mut content = self.lock();
        content.sleeper = None;
        self.change(RUNNING);
    }

    /// Running → free. The thread is gone. What others told before their own looks is seen by looks after this.
    pub(crate) fn free(&self) {
        self.leave();
        // ORDERING: SeqCst; between leaving and looking at those that stay: of one that blocks and one that leaves, at
        // least one sees the other.
        prim::fence(Ordering::SeqCst);
    }

    /// Running → free, for those who look later.
    fn leave(&self) {
        let _content = self.lock();
        self.change(FREE);
    }

    /// Changes the wait, by its own thread.
    pub(crate) fn with_wait<R>(&self, act: impl FnOnce(&mut W) -> R) -> R {
        act(&mut self.lock().wait)
    }

    /// Blocked → blocked otherwise, by another thread: `change` returns the number of what it waits for now. Nothing happens
    /// if it is not blocked.
    pub(crate) fn amend(&self, change: impl FnOnce(&mut W) -> u64) {
        let mut content = self.lock();
        if self.standing().is_blocked() {
            // ORDERING: Relaxed; published by the state.
            self.wanted.store(change(&mut content.wait), Ordering::Relaxed);
            self.change(BLOCKED);
        }
    }

    /// Reads the wait of a blocked thread, and what it sleeps in. `None` if it is not blocked.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&W, Option<&dyn Sleeper>) -> R) -> Option<(Standing, R)> {
        let content = self.lock();
        let standing = self.standing();
        standing.is_blocked().then(|| {
            // SAFETY: the thread is blocked, and cannot take the sleeper away while the lock is held.
            let sleeper = content.sleeper.as_ref().map(|sleeper| unsafe { sleeper.as_ref() });
            (standing, read(&content.wait, sleeper))
        })
    }

    /// Wakes the thread for nothing, if it still stands so and can be woken. `leave` leaves it the reason first.
    pub(crate) fn interrupt(&self, standing: Standing, leave: impl FnOnce(&mut W)) -> bool {
        let mut content = self.lock();
        let Some(sleeper) = content.sleeper.filter(|_| self.standing() == standing) else { return false };
        leave(&mut content.wait);
        // SAFETY: as in `read`.
        unsafe { sleeper.as_ref() }.interrupt()
    }

    fn try_take(&self, tag: u64) -> bool {
        if !self.standing().is_free() {
            return false;
        }
        let _content = self.lock();
        let is_free = self.standing().is_free();
        if is_free {
            // ORDERING: Relaxed; published by the state.
            self.tag.store(tag, Ordering::Relaxed);
            self.change(RUNNING);
        }
        is_free
    }

    fn change(&self, kind: u64) {
        // ORDERING: Release; pairs with the Acquire in `standing`. Only the holder of the lock stores.
        self.state.store(self.standing().next(kind).0, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Content<W>> {
        self.content.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A thread that is told as blocked, until this is dropped.
#[must_use]
pub(crate) struct Blocked<'a, W: Send + 'static>(&'a Slot<W>);

impl<W: Send> Drop for Blocked<'_, W> {
    fn drop(&mut self) {
        self.0.run();
    }
}

/// # Safety
/// What is returned must not be used once `sleeper` is gone.
unsafe fn erase<'a>(sleeper: &'a (dyn Sleeper + 'a)) -> NonNull<dyn Sleeper> {
    // SAFETY: only the lifetime changes; the caller keeps to it.
    NonNull::from(unsafe { std::mem::transmute::<&'a (dyn Sleeper + 'a), &'static (dyn Sleeper + 'static)>(sleeper) })
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;

    #[test]
    fn an_amended_wait_reads_as_another_one_and_one_that_is_over_is_left_alone() {
        let slots: Slots<Vec<u64>> = Slots::new();
        let slot = slots.take(1, Vec::new).expect("it is the first");
        let blocked = slot.block(None, |wait| {
            wait.push(7);
            Sign { filter: 1, wanted: 7 }
        });
        let read = || slot.read(|wait, _| wait.clone());
        let amend = || {
            slot.amend(|wait| {
                wait.push(8);
                9
            })
        };
        let before = read().expect("it is blocked");
        amend();
        let (standing, wait) = read().expect("it is still blocked");
        assert!(standing != before.0 && before.1 == [7] && wait == [7, 8]);
        assert_eq!((slot.filter(), slot.wanted()), (1, 9));
        drop(blocked);
        let running = slot.standing();
        amend();
        assert!(slot.standing() == running && running.is_running() && slot.wanted() == 9);
        slot.with_wait(|wait| assert_eq!(*wait, [7, 8]));
    }
}

#[cfg(all(test, loom, feature = "loom"))]
mod model;
