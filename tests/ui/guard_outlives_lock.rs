//! No guard may outlive its lock.

use gordian::checked::sync::{Mutex, RLock, RwLock};

fn main() {
    let mutex_guard = {
        let mutex = Mutex::new(0);
        mutex.lock().unwrap()
    };
    let read_guard = {
        let lock = RwLock::new(0);
        lock.read().unwrap()
    };
    let write_guard = {
        let lock = RwLock::new(0);
        lock.write().unwrap()
    };
    let rlock_guard = {
        let rlock = RLock::new(0);
        rlock.lock()
    };
    drop((mutex_guard, read_guard, write_guard, rlock_guard));
}
