//! Parts as one would write them in a hurry: each has the mistake that its twin is about.
//!
//! Must not know: who uses them.

use super::semaphore::Permits;
use gordian::sync::{Condvar, Mutex};

/// A semaphore that wakes one, whoever that is, and however many permits came.
pub(super) struct Hasty(Mutex<usize>, Condvar);

impl Hasty {
    pub(super) fn new(permits: usize) -> Self {
        Self(Mutex::new(permits), Condvar::new())
    }
}

impl Permits for Hasty {
    fn take(&self, n: usize) {
        let mut left = self.1.wait_while(self.0.lock().unwrap(), |left| *left < n).unwrap();
        *left -= n;
    }

    fn give(&self, n: usize) {
        *self.0.lock().unwrap() += n;
        self.1.notify_one();
    }
}
