//! Tells what is held, or waited for, longer than the set limit, while it still is.
//!
//! Must not know: why.
//! INVARIANT: its thread is deaf: whatever it runs, a handler of the user's included, is not heard, and nobody waits for it.

use super::look::OWN;
use super::thread::{Thread, deafen, here};
use super::wait::{SLOTS, Wait};
use crate::event::{Deed, HeldLock, LockId, ThreadId};
use crate::finding::{Finding, Party, Wakers};
use crate::lint::Lint;
use crate::policy::{self, Collector};
use crate::rt::{RawLock, Slot, Standing, pause};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A lock in somebody's hands.
struct Hold {
    held: HeldLock,
    thread_name: Option<Arc<str>>,
    collector: Collector,
    since: Instant,
    is_told: bool,
}

static HOLDS: RawLock<Option<FxHashMap<(ThreadId, LockId), Hold>>> = RawLock::new(None);
static STARTED: RawLock<bool> = RawLock::new(false);

/// The watch looks around so often within the limit.
const ROUNDS: u32 = 4;
const SHORTEST_ROUND: Duration = Duration::from_millis(1);
const LONGEST_ROUND: Duration = Duration::from_secs(1);

/// Starts the watch, unless it runs. If no thread can be started, holds are told when they end.
pub(super) fn start(limit: Duration) {
    let mut is_started = STARTED.lock();
    if !*is_started {
        let watch = move || {
            deafen();
            Watch { limit, waits: Vec::new() }.run();
        };
        let thread = std::thread::Builder::new().name("gordian-watchdog".to_owned()).spawn(watch);
        *is_started = thread.is_ok();
        if *is_started {
            OWN.raise();
        }
    }
}

/// Makes room for one more hold: nothing may be allocated once the lock is taken.
pub(super) fn reserve() {
    HOLDS.lock().get_or_insert_default().reserve(1);
}

/// The running thread has taken a lock.
pub(super) fn taken(held: HeldLock, collector: Collector) {
    let thread = here();
    let thread_name = thread.slot().and_then(|slot| slot.with_wait(|wait| wait.thread_name.clone()));
    let hold = Hold { held, thread_name, collector, since: Instant::now(), is_told: false };
    HOLDS.lock().get_or_insert_default().insert((thread.number(), held.lock), hold);
}

/// The running thread gives a lock back. Returns the finding, if that took longer than the limit and was not told.
pub(super) fn given_back(lock: LockId, limit: Duration) -> Option<Finding> {
    let thread = here().number();
    let hold = HOLDS.lock().as_mut()?.remove(&(thread, lock))?;
    (hold.since.elapsed() > limit && !hold.is_told).then(|| hold.tell(thread))
}

impl Hold {
    fn tell(&self, thread: ThreadId) -> Finding {
        let party = Party {
            thread,
            thread_name: self.thread_name.clone(),
            held: Box::new([self.held]),
            holds: Some(0),
            act: None,
            site: self.held.site,
            backtrace: None,
            wakers: Wakers::Nobody,
            lasted: Some(self.since.elapsed()),
            value: None,
        };
        Finding::of_parties(Lint::LongHold, vec![party])
    }
}

/// What the watch's own thread keeps.
struct Watch {
    limit: Duration,
    /// Threads that wait for locks, as they stood when they were first seen so, and whether that was told.
    waits: Vec<(&'static Slot<Wait>, Standing, Instant, bool)>,
}

impl Watch {
    fn run(mut self) {
        loop {
            pause((self.limit / ROUNDS).clamp(SHORTEST_ROUND, LONGEST_ROUND));
            let mut findings = self.long_holds();
            findings.extend(self.long_waits());
            for (finding, collector) in findings {
                let (news, _) = policy::judge(&finding, collector);
                if let Some(report) = news {
                    policy::publish(&report);
                }
            }
        }
    }

    fn long_holds(&self) -> Vec<(Finding, Collector)> {
        let mut holds = HOLDS.lock();
        let long = holds.iter_mut().flatten().filter(|(_, hold)| !hold.is_told && hold.since.elapsed() > self.limit);
        let tell = |((thread, _), hold): (&(ThreadId, LockId), &mut Hold)| {
            hold.is_told = true;
            (hold.tell(*thread), hold.collector)
        };
        long.map(tell).collect()
    }

    fn long_waits(&mut self) -> Vec<(Finding, Collector)> {
        self.waits.retain(|(slot, standing, ..)| slot.standing() == *standing);
        for slot in SLOTS.iter() {
            let standing = slot.standing();
            let is_known = self.waits.iter().any(|(known, ..)| std::ptr::eq(*known, slot));
            if standing.is_blocked() && !is_known {
                self.waits.push((slot, standing, Instant::now(), false));
            }
        }
        let limit = self.limit;
        let long = self.waits.iter_mut().filter(|(.., since, is_told)| !is_told && since.elapsed() > limit);
        let told = long.filter_map(|(slot, standing, since, is_told)| {
            *is_told = true;
            let (_, party) =
                slot.read(|wait, _| wait.party(slot, since.elapsed())).filter(|(now, _)| now == standing)?;
            Some((Finding::of_parties(Lint::LongHold, vec![party?]), Collector::default()))
        });
        told.collect()
    }
}

impl Wait {
    /// Returns what a finding tells of a thread that waits for a lock. Idle threads wait for other things, and may.
    fn party(&self, slot: &Slot<Self>, lasted: Duration) -> Option<Party> {
        let (deed, thing, site) = self.act.filter(|(deed, ..)| *deed == Deed::Request)?;
        Some(Party {
            thread: ThreadId(slot.tag() as u32),
            thread_name: self.thread_name.clone(),
            held: self.held.clone().into_boxed_slice(),
            holds: None,
            act: Some((deed, thing)),
            site,
            backtrace: self.backtrace.clone(),
            wakers: Wakers::Nobody,
            lasted: Some(lasted),
            value: None,
        })
    }
}

impl Thread {
    /// The thread has taken a lock while holds are watched.
    pub(super) fn watch(&self, lock: LockId) {
        self.held.change(lock.0, |held| {
            held.note.add(crate::event::Mark::Recorded);
            taken(*held, self.collector());
        });
    }
}
