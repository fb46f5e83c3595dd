//! Plays a script on real threads with checked locks, one step at a time.
//!
//! Must not know: what a script should show.
//! Source: `gordian::rehearsal`, which does the same without threads.
//! INVARIANT: a thread acts only between a command and its reply, so that steps happen in the script's order.

use gordian::checked::sync::{Mutex, RwLock};
use gordian::checked::thread::{self, JoinHandle};
use gordian::rehearsal::{Act, LockName, Mode, Script, ThreadName, Told};
use gordian::{Lint, Named, Report};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Plays a script in which nothing blocks.
pub(crate) fn play(script: &Script) {
    let mut stage = Stage::new(script);
    for thread in script.threads().into_iter().filter(|thread| !script.starts(*thread)) {
        let (actor, body) = stage.actor();
        stage.actors.insert(thread, actor.with(thread::spawn(body)));
    }
    for step in &script.0 {
        stage.act(step.thread, step.act);
    }
    stage.finish();
}

/// Returns what a report says, in the words of a rehearsal.
pub(crate) fn told(report: &Report) -> Told {
    let lint = Lint::find(report.lint).expect("reports name lints");
    let name = |lock: usize| {
        let lock = &report.locks[lock];
        let class = lock.name.and_then(|name| name.chars().next()).expect("every lock of a script is named");
        let number = lock.type_name.split("Numbered<").nth(1).and_then(|rest| rest.split('>').next()?.parse().ok());
        let number = number.filter(|_| lint != Lint::ClassOrder);
        LockName { class, number: number.unwrap_or(0) }
    };
    Told::new(lint, report.sides.iter().map(|side| name(side.held[side.holds.unwrap()].lock)).collect())
}

/// What a lock guards: nothing. Its type tells the number of the lock, which the class does not depend on.
struct Numbered<const N: u16>;

trait Lock: Send + Sync {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any>;
    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>>;
}

impl<const N: u16> Lock for Mutex<Numbered<N>> {
    fn lock(&'static self, _: Mode) -> Box<dyn Any> {
        Box::new(self.lock().unwrap())
    }

    fn try_lock(&'static self, _: Mode) -> Option<Box<dyn Any>> {
        Some(Box::new(self.try_lock().ok()?))
    }
}

impl<const N: u16> Lock for RwLock<Numbered<N>> {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any> {
        match mode {
            Mode::Exclusive => Box::new(self.write().unwrap()),
            _ => Box::new(self.read().unwrap()),
        }
    }

    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>> {
        match mode {
            Mode::Exclusive => Some(Box::new(self.try_write().ok()?)),
            _ => Some(Box::new(self.try_read().ok()?)),
        }
    }
}

static CLASSES: AtomicU32 = AtomicU32::new(1);

type Maker = fn(&'static str, u16, bool) -> Arc<dyn Lock>;

/// One place for each letter.
#[rustfmt::skip]
const MAKERS: [Maker; 26] = [
    |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r),
    |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r),
    |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r),
    |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r),
    |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r), |c, n, r| make(c, n, r),
    |c, n, r| make(c, n, r),
];

#[track_caller]
fn make(class: &'static str, number: u16, is_read: bool) -> Arc<dyn Lock> {
    macro_rules! numbered {
        ($($n:literal)*) => {
            match (number, is_read) {
                $(($n, false) => Arc::new(Mutex::new(Numbered::<$n>).named(class)),
                ($n, true) => Arc::new(RwLock::new(Numbered::<$n>).named(class)),)*
                _ => panic!("{class}: live locks have numbers below 10, not {number}"),
            }
        };
    }
    numbered!(0 1 2 3 4 5 6 7 8 9)
}

/// A guard with its lock. Fields drop in order: the guard first.
struct Hold {
    name: LockName,
    guard: Box<dyn Any>,
    _lock: Arc<dyn Lock>,
}

impl Hold {
    fn new(name: LockName, lock: Arc<dyn Lock>, acquire: impl FnOnce(&'static dyn Lock) -> Box<dyn Any>) -> Self {
        // SAFETY: the lock stays where it is, and lives as long as the hold, which drops its guard first.
        let borrowed: &'static dyn Lock = unsafe { &*Arc::as_ptr(&lock) };
        Self { name, guard: acquire(borrowed), _lock: lock }
    }

    /// Gives up the lock without unlocking it.
    fn leak(self) {
        std::mem::forget(self.guard);
    }
}

enum Command {
    Lock(LockName, Arc<dyn Lock>, Mode),
    Try(LockName, Arc<dyn Lock>, Mode),
    Release(LockName),
    ReleaseNewest,
    Start(Body),
    Join(JoinHandle<()>),
    Drop(LockName, Arc<dyn Lock>),
    End,
}

enum Reply {
    Done,
    Started(JoinHandle<()>),
    /// There was nothing to release.
    Empty,
    /// The request panicked.
    Refused,
}

type Body = Box<dyn FnOnce() + Send>;

struct Actor {
    commands: Sender<Command>,
    replies: Receiver<Reply>,
    /// `None` once it was joined.
    handle: Option<JoinHandle<()>>,
    has_ended: bool,
}

struct Stage {
    actors: BTreeMap<ThreadName, Actor>,
    locks: HashMap<LockName, Arc<dyn Lock>>,
    /// The classes' names. They are of this script alone: classes outlive their locks, and so would the orders that
    /// another script has shown.
    classes: HashMap<char, &'static str>,
    /// Locks that are read somewhere in the script.
    read: Vec<LockName>,
}

impl Stage {
    fn new(script: &Script) -> Self {
        let read = script.0.iter().filter_map(|step| match step.act {
            Act::Lock(name, mode) | Act::Try(name, mode) if mode != Mode::Exclusive => Some(name),
            _ => None,
        });
        Self { actors: BTreeMap::new(), locks: HashMap::new(), classes: HashMap::new(), read: read.collect() }
    }

    /// Returns a new actor, without its thread, and what its thread is to run.
    fn actor(&self) -> (Actor, Body) {
        let (commands, inbox) = channel();
        let (outbox, replies) = channel();
        let actor = Actor { commands, replies, handle: None, has_ended: false };
        (actor, Box::new(move || perform(&inbox, &outbox)))
    }

    fn act(&mut self, thread: ThreadName, act: Act) {
        match act {
            Act::Lock(name, mode) => {
                let lock = self.lock(name);
                self.tell(thread, Command::Lock(name, lock, mode));
            }
            Act::Try(name, mode) => {
                let lock = self.lock(name);
                self.tell(thread, Command::Try(name, lock, mode));
            }
            Act::Release(name) => {
                self.tell(thread, Command::Release(name));
            }
            Act::Start(child) => {
                let (actor, body) = self.actor();
                let Reply::Started(handle) = self.tell(thread, Command::Start(body)) else { panic!("not started") };
                self.actors.insert(child, actor.with(handle));
            }
            Act::Join(other) => {
                self.end(other);
                let handle = self.actors.get_mut(&other).and_then(|actor| actor.handle.take());
                self.tell(thread, Command::Join(handle.expect("a thread is joined once")));
            }
            Act::Drop(name) => {
                let lock = self.lock(name);
                self.locks.remove(&name);
                self.tell(thread, Command::Drop(name, lock));
            }
            Act::End => self.end(thread),
        }
    }

    fn finish(mut self) {
        let threads: Vec<ThreadName> = self.actors.keys().copied().collect();
        for &thread in &threads {
            while !self.actors[&thread].has_ended && !matches!(self.tell(thread, Command::ReleaseNewest), Reply::Empty)
            {
            }
        }
        for thread in threads {
            self.end(thread);
        }
    }

    /// Ends a thread, if it has not ended, and waits until it is gone.
    fn end(&mut self, thread: ThreadName) {
        if !std::mem::replace(&mut self.actors.get_mut(&thread).expect("it was started").has_ended, true) {
            self.tell(thread, Command::End);
            let handle = &self.actors[&thread].handle;
            while handle.as_ref().is_some_and(|handle| !handle.is_finished()) {
                std::thread::yield_now();
            }
        }
    }

    fn lock(&mut self, name: LockName) -> Arc<dyn Lock> {
        let is_read = self.read.contains(&name);
        let maker = MAKERS[name.class as usize - 'A' as usize];
        let class = *self.classes.entry(name.class).or_insert_with(|| {
            // ORDERING: Relaxed; only uniqueness matters.
            let count = CLASSES.fetch_add(1, Ordering::Relaxed);
            format!("{} of class {count}", name.class).leak()
        });
        self.locks.entry(name).or_insert_with(|| maker(class, name.number, is_read)).clone()
    }

    fn tell(&self, thread: ThreadName, command: Command) -> Reply {
        let Actor { commands, replies, .. } = &self.actors[&thread];
        commands.send(command).expect("the thread runs");
        // No step blocks, so this is only for a step that does against all expectation.
        replies.recv_timeout(Duration::from_secs(60)).expect("a step blocks, or its thread has panicked")
    }
}

impl Actor {
    fn with(self, handle: JoinHandle<()>) -> Self {
        Self { handle: Some(handle), ..self }
    }
}

/// What a thread runs.
fn perform(inbox: &Receiver<Command>, outbox: &Sender<Reply>) {
    let mut holds: Vec<Hold> = Vec::new();
    while let Ok(command) = inbox.recv() {
        let is_end = matches!(command, Command::End);
        let reply = obey(command, &mut holds);
        outbox.send(reply).expect("the stage waits for the reply");
        if is_end {
            return;
        }
    }
}

fn obey(command: Command, holds: &mut Vec<Hold>) -> Reply {
    match command {
        Command::Lock(name, lock, mode) => {
            let acquire = || Hold::new(name, lock, |lock| lock.lock(mode));
            match catch_unwind(AssertUnwindSafe(acquire)) {
                Ok(hold) => holds.push(hold),
                Err(_) => return Reply::Refused,
            }
        }
        Command::Try(name, lock, mode) => {
            holds.push(Hold::new(name, lock, |lock| lock.try_lock(mode).expect("the lock is free")));
        }
        Command::Release(name) => {
            let place = holds.iter().rposition(|hold| hold.name == name).expect("what is released is held");
            drop(holds.remove(place));
        }
        Command::ReleaseNewest => return holds.pop().map_or(Reply::Empty, |_| Reply::Done),
        Command::Start(body) => return Reply::Started(thread::spawn(body)),
        Command::Join(handle) => handle.join().expect("no thread of a script panics"),
        Command::Drop(name, lock) => {
            holds.extract_if(.., |hold| hold.name == name).for_each(Hold::leak);
            assert_eq!(Arc::strong_count(&lock), 1, "the last one");
            drop(lock);
        }
        Command::End => holds.drain(..).for_each(Hold::leak),
    }
    Reply::Done
}
