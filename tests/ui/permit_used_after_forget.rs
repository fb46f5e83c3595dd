//! A forgotten permit cannot be given back.

use gordian::checked::sync::Semaphore;

fn main() {
    let places = Semaphore::new(1);
    let permit = places.acquire();
    permit.forget();
    drop(permit);
}
