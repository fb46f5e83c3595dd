//! To drop a write guard is to unlock, and it can be dropped once.

use gordian::checked::sync::RwLock;

fn main() {
    let lock = RwLock::new(0);
    let guard = lock.write().unwrap();
    drop(guard);
    drop(guard);
}
