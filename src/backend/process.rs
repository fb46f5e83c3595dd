//! Turns the lock on a file into `process::Lock` and `process::RLock`, which processes and threads exclude each other by.
//!
//! Included by the plain and the checked backend beside their `process_bell` modules, which hear of it or do not.
//! Must not know: which backend it is in, or how a file is locked.
//! Source: `std::fs::File::lock`, and Python's `filelock`. We differ: threads are kept apart, too, and the holder is known.
//! INVARIANT: the bell hears of a request before it can block, of the lock once it is held, and of its end before others can
//! have it. It hears of the first level and the end of the last one, and of nothing in between.

use super::process_bell::{Bell, LOCK, RLOCK, Type};
use crate::backend::lock_file::{Again, LockFile};
use crate::holder::Holder;
use std::fmt;
use std::fs::TryLockError;
use std::io;
use std::marker::PhantomData;
use std::panic::Location;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A lock that processes share by the path of a file: one thread of one of them has it at a time.
///
/// It guards no data, but what its name stands for: a folder, a device, a port. It is given back when its guard is dropped,
/// and by the system when its process dies, however it dies. The file is made if need be, stays empty, and stays behind: a lock
/// whose file is removed or renamed while somebody uses it keeps out nobody any more.
///
/// It is std's lock on the whole file, `flock` on Unix, so it works together with other programs that use that, but not with
/// those that lock a range by `fcntl`. Whether machines that share a folder exclude each other is up to their file system.
/// All objects of a process on one path are one lock, whichever way the path is written. Nobody is served in turn.
///
/// While it is held, a note beside it, `PATH.holder`, says who holds it ([`Lock::holder`]). If the note cannot be written the lock
/// works as well, and others cannot say for whom they wait.
///
/// A child that was forked without `exec` holds nothing: not even a guard that it has a copy of, which does nothing there. But
/// if the parent dies while it holds the lock, it is given back only when the child, too, uses the lock, or ends.
///
/// In checked builds the path is the lock's name in reports, and its class: `cargo gordian report` finds two programs that take
/// two locks in opposite orders. Under loom there are no processes, and no such lock.
///
/// # Example
/// ```
/// use gordian::process::Lock;
/// use std::fs::TryLockError;
///
/// # let folder = std::env::temp_dir().join(format!("gordian-lock-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let cache = Lock::open(folder.join("cache.lock"))?;
/// let guard = cache.lock()?; // other processes wait here
/// assert_eq!(cache.holder().unwrap().pid, std::process::id());
/// assert!(matches!(cache.try_lock(), Err(TryLockError::WouldBlock)));
/// drop(guard);
/// assert!(cache.try_lock().is_ok());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Lock(Named);

/// A [`Lock`] that the thread which holds it may take again, through any object of its path.
///
/// Others wait until all levels are given back. A [`Lock`] on the same path knows of no levels: its holder cannot take the
/// `RLock`, nor the other way round.
///
/// # Example
/// ```
/// use gordian::process::RLock;
///
/// # let folder = std::env::temp_dir().join(format!("gordian-rlock-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let cache = RLock::open(folder.join("cache.lock"))?;
/// let outer = cache.lock()?;
/// let inner = cache.lock()?; // a `Lock` would wait for itself here
/// assert_eq!(cache.count(), 2);
/// drop((outer, inner));
/// assert_eq!(cache.count(), 0);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RLock(Named);

/// A held [`Lock`], given back on drop. One that is forgotten holds it until the process ends.
#[must_use = "the lock is given back at once if the guard is not kept"]
#[clippy::has_significant_drop]
pub struct LockGuard(Level);

/// One level of an [`RLock`], given back on drop. Guards may be dropped in any order.
#[must_use = "the level is given back at once if the guard is not kept"]
#[clippy::has_significant_drop]
pub struct RLockGuard(Level);

/// What both locks are.
struct Named {
    file: Arc<LockFile>,
    bell: Bell,
}

/// What both guards are.
struct Level {
    // Its own, so that what is held stays open whatever becomes of the lock's object.
    file: Arc<LockFile>,
    bell: Bell,
    /// Who took it: in a forked child it is a copy.
    pid: u32,
    // The level belongs to the thread that took it.
    not_send: PhantomData<*const ()>,
}

/// Implements what both locks do: a name, what it can be taken by, and its guard.
macro_rules! lock {
    ($Lock:ident, $Guard:ident, $type:ident, $again:expr) => {
        impl $Lock {
            /// Opens the lock of this path, and makes its file if there is none.
            ///
            /// # Errors
            /// If the file can be neither made nor opened, as when its folder is missing. The error names it.
            #[doc(alias = "new")]
            #[track_caller]
            pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
                let file = LockFile::open(path.as_ref())?;
                let bell = Bell::of(file.path());
                Ok(Self(Named { file, bell }))
            }

            /// Takes the lock, waiting until nobody else has it.
            ///
            /// # Panics
            /// In checked builds if a finding is denied. The lock is then not taken.
            ///
            /// # Errors
            /// [`io::ErrorKind::Deadlock`] if the calling thread has it already and cannot take it again; or as the system says.
            #[track_caller]
            pub fn lock(&self) -> io::Result<$Guard> {
                self.0.lock($type, $again, Location::caller()).map($Guard)
            }

            /// Takes the lock if nobody else has it.
            ///
            /// # Errors
            /// [`TryLockError::WouldBlock`] if somebody has it, the calling thread included; or as the system says.
            #[track_caller]
            pub fn try_lock(&self) -> Result<$Guard, TryLockError> {
                self.0.try_lock($type, $again, Location::caller()).map($Guard)
            }

            /// Takes the lock, waiting for at most `limit`.
            ///
            /// Since it does not wait for ever, checked builds ask no order of it, as of `try_lock`; what is requested under it
            /// does. Processes cannot tell each other when they give a lock back, so it is tried for again and again: after
            /// 0.2 ms, and then less and less often, down to every 50 ms.
            ///
            /// # Errors
            /// [`io::ErrorKind::TimedOut`] if somebody else had it all the time; the text says who, since when and at which
            /// place, if that is known. [`io::ErrorKind::Deadlock`] as for `lock`; or as the system says.
            #[track_caller]
            pub fn lock_timeout(&self, limit: Duration) -> io::Result<$Guard> {
                self.0.lock_timeout(limit, $type, $again, Location::caller()).map($Guard)
            }

            /// Returns who has the lock: this process, or one that left a note and still has it.
            ///
            /// `None` if nobody has it, or it is not known who: the note could not be written, its process is on another
            /// machine or in another container, or the lock was taken by a program that leaves none.
            pub fn holder(&self) -> Option<Holder> {
                self.0.file.holder()
            }

            /// Returns the path of its file, without links and dots.
            pub fn path(&self) -> &Path {
                self.0.file.path()
            }
        }

        impl fmt::Debug for $Lock {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Lock)).field("path", &self.path()).finish_non_exhaustive()
            }
        }

        impl fmt::Debug for $Guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Guard)).field("path", &self.0.file.path()).finish_non_exhaustive()
            }
        }
    };
}

lock!(Lock, LockGuard, LOCK, Again::Refused);
lock!(RLock, RLockGuard, RLOCK, Again::Counted);

impl RLock {
    /// Returns how many levels the calling thread holds: 0 if the lock is free or another one's.
    pub fn count(&self) -> usize {
        self.0.file.levels(Again::Counted)
    }
}

impl Named {
    #[track_caller]
    fn lock(&self, of: Type, again: Again, at: &Location<'_>) -> io::Result<Level> {
        if !self.is_taken_again(again) {
            self.bell.lock(of, || self.file.try_take(again, at), || self.file.take(again, at))?;
        }
        Ok(self.level())
    }

    #[track_caller]
    fn try_lock(&self, of: Type, again: Again, at: &Location<'_>) -> Result<Level, TryLockError> {
        let mut is_taken = self.is_taken_again(again);
        if !is_taken {
            let taken = self.bell.try_lock(of, || self.file.try_take(again, at));
            is_taken = taken.map_err(TryLockError::Error)?;
        }
        if is_taken { Ok(self.level()) } else { Err(TryLockError::WouldBlock) }
    }

    #[track_caller]
    fn lock_timeout(&self, limit: Duration, of: Type, again: Again, at: &Location<'_>) -> io::Result<Level> {
        if !self.is_taken_again(again) {
            self.bell.try_lock(of, || self.file.take_within(limit, again, at).map(|()| true))?;
        }
        Ok(self.level())
    }

    /// Takes one more level, if the calling thread has some and may.
    fn is_taken_again(&self, again: Again) -> bool {
        if self.file.is_inherited() {
            self.bell.given_back();
        }
        again == Again::Counted && self.file.take_again()
    }

    fn level(&self) -> Level {
        let (file, bell) = (Arc::clone(&self.file), self.bell);
        Level { file, bell, pid: std::process::id(), not_send: PhantomData }
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        if self.pid == std::process::id() {
            self.file.give_back(|| self.bell.given_back());
        } else if self.file.is_inherited() {
            self.bell.given_back();
        }
    }
}
