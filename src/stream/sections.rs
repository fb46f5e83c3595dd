//! Tells critical sections, and accesses to watched cells, to the analysis of what other threads come between.
//!
//! Must not know: which triples are meant.
//! INVARIANT: a section is told before its lock is given back, so that sections of one lock are told in their order.

use super::relay;
use super::thread::{Thread, here, refuse};
use crate::analysis::atomicity::{Section, Sections, Split, StaleWrites, Triples, Use};
use crate::config::{self, Backtraces, WATCHED};
use crate::event::{Deed, HeldLock, Kind, LockId, Way};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::rt::{Backtrace, RawLock, Site, Switch, Touched};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// All that was told.
#[derive(Default)]
struct Told {
    sections: Sections<Arc<Party>>,
    cells: FxHashMap<LockId, Triples<Arc<Party>>>,
}

static TOLD: RawLock<Option<Told>> = RawLock::new(None);

/// The running thread is about to give a lock back, whose guard was used so.
#[cold]
pub(crate) fn ended(lock: LockId, touched: &Touched) {
    let steps = [(touched.was_read_first(), Way::Read), (touched.was_written(), Way::Write)];
    let usage = steps.iter().filter(|(was, _)| *was).fold(Use::default(), |usage, (_, way)| usage.then(*way));
    let thread = here();
    // The lock is still held, and a handler may want it.
    if let Some(finding) = thread.section_ended(lock, usage) {
        thread.tell_later(finding);
    }
}

/// The running thread accesses a watched cell.
///
/// # Panics
/// If a finding is denied.
#[cold]
#[track_caller]
pub(crate) fn accessed(way: Way, wanted: Wanted, site: Site) {
    let thread = here();
    thread.register();
    let refusal = thread.cell_accessed(way, wanted, site).and_then(|finding| thread.tell(&finding));
    if let Some(refusal) = refusal {
        refuse(refusal);
    }
}

/// A lock is gone, and somebody watches.
// COST: a call, so that the drop of a lock has one test of it and no more.
#[cold]
pub(super) fn lock_dropped(lock: LockId) {
    relay::had_alone(lock);
    if WATCHED.have(&[Switch::Sections]) {
        forget(lock);
    }
}

/// A lock or a cell is gone.
#[cold]
pub(crate) fn forget(thing: LockId) {
    if let Some(_inside) = here().gate.enter() {
        with(|told| {
            told.sections.forget(thing);
            told.cells.remove(&thing);
        });
    }
}

impl Thread {
    fn section_ended(&self, lock: LockId, usage: Use) -> Option<Finding> {
        let _inside = self.gate.enter()?;
        let held = self.held.copied();
        let HeldLock { created, access, site, note, .. } = *held.iter().rfind(|held| held.lock == lock)?;
        let wanted = Wanted { lock, created, name: note.name(), access };
        let deed = if usage == Use::Reads { Deed::Read } else { Deed::Write };
        let who = Arc::new(self.visitor(deed, wanted, site, held));
        let section = Section { thread: self.number(), usage, who };
        with(|told| told.sections.ended(lock, section)).map(of_split)
    }

    fn cell_accessed(&self, way: Way, wanted: Wanted, site: Site) -> Option<Finding> {
        let _inside = self.gate.enter()?;
        let deed = if way == Way::Read { Deed::Read } else { Deed::Write };
        let who = Arc::new(self.visitor(deed, wanted, site, self.held.copied()));
        let is_shared = wanted.access.kind == Kind::Shared;
        let stale_writes = if is_shared { StaleWrites::Elsewhere } else { StaleWrites::Told };
        with(|told| {
            let triples = told.cells.entry(wanted.lock).or_insert_with(|| Triples::new(stale_writes));
            triples.accessed(self.number(), way, who)
        })
        .map(of_split)
    }

    /// Forgets what the thread looked at.
    pub(super) fn forget_sections(&self) {
        with(|told| told.sections.forget_thread(self.number()));
    }

    fn visitor(&self, deed: Deed, wanted: Wanted, site: Site, held: Vec<HeldLock>) -> Party {
        let keeps_stacks = config::settings().is_ok_and(|settings| settings.backtraces != Backtraces::Off);
        Party {
            thread: self.number(),
            thread_name: std::thread::current().name().map(Arc::from),
            held: held.into(),
            holds: None,
            act: Some((deed, wanted)),
            site,
            backtrace: keeps_stacks.then(|| Arc::new(Backtrace::capture())),
            wakers: Wakers::Nobody,
            lasted: None,
            value: None,
        }
    }
}

fn of_split(split: Split<Arc<Party>>) -> Finding {
    let parties = [split.first, split.between, split.second].map(|party| Party::clone(&party));
    Finding::of_parties(Lint::Atomicity, parties.to_vec())
}

/// Uses what was told. Callers are inside the gate.
fn with<R>(act: impl FnOnce(&mut Told) -> R) -> R {
    act(TOLD.lock().get_or_insert_default())
}
