//! Finds updates that are lost: a value that is read, changed by another thread, and overwritten by who read it.
//!
//! Must not know: what the value is for.
//! Source: the pattern R-W-W of AVIO (Lu et al. 2006). We differ: who overwrites is told what it replaces, so that a change
//! in between is seen as such, whatever the order in which threads tell of theirs.
//! INVARIANT: a finding's first and last access are the running thread's own, with no hand-over to it in between, and the
//! value that it replaced is not the one that it had read.

use super::thread::{Thread, here, refuse};
use crate::config;
use crate::event::{self, Access, Deed, LockId, Name, ThreadId, Value};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::rt::{Backtrace, LastWrites, Site};
use std::cell::Cell;
use std::sync::Arc;

/// What a thread has read since something was last handed over to it, as far as it is remembered.
pub(super) struct Reads([Cell<Read>; READS]);

#[derive(Clone, Copy)]
struct Read {
    address: usize,
    /// What tells one value there from another.
    mark: u64,
    /// The value's bits.
    bits: u64,
    site: Option<Site>,
}

/// A value at an address.
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
    pub address: usize,
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
        Self([const { Cell::new(Read { address: 0, mark: 0, bits: 0, site: None }) }; READS])
    }

    /// What is read from now on, or was told, may be what a write is based on: earlier reads are not.
    pub(super) fn clear(&self) {
        self.0.iter().for_each(|read| read.set(Read { address: 0, ..read.get() }));
    }

    #[inline(always)]
    fn place(&self, address: usize) -> &Cell<Read> {
        &self.0[((address >> 3) ^ (address >> 7)) % READS]
    }
}

/// The running thread has read a value at an address.
#[inline(always)]
pub(crate) fn read(address: usize, content: Content, site: Site) {
    let bits = content.value.map_or(0, Value::bits);
    here().reads.place(address).set(Read { address, mark: content.mark, bits, site: Some(site) });
}

/// True if the running thread remembers a read at an address, so that its write wants to know what it replaces.
#[inline(always)]
pub(crate) fn has_read(address: usize) -> bool {
    here().reads.place(address).get().address == address
}

/// The running thread has written at an address. What it read there before is behind it.
#[inline(always)]
pub(crate) fn wrote(address: usize, mark: u64, site: Site) {
    let thread = here();
    let place = thread.reads.place(address);
    if place.get().address == address {
        place.set(Read { address: 0, ..place.get() });
    }
    LAST.put(address, mark, thread.number().0, site);
}

/// The running thread has overwritten a value at an address.
///
/// # Panics
/// If an update was lost, and that is denied. The value is overwritten by then.
#[inline]
#[track_caller]
pub(crate) fn overwrote(write: &Overwrite) {
    let thread = here();
    let Overwrite { address, site, found, left, .. } = *write;
    let read = thread.reads.place(address).get();
    let is_stale = read.address == address && read.mark != found.mark;
    let between = is_stale.then(|| LAST.find(address, found.mark));
    wrote(address, left.mark, site);
    if let Some(between) = between {
        thread.lost(&read, between, write);
    }
}

impl Thread {
    #[cold]
    #[track_caller]
    fn lost(&self, read: &Read, between: Option<(u32, Site)>, write: &Overwrite) {
        self.register();
        // A flag that is set twice is set, and a pointer to the same thing is the same.
        let is_plain = matches!(write.left.value, Some(Value::Bool(_) | Value::Address(_)));
        if is_plain && write.left.value == write.found.value {
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

    fn lost_update(&self, read: &Read, between: Option<(u32, Site)>, write: &Overwrite) -> Option<Finding> {
        let settings = config::settings().ok()?;
        let read_at = read.site?;
        let (created, name) = write.made.unwrap_or((read_at, Name(0)));
        let lock = LockId(event::mix(write.address as u64));
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
        let between = between.filter(|&(thread, _)| thread != self.number().0).map(|(thread, site)| Party {
            thread: ThreadId(thread),
            thread_name: super::wait::name_of(ThreadId(thread)),
            ..party(Deed::Write, site, write.found.value)
        });
        let backtrace = (settings.backtraces != config::Backtraces::Off).then(|| Arc::new(Backtrace::capture()));
        let last =
            Party { held: self.held.copied().into(), backtrace, ..party(Deed::Write, write.site, write.left.value) };
        let first = party(Deed::Read, read_at, write.left.value.map(|value| value.of_same_kind(read.bits)));
        let parties = std::iter::once(first).chain(between).chain([last]).collect();
        Some(Finding::of_parties(Lint::LostUpdate, parties))
    }
}
