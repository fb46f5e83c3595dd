//! A lock stays where it is while a guard lives.

use gordian::checked::sync::{Mutex, RLock, RwLock};

fn main() {
    let mutex = Mutex::new(0);
    let mutex_guard = mutex.lock().unwrap();
    let moved_mutex = mutex;
    drop(mutex_guard);

    let rwlock = RwLock::new(0);
    let read_guard = rwlock.read().unwrap();
    let moved_rwlock = rwlock;
    drop(read_guard);

    let rlock = RLock::new(0);
    let rlock_guard = rlock.lock();
    let moved_rlock = rlock;
    drop(rlock_guard);
    drop((moved_mutex, moved_rwlock, moved_rlock));
}
