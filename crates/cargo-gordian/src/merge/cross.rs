//! Finds the cycles of classes that no single process saw, and tells those that nothing excuses.
//!
//! Must not know: files, how the union was made.
//! Source: `gordian`'s judgement of one cycle: lockdep's strong paths for readers, GoodLock's gates and threads. We differ:
//! threads of different processes are never one after the other, since nothing is known of that, and a lock of another
//! process that was made at the same place is taken for the same gate, unless the cycle's own locks are between processes.
//! INVARIANT: a cycle that one process saw whole is left to that process, which knew more.

use super::Levels;
use super::cycles;
use super::process;
use super::tables::is_of_std;
use crate::union::{Edge, Found, Standing, Union, Witness};
use gordian::Level;
use gordian::record::format::Mode;
use gordian::record::union::{Lock, Party, class_order, is_between_processes, lock_order};
use std::collections::BTreeSet;

/// What is said if there was more to look through than the search allows.
pub(super) const CUT_SHORT: &str = "The orders of all processes together have too many cycles to look through: some that no \
                                    single process saw may not be told.";

/// Cycles that are told.
const MOST_TOLD: usize = 200;

/// Combinations of witnesses that one cycle may cost, as within a process.
const MOST_CHOICES: usize = 10_000;

/// Adds a finding for each cycle that no process saw whole and that nothing excuses. Returns what to say if not all could
/// be looked at.
pub(super) fn add(union: &mut Union, levels: Levels) -> Option<String> {
    if levels == Levels::all(Level::Allow) {
        return None;
    }
    let is_std = |class: usize| is_of_std(union.classes[class].name.as_deref(), &union.classes[class].created);
    let orders = union.edges.iter().filter(|edge| edge.from != edge.to && !is_std(edge.from) && !is_std(edge.to));
    let orders: Vec<(u32, u32)> = orders.map(|edge| (edge.from as u32, edge.to as u32)).collect();
    let cycles = cycles::shortest(union.classes.len(), &orders);
    let judged: BTreeSet<&[usize]> = union.judged.iter().map(Vec::as_slice).collect();
    let known: BTreeSet<&str> = union.findings.iter().map(|found| found.report.fingerprint.as_str()).collect();
    let mut is_cut_short = cycles.cut_short;
    let mut found: Vec<Found> = Vec::new();
    for (nodes, cycle) in cycles.by_nodes {
        let classes: Vec<usize> = nodes.into_iter().map(|class| class as usize).collect();
        if judged.contains(&classes[..]) {
            continue;
        }
        let edges: Vec<&Edge> = ends(&cycle).filter_map(|ends| edge(union, ends)).collect();
        // What the cycle is made of is there once: a gate that every process has for itself keeps no two of them apart.
        let is_of_paths = classes.iter().all(|&class| is_path(union, class));
        let Choice { worst, cut_short } = choose(&edges, &|gate| !is_of_paths || is_path(union, gate));
        is_cut_short |= cut_short;
        let Some((_, chosen)) = worst else { continue };
        if found.len() == MOST_TOLD {
            is_cut_short = true;
            break;
        }
        let Some(told) = tell(union, &edges, &chosen, levels, is_of_paths) else { continue };
        if !known.contains(told.report.fingerprint.as_str()) {
            found.push(told);
        }
    }
    union.findings.extend(found);
    is_cut_short.then(|| CUT_SHORT.to_owned())
}

fn is_path(union: &Union, class: usize) -> bool {
    is_between_processes(&union.classes[class].kind)
}

fn ends(cycle: &[u32]) -> impl Iterator<Item = (usize, usize)> {
    cycle.iter().zip(cycle.iter().cycle().skip(1)).map(|(&from, &to)| (from as usize, to as usize))
}

fn edge(union: &Union, ends: (usize, usize)) -> Option<&Edge> {
    let index = union.edges.binary_search_by_key(&ends, |edge| (edge.from, edge.to)).ok()?;
    Some(&union.edges[index])
}

/// Why a combination is not as bad as it looks; the least is the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    Inversion,
    WriterBetween,
}

/// The worst combination of witnesses, one from each edge.
#[derive(Default)]
struct Choice<'a> {
    worst: Option<(Rank, Vec<&'a Witness>)>,
    cut_short: bool,
}

/// Returns the first of the worst combinations that nothing excuses and that are not of one process alone.
/// `is_one` says of a gate whether processes have it together.
fn choose<'a>(edges: &[&'a Edge], is_one: &dyn Fn(usize) -> bool) -> Choice<'a> {
    let mut choice = Choice::default();
    // For each edge so far: its witness, and the rank up to there.
    let mut path: Vec<(usize, Rank)> = Vec::with_capacity(edges.len());
    let mut next = 0;
    for _ in 0..MOST_CHOICES {
        let depth = path.len();
        if depth == edges.len() || next == edges[depth].witnesses.len() {
            // Everything below here is done: back to the next witness of the edge before.
            let Some((last, _)) = path.pop() else { return choice };
            next = last + 1;
            continue;
        }
        let rank = extend(edges, &path, next, is_one);
        let worst = choice.worst.as_ref().map(|(worst, _)| *worst);
        match rank {
            Some(rank) if worst.is_none_or(|worst| rank < worst) => {
                path.push((next, rank));
                next = 0;
                if path.len() == edges.len() {
                    let chosen: Vec<&Witness> =
                        edges.iter().zip(&path).map(|(edge, &(chosen, _))| &edge.witnesses[chosen]).collect();
                    if chosen.iter().any(|witness| witness.process != chosen[0].process) {
                        choice.worst = Some((rank, chosen));
                        if rank == Rank::Inversion {
                            return choice;
                        }
                    }
                }
            }
            _ => next += 1,
        }
    }
    choice.cut_short = true;
    choice
}

/// Adds one witness to a combination. `None` if it cannot hang then.
fn extend(edges: &[&Edge], path: &[(usize, Rank)], chosen: usize, is_one: &dyn Fn(usize) -> bool) -> Option<Rank> {
    let edge = edges[path.len()];
    let witness = &edge.witnesses[chosen];
    let at = |index: usize| &edges[index].witnesses[path[index].0];
    let excused = (0..path.len()).any(|index| {
        let earlier = at(index);
        let is_one_thread = (earlier.process, earlier.thread) == (witness.process, witness.thread);
        let is_gate = |gate: usize| earlier.process == witness.process || is_one(gate);
        is_one_thread || exclude(edges[index], earlier, edge, witness, &is_gate)
    });
    if excused {
        return None;
    }
    let mut rank = path.last().map_or(Rank::Inversion, |&(_, rank)| rank);
    if !path.is_empty() {
        rank = rank.max(waits(at(path.len() - 1).wanted, witness.held)?);
    }
    if path.len() + 1 == edges.len() {
        let first = if path.is_empty() { witness } else { at(0) };
        rank = rank.max(waits(witness.wanted, first.held)?);
    }
    Some(rank)
}

/// True if a lock that both were under keeps one of them out.
fn exclude(
    edge: &Edge,
    witness: &Witness,
    other_edge: &Edge,
    other: &Witness,
    is_gate: &dyn Fn(usize) -> bool,
) -> bool {
    let all = |from: usize, witness: &Witness| {
        let own = std::iter::once((from, witness.held));
        own.chain(witness.gates.iter().copied()).collect::<Vec<(usize, Mode)>>()
    };
    let others = all(other_edge.from, other);
    all(edge.from, witness).into_iter().any(|(mine, mode)| {
        others.iter().any(|&(theirs, other)| {
            mine == theirs && is_gate(mine) && (mode == Mode::Exclusive || other == Mode::Exclusive)
        })
    })
}

/// Returns how a request waits for a holder. `None` if it does not wait at all.
fn waits(wanted: Mode, held: Mode) -> Option<Rank> {
    match (wanted, held) {
        (Mode::Exclusive, _) | (_, Mode::Exclusive) => Some(Rank::Inversion),
        (Mode::Shared, _) => Some(Rank::WriterBetween),
        (Mode::SharedRecursive, _) => None,
    }
}

/// Returns the finding of a cycle that these witnesses show. `None` if it is at `allow`.
fn tell(union: &Union, edges: &[&Edge], chosen: &[&Witness], levels: Levels, is_of_paths: bool) -> Option<Found> {
    let mut classes: Vec<usize> = edges.iter().map(|edge| edge.from).collect();
    for (class, _) in chosen.iter().flat_map(|witness| &witness.gates) {
        if !classes.contains(class) {
            classes.push(*class);
        }
    }
    let locks: Vec<Lock<'_>> = classes
        .iter()
        .map(|&class| {
            let class = &union.classes[class];
            Lock {
                name: class.name.as_deref(),
                kind: &class.kind,
                type_name: &class.type_name,
                created: &class.created,
            }
        })
        .collect();
    let process = |witness: &Witness| &union.processes[witness.process].process;
    let is_one_host = chosen.iter().all(|witness| process(witness).host == process(chosen[0]).host);
    let parties: Vec<Party<'_>> = chosen.iter().map(|witness| party(union, witness, &classes, is_one_host)).collect();
    let mut processes: Vec<usize> = chosen.iter().map(|witness| witness.process).collect();
    processes.sort_unstable();
    processes.dedup();
    // A path of one machine is a lock, and that of several is a class of them.
    let report = match (is_of_paths && is_one_host, levels) {
        (true, Levels { lock_order: level, .. }) if level != Level::Allow => lock_order(level, &locks, &parties),
        (false, Levels { class_order: level, .. }) if level != Level::Allow => class_order(level, &locks, &parties),
        _ => return None,
    };
    Some(Found { report, processes, found_by: 0, standing: Standing::New })
}

fn party<'a>(union: &'a Union, witness: &'a Witness, classes: &[usize], is_one_host: bool) -> Party<'a> {
    let process = &union.processes[witness.process].process;
    let gates = witness.gates.iter().filter_map(|(gate, _)| classes.iter().position(|class| class == gate));
    Party {
        program: process::program(process),
        pid: process.pid,
        host: (!is_one_host).then_some(process.host.as_str()),
        test: process::test(process),
        thread: witness.thread,
        thread_name: witness.thread_name.as_deref(),
        held: witness.held,
        held_at: &witness.held_at,
        wanted: witness.wanted,
        wanted_at: &witness.wanted_at,
        gates: gates.collect(),
        backtrace: witness.backtrace.clone(),
    }
}
