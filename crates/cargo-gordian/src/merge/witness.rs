//! Chooses which evidence for an edge is kept: few witnesses, as different as can be.
//!
//! Must not know: files, cycles.
//! Source: a bottom-k sample (Cohen, Kaplan 2007), stratified: witnesses are ranked among those of the same shape (modes
//! and other locks held), and those of low rank are kept, so that no shape hides another one behind its number.
//! INVARIANT: what is kept of two choices together is what would have been kept of all at once: ranks only grow as
//! witnesses come, so one that was dropped would be dropped again.

use super::tables::{Tables, hash_of};
use gordian::record::format::Mode;
use std::cmp::Ordering;

/// How an order was seen, in numbers of [`Tables`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Witness {
    pub(super) shape: Shape,
    /// Of all its content but the shape's and the stack: a draw that does not depend on the order of merging.
    pub(super) hash: u64,
    pub(super) process: u32,
    pub(super) thread: u32,
    pub(super) thread_name: Option<u32>,
    pub(super) held_at: u32,
    pub(super) wanted_at: u32,
    /// What else was held, oldest first.
    pub(super) gates: Box<[(u32, Mode)]>,
    pub(super) stack: Option<u32>,
    /// The stack's number in the record that is being read, until it is resolved.
    pub(super) unresolved: Option<u32>,
}

/// What matters of a witness for the question whether a cycle can hang. The plainest shape is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Shape {
    /// How many other locks were held: the fewer, the fewer excuses.
    pub(super) gates: u32,
    pub(super) held: Mode,
    pub(super) wanted: Mode,
    /// Of the other locks and their modes.
    pub(super) hash: u64,
}

impl Witness {
    /// Returns the hash of a witness, from the hashes of its process and its places.
    pub(super) fn draw(process: u64, thread: u32, held_at: u64, wanted_at: u64) -> u64 {
        hash_of(&(process, thread, held_at, wanted_at))
    }
}

/// The witnesses of an edge that are kept, by their rank among those of their shape, then by shape.
#[derive(Clone, Default, Debug)]
pub(super) struct Kept(Vec<Witness>);

// COST: 8 keep a cycle of two edges at 64 pairs to judge, as within a process.
pub(super) const MOST: usize = 8;

impl Kept {
    pub(super) fn witnesses(&self) -> &[Witness] {
        &self.0
    }

    pub(super) fn witnesses_mut(&mut self) -> &mut [Witness] {
        &mut self.0
    }

    pub(super) fn into_witnesses(self) -> impl Iterator<Item = Witness> {
        self.0.into_iter()
    }

    /// True if a witness of this shape and hash may be kept; most that come late are not.
    pub(super) fn wants(&self, shape: &Shape, hash: u64) -> bool {
        let [.., last] = &self.0[..] else { return true };
        if self.0.len() < MOST {
            return true;
        }
        let of_shape = |kept: &&Witness| kept.shape == *shape;
        let rank = self.0.iter().filter(of_shape).filter(|kept| kept.hash < hash).count();
        let last_rank = self.0.iter().filter(|kept| kept.shape == last.shape).count() - 1;
        (rank, shape) < (last_rank, &last.shape) || (rank, shape) == (last_rank, &last.shape) && hash <= last.hash
    }

    /// Adds a witness, and drops one if there are too many then.
    pub(super) fn offer(&mut self, mut witness: Witness, tables: &Tables) {
        let is_known = |known: &&mut Witness| compare(known, &witness, tables) == Ordering::Equal;
        if let Some(known) = self.0.iter_mut().find(is_known) {
            if is_better_stack(witness.stack, known.stack, tables) {
                known.stack = witness.stack;
            }
            known.unresolved = known.unresolved.or(witness.unresolved);
            return;
        }
        // Those of its shape stand in their order: it takes its place among them, and the last one moves on.
        let mut rank = 0;
        for kept in &mut self.0 {
            if compare_shapes(kept, &witness, tables) == Ordering::Equal {
                rank += 1;
                if compare(&witness, kept, tables) == Ordering::Less {
                    std::mem::swap(kept, &mut witness);
                }
            }
        }
        let is_before = |index: usize| {
            let kept = &self.0[index];
            let same = |other: &&Witness| compare_shapes(kept, other, tables) == Ordering::Equal;
            match self.0[..index].iter().filter(same).count().cmp(&rank) {
                Ordering::Equal => compare_shapes(kept, &witness, tables) == Ordering::Less,
                order => order == Ordering::Less,
            }
        };
        let place = (0..self.0.len()).take_while(|&index| is_before(index)).count();
        if place < MOST {
            self.0.truncate(MOST - 1);
            self.0.insert(place, witness);
        }
    }
}

/// Compares all but the stacks.
fn compare(one: &Witness, other: &Witness, tables: &Tables) -> Ordering {
    compare_shapes(one, other, tables).then_with(|| one.hash.cmp(&other.hash)).then_with(|| {
        let place = |place: u32| tables.place_at(place);
        tables
            .compare_processes(one.process, other.process)
            .then_with(|| one.thread.cmp(&other.thread))
            .then_with(|| place(one.held_at).cmp(place(other.held_at)))
            .then_with(|| place(one.wanted_at).cmp(place(other.wanted_at)))
            .then_with(|| tables.name_at(one.thread_name).cmp(&tables.name_at(other.thread_name)))
    })
}

fn compare_shapes(one: &Witness, other: &Witness, tables: &Tables) -> Ordering {
    one.shape.cmp(&other.shape).then_with(|| match one.shape.gates {
        0 => Ordering::Equal,
        _ => tables.compare_gates(&one.gates, &other.gates),
    })
}

/// A stack is better than none; of two it is the one that comes first.
fn is_better_stack(new: Option<u32>, known: Option<u32>, tables: &Tables) -> bool {
    match (new, known) {
        (Some(_), None) => true,
        (Some(new), Some(known)) if new != known => tables.stack_at(Some(new)).lt(tables.stack_at(Some(known))),
        _ => false,
    }
}
