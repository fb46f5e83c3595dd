//! Reads the stacks of a record that its edges name.
//!
//! Must not know: what the addresses mean.
//! INVARIANT: a stack has the number that the record's edges give it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use gordian::record::format::Stack;
use serde::Deserialize;

/// Returns the stacks by number. Of a record that is wrong, those before its first wrong line.
pub(super) fn named(record: &Path) -> BTreeMap<u32, Vec<u64>> {
    let Ok(file) = File::open(record) else { return BTreeMap::new() };
    let mut from = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    let mut stacks = Vec::new();
    let mut named = BTreeSet::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|length| length != 0) {
        // Stacks are numbered by their lines: behind one that cannot be read, no number is certain.
        let Ok(told) = serde_json::from_slice::<Told>(&line) else { break };
        stacks.extend(told.stack.map(|stack| stack.addresses));
        named.extend(told.edge.and_then(|edge| edge.stack));
        line.clear();
    }
    let stacks = (0..).zip(stacks);
    stacks.filter(|(number, _)| named.contains(number)).collect()
}

/// What of a line is about stacks: other kinds of lines, also later ones, are passed over.
#[derive(Deserialize)]
struct Told {
    stack: Option<Stack>,
    edge: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    stack: Option<u32>,
}
