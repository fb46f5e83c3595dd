//! What tasks wait for that is no lock, and what they hand over with it.
//!
//! Must not know: how anything is awaited.
//! INVARIANT: a task's hand-overs order its own requests; accesses are made by threads, and are ordered as those hand over.

use super::super::hand_over::Stamp;
use super::super::live::KNOWN;
use super::super::misuse::misuse;
use super::super::thread::{Thread, here, order, refuse};
use super::super::times::Given;
use super::owner::{Actor, Owner};
use crate::analysis::misuse::{Misuse, Sight};
use crate::event::{self, Deed, HeldLock, LockId};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::policy::Refusal;
use crate::rt::{Meta, Site};

/// A wait for a thing that anybody may end.
#[derive(Clone, Copy)]
pub(crate) struct Wake<'a> {
    pub meta: &'a Meta,
    pub thing: Wanted,
    pub deed: Deed,
    pub site: Site,
}

impl Wake<'_> {
    /// An owner is about to wait.
    ///
    /// # Panics
    /// If a finding is denied.
    #[track_caller]
    pub(crate) fn waits(&self, owner: &Owner) {
        if !self.meta.is_woken_freely()
            && let Some(refusal) = self.see(owner, Misuse::waits)
        {
            refuse(refusal);
        }
    }

    fn see(&self, owner: &Owner, tell: fn(&mut Misuse, LockId, &Sight) -> Option<Finding>) -> Option<Refusal> {
        let thread = here();
        let inside = thread.gate.enter()?;
        let (held, context) = owner.actor().held_with(&thread)?;
        let Self { meta, thing, deed, site } = *self;
        let hash = event::mix(thing.lock.0 ^ event::mix(deed as u64)).wrapping_add(context).wrapping_add(site.bits());
        if KNOWN.contains(hash) {
            return None;
        }
        let tick = owner.actor().ask(&thread);
        let number = owner.actor().number();
        let since = order(|order| {
            KNOWN.insert(hash);
            held.iter().map(|held| order.segments.since(number, held.note.tick().unwrap_or(tick))).collect()
        });
        let party = Party {
            thread: number,
            thread_name: owner.actor().name(),
            held: held.into_boxed_slice(),
            holds: None,
            act: Some((deed, thing)),
            site,
            backtrace: thread.stack_of_wait(site),
            wakers: if matches!(deed, Deed::Notify | Deed::Send) { Wakers::Nobody } else { Wakers::Anyone },
            lasted: None,
            value: None,
        };
        let finding = misuse(|misuse| tell(misuse, thing.lock, &Sight { party, tick, since }));
        meta.set_recorded();
        drop(inside);
        finding.and_then(|finding| thread.tell(&finding))
    }
}

/// An owner wakes those who wait, or who will.
#[track_caller]
pub(crate) fn signals(owner: &Owner, wake: &Wake<'_>) {
    let thread = here();
    let holds = thread.gate.enter().is_some_and(|_inside| owner.actor().held_with(&thread).is_some());
    if !holds {
        if !wake.meta.is_woken_freely() {
            wake.meta.set_woken_freely();
        }
    } else if !wake.meta.is_woken_freely() {
        // It warns: the signal itself does no harm, and is not refused.
        let _ = wake.see(owner, Misuse::signals);
    }
}

/// Returns what the owner hands over now.
pub(crate) fn give(owner: &Owner) -> Stamp {
    let actor = owner.actor();
    if !actor.is_task() {
        return Stamp::here();
    }
    let races = Given::here();
    let clock = here().gate.enter().and_then(|_inside| {
        actor.hand_over(|number, asked, held| order(|order| order.segments.give(number, asked, held)))
    });
    Stamp { races, ..Stamp::of(clock) }
}

/// The owner takes what was handed over.
pub(crate) fn take(owner: &Owner, stamp: &Stamp) {
    let actor = owner.actor();
    if !actor.is_task() {
        return stamp.take();
    }
    stamp.races.take();
    if let Some(clock) = &stamp.order
        && let Some(_inside) = here().gate.enter()
    {
        actor.hand_over(|number, asked, held| {
            let (_, tick) = order(|order| order.take(number, clock, asked, held));
            ((), tick)
        });
    }
}

impl Actor {
    /// Returns what it holds together with the running thread's guards, and the hash of that; `None` if that is nothing.
    fn held_with(&self, thread: &Thread) -> Option<(Vec<HeldLock>, u64)> {
        let of_thread = thread.held.copied();
        let (mut held, context) = self.context(thread).unwrap_or_else(|| (Vec::new(), u64::from(self.number().0)));
        let context = of_thread.iter().fold(context, |sum, held| sum.wrapping_add(crate::rt::Entry::weight(held)));
        held.extend(of_thread);
        (!held.is_empty()).then_some((held, event::mix(context)))
    }
}
