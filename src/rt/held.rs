//! The set of locks a thread holds, with the hash of it.
//!
//! Must not know: what an entry means. Only `grow` allocates, so that the allocator's own lock may be in the set.
//! Source: lockdep's held-lock stack and chain key. We differ: the hash is a sum, so that the order of acquisitions does
//! not matter; summands must therefore be well mixed. Each entry keeps the sum up to itself, so that a release in order
//! only moves the top.
//! INVARIANT: the first slot is no lock: its sum is the base. Every later entry's sum is that of the one before it and
//! its own weight.

use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};

/// What a [`HeldSet`] must know of its entries.
pub(crate) trait Entry: Copy {
    /// Returns the number that finds the entry again.
    fn key(&self) -> u64;
    /// Returns the summand of the entry in the set's hash.
    fn weight(&self) -> u64;
}

#[derive(Clone, Copy)]
struct Slot<E: Copy> {
    entry: MaybeUninit<E>,
    sum: u64,
}

/// Entries of one thread, oldest first. It has no destructor, so that it may live in a `const` thread-local.
pub(crate) struct HeldSet<E: Copy> {
    /// The newest entry, or the first slot; null before the first `grow`.
    newest: Cell<*mut Slot<E>>,
    first: Cell<*mut Slot<E>>,
    last: Cell<*mut Slot<E>>,
}

/// The newest entry of a set, as it was.
#[derive(Clone, Copy)]
pub(crate) struct Top<E: Copy>(*mut Slot<E>);

impl<E: Entry> HeldSet<E> {
    pub(crate) const fn new() -> Self {
        let null = std::ptr::null_mut();
        Self { newest: Cell::new(null), first: Cell::new(null), last: Cell::new(null) }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.newest.get() == self.first.get()
    }

    /// True if [`HeldSet::push`] must not be called before [`HeldSet::grow`].
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.newest.get() == self.last.get()
    }

    /// Returns the hash of the set, if it is not empty.
    #[inline(always)]
    pub(crate) fn sum(&self) -> Option<u64> {
        // SAFETY: a set that is not empty has its newest entry.
        (!self.is_empty()).then(|| unsafe { (*self.newest.get()).sum })
    }

    /// Changes the hash of the empty set, and with it that of every other. There is a first slot.
    pub(crate) fn rebase(&self, base: u64) {
        if let Some(slots) = self.slots() {
            slots[0].sum = base;
            resum(slots);
        }
    }

    /// Adds an entry.
    ///
    /// # Panics
    /// If the set is full.
    ///
    /// # Cost
    /// No allocation.
    #[inline(always)]
    pub(crate) fn push(&self, entry: E) {
        self.push_onto(self.top().expect("the set grew before"), entry);
    }

    /// Returns where the next entry goes, or `None` if the set is full.
    #[inline(always)]
    pub(crate) fn top(&self) -> Option<Top<E>> {
        (!self.is_full()).then(|| Top(self.newest.get()))
    }

    /// True if the set has not changed since, or is again as it was.
    #[inline(always)]
    pub(crate) fn is_top(&self, top: Top<E>) -> bool {
        self.newest.get() == top.0
    }

    /// Adds an entry.
    ///
    /// # Panics
    /// If [`HeldSet::is_top`] is not true of `top`.
    ///
    /// # Cost
    /// No allocation. Less than a push if the top was known before the lock was taken: what is loaded after that is waited for.
    #[inline(always)]
    pub(crate) fn push_onto(&self, top: Top<E>, entry: E) {
        assert!(self.is_top(top));
        let Top(newest) = top;
        // COST: whether there is a place after it is not looked at again (0.2 ns). Only a set that grows has another last one, and it
        // grows into a new allocation while it still has the old one, which moves its newest entry.
        debug_assert!(!self.is_full());
        // SAFETY: the set was not full with this newest slot, so it has a first one, and `newest` is a slot.
        let before = unsafe { (*newest).sum };
        // SAFETY: as above, so `newest` is not the last slot, and there is one after it.
        let next = unsafe { newest.add(1) };
        let sum = before.wrapping_add(entry.weight());
        // SAFETY: `next` is in the allocation, and no reference into it lives on.
        unsafe { next.write(Slot { entry: MaybeUninit::new(entry), sum }) };
        self.newest.set(next);
    }

    /// Removes the newest entry if it has this key and is `quiet`.
    #[inline(always)]
    pub(crate) fn pop_quiet(&self, key: u64, quiet: impl FnOnce(&E) -> bool) -> bool {
        if self.is_empty() {
            return false;
        }
        let newest = self.newest.get();
        // SAFETY: a set that is not empty has its newest entry.
        let slot = unsafe { &*newest };
        // SAFETY: every slot after the first one was written by `push`.
        // COST: a reference, since a copy of the entry would be loaded wider than it was just stored, which stalls.
        let entry = unsafe { slot.entry.assume_init_ref() };
        let is_it = entry.key() == key && quiet(entry);
        if is_it {
            // SAFETY: at least the first slot comes before an entry.
            self.newest.set(unsafe { newest.sub(1) });
        }
        is_it
    }

    /// Removes the newest entry with this key, wherever it is. `None` if there is none.
    pub(crate) fn remove(&self, key: u64) -> Option<E> {
        let slots = self.slots()?;
        let index = slots[1..].iter().rposition(|slot| slot.get().key() == key)? + 1;
        let found = *slots[index].get();
        slots.copy_within(index + 1.., index);
        resum(slots);
        // SAFETY: at least the first slot comes before an entry.
        self.newest.set(unsafe { self.newest.get().sub(1) });
        Some(found)
    }

    /// Changes the newest entry with this key, if there is one. `change` must not use the set.
    pub(crate) fn change(&self, key: u64, change: impl FnOnce(&mut E)) {
        let Some(slots) = self.slots() else { return };
        if let Some(index) = slots[1..].iter().rposition(|slot| slot.get().key() == key) {
            // SAFETY: every slot after the first one was written by `push`.
            change(unsafe { slots[index + 1].entry.assume_init_mut() });
            resum(slots);
        }
    }

    /// True if an entry has this key.
    #[inline]
    pub(crate) fn contains(&self, key: u64) -> bool {
        !self.is_empty() && self.iter().any(|entry| entry.key() == key)
    }

    /// Changes every entry; weights and keys must stay. `change` must not use the set.
    pub(crate) fn for_each_mut(&self, mut change: impl FnMut(&mut E)) {
        for slot in self.slots().into_iter().flatten().skip(1) {
            // SAFETY: every slot after the first one was written by `push`.
            change(unsafe { slot.entry.assume_init_mut() });
        }
    }

    /// Calls `act` with every entry, oldest first. It must not use the set.
    pub(crate) fn for_each(&self, act: impl FnMut(&E)) {
        self.iter().for_each(act);
    }

    /// Returns how many entries fit before the set must grow.
    pub(crate) fn capacity(&self) -> usize {
        (self.last.get().addr() - self.first.get().addr()) / size_of::<Slot<E>>()
    }

    /// Returns a copy of the entries, oldest first.
    pub(crate) fn copied(&self) -> Vec<E> {
        self.iter().copied().collect()
    }

    /// Makes room for at least one more entry. Calls the allocator.
    #[cold]
    pub(crate) fn grow(&self) {
        let mut grown = self.slots().map_or_else(Vec::new, |slots| slots.to_vec());
        if grown.is_empty() {
            grown.push(Slot { entry: MaybeUninit::uninit(), sum: 0 });
        }
        let len = grown.len();
        grown.reserve_exact(len.max(16));
        self.free();
        let mut grown = ManuallyDrop::new(grown);
        let (first, capacity) = (grown.as_mut_ptr(), grown.capacity());
        self.first.set(first);
        // SAFETY: `len` is at least 1 and at most `capacity`.
        self.newest.set(unsafe { first.add(len - 1) });
        // SAFETY: the last slot of the allocation.
        self.last.set(unsafe { first.add(capacity - 1) });
    }

    /// Forgets all entries and gives the memory back.
    pub(crate) fn clear(&self) {
        self.free();
        for place in [&self.newest, &self.first, &self.last] {
            place.set(std::ptr::null_mut());
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &E> {
        self.slots().map_or(&[][..], |slots| &slots[1..]).iter().map(Slot::get)
    }

    /// Returns the first slot and all entries. Callers do not keep it, and have one at a time.
    #[allow(clippy::mut_from_ref, reason = "cells within")]
    fn slots(&self) -> Option<&mut [Slot<E>]> {
        let (first, newest) = (self.first.get(), self.newest.get());
        if first.is_null() {
            return None;
        }
        let len = (newest.addr() - first.addr()) / size_of::<Slot<E>>() + 1;
        // SAFETY: `len` slots from `first` on are initialised but for the first entry, which is `MaybeUninit`; see above.
        Some(unsafe { std::slice::from_raw_parts_mut(first, len) })
    }

    fn free(&self) {
        let first = self.first.get();
        if !first.is_null() {
            let capacity = (self.last.get().addr() - first.addr()) / size_of::<Slot<E>>() + 1;
            // SAFETY: `first` and `capacity` come from one `Vec` in `grow`, and every caller replaces both.
            drop(unsafe { Vec::from_raw_parts(first, 0, capacity) });
        }
    }
}

impl<E: Copy> Slot<E> {
    /// Returns the entry of any slot but the first.
    fn get(&self) -> &E {
        // SAFETY: every slot after the first one was written by `push`, and callers skip the first one.
        unsafe { self.entry.assume_init_ref() }
    }
}

fn resum<E: Entry>(slots: &mut [Slot<E>]) {
    let mut sum = slots[0].sum;
    for slot in &mut slots[1..] {
        sum = sum.wrapping_add(slot.get().weight());
        slot.sum = sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Entry for (u64, u64) {
        fn key(&self) -> u64 {
            self.0
        }
        fn weight(&self) -> u64 {
            self.1
        }
    }

    proptest! {
        #[test]
        fn an_old_top_is_known_as_one(
            steps in prop::collection::vec((0..4_u8, 1_u64..9), 0..100),
        ) {
            let (set, dull) = (HeldSet::new(), HeldSet::new());
            for set in [&set, &dull] { set.grow(); }
            let mut old: Vec<(Top<(u64, u64)>, usize)> = Vec::new();
            for (step, weight) in steps {
                let count = set.copied().len();
                match step {
                    0 => old.extend(set.top().map(|top| (top, count))),
                    1 => {
                        for set in [&set, &dull] {
                            if set.is_full() { set.grow(); }
                            set.push((count as u64, weight));
                        }
                    }
                    2 if count > 0 => for set in [&set, &dull] { set.remove(count as u64 - 1); },
                    _ => {
                        let Some((top, at)) = old.pop() else { continue };
                        let is_top = set.is_top(top);
                        prop_assert!(at == count || !is_top, "a top is good for one height");
                        if is_top {
                            set.push_onto(top, (count as u64, weight));
                            dull.push((count as u64, weight));
                        }
                    }
                }
                prop_assert_eq!((set.copied(), set.sum()), (dull.copied(), dull.sum()));
            }
            for set in [&set, &dull] { set.clear(); }
        }

        #[test]
        fn agrees_with_a_vector(steps in prop::collection::vec((any::<bool>(), 1u64..6, any::<u64>()), 0..200)) {
            let set = HeldSet::new();
            set.grow();
            set.rebase(7);
            let mut dull: Vec<(u64, u64)> = Vec::new();
            for (push, key, weight) in steps {
                if push {
                    if set.is_full() { set.grow(); }
                    set.push((key, weight));
                    dull.push((key, weight));
                } else {
                    let last = dull.last().copied().filter(|entry| entry.0 == key && entry.1 % 2 == 0);
                    let popped = set.pop_quiet(key, |entry| entry.1 % 2 == 0);
                    prop_assert_eq!(popped, last.is_some());
                    if popped {
                        dull.pop();
                    } else {
                        let index = dull.iter().rposition(|entry| entry.0 == key);
                        prop_assert_eq!(set.remove(key), index.map(|index| dull.remove(index)));
                    }
                }
                let sum = dull.iter().fold(7, |sum: u64, entry| sum.wrapping_add(entry.1));
                prop_assert_eq!(set.sum(), Some(sum).filter(|_| !dull.is_empty()));
                prop_assert_eq!(set.copied(), dull.clone());
                prop_assert_eq!(set.contains(key), dull.iter().any(|entry| entry.0 == key));
            }
            set.clear();
            prop_assert!(set.is_empty() && set.sum().is_none());
        }
    }
}
