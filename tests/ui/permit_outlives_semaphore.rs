//! A `SemaphorePermit` borrows its semaphore.

use gordian::checked::sync::Semaphore;

fn main() {
    let permit = {
        let places = Semaphore::new(1);
        places.acquire()
    };
    drop(permit);
}
