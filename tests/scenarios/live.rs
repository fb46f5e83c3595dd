//! Plays a script on real threads with checked types, one step at a time.
//!
//! Must not know: what a script should show.
//! Source: `gordian::rehearsal`, which does the same without threads and says who waits after each step.
//! INVARIANT: a thread acts only between a command and its reply, so that steps happen in the script's order. A step is
//! over when all those have replied who do not wait, and all who wait are told as blocked.

use crate::actor::{Actor, Channel, Command, Kind, Lock, Reply, make, make_semaphore};
use gordian::checked::sync::{Barrier, Condvar, Event, Once, Queue, Semaphore};
use gordian::checked::thread::Builder;
use gordian::rehearsal::{Act, LockName, Mode, Outcome, Rehearsal, Script, Step, ThingName, ThreadName, Told};
use gordian::{Lint, Named, Report};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Plays a script, and returns what it shows.
///
/// # Errors
/// If a thread does not do what the rehearsal says.
pub(crate) fn play(script: &Script) -> Result<Vec<Report>, String> {
    let mut result = Ok(());
    let reports = gordian::collect(|| result = Stage::new(script).and_then(|stage| stage.play(script)));
    result.map(|()| reports)
}

/// Returns what a report says, in the words of a rehearsal.
pub(crate) fn told(report: &Report) -> Told {
    let lint = Lint::find(report.lint).expect("reports name lints");
    let is_about_threads =
        [Lint::Deadlock, Lint::Stall, Lint::WaitWhileHolding, Lint::LostNotify, Lint::CondvarTwoMutexes]
            .contains(&lint);
    if is_about_threads {
        let name = |side: &gordian::Side| side.thread.name.as_deref()?.parse().ok();
        return Told::of_threads(lint, report.sides.iter().filter_map(name).collect());
    }
    let name = |lock: usize| {
        let lock = &report.locks[lock];
        let class = lock.name.and_then(|name| name.chars().next()).expect("every lock of a script is named");
        let number = lock.type_name.split("Numbered<").nth(1).and_then(|rest| rest.split('>').next()?.parse().ok());
        let number = number.filter(|_| lint != Lint::ClassOrder);
        LockName { class, number: number.unwrap_or(0) }
    };
    Told::new(lint, report.sides.iter().map(|side| name(side.held[side.holds.unwrap()].lock)).collect())
}

/// Much longer than any step takes.
const PATIENCE: Duration = Duration::from_secs(30);

static CLASSES: AtomicU32 = AtomicU32::new(1);

struct Stage {
    rehearsal: Rehearsal,
    actors: BTreeMap<ThreadName, Actor>,
    locks: HashMap<LockName, Arc<dyn Lock>>,
    condvars: HashMap<ThingName, Arc<Condvar>>,
    channels: HashMap<ThingName, Arc<Channel>>,
    barriers: HashMap<ThingName, Arc<Barrier>>,
    onces: HashMap<ThingName, Arc<Once>>,
    /// The classes' names. They are of this script alone: classes outlive their locks, and so would the orders that
    /// another script has shown.
    classes: HashMap<char, &'static str>,
    semaphores: HashMap<ThingName, Arc<Semaphore>>,
    events: HashMap<ThingName, Arc<Event>>,
    queues: HashMap<ThingName, Arc<Queue<()>>>,
    /// Of all locks that are no mutexes.
    kinds: HashMap<LockName, Kind>,
}

impl Stage {
    fn new(script: &Script) -> Result<Self, String> {
        let kinds = script.0.iter().filter_map(|step| match step.act {
            Act::Lock(name, mode) | Act::Try(name, mode) if mode != Mode::Exclusive => Some((name, Kind::RwLock)),
            Act::Enter(name) | Act::TryEnter(name) => Some((name, Kind::RLock)),
            _ => None,
        });
        let mut stage = Self {
            rehearsal: Rehearsal::new(script),
            actors: BTreeMap::new(),
            locks: HashMap::new(),
            condvars: HashMap::new(),
            channels: HashMap::new(),
            barriers: HashMap::new(),
            onces: HashMap::new(),
            classes: HashMap::new(),
            semaphores: HashMap::new(),
            events: HashMap::new(),
            queues: HashMap::new(),
            kinds: kinds.collect(),
        };
        for thread in script.threads().into_iter().filter(|thread| !script.starts(*thread)) {
            let (actor, body) = Actor::new();
            let handle = Builder::new().name(thread.to_string()).spawn(body).map_err(|error| error.to_string())?;
            stage.actors.insert(thread, actor.with(handle));
        }
        Ok(stage)
    }

    fn play(mut self, script: &Script) -> Result<(), String> {
        for &step in &script.0 {
            self.step(step)?;
        }
        while let Some(step) = self.rehearsal.last_step() {
            self.step(step)?;
        }
        match self.rehearsal.waiting().as_slice() {
            [] => Ok(()),
            left => Err(format!("{left:?} wait for ever: such a script cannot be played live")),
        }
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        let outcomes = self.rehearsal.step(step);
        if !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))) {
            // One whose time is over.
            self.hear(step.thread)?;
            self.act(step)?;
        }
        self.settle().map_err(|why| format!("{}: {why}", Script(vec![step])))
    }

    /// Returns the threads that have not ended.
    fn running(&self) -> Vec<ThreadName> {
        self.actors.iter().filter(|(_, actor)| !actor.has_ended).map(|(&name, _)| name).collect()
    }

    fn act(&mut self, Step { thread, act }: Step) -> Result<(), String> {
        let command = match act {
            Act::Lock(name, mode) => Command::Lock(name, self.lock(name), mode),
            Act::Try(name, mode) => Command::Try(name, self.lock(name), mode),
            Act::Release(name) => Command::Release(name),
            Act::Start(child) => {
                let (actor, body) = Actor::new();
                self.actors.insert(child, actor);
                Command::Start(child, body)
            }
            Act::Join(other) => {
                if self.rehearsal.has_ended(other) {
                    self.end(other);
                    self.hear(other)?;
                    self.await_gone()?;
                }
                self.join(other)
            }
            Act::Await(other) => self.join(other),
            Act::Drop(name) => {
                let lock = self.lock(name);
                self.locks.remove(&name);
                Command::Drop(name, lock)
            }
            Act::End => {
                self.end(thread);
                return Ok(());
            }
            Act::Wait(condvar, mutex) => Command::Wait(self.condvar(condvar), mutex, None),
            Act::WaitBriefly(condvar, mutex) => Command::Wait(self.condvar(condvar), mutex, Some(BRIEFLY)),
            Act::NotifyOne(condvar) => Command::NotifyOne(self.condvar(condvar)),
            Act::NotifyAll(condvar) => Command::NotifyAll(self.condvar(condvar)),
            Act::Send(channel) => Command::Send(self.channel(channel)),
            Act::Receive(channel) => Command::Receive(self.channel(channel)),
            Act::Arrive(barrier) => Command::Arrive(self.barrier(barrier)),
            Act::Begin(once) => Command::Begin(self.once(once)),
            Act::Finish(_) => Command::Finish,
            Act::Complete(once) => Command::Complete(self.once(once)),
            Act::Park => Command::Park,
            Act::Unpark(other) => Command::Unpark(self.actors[&other].thread.clone().expect("it was started")),
            Act::Enter(name) => Command::Lock(name, self.lock(name), Mode::Exclusive),
            Act::TryEnter(name) => Command::Try(name, self.lock(name), Mode::Exclusive),
            Act::Acquire(name) => Command::Lock(permit(name), self.semaphore(name), Mode::Exclusive),
            Act::TryAcquire(name) => Command::Try(permit(name), self.semaphore(name), Mode::Exclusive),
            Act::GiveBack(name) => Command::Release(permit(name)),
            Act::Forget(name) => Command::Forget(permit(name)),
            Act::Free(name) => Command::Free(self.semaphore(name)),
            Act::Set(event) => Command::Set(self.event(event)),
            Act::Clear(event) => Command::Clear(self.event(event)),
            Act::WaitEvent(event) => Command::WaitEvent(self.event(event)),
            Act::Put(queue) => Command::Put(self.queue(queue)),
            Act::Get(queue) => Command::Get(self.queue(queue)),
            Act::TaskDone(queue) => Command::TaskDone(self.queue(queue)),
            Act::JoinTasks(queue) => Command::JoinTasks(self.queue(queue)),
        };
        self.tell(thread, command);
        Ok(())
    }

    /// Waits until everybody does what the rehearsal says: waits, and is done with looking at the others, or has done what it was
    /// told.
    fn settle(&mut self) -> Result<(), String> {
        let (waiting, briefly) = (self.rehearsal.waiting(), self.rehearsal.waiting_briefly());
        for thread in self.actors.keys().copied().collect::<Vec<_>>() {
            if !waiting.contains(&thread) {
                self.hear(thread)?;
            }
        }
        let start = Instant::now();
        loop {
            let mut blocked = waiting.len();
            for thread in &waiting {
                // One who waits for a time only may be done with it before its turn comes.
                if self.try_hear(*thread) && !briefly.contains(thread) {
                    return Err(format!("{thread} goes on, but should wait"));
                }
                blocked -= usize::from(!self.actors[thread].is_busy);
            }
            let is_queued = |name: &LockName| !self.is_read(*name) || self.locks[name].is_closed_to_readers();
            let are_queued = self.rehearsal.queued_writers().iter().all(is_queued);
            let are_asleep = || waiting.iter().all(|thread| !self.actors[thread].is_busy || is_asleep(*thread));
            let are_told = gordian::rehearsal::blocked_threads() == blocked;
            // One that looks sleeps in between, for longer than this takes.
            let are_sure = || gordian::rehearsal::unsure_threads() == 0;
            if are_queued && are_told && self.are_gone() && are_sure() && are_asleep() && are_sure() {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                let blocked = gordian::rehearsal::blocked_threads();
                return Err(format!("{waiting:?} should wait, and {blocked} threads do"));
            }
            std::thread::yield_now();
        }
    }

    fn is_read(&self, lock: LockName) -> bool {
        self.kind(lock) == Kind::RwLock
    }

    fn kind(&self, lock: LockName) -> Kind {
        self.kinds.get(&lock).copied().unwrap_or_default()
    }

    /// True if the system has forgotten those who have ended. They could still wake others, as far as it knows.
    fn are_gone(&self) -> bool {
        let tasks = std::fs::read_dir("/proc/self/task").map(|tasks| tasks.count());
        tasks.map_or(true, |tasks| tasks == self.running().len() + 1)
    }

    fn await_gone(&self) -> Result<(), String> {
        let start = Instant::now();
        while !self.are_gone() {
            if start.elapsed() > PATIENCE {
                return Err("a thread that has ended is still there".to_owned());
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Waits for a thread's reply, if it has a command.
    fn hear(&mut self, thread: ThreadName) -> Result<(), String> {
        let start = Instant::now();
        while self.actors[&thread].is_busy && !self.try_hear(thread) {
            if start.elapsed() > PATIENCE {
                return Err(format!("{thread} does not go on, but should"));
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Takes a thread's reply, if it is there.
    fn try_hear(&mut self, thread: ThreadName) -> bool {
        let actor = self.actors.get_mut(&thread).expect("it was started");
        let Ok(reply) = actor.replies.try_recv() else { return false };
        actor.is_busy = false;
        if let Reply::Started(child, handle) = reply {
            let actor = self.actors.remove(&child).expect("it was made before");
            self.actors.insert(child, actor.with(handle));
        }
        true
    }

    fn tell(&mut self, thread: ThreadName, command: Command) {
        let actor = self.actors.get_mut(&thread).expect("it was started");
        assert!(!std::mem::replace(&mut actor.is_busy, true), "{thread} has a command already");
        actor.commands.send(command).expect("the thread runs");
    }

    /// Ends a thread, if it has not ended.
    fn end(&mut self, thread: ThreadName) {
        let actor = self.actors.get_mut(&thread).expect("it was started");
        if !std::mem::replace(&mut actor.has_ended, true) {
            self.tell(thread, Command::End);
        }
    }

    fn join(&mut self, thread: ThreadName) -> Command {
        let handle = self.actors.get_mut(&thread).and_then(|actor| actor.handle.take());
        Command::Join(handle.expect("a thread is joined once"))
    }

    fn lock(&mut self, name: LockName) -> Arc<dyn Lock> {
        let (class, kind) = (self.class(name.class), self.kind(name));
        self.locks.entry(name).or_insert_with(|| make(class, name, kind)).clone()
    }

    fn class(&mut self, letter: char) -> &'static str {
        self.classes.entry(letter).or_insert_with(|| {
            // ORDERING: Relaxed; only uniqueness matters.
            let count = CLASSES.fetch_add(1, Ordering::Relaxed);
            format!("{letter} of class {count}").leak()
        })
    }

    fn condvar(&mut self, name: ThingName) -> Arc<Condvar> {
        self.condvars.entry(name).or_default().clone()
    }

    fn channel(&mut self, name: ThingName) -> Arc<Channel> {
        self.channels.entry(name).or_insert_with(|| Arc::new(Channel::new(name.size))).clone()
    }

    fn barrier(&mut self, name: ThingName) -> Arc<Barrier> {
        let size = name.size.expect("a barrier has a size");
        self.barriers.entry(name).or_insert_with(|| Arc::new(Barrier::new(usize::from(size)))).clone()
    }

    fn semaphore(&mut self, name: ThingName) -> Arc<Semaphore> {
        let class = self.class(name.letter);
        self.semaphores.entry(name).or_insert_with(|| make_semaphore(class, name)).clone()
    }

    fn event(&mut self, name: ThingName) -> Arc<Event> {
        let class = self.class(name.letter);
        self.events.entry(name).or_insert_with(|| Arc::new(Event::new().named(class))).clone()
    }

    fn queue(&mut self, name: ThingName) -> Arc<Queue<()>> {
        let (class, size) = (self.class(name.letter), usize::from(name.size.unwrap_or_default()));
        self.queues.entry(name).or_insert_with(|| Arc::new(Queue::new(size).named(class))).clone()
    }

    fn once(&mut self, name: ThingName) -> Arc<Once> {
        let class = self.class(name.letter);
        self.onces.entry(name).or_insert_with(|| Arc::new(Once::new().named(class))).clone()
    }
}

/// Returns what a permit is held as.
fn permit(semaphore: ThingName) -> LockName {
    LockName { class: semaphore.letter, number: 0 }
}

/// True if the system says that a thread sleeps. One that is about to would be overtaken by others.
fn is_asleep(thread: ThreadName) -> bool {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return true };
    let read = |task: &std::path::Path| {
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let (before, after) = stat.rsplit_once(')')?;
        let is_it = before.split_once('(')?.1 == thread.to_string();
        is_it.then(|| after.trim_start().starts_with('S'))
    };
    tasks.flatten().find_map(|task| read(&task.path())).unwrap_or(false)
}

/// For so long a timed wait goes on, unless it is woken.
const BRIEFLY: Duration = Duration::from_millis(60);
