//! To drop a read guard is to unlock, and it can be dropped once.

use gordian::checked::sync::RwLock;

fn main() {
    let lock = RwLock::new(0);
    let guard = lock.read().unwrap();
    drop(guard);
    drop(guard);
}
