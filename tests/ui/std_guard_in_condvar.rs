//! A checked condition variable takes checked guards only: it could not tell the release of another.

use gordian::checked::sync::Condvar;
use std::sync::{LockResult, MutexGuard};

fn main() {
    let _wait: fn(&Condvar, MutexGuard<'static, u8>) -> LockResult<MutexGuard<'static, u8>> = Condvar::wait;
}
