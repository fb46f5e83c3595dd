//! A `ConditionGuard` is given back by the thread that took it.

use gordian::checked::sync::{Condition, Mutex};
use gordian::checked::thread;

static CONDITION: Condition<Mutex<u32>> = Condition::new(Mutex::new(0));

fn main() {
    let guard = CONDITION.acquire().unwrap();
    thread::spawn(move || drop(guard));
}
