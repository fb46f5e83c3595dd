//! Turns random numbers into programs of several threads that always end.
//!
//! Must not know: the detector.
//! Source: Kahn 1974, for networks whose outcome no scheduler can change.
//! INVARIANT: all steps of a program have an order in which they could be done one after the other without ever waiting, and
//! each thread does its own in that order. What a thread waits for comes earlier in it, and nobody else can take it away: what
//! is handed over has one receiver. Locks are taken in one order, and nothing is waited for under a lock that another thread
//! takes. So the first step that is not done can always be done.

use crate::random::Random;
use gordian::Named;
use gordian::checked::sync::mpsc::{self, Receiver, Sender, SyncSender};
use gordian::checked::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RLock, RwLock};
use gordian::checked::thread::{self, Builder, Scope, Thread};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Names make each lock a class of its own, with the same place in the order in all programs.
const MUTEXES: [&str; 6] = ["m0", "m1", "m2", "m3", "m4", "m5"];
/// Taken in any order, but only under the gate.
const GATED: [&str; 3] = ["g0", "g1", "g2"];
const RWLOCKS: [&str; 4] = ["r0", "r1", "r2", "r3"];
/// Longer than any run: a limit that is never reached.
const NEVER: Duration = Duration::from_secs(100_000);

pub(crate) struct Program {
    shared: Arc<Shared>,
    threads: Vec<Part>,
}

/// What one thread does, and what only it has.
#[derive(Default)]
struct Part {
    steps: Vec<Step>,
    senders: Vec<Out>,
    receivers: Vec<Receiver<u32>>,
}

enum Out {
    Unbounded(Sender<u32>),
    Bounded(SyncSender<u32>),
}

#[derive(Clone)]
enum Step {
    /// Takes locks in their order: mutexes first, then the others.
    Nest(Nest),
    /// Takes one lock and tries for another one, in any order.
    Try(usize, usize),
    /// Takes two locks in any order, under one that all who do so take first.
    Gated(usize, usize),
    /// Takes the reentrant lock twice.
    TwiceAround(Nest),
    Send(usize),
    Receive(usize, How),
    /// The same with a condition variable.
    Put(usize, bool),
    Get(usize, How),
    Arrive(usize),
    Unpark(usize),
    Park(How),
    Set(usize),
    Await(usize),
    Initialise(usize, Nest),
    Force(usize),
    /// Threads that live for this step only.
    Scope(Vec<Nest>),
    SpawnAndJoin(Nest),
    /// While it holds a lock that no other thread ever takes.
    Alone(Box<Step>),
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Plain,
    Timed,
    Otherwise,
}

#[derive(Clone)]
struct Nest {
    mutexes: Vec<usize>,
    /// And whether it writes, reads, or does first the one and then the other.
    rwlocks: Vec<(usize, How)>,
    yields: bool,
}

#[derive(Default)]
struct Shared {
    mutexes: Vec<Mutex<u32>>,
    gate: Mutex<()>,
    gated: Vec<Mutex<u32>>,
    rwlocks: Vec<RwLock<u32>>,
    again: RLock<()>,
    own: Vec<Mutex<()>>,
    counts: Vec<(Mutex<u32>, Condvar)>,
    barriers: Vec<Barrier>,
    cells: Vec<OnceLock<u32>>,
    onces: Vec<Once>,
    lazies: Vec<LazyLock<u32>>,
    handles: Vec<OnceLock<Thread>>,
    tokens: Vec<AtomicUsize>,
}

impl Program {
    pub(crate) fn of(random: &mut Random) -> Self {
        let threads = 2 + random.below(7);
        let steps = 5 + random.below(10 * threads);
        let mut writer = Writer::new(random, threads);
        (0..steps).for_each(|_| writer.write_step());
        writer.finish()
    }

    /// Runs it to its end, or to that of the scope.
    pub(crate) fn run<'scope>(self, scope: &'scope Scope<'scope, '_>) {
        for (me, part) in self.threads.into_iter().enumerate() {
            let shared = Arc::clone(&self.shared);
            let run = move || part.run(me, &shared);
            Builder::new().name(format!("part {me}")).spawn_scoped(scope, run).expect("a thread starts");
        }
    }
}

/// Writes a program, in the order in which its steps could be done one after the other.
struct Writer<'a> {
    random: &'a mut Random,
    shared: Shared,
    parts: Vec<Part>,
    /// Steps that may be done from now on, each by its thread.
    pending: Vec<(usize, Step)>,
    /// Sender, receiver, messages that still fit.
    channels: Vec<Channel>,
}

struct Channel {
    from: (usize, usize),
    to: (usize, usize),
    /// `None` if it is unbounded.
    bound: Option<usize>,
}

impl<'a> Writer<'a> {
    fn new(random: &'a mut Random, threads: usize) -> Self {
        let shared = Shared {
            mutexes: MUTEXES.iter().map(|name| Mutex::new(0).named(name)).collect(),
            gate: Mutex::new(()).named("gate"),
            gated: GATED.iter().map(|name| Mutex::new(0).named(name)).collect(),
            rwlocks: RWLOCKS.iter().map(|name| RwLock::new(0).named(name)).collect(),
            again: RLock::new(()).named("again"),
            own: (0..threads).map(|_| Mutex::new(()).named("own")).collect(),
            handles: (0..threads).map(|_| OnceLock::new()).collect(),
            tokens: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
            ..Shared::default()
        };
        let parts = (0..threads).map(|_| Part::default()).collect();
        Self { random, shared, parts, pending: Vec::new(), channels: Vec::new() }
    }

    fn write_step(&mut self) {
        let me = self.random.below(self.parts.len());
        match self.random.below(17) {
            0..3 => {
                let step = Step::Nest(self.nest());
                self.push(me, step);
            }
            3 => {
                let (first, second) = self.random.two(MUTEXES.len());
                self.push(me, Step::Try(first, second));
            }
            4 => {
                let step = Step::TwiceAround(self.nest());
                self.push(me, step);
            }
            5 | 6 => self.write_message(),
            7 => {
                let (from, to) = self.random.two(self.parts.len());
                let count = self.shared.counts.len();
                self.shared.counts.push((Mutex::new(0).named("count"), Condvar::new()));
                for _ in 0..1 + self.random.below(3) {
                    let (all, how) = (self.random.one_in(2), self.how());
                    self.push(from, Step::Put(count, all));
                    self.pending.push((to, Step::Get(count, how)));
                }
            }
            8 => {
                let threads = self.random.some(self.parts.len(), 8);
                let barrier = self.shared.barriers.len();
                self.shared.barriers.push(Barrier::new(threads.len()));
                for _ in 0..1 + self.random.below(3) {
                    threads.iter().for_each(|&thread| self.push(thread, Step::Arrive(barrier)));
                }
            }
            9 => {
                let (from, to) = self.random.two(self.parts.len());
                let how = self.how();
                self.push(from, Step::Unpark(to));
                self.pending.push((to, Step::Park(how)));
            }
            10 => {
                let cell = self.shared.cells.len();
                self.shared.cells.push(OnceLock::new().named("cell"));
                self.push(me, Step::Set(cell));
                let others = self.random.some(self.parts.len(), 4);
                self.pending.extend(others.into_iter().map(|thread| (thread, Step::Await(cell))));
            }
            11 => {
                let once = self.shared.onces.len();
                self.shared.onces.push(Once::new().named("once"));
                for thread in self.random.some(self.parts.len(), 8) {
                    let step = Step::Initialise(once, self.nest());
                    self.push(thread, step);
                }
            }
            12 => {
                let lazy = self.shared.lazies.len();
                self.shared.lazies.push(LazyLock::new(|| 1));
                self.random
                    .some(self.parts.len(), 8)
                    .into_iter()
                    .for_each(|thread| self.push(thread, Step::Force(lazy)));
            }
            13 => {
                let children = (0..1 + self.random.below(3)).map(|_| self.nest()).collect();
                self.push(me, Step::Scope(children));
            }
            14 => {
                let step = Step::SpawnAndJoin(self.nest());
                self.push(me, step);
            }
            15 => {
                let (first, second) = self.random.two(GATED.len());
                self.push(me, Step::Gated(first, second));
            }
            _ => self.write_pending(),
        }
        if self.random.one_in(2) {
            self.write_pending();
        }
    }

    fn write_message(&mut self) {
        if self.channels.is_empty() || self.random.one_in(3) {
            let (from, to) = self.random.two(self.parts.len());
            let bound = [None, Some(0), Some(1), Some(3)][self.random.below(4)];
            let (sender, receiver) = match bound {
                None => {
                    let (sender, receiver) = mpsc::channel();
                    (Out::Unbounded(sender), receiver)
                }
                Some(bound) => {
                    let (sender, receiver) = mpsc::sync_channel(bound);
                    (Out::Bounded(sender), receiver)
                }
            };
            let places = (self.parts[from].senders.len(), self.parts[to].receivers.len());
            self.parts[from].senders.push(sender);
            self.parts[to].receivers.push(receiver);
            self.channels.push(Channel { from: (from, places.0), to: (to, places.1), bound });
        }
        let place = self.random.below(self.channels.len());
        let Channel { from: (from, sender), to: (to, receiver), bound } = self.channels[place];
        let is_its =
            |(thread, step): &(usize, Step)| *thread == to && matches!(step, Step::Receive(at, _) if *at == receiver);
        let waiting = self.pending.iter().filter(|step| is_its(step)).count();
        if bound.is_some_and(|bound| waiting > 0 && waiting >= bound) {
            let oldest = self.pending.iter().position(is_its).expect("there are some");
            let (_, step) = self.pending.remove(oldest);
            self.push(to, step);
        }
        let how = self.how();
        self.push(from, Step::Send(sender));
        match bound {
            // A meeting: both at once.
            Some(0) => self.push(to, Step::Receive(receiver, how)),
            _ => self.pending.push((to, Step::Receive(receiver, how))),
        }
    }

    fn write_pending(&mut self) {
        if !self.pending.is_empty() {
            let (thread, step) = self.pending.remove(self.random.below(self.pending.len()));
            self.push(thread, step);
        }
    }

    fn push(&mut self, thread: usize, step: Step) {
        let step = if self.random.one_in(6) { Step::Alone(Box::new(step)) } else { step };
        self.parts[thread].steps.push(step);
    }

    fn nest(&mut self) -> Nest {
        let mutexes = self.random.some(MUTEXES.len(), 3);
        let rwlocks = if self.random.one_in(2) { self.random.some(RWLOCKS.len(), 2) } else { Vec::new() };
        let rwlocks = rwlocks.into_iter().map(|lock| (lock, self.how())).collect();
        Nest { mutexes, rwlocks, yields: self.random.one_in(3) }
    }

    fn how(&mut self) -> How {
        [How::Plain, How::Timed, How::Otherwise][self.random.below(3)]
    }

    fn finish(mut self) -> Program {
        while !self.pending.is_empty() {
            self.write_pending();
        }
        Program { shared: Arc::new(self.shared), threads: self.parts }
    }
}

impl Part {
    fn run(self, me: usize, shared: &Shared) {
        drop(shared.handles[me].set(thread::current()));
        for step in &self.steps {
            self.act(me, shared, step);
        }
    }

    fn act(&self, me: usize, shared: &Shared, step: &Step) {
        match step {
            Step::Nest(nest) => nest.take(shared),
            Step::Try(first, second) => {
                let mut first = shared.mutexes[*first].lock().unwrap();
                *first += shared.mutexes[*second].try_lock().map_or(1, |second| *second);
            }
            Step::Gated(first, second) => {
                let _gate = shared.gate.lock().unwrap();
                let first = shared.gated[*first].lock().unwrap();
                *shared.gated[*second].lock().unwrap() += *first;
            }
            Step::TwiceAround(nest) => {
                let _outer = shared.again.lock();
                let _inner = shared.again.lock();
                nest.take(shared);
            }
            Step::Send(place) => match &self.senders[*place] {
                Out::Unbounded(sender) => sender.send(1).unwrap(),
                Out::Bounded(sender) => sender.send(1).unwrap(),
            },
            Step::Receive(place, how) => {
                let receiver = &self.receivers[*place];
                let got = match how {
                    How::Plain => receiver.recv().unwrap(),
                    How::Timed => receiver.recv_timeout(NEVER).unwrap(),
                    How::Otherwise => receiver.iter().next().unwrap(),
                };
                assert_eq!(got, 1);
            }
            Step::Put(place, all) => {
                let (count, changed) = &shared.counts[*place];
                *count.lock().unwrap() += 1;
                if *all { changed.notify_all() } else { changed.notify_one() }
            }
            Step::Get(place, how) => {
                let (count, changed) = &shared.counts[*place];
                let mut count = count.lock().unwrap();
                count = match how {
                    How::Plain => changed.wait_while(count, |count| *count == 0).unwrap(),
                    How::Timed => changed.wait_timeout_while(count, NEVER, |count| *count == 0).unwrap().0,
                    How::Otherwise => {
                        while *count == 0 {
                            count = changed.wait(count).unwrap();
                        }
                        count
                    }
                };
                *count -= 1;
            }
            Step::Arrive(place) => drop(shared.barriers[*place].wait()),
            Step::Unpark(thread) => {
                // ORDERING: Release; pairs with the Acquire in `Park`. The token of std orders it too.
                shared.tokens[*thread].fetch_add(1, Ordering::Release);
                shared.handles[*thread].wait().unpark();
            }
            Step::Park(how) => {
                let tokens = &shared.tokens[me];
                // ORDERING: Acquire; pairs with the Release in `Unpark`. Relaxed where nothing was there to be seen.
                while tokens.fetch_update(Ordering::Acquire, Ordering::Relaxed, |count| count.checked_sub(1)).is_err() {
                    if *how == How::Timed { thread::park_timeout(NEVER) } else { thread::park() }
                }
            }
            Step::Set(place) => shared.cells[*place].set(1).unwrap(),
            Step::Await(place) => assert_eq!(*shared.cells[*place].wait(), 1),
            Step::Initialise(place, nest) => shared.onces[*place].call_once(|| nest.take(shared)),
            Step::Force(place) => assert_eq!(*shared.lazies[*place], 1),
            Step::Scope(children) => thread::scope(|scope| {
                children.iter().for_each(|nest| drop(scope.spawn(|| nest.take(shared))));
            }),
            Step::SpawnAndJoin(nest) => thread::scope(|scope| scope.spawn(|| nest.take(shared)).join().unwrap()),
            Step::Alone(step) => {
                let _own = shared.own[me].lock().unwrap();
                self.act(me, shared, step);
            }
        }
    }
}

impl Nest {
    fn take(&self, shared: &Shared) {
        let mutexes: Vec<_> = self.mutexes.iter().map(|&lock| shared.mutexes[lock].lock().unwrap()).collect();
        let (mut writing, mut reading) = (Vec::new(), Vec::new());
        for &(lock, how) in &self.rwlocks {
            let lock = &shared.rwlocks[lock];
            match how {
                How::Plain => writing.push(lock.write().unwrap()),
                How::Timed => reading.push(lock.read().unwrap()),
                How::Otherwise => {
                    reading.push(gordian::checked::sync::RwLockWriteGuard::downgrade(lock.write().unwrap()))
                }
            }
        }
        if self.yields {
            std::thread::yield_now();
        }
        // The first one first, while the others are still held.
        drop(mutexes);
    }
}
