//! Judges one cycle of edges: can its witnesses deadlock, and if not, what excuses them?
//!
//! Must not know: graphs, threads that run.
//! Source: lockdep's strong paths for readers; GoodLock's labels (Havelund 2000; Bensalem, Havelund 2005) for gates,
//! threads and segments. We differ: each excuse has a lint of its own, and two excuses together make silence.
//! INVARIANT: a combination's rank never falls when a witness is added, so the search may stop early.

use crate::event::Mode;
use crate::finding::Step;
use crate::lint::Lint;

/// Why a combination of witnesses may not deadlock.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Excuses {
    writer: bool,
    sequential: bool,
    gated: bool,
}

/// How bad a combination is; the least is the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Rank {
    Inversion,
    WriterBetween,
    Sequential,
    Gated,
    Harmless,
}

/// The worst combination of witnesses found for a cycle.
pub(crate) struct Verdict {
    pub rank: Rank,
    /// The witness chosen for each edge.
    pub chosen: Vec<usize>,
    /// True if not every combination was looked at.
    pub cut_short: bool,
}

/// Combinations one cycle may cost.
// COST: 8 witnesses on each of 4 edges are 4 096.
const MOST_CHOICES: usize = 10_000;

/// Returns the worst combination that takes one witness from each edge of a cycle; an edge's end is the next one's
/// start. Ranks that do not matter are not looked for, and neither are lesser ones; without another one the rank is harmless.
///
/// # Cost
/// Exponential in the cycle's length at worst; cut short after a fixed number of choices.
pub(crate) fn judge(edges: &[&[Step]], matters: impl Fn(Rank) -> bool) -> Verdict {
    let mut best = Verdict { rank: Rank::Harmless, chosen: Vec::new(), cut_short: false };
    // For each edge chosen so far: its witness, and the excuses up to there.
    let mut path: Vec<(usize, Excuses)> = Vec::with_capacity(edges.len());
    let mut next = 0;
    for _ in 0..MOST_CHOICES {
        let depth = path.len();
        if depth == edges.len() || next == edges[depth].len() {
            // Everything below here is done: back to the next witness of the edge before.
            let Some((last, _)) = path.pop() else { return best };
            next = last + 1;
            continue;
        }
        let before = path.last().map_or(Excuses::default(), |&(_, excuses)| excuses);
        let excuses = extend(edges, &path, before, next);
        match excuses {
            Some(excuses) if excuses.rank() < best.rank && matters(excuses.rank()) => {
                path.push((next, excuses));
                next = 0;
                if path.len() == edges.len() {
                    best.rank = excuses.rank();
                    best.chosen = path.iter().map(|&(chosen, _)| chosen).collect();
                    if best.rank == Rank::Inversion {
                        return best;
                    }
                }
            }
            _ => next += 1,
        }
    }
    best.cut_short = true;
    best
}

/// Adds one witness to a combination. `None` if no writer could make it block.
fn extend(edges: &[&[Step]], path: &[(usize, Excuses)], before: Excuses, chosen: usize) -> Option<Excuses> {
    let step = &edges[path.len()][chosen];
    let mut excuses = before;
    for (edge, &(earlier, _)) in path.iter().enumerate() {
        let earlier = &edges[edge][earlier];
        excuses.sequential |= step.witness.is_sequential_with(step.from, &earlier.witness, earlier.from);
        excuses.gated |= step.witness.excludes(&earlier.witness);
    }
    if let Some(&(previous, _)) = path.last() {
        excuses.writer |= needs_writer(&edges[path.len() - 1][previous], step)?;
    }
    if path.len() + 1 == edges.len() {
        let first = path.first().map_or(step, |&(first, _)| &edges[0][first]);
        excuses.writer |= needs_writer(step, first)?;
    }
    Some(excuses)
}

/// Does `request` wait for the holder `next` only because a writer came between? `None` if it does not wait at all.
fn needs_writer(request: &Step, next: &Step) -> Option<bool> {
    match (request.witness.mode, next.hold().held.access.mode) {
        (Mode::Exclusive, _) | (_, Mode::Exclusive) => Some(false),
        (Mode::Shared, _) => Some(true),
        (Mode::SharedRecursive | Mode::Permit, _) => None,
    }
}

impl Excuses {
    fn rank(self) -> Rank {
        match (self.writer, self.sequential, self.gated) {
            (false, false, false) => Rank::Inversion,
            (true, false, false) => Rank::WriterBetween,
            (false, true, false) => Rank::Sequential,
            (false, false, true) => Rank::Gated,
            _ => Rank::Harmless,
        }
    }
}

impl Rank {
    /// Returns the lint of a cycle of this rank among instances. `None` for a harmless one.
    pub(crate) fn lint(self) -> Option<Lint> {
        match self {
            Self::Inversion => Some(Lint::LockOrder),
            Self::WriterBetween => Some(Lint::WriterBetween),
            Self::Sequential => Some(Lint::SequentialOrder),
            Self::Gated => Some(Lint::GatedOrder),
            Self::Harmless => None,
        }
    }
}
