//! Tells that a task is blocked, and whether it waits for itself by way of others.
//!
//! Must not know: how a task waits, what wakes it.
//! INVARIANT: only waits by name are told, and only of a task that waits for one thing: it is told as blocked before it looks
//! at the others, and as running before it has what it waited for.

use super::super::look::{Closer, Row, Stuck, Verdict, judge};
use super::super::thread::{Thread, here, refuse};
use super::super::wait::{SLOTS, Wait, Want, glance};
use super::owner::{Actor, Owner, tag};
use super::under::{self, Under};
use super::{branches, movable, want};
use crate::event::{Access, Deed, HeldLock, Kind, LockId, Mode};
use crate::finding::{Finding, Wanted};
use crate::rt::{self, Counter, Meta, Site, Slot};

/// While it lives, an owner waits.
pub(crate) struct Waiter {
    owner: Owner,
    under: Option<Under>,
}

/// Where an owner is told as blocked.
pub(super) struct Told {
    // Fields drop in order: told as running, then gone.
    _blocked: rt::Blocked<'static, Wait>,
    place: Place,
}

struct Place(&'static Slot<Wait>);

static WAITS: Counter = Counter::new();

impl Drop for Place {
    fn drop(&mut self) {
        self.0.free();
    }
}

impl Told {
    /// Somebody else has given back what the owner held.
    pub(super) fn gives_back(&self, lock: LockId) {
        let Place(slot) = self.place;
        slot.amend(|wait| {
            if let Some(place) = wait.held.iter().rposition(|held| held.lock == lock) {
                wait.held.remove(place);
            }
            slot.wanted()
        });
    }
}

impl Waiter {
    /// An owner begins to wait for a lock. `None` if it is not heard.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    ///
    /// # Cost
    /// A slot, found in a pass over the table, and one look at each other one; more only if a circle may close.
    #[track_caller]
    pub(crate) fn begin(owner: &Owner, meta: &Meta, access: &'static Access, site: Site) -> Option<Self> {
        let want = want(meta, access, site);
        let (waiter, is_only) = Self::begin_untold(owner, Some((want.deed, want.thing)), site)?;
        if !is_only {
            return Some(waiter);
        }
        let thread = here();
        let stuck = thread.gate.enter().and_then(|_inside| owner.actor().closes(&thread, &want));
        if let Some(stuck) = stuck {
            // While it is told, which may call the user's handler, this task runs.
            match thread.tell_stuck(&stuck) {
                Some(refusal) if !std::thread::panicking() => {
                    drop(waiter);
                    refuse(refusal);
                    return None;
                }
                _ => {
                    let _inside = thread.gate.enter()?;
                    owner.actor().publish(&thread, &want);
                }
            }
        }
        Some(waiter)
    }

    /// An owner begins to wait for what anybody may do. `None` if it is not heard.
    pub(crate) fn begin_unnamed(owner: &Owner, act: Option<(Deed, Wanted)>, site: Site) -> Option<Self> {
        Self::begin_untold(owner, act, site).map(|(waiter, _)| waiter)
    }

    /// Returns also whether this is all that the owner waits for.
    fn begin_untold(owner: &Owner, act: Option<(Deed, Wanted)>, site: Site) -> Option<(Self, bool)> {
        let thread = here();
        let _inside = thread.gate.enter()?;
        let under = under::begin(&thread, owner.actor(), act, site);
        let (is_only, told) = owner.actor().with(|state| {
            state.waits += 1;
            // One of several may let it go on, and only the owner knows whether that is enough.
            (state.waits == 1, state.told.take())
        });
        drop(told);
        Some((Self { owner: owner.clone(), under }, is_only))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        // It was heard when it began, so this is told even where nothing else is.
        if let Some(_inside) = here().gate.enter_always() {
            let told = self.owner.actor().with(|state| {
                state.waits -= 1;
                state.told.take()
            });
            drop(told);
            drop(self.under.take());
        }
    }
}

/// True if one of these reads a lock by now, and has only not run yet: whoever writes holds it no more, and whoever waits to
/// write came after it. The queues of tokio's locks are in order.
fn has_got_it(rows: &[Row]) -> bool {
    let read = |(slot, _): &Row| {
        let waits = slot.read(|wait, _| {
            let lock = wait.act.filter(|act| act.1.access.kind == Kind::TaskRwLock).and(wait.condition.lock);
            (lock, wait.held.iter().map(|held| (held.lock, held.access.mode)).collect::<Vec<_>>(), wait.since)
        });
        Some(waits?.1)
    };
    let waits: Vec<_> = rows.iter().filter_map(read).collect();
    waits.iter().any(|&(wanted, _, since)| {
        let Some((lock, Mode::Shared)) = wanted else { return false };
        let written = (lock, Mode::Exclusive);
        !waits
            .iter()
            .any(|(wanted, held, begun)| held.contains(&written) || (*wanted == Some(written) && *begun < since))
    })
}

/// Returns the deadlock that a request would close at once. The gate is closed.
pub(super) fn would_deadlock(actor: &Actor, want: &Want<'_>) -> Option<Finding> {
    let stuck = actor.closes(&here(), want);
    // It does not wait yet, and may well get the lock.
    let told = actor.with(|state| state.told.take());
    drop(told);
    Some(stuck?.finding).filter(|finding| finding.reservation.is_none())
}

impl Actor {
    /// Tells that it waits, if nothing else tells so. The gate is closed.
    fn publish(&self, thread: &Thread, want: &Want<'_>) -> Option<(&'static Slot<Wait>, Vec<HeldLock>)> {
        // COST: who keeps nobody from anything closes no circle, and may be one of very many.
        let is_queued = want.thing.access.kind == Kind::TaskRwLock && want.thing.access.mode.is_exclusive();
        if !is_queued && self.with(|state| state.held.is_empty()) {
            return None;
        }
        let backtrace = thread.stack_of_wait(want.site);
        let thread_name = self.name();
        self.with(|state| {
            let slot = SLOTS.take(tag(self.number()), Wait::default)?;
            let blocked = slot.block(None, |wait| {
                wait.thread_name = thread_name;
                wait.since = WAITS.take(1);
                wait.describe(want, backtrace, |held| held.extend_from_slice(&state.held))
            });
            state.told = Some(Told { _blocked: blocked, place: Place(slot) });
            Some((slot, state.held.clone()))
        })
    }

    /// Tells that it waits. Returns the circle that this closes; it is told as running again then. The gate is closed.
    fn closes(&self, thread: &Thread, want: &Want<'_>) -> Option<Stuck> {
        let (slot, held) = self.publish(thread, want)?;
        let glance = glance(Some(slot));
        let is_suspicious = glance.is_suspicious(want, |lock| held.iter().any(|held| held.lock == lock));
        if !is_suspicious || !glance.may_close(want) {
            return None;
        }
        // What rests on time or on everyone is never sure among tasks: timers and drivers wake them, too.
        let Verdict::Stuck(mut stuck) = judge(Closer::Blocked(slot), None) else { return None };
        if has_got_it(&stuck.rows) {
            return None;
        }
        let told = self.with(|state| state.told.take());
        drop(told);
        let parties = stuck.finding.parties.iter();
        let mut of_tasks = parties.filter(|party| party.act.is_some_and(|(_, wanted)| wanted.access.kind.is_awaited()));
        stuck.finding.reservation = of_tasks.find_map(|party| branches::reservation(party.backtrace.as_deref()));
        stuck.finding.reservation = stuck.finding.reservation.or_else(|| movable(&stuck.finding));
        Some(stuck)
    }
}
