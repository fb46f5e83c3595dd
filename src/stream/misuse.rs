//! Tells waits and signals of things to the analysis, each way of doing them once.
//!
//! Must not know: what a thing is.
//! INVARIANT: a thread that holds nothing pays nothing.

use super::live::{self, KNOWN};
use super::thread::{Thread, here, order};
use crate::analysis::misuse::{Misuse, Sight};
use crate::event::{self, Deed, HeldLock, LockId, Note, ThreadId};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::policy::Refusal;
use crate::rt::{Meta, RawLock, Site};

static MISUSE: RawLock<Option<Misuse>> = RawLock::new(None);

/// A thread is about to wait for a thing.
pub(crate) fn waits(meta: &Meta, thing: Wanted, deed: Deed, site: Site) -> Option<Refusal> {
    let thread = here();
    if thread.held.is_empty() || meta.is_woken_freely() {
        return None;
    }
    thread.see(meta, thing, deed, site, Wakers::Anyone, Misuse::waits)
}

/// A thread is about to wake those who wait for a thing, or who will.
#[cfg_attr(feature = "outlined", inline(never))]
#[cfg_attr(not(feature = "outlined"), inline(always))]
#[track_caller]
pub(crate) fn signals(meta: &Meta, thing: impl FnOnce() -> Wanted, deed: Deed, site: Site) {
    live::prepare();
    let thread = here();
    if thread.held.is_empty() {
        // Whoever waits under a lock can be woken by somebody who needs none.
        if !meta.is_woken_freely() {
            meta.set_woken_freely();
        }
    } else if !meta.is_woken_freely() {
        signals_under_locks(meta, thing, deed, site);
    }
}

#[inline(never)]
fn signals_under_locks(meta: &Meta, thing: impl FnOnce() -> Wanted, deed: Deed, site: Site) {
    // It warns: the signal itself does no harm, and is not refused.
    let _ = here().see(meta, thing(), deed, site, Wakers::Nobody, Misuse::signals);
}

/// A thread is about to wait for a thing with a mutex, which it just gave back.
pub(crate) fn waits_with(
    meta: &Meta,
    thing: Wanted,
    deed: Deed,
    site: Site,
    (mutex_meta, mutex): (&Meta, Wanted),
) -> Option<Refusal> {
    let thread = here();
    let hash = event::mix(thing.lock.0) ^ mutex.lock.0;
    if KNOWN.contains(hash) {
        return None;
    }
    let inside = thread.gate.enter()?;
    let (created, access, note) = (mutex.created, mutex.access, Note::new(mutex.name));
    let held = HeldLock { lock: mutex.lock, created, access, site, known: 0, note };
    let party = thread.party(Box::new([held]), thing, deed, site);
    let finding = misuse(|misuse| misuse.waits_with(thing.lock, Party { holds: Some(0), ..party }));
    meta.set_recorded();
    mutex_meta.set_recorded();
    if finding.is_none() {
        order(|_| KNOWN.insert(hash));
    }
    drop(inside);
    finding.and_then(|finding| thread.tell(&finding))
}

/// A thread is about to wait for the end of another one. Returns a refusal if that one was seen to need a lock that the
/// waiting one holds, and the finding is denied.
pub(crate) fn joins(joined: ThreadId, thing: Wanted, deed: Deed, site: Site) -> Option<Refusal> {
    let thread = here();
    if thread.held.is_empty() {
        return None;
    }
    let inside = thread.gate.enter()?;
    let (number, tick, held) = (thread.number(), thread.tick.get(), thread.held.copied());
    let need = order(|order| {
        held.iter().enumerate().find_map(|(place, hold)| {
            let since = order.segments.since(number, hold.note.tick().unwrap_or(tick));
            let (witness, holds) = order.need(joined, hold)?;
            (!since.knows(joined, witness.tick)).then_some((place, witness, holds))
        })
    });
    let finding = need.map(|(place, witness, holds)| {
        let hold = held[place];
        let wanted = Wanted::of(&hold);
        let waits = Party { holds: Some(place), ..thread.party(held.into_boxed_slice(), thing, deed, site) };
        let needs = Party {
            thread: joined,
            thread_name: witness.thread_name.clone(),
            held: witness.held.iter().map(|hold| hold.held).collect(),
            holds,
            act: Some((Deed::Request, wanted)),
            site: holds.map_or(witness.site, |holds| witness.held[holds].held.site),
            backtrace: witness.backtrace.clone(),
            wakers: Wakers::Nobody,
            lasted: None,
            value: None,
        };
        Finding::of_parties(Lint::WaitWhileHolding, vec![waits, needs])
    });
    drop(inside);
    finding.and_then(|finding| thread.tell(&finding))
}

/// A mutex is gone, which may be the one that a thing was waited for with. The gate is closed.
pub(super) fn mutex_dropped(mutex: LockId) {
    misuse(|misuse| misuse.forget_mutex(mutex));
}

/// A thing is gone.
pub(crate) fn dropped(meta: &Meta) {
    if meta.is_recorded()
        && let Some(_inside) = here().gate.enter()
    {
        misuse(|misuse| misuse.forget(LockId(meta.id())));
    }
}

/// Uses what was seen. The gate is closed.
pub(super) fn misuse<R>(act: impl FnOnce(&mut Misuse) -> R) -> R {
    act(MISUSE.lock().get_or_insert_default())
}

impl Thread {
    fn see(
        &self,
        meta: &Meta,
        thing: Wanted,
        deed: Deed,
        site: Site,
        wakers: Wakers,
        tell: fn(&mut Misuse, LockId, &Sight) -> Option<Finding>,
    ) -> Option<Refusal> {
        let context = self.held.sum()?;
        let hash = event::mix(meta.id() ^ event::mix(deed as u64)).wrapping_add(context).wrapping_add(site.bits());
        if KNOWN.contains(hash) {
            return None;
        }
        let inside = self.gate.enter()?;
        let held = self.held.copied();
        let (number, tick) = (self.number(), self.tick.get());
        let since = order(|order| {
            KNOWN.insert(hash);
            held.iter().map(|held| order.segments.since(number, held.note.tick().unwrap_or(tick))).collect()
        });
        let party = Party { wakers, ..self.party(held.into_boxed_slice(), thing, deed, site) };
        let finding = misuse(|misuse| tell(misuse, LockId(meta.id()), &Sight { party, tick, since }));
        meta.set_recorded();
        drop(inside);
        finding.and_then(|finding| self.tell(&finding))
    }

    /// Returns what a finding tells of this thread now. The gate is closed.
    fn party(&self, held: Box<[HeldLock]>, thing: Wanted, deed: Deed, site: Site) -> Party {
        Party {
            thread: self.number(),
            thread_name: std::thread::current().name().map(std::sync::Arc::from),
            held,
            holds: None,
            act: Some((deed, thing)),
            site,
            backtrace: self.stack_of_wait(site),
            wakers: Wakers::Anyone,
            lasted: None,
            value: None,
        }
    }
}
