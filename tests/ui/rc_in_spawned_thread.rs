//! What a spawned thread is given must be `Send`.

use gordian::checked::thread;
use std::rc::Rc;

fn main() {
    let shared = Rc::new(0);
    thread::spawn(move || drop(shared));
}
