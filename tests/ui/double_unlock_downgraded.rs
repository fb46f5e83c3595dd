//! A downgraded write guard is gone: its unlock belongs to the read guard.

use gordian::checked::sync::{RwLock, RwLockWriteGuard};

fn main() {
    let lock = RwLock::new(0);
    let writer = lock.write().unwrap();
    let reader = RwLockWriteGuard::downgrade(writer);
    drop(reader);
    drop(writer);
}
