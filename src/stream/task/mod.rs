//! What a task knows of itself: as a thread does, but found by the task's id, since a task has no thread of its own.
//!
//! Must not know: runtimes, the types of locks, the words of a report.
//! INVARIANT: a task's state is there as long as it holds something or waits for something; a state that is neither may be
//! forgotten. Whoever outlives its task keeps the state: a guard, a wait.

mod branches;
mod owner;
mod things;
mod under;
mod waiting;

pub(in crate::stream) use self::owner::in_task;
pub(crate) use self::owner::{Key, Owner, owner};
pub(crate) use self::things::{Wake, give, signals, take};
pub(in crate::stream) use self::under::needed;
pub(crate) use self::waiting::Waiter;
use super::live::KNOWN;
use super::relay::{self, Side};
use super::thread::{Thread, here, order, refuse};
use super::{live, wait};
use crate::analysis::lock_order::{LockOrder, Question};
use crate::config::{self, Backtraces, WATCHED};
use crate::event::{Access, Deed, HeldLock, LockId, Mark, Name, Note, QuestionHash};
use crate::finding::{Finding, Reservation, Wanted};
use crate::lint::{Level, Lint};
use crate::rt::{Backtrace, Birth, Meta, Site, Switch};
use crate::{policy, record};
use owner::Actor;
use std::sync::Arc;

/// A lock that an owner holds, until this is dropped. It may be dropped by anybody.
pub(crate) struct Hold {
    owner: Owner,
    lock: LockId,
}

/// An owner requests a lock that is awaited.
///
/// # Panics
/// If the request shows a finding that is denied, or a setting is not understood.
///
/// # Cost
/// A look-up of the owner; a sum over what it holds.
#[track_caller]
pub(crate) fn request(owner: &Owner, meta: &Meta, access: &'static Access, site: Site) {
    let thread = here();
    let Some(inside) = thread.gate.enter() else { return };
    let lock = number(meta);
    let Some((held, context)) = owner.actor().context(&thread) else { return };
    let hash = QuestionHash::new(context, access.mode, site);
    if KNOWN.contains(hash.about(lock)) {
        return;
    }
    let want = want(meta, access, site);
    let finding = learn(&thread, owner.actor(), meta, &held, &want, hash);
    drop(inside);
    if let Some(refusal) = finding.and_then(|finding| thread.tell(&finding)) {
        refuse(refusal);
    }
}

/// An owner has got a lock. `None` if it is not heard.
pub(crate) fn acquired(owner: &Owner, meta: &Meta, access: &'static Access, site: Site) -> Option<Hold> {
    let thread = here();
    let _inside = thread.gate.enter()?;
    let lock = number(meta);
    let note = Note::new(Name(meta.name()));
    owner.actor().hold(HeldLock { lock, created: meta.created(), access, site, known: 0, note });
    drop(_inside);
    if WATCHED.have(&[Switch::Races]) {
        relay::take_at(lock, Side::Writers);
        if access.is_alone() {
            relay::take_at(lock, Side::Readers);
        }
    }
    Some(Hold { owner: owner.clone(), lock })
}

impl Hold {
    /// Returns whose it is.
    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The lock is about to be given back.
    pub(crate) fn released(self, meta: &Meta) {
        let thread = here();
        // Whoever acquired was heard, so this is told even where nothing else is.
        let Some(_inside) = thread.gate.enter_always() else { return };
        let released = self.owner.actor().release(self.lock);
        if let Some(released) = &released
            && released.note.has(Mark::Recorded)
        {
            meta.set_recorded();
        }
        drop(_inside);
        if WATCHED.have(&[Switch::Races]) {
            relay::released(self.lock, released.is_none_or(|released| released.access.is_alone()));
        }
    }

    /// The guard can be moved to another owner, which nobody would hear of.
    pub(crate) fn is_movable(&self) {
        if let Some(_inside) = here().gate.enter_always() {
            self.owner.actor().change(self.lock, |held| held.note.add(Mark::Movable));
        }
    }

    /// Another owner has it from now on.
    pub(crate) fn go_to(&mut self, owner: Owner) {
        let thread = here();
        let Some(_inside) = thread.gate.enter() else { return };
        if let Some(held) = self.owner.actor().release(self.lock) {
            owner.actor().hold(held);
        }
        self.owner = owner;
    }

    /// The lock is shared from now on.
    pub(crate) fn downgraded(&self, access: &'static Access, site: Site) {
        if let Some(_inside) = here().gate.enter_always() {
            self.owner.actor().change(self.lock, |held| {
                held.access = access;
                held.site = site;
            });
        }
    }
}

/// A lock goes, though somebody forgot a guard of it.
pub(crate) fn leaked(meta: &Meta) {
    if let Some(_inside) = here().gate.enter_always() {
        owner::forget_everywhere(LockId(meta.id()));
    }
}

/// A lock is gone.
pub(crate) fn dropped(meta: &Meta) {
    live::dropped(meta);
}

/// Returns the number of a lock, which it has from now on.
fn number(meta: &Meta) -> LockId {
    match meta.id() {
        0 => match meta.born_shared(here().new_id().0) {
            Birth::Now(id) | Birth::Before(id) => LockId(id),
        },
        id => LockId(id),
    }
}

fn want(meta: &Meta, access: &'static Access, site: Site) -> wait::Want<'static> {
    let lock = number(meta);
    let thing = Wanted { lock, created: meta.created(), name: Name(meta.name()), access };
    wait::Want { deed: Deed::Request, thing, site, lock: Some((lock, access.mode)), ends: &[], anyone: false }
}

/// Asks the analyses. The gate is closed.
#[cold]
fn learn(
    thread: &Thread,
    actor: &Actor,
    meta: &Meta,
    held: &[HeldLock],
    want: &wait::Want<'_>,
    hash: QuestionHash,
) -> Option<Finding> {
    let mut asked = Question {
        thread: actor.number(),
        thread_name: actor.name(),
        tick: actor.ask(thread),
        held,
        stacks: &[],
        wanted: want.thing,
        known: 0,
        site: want.site,
        hash,
        births: owner::births(),
        backtrace: None,
    };
    let settings = config::settings().unwrap_or_default();
    if settings.backtraces != Backtraces::Off && order(|order| order.wants_backtrace(&asked)) {
        asked.backtrace = Some(Arc::new(Backtrace::capture()));
    }
    let finding = match LockOrder::self_deadlock(&asked) {
        Some(finding) => {
            let stack = asked.backtrace.clone().unwrap_or_else(|| Arc::new(Backtrace::capture()));
            match branches::reservation(Some(&stack)) {
                // Another branch of the task may well have it, and go on.
                Some(Reservation::Branches) => None,
                reservation => Some(Finding { reservation: reservation.or_else(|| movable(&finding)), ..finding }),
            }
        }
        None => order(|order| order.ask(&asked)).map(reserved),
    };
    let is_denied = |finding: &Finding| finding.reservation.is_none() && settings.level(finding.lint) == Level::Deny;
    // Those that were not seen alive at one time may be yet.
    let is_open = |finding: &Finding| is_denied(finding) || finding.reservation == Some(Reservation::Apart);
    if !finding.as_ref().is_some_and(is_open) {
        order(|_| KNOWN.insert(hash.about(want.thing.lock)));
    }
    if record::is_on() && !policy::collects(thread.collector()) {
        record::asked(&asked, &[]);
    }
    meta.set_recorded();
    actor.mark_recorded();
    let finding = finding?;
    // A deadlock that is there now is worse than what its order shows.
    if finding.lint != Lint::SelfDeadlock && is_denied(&finding) {
        return waiting::would_deadlock(actor, want).or(Some(finding));
    }
    Some(finding)
}

/// Returns the finding with what there is to doubt about its tasks. The gate is closed.
fn reserved(finding: Finding) -> Finding {
    let of_tasks = || finding.steps.iter().filter(|step| step.wanted.access.kind.is_awaited());
    let asked: Vec<_> = of_tasks().map(|step| (step.witness.thread, step.witness.births)).collect();
    let pairs =
        asked.iter().enumerate().flat_map(|(index, one)| asked[..index].iter().map(move |other| (*one, *other)));
    let are_apart = || {
        pairs
            .filter(|(one, other)| one.0 != other.0)
            .any(|(one, other)| !owner::met(one, other))
            .then_some(Reservation::Apart)
    };
    let of_stacks = || of_tasks().find_map(|step| branches::reservation(step.witness.backtrace.as_deref()));
    // One that may be told for certain later comes last.
    let reservation = movable(&finding).or_else(of_stacks).or_else(are_apart);
    Finding { reservation, ..finding }
}

/// Returns the doubt whether all that a finding says is held is held by who got it.
fn movable(finding: &Finding) -> Option<Reservation> {
    let of_steps = finding.steps.iter().map(|step| step.witness.held.get(step.from).map(|hold| &hold.held));
    let of_parties = finding.parties.iter().map(|party| party.held.get(party.holds?));
    let is_movable = of_steps.chain(of_parties).flatten().any(|held| held.note.has(Mark::Movable));
    is_movable.then_some(Reservation::Movable)
}
