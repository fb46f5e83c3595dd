//! What a builder's thread is given must be `Send`, also where its lifetime is not checked.

use gordian::checked::thread::Builder;
use std::rc::Rc;

fn main() {
    let shared = Rc::new(0);
    // SAFETY: it borrows nothing.
    let _ = unsafe { Builder::new().spawn_unchecked(move || drop(shared)) };
}
