//! A lock makes one thread at a time see its data, and an `Rc` has a part outside that others see.

use gordian::checked::{sync::Mutex, thread};
use std::rc::Rc;

fn main() {
    let lock = Mutex::new(Rc::new(0));
    thread::scope(|scope| {
        scope.spawn(|| drop(lock.lock()));
    });
}
