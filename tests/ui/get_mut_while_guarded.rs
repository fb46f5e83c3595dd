//! `get_mut` needs no lock because nobody else can reach the data; a guard can.

use gordian::checked::sync::{Mutex, RwLock};

fn main() {
    let mut mutex = Mutex::new(0);
    let mutex_guard = mutex.lock().unwrap();
    *mutex.get_mut().unwrap() = 1;
    drop(mutex_guard);

    let mut rwlock = RwLock::new(0);
    let read_guard = rwlock.read().unwrap();
    *rwlock.get_mut().unwrap() = 1;
    drop(read_guard);
}
