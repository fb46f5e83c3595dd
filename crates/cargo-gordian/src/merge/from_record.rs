//! Adds one record to a part of a union: from the file's own numbers to those of the tables.
//!
//! Must not know: lines, other files than the record and the stacks beside it.
//! COST: a line of an edge costs two look-ups and, unless it is kept, no memory; a place is hashed once a file.

use super::cycles;
use super::partial::Merge;
use super::process;
use super::record::Record;
use super::symbols;
use super::tables::{Identity, hash_of, hash_of_each};
use super::witness::{Shape, Witness};
use crate::union::Seen;
use gordian::Frame;
use gordian::record::format::Class;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::path::Path;

impl Merge {
    pub(super) fn add_record(&mut self, mut record: Record, path: &Path) {
        let is_of_process = record.is_of_process();
        self.unwatched.extend(std::mem::take(&mut record.unwatched));
        if !is_of_process || self.tables.knows(&Identity::of(&record.process)) {
            return;
        }
        let said = process::said(&record.process);
        record.holes.iter().for_each(|hole| self.hole(format!("{said}: {hole}")));
        let seen = Seen { process: record.process.clone(), is_whole: record.is_whole };
        let process = self.tables.process(seen);
        for report in std::mem::take(&mut record.findings).into_values() {
            self.findings.add(report, 1, &[process], &self.tables);
        }
        let mut rows = Rows::new(self, &mut record, process);
        rows.add(self, &record);
        rows.judge(self, &said);
        rows.resolve(self, &mut record, path, &said);
    }
}

/// The numbers of a record in the tables, and what was done with its edges.
struct Rows {
    process: u32,
    process_hash: u64,
    places: Vec<u32>,
    place_hashes: Vec<u64>,
    classes: Vec<u32>,
    class_hashes: Vec<u64>,
    /// The edges that were seen, each once, by classes.
    seen: Vec<(u32, u32)>,
    /// Places in the part's edges of those that keep a stack which has only the file's number yet.
    unresolved: Vec<usize>,
}

impl Rows {
    fn new(merge: &mut Merge, record: &mut Record, process: u32) -> Self {
        let tables = &mut merge.tables;
        let places = std::mem::take(&mut record.places);
        let mut classes = Vec::with_capacity(record.classes.len());
        for Class { created, name, kind, type_name } in record.classes.drain(..) {
            classes.push(tables.class(places[created as usize], name.as_deref(), &kind, &type_name));
        }
        Self {
            process,
            process_hash: tables.hash_of_process(process),
            class_hashes: classes.iter().map(|&class| tables.hash_of_class(class)).collect(),
            place_hashes: places.iter().map(|&place| tables.hash_of_place(place)).collect(),
            places,
            classes,
            seen: Vec::new(),
            unresolved: Vec::new(),
        }
    }

    fn add(&mut self, merge: &mut Merge, record: &Record) {
        let Merge { tables, edges, .. } = merge;
        let mut ways: FxHashSet<u64> = FxHashSet::with_capacity_and_hasher(record.edges.len(), FxBuildHasher);
        for row in &record.edges {
            let key = (self.classes[row.from as usize], self.classes[row.to as usize]);
            let entry = edges.entry(key);
            let index = entry.index();
            let edge = entry.or_default();
            if edge.last.replace(self.process) != Some(self.process) {
                edge.processes += 1;
                self.seen.push(key);
            }
            let gates = record.gates(row);
            let by_content = gates.iter().map(|&(class, mode)| (self.class_hashes[class as usize], mode));
            let shape =
                Shape { gates: gates.len() as u32, held: row.held, wanted: row.wanted, hash: hash_of_each(by_content) };
            let [held_at, wanted_at] = [row.held_at, row.wanted_at].map(|place| self.place_hashes[place as usize]);
            // Two ways whose hashes are the same would be counted once: of 10 000 ways, one time in 10^11.
            let way = hash_of(&(key, held_at, wanted_at, shape.held, shape.wanted, shape.hash));
            edge.contexts += u64::from(ways.insert(way));
            let hash = Witness::draw(self.process_hash, row.thread, held_at, wanted_at);
            if !edge.kept.wants(&shape, hash) {
                continue;
            }
            let witness = Witness {
                shape,
                hash,
                process: self.process,
                thread: row.thread,
                thread_name: tables.name(record.threads.get(&row.thread).and_then(Option::as_deref)),
                held_at: self.places[row.held_at as usize],
                wanted_at: self.places[row.wanted_at as usize],
                gates: gates.iter().map(|&(class, mode)| (self.classes[class as usize], mode)).collect(),
                stack: None,
                unresolved: row.stack,
            };
            edge.kept.offer(witness, tables);
            if row.stack.is_some() {
                self.unresolved.push(index);
            }
        }
    }

    /// Notes the cycles that this process saw whole.
    fn judge(&self, merge: &mut Merge, said: &str) {
        // Most processes have none, and those that do have them among few classes: only these are sorted.
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        let mut classes: Vec<u32> = Vec::new();
        let mut number = |class: u32| {
            *numbers.entry(class).or_insert_with(|| {
                classes.push(class);
                classes.len() as u32 - 1
            })
        };
        let tables = &merge.tables;
        let is_order = |(from, to): &(u32, u32)| from != to && !tables.is_of_std(*from) && !tables.is_of_std(*to);
        let edges: Vec<(u32, u32)> =
            self.seen.iter().copied().filter(is_order).map(|(from, to)| (number(from), number(to))).collect();
        let on_cycles = cycles::inside(classes.len(), &edges);
        let mut sorted: Vec<u32> = on_cycles.iter().map(|edge| classes[edge.0 as usize]).collect();
        sorted.sort_unstable_by(|&one, &other| tables.compare_classes(one, other));
        sorted.dedup();
        let ranks: FxHashMap<u32, u32> = sorted.iter().copied().zip(0..).collect();
        let rank = |number: u32| ranks[&classes[number as usize]];
        let mut ranked: Vec<(u32, u32)> = on_cycles.into_iter().map(|(from, to)| (rank(from), rank(to))).collect();
        ranked.sort_unstable();
        let cycles = cycles::shortest(sorted.len(), &ranked);
        if cycles.cut_short {
            merge.hole(format!(
                "The orders of {said} have too many cycles to look through: a cycle that it has judged may be told again."
            ));
        }
        merge.judged.extend(cycles.by_nodes.into_keys().map(|nodes| {
            let mut classes: Vec<u32> = nodes.into_iter().map(|rank| sorted[rank as usize]).collect();
            classes.sort_unstable();
            classes
        }));
    }

    /// Gives the stacks that are kept their frames.
    fn resolve(&self, merge: &mut Merge, record: &mut Record, path: &Path, said: &str) {
        let Merge { tables, edges, .. } = merge;
        let kept = |index: &usize| edges[*index].kept.witnesses().iter().filter_map(|witness| witness.unresolved);
        let wanted: FxHashSet<u32> = self.unresolved.iter().flat_map(kept).collect();
        if wanted.is_empty() {
            return;
        }
        let beside = symbols::beside(path);
        let read = symbols::read(&beside, |stack| wanted.contains(&stack), &mut record.frames);
        let mut known: FxHashMap<u32, Option<u32>> = FxHashMap::default();
        let mut frames_of = |stack: u32| record.frames.remove(&stack).unwrap_or_default();
        for &index in &self.unresolved {
            for witness in edges[index].kept.witnesses_mut() {
                if let Some(stack) = witness.unresolved.take() {
                    witness.stack = *known.entry(stack).or_insert_with(|| {
                        let frames: Vec<Frame> = frames_of(stack);
                        tables.stack(frames)
                    });
                }
            }
        }
        if let Err(error) = read {
            merge.hole(format!("Stacks of {said} are missing, since {} is broken: {error:#}.", beside.display()));
        }
    }
}
