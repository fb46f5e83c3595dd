//! A lock lives as long as its guards.

use gordian::checked::sync::{Mutex, RLock, RwLock};

fn main() {
    let mutex = Mutex::new(0);
    let mutex_guard = mutex.lock().unwrap();
    drop(mutex);
    drop(mutex_guard);

    let rwlock = RwLock::new(0);
    let write_guard = rwlock.write().unwrap();
    drop(rwlock);
    drop(write_guard);

    let rlock = RLock::new(0);
    let rlock_guard = rlock.lock();
    drop(rlock);
    drop(rlock_guard);
}
