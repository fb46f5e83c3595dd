//! Gives everything that records name a number: the same content has one number, whatever record it came from.
//!
//! Must not know: edges, findings, files.
//! INVARIANT: a number says nothing about order; what is sorted or chosen is compared by content.

use super::witness::Witness;
use crate::union::{Class, Seen};
use gordian::record::format::{Mode, Process};
use gordian::record::union::{self, place};
use gordian::{Frame, Place};
use indexmap::{Equivalent, IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHasher};
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hash, Hasher};

type Set<T> = IndexSet<T, FxBuildHasher>;
type Map<K, V> = IndexMap<K, V, FxBuildHasher>;

/// What records name, numbered.
#[derive(Default, Debug)]
pub(super) struct Tables {
    processes: Map<Identity, Seen>,
    /// What is no part of what a class is: the first in their order stands for all.
    classes: Map<ClassKey, Shown>,
    class_hashes: Vec<u64>,
    places: Set<Place>,
    place_hashes: Vec<u64>,
    names: Set<String>,
    frames: Set<Frame>,
    stacks: Set<Box<[u32]>>,
}

/// What tells a process from all others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Identity {
    host: String,
    pid: u32,
    started_ms: u64,
    program: String,
}

/// What tells a class from all others, as in `gordian`: where it was created, and its name or what it is. A lock between
/// processes is its path, which is its name, and programs open it at many places.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct ClassKey {
    created: Option<Place>,
    name: Option<String>,
    of: Option<(String, String)>,
}

/// How a class is told: where it was created, of which kind, and of which type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shown {
    created: Place,
    kind: String,
    type_name: String,
}

/// A class, as a look-up needs it: the same hash as its key has.
#[derive(Hash)]
struct ClassRef<'a> {
    created: Option<&'a Place>,
    name: Option<&'a str>,
    of: Option<(&'a str, &'a str)>,
}

/// A place, as a look-up needs it: the same hash as the place itself has.
#[derive(Hash)]
pub(super) struct PlaceRef<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Equivalent<ClassKey> for ClassRef<'_> {
    fn equivalent(&self, key: &ClassKey) -> bool {
        let of = key.of.as_ref().map(|(kind, type_name)| (kind.as_str(), type_name.as_str()));
        (self.created, self.name, self.of) == (key.created.as_ref(), key.name.as_deref(), of)
    }
}

impl Equivalent<Place> for PlaceRef<'_> {
    fn equivalent(&self, place: &Place) -> bool {
        (self.line, self.column, self.file) == (place.line, place.column, place.file.as_str())
    }
}

impl<'a> PlaceRef<'a> {
    pub(super) fn of(place: &'a Place) -> Self {
        Self { file: &place.file, line: place.line, column: place.column }
    }

    fn to_place(&self) -> Place {
        place(self.file, self.line, self.column)
    }
}

impl Shown {
    fn new(created: &Place, kind: &str, type_name: &str) -> Self {
        Self { created: created.clone(), kind: kind.to_owned(), type_name: type_name.to_owned() }
    }
}

impl Identity {
    pub(super) fn of(process: &Process) -> Self {
        let Process { host, pid, started_ms, program, .. } = process;
        Self { host: host.clone(), pid: *pid, started_ms: *started_ms, program: program.clone() }
    }
}

/// Returns a hash that is the same in every process and on every machine of one width.
pub(super) fn hash_of<T: Hash>(content: &T) -> u64 {
    FxBuildHasher.hash_one(content)
}

/// Returns the hash of a list, item by item.
pub(super) fn hash_of_each<T: Hash>(items: impl Iterator<Item = T>) -> u64 {
    let mut hasher = FxHasher::default();
    items.for_each(|item| item.hash(&mut hasher));
    hasher.finish()
}

fn number(index: usize) -> u32 {
    // INVARIANT: four billion different places or names do not fit into memory before this fails.
    u32::try_from(index).expect("fewer than 2^32 different things in all records")
}

impl Tables {
    pub(super) fn knows(&self, process: &Identity) -> bool {
        self.processes.contains_key(process)
    }

    /// Returns a process's number. If it is known already, the better record of it stands.
    pub(super) fn process(&mut self, seen: Seen) -> u32 {
        let (index, old) = self.processes.insert_full(Identity::of(&seen.process), seen);
        if let Some(old) = old {
            let known = &mut self.processes[index];
            let new = known.clone();
            *known = std::cmp::max_by(old, new, |one, other| {
                (one.is_whole, &one.process).cmp(&(other.is_whole, &other.process))
            });
        }
        number(index)
    }

    /// Returns a class's number. `created` is the number of its place.
    pub(super) fn class(&mut self, created: u32, name: Option<&str>, kind: &str, type_name: &str) -> u32 {
        let place = &self.places[created as usize];
        let of = name.is_none().then_some((kind, type_name));
        let key = ClassRef { created: (!is_path(name, kind)).then_some(place), name, of };
        if let Some((index, _, known)) = self.classes.get_full_mut(&key) {
            if (place, kind, type_name) < (&known.created, known.kind.as_str(), known.type_name.as_str()) {
                *known = Shown::new(place, kind, type_name);
            }
            return number(index);
        }
        let key = ClassKey {
            created: key.created.cloned(),
            name: name.map(str::to_owned),
            of: of.map(|(kind, type_name)| (kind.to_owned(), type_name.to_owned())),
        };
        self.class_hashes.push(hash_of(&key));
        number(self.classes.insert_full(key, Shown::new(place, kind, type_name)).0)
    }

    pub(super) fn place(&mut self, place: &PlaceRef<'_>) -> u32 {
        number(self.places.get_index_of(place).unwrap_or_else(|| {
            self.place_hashes.push(hash_of(place));
            self.places.insert_full(place.to_place()).0
        }))
    }

    pub(super) fn name(&mut self, name: Option<&str>) -> Option<u32> {
        name.map(|name| {
            let known = self.names.get_index_of(name);
            number(known.unwrap_or_else(|| self.names.insert_full(name.to_owned()).0))
        })
    }

    pub(super) fn stack(&mut self, frames: Vec<Frame>) -> Option<u32> {
        if frames.is_empty() {
            return None;
        }
        let frames: Box<[u32]> = frames.into_iter().map(|frame| number(self.frames.insert_full(frame).0)).collect();
        Some(number(self.stacks.insert_full(frames).0))
    }

    pub(super) fn seen(&self, process: u32) -> &Seen {
        &self.processes[process as usize]
    }

    pub(super) fn class_at(&self, class: u32) -> Class {
        // INVARIANT: numbers of classes are given by `class` alone.
        let (ClassKey { name, .. }, Shown { created, kind, type_name }) =
            self.classes.get_index(class as usize).expect("a class that was numbered");
        Class { created: created.clone(), name: name.clone(), kind: kind.clone(), type_name: type_name.clone() }
    }

    /// True if nothing tells the locks of a class from others: created inside std, no name. Such a class has no orders.
    pub(super) fn is_of_std(&self, class: u32) -> bool {
        let ClassKey { created, name, .. } = self.class_key(class);
        created.as_ref().is_some_and(|created| is_of_std(name.as_deref(), created))
    }

    pub(super) fn place_at(&self, place: u32) -> &Place {
        &self.places[place as usize]
    }

    pub(super) fn name_at(&self, name: Option<u32>) -> Option<&str> {
        name.map(|name| self.names[name as usize].as_str())
    }

    pub(super) fn stack_at(&self, stack: Option<u32>) -> impl Iterator<Item = &Frame> {
        let frames = stack.map_or(&[][..], |stack| &self.stacks[stack as usize]);
        frames.iter().map(|&frame| &self.frames[frame as usize])
    }

    /// Returns what hashes of witnesses are made of.
    pub(super) fn hash_of_process(&self, process: u32) -> u64 {
        hash_of(self.processes.get_index(process as usize).map(|(identity, _)| identity).expect("a numbered process"))
    }

    pub(super) fn hash_of_class(&self, class: u32) -> u64 {
        self.class_hashes[class as usize]
    }

    pub(super) fn hash_of_place(&self, place: u32) -> u64 {
        self.place_hashes[place as usize]
    }

    fn class_key(&self, class: u32) -> &ClassKey {
        self.classes.get_index(class as usize).map(|(key, _)| key).expect("a class that was numbered")
    }

    pub(super) fn compare_processes(&self, one: u32, other: u32) -> Ordering {
        self.seen(one).process.cmp(&self.seen(other).process)
    }

    pub(super) fn compare_classes(&self, one: u32, other: u32) -> Ordering {
        self.class_key(one).cmp(self.class_key(other))
    }

    pub(super) fn compare_gates(&self, one: &[(u32, Mode)], other: &[(u32, Mode)]) -> Ordering {
        let content = |gates: &[(u32, Mode)]| -> Vec<(&ClassKey, Mode)> {
            gates.iter().map(|&(class, mode)| (self.class_key(class), mode)).collect()
        };
        if one == other { Ordering::Equal } else { content(one).cmp(&content(other)) }
    }

    /// Returns the numbers of all processes, in the order of their content.
    pub(super) fn sorted_processes(&self) -> Vec<u32> {
        let mut all: Vec<u32> = (0..number(self.processes.len())).collect();
        all.sort_unstable_by(|&one, &other| self.seen(one).cmp(self.seen(other)));
        all
    }

    /// Returns the numbers of all classes, in the order of their content.
    pub(super) fn sorted_classes(&self) -> Vec<u32> {
        let mut all: Vec<u32> = (0..number(self.classes.len())).collect();
        all.sort_unstable_by(|&one, &other| self.compare_classes(one, other));
        all
    }

    /// Takes in all that other tables have, and returns what their numbers are here.
    pub(super) fn absorb(&mut self, other: Self) -> Renumbered {
        let frames: Vec<u32> = other.frames.into_iter().map(|frame| number(self.frames.insert_full(frame).0)).collect();
        let stack = |stack: Box<[u32]>| -> Box<[u32]> { stack.iter().map(|&frame| frames[frame as usize]).collect() };
        let stacks = other.stacks.into_iter().map(|old| number(self.stacks.insert_full(stack(old)).0)).collect();
        let class = |tables: &mut Self, (key, Shown { created, kind, type_name }): (&ClassKey, &Shown)| {
            let created = tables.place(&PlaceRef::of(created));
            tables.class(created, key.name.as_deref(), kind, type_name)
        };
        Renumbered {
            stacks,
            classes: other.classes.iter().map(|entry| class(self, entry)).collect(),
            processes: other.processes.into_values().map(|seen| self.process(seen)).collect(),
            places: other.places.iter().map(|place| self.place(&PlaceRef::of(place))).collect(),
            names: other.names.into_iter().map(|name| number(self.names.insert_full(name).0)).collect(),
        }
    }
}

/// True of locks between processes: their names are paths, and so they are the same in every process of a machine.
fn is_path(name: Option<&str>, kind: &str) -> bool {
    name.is_some() && union::is_between_processes(kind)
}

/// True of locks that were created inside std without a name: `Arc::default`, `Entry::or_default`.
pub(super) fn is_of_std(name: Option<&str>, created: &Place) -> bool {
    name.is_none() && created.file.starts_with("/rustc/")
}

/// The numbers that other tables' numbers have become.
#[derive(Debug)]
pub(super) struct Renumbered {
    pub(super) processes: Vec<u32>,
    classes: Vec<u32>,
    places: Vec<u32>,
    names: Vec<u32>,
    stacks: Vec<u32>,
}

impl Renumbered {
    pub(super) fn class(&self, class: u32) -> u32 {
        self.classes[class as usize]
    }

    pub(super) fn sorted_classes(&self, classes: Vec<u32>) -> Vec<u32> {
        let mut classes: Vec<u32> = classes.into_iter().map(|class| self.class(class)).collect();
        classes.sort_unstable();
        classes
    }

    /// Gives a witness the numbers that it has here.
    pub(super) fn witness(&self, mut witness: Witness) -> Witness {
        witness.process = self.processes[witness.process as usize];
        witness.held_at = self.places[witness.held_at as usize];
        witness.wanted_at = self.places[witness.wanted_at as usize];
        witness.thread_name = witness.thread_name.map(|name| self.names[name as usize]);
        witness.stack = witness.stack.map(|stack| self.stacks[stack as usize]);
        witness.gates.iter_mut().for_each(|(class, _)| *class = self.class(*class));
        witness
    }
}
