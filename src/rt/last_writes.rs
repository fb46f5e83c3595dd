//! Who wrote last to which address: a table that forgets.
//!
//! Must not know: what the numbers stand for.
//! INVARIANT: what is found was put in together: a row that two threads wrote at once does not fit its own sum.

use super::site::Site;
use std::panic::Location;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// The table, a power of two long.
pub(crate) struct LastWrites<const ROWS: usize>([Row; ROWS]);

struct Row {
    address: AtomicU64,
    bits: AtomicU64,
    thread: AtomicU64,
    site: AtomicPtr<Location<'static>>,
    sum: AtomicU64,
}

impl<const ROWS: usize> LastWrites<ROWS> {
    pub(crate) const fn new() -> Self {
        Self([const { Row::new() }; ROWS])
    }

    /// Keeps that a thread wrote these bits to an address.
    ///
    /// # Cost
    /// Five stores into one cache line or two.
    #[inline(always)]
    pub(crate) fn put(&self, address: usize, bits: u64, thread: u32, site: Site) {
        let row = self.row(address);
        let (address, thread) = (address as u64, u64::from(thread));
        // ORDERING: Relaxed, here and below; the sum tells whether they belong together.
        row.address.store(address, Ordering::Relaxed);
        row.bits.store(bits, Ordering::Relaxed);
        row.thread.store(thread, Ordering::Relaxed);
        row.site.store(site.as_ptr(), Ordering::Relaxed);
        row.sum.store(sum(address, bits, thread, site.bits()), Ordering::Relaxed);
    }

    /// Returns which thread wrote last to an address, and where, if it wrote these bits.
    pub(crate) fn find(&self, address: usize, bits: u64) -> Option<(u32, Site)> {
        let row = self.row(address);
        let [address_of, bits_of, thread, sum_of] =
            [&row.address, &row.bits, &row.thread, &row.sum].map(|word| word.load(Ordering::Relaxed));
        let site = row.site.load(Ordering::Relaxed);
        // SAFETY: it is null, or came from a `Site`, whose place is there for ever.
        let site = unsafe { Site::from_ptr(site) }?;
        let fits =
            (address_of, bits_of) == (address as u64, bits) && sum_of == sum(address_of, bits, thread, site.bits());
        fits.then_some((thread as u32, site))
    }

    #[inline(always)]
    fn row(&self, address: usize) -> &Row {
        // Neighbours in memory get neighbouring rows, and pages of one offset different ones.
        &self.0[((address >> 3) ^ (address >> 12)) % ROWS]
    }
}

impl Row {
    const fn new() -> Self {
        Self {
            address: AtomicU64::new(0),
            bits: AtomicU64::new(0),
            thread: AtomicU64::new(0),
            site: AtomicPtr::new(std::ptr::null_mut()),
            sum: AtomicU64::new(0),
        }
    }
}

/// Returns a number that changes with each of these.
#[inline(always)]
fn sum(address: u64, bits: u64, thread: u64, site: u64) -> u64 {
    address.rotate_left(7) ^ bits.rotate_left(19) ^ thread.rotate_left(37) ^ site.rotate_left(53)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_write_is_found_by_its_address_and_bits_only() {
        let (table, here) = (LastWrites::<4>::new(), Site::caller());
        assert!(table.find(64, 0).is_none(), "nobody wrote");
        table.put(64, 5, 1, here);
        table.put(64, 6, 2, here);
        assert_eq!(table.find(64, 6), Some((2, here)));
        assert_eq!(table.find(64, 5), None, "overwritten");
        assert_eq!(table.find(64 + 32, 6), None, "another address of the same row");
        table.row(64).thread.store(9, Ordering::Relaxed);
        assert_eq!(table.find(64, 6), None, "torn");
    }
}
