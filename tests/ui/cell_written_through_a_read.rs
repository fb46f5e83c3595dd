//! What is told as a read lends a pointer that cannot be written through.

use gordian::checked::cell::UnsafeCell;

fn main() {
    let cell = UnsafeCell::new(0);
    cell.with(|value| unsafe { *value = 1 });
}
