//! Turns what a process saw into lines that name each place, class, thread and stack once, and each edge.
//!
//! Must not know: files.
//! INVARIANT: the tables are bounded; what had no room is counted.

use super::format::{Class, Edge, Line, Mode, Stack, Thread};
use crate::analysis::lock_order::Question;
use crate::event::{self, LockClass, ThreadId};
use crate::finding::{Inherited, Wanted};
use crate::json::Json;
use crate::report::{LockReport, Place};
use crate::rt::Site;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::Arc;

/// Lines to be written, and what earlier ones have told.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    places: FxHashMap<Site, u32>,
    classes: FxHashMap<LockClass, u32>,
    threads: FxHashSet<ThreadId>,
    stacks: u32,
    /// Without threads and stacks: who was seen first stands for all.
    edges: FxHashSet<Edge>,
    dropped: u64,
}

/// Edges that a record tells of.
// COST: an edge of a record is a line of about 100 bytes and a stack of 200, and 80 bytes here: at worst 20 MB and 5 MB.
const MOST_EDGES: usize = if cfg!(test) { 8 } else { 65_536 };

impl Lines {
    /// Adds a line.
    pub(super) fn add(&mut self, line: &Line<'_>) {
        line.tell(&mut self.text);
        self.text.push('\n');
    }

    /// Returns the lines that were added since the last time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.text).into_bytes()
    }

    /// Returns how many edges had no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns the edges of a request that no line has told yet, without stacks, and adds the lines of what they name.
    pub(super) fn edges(&mut self, question: &Question<'_>, inherited: &[Arc<Inherited>]) -> Vec<Edge> {
        let wanted_class = question.wanted.class();
        let mut news = Vec::new();
        if wanted_class.is_of_std() {
            return news;
        }
        for (from, hold) in question.held.iter().enumerate() {
            let class = hold.class();
            if class == wanted_class || class.is_of_std() {
                continue;
            }
            // A lock that its starter gives back before the thread ends guards no longer: of other processes' orders, that
            // excuses some that it should not. Locks of std's making may be any locks.
            let outer = inherited.iter().map(|gate| &gate.held);
            let others = question.held.iter().enumerate().filter(|(at, _)| *at != from).map(|(_, held)| held);
            let gates = outer.chain(others).filter(|gate| !gate.class().is_of_std());
            let edge = (|| {
                Some(Edge {
                    from: self.class(&Wanted::of(hold))?,
                    to: self.class(&question.wanted)?,
                    held: hold.access.mode.into(),
                    wanted: question.wanted.access.mode.into(),
                    held_at: self.place(hold.site)?,
                    wanted_at: self.place(question.site)?,
                    gates: gates
                        .map(|gate| Some((self.class(&Wanted::of(gate))?, gate.access.mode.into())))
                        .collect::<Option<_>>()?,
                    thread: 0,
                    stack: None,
                })
            })();
            match edge {
                Some(edge) if self.edges.contains(&edge) => {}
                Some(edge) if self.has_room() => {
                    self.edges.insert(edge.clone());
                    news.push(Edge { thread: question.thread.0, ..edge });
                }
                _ => self.dropped += 1,
            }
        }
        news
    }

    /// Tells of a thread, if it is new.
    pub(super) fn add_thread(&mut self, thread: ThreadId, name: Option<&str>) {
        if self.threads.insert(thread) {
            self.add(&Line::Thread(Thread { number: thread.0, name: name.map(Cow::Borrowed) }));
        }
    }

    /// Tells of a stack and returns its number.
    pub(super) fn add_stack(&mut self, stack: Stack) -> u32 {
        self.add(&Line::Stack(stack));
        self.stacks += 1;
        self.stacks - 1
    }

    fn has_room(&self) -> bool {
        self.edges.len() < MOST_EDGES
    }

    /// Returns the number of a lock's class. `None` if it is new and there is no room for edges to it.
    fn class(&mut self, lock: &Wanted) -> Option<u32> {
        let class = lock.class();
        if let Some(&number) = self.classes.get(&class) {
            return Some(number);
        }
        let created = self.place(lock.created)?;
        let LockReport { name, kind, type_name, .. } = LockReport::new(lock);
        let (name, kind, type_name) = (name.map(Cow::Borrowed), Cow::Borrowed(kind), Cow::Owned(type_name));
        self.has_room().then(|| {
            self.add(&Line::Class(Class { name, kind, type_name, created }));
            number(&mut self.classes, class)
        })
    }

    fn place(&mut self, site: Site) -> Option<u32> {
        if let Some(&number) = self.places.get(&site) {
            return Some(number);
        }
        self.has_room().then(|| {
            self.add(&Line::Place(Place::new(site)));
            number(&mut self.places, site)
        })
    }
}

/// Adds what is not in the table.
fn number<K: Eq + std::hash::Hash>(table: &mut FxHashMap<K, u32>, key: K) -> u32 {
    // There are at most a few for each edge.
    let number = table.len() as u32;
    table.insert(key, number);
    number
}

impl From<event::Mode> for Mode {
    fn from(mode: event::Mode) -> Self {
        match mode {
            event::Mode::Exclusive => Self::Exclusive,
            event::Mode::Shared => Self::Shared,
            event::Mode::SharedRecursive => Self::SharedRecursive,
            // It has no order, so no line tells of it.
            event::Mode::Permit => Self::Shared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Access, HeldLock, Kind, LockId, Name, Note, QuestionHash, Tick};
    use crate::rt::Flag;

    static MUTEX: Access = Access { kind: Kind::Mutex, mode: event::Mode::Exclusive, type_name: || "u8" };

    fn held(number: u64, created: Site) -> HeldLock {
        HeldLock {
            lock: LockId(number),
            created,
            access: &MUTEX,
            site: Site::caller(),
            known: 0,
            note: Note::new(Name(0)),
        }
    }

    fn places<const COUNT: usize>() -> [Site; COUNT] {
        // Places differ by their column.
        let all = [
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
            Site::caller(),
        ];
        *all.first_chunk().expect("there are enough")
    }

    /// What a thread asks that holds locks and requests one more.
    fn ask(lines: &mut Lines, held: &[HeldLock], wanted: HeldLock, inherited: &[HeldLock]) -> Vec<Edge> {
        let lend = |held: &HeldLock| Inherited { held: *held, holder: ThreadId(9), revoked: Flag::new() };
        let inherited: Vec<_> = inherited.iter().map(|held| Arc::new(lend(held))).collect();
        let question = Question {
            thread: ThreadId(1),
            thread_name: None,
            tick: Tick(1),
            held,
            stacks: &[],
            wanted: Wanted::of(&wanted),
            known: 0,
            site: wanted.site,
            hash: QuestionHash(1),
            births: 0,
            backtrace: None,
        };
        lines.edges(&question, &inherited)
    }

    fn text(lines: &mut Lines) -> String {
        String::from_utf8(lines.take()).expect("JSON is text")
    }

    #[test]
    fn an_edge_is_told_once_and_whatever_differs_is_another_one() {
        let mut lines = Lines::default();
        let [a, b, gate] = places().map(|place| held(1, place));
        assert_eq!(ask(&mut lines, &[a], b, &[]).len(), 1);
        assert_eq!(text(&mut lines).lines().count(), 2 + 2 + 1, "two places and classes, and where it was requested");
        assert_eq!(ask(&mut lines, &[a], HeldLock { lock: LockId(7), ..b }, &[]), []);
        assert_eq!(text(&mut lines), "");
        let others = [
            ask(&mut lines, &[b], a, &[]),
            ask(&mut lines, &[HeldLock { site: a.created, ..a }], b, &[]),
            ask(&mut lines, &[a], HeldLock { site: a.created, ..b }, &[]),
            ask(&mut lines, &[a], b, &[gate]),
        ];
        assert!(others.iter().all(|edges| edges.len() == 1), "{others:?}");
        assert_eq!(others[3][0].gates, [(2, Mode::Exclusive)]);
        assert_eq!(lines.dropped(), 0);
    }

    #[test]
    fn two_held_locks_give_two_edges_and_gate_each_other() {
        let mut lines = Lines::default();
        let [a, b, c] = places().map(|place| held(1, place));
        let edges = ask(&mut lines, &[a, b], c, &[]);
        let ends: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to, edge.gates[0].0)).collect();
        let of = |lock: HeldLock| lines.classes[&lock.class()];
        assert_eq!(ends, [(of(a), of(c), of(b)), (of(b), of(c), of(a))]);
    }

    #[test]
    fn locks_of_one_class_have_no_order() {
        let [a] = places().map(|place| held(1, place));
        let mut lines = Lines::default();
        assert_eq!(ask(&mut lines, &[a], HeldLock { lock: LockId(2), ..a }, &[]), []);
        assert_eq!(text(&mut lines), "");
    }

    #[test]
    fn what_has_no_room_is_counted_and_adds_no_lines() {
        let mut lines = Lines::default();
        let all: [HeldLock; 12] = places().map(|place| held(1, place));
        let full = 1 + MOST_EDGES;
        for number in 1..full {
            assert_eq!(ask(&mut lines, &all[..1], all[number], &[]).len(), 1);
        }
        assert_eq!((ask(&mut lines, &all[..1], all[1], &[]), lines.dropped()), (vec![], 0), "it is known");
        text(&mut lines);
        assert_eq!((ask(&mut lines, &all[..1], all[full], &[]), lines.dropped()), (vec![], 1));
        assert_eq!((ask(&mut lines, &all[1..2], all[0], &[]), lines.dropped()), (vec![], 2));
        assert_eq!(text(&mut lines), "");
    }
}
