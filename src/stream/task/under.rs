//! Guards of a thread's own locks that lie across an `.await`: whoever else runs on that thread must not need them.
//!
//! Must not know: how a thread's lock blocks.
//! INVARIANT: an entry is there while its wait lasts.

use super::owner::Actor;
use crate::event::{Deed, ThreadId};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::rt::{Counter, Flag, RawLock, Site};
use crate::stream::thread::Thread;
use crate::tokio::current;

/// A wait under guards of its thread, as long as it lives.
pub(super) struct Under(u64);

static WAITS: RawLock<Vec<(u64, Party)>> = RawLock::new(Vec::new());
static NUMBERS: Counter = Counter::new();
static ANY: Flag = Flag::new();

/// An owner gives its thread to others, which holds locks of its own. `None` if it holds none. The gate is closed.
pub(super) fn begin(thread: &Thread, actor: &Actor, act: Option<(Deed, Wanted)>, site: Site) -> Option<Under> {
    if thread.held.is_empty() {
        return None;
    }
    let party = Party {
        thread: actor.number(),
        thread_name: actor.name(),
        held: thread.held.copied().into_boxed_slice(),
        holds: None,
        act,
        site,
        backtrace: thread.stack_of_wait(site),
        wakers: Wakers::Anyone,
        lasted: None,
        value: None,
    };
    let number = NUMBERS.take(1);
    WAITS.lock().push((number, party));
    ANY.raise();
    Some(Under(number))
}

impl Drop for Under {
    /// The gate is closed.
    fn drop(&mut self) {
        let mut waits = WAITS.lock();
        let gone = waits.iter().position(|(number, _)| *number == self.0).map(|place| waits.swap_remove(place));
        drop(waits);
        drop(gone);
    }
}

/// Returns what led to a finding: that the thread requests a lock which it holds for one who gave it the thread at an
/// `.await`, and who can never go on now.
pub(in crate::stream) fn needed(thread: &Thread, finding: &Finding) -> Option<Finding> {
    if !ANY.is_up() || finding.lint != Lint::SelfDeadlock {
        return None;
    }
    let step = finding.steps.first()?;
    let (wanted, site) = (step.wanted, step.witness.site);
    let _inside = thread.gate.enter()?;
    let holds = |party: &Party| party.held.iter().position(|held| held.lock == wanted.lock);
    let find = |(_, party): &(u64, Party)| Some(Party { holds: Some(holds(party)?), ..party.clone() });
    let waiter = WAITS.lock().iter().find_map(find)?;
    let needs = Party {
        thread: current::task().map_or_else(|| thread.number(), ThreadId::of_task),
        thread_name: None,
        held: Box::default(),
        holds: None,
        act: Some((Deed::Request, wanted)),
        site,
        backtrace: thread.stack_of_wait(site),
        wakers: Wakers::Nobody,
        lasted: None,
        value: None,
    };
    Some(Finding::of_parties(Lint::WaitWhileHolding, vec![waiter, needs]))
}
