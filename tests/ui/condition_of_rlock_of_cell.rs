//! What an `RLock` guards is reached by others while its holder waits with its guards, so it must be `Sync`.

use gordian::checked::sync::{Condition, RLock};
use std::cell::Cell;

fn main() {
    let condition = Condition::new(RLock::new(Cell::new(0)));
    drop(condition.acquire());
}
