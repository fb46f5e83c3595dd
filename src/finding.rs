//! What was found, in ids.
//!
//! Must not know: words for it, what it does to the program.
//! INVARIANT: a finding owns all it needs: the locks it names may be gone when it is told.

use crate::analysis::clock::VectorClock;
use crate::event::{Access, Deed, HeldLock, Kind, LockClass, LockId, Mode, Name, ThreadId, Tick, Value};
use crate::fingerprint;
use crate::lint::Lint;
use crate::rt::{Backtrace, Flag, Site};
use std::sync::Arc;
use std::time::Duration;

/// What an analysis returns.
#[derive(Clone)]
pub(crate) struct Finding {
    pub lint: Lint,
    /// The cycle, in order: each step wants what the next one holds, and the last one what the first one holds. One
    /// step for a lock that is requested again by its holder.
    pub steps: Vec<Step>,
    /// The threads of a finding that is not about the order of requests. Such a finding has no steps.
    pub parties: Vec<Party>,
    /// Where a writer was seen to request a lock of the cycle, if `lint` depends on one.
    pub writer: Option<(ThreadId, Site)>,
    /// True if there was more to look through than the search allows.
    pub cut_short: bool,
    /// Threads that the detector has never heard of, if they are the only reason to doubt: it is `warn` at most then.
    pub doubt: u32,
    /// What else there is to doubt, if anything: it is `warn` at most then.
    pub reservation: Option<Reservation>,
    /// How many contexts were forgotten for lack of room before they were known to matter.
    pub forgotten: u64,
}

/// Why a finding about tasks may not be what it seems to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tasks give cause for it"))]
pub(crate) enum Reservation {
    /// One of the tasks runs several futures by turns: what one of them holds another one need not wait for.
    Branches,
    /// No stack shows whether that is so.
    Unseen,
    /// Two of the tasks were never seen alive at one time.
    Apart,
    /// A guard that keeps its lock alive may be another task's by now.
    Movable,
    /// It rests on who did so far what is waited for.
    Habit,
}

/// One thread of a finding that is not about order: what it holds and what it does there.
#[derive(Clone)]
pub(crate) struct Party {
    pub thread: ThreadId,
    pub thread_name: Option<Arc<str>>,
    /// All it holds, oldest first.
    pub held: Box<[HeldLock]>,
    /// Which of `held` the finding is about: what another party waits for.
    pub holds: Option<usize>,
    /// What it does, to what. `None` if it only holds.
    pub act: Option<(Deed, Wanted)>,
    pub site: Site,
    pub backtrace: Option<Arc<Backtrace>>,
    pub wakers: Wakers,
    /// For how long, where that is what the finding is about.
    pub lasted: Option<Duration>,
    /// What it read, or left behind, where that is known.
    pub value: Option<Value>,
}

/// Who could end a party's wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakers {
    /// All of these must act: the holders of a lock, the threads that are joined.
    Each(Box<[ThreadId]>),
    /// A lock whose holder ended without giving it back.
    Gone(ThreadId),
    /// Any one of these, who hold permits.
    AnyOf(Box<[ThreadId]>),
    /// Those who did so far what it needs. It may be another thread.
    Users(Box<[ThreadId]>),
    /// All of these, who owe what it needs, whether they have ended or not. Others may do it in their stead.
    Debtors(Box<[ThreadId]>),
    /// Any thread that is not stuck itself.
    Anyone,
    /// It does not wait.
    Nobody,
}

/// One edge of a cycle with the evidence for it.
#[derive(Clone)]
pub(crate) struct Step {
    pub witness: Arc<Witness>,
    /// Which of the witness's held locks is the edge's start.
    pub from: usize,
    pub wanted: Wanted,
}

/// The lock at the end of an edge.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub lock: LockId,
    pub created: Site,
    pub name: Name,
    pub access: &'static Access,
}

/// A thread that held locks and requested one more.
pub(crate) struct Witness {
    pub thread: ThreadId,
    pub thread_name: Option<Arc<str>>,
    pub tick: Tick,
    /// What it held, oldest first.
    pub held: Box<[Hold]>,
    /// How many tasks, and threads that await, had been seen by then; 0 if it awaited nothing.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only tasks are told apart by it"))]
    pub births: u64,
    /// Locks that the thread's starter holds all the while.
    pub inherited: Box<[Arc<Inherited>]>,
    pub mode: Mode,
    pub site: Site,
    pub backtrace: Option<Arc<Backtrace>>,
}

/// A lock in a witness's hands.
pub(crate) struct Hold {
    pub held: HeldLock,
    /// What was ordered before its acquisition.
    pub since: Arc<VectorClock>,
    /// The stack of its acquisition, if every one is kept.
    pub backtrace: Option<Arc<Backtrace>>,
}

/// A lock that a thread holds while another thread, which it started, runs.
pub(crate) struct Inherited {
    pub held: HeldLock,
    pub holder: ThreadId,
    /// Set when the holder gives it back before the started thread has ended.
    pub revoked: Flag,
}

impl Step {
    pub(crate) fn hold(&self) -> &Hold {
        &self.witness.held[self.from]
    }
}

impl Wanted {
    /// Returns what a held lock is.
    pub(crate) fn of(held: &HeldLock) -> Self {
        Self { lock: held.lock, created: held.created, name: held.note.name(), access: held.access }
    }

    /// Returns where it was created. `None` for what is known by its address alone: its place is that of its first
    /// access, which another run may have elsewhere.
    fn made_at(&self) -> Option<Site> {
        (!matches!(self.access.kind, Kind::Atomic | Kind::Memory)).then_some(self.created)
    }

    pub(crate) fn class(&self) -> LockClass {
        LockClass::new(self.created, self.name, self.access)
    }
}

impl Finding {
    /// Returns a finding about the order of requests.
    pub(crate) fn of_steps(lint: Lint, steps: Vec<Step>) -> Self {
        Self {
            lint,
            steps,
            parties: Vec::new(),
            writer: None,
            cut_short: false,
            doubt: 0,
            reservation: None,
            forgotten: 0,
        }
    }

    /// Returns a finding about what threads do.
    pub(crate) fn of_parties(lint: Lint, parties: Vec<Party>) -> Self {
        Self {
            lint,
            steps: Vec::new(),
            parties,
            writer: None,
            cut_short: false,
            doubt: 0,
            reservation: None,
            forgotten: 0,
        }
    }

    /// Returns every site of the finding: of its locks' creation, of the acquisitions, and of the requests.
    pub(crate) fn sites(&self) -> impl Iterator<Item = Site> {
        let of_steps = self.steps.iter().flat_map(|step| {
            let hold = &step.hold().held;
            [hold.created, hold.site, step.wanted.created, step.witness.site]
        });
        let of_parties = self.parties.iter().flat_map(|party| {
            let hold = party.hold().into_iter().flat_map(|hold| [hold.created, hold.site]);
            hold.chain(party.act.and_then(|(_, wanted)| wanted.made_at())).chain([party.site])
        });
        of_steps.chain(of_parties)
    }

    /// Returns what names the same bug in every run: the lint's code and a hash of classes and sites.
    ///
    /// It does not depend on the side that the cycle is told from, on ids, or on addresses.
    pub(crate) fn fingerprint(&self) -> String {
        let side = |step: &Step| {
            let hold = &step.hold().held;
            fingerprint::side(&hold.created, &hold.site, &step.witness.site)
        };
        let mut parts: Vec<String> = self.steps.iter().map(side).collect();
        fingerprint::rotate(&mut parts);
        let mut parties: Vec<String> = self.parties.iter().map(Party::print).collect();
        parties.sort_unstable();
        parts.append(&mut parties);
        fingerprint::of(self.lint.code(), &parts)
    }
}

impl Party {
    /// Returns the held lock that the finding is about.
    pub(crate) fn hold(&self) -> Option<&HeldLock> {
        self.holds.map(|index| &self.held[index])
    }

    fn print(&self) -> String {
        let hold = self.hold().map(|hold| (hold.created, hold.site));
        let act = match self.act {
            Some((deed, wanted)) if wanted.made_at().is_none() => format!("{deed:?}"),
            act => format!("{:?}", act.map(|(deed, wanted)| (deed, wanted.created))),
        };
        format!("{hold:?} {act} {:?}; ", self.site)
    }
}
