//! Who wrote last to where: a table that forgets, and keeps only what somebody may ask for.
//!
//! Must not know: what the numbers stand for.
//! INVARIANT: what is found was put in together: a row that two threads wrote at once does not fit its own sum.

use super::site::Site;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

/// The table, a power of two long.
pub(crate) struct LastWrites<const ROWS: usize>([Row; ROWS]);

struct Row {
    bits: AtomicU64,
    site: AtomicPtr<Location<'static>>,
    /// The thread, under all that it belongs to: what is no thread when that is taken off was put in by two at once, or is
    /// about another place.
    seal: AtomicU64,
    /// Somebody has read here.
    is_read: AtomicBool,
}

impl<const ROWS: usize> LastWrites<ROWS> {
    pub(crate) const fn new() -> Self {
        Self([const { Row::new() }; ROWS])
    }

    /// From now on writes there are kept.
    #[inline(always)]
    pub(crate) fn expect(&self, to: u64) {
        let is_read = &self.row(to).is_read;
        // ORDERING: Relaxed; who writes after what the caller read has seen it by then, or is not found.
        if !is_read.load(Ordering::Relaxed) {
            is_read.store(true, Ordering::Relaxed);
        }
    }

    /// Keeps that a thread wrote these bits somewhere, if anybody has read there.
    ///
    /// # Cost
    /// A load; three stores into the same half of a cache line if somebody has.
    // COST: a counter that is only added to is not kept: 2026-11-21, `fetch_add` with races watched, 5.2 ns if it is, 4.1 ns if not.
    #[inline(always)]
    pub(crate) fn put(&self, to: u64, bits: u64, thread: u32, site: Site) {
        let row = self.row(to);
        // ORDERING: Relaxed; as in `expect`.
        if !row.is_read.load(Ordering::Relaxed) {
            return;
        }
        // ORDERING: Relaxed, here and below; the seal tells whether they belong together.
        row.bits.store(bits, Ordering::Relaxed);
        row.site.store(site.as_ptr(), Ordering::Relaxed);
        row.seal.store(u64::from(thread) ^ seal(to, bits, site), Ordering::Relaxed);
    }

    /// Returns which thread wrote there last, and from which place in the source, if it wrote these bits.
    pub(crate) fn find(&self, to: u64, bits: u64) -> Option<(u32, Site)> {
        let row = self.row(to);
        // ORDERING: Relaxed; as in `put`.
        let (found, sealed) = (row.bits.load(Ordering::Relaxed), row.seal.load(Ordering::Relaxed));
        // ORDERING: Relaxed; as in `put`.
        let site = row.site.load(Ordering::Relaxed);
        // SAFETY: it is null, or came from a `Site`, whose place is there for ever.
        let site = unsafe { Site::from_ptr(site) }?;
        let thread = u32::try_from(sealed ^ seal(to, bits, site)).ok()?;
        (found == bits && thread != 0).then_some((thread, site))
    }

    #[inline(always)]
    fn row(&self, to: u64) -> &Row {
        // Neighbours in memory get neighbouring rows, and pages of one offset different ones.
        &self.0[((to >> 3) ^ (to >> 12)) as usize % ROWS]
    }
}

impl Row {
    const fn new() -> Self {
        Self {
            bits: AtomicU64::new(0),
            site: AtomicPtr::new(std::ptr::null_mut()),
            seal: AtomicU64::new(0),
            is_read: AtomicBool::new(false),
        }
    }
}

/// Returns a number whose upper half changes with each of these, and whose lower half is free for a thread's.
#[inline(always)]
fn seal(to: u64, bits: u64, site: Site) -> u64 {
    let all = to ^ bits.rotate_left(24) ^ site.bits().rotate_left(48);
    all.wrapping_mul(0x9e37_79b9_7f4a_7c15) & !u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_write_is_found_by_where_it_went_and_its_bits_only() {
        let (table, here) = (LastWrites::<4>::new(), Site::caller());
        assert!(table.find(64, 0).is_none(), "nobody wrote");
        table.put(64, 4, 1, here);
        assert!(table.find(64, 4).is_none(), "nobody has read");
        table.expect(64);
        table.put(64, 5, 1, here);
        table.put(64, 6, 2, here);
        assert_eq!(table.find(64, 6), Some((2, here)));
        assert_eq!(table.find(64, 5), None, "overwritten");
        assert_eq!(table.find(64 + 32, 6), None, "another place of the same row");
        // ORDERING: Relaxed; as in `put`.
        table.row(64).site.store(Site::caller().as_ptr(), Ordering::Relaxed);
        assert_eq!(table.find(64, 6), None, "torn");
    }
}
