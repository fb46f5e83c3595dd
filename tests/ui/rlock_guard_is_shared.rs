//! One thread may hold several guards of an `RLock`, so none of them gives `&mut`.

use gordian::checked::sync::RLock;

fn main() {
    let lock = RLock::new(0);
    let guard = lock.lock();
    let _value: &mut i32 = &mut *guard;
}
