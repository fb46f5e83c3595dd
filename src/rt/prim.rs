//! Chooses the primitives of the cellar: std's, or loom's when one of its parts is being explored.
//!
//! Must not know: who uses them.
//! INVARIANT: limits shrink under a model checker, so that the rare branch is near.

#[cfg(all(loom, feature = "loom"))]
pub(super) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence},
};
#[cfg(not(all(loom, feature = "loom")))]
pub(super) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence},
};

/// Makes a constructor `const` where the primitives allow it.
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(all(loom, feature = "loom")))]
        $(#[$meta])* $vis const fn $($rest)*
        #[cfg(all(loom, feature = "loom"))]
        $(#[$meta])* $vis fn $($rest)*
    };
}
pub(super) use const_fn;

/// An array of null pointers, `const` where they are.
macro_rules! null_pointers {
    () => {{
        #[cfg(not(all(loom, feature = "loom")))]
        let pointers = [const { AtomicPtr::new(std::ptr::null_mut()) }; prim::SLOT_CHUNKS];
        #[cfg(all(loom, feature = "loom"))]
        let pointers = std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut()));
        pointers
    }};
}
pub(super) use null_pointers;

/// Slots of the first table of known questions; a power of two.
pub(super) const KNOWN_SLOTS: usize = if cfg!(any(all(loom, feature = "loom"), miri)) { 8 } else { 4096 };
/// Slots of the largest table; past it old answers are forgotten, which costs time and loses nothing.
// COST: 2^18 slots are 2 MiB, what a second-level cache holds; a program whose locks die asks ever new questions and fills
// any table. 2026-11-21, bench "8 threads, ordered pairs of 64 locks" asks 129 024 in all.
pub(super) const KNOWN_SLOTS_MOST: usize = if cfg!(any(all(loom, feature = "loom"), miri)) { 16 } else { 1 << 18 };

/// Threads at once are at most so many chunks of slots.
pub(super) const SLOT_CHUNKS: usize = if cfg!(any(all(loom, feature = "loom"), miri)) { 2 } else { 1024 };
pub(super) const CHUNK_SLOTS: usize = if cfg!(any(all(loom, feature = "loom"), miri)) { 4 } else { 64 };
