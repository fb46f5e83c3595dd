//! What a thread returns must be `Send`.

use gordian::checked::thread;
use std::rc::Rc;

fn main() {
    thread::spawn(|| Rc::new(0));
}
