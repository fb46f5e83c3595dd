//! A `MutexGuard` must be dropped by the thread that locked.

use gordian::checked::{sync::Mutex, thread};

static LOCK: Mutex<u32> = Mutex::new(0);

fn main() {
    let guard = LOCK.lock().unwrap();
    thread::spawn(move || drop(guard));
}
