//! Random scripts of lock operations: the lock-order analysis against its definitions.
#![no_main]

use gordian_fuzz::scenario::{self, Verdict};
use libfuzzer_sys::fuzz_target;
use std::sync::atomic::{AtomicU64, Ordering};

static COMPARED: AtomicU64 = AtomicU64::new(0);
static SKIPPED: AtomicU64 = AtomicU64::new(0);

fuzz_target!(|bytes: &[u8]| {
    let counter = match scenario::compare(&scenario::script(bytes)) {
        Ok(Verdict::Agreed) => &COMPARED,
        Ok(Verdict::Skipped) => &SKIPPED,
        Err(difference) => panic!("{difference}"),
    };
    // ORDERING: Relaxed; one thread counts.
    counter.fetch_add(1, Ordering::Relaxed);
    let (compared, skipped) = (COMPARED.load(Ordering::Relaxed), SKIPPED.load(Ordering::Relaxed));
    assert!(skipped < 1_000 || skipped * 10 < compared, "{skipped} scripts skipped, {compared} compared");
});
