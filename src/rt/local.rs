//! Thread-locals without a destructor, reached by a plain reference.
//!
//! Must not know: what is in them.
//! INVARIANT: the value needs no drop, so it is there from the thread's first instruction to its last.

use std::ops::Deref;
use std::thread::LocalKey;

/// The running thread's own value. It stays in its thread.
pub(crate) struct Here<T: 'static>(*const T);

impl<T> Here<T> {
    /// Returns the running thread's value.
    // COST: a pointer and not a closure: compilers do not always inline `LocalKey::with`, and a call would cost more
    // than all that is done with the value.
    #[inline(always)]
    pub(crate) fn of(key: &'static LocalKey<T>) -> Self {
        const { assert!(!std::mem::needs_drop::<T>(), "it would be gone before its thread") };
        Self(key.with(std::ptr::from_ref))
    }
}

impl<T> Deref for Here<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: without a destructor the value lives as long as its thread, and the raw pointer keeps `self` in it.
        unsafe { &*self.0 }
    }
}
