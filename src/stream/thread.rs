//! What a thread knows of itself, from its first meeting with the detector to its end.
//!
//! Must not know: the words of a report, the types of locks.
//! INVARIANT: a thread is made known before it takes its first lock, so that whatever its first meeting allocates is
//! allocated while the allocator's own lock is free.

use super::hand_over::Knowledge;
use super::look::MAIN;
use super::races::Scenes;
use super::recorder;
use super::times::Times;
use super::updates::Reads;
use super::wait::{self, Wait};
use super::watchdog;
use crate::analysis::clock::VectorClock;
use crate::analysis::evidence::Evidence;
use crate::analysis::graph::LockOrderGraph;
use crate::analysis::lock_order::LockOrder;
use crate::config::{self, Backtraces, WATCHED};
use crate::event::{self, HeldLock, LockId, Mode, ThreadId, Tick};
use crate::finding::{Finding, Hold, Step, Wanted, Witness};
use crate::lint::Lint;
use crate::policy::{self, Collector, Refusal};
use crate::rt::{Backtrace, Counter, Gate, HeldSet, Here, Inside, RawLock, Site, Slot, Switch};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

/// The state of one thread. It has no destructor, so it is there until the thread is gone.
pub(super) struct Thread {
    pub(super) gate: Gate,
    pub(super) held: HeldSet<HeldLock>,
    pub(super) collector: Cell<Collector>,
    pub(super) tick: Cell<Tick>,
    pub(super) number: Cell<ThreadId>,
    pub(super) knowledge: Knowledge,
    pub(super) times: Times,
    pub(super) scenes: Scenes,
    pub(super) reads: Reads,
    /// The thread from which gordian has seen all starts down to this one; 0 until it is known.
    pub(super) root: Cell<ThreadId>,
    /// How long it may hold a lock, if that is watched.
    pub(super) limit: Cell<Option<Duration>>,
    /// True if the stacks of all acquisitions are kept.
    keeps_stacks: Cell<bool>,
    /// Where others see it, from when it is made known until it is gone.
    pub(super) slot: Cell<Option<&'static Slot<Wait>>>,
    /// Lock numbers that are this thread's to give, still to be mixed: the next, and the end.
    ids: Cell<(u64, u64)>,
    /// The stacks of acquisitions, if all are kept.
    stacks: Cell<ManuallyDrop<Stacks>>,
    /// The stack of the request that is going on.
    requested: Cell<ManuallyDrop<Option<Arc<Backtrace>>>>,
    /// Findings to be told at the next request.
    late: Cell<ManuallyDrop<Vec<Finding>>>,
    /// The stacks in which it waited, each with where that was and how deep the stack was; `None` if none are kept.
    waited: Cell<ManuallyDrop<Option<Waits>>>,
}

type Stacks = Vec<(LockId, Arc<Backtrace>)>;
type Waits = Vec<(Site, usize, Arc<Backtrace>)>;

thread_local! {
    static THREAD: Thread = const { Thread::new() };
    static EXIT: Exit = const { Exit { is_told: Cell::new(false) } };
}

static ORDER: RawLock<Option<Box<LockOrder>>> = RawLock::new(None);
static THREADS: Counter = Counter::new();
static LOCKS: Counter = Counter::new();

/// Stacks of waits that a thread keeps.
const MOST_WAITED: usize = 64;

/// Lock numbers a thread takes at once.
const IDS: u64 = 1 << 12;

/// Returns the running thread's state.
#[inline(always)]
pub(super) fn here() -> Here<Thread> {
    Here::of(&THREAD)
}

/// The end of the running thread will be told by who started it. Too late in its life there is nobody to tell.
pub(super) fn end_is_told() {
    let _ = EXIT.try_with(|exit| exit.is_told.set(true));
}

/// Uses the shared state. Callers are inside the gate.
pub(super) fn order<R>(act: impl FnOnce(&mut LockOrder) -> R) -> R {
    act(ORDER.lock().get_or_insert_default())
}

/// Uses the shared state, if nobody else does.
pub(super) fn try_order<R>(act: impl FnOnce(&mut LockOrder) -> R) -> Option<R> {
    Some(act(ORDER.try_lock()?.get_or_insert_default()))
}

/// Runs `act` while the running thread's locks are not heard: the user's allocator may take some.
pub(crate) fn unheard<R>(act: impl FnOnce() -> R) -> R {
    let thread = here();
    thread.register();
    let _inside = thread.gate.enter();
    act()
}

/// The running thread is the detector's own: nothing that it does is heard.
pub(super) fn deafen() {
    here().gate.enter_first().into_iter().for_each(Inside::end);
}

/// Returns a number for a new lock or thing.
pub(crate) fn new_id() -> LockId {
    here().new_id()
}

/// Returns the number of the running thread.
#[inline]
pub(crate) fn thread_number() -> u32 {
    here().number().0
}

/// Returns the number of the running thread, if others see it while it lives.
#[inline]
pub(crate) fn seen_number() -> Option<u32> {
    let thread = here();
    thread.slot().map(|_| thread.number().0)
}

/// True if the panic that unwinds this thread is the detector's own, so that no lock is poisoned by it.
pub(crate) fn is_own_panic() -> bool {
    here().gate.is_own_panic()
}

/// A panic that may have been the detector's own has been caught.
pub(crate) fn own_panic_ended() {
    if !std::thread::panicking() {
        here().gate.own_panic_ended();
    }
}

/// The detector refuses a request of this thread: it panics, unless the thread is unwinding already.
#[cold]
#[track_caller]
pub(crate) fn refuse(refusal: Refusal) {
    if !std::thread::panicking() {
        here().gate.own_panic_begins();
        refusal.panic();
    }
}

/// While it lives, the running thread's findings go to a collector.
pub(crate) struct Collecting {
    before: Collector,
}

impl Collecting {
    pub(crate) fn begin(collector: Collector) -> Self {
        Self { before: here().collector.replace(collector) }
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        here().collector.set(self.before);
    }
}

/// Shows the orders between instances.
pub(crate) fn with_locks<R>(read: impl FnOnce(&LockOrderGraph<LockId, Evidence>) -> R) -> R {
    let thread = here();
    let _inside = thread.gate.enter();
    order(|order| read(order.locks()))
}

impl Thread {
    const fn new() -> Self {
        Self {
            gate: Gate::new(),
            held: HeldSet::new(),
            collector: Cell::new(Collector(0)),
            tick: Cell::new(Tick(1)),
            number: Cell::new(ThreadId(0)),
            ids: Cell::new((0, 0)),
            stacks: Cell::new(ManuallyDrop::new(Vec::new())),
            requested: Cell::new(ManuallyDrop::new(None)),
            late: Cell::new(ManuallyDrop::new(Vec::new())),
            waited: Cell::new(ManuallyDrop::new(None)),
            slot: Cell::new(None),
            knowledge: Knowledge::new(),
            times: Times::new(),
            scenes: Scenes::new(),
            reads: Reads::new(),
            root: Cell::new(ThreadId(0)),
            limit: Cell::new(None),
            keeps_stacks: Cell::new(false),
        }
    }

    /// Gets ready for a lock that is about to be taken: makes the thread known, with room for one more held lock, and
    /// catches the stack if all are kept. Whatever that allocates is allocated before the lock is taken.
    ///
    /// # Panics
    /// If a setting is not understood.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(super) fn prepare(&self) {
        self.register();
        if !std::thread::panicking() {
            self.gate.own_panic_ended();
        }
        self.tell_late();
        let Some(_inside) = self.gate.enter() else { return };
        if self.held.is_full() {
            self.held.grow();
            self.held.rebase(self.seed());
            // A thread that blocks tells what it holds, which may be the allocator's lock.
            self.slot().inspect(|slot| slot.with_wait(|wait| wait.held.reserve(self.held.capacity())));
        }
        if self.limit.get().is_some() {
            watchdog::reserve();
        }
        if self.keeps_stacks.get() {
            let mut stacks = ManuallyDrop::into_inner(self.take_stacks());
            // Not at the release: its lock may be the allocator's, and is still held then.
            stacks.retain(|(lock, _)| self.held.contains(lock.0));
            stacks.reserve(1);
            self.set_stacks(ManuallyDrop::new(stacks));
            let requested = Some(Arc::new(Backtrace::capture()));
            drop(ManuallyDrop::into_inner(self.requested.replace(ManuallyDrop::new(requested))));
        }
    }

    /// Makes the thread known. Nothing happens if it is known, or inside the detector.
    ///
    /// # Panics
    /// If a setting is not understood.
    #[track_caller]
    pub(super) fn register(&self) {
        let Some(inside) = self.gate.enter_first() else { return };
        let settings = match config::settings().and_then(recorder::begun) {
            Ok(settings) => settings,
            Err(error) => {
                inside.fail();
                return refuse(Refusal::new(error.to_string()));
            }
        };
        // Late in a thread's life its thread-locals are gone, and nobody would see its end.
        if settings.off || EXIT.try_with(|_| ()).is_err() {
            return inside.end();
        }
        self.keeps_stacks.set(settings.backtraces == Backtraces::Full);
        self.limit.set(settings.watchdog);
        if self.keeps_stacks.get() || self.limit.get().is_some() {
            self.gate.be_attentive();
        }
        self.limit.get().inspect(|limit| watchdog::start(*limit));
        if settings.backtraces != Backtraces::Off {
            self.waited.set(ManuallyDrop::new(Some(Vec::new())));
        }
        if self.root.get() == ThreadId(0) {
            self.root.set(self.number());
            self.times.begin_unknown();
        }
        if self.slot.get().is_none() {
            self.slot.set(wait::take_slot(self.number()));
        }
        let name: Option<Arc<str>> = std::thread::current().name().map(Arc::from);
        if name.as_deref() == Some("main") {
            MAIN.raise();
        }
        self.slot.get().inspect(|slot| slot.with_wait(|wait| wait.thread_name = name));
    }

    /// The thread is about to take or hand over what orders accesses. If that is the first that is heard of it, then what it
    /// knows by its start is unknown.
    #[inline(always)]
    pub(super) fn meet(&self) {
        if self.times.version() == 0 {
            self.meet_unknown();
        }
    }

    #[cold]
    fn meet_unknown(&self) {
        if self.gate.is_unborn() {
            self.times.begin_unknown();
        }
    }

    pub(super) fn collector(&self) -> Collector {
        self.collector.get()
    }

    /// Returns where others see this thread. `None` if it is not known, or there are more threads than places.
    pub(super) fn slot(&self) -> Option<&'static Slot<Wait>> {
        self.slot.get()
    }

    /// The thread is gone.
    pub(super) fn leave_slot(&self) -> Option<&'static Slot<Wait>> {
        self.slot.take()
    }

    /// Returns the stack in which the thread waits at `site`, if stacks are kept. The gate is closed.
    pub(super) fn stack_of_wait(&self, site: Site) -> Option<Arc<Backtrace>> {
        let mut waited = ManuallyDrop::into_inner(self.waited.replace(ManuallyDrop::new(None)))?;
        // COST: a stack takes microseconds; the same place at the same depth is taken to be reached by the same calls.
        let depth = std::ptr::from_ref(&site).addr();
        let known = waited.iter().find(|(at, of, _)| (*at, *of) == (site, depth));
        let stack = known.map(|(.., stack)| stack.clone()).unwrap_or_else(|| {
            let stack = Arc::new(Backtrace::capture());
            if waited.len() >= MOST_WAITED {
                waited.remove(0);
            }
            waited.push((site, depth, stack.clone()));
            stack
        });
        self.waited.set(ManuallyDrop::new(Some(waited)));
        Some(stack)
    }

    pub(super) fn end(&self) -> Option<VectorClock> {
        let (clock, leaked) = self.end_quietly(true)?;
        for held in leaked {
            // Who waits for one of several permits may get another one.
            if held.access.mode != Mode::Permit {
                wait::leave_behind(held.lock, self.number());
            }
            self.tell_leak(held);
        }
        Some(clock)
    }

    /// Returns what a joiner will know, and what is still held; `is_told` if the joiner will be told.
    fn end_quietly(&self, is_told: bool) -> Option<(VectorClock, Vec<HeldLock>)> {
        self.tell_late();
        let inside = self.gate.enter()?;
        let leaked = self.held.copied();
        let clock = order(|order| order.finish(self.number()));
        self.held.clear();
        drop(ManuallyDrop::into_inner(self.take_stacks()));
        drop(ManuallyDrop::into_inner(self.requested.replace(ManuallyDrop::new(None))));
        drop(ManuallyDrop::into_inner(self.waited.replace(ManuallyDrop::new(None))));
        self.knowledge.clear();
        // Who is told goes on: destructors of thread-locals, and of a result that nobody takes, hand over too.
        if !is_told {
            self.times.end(is_told);
        }
        self.scenes.clear();
        if WATCHED.have(&[Switch::Sections]) {
            self.forget_sections();
        }
        inside.end();
        Some((clock, leaked))
    }

    /// Keeps a finding that was made while the thread still has a lock that it is giving back: a handler may want it.
    pub(super) fn tell_later(&self, finding: Finding) {
        let mut late = ManuallyDrop::into_inner(self.late.replace(ManuallyDrop::new(Vec::new())));
        late.push(finding);
        self.late.set(ManuallyDrop::new(late));
        self.gate.call_attention();
    }

    /// Tells what was to be told later.
    fn tell_late(&self) {
        let late = ManuallyDrop::into_inner(self.late.replace(ManuallyDrop::new(Vec::new())));
        self.gate.attention_ended();
        for finding in late {
            let _ = self.tell(&finding);
        }
    }

    pub(super) fn tell_leak(&self, held: HeldLock) {
        let wanted = Wanted::of(&held);
        let hold = Hold { held, since: Arc::default(), backtrace: None };
        let witness = Witness {
            births: 0,
            thread: self.number(),
            thread_name: std::thread::current().name().map(Arc::from),
            tick: self.tick.get(),
            held: Box::new([hold]),
            inherited: Box::default(),
            mode: held.access.mode,
            site: held.site,
            backtrace: None,
        };
        let step = Step { witness: Arc::new(witness), from: 0, wanted };
        let finding = Finding::of_steps(Lint::LeakedGuard, vec![step]);
        let _ = self.tell(&finding);
    }

    /// Tells a finding, if it is news. Returns the refusal of its request, if it is denied.
    ///
    /// Calls user code: no lock of the detector may be held, and the gate is open.
    pub(super) fn tell(&self, finding: &Finding) -> Option<Refusal> {
        #[cfg(feature = "tokio")]
        super::task::needed(self, finding).inspect(|cause| drop(self.tell(cause)));
        let (news, refusal) = unheard(|| policy::judge(finding, self.collector.get()));
        if let Some(report) = news {
            policy::publish(&report);
        }
        refusal
    }

    /// Returns the stacks of the held locks' acquisitions, if they are kept; the caller gives them back.
    pub(super) fn take_stacks(&self) -> ManuallyDrop<Stacks> {
        self.stacks.replace(ManuallyDrop::new(Vec::new()))
    }

    pub(super) fn set_stacks(&self, stacks: ManuallyDrop<Stacks>) {
        self.stacks.set(stacks);
    }

    /// Keeps the stack of the request, now that its lock is taken.
    pub(super) fn trace(&self, lock: LockId) {
        if let Some(stack) = ManuallyDrop::into_inner(self.requested.replace(ManuallyDrop::new(None))) {
            let mut stacks = self.take_stacks();
            stacks.push((lock, stack));
            self.set_stacks(stacks);
        }
    }

    #[inline(always)]
    pub(super) fn number(&self) -> ThreadId {
        match self.number.get() {
            ThreadId(0) => self.new_number(),
            number => number,
        }
    }

    #[cold]
    fn new_number(&self) -> ThreadId {
        self.number.set(new_thread());
        self.number.get()
    }

    /// The thread goes on to another segment.
    pub(super) fn set_tick(&self, tick: Tick) {
        self.knowledge.advance();
        let before = self.tick.replace(tick);
        self.held.for_each_mut(|held| held.note.leave(before));
        self.held.rebase(self.seed());
    }

    /// Returns the hash of the empty held set: who holds nothing, in which segment.
    fn seed(&self) -> u64 {
        event::mix(u64::from(self.number().0) << 32 | u64::from(self.tick.get().0))
    }

    #[inline(always)]
    pub(super) fn new_id(&self) -> LockId {
        let (mut next, mut end) = self.ids.get();
        if next == end {
            next = LOCKS.take(IDS).wrapping_mul(event::STEP);
            end = next.wrapping_add(IDS.wrapping_mul(event::STEP));
        }
        self.ids.set((next.wrapping_add(event::STEP), end));
        LockId(event::mix_quickly(next))
    }
}

/// Its end is the end of a thread that gordian did not start.
struct Exit {
    /// The end is told before the thread's destructors run; if they run first, this is the end of the process, and
    /// what is held then was not forgotten.
    is_told: Cell<bool>,
}

impl Drop for Exit {
    fn drop(&mut self) {
        let thread = here();
        if self.is_told.get() && thread.gate.has_ended() {
            // Its other thread-locals are gone by now: it cannot wake anybody any more, nor hand over what it did.
            thread.times.end(true);
            wait::ended(&thread);
        } else if self.is_told.get() {
            // The process ends, in the midst of this thread.
            thread.leave_slot().inspect(|slot| slot.free());
        } else {
            // What the thread holds now it may give back later: its other thread-locals are still there, and at the
            // end of the process nobody waits for it.
            drop(thread.end_quietly(false));
            thread.leave_slot().inspect(|slot| slot.free());
        }
    }
}

pub(super) fn new_thread() -> ThreadId {
    ThreadId(u32::try_from(THREADS.take(1)).expect("gordian: fewer than 2^32 threads in one process"))
}
