//! Turns a loom object into one that is forgotten, not dropped, while its thread unwinds.
//!
//! Must not know: which object it is.
//! Source: none. After a deadlock loom has no running thread, and most of its destructors panic when they ask for it; a panic
//! in a destructor while unwinding ends the process before anyone can read the first one.
//! INVARIANT: without a panic the object is dropped as if it were not wrapped.

use std::ops::{Deref, DerefMut};
use std::{mem, thread};

/// A loom object that a panic leaves as it is. The panic ends the model, so nobody misses the drop.
pub(super) struct Forgotten<T>(Option<T>);

impl<T> Forgotten<T> {
    pub(super) fn new(object: T) -> Self {
        Self(Some(object))
    }

    pub(super) fn into_inner(mut self) -> T {
        self.0.take().expect("only `drop` and `into_inner` take the object")
    }
}

impl<T> Deref for Forgotten<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("only `drop` and `into_inner` take the object")
    }
}

impl<T> DerefMut for Forgotten<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("only `drop` and `into_inner` take the object")
    }
}

impl<T> Drop for Forgotten<T> {
    fn drop(&mut self) {
        if thread::panicking() {
            mem::forget(self.0.take());
        }
    }
}
