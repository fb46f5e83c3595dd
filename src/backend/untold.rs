//! What a part tells of itself where nobody listens: nothing. For the plain backend and loom's.
//!
//! Must not know: which of the two it is in.
//! INVARIANT: it has the shape of the checked backend's `bell`, no size, and no cost.
#![allow(
    clippy::unused_self,
    clippy::extra_unused_type_parameters,
    reason = "the checked backend has something to tell"
)]

use crate::backend::need::{Nap, Need, Part, Sleep};
use std::time::Duration;

/// Stands for the record of an event or a queue.
pub(crate) struct Bell<const SIDES: usize>;

/// Stands for the record of a semaphore.
pub(crate) struct Permits;

/// Stands for a request of a permit.
#[derive(Clone, Copy)]
pub(crate) struct Asked;

/// A thread that is about to wait.
pub(crate) struct Asleep;

/// Stands for what one thread hands over to another.
#[derive(Clone, Default)]
pub(crate) struct Stamp;

/// Stands for what items hand over.
pub(crate) struct Carried;

/// Stands for the threads that did something.
pub(crate) struct Users;

/// Stands for the running thread.
#[derive(Clone, Copy)]
pub(crate) struct Me;

impl<const SIDES: usize> Bell<SIDES> {
    #[inline(always)]
    pub(crate) const fn new<T>(_part: Part) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    #[inline(always)]
    pub(crate) fn sleeper<M, F>(&self, _need: Need, _monitor: &M, _side: usize, _is_ready: F) -> Asleep {
        Asleep
    }

    #[inline(always)]
    pub(crate) fn prepare(&self) {}

    #[inline(always)]
    pub(crate) fn signals(&self, _need: Need) {}

    #[inline(always)]
    pub(crate) fn gives(&self, _need: Need) {}

    #[inline(always)]
    pub(crate) fn takes(&self, _need: Need) {}
}

impl Permits {
    #[inline(always)]
    pub(crate) const fn new(_permits: usize) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    #[inline(always)]
    pub(crate) fn request(&self) -> Asked {
        Asked
    }

    #[inline(always)]
    pub(crate) fn acquired(&self, _asked: Asked) {}

    #[inline(always)]
    pub(crate) fn trying(&self) {}

    #[inline(always)]
    pub(crate) fn tried(&self) {}

    #[inline(always)]
    pub(crate) fn released(&self) {}

    #[inline(always)]
    pub(crate) fn forgotten(&self) {}

    #[inline(always)]
    pub(crate) fn signals(&self) {}
}

impl Asked {
    #[inline(always)]
    pub(crate) fn sleeper<M, F>(&self, _monitor: &M, _side: usize, _is_ready: F) -> Asleep {
        Asleep
    }
}

impl Nap for Asleep {
    type Lasting = ();

    fn nap(&self) {}
}

impl Sleep for Asleep {
    fn sleep<R>(self, block: &mut dyn FnMut(Option<Duration>) -> Option<R>) -> R {
        loop {
            if let Some(result) = block(None) {
                return result;
            }
        }
    }
}

impl Stamp {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn join(&mut self, _other: Self) {}

    #[inline(always)]
    pub(crate) fn take(&self) {}
}

impl Carried {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn give(&mut self, _key: u64) {}

    #[inline(always)]
    pub(crate) fn take(&mut self, _key: u64, _into: &mut Stamp) {}
}

impl Me {
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self
    }
}

impl Users {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn note(&mut self, _me: Me) {}

    #[inline(always)]
    pub(crate) fn add(&mut self, _me: Me) {}

    #[inline(always)]
    pub(crate) fn pay(&mut self, _me: Me) {}
}
