//! Random programs of threads, locks, atomics and cells: race detection by clocks against the definition of a race.
#![no_main]

use gordian_fuzz::races;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| races::compare(bytes).unwrap_or_else(|difference| panic!("{difference}")));
