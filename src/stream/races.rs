//! Tells accesses to watched places to the analysis of races, and what it finds to the policy.
//!
//! Must not know: what is in a watched place, the words of a report.
//! INVARIANT: an access is judged before it takes place. The first one anywhere turns on what hand-overs keep, and nothing
//! that was handed over before could order it.

#[cfg(feature = "tokio")]
pub(super) use super::task::in_task;
use super::thread::{Thread, here, refuse};
use super::times::ended_untold;
use crate::analysis::epoch::{Epoch, RaceClock};
use crate::analysis::happens_before::{AccessHistory, Race};
use crate::analysis::ranges::Ranges;
use crate::config::{self, Backtraces, WATCHED};
use crate::event::{self, Deed, HeldLock, ThreadId, Way};
use crate::finding::{Finding, Party, Wakers, Wanted};
use crate::lint::Lint;
use crate::policy::Refusal;
use crate::rt::{Backtrace, Counter, Ledger, RawLock, Site, Switch, pause};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What a watched place keeps of its accesses.
pub(crate) type History = AccessHistory<Seen>;

/// An access, as a later one may be told of it.
#[derive(Clone)]
pub(crate) struct Seen {
    epoch: Epoch,
    scene: Arc<Scene>,
}

/// Who accessed, and from where.
struct Scene {
    thread: ThreadId,
    root: ThreadId,
    thread_name: Option<Arc<str>>,
    /// True if a task ran: its runtime orders it with others by what is not seen.
    in_task: bool,
    way: Way,
    site: Site,
    held: Box<[HeldLock]>,
    backtrace: Option<Arc<Backtrace>>,
}

/// The scenes of a thread's last accesses: the same place, reached at the same depth under the same locks, is the same one.
pub(super) struct Scenes(Cell<ManuallyDrop<Vec<Known>>>);

/// A scene and its key.
type Known = Option<(u64, Arc<Scene>)>;

/// What is watched by its address.
static MEMORY: RawLock<Option<Ranges<Seen>>> = RawLock::new(None);

/// Scenes a thread keeps; a power of two.
// COST: a stack takes microseconds to catch, and a loop that locks and accesses would catch one each turn.
const SCENES: usize = 64;

/// Returns the word of the running thread's epoch, or one that no place knows.
#[inline(always)]
pub(crate) fn epoch() -> u64 {
    here().times.epoch()
}

/// The running thread is about to access a place that a ledger is kept of.
///
/// # Panics
/// If a race is denied, or a setting is not understood.
#[cold]
#[track_caller]
pub(crate) fn accessed(ledger: &Ledger<History>, way: Way, wanted: impl FnOnce() -> Wanted, site: Site) {
    let judge = |epoch: Epoch, clock: &RaceClock, seen: Seen| match way {
        Way::Read => ledger.read(epoch.bits(), |history| history.read(epoch, clock, || seen)),
        Way::Write => ledger.write(epoch.bits(), |history| history.write(epoch, clock, || seen)),
    };
    judged(way, wanted, site, judge);
}

/// The running thread is about to access bytes that are watched by their addresses.
///
/// # Panics
/// As [`accessed`].
///
/// # Cost
/// The detector's lock at each access, since there is nowhere to see that it is no news.
#[track_caller]
pub(crate) fn accessed_memory(bytes: Range<usize>, way: Way, wanted: impl FnOnce() -> Wanted, site: Site) {
    judged(way, wanted, site, |epoch, clock, seen| {
        MEMORY.lock().get_or_insert_default().access(bytes, way, epoch, clock, &seen)
    });
}

/// Bytes are nobody's any more.
pub(crate) fn forget_memory(bytes: Range<usize>) {
    // Whoever is inside gives the detector's own memory back, which nobody watches; the lock may be its.
    if let Some(_inside) = here().gate.enter_always()
        && let Some(memory) = &mut *MEMORY.lock()
    {
        memory.forget(bytes);
    }
}

/// The running thread is about to access something, whose history `judge` knows.
///
/// # Panics
/// As [`accessed`].
#[track_caller]
fn judged(
    way: Way,
    wanted: impl FnOnce() -> Wanted,
    site: Site,
    judge: impl FnOnce(Epoch, &RaceClock, Seen) -> Option<Race<Seen>>,
) {
    let thread = here();
    thread.register();
    if let Some(refusal) = thread.access(way, wanted, site, judge) {
        refuse(refusal);
    }
}

impl Thread {
    fn access(
        &self,
        way: Way,
        wanted: impl FnOnce() -> Wanted,
        site: Site,
        judge: impl FnOnce(Epoch, &RaceClock, Seen) -> Option<Race<Seen>>,
    ) -> Option<Refusal> {
        if !WATCHED.have(&[Switch::Cells]) {
            return None;
        }
        let inside = self.gate.enter()?;
        if !WATCHED.have(&[Switch::Races]) {
            WATCHED.set(Switch::Races, true);
        }
        // Before the clock is used: it may allocate, and the allocator may be the user's.
        let scene = self.scene(way, site);
        let seen = |epoch| Seen { epoch, scene: scene.clone() };
        let race = self.times.access(|epoch, clock| judge(epoch, clock, seen(epoch)))??;
        if race.earlier.scene.in_task || scene.in_task {
            return None;
        }
        let finding = finding(&race.earlier.scene, &scene, wanted());
        if ended_untold(race.earlier.epoch) || (finding.doubt > 0 && is_ending(race.earlier.epoch)) {
            return None;
        }
        drop(inside);
        self.tell(&finding)
    }

    /// Returns the scene of an access.
    fn scene(&self, way: Way, site: Site) -> Arc<Scene> {
        let in_task = in_task();
        let key = self.scene_key(way, site) ^ u64::from(in_task);
        let Scenes(scenes) = &self.scenes;
        let mut scenes_here = ManuallyDrop::into_inner(scenes.replace(ManuallyDrop::new(Vec::new())));
        if scenes_here.is_empty() {
            scenes_here.resize_with(SCENES, || None);
        }
        let place = &mut scenes_here[key as usize % SCENES];
        let scene = match place {
            Some((known, scene)) if *known == key => scene.clone(),
            _ => {
                let scene = Arc::new(self.new_scene(way, site, in_task));
                *place = Some((key, scene.clone()));
                scene
            }
        };
        scenes.set(ManuallyDrop::new(scenes_here));
        scene
    }

    /// Returns a number that differs where scenes do: by the place, how deep the stack is, and what is held from where.
    fn scene_key(&self, way: Way, site: Site) -> u64 {
        let depth = std::ptr::from_ref(&site).addr() as u64;
        let mut key = event::mix(site.bits() ^ depth.rotate_left(32) ^ u64::from(way == Way::Write));
        self.held.for_each(|held| key = event::mix(key ^ held.lock.0 ^ held.site.bits()));
        key
    }

    fn new_scene(&self, way: Way, site: Site, in_task: bool) -> Scene {
        let keeps_stacks = config::settings().is_ok_and(|settings| settings.backtraces != Backtraces::Off);
        Scene {
            thread: self.number(),
            root: self.root.get(),
            thread_name: std::thread::current().name().map(Arc::from),
            in_task,
            way,
            site,
            held: self.held.copied().into(),
            backtrace: keeps_stacks.then(|| Arc::new(Backtrace::capture())),
        }
    }
}

impl Scenes {
    pub(super) const fn new() -> Self {
        Self(Cell::new(ManuallyDrop::new(Vec::new())))
    }

    /// The thread ends.
    pub(super) fn clear(&self) {
        drop(ManuallyDrop::into_inner(self.0.replace(ManuallyDrop::new(Vec::new()))));
    }
}

/// True if the running thread runs a task.
#[cfg(not(feature = "tokio"))]
pub(super) const fn in_task() -> bool {
    false
}

/// True if the thread of an epoch, whose end nobody is told of, ends within a moment: whoever waited for it goes on before its
/// last destructors have run.
fn is_ending(epoch: Epoch) -> bool {
    // COST: a pause, so not for ever: a program whose threads are ordered by what is not seen has many such races.
    PAUSES.take(1) <= MOST_PAUSES
        && (0..LOOKS).any(|_| {
            pause(MOMENT);
            ended_untold(epoch)
        })
}

/// Pauses that a process may take to see whether a thread ends, each of so many looks.
const MOST_PAUSES: u64 = 32;
const LOOKS: u32 = 20;
const MOMENT: Duration = Duration::from_millis(1);

static PAUSES: Counter = Counter::new();

fn finding(earlier: &Scene, later: &Scene, wanted: Wanted) -> Finding {
    let parties = vec![earlier.party(later, wanted), later.party(earlier, wanted)];
    // Of a thread whose start was not seen, more may have been missed.
    let doubt = u32::from(earlier.root != later.root);
    Finding { doubt, ..Finding::of_parties(Lint::DataRace, parties) }
}

impl Scene {
    /// Returns what a finding tells of the access. If it was under a lock that the other one was not under, it is about that.
    fn party(&self, other: &Self, wanted: Wanted) -> Party {
        let deed = if self.way == Way::Write { Deed::Write } else { Deed::Read };
        let has = |held: &HeldLock| other.held.iter().any(|theirs| theirs.lock == held.lock);
        Party {
            thread: self.thread,
            thread_name: self.thread_name.clone(),
            held: self.held.clone(),
            holds: self.held.iter().rposition(|held| !has(held)),
            act: Some((deed, wanted)),
            site: self.site,
            backtrace: self.backtrace.clone(),
            wakers: Wakers::Nobody,
            lasted: None,
            value: None,
        }
    }
}
