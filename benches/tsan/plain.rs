//! The scenarios and costs over std.
//!
//! Must not know: whether a sanitizer watches.
//! Source: loom's shape of a cell, written out because this side is also built by rustc alone, without the package.
//! INVARIANT: the same files as in its twin; they take every lock, thread and cell from `super`.
#![allow(clippy::duplicate_mod, reason = "compiled once a side, which keeps the twins equal")]

use std::{sync, thread};

#[path = "costs.rs"]
mod costs;
#[path = "scenarios.rs"]
mod scenarios;

pub(crate) const SIDE: crate::Side =
    crate::Side { scenarios: scenarios::SCENARIOS, costs: costs::COSTS, watch: |program| program() };

mod cell {
    /// std's cell, lent to a closure.
    pub(super) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(super) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(super) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(super) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}
