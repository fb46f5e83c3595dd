//! Random edges and removals: the lock-order graph against adjacency sets.
#![no_main]

use gordian_fuzz::graph::{self, Change};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|changes: Vec<Change>| graph::compare(&changes));
