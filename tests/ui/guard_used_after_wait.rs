//! A wait takes the guard; only the one that it gives back is held.

use gordian::checked::sync::{Condvar, Mutex};

fn main() {
    let lock = Mutex::new(0);
    let condvar = Condvar::new();
    let mut guard = lock.lock().unwrap();
    let _again = condvar.wait(guard).unwrap();
    *guard = 1;
}
