//! To drop a guard is to unlock, and it can be dropped once.

use gordian::checked::sync::Mutex;

fn main() {
    let lock = Mutex::new(0);
    let guard = lock.lock().unwrap();
    drop(guard);
    drop(guard);
}
