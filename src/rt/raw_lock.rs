//! The detector's own lock: never checked, never poisoned.
//!
//! Must not know: what it guards.
//! INVARIANT: it is taken only inside the gate, so no thread waits for itself here.

use super::prim;
use std::sync::TryLockError;

/// A mutual exclusion lock around the detector's shared state.
pub(crate) struct RawLock<T>(prim::Mutex<T>);

impl<T> RawLock<T> {
    prim::const_fn! {
        pub(crate) fn new(value: T) -> Self {
            Self(prim::Mutex::new(value))
        }
    }

    /// Waits for the lock. A panic under it leaves the value as it was left.
    pub(crate) fn lock(&self) -> prim::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes the lock if nobody has it.
    pub(crate) fn try_lock(&self) -> Option<prim::MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl<T: Default> Default for RawLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(all(test, loom, feature = "loom"))]
mod model {
    use super::*;
    use crate::rt::Gate;
    // std's: loom's own aborts when it is dropped after a deadlock.
    use std::sync::Arc;

    /// The way every probe goes: through the gate, then to the raw lock, under which it may ring again.
    fn ring(gate: &Gate, shared: &RawLock<u32>, is_gated: bool) {
        let inside = gate.enter();
        if inside.is_none() && is_gated {
            return;
        }
        let mut value = shared.lock();
        let read = *value;
        loom::thread::yield_now();
        if read % 2 == 0 {
            // As an allocator of the user's would.
            ring(gate, shared, is_gated);
        }
        *value = read + 1;
    }

    fn two_threads_ring(is_gated: bool) {
        loom::model(move || {
            let shared = Arc::new(RawLock::new(0));
            let run = move |shared: &RawLock<u32>| {
                let gate = Gate::new();
                drop(gate.enter_first());
                ring(&gate, shared, is_gated);
                assert!(gate.is_open());
            };
            let other = {
                let shared = shared.clone();
                loom::thread::spawn(move || run(&shared))
            };
            run(&shared);
            other.join().unwrap();
            assert_eq!(*shared.lock(), 2, "an update was lost");
        });
    }

    /// Claim: behind the gate nobody waits for itself, and no update is lost. Two threads, default bound.
    #[test]
    fn a_probe_that_rings_again_is_silent() {
        two_threads_ring(true);
    }

    /// The broken twin: without the gate the first ring under the lock waits for itself.
    #[test]
    fn without_the_gate_a_probe_waits_for_itself() {
        let failed = std::panic::catch_unwind(|| two_threads_ring(false)).unwrap_err();
        let text = failed.downcast_ref::<String>().map(String::as_str).or(failed.downcast_ref::<&str>().copied());
        assert!(text.is_some_and(|text| text.contains("deadlock")), "{text:?}");
    }
}
