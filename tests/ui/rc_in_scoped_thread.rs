//! What a scoped thread is given must be `Send`.

use gordian::checked::thread;
use std::rc::Rc;

fn main() {
    let shared = Rc::new(0);
    thread::scope(|scope| {
        scope.spawn(move || drop(shared));
    });
}
