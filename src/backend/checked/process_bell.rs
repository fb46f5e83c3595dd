//! Turns what a `process::Lock` does into what the probe hears.
//!
//! Must not know: how a file is locked, levels.
//! INVARIANT: a path has one record, which is kept as long as the process runs, as its name is: the lock is the file, which
//! stays when nobody has it open. So one that is opened anew each time has its orders, and costs 100 bytes and its path once.

use crate::event::{Access, Kind, Mode};
use crate::probe::{Record, Request};
use crate::rt::Site;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) type Type = &'static Access;

pub(super) const LOCK: Type = &access(|| "process::Lock");
pub(super) const RLOCK: Type = &access(|| "process::RLock");

const fn access(type_name: fn() -> &'static str) -> Access {
    Access { kind: Kind::ProcessLock, mode: Mode::Exclusive, type_name }
}

#[derive(Clone, Copy)]
pub(super) struct Bell(&'static Record);

static RECORDS: Mutex<BTreeMap<PathBuf, &'static Record>> = Mutex::new(BTreeMap::new());

impl Bell {
    /// Returns the bell of the lock on this path. The caller's place is where it was opened, if it is the first.
    #[track_caller]
    pub(super) fn of(path: &Path) -> Self {
        let opened = Site::caller();
        let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&record) = records.get(path) {
            return Self(record);
        }
        let name = String::leak(path.display().to_string());
        let record: &'static Record = Box::leak(Box::new(Record::between_processes(opened, name)));
        records.insert(path.to_owned(), record);
        Self(record)
    }

    #[track_caller]
    pub(super) fn lock(
        self,
        of: Type,
        mut try_lock: impl FnMut() -> io::Result<bool>,
        lock: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let request = self.0.request(of, Site::caller());
        // An error ends the wait as the lock does.
        let mut tried = || match try_lock() {
            Ok(is_taken) => is_taken.then_some(Ok(())),
            Err(error) => Some(Err(error)),
        };
        let taken = match tried() {
            Some(taken) => taken,
            None => request.block(None, tried, lock),
        };
        match taken {
            Ok(()) => hold(request),
            Err(_) => request.abandon_unless(false),
        }
        taken
    }

    #[track_caller]
    pub(super) fn try_lock(self, of: Type, try_lock: impl FnOnce() -> io::Result<bool>) -> io::Result<bool> {
        self.0.trying();
        let taken = try_lock();
        if let Ok(true) = taken {
            self.0.tried_unguarded(of, Site::caller());
        }
        taken
    }

    /// Tells that the running thread is about to give the lock back; nothing, if it was not heard to take it.
    pub(super) fn given_back(self) {
        self.0.given_back();
    }
}

fn hold(request: Request<'_>) {
    request.acquired_unguarded();
}
