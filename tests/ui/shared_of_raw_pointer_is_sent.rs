//! A value that must stay on its thread is not copied out by another one.

use gordian::checked::{cell::Shared, thread};

fn main() {
    let shared = Shared::new(std::ptr::null::<u8>());
    thread::scope(|scope| {
        scope.spawn(|| drop(&shared));
    });
}
