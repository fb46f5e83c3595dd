//! A future of tokio's, polled by one who tells who waits for it.
//!
//! Must not know: what is waited for.
//! INVARIANT: whoever is told as waiting is told as running before the future is ready, and if it is dropped.

use crate::event::{Access, Deed};
use crate::probe::task::{Key, Owner, TaskRecord, TaskThing, Waiter, owner};
use crate::rt::Site;
use crate::tokio::current;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// What is waited for.
#[derive(Clone, Copy)]
pub(super) enum For<'a> {
    /// A lock; only its holders can end the wait.
    Lock(&'a TaskRecord, &'static Access),
    /// What anybody may do.
    Deed(&'a TaskThing, &'static Access, Deed),
    /// What nobody is asked about.
    Anything,
}

/// Tells who waits.
pub(super) struct Teller {
    site: Site,
    owner: Option<Owner>,
    /// Who polled last; `None` before the first time.
    key: Option<Key>,
    /// True if the wait was told since then.
    is_told: bool,
    waiter: Option<Waiter>,
}

impl Teller {
    pub(super) fn new(site: Site) -> Self {
        Self { site, owner: None, key: None, is_told: false, waiter: None }
    }

    /// Tells a poll of `poll`.
    ///
    /// # Panics
    /// If a finding is denied.
    pub(super) fn poll<T>(&mut self, what: For<'_>, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let key = current::task();
        if self.key != Some(key) {
            // A future may go to another task between two polls.
            *self = Self { key: Some(key), owner: owner(key), ..Self::new(self.site) };
            if let (For::Lock(record, access), Some(owner)) = (what, &self.owner) {
                record.request(owner, access, self.site);
            }
        }
        let result = poll();
        if result.is_ready() {
            self.waiter = None;
            self.is_told = false;
        } else if !self.is_told
            && let Some(owner) = &self.owner
        {
            self.is_told = true;
            self.waiter = match what {
                For::Lock(record, access) => record.wait(owner, access, self.site),
                For::Deed(thing, access, deed) => thing.wait(owner, access, deed, self.site),
                For::Anything => Waiter::begin_unnamed(owner, None, self.site),
            };
        }
        result
    }

    pub(super) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }
}

/// Returns the one that acts now.
pub(super) fn here() -> Option<Owner> {
    owner(current::task())
}

/// Awaits a future, and tells who waits. Returns also who has what it gives.
pub(super) async fn ask<F: Future>(what: For<'_>, site: Site, inner: F) -> (F::Output, Option<Owner>) {
    let mut teller = Teller::new(site);
    let inner = pin!(inner);
    let output = Ask { what, teller: &mut teller, inner }.await;
    (output, teller.owner)
}

struct Ask<'a, F> {
    what: For<'a>,
    teller: &'a mut Teller,
    inner: Pin<&'a mut F>,
}

impl<F: Future> Future for Ask<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { what, teller, inner } = &mut *self;
        teller.poll(*what, || inner.as_mut().poll(context))
    }
}
