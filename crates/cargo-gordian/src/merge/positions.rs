//! Turns the numbers of tables into positions in a union, where everything is sorted by content.
//!
//! Must not know: files, findings, cycles.

use super::tables::Tables;
use super::witness::Kept;
use crate::union::{Class, Seen, Witness};

/// The positions of what tables have numbered.
pub(super) struct Positions<'a> {
    tables: &'a Tables,
    /// The numbers, in the order of their content.
    processes: Vec<u32>,
    classes: Vec<u32>,
    /// The position of each number.
    process_at: Vec<usize>,
    class_at: Vec<usize>,
}

impl<'a> Positions<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        let inverse = |order: &[u32]| {
            let mut positions = vec![0; order.len()];
            order.iter().enumerate().for_each(|(position, &number)| positions[number as usize] = position);
            positions
        };
        let (processes, classes) = (tables.sorted_processes(), tables.sorted_classes());
        let (process_at, class_at) = (inverse(&processes), inverse(&classes));
        Self { tables, processes, classes, process_at, class_at }
    }

    pub(super) fn processes(&self) -> Vec<Seen> {
        self.processes.iter().map(|&process| self.tables.seen(process).clone()).collect()
    }

    pub(super) fn classes(&self) -> Vec<Class> {
        self.classes.iter().map(|&class| self.tables.class_at(class)).collect()
    }

    pub(super) fn process(&self, number: u32) -> usize {
        self.process_at[number as usize]
    }

    pub(super) fn class(&self, number: u32) -> usize {
        self.class_at[number as usize]
    }

    pub(super) fn sorted_classes(&self, numbers: &[u32]) -> Vec<usize> {
        let mut classes: Vec<usize> = numbers.iter().map(|&class| self.class(class)).collect();
        classes.sort_unstable();
        classes
    }

    /// Returns what is kept of an edge, in an order of its own.
    pub(super) fn witnesses(&self, kept: &Kept) -> Vec<Witness> {
        let told = |witness: &super::witness::Witness| Witness {
            process: self.process(witness.process),
            thread: witness.thread,
            thread_name: self.tables.name_at(witness.thread_name).map(str::to_owned),
            held: witness.shape.held,
            wanted: witness.shape.wanted,
            held_at: self.tables.place_at(witness.held_at).clone(),
            wanted_at: self.tables.place_at(witness.wanted_at).clone(),
            gates: witness.gates.iter().map(|&(class, mode)| (self.class(class), mode)).collect(),
            backtrace: self.tables.stack_at(witness.stack).cloned().collect(),
        };
        let mut witnesses: Vec<Witness> = kept.witnesses().iter().map(told).collect();
        // By what tells them apart; two never differ in their stacks alone.
        let key = |witness: &Witness| {
            let Witness { process, thread, held, wanted, .. } = *witness;
            let places = (witness.held_at.clone(), witness.wanted_at.clone());
            (
                witness.gates.len(),
                held,
                wanted,
                process,
                thread,
                places,
                witness.gates.clone(),
                witness.thread_name.clone(),
            )
        };
        witnesses.sort_by_cached_key(key);
        witnesses
    }
}
