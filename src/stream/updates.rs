//! Finds updates that are lost: a value that is read, changed by another thread, and overwritten by who read it.
//!
//! Must not know: what the value is for.
//! Source: the pattern R-W-W of AVIO (Lu et al. 2006). We differ: who overwrites is told what it replaces, so that a change
//! in between is seen as such, whatever the order in which threads tell of theirs.
//! INVARIANT: a finding's first and last access are the running thread's own, with no hand-over but a lock's in between, and the
//! value that it replaced is not the one that it had read.

use super::races::in_task;
use super::thread::{Thread, here, refuse};
use crate::config;
use crate::event::{self, Access, Deed, Kind, LockId, Name, ThreadId, Value};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::rt::{Backtrace, LastWrites, Site};
use std::cell::Cell;
use std::sync::Arc;

/// What a thread has read since something was last handed over to it, as far as it is remembered.
pub(super) struct Reads {
    reads: [Cell<Read>; READS],
    /// The values read, where they are not what tells one from another.
    values: [Cell<u64>; READS],
    /// False if none is remembered.
    any: Cell<bool>,
}

#[derive(Clone, Copy)]
struct Read {
    /// Where: an atomic's address, or a cell's number.
    from: u64,
    /// What tells one value there from another.
    mark: u64,
    site: Option<Site>,
}

/// A value somewhere.
#[derive(Clone, Copy)]
pub(crate) struct Content {
    /// What tells it from another: the value itself, or the number of the write that put it there.
    pub mark: u64,
    /// The value; `None` if it does not fit a word.
    pub value: Option<Value>,
}

/// A write that may overwrite what its thread has not seen.
#[derive(Clone, Copy)]
pub(crate) struct Overwrite {
    /// Where: an atomic's address, or a cell's number.
    pub to: u64,
    pub access: &'static Access,
    pub site: Site,
    pub found: Content,
    pub left: Content,
    /// Where the place was created, and its name. What has neither is called by where it was read.
    pub made: Option<(Site, Name)>,
}

/// Reads a thread remembers; a power of two.
const READS: usize = 16;

/// Who wrote last.
static LAST: LastWrites<4096> = LastWrites::new();

impl Reads {
    pub(super) const fn new() -> Self {
        Self {
            reads: [const { Cell::new(Read { from: 0, mark: 0, site: None }) }; READS],
            values: [const { Cell::new(0) }; READS],
            any: Cell::new(false),
        }
    }

    /// What is read from now on, or was told, may be what a write is based on: earlier reads are not.
    #[inline]
    pub(super) fn clear(&self) {
        if self.any.get() {
            self.clear_all();
        }
    }

    #[cold]
    fn clear_all(&self) {
        self.any.set(false);
        self.reads.iter().for_each(|read| read.set(Read { from: 0, ..read.get() }));
    }

    #[inline(always)]
    fn place(&self, from: u64) -> &Cell<Read> {
        &self.reads[index(from)]
    }
}

#[inline(always)]
fn index(from: u64) -> usize {
    ((from >> 3) ^ (from >> 7)) as usize % READS
}

/// The running thread has read a value that is its own mark.
#[inline(always)]
pub(crate) fn read(from: u64, mark: u64, site: Site) {
    let thread = here();
    let place = thread.reads.place(from);
    // Whoever has read there since the last hand-over has said so.
    if place.get().from != from {
        LAST.expect(from);
        thread.reads.any.set(true);
    }
    place.set(Read { from, mark, site: Some(site) });
}

/// The running thread has read a value, if it is one that fits a word.
#[inline(always)]
pub(crate) fn read_value(from: u64, content: Content, site: Site) {
    read(from, content.mark, site);
    here().reads.values[index(from)].set(content.value.map_or(0, Value::bits));
}

/// True if the running thread remembers a read from here, so that its write wants to know what it replaces.
#[inline(always)]
pub(crate) fn has_read(from: u64) -> bool {
    here().reads.place(from).get().from == from
}

/// The running thread has written here. What it read before is behind it.
#[inline(always)]
pub(crate) fn wrote(to: u64, mark: u64, site: Site) {
    keep(to, mark, site, 0);
}

/// The running thread has read and written here in one step.
#[inline(always)]
pub(crate) fn updated(to: u64, mark: u64, site: Site) {
    keep(to, mark, site, UPDATED);
}

#[inline(always)]
fn keep(to: u64, mark: u64, site: Site, how: u32) {
    let thread = here();
    let place = thread.reads.place(to);
    if place.get().from == to {
        place.set(Read { from: 0, ..place.get() });
    }
    LAST.put(to, mark, thread.number().0 | how, site);
}

/// Beside the number of a thread that wrote: it did so in one step with a read.
const UPDATED: u32 = 1 << 31;

/// The running thread has overwritten a value.
///
/// # Panics
/// If an update was lost, and that is denied. The value is overwritten by then.
#[inline]
#[track_caller]
pub(crate) fn overwrote(write: &Overwrite) {
    let thread = here();
    let Overwrite { to, site, found, left, .. } = *write;
    let read = thread.reads.place(to).get();
    // Who wrote in between is known, or it may have been nobody: the place may be another one by now, at the same address.
    let is_stale = read.from == to && read.mark != found.mark;
    let between = is_stale.then(|| LAST.find(to, found.mark)).flatten();
    wrote(to, left.mark, site);
    if let Some(between) = between {
        thread.lost(&read, between, write);
    }
}

impl Thread {
    #[cold]
    #[track_caller]
    fn lost(&self, read: &Read, between: (u32, Site), write: &Overwrite) {
        self.register();
        let other = between.0 & !UPDATED;
        // A flag that is set twice is set, and a pointer to the same thing is the same.
        let is_plain = matches!(write.left.value, Some(Value::Bool(_) | Value::Address(_)));
        if other == self.number().0 || (is_plain && write.left.value == write.found.value) {
            return;
        }
        let Some(inside) = self.gate.enter() else { return };
        let finding = self.lost_update(read, between, write);
        drop(inside);
        let refusal = finding.and_then(|finding| self.tell(&finding));
        if let Some(refusal) = refusal {
            refuse(refusal);
        }
    }

    fn lost_update(&self, read: &Read, between: (u32, Site), write: &Overwrite) -> Option<Finding> {
        // Tasks come and go on a thread: what one of them has read another one need not go by.
        if in_task() {
            return None;
        }
        let settings = config::settings().ok()?;
        let read_at = read.site?;
        let (created, name) = write.made.unwrap_or((read_at, Name(0)));
        let lock = LockId(event::mix(write.to));
        let wanted = Wanted { lock, created, name, access: write.access };
        let party = |deed, site, value| Party {
            thread: self.number(),
            thread_name: std::thread::current().name().map(Arc::from),
            held: Box::default(),
            holds: None,
            act: Some((deed, wanted)),
            site,
            backtrace: None,
            wakers: Wakers::Nobody,
            lasted: None,
            value,
        };
        let (other, other_site) = (between.0 & !UPDATED, between.1);
        let deed = if between.0 == other { Deed::Write } else { Deed::Update };
        let between = Party {
            thread: ThreadId(other),
            thread_name: super::wait::name_of(ThreadId(other)),
            ..party(deed, other_site, write.found.value)
        };
        let backtrace = (settings.backtraces != config::Backtraces::Off).then(|| Arc::new(Backtrace::capture()));
        let last =
            Party { held: self.held.copied().into(), backtrace, ..party(Deed::Write, write.site, write.left.value) };
        let is_atomic = write.access.kind == Kind::Atomic;
        let bits = if is_atomic { read.mark } else { self.reads.values[index(write.to)].get() };
        let first = party(Deed::Read, read_at, write.left.value.map(|value| value.of_same_kind(bits)));
        Some(Finding::of_parties(Lint::LostUpdate, vec![first, between, last]))
    }
}
