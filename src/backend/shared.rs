//! Turns a slot that a value is copied into and out of into a cell that threads share: `Shared`.
//!
//! Included by every backend beside its `slot` module, which has `Slot` (one copy in or out, never torn), and `Shared::new`
//! and `Named`, since only some backends can make the one `const` and do anything for the other.
//! Must not know: which backend it is in, or that accesses are watched.
//! Source: `std::cell::Cell`. We differ: threads may share it, and their order is reported, not ruled out.
//! INVARIANT: no lock is held while the user's code runs.

use super::slot::Slot;
use std::fmt;

/// A cell that threads may share, for a value that is copied in and out whole.
///
/// Using it is safe in any order: a value is never torn. But two accesses, one of them a write, that nothing orders are a data
/// race all the same, and are reported as one in checked builds and under loom. What a program meant to order by a lock, and
/// forgot to, is found here without being undefined behaviour.
///
/// # Example
/// ```
/// use gordian::cell::Shared;
/// use gordian::sync::{Arc, Mutex};
/// use gordian::thread;
///
/// # gordian::model(|| {
/// let counter = Arc::new((Mutex::new(()), Shared::new(0)));
/// let theirs = Arc::clone(&counter);
/// let other = thread::spawn(move || {
///     let _guard = theirs.0.lock(); // without it: a race
///     theirs.1.update(|count| count + 1);
/// });
/// let guard = counter.0.lock();
/// counter.1.update(|count| count + 1);
/// drop(guard);
/// other.join().unwrap();
/// assert_eq!(counter.1.get(), 2);
/// # });
/// ```
pub struct Shared<T: Copy>(pub(super) Slot<T>);

impl<T: Copy> Shared<T> {
    /// Returns a copy of the value.
    ///
    /// # Panics
    /// In checked builds if a finding is denied; under loom if nothing orders this read after a write.
    #[inline(always)]
    #[track_caller]
    pub fn get(&self) -> T {
        self.0.copy_out()
    }

    /// Replaces the value.
    ///
    /// # Panics
    /// In checked builds if a finding is denied; under loom if nothing orders this write after another access. The value
    /// is then the old one.
    #[inline(always)]
    #[track_caller]
    pub fn set(&self, value: T) {
        self.0.copy_in(value);
    }

    /// Replaces the value by what `f` makes of it.
    ///
    /// Like [`std::cell::Cell::update`] it is a read, then `f`, then a write, and no lock is held meanwhile: what another
    /// thread writes in between is lost. Checked builds report that.
    ///
    /// # Panics
    /// As [`Shared::get`] and [`Shared::set`] do; if `f` does, the value is the old one.
    #[inline(always)]
    #[track_caller]
    pub fn update(&self, f: impl FnOnce(T) -> T) {
        self.set(f(self.get()));
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }

    /// Returns a reference to the value, which nobody else can reach meanwhile.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T: Copy + Default> Default for Shared<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Copy> From<T> for Shared<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Shows the value; the look is no read that counts, but under loom.
impl<T: Copy + fmt::Debug> fmt::Debug for Shared<T> {
    #[track_caller]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("value", &self.0.peek()).finish()
    }
}
