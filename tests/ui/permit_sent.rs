//! A `SemaphorePermit` is given back by the thread that took it.

use gordian::checked::{sync::Semaphore, thread};

static PLACES: Semaphore = Semaphore::new(1);

fn main() {
    let permit = PLACES.acquire();
    thread::spawn(move || drop(permit));
}
