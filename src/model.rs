//! Turns a closure that starts threads into a run of it, or, under loom, into one run for every interleaving.
//!
//! Must not know: how interleavings are chosen, or which backend does it.
//! Source: loom's `model`. We differ: what was explored is counted and printed, and the same call works without loom.
//! INVARIANT: the count is the number of times that the closure was entered, the failing run included.

use crate::backend;
// std's own in every build: the count must not be a choice that loom explores.
use crate::backend::plain::sync::Arc;
use crate::backend::plain::sync::atomic::{AtomicUsize, Ordering};

/// Runs `model` once; under `--cfg loom` with the feature `loom`, once for every interleaving of its threads.
///
/// Under loom it prints how many interleavings it explored, also when one of them fails.
///
/// # Panics
/// If `model` panics; under loom also if an interleaving deadlocks, leaks an `Arc` of this crate, or exceeds loom's limits.
///
/// # Example
/// ```
/// use gordian::sync::{Arc, Mutex};
/// use gordian::thread;
///
/// gordian::model(|| {
///     let count = Arc::new(Mutex::new(0));
///     let theirs = Arc::clone(&count);
///     let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
///     *count.lock().unwrap() += 1;
///     other.join().unwrap();
///     assert_eq!(*count.lock().unwrap(), 2);
/// });
/// ```
pub fn model<F>(model: F)
where
    F: Fn() + Sync + Send + 'static,
{
    explore(model);
}

/// Like [`model()`], and returns how many interleavings were explored: 1 without loom.
///
/// # Panics
/// As [`model()`] does.
pub fn explore<F>(model: F) -> usize
where
    F: Fn() + Sync + Send + 'static,
{
    let explored = Explored::default();
    let runs = Arc::clone(&explored.0);
    backend::run_model(move || {
        // ORDERING: Relaxed; runs follow one another on one thread.
        runs.fetch_add(1, Ordering::Relaxed);
        model();
    });
    explored.count()
}

/// The runs so far; told when the model ends, however it ends.
#[derive(Default)]
struct Explored(Arc<AtomicUsize>);

impl Explored {
    fn count(&self) -> usize {
        // ORDERING: Relaxed; see `explore`.
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Explored {
    fn drop(&mut self) {
        if backend::EXPLORES {
            let count = self.count();
            eprintln!("gordian: model explored {count} interleaving{}", if count == 1 { "" } else { "s" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, AtomicUsize, Ordering, backend, explore};

    #[test]
    fn what_was_explored_is_how_often_the_model_ran() {
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ran);
        let explored = explore(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(explored, ran.load(Ordering::Relaxed));
        assert!(backend::EXPLORES || explored == 1);
    }
}
