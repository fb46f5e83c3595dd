//! An `RwLockWriteGuard` must be dropped by the thread that locked.

use gordian::checked::{sync::RwLock, thread};

static LOCK: RwLock<u32> = RwLock::new(0);

fn main() {
    let guard = LOCK.write().unwrap();
    thread::spawn(move || drop(guard));
}
