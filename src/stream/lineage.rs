//! Starts and ends of threads, as their starters and joiners see them.
//!
//! Must not know: how threads are started.
//! INVARIANT: a thread has its place among those that can run before it is started.

use super::thread::{Thread, end_is_told, here, new_thread, order, refuse, unheard};
use super::times::Given;
use super::wait::{self, Published, Wait, Waiting, Want};
use super::{live, misuse};
use crate::analysis::clock::VectorClock;
use crate::event::{self, Access, Deed, Kind, LockId, Mark, Mode, Name, ThreadId};
use crate::finding::Wanted;
use crate::policy::Collector;
use crate::rt::{RawLock, Site, Slot};
use std::sync::Arc;

/// What a started thread takes from its starter.
#[derive(Clone, Copy)]
pub(crate) struct Start(Option<Child>);

#[derive(Clone, Copy)]
struct Child {
    number: ThreadId,
    root: ThreadId,
    collector: Collector,
    /// Taken by the starter: from then on there is one more thread that can run.
    slot: Option<&'static Slot<Wait>>,
}

/// What the joiner of a thread will know, once the thread has ended.
#[derive(Clone)]
pub(crate) struct End {
    last: Arc<RawLock<Option<Last>>>,
    /// The thread, if it is known.
    thread: Option<ThreadId>,
    started: Site,
}

/// What a thread knew when it ended.
struct Last {
    clock: Option<VectorClock>,
    given: Given,
}

/// What joins wait for.
const ENDS: &Access = &Access { kind: Kind::Thread, mode: Mode::Exclusive, type_name: std::any::type_name::<()> };

/// The running thread starts another one.
pub(crate) fn fork() -> Start {
    Start(here().fork())
}

/// The running thread is the one that was started.
pub(crate) fn begin(start: Start) {
    if let Start(Some(child)) = start {
        let thread = here();
        thread.number.set(child.number);
        thread.root.set(child.root);
        thread.collector.set(child.collector);
        thread.slot.set(child.slot);
        thread.register();
        end_is_told();
    }
}

impl Start {
    /// Returns the end of the thread, which was started at `started`.
    pub(crate) fn end(&self, started: Site) -> End {
        End { last: Arc::default(), thread: self.0.map(|child| child.number), started }
    }

    /// The thread could not be started after all.
    pub(crate) fn cancel(self) {
        let thread = here();
        if let (Some(_inside), Self(Some(child))) = (thread.gate.enter(), self) {
            order(|order| drop(order.finish(child.number)));
            child.slot.inspect(|slot| slot.free());
        }
    }
}

impl End {
    /// True if both are the end of one thread.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.last, &other.last)
    }

    /// The running thread has ended.
    pub(crate) fn tell(&self) {
        let given = Given::here();
        let last = Last { clock: here().end(), given };
        *self.last.lock() = Some(last);
    }

    /// Tells that the running thread waits for these ends, until what is returned is dropped.
    ///
    /// # Panics
    /// If the wait would be for ever, and that is denied.
    #[track_caller]
    pub(crate) fn wait(
        ends: &[Self],
        deed: Deed,
        site: Site,
        mut is_over: impl FnMut() -> bool,
    ) -> Option<Waiting<'static>> {
        live::prepare();
        let threads: Vec<ThreadId> = unheard(|| ends.iter().filter_map(|end| end.thread).collect());
        let (first, end) = (*threads.first()?, ends.first()?);
        // As locks are numbered: nobody else has this number, since a lock's is never mixed so.
        let lock = LockId(event::mix(u64::from(first.0)));
        let thing = Wanted { lock, created: end.started, name: Name(0), access: ENDS };
        let refusal = threads.iter().find_map(|thread| misuse::joins(*thread, thing, deed, site));
        let want = Want { deed, thing, site, lock: None, ends: &threads, anyone: false };
        let begun = match refusal.filter(|_| deed == Deed::Join) {
            Some(refusal) => Err(refusal),
            None => wait::begin(&want, None, |time| wait::doze(time, &mut is_over)),
        };
        match begun {
            Ok(waiting) => Some(waiting),
            Err(refusal) => {
                refuse(refusal);
                None
            }
        }
    }

    /// This wait is for this end, too. The thread has not begun.
    pub(crate) fn is_awaited(&self, wait: Published) {
        self.thread.into_iter().for_each(|thread| wait.waits_for(thread));
    }

    /// True once the thread has ended.
    pub(crate) fn is_told(&self) -> bool {
        self.last.lock().is_some()
    }

    /// The running thread will not join that thread. If it has ended, what it returned is dropped here.
    pub(crate) fn leave(&self) {
        let given = self.last.lock().as_ref().map(|last| last.given.clone());
        given.inspect(Given::take);
    }

    /// The running thread has seen that end.
    pub(crate) fn join(&self) {
        let last = self.last.lock().take();
        if let Some(Last { clock, given }) = last {
            given.take();
            here().reads.clear();
            clock.inspect(|clock| here().join(clock));
        }
    }
}

impl Thread {
    fn fork(&self) -> Option<Child> {
        self.register();
        let _inside = self.gate.enter()?;
        let (parent, number) = (self.number(), new_thread());
        let tick = order(|order| order.segments.fork(parent, number, &self.held.copied()));
        self.held.for_each_mut(|held| held.note.add(Mark::Lent));
        self.set_tick(tick);
        Some(Child { number, root: self.root.get(), collector: self.collector.get(), slot: wait::take_slot(number) })
    }

    fn join(&self, end: &VectorClock) {
        if let Some(_inside) = self.gate.enter() {
            let held = self.held.copied();
            let tick = order(|order| order.join(self.number(), end, &held));
            self.set_tick(tick);
        }
    }
}
