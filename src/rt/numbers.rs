//! A dense list of numbers whose memory is the system's: what clocks are made of.
//!
//! Must not know: what a number counts.
//! Source: `Vec<u64>`. We differ: its memory never comes from the global allocator, since clocks grow while a user's lock
//! is held that may be that allocator's own; and it is as if zeros went on for ever after its end.
//! INVARIANT: `start` is an allocation of `capacity` numbers, or none if that is 0; the first `len` are initialised.

use std::alloc::{GlobalAlloc, Layout, System, handle_alloc_error};
use std::fmt;
use std::ptr::NonNull;

/// The list.
pub(crate) struct Numbers {
    // None and not a pointer that dangles, so that a table of empty lists is all zeros and takes no place in a program's file.
    start: Option<NonNull<u64>>,
    // Half words each, so that a list is two words: every watched lock carries one.
    len: u32,
    capacity: u32,
}

// SAFETY: it owns its memory alone, and there are only numbers in it.
unsafe impl Send for Numbers {}
// SAFETY: nothing changes through a shared reference.
unsafe impl Sync for Numbers {}

/// The first allocation has so many numbers: a cache line.
const FEWEST: usize = 8;

impl Numbers {
    pub(crate) const fn new() -> Self {
        Self { start: None, len: 0, capacity: 0 }
    }

    /// Returns the number at a place; 0 beyond the end.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> u64 {
        self.as_slice().get(index).copied().unwrap_or(0)
    }

    /// Changes the number at a place.
    ///
    /// # Panics
    /// If the list would have more than `u32::MAX` numbers.
    ///
    /// # Cost
    /// Amortised O(1) if the places grow one by one; beyond the end, zeros up to there.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, value: u64) {
        if index >= self.len() {
            if value == 0 {
                return;
            }
            self.extend_to(index + 1);
        }
        self.as_mut_slice()[index] = value;
    }

    /// Returns how many numbers are stored.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u64] {
        // SAFETY: `start` is aligned and the first `len` numbers are initialised; see INVARIANT.
        unsafe { std::slice::from_raw_parts(self.start().as_ptr(), self.len()) }
    }

    /// Takes the larger number at each place. True if any grew.
    ///
    /// # Cost
    /// O(n) in the other's numbers.
    pub(crate) fn join(&mut self, other: &Self) -> bool {
        if other.len > self.len {
            self.extend_to(other.len());
        }
        let mut grew = false;
        for (mine, &theirs) in self.as_mut_slice().iter_mut().zip(other.as_slice()) {
            grew |= theirs > *mine;
            *mine = theirs.max(*mine);
        }
        grew
    }

    /// True if no number of the other one is larger.
    ///
    /// # Cost
    /// O(n) in the other's numbers.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        let common = self.len().min(other.len());
        let (theirs, beyond) = other.as_slice().split_at(common);
        theirs.iter().zip(self.as_slice()).all(|(theirs, mine)| theirs <= mine) && beyond.iter().all(|&it| it == 0)
    }

    /// Forgets all numbers and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline]
    fn start(&self) -> NonNull<u64> {
        self.start.unwrap_or(NonNull::dangling())
    }

    #[inline]
    fn as_mut_slice(&mut self) -> &mut [u64] {
        // SAFETY: as in `as_slice`, and the borrow of `self` is the only one.
        unsafe { std::slice::from_raw_parts_mut(self.start().as_ptr(), self.len()) }
    }

    /// Adds zeros until there are `len` numbers.
    #[cold]
    fn extend_to(&mut self, len: usize) {
        if len > self.capacity as usize {
            self.reserve(len.max(2 * self.capacity as usize).max(FEWEST));
        }
        for index in self.len()..len {
            // SAFETY: at most `len`, which is not beyond the capacity.
            let place = unsafe { self.start().add(index) };
            // SAFETY: in the allocation, which is ours alone.
            unsafe { place.write(0) };
        }
        self.len = len as u32;
    }

    /// Makes room for `capacity` numbers, which is more than there is room for.
    fn reserve(&mut self, capacity: usize) {
        let stored = u32::try_from(capacity).expect("a clock has at most one place a thread");
        let layout = layout(capacity);
        let memory = if self.capacity == 0 {
            // SAFETY: the layout is not empty, since the capacity is more than 0.
            unsafe { System.alloc(layout) }
        } else {
            let old = self::layout(self.capacity as usize);
            // SAFETY: `start` came from `System` with the layout of this capacity, and the new size is not 0.
            unsafe { System.realloc(self.start().as_ptr().cast(), old, layout.size()) }
        };
        self.start = Some(NonNull::new(memory.cast()).unwrap_or_else(|| handle_alloc_error(layout)));
        self.capacity = stored;
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        if self.capacity != 0 {
            let layout = layout(self.capacity as usize);
            // SAFETY: `start` came from `System` with the layout of this capacity, and is not used again.
            unsafe { System.dealloc(self.start().as_ptr().cast(), layout) };
        }
    }
}

impl Clone for Numbers {
    fn clone(&self) -> Self {
        let mut clone = Self::new();
        clone.clone_from(self);
        clone
    }

    /// Copies into the memory that is there, if it is enough.
    fn clone_from(&mut self, other: &Self) {
        self.clear();
        if other.len > 0 {
            self.extend_to(other.len());
            self.as_mut_slice().copy_from_slice(other.as_slice());
        }
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Numbers {
    /// Zeros at the end do not count.
    fn eq(&self, other: &Self) -> bool {
        self.includes(other) && other.includes(self)
    }
}

impl Eq for Numbers {}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

fn layout(numbers: usize) -> Layout {
    Layout::array::<u64>(numbers).expect("fewer bytes than there are addresses")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(dull: &[u64]) -> Numbers {
        let mut numbers = Numbers::new();
        dull.iter().enumerate().for_each(|(index, &value)| numbers.set(index, value));
        numbers
    }

    fn at(dull: &[u64], index: usize) -> u64 {
        dull.get(index).copied().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn agrees_with_a_vector(steps in prop::collection::vec((0usize..40, 0u64..4), 0..60)) {
            let (mut numbers, mut dull) = (Numbers::new(), Vec::new());
            for (index, value) in steps {
                numbers.set(index, value);
                if index >= dull.len() { dull.resize(index + 1, 0); }
                dull[index] = value;
                prop_assert!((0..50).all(|index| numbers.get(index) == at(&dull, index)));
                prop_assert!(numbers.len() <= dull.len());
                prop_assert_eq!(numbers.as_slice(), &dull[..numbers.len()]);
                let clone = numbers.clone();
                prop_assert_eq!(clone.as_slice(), numbers.as_slice());
            }
            numbers.clear();
            prop_assert!(numbers.len() == 0 && numbers.get(0) == 0 && numbers == Numbers::default());
        }

        #[test]
        fn joins_and_compares_place_by_place(
            left in prop::collection::vec(0u64..3, 0..20),
            right in prop::collection::vec(0u64..3, 0..20),
        ) {
            let (mine, theirs) = (numbers(&left), numbers(&right));
            let includes = (0..20).all(|index| at(&left, index) >= at(&right, index));
            prop_assert_eq!(mine.includes(&theirs), includes);
            prop_assert_eq!(mine == theirs, (0..20).all(|index| at(&left, index) == at(&right, index)));
            let mut joined = mine.clone();
            prop_assert_eq!(joined.join(&theirs), !includes);
            prop_assert!((0..20).all(|index| joined.get(index) == at(&left, index).max(at(&right, index))));
            joined.clone_from(&theirs);
            prop_assert_eq!(joined.as_slice(), theirs.as_slice());
        }
    }

    #[test]
    fn zeros_beyond_the_end_take_no_memory_and_change_nothing() {
        let mut empty = Numbers::new();
        empty.set(1_000_000, 0);
        assert_eq!((empty.len(), empty.capacity), (0, 0));
        let mut ended = numbers(&[1]);
        ended.set(5, 2);
        ended.set(5, 0);
        assert_eq!(ended, numbers(&[1]));
        assert_ne!(ended, numbers(&[1, 1]));
    }

    #[test]
    fn a_number_that_is_cleared_does_not_come_back() {
        let mut list = numbers(&[7, 7, 7]);
        list.clear();
        list.set(2, 1);
        assert_eq!(list.as_slice(), [0, 0, 1]);
    }

    #[test]
    fn a_list_that_grows_by_one_is_moved_seldom() {
        let mut list = Numbers::new();
        let mut sizes: Vec<u32> = (0..1000).map(|index| (list.set(index, 1), list.capacity).1).collect();
        sizes.dedup();
        assert_eq!(sizes, [8, 16, 32, 64, 128, 256, 512, 1024]);
    }
}
