//! Which task the running thread runs.
//!
//! Must not know: any other room.
//! INVARIANT: two tasks that run at one time have two numbers.

use std::hash::{Hash, Hasher};

/// Returns the runtime's id of the task that runs; `None` outside of tasks.
pub(crate) fn task() -> Option<u64> {
    struct Id(u64);
    impl Hasher for Id {
        fn write(&mut self, bytes: &[u8]) {
            bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
        }
        fn write_u64(&mut self, id: u64) {
            self.0 = id;
        }
        fn finish(&self) -> u64 {
            self.0
        }
    }
    // An id tells its number only to who prints or hashes it.
    ::tokio::task::try_id().map(|id| {
        let mut number = Id(0);
        id.hash(&mut number);
        number.finish()
    })
}

/// True if a task runs, or a runtime blocks this thread for a future: what orders it may not be seen.
pub(crate) fn is_in_runtime() -> bool {
    task().is_some() || ::tokio::runtime::Handle::try_current().is_ok()
}
