//! Adds a saved union to a part of another one.
//!
//! Must not know: files, how the union was saved.
//! INVARIANT: what the union's own merge concluded from its orders is left behind, for it is concluded anew.

use super::cross;
use super::partial::Merge;
use super::tables::{PlaceRef, Tables, hash_of_each};
use super::witness::{Shape, Witness};
use crate::union::{self, Union};

impl Merge {
    /// Adds a union whose numbers all point to something.
    pub(super) fn add_union(&mut self, union: Union) {
        let tables = &mut self.tables;
        let processes: Vec<u32> = union.processes.into_iter().map(|seen| tables.process(seen)).collect();
        let class = |class: &union::Class| {
            let created = tables.place(&PlaceRef::of(&class.created));
            tables.class(created, class.name.as_deref(), &class.kind, &class.type_name)
        };
        let classes: Vec<u32> = union.classes.iter().map(class).collect();
        for edge in union.edges {
            let key = (classes[edge.from], classes[edge.to]);
            let counted = self.edges.entry(key).or_default();
            counted.processes += edge.processes;
            counted.contexts += edge.contexts;
            for witness in edge.witnesses {
                let witness = numbered(witness, &processes, &classes, tables);
                counted.kept.offer(witness, tables);
            }
        }
        for found in union.findings.into_iter().filter(|found| found.found_by != 0) {
            let found_by: Vec<u32> = found.processes.iter().map(|&process| processes[process]).collect();
            self.findings.add(found.report, found.found_by, &found_by, tables);
        }
        self.unwatched.extend(union.unwatched);
        self.holes.extend(union.holes.into_iter().filter(|hole| hole != cross::CUT_SHORT));
        self.judged.extend(union.judged.into_iter().map(|cycle| {
            let mut cycle: Vec<u32> = cycle.into_iter().map(|class| classes[class]).collect();
            cycle.sort_unstable();
            cycle
        }));
    }
}

fn numbered(witness: union::Witness, processes: &[u32], classes: &[u32], tables: &mut Tables) -> Witness {
    let union::Witness { process, thread, thread_name, held, wanted, held_at, wanted_at, gates, backtrace } = witness;
    let process = processes[process];
    let gates: Box<[_]> = gates.into_iter().map(|(class, mode)| (classes[class], mode)).collect();
    let by_content = gates.iter().map(|&(class, mode)| (tables.hash_of_class(class), mode));
    let shape = Shape { gates: gates.len() as u32, held, wanted, hash: hash_of_each(by_content) };
    let [held_at, wanted_at] = [held_at, wanted_at].map(|place| tables.place(&PlaceRef::of(&place)));
    let [held_hash, wanted_hash] = [held_at, wanted_at].map(|place| tables.hash_of_place(place));
    let hash = Witness::draw(tables.hash_of_process(process), thread, held_hash, wanted_hash);
    Witness {
        shape,
        hash,
        process,
        thread,
        thread_name: tables.name(thread_name.as_deref()),
        held_at,
        wanted_at,
        gates,
        stack: tables.stack(backtrace),
        unresolved: None,
    }
}
