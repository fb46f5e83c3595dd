//! A `Condition` is over a lock of this crate.

use gordian::checked::sync::{Condition, RwLock};

fn main() {
    let condition = Condition::new(RwLock::new(0));
    drop(condition.acquire());
}
