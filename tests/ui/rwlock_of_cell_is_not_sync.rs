//! Readers share the data, so data that changes under a shared reference cannot be behind an `RwLock`.

use gordian::checked::{sync::RwLock, thread};
use std::cell::Cell;

fn main() {
    let lock = RwLock::new(Cell::new(0));
    thread::scope(|scope| {
        scope.spawn(|| drop(lock.read()));
    });
}
