//! Tells that threads wait for locks which they requested, and refuses those that would wait for ever.
//!
//! Must not know: the words of a report, how a lock is tried for.
//! INVARIANT: a wait is told before the thread blocks; a refused one leaves nothing of its request.

use super::live::{Request, abandoned};
use super::thread::refuse;
use super::wait::{self, Waiting, Want};
use crate::event::{Access, Deed, LockId, Name};
use crate::finding::Wanted;
use crate::rt::{Meta, Site, Sleeper, pause};
use std::time::Duration;

/// Tells that the running thread waits for a lock that it requested and did not get at once. `None` if it got it.
///
/// `try_again` tries for the lock; it is called while it is not known yet which lock that is, or whether it is for ever.
///
/// # Panics
/// If the wait would be for ever, and that is denied.
#[cold]
#[track_caller]
pub(crate) fn block<'a>(
    meta: &Meta,
    access: &'static Access,
    site: Site,
    request: Request,
    sleeper: Option<&'a dyn Sleeper>,
    mut try_again: impl FnMut() -> bool,
) -> Option<Waiting<'a>> {
    // The first holder numbers the lock a few instructions after it took it; one that is not heard never does.
    while meta.id() == 0 {
        if try_again() {
            return None;
        }
        pause(MOMENT);
    }
    wait_for(&want(meta, access, site), request, sleeper, |time| wait::doze(time, &mut try_again))
}

/// Tells that the running thread waits for an initialiser, if one runs.
///
/// # Panics
/// If the wait would be for ever, and that is denied.
#[cold]
#[track_caller]
pub(crate) fn wait(meta: &Meta, access: &'static Access, site: Site, request: Request) -> Option<Waiting<'static>> {
    // Without a number nobody has begun, or only just now: that wait is not told.
    if meta.id() == 0 {
        return None;
    }
    wait_for(&want(meta, access, site), request, None, |time| wait::doze(time, || false))
}

/// Tells that the running thread waits until anyone has initialised.
///
/// # Panics
/// If the wait would be for ever, and that is denied.
#[cold]
#[track_caller]
pub(crate) fn wait_for_anyone<'a>(
    meta: &Meta,
    access: &'static Access,
    site: Site,
    request: Request,
    sleeper: &'a dyn Sleeper,
) -> Option<Waiting<'a>> {
    let want = want(meta, access, site);
    let lock = want.lock.filter(|(lock, _)| lock.0 != 0);
    wait_for(&Want { lock, anyone: true, ..want }, request, Some(sleeper), |time| {
        wait::doze(time, || !sleeper.is_asleep())
    })
}

#[track_caller]
fn wait_for<'a>(
    want: &Want<'_>,
    request: Request,
    sleeper: Option<&'a dyn Sleeper>,
    mut nap: impl FnMut(Duration) -> bool,
) -> Option<Waiting<'a>> {
    let mut is_over = false;
    let begun = wait::begin(want, sleeper, |time| {
        is_over = nap(time);
        is_over
    });
    match begun {
        Ok(waiting) => (!is_over).then_some(waiting),
        Err(refusal) => {
            abandoned(request);
            refuse(refusal);
            None
        }
    }
}

pub(super) fn want(meta: &Meta, access: &'static Access, site: Site) -> Want<'static> {
    let lock = LockId(meta.id());
    let thing = Wanted { lock, created: meta.created(), name: Name(meta.name()), access };
    Want { deed: Deed::Request, thing, site, lock: Some((lock, access.mode)), ends: &[], anyone: false }
}

/// Between two tries for a lock whose holder has not numbered it yet.
const MOMENT: Duration = Duration::from_micros(20);
