//! A watched cell is shared only by who promises to order its accesses, as std's is.

use gordian::checked::{cell::UnsafeCell, thread};

fn main() {
    let cell = UnsafeCell::new(0);
    thread::scope(|scope| {
        scope.spawn(|| drop(&cell));
    });
}
