//! What threads of a script hand over and take, and what is told of waits and signals under locks.
//!
//! Must not know: what carries a hand-over.
//! Source: `stream/hand_over` and `stream/misuse`. We differ: what was taken lately is not remembered.
//! INVARIANT: a thread's knowledge is of its own segment.

use super::{Outcome, PLACE, Rehearsal, Stage};
use crate::analysis::misuse::{Misuse, Sight};
use crate::event::{self, Deed, HeldLock, LockId, Mode, Note, ThreadId};
use crate::finding::{Finding, Party, Wakers};
use crate::lint::Lint;
use crate::stream::hand_over::Stamp;
use crate::stream::script::{LockName, ThreadName};

/// As `hand_over::Knowledge`.
#[derive(Default)]
pub(super) struct Knowledge {
    asked: bool,
    given: Option<Stamp>,
}

impl Knowledge {
    /// The thread asks something.
    pub(super) fn ask(&mut self) {
        if !std::mem::replace(&mut self.asked, true) {
            self.given = None;
        }
    }
}

impl Rehearsal {
    /// Returns what a thread hands over now.
    pub(super) fn give(&mut self, name: ThreadName) -> Stamp {
        let Self { order, threads, .. } = self;
        let Some(thread) = threads.get_mut(&name) else { return Stamp::new() };
        if let Some(given) = &thread.knowledge.given {
            return given.clone();
        }
        let (clock, tick) = order.segments.give(ThreadId(name.0), thread.knowledge.asked, &thread.held);
        if let Some(tick) = tick {
            thread.set_tick(tick);
        }
        thread.knowledge.given.insert(Stamp::of(clock)).clone()
    }

    /// A thread takes what was handed over.
    pub(super) fn take(&mut self, name: ThreadName, stamp: &Stamp) {
        let Self { order, threads, .. } = self;
        let (Some(thread), Stamp { order: Some(clock), .. }) = (threads.get_mut(&name), stamp) else { return };
        let (news, tick) = order.take(ThreadId(name.0), clock, thread.knowledge.asked, &thread.held);
        match tick {
            Some(tick) => thread.set_tick(tick),
            None if news => thread.knowledge.given = None,
            None => {}
        }
    }

    /// As `misuse::waits`.
    pub(super) fn waits(&mut self, thread: ThreadName, thing: LockName, deed: Deed) -> Option<Outcome> {
        let (_, is_woken_freely) = self.thing(thing);
        if is_woken_freely { None } else { self.see(thread, thing, deed, Misuse::waits) }
    }

    /// As `misuse::signals`.
    pub(super) fn signals(&mut self, thread: ThreadName, thing: LockName, deed: Deed) -> Option<Outcome> {
        let (_, is_woken_freely) = self.thing(thing);
        if self.threads[&thread].held.is_empty() {
            self.locks[&thing].set_woken_freely();
            None
        } else if is_woken_freely {
            None
        } else {
            self.see(thread, thing, deed, Misuse::signals)
        }
    }

    /// As `misuse::waits_with`.
    pub(super) fn waits_with(&mut self, thread: ThreadName, thing: LockName, mutex: HeldLock) -> Option<Outcome> {
        let held = HeldLock { note: Note::new(mutex.note.name()), known: 0, ..mutex };
        let party = Party { holds: Some(0), ..party(thread, vec![held]) };
        let (thing, _) = self.thing(thing);
        self.misuse.waits_with(thing, party).map(|finding| self.told(&finding))
    }

    /// As `misuse::joins`.
    pub(super) fn joins(&mut self, name: ThreadName, joined: ThreadName) -> Option<Outcome> {
        let Self { order, threads, .. } = self;
        let thread = &threads[&name];
        let needs = |hold: &HeldLock| {
            let since = order.segments.since(ThreadId(name.0), hold.note.tick().unwrap_or(thread.tick));
            let need = order.need(ThreadId(joined.0), hold);
            need.is_some_and(|(witness, _)| !since.knows(ThreadId(joined.0), witness.tick))
        };
        let is_known = !matches!(threads[&joined].stage, Stage::Unstarted);
        let is_needed = is_known && thread.held.iter().any(needs);
        is_needed.then(|| Outcome::of_threads(Lint::WaitWhileHolding, vec![name, joined]))
    }

    /// Returns a thing's number, and whether a thread that held nothing was seen to wake those who wait for it.
    pub(super) fn thing(&mut self, name: LockName) -> (LockId, bool) {
        let meta = self.record(name);
        let (id, is_woken_freely) = (meta.id(), meta.is_woken_freely());
        if id != 0 {
            return (LockId(id), is_woken_freely);
        }
        let thing = self.new_id(name);
        let _ = self.locks[&name].born_shared(thing.0);
        (thing, is_woken_freely)
    }

    fn see(
        &mut self,
        name: ThreadName,
        thing: LockName,
        deed: Deed,
        tell: fn(&mut Misuse, LockId, &Sight) -> Option<Finding>,
    ) -> Option<Outcome> {
        let (thing, _) = self.thing(thing);
        let Self { order, threads, known, misuse, .. } = self;
        let thread = &threads[&name];
        let context = thread.question(name, super::locks::access(Mode::Exclusive))?;
        if !known.insert(event::mix(thing.0 ^ event::mix(deed as u64)).wrapping_add(context.0)) {
            return None;
        }
        let since = |held: &HeldLock| order.segments.since(ThreadId(name.0), held.note.tick().unwrap_or(thread.tick));
        let since = thread.held.iter().map(since).collect();
        let sight = Sight { party: party(name, thread.held.clone()), tick: thread.tick, since };
        tell(misuse, thing, &sight).map(|finding| self.told(&finding))
    }
}

fn party(thread: ThreadName, held: Vec<HeldLock>) -> Party {
    Party {
        thread: ThreadId(thread.0),
        thread_name: None,
        held: held.into_boxed_slice(),
        holds: None,
        act: None,
        site: PLACE,
        backtrace: None,
        wakers: Wakers::Nobody,
        lasted: None,
        value: None,
    }
}
