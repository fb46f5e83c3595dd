//! An `RLockGuard` is a level of the thread that locked.

use gordian::checked::{sync::RLock, thread};

static LOCK: RLock<u32> = RLock::new(0);

fn main() {
    let guard = LOCK.lock();
    thread::spawn(move || drop(guard));
}
