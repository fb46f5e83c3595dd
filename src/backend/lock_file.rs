//! Turns the system's lock on a file into one that threads of this process can hold, too: what `process::Lock` is made of.
//!
//! Must not know: that locks can be checked.
//! Source: `std::fs::File::lock`, which is `flock` on Unix and `LockFileEx` on Windows. We differ: the system gives a file's
//! lock to whoever has the file open, so which thread of the process has it is kept here.
//! INVARIANT: a path has one `LockFile` in a process, as long as somebody has it open. `hold` says which thread has the
//! system's lock or waits for it; no other thread asks the system meanwhile.

use crate::holder::Holder;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// The file of a lock, open in this process.
#[derive(Debug)]
pub(crate) struct LockFile {
    /// Without links and dots.
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// The process that all this is true of: not a child that was forked from it.
    pid: u32,
    /// `None` after a fork, until the child opens it for itself.
    file: Option<Arc<File>>,
    hold: Option<Hold>,
}

/// A thread that has the lock.
#[derive(Debug)]
struct Hold {
    thread: ThreadId,
    again: Again,
    /// 0 while it is asked for.
    levels: usize,
    holder: Option<Holder>,
}

/// Whether the thread that has a lock may take it again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Again {
    Refused,
    Counted,
}

static OPEN: Mutex<BTreeMap<PathBuf, Weak<LockFile>>> = Mutex::new(BTreeMap::new());

/// Between two tries for a lock that another process has: it cannot tell us when it gives it back.
const SHORTEST_NAP: Duration = Duration::from_micros(200);
const LONGEST_NAP: Duration = Duration::from_millis(50);

impl LockFile {
    /// Opens the file, and creates it if there is none.
    ///
    /// # Errors
    /// If it can be neither created nor opened; the error names it.
    pub(super) fn open(path: &Path) -> io::Result<Arc<Self>> {
        let file = open(path)?;
        let path = fs::canonicalize(path).map_err(|error| naming(path, &error))?;
        let mut known = unpoisoned(OPEN.lock());
        if let Some(known) = known.get(&path).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let state = State { pid: std::process::id(), file: Some(Arc::new(file)), hold: None };
        let new = Arc::new(Self { path: path.clone(), state: Mutex::new(state), changed: Condvar::new() });
        known.insert(path, Arc::downgrade(&new));
        Ok(new)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock, waiting until nobody has it.
    pub(super) fn take(&self, again: Again, at: &Location<'_>) -> io::Result<()> {
        let mut state = self.state();
        loop {
            match &state.hold {
                None => break,
                Some(hold) if hold.is_own() => return Err(self.own()),
                Some(_) => state = unpoisoned(self.changed.wait(state)),
            }
        }
        let file = state.file(&self.path)?;
        state.hold = Some(Hold { thread: thread::current().id(), again, levels: 0, holder: None });
        drop(state);
        let taken = loop {
            match file.lock() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                taken => break taken,
            }
        };
        let mut state = self.state();
        match taken {
            Ok(()) => self.begin(&mut state, again, at),
            Err(_) => {
                state.hold = None;
                self.changed.notify_all();
            }
        }
        taken.map_err(|error| naming(&self.path, &error))
    }

    /// Takes the lock if nobody has it, and says whether it did.
    pub(super) fn try_take(&self, again: Again, at: &Location<'_>) -> io::Result<bool> {
        self.try_in(&mut self.state(), again, at)
    }

    /// Takes the lock, waiting for at most so long.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] if somebody had it all the time; the error names who, if that is known.
    pub(super) fn take_within(&self, limit: Duration, again: Again, at: &Location<'_>) -> io::Result<()> {
        let start = Instant::now();
        let mut nap = SHORTEST_NAP;
        let mut state = self.state();
        loop {
            if self.try_in(&mut state, again, at)? {
                return Ok(());
            }
            if state.hold.as_ref().is_some_and(Hold::is_own) {
                return Err(self.own());
            }
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(self.timed_out(state, limit));
            }
            // Who has it in this process says when it gives it back; others are asked again and again, less and less often.
            let time = if state.hold.is_some() { left } else { nap.min(left) };
            nap = (2 * nap).min(LONGEST_NAP);
            state = unpoisoned(self.changed.wait_timeout(state, time)).0;
        }
    }

    /// Takes one more level, if the running thread has some.
    ///
    /// # Panics
    /// If it has `usize::MAX` levels. The lock is then as it was.
    pub(super) fn take_again(&self) -> bool {
        let mut state = self.state();
        let own = state.hold.as_mut().filter(|hold| hold.is_own() && hold.again == Again::Counted && hold.levels > 0);
        let Some(hold) = own else { return false };
        hold.levels = hold.levels.checked_add(1).expect("gordian: one thread holds more levels of a lock than fit");
        true
    }

    /// Returns how many levels the running thread has.
    pub(super) fn levels(&self, again: Again) -> usize {
        let state = self.state();
        state.hold.as_ref().filter(|hold| hold.is_own() && hold.again == again).map_or(0, |hold| hold.levels)
    }

    /// Gives one level back. `last` is called before others can have the lock, if it is the last one.
    pub(super) fn give_back(&self, last: impl FnOnce()) {
        let mut state = self.state();
        let Some(hold) = state.hold.as_mut().filter(|hold| hold.is_own()) else { return };
        hold.levels -= 1;
        if hold.levels > 0 {
            return;
        }
        // What is told may take a lock of the detector's, and that must not happen under one of ours.
        drop(state);
        last();
        let mut state = self.state();
        Holder::remove(&self.path);
        state.hold = None;
        if let Some(Err(_)) = state.file.as_deref().map(File::unlock) {
            // Closing it gives it back, too.
            state.file = None;
        }
        self.changed.notify_all();
    }

    /// True once after the process was forked from the one that had all this: what that one holds, this one does not.
    pub(super) fn is_inherited(&self) -> bool {
        let mut state = unpoisoned(self.state.lock());
        state.leave_parent()
    }

    /// Returns who has the lock, if that is known.
    pub(super) fn holder(&self) -> Option<Holder> {
        let state = self.state();
        if let Some(holder) = state.hold.as_ref().and_then(|hold| hold.holder.clone()) {
            return Some(holder);
        }
        drop(state);
        // A note outlives its writer's death, and its number may be another process's by now. The lock is asked for only if
        // there is a note, and then somebody has it, but for that case: so nobody's `try_lock` fails because of this one.
        let holder = Holder::read(&self.path)?;
        let is_free = open(&self.path).is_ok_and(|file| file.try_lock_shared().is_ok());
        (!is_free).then_some(holder)
    }

    fn try_in(&self, state: &mut State, again: Again, at: &Location<'_>) -> io::Result<bool> {
        if state.hold.is_some() {
            return Ok(false);
        }
        match state.file(&self.path)?.try_lock() {
            Ok(()) => {
                self.begin(state, again, at);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(naming(&self.path, &error)),
        }
    }

    /// The running thread has the system's lock now.
    fn begin(&self, state: &mut State, again: Again, at: &Location<'_>) {
        let holder = Holder::here(at);
        // Without a note others wait as well, and do not learn for whom.
        let _ = holder.write(&self.path);
        state.hold = Some(Hold { thread: thread::current().id(), again, levels: 1, holder: Some(holder) });
    }

    fn timed_out(&self, state: MutexGuard<'_, State>, limit: Duration) -> io::Error {
        let own = state.hold.as_ref().and_then(|hold| hold.holder.clone());
        drop(state);
        let by = match own.or_else(|| Holder::read(&self.path)) {
            Some(holder) => format!("held by {holder}"),
            None => "by whom is not known: there is no note beside it".to_owned(),
        };
        io::Error::new(ErrorKind::TimedOut, format!("{} is still locked after {limit:?}, {by}", self.path.display()))
    }

    fn own(&self) -> io::Error {
        let path = self.path.display();
        io::Error::new(
            ErrorKind::Deadlock,
            format!("{path} is locked by this very thread, which would wait for itself"),
        )
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = unpoisoned(self.state.lock());
        state.leave_parent();
        state
    }
}

impl State {
    /// Returns the file, opened by this process.
    fn file(&mut self, path: &Path) -> io::Result<Arc<File>> {
        if self.file.is_none() {
            self.file = Some(Arc::new(open(path)?));
        }
        // It was opened just now, or before.
        self.file.clone().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Forgets what a fork has copied. True if there was something.
    fn leave_parent(&mut self) -> bool {
        let pid = std::process::id();
        let is_copy = self.pid != pid;
        if is_copy {
            // The parent's file is closed here, and stays locked for the parent.
            *self = Self { pid, file: None, hold: None };
        }
        is_copy
    }
}

impl Hold {
    fn is_own(&self) -> bool {
        self.thread == thread::current().id()
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        let mut known = unpoisoned(OPEN.lock());
        // Somebody may have opened it anew in between.
        if known.get(&self.path).is_some_and(|known| known.strong_count() == 0) {
            known.remove(&self.path);
        }
    }
}

/// Opens a lock's file. One that may not be written can be locked all the same.
fn open(path: &Path) -> io::Result<File> {
    let file = match File::options().read(true).write(true).create(true).truncate(false).open(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path).map_err(|_| error),
        file => file,
    };
    file.map_err(|error| match path.parent() {
        Some(folder) if error.kind() == ErrorKind::NotFound && !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let text = format!("{}: there is no folder {}", path.display(), folder.display());
            io::Error::new(ErrorKind::NotFound, text)
        }
        _ => naming(path, &error),
    })
}

fn naming(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn unpoisoned<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}
