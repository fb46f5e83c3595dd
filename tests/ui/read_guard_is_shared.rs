//! Others read too while a read guard is held, so it does not give `&mut`.

use gordian::checked::sync::RwLock;

fn main() {
    let lock = RwLock::new(0);
    let guard = lock.read().unwrap();
    *guard = 1;
}
