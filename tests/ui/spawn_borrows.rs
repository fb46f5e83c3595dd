//! A spawned thread outlives what its parent owns, whichever way it is spawned without a scope.

use gordian::checked::thread::{self, Builder};

fn main() {
    let text = String::from("a");
    thread::spawn(|| text.len());
    let _ = Builder::new().spawn(|| text.len());
    let _ = Builder::new().spawn_unchecked(|| 1);
}
