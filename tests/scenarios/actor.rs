//! A thread of a script, and what it acts on: checked types, behind commands.
//!
//! Must not know: the script.
//! INVARIANT: a reply follows each command, when it is done or refused; the end of an initialiser answers its begin.

use gordian::Named;
use gordian::checked::cell::Shared;
use gordian::checked::sync::SemaphorePermit;
use gordian::checked::sync::mpsc::{self, Sender as CheckedSender, SyncSender};
use gordian::checked::sync::{Barrier, Condvar, Event, Mutex, MutexGuard, Once, Queue, RLock, RwLock, Semaphore};
use gordian::checked::thread::{self, Builder, JoinHandle, Thread};
use gordian::rehearsal::{LockName, Mode, ThingName, ThreadName};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What a lock guards: a watched cell, which each holder uses, and which no script may make a race of. Its type tells the
/// number of the lock, which the class does not depend on.
pub(crate) struct Numbered<const N: u16>(Shared<u32>);

impl<const N: u16> Numbered<N> {
    fn is_used(&self, mode: Mode) {
        match mode {
            Mode::Exclusive => self.0.update(|uses| uses + 1),
            _ => _ = self.0.get(),
        }
    }
}

/// A lock of any kind and number.
pub(crate) trait Lock: Send + Sync {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any>;
    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>>;
    fn wait(&'static self, condvar: &Condvar, guard: Box<dyn Any>, limit: Option<Duration>) -> Box<dyn Any>;
    /// True if a reader would wait now.
    fn is_closed_to_readers(&self) -> bool;
}

impl<const N: u16> Lock for Mutex<Numbered<N>> {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any> {
        let guard = self.lock().unwrap();
        guard.is_used(mode);
        Box::new(guard)
    }

    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>> {
        let guard = self.try_lock().ok()?;
        guard.is_used(mode);
        Some(Box::new(guard))
    }

    fn wait(&'static self, condvar: &Condvar, guard: Box<dyn Any>, limit: Option<Duration>) -> Box<dyn Any> {
        let guard: Box<MutexGuard<'static, Numbered<N>>> = guard.downcast().expect("a guard of this mutex");
        let guard = match limit {
            None => condvar.wait(*guard).unwrap(),
            Some(limit) => condvar.wait_timeout(*guard, limit).unwrap().0,
        };
        guard.is_used(Mode::Exclusive);
        Box::new(guard)
    }

    fn is_closed_to_readers(&self) -> bool {
        true
    }
}

impl<const N: u16> Lock for RwLock<Numbered<N>> {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any> {
        match mode {
            Mode::Exclusive => {
                let guard = self.write().unwrap();
                guard.is_used(mode);
                Box::new(guard)
            }
            _ => {
                let guard = self.read().unwrap();
                guard.is_used(mode);
                Box::new(guard)
            }
        }
    }

    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>> {
        match mode {
            Mode::Exclusive => {
                let guard = self.try_write().ok()?;
                guard.is_used(mode);
                Some(Box::new(guard))
            }
            _ => {
                let guard = self.try_read().ok()?;
                guard.is_used(mode);
                Some(Box::new(guard))
            }
        }
    }

    fn wait(&'static self, _: &Condvar, _: Box<dyn Any>, _: Option<Duration>) -> Box<dyn Any> {
        panic!("a condition variable waits with a mutex, and this lock is read somewhere in the script")
    }

    fn is_closed_to_readers(&self) -> bool {
        self.try_read().is_err()
    }
}

impl<const N: u16> Lock for RLock<Numbered<N>> {
    fn lock(&'static self, mode: Mode) -> Box<dyn Any> {
        let guard = self.lock();
        guard.is_used(mode);
        Box::new(guard)
    }

    fn try_lock(&'static self, mode: Mode) -> Option<Box<dyn Any>> {
        let guard = self.try_lock()?;
        guard.is_used(mode);
        Some(Box::new(guard))
    }

    fn wait(&'static self, _: &Condvar, _: Box<dyn Any>, _: Option<Duration>) -> Box<dyn Any> {
        panic!("scripts wait with mutexes only")
    }

    fn is_closed_to_readers(&self) -> bool {
        true
    }
}

/// It guards nothing, since it need not keep anybody out.
impl Lock for Semaphore {
    fn lock(&'static self, _: Mode) -> Box<dyn Any> {
        Box::new(self.acquire())
    }

    fn try_lock(&'static self, _: Mode) -> Option<Box<dyn Any>> {
        Some(Box::new(self.try_acquire()?))
    }

    fn wait(&'static self, _: &Condvar, _: Box<dyn Any>, _: Option<Duration>) -> Box<dyn Any> {
        panic!("scripts wait with mutexes only")
    }

    fn is_closed_to_readers(&self) -> bool {
        true
    }
}

/// How the locks of one name are taken in a script.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Mutex,
    /// It is read somewhere.
    RwLock,
    RLock,
}

type Maker = fn(&'static str, u16, Kind) -> Arc<dyn Lock>;

/// One place for each letter.
#[rustfmt::skip]
const MAKERS: [Maker; 26] = [
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
    |c, n, r| number(c, n, r), |c, n, r| number(c, n, r),
];

/// Returns a lock of this name.
pub(crate) fn make(class: &'static str, name: LockName, kind: Kind) -> Arc<dyn Lock> {
    MAKERS[name.class as usize - 'A' as usize](class, name.number, kind)
}

#[track_caller]
fn number(class: &'static str, number: u16, kind: Kind) -> Arc<dyn Lock> {
    macro_rules! numbered {
        ($($n:literal)*) => {
            match (number, kind) {
                $(($n, Kind::Mutex) => Arc::new(Mutex::new(Numbered::<$n>(Shared::new(0))).named(class)),
                ($n, Kind::RwLock) => Arc::new(RwLock::new(Numbered::<$n>(Shared::new(0))).named(class)),
                ($n, Kind::RLock) => Arc::new(RLock::new(Numbered::<$n>(Shared::new(0))).named(class)),)*
                _ => panic!("{class}: live locks have numbers below 10, not {number}"),
            }
        };
    }
    numbered!(0 1 2 3 4 5 6 7 8 9)
}

type SemaphoreMaker = fn(&'static str, u16) -> Arc<Semaphore>;

/// One place for each letter.
#[rustfmt::skip]
const SEMAPHORE_MAKERS: [SemaphoreMaker; 26] = [
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n), |c, n| semaphore(c, n),
    |c, n| semaphore(c, n), |c, n| semaphore(c, n),
];

/// Returns a semaphore of this name.
pub(crate) fn make_semaphore(class: &'static str, name: ThingName) -> Arc<Semaphore> {
    SEMAPHORE_MAKERS[name.letter as usize - 'a' as usize](class, name.size.expect("a semaphore has permits"))
}

#[track_caller]
fn semaphore(class: &'static str, permits: u16) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::from(permits)).named(class))
}

/// A channel whose ends are there for whoever needs them.
pub(crate) struct Channel {
    sender: End,
    /// With the one who receives, while it does.
    receiver: std::sync::Mutex<Option<mpsc::Receiver<()>>>,
}

enum End {
    Unbounded(CheckedSender<()>),
    Bounded(SyncSender<()>),
}

impl Channel {
    pub(crate) fn new(bound: Option<u16>) -> Self {
        let (sender, receiver) = match bound {
            None => {
                let (sender, receiver) = mpsc::channel();
                (End::Unbounded(sender), receiver)
            }
            Some(bound) => {
                let (sender, receiver) = mpsc::sync_channel(usize::from(bound));
                (End::Bounded(sender), receiver)
            }
        };
        Self { sender, receiver: std::sync::Mutex::new(Some(receiver)) }
    }

    fn send(&self) {
        let sent = match &self.sender {
            End::Unbounded(sender) => sender.send(()),
            End::Bounded(sender) => sender.send(()),
        };
        sent.expect("the receiver is there");
    }

    fn receive(&self) {
        let receiver = self.receiver.lock().unwrap().take().expect("one thread receives at a time");
        let received = catch_unwind(AssertUnwindSafe(|| receiver.recv().expect("a sender is there")));
        *self.receiver.lock().unwrap() = Some(receiver);
        received.unwrap_or_else(|panic| resume_unwind(panic));
    }
}

/// A guard with its lock. Fields drop in order: the guard first.
struct Hold {
    name: LockName,
    guard: Box<dyn Any>,
    lock: Arc<dyn Lock>,
}

impl Hold {
    fn new(name: LockName, lock: Arc<dyn Lock>, acquire: impl FnOnce(&'static dyn Lock) -> Box<dyn Any>) -> Self {
        // SAFETY: the lock stays where it is, and lives as long as the hold, which drops its guard first.
        let borrowed: &'static dyn Lock = unsafe { &*Arc::as_ptr(&lock) };
        Self { name, guard: acquire(borrowed), lock }
    }

    /// Ends a permit's guard, and keeps the permit.
    fn forget(self) {
        let permit: Box<SemaphorePermit<'static>> = self.guard.downcast().expect("a permit of this semaphore");
        permit.forget();
    }

    /// Gives up the lock without unlocking it.
    fn leak(self) {
        std::mem::forget(self.guard);
    }
}

pub(crate) enum Command {
    Lock(LockName, Arc<dyn Lock>, Mode),
    Try(LockName, Arc<dyn Lock>, Mode),
    Release(LockName),
    Start(ThreadName, Body),
    Join(JoinHandle<()>),
    Drop(LockName, Arc<dyn Lock>),
    End,
    /// With what is held, and perhaps for a time.
    Wait(Arc<Condvar>, LockName, Option<Duration>),
    NotifyOne(Arc<Condvar>),
    NotifyAll(Arc<Condvar>),
    Send(Arc<Channel>),
    Receive(Arc<Channel>),
    Arrive(Arc<Barrier>),
    /// What comes up to `Finish` is done by the initialiser.
    Begin(Arc<Once>),
    Finish,
    Complete(Arc<Once>),
    Park,
    Unpark(Thread),
    Forget(LockName),
    Free(Arc<Semaphore>),
    Set(Arc<Event>),
    Clear(Arc<Event>),
    WaitEvent(Arc<Event>),
    Put(Arc<Queue<()>>),
    Get(Arc<Queue<()>>),
    TaskDone(Arc<Queue<()>>),
    JoinTasks(Arc<Queue<()>>),
}

pub(crate) enum Reply {
    /// Or refused.
    Done,
    Started(ThreadName, JoinHandle<()>),
}

/// What an actor's thread runs.
pub(crate) type Body = Box<dyn FnOnce() + Send>;

/// The stage's side of a thread.
pub(crate) struct Actor {
    pub(crate) commands: Sender<Command>,
    pub(crate) replies: Receiver<Reply>,
    /// `None` once it was joined.
    pub(crate) handle: Option<JoinHandle<()>>,
    pub(crate) thread: Option<Thread>,
    /// True from a command to its reply.
    pub(crate) is_busy: bool,
    pub(crate) has_ended: bool,
}

impl Actor {
    /// Returns a new actor, without its thread, and what its thread is to run.
    pub(crate) fn new() -> (Self, Body) {
        let (commands, inbox) = channel();
        let (outbox, replies) = channel();
        let actor = Self { commands, replies, handle: None, thread: None, is_busy: false, has_ended: false };
        (actor, Box::new(move || Player { inbox, outbox, holds: Vec::new() }.perform()))
    }

    pub(crate) fn with(self, handle: JoinHandle<()>) -> Self {
        Self { thread: Some(handle.thread().clone()), handle: Some(handle), ..self }
    }
}

/// The thread's own side.
struct Player {
    inbox: Receiver<Command>,
    outbox: Sender<Reply>,
    holds: Vec<Hold>,
}

impl Player {
    /// Obeys until the thread ends, or what it initialises is done.
    fn perform(&mut self) {
        while let Ok(command) = self.inbox.recv() {
            let reply = match command {
                Command::Finish => return,
                Command::End => {
                    self.holds.drain(..).for_each(Hold::leak);
                    return self.reply(Reply::Done);
                }
                // What is refused panics.
                command => catch_unwind(AssertUnwindSafe(|| self.obey(command))).unwrap_or(Reply::Done),
            };
            self.reply(reply);
        }
    }

    fn reply(&self, reply: Reply) {
        self.outbox.send(reply).expect("the stage waits for the reply");
    }

    fn obey(&mut self, command: Command) -> Reply {
        match command {
            Command::Lock(name, lock, mode) => self.holds.push(Hold::new(name, lock, |lock| lock.lock(mode))),
            Command::Try(name, lock, mode) => {
                self.holds.push(Hold::new(name, lock, |lock| lock.try_lock(mode).expect("the lock is free")));
            }
            Command::Release(name) => drop(self.newest(name)),
            Command::Start(name, body) => {
                let started = Builder::new().name(name.to_string()).spawn(body);
                return Reply::Started(name, started.expect("a thread can be started"));
            }
            Command::Join(handle) => handle.join().expect("no thread of a script panics"),
            Command::Drop(name, lock) => {
                self.holds.extract_if(.., |hold| hold.name == name).for_each(Hold::leak);
                assert_eq!(Arc::strong_count(&lock), 1, "the last one");
                drop(lock);
            }
            Command::Wait(condvar, name, limit) => {
                let Hold { guard, lock, .. } = self.newest(name);
                self.holds.push(Hold::new(name, lock, |lock| lock.wait(&condvar, guard, limit)));
            }
            Command::NotifyOne(condvar) => condvar.notify_one(),
            Command::NotifyAll(condvar) => condvar.notify_all(),
            Command::Send(channel) => channel.send(),
            Command::Receive(channel) => channel.receive(),
            Command::Arrive(barrier) => drop(barrier.wait()),
            Command::Begin(once) => once.call_once(|| {
                self.reply(Reply::Done);
                self.perform();
            }),
            Command::Complete(once) => once.wait(),
            Command::Park => thread::park(),
            Command::Unpark(thread) => thread.unpark(),
            Command::Forget(name) => self.newest(name).forget(),
            Command::Free(semaphore) => semaphore.release(1),
            Command::Set(event) => event.set(),
            Command::Clear(event) => event.clear(),
            Command::WaitEvent(event) => event.wait(),
            Command::Put(queue) => queue.put(()),
            Command::Get(queue) => queue.get(),
            Command::TaskDone(queue) => queue.task_done().expect("something is left to be done"),
            Command::JoinTasks(queue) => queue.join(),
            Command::Finish | Command::End => unreachable!("they end the performance"),
        }
        Reply::Done
    }

    fn newest(&mut self, name: LockName) -> Hold {
        let place = self.holds.iter().rposition(|hold| hold.name == name).expect("it is held");
        self.holds.remove(place)
    }
}
