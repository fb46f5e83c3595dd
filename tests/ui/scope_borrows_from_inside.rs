//! A scoped thread outlives what the scope's own closure owns.

use gordian::checked::thread;

fn main() {
    thread::scope(|scope| {
        let inside = String::from("a");
        scope.spawn(|| inside.len());
    });
}
