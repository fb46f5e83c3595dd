//! Random records, merged in random trees, against a dull twin: collect everything, sort, then choose.

use super::reading::report;
use super::{Folder, Script, process};
use crate::merge::saved::Saved;
use crate::merge::tables::{hash_of, hash_of_each};
use crate::merge::witness::MOST;
use crate::merge::{Levels, Merge, read};
use crate::union::{Edge, Union, Witness};
use gordian::Level;
use gordian::record::format;
use gordian::record::format::Mode;
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Clone, Debug)]
struct Life {
    edges: Vec<format::Edge>,
    findings: Vec<(u8, u64)>,
    ends: bool,
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![4 => Just(Mode::Exclusive), 1 => Just(Mode::Shared), 1 => Just(Mode::SharedRecursive)]
}

fn edge() -> impl Strategy<Value = format::Edge> {
    let gates = prop::collection::vec((0..4_u32, mode()), 0..2);
    (0..4_u32, 0..4_u32, mode(), mode(), 0..6_u32, 0..2_u32, gates, 1..3_u32).prop_map(
        |(from, to, held, wanted, held_at, wanted_at, gates, thread)| format::Edge {
            from,
            to,
            held,
            wanted,
            held_at,
            wanted_at,
            gates,
            thread,
            stack: None,
        },
    )
}

fn life() -> impl Strategy<Value = Life> {
    let edges = prop::collection::vec(edge(), 0..40);
    let findings = prop::collection::vec((0..3_u8, 1..5_u64), 0..3);
    (edges, findings, any::<bool>()).prop_map(|(edges, findings, ends)| Life { edges, findings, ends })
}

impl Life {
    fn script(&self, pid: u32) -> Script {
        let type_name = format!("Mutex<u{pid}>");
        let class = json!({ "name": "one", "kind": "Mutex", "type_name": type_name, "created": 109 });
        let mut script = process("bank", pid).line(json!({ "class": class }));
        for (number, count) in &self.findings {
            let level = ["allow", "warn", "deny"][(*count % 3) as usize];
            let mut report = report(&format!("G01{number}-0"), level, *count);
            report.title = format!("Told by {pid}");
            script = script.line(json!({ "finding": report }));
        }
        for edge in &self.edges {
            script = script.edge(edge.clone());
        }
        if self.ends { script.end() } else { script }
    }
}

fn text(union: &Union) -> String {
    serde_json::to_string_pretty(union).unwrap()
}

/// Returns each edge's counts and witnesses, as the definition has them.
fn edges_of(lives: &[Life], union: &Union) -> Vec<Edge> {
    let mut all: BTreeMap<(u32, u32), BTreeSet<(u32, Key)>> = BTreeMap::new();
    type Key = (usize, Mode, Mode, u32, u32, u32, Vec<(u32, Mode)>);
    for (pid, life) in (1..).zip(lives) {
        for edge in &life.edges {
            let key = (
                edge.gates.len(),
                edge.held,
                edge.wanted,
                edge.thread,
                edge.held_at,
                edge.wanted_at,
                edge.gates.clone(),
            );
            all.entry((edge.from, edge.to)).or_default().insert((pid, key));
        }
    }
    // Processes and classes are named in the order in which they sort: pids have one digit, classes one line each.
    let place = |file: &str, line: u32| -> gordian::Place {
        serde_json::from_value(json!({ "file": file, "line": line, "column": 5 })).unwrap()
    };
    let process_hash = |process: usize| {
        let process = &union.processes[process].process;
        hash_of(&(&process.host, process.pid, process.started_ms, &process.program))
    };
    let class_hash = |class: u32| {
        hash_of(&(Some(place("locks.rs", class)), None::<String>, Some(("Mutex".to_owned(), "Mutex<u8>".to_owned()))))
    };
    all.into_iter()
        .map(|((from, to), ways)| {
            let mut shapes: BTreeMap<_, BTreeMap<u64, Witness>> = BTreeMap::new();
            for (pid, (_, held, wanted, thread, held_at, wanted_at, gates)) in &ways {
                let gate_hash = hash_of_each(gates.iter().map(|&(class, mode)| (class_hash(class), mode)));
                let witness = Witness {
                    process: *pid as usize - 1,
                    thread: *thread,
                    thread_name: (*thread == 1).then(|| "main".to_owned()),
                    held: *held,
                    wanted: *wanted,
                    held_at: place("main.rs", *held_at),
                    wanted_at: place("main.rs", *wanted_at),
                    gates: gates.iter().map(|&(class, mode)| (class as usize, mode)).collect(),
                    backtrace: Vec::new(),
                };
                let places = (hash_of(&witness.held_at), hash_of(&witness.wanted_at));
                let draw = hash_of(&(process_hash(witness.process), witness.thread, places.0, places.1));
                shapes.entry((gates.len(), *held, *wanted, gate_hash)).or_default().insert(draw, witness);
            }
            let ranked = shapes.into_values().flat_map(|shape| shape.into_values().enumerate());
            let mut ranked: Vec<(usize, Witness)> = ranked.collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            let mut witnesses: Vec<Witness> = ranked.into_iter().take(MOST).map(|(_, witness)| witness).collect();
            witnesses.sort_by_key(|it| {
                let places = (it.held_at.clone(), it.wanted_at.clone());
                (it.gates.len(), it.held, it.wanted, it.process, it.thread, places, it.gates.clone())
            });
            let processes: BTreeSet<u32> = ways.iter().map(|(pid, _)| *pid).collect();
            let contexts: BTreeSet<_> = ways
                .iter()
                .map(|(pid, (_, held, wanted, _, held_at, wanted_at, gates))| {
                    (pid, held, wanted, held_at, wanted_at, gates)
                })
                .collect();
            Edge {
                from: from as usize,
                to: to as usize,
                processes: processes.len() as u64,
                contexts: contexts.len() as u64,
                witnesses,
            }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_tree_of_merges_gives_what_the_dull_twin_gives(
        lives in prop::collection::vec(life(), 1..7),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 12),
    ) {
        let folder = Folder::new();
        let paths: Vec<PathBuf> = (1..).zip(&lives).map(|(pid, life)| life.script(pid).write(&folder)).collect();
        let union = folder.read();
        prop_assert_eq!(&union.edges, &edges_of(&lives, &union));
        prop_assert_eq!(&union.classes.last().unwrap().type_name, "Mutex<u1>");
        let torn = union.processes.iter().filter(|seen| !seen.is_whole).count();
        prop_assert_eq!(torn, lives.iter().filter(|life| !life.ends).count());

        let mut choices = choices.into_iter();
        let mut parts: Vec<Merge> = paths.iter().map(|path| Merge::default().record(path)).collect();
        while parts.len() > 1 {
            let one = parts.swap_remove(choices.next().unwrap().index(parts.len()));
            let other = parts.swap_remove(choices.next().unwrap().index(parts.len()));
            parts.push(one.absorb(other));
        }
        prop_assert_eq!(text(&parts.remove(0).finish(Levels::all(Level::Warn))), text(&union));
    }

    #[test]
    fn unions_merge_as_their_records_do(
        lives in prop::collection::vec(life(), 1..7),
        shards in prop::collection::vec(0..3_usize, 7),
        direct in 0..4_usize,
    ) {
        let (all, saved) = (Folder::new(), Folder::new());
        let folders = [Folder::new(), Folder::new(), Folder::new()];
        for ((pid, life), shard) in (1..).zip(&lives).zip(shards) {
            life.script(pid).write(&all);
            // One shard's records are merged as they are, beside the unions of the others.
            life.script(pid).write(if shard == direct { &saved } else { &folders[shard] });
        }
        for (number, folder) in folders.iter().enumerate() {
            if let Ok(union) = read(&[folder.path()], Levels::all(Level::Deny)) {
                saved.write(&format!("shard-{number}.json"), &serde_json::to_string(&Saved::new(union)).unwrap());
            }
        }
        prop_assert_eq!(text(&saved.read()), text(&all.read()));
    }
}
