//! Turns allocations into one number: the bytes that are live now.
//!
//! Must not know: who allocates.
//! Source: none; std's `System` does the work. What an allocator adds to a request (headers, rounding) is not counted.
//! INVARIANT: before `start`, an allocation costs one load more than `System`'s, so timings stay clean.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);

/// Counts from here on. What was allocated earlier and is freed later counts below zero, so compare, do not read.
pub(crate) fn start() {
    // ORDERING: Relaxed; the case that asks runs on this thread.
    COUNTS.store(true, Ordering::Relaxed);
}

/// The bytes allocated and not freed since `start`.
pub(crate) fn now() -> isize {
    // ORDERING: Relaxed; only this thread allocates between two readings that are compared.
    LIVE.load(Ordering::Relaxed)
}

/// The process's allocator: `System`, with a count.
pub(crate) struct Counting;

fn count(bytes: isize) {
    // ORDERING: Relaxed, both; a sum needs no order.
    if COUNTS.load(Ordering::Relaxed) {
        LIVE.fetch_add(bytes, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to `System` unchanged, and `count` does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps `alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps `alloc_zeroed`'s contract, which is `System`'s.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: `block` came from `System` by way of this allocator, and the caller keeps `realloc`'s contract.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: `block` came from `System` by way of this allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}
