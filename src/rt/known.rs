//! A concurrent set of 64-bit hashes that may forget: which questions have been answered.
//!
//! Must not know: what a hash stands for.
//! Source: lockdep's chain cache. We differ: eight slots a bucket, one cache line, and growth by doubling.
//! INVARIANT: `contains` is true only for hashes that were inserted; a forgotten one costs its reader time, no more.

use super::prim::{self, AtomicPtr, AtomicU64, Ordering};

/// The set. Reading takes no lock; writers exclude each other by a lock of their own.
pub(crate) struct KnownSet {
    table: AtomicPtr<Table>,
}

struct Table {
    slots: Box<[AtomicU64]>,
    used: AtomicU64,
}

/// Slots a bucket: one cache line.
const WAYS: usize = 8;

impl KnownSet {
    prim::const_fn! {
        pub(crate) fn new() -> Self {
            Self { table: AtomicPtr::new(std::ptr::null_mut()) }
        }
    }

    /// True if `hash` was inserted and is not forgotten.
    ///
    /// # Cost
    /// One cache line.
    #[inline]
    pub(crate) fn contains(&self, hash: u64) -> bool {
        self.table().is_some_and(|table| table.find(hash).is_some())
    }

    /// Adds `hash`. Callers exclude each other.
    ///
    /// # Cost
    /// Amortised O(1); allocates when the table doubles. Outgrown tables stay allocated for their readers: together
    /// they are smaller than the last one.
    pub(crate) fn insert(&self, hash: u64) {
        let table = self.table().unwrap_or_else(|| self.replace(prim::KNOWN_SLOTS, None));
        let slots = table.slots.len();
        let crowded = table.used() * 3 > slots as u64 * 2 && slots < prim::KNOWN_SLOTS_MOST;
        let table = if crowded { self.replace(slots * 2, Some(table)) } else { table };
        table.insert(hash);
    }

    fn table(&self) -> Option<&Table> {
        // ORDERING: Acquire; pairs with the Release store in `replace`. Makes the table's slots visible.
        let table = self.table.load(Ordering::Acquire);
        // SAFETY: the pointer is null or came from `Box::into_raw` in `replace`, and tables are never freed.
        unsafe { table.as_ref() }
    }

    fn replace(&self, slots: usize, old: Option<&Table>) -> &Table {
        let slots = (0..slots).map(|_| AtomicU64::new(0)).collect();
        let table = Table { slots, used: AtomicU64::new(0) };
        for slot in old.iter().flat_map(|old| old.slots.iter()) {
            // ORDERING: Relaxed; only writers store, and they exclude each other.
            match slot.load(Ordering::Relaxed) {
                0 => {}
                hash => table.insert(hash),
            }
        }
        let table = Box::into_raw(Box::new(table));
        // ORDERING: Release; pairs with the Acquire load in `table`. Publishes the slots.
        self.table.store(table, Ordering::Release);
        // SAFETY: it came from `Box::into_raw` just now, and tables are never freed.
        unsafe { &*table }
    }
}

impl Table {
    fn bucket(&self, hash: u64) -> &[AtomicU64] {
        // A power of two, so the mask keeps all its low bits.
        let buckets = self.slots.len() / WAYS;
        let first = ((hash >> 32) as usize & (buckets - 1)) * WAYS;
        &self.slots[first..first + WAYS]
    }

    fn find(&self, hash: u64) -> Option<&AtomicU64> {
        // ORDERING: Relaxed; a hash carries no data. Not seeing it yet costs a visit to the slow path.
        self.bucket(hash).iter().find(|slot| slot.load(Ordering::Relaxed) == hash)
    }

    fn used(&self) -> u64 {
        // ORDERING: Relaxed; only writers touch it, and they exclude each other.
        self.used.load(Ordering::Relaxed)
    }

    fn insert(&self, hash: u64) {
        if hash == 0 || self.find(hash).is_some() {
            return;
        }
        let bucket = self.bucket(hash);
        // ORDERING: Relaxed; as in `find`.
        let free = bucket.iter().find(|slot| slot.load(Ordering::Relaxed) == 0);
        if free.is_some() {
            // ORDERING: Relaxed; as in `used`.
            self.used.store(self.used() + 1, Ordering::Relaxed);
        }
        // ORDERING: Relaxed; as in `find`.
        free.unwrap_or(&bucket[hash as usize % WAYS]).store(hash, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(all(loom, feature = "loom"))))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_claims_what_was_not_inserted(inserted in prop::collection::hash_set(1u64.., 0..3000), asked in any::<u64>()) {
            let set = KnownSet::new();
            inserted.iter().for_each(|&hash| set.insert(hash));
            prop_assert_eq!(set.contains(asked), inserted.contains(&asked));
        }
    }

    #[test]
    fn remembers_across_growth_what_fits() {
        let set = KnownSet::new();
        let hashes: Vec<u64> = (1..=20_000u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        hashes.iter().for_each(|&hash| set.insert(hash));
        let kept = hashes.iter().filter(|&&hash| set.contains(hash)).count();
        assert!(kept > 19_900, "kept {kept} of 20000");
    }
}

#[cfg(all(test, loom, feature = "loom"))]
mod model {
    use super::*;

    /// Claim: a reader sees a hash or not, never another's; it survives growth. Two threads, 8 slots, default bound.
    #[test]
    fn a_reader_never_sees_what_was_not_inserted() {
        loom::model(|| {
            let set = loom::sync::Arc::new(KnownSet::new());
            set.insert(1);
            let writer = {
                let set = set.clone();
                loom::thread::spawn(move || (2..8).for_each(|hash| set.insert(hash)))
            };
            assert!(set.contains(1), "forgotten while there was room");
            assert!(!set.contains(99));
            writer.join().unwrap();
            assert!((1..8).all(|hash| set.contains(hash)));
        });
    }
}
