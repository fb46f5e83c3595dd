//! Updates that are lost, and how they are kept.
//!
//! Threads: one that reads and writes back, one that changes the value. Bound: see the module above. loom tries every place
//! for the change, the run-time checker is given the one between the read and the write.

use crate::judge::sync::atomic::{AtomicU64, Ordering::SeqCst};
use crate::judge::sync::mpsc::channel;
use crate::judge::sync::{Arc, Mutex};
use crate::judge::{cell::Shared, in_between, keeps, loses};

/// Claim: a load and a store lose what another thread stores in between, and a `fetch_add` does not.
#[test]
fn a_load_and_a_store_lose_an_update() {
    loses(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || other.store(other.load(SeqCst) + 1, SeqCst),
            move |read| end.store(read + 1, SeqCst),
        );
        hits.load(SeqCst)
    });
    keeps(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.fetch_add(1, SeqCst);
            },
            move |_| {
                end.fetch_add(1, SeqCst);
            },
        );
        hits.load(SeqCst)
    });
}

/// Claim: it is enough that one of the two writes back what it read; an exchange that tries again keeps both.
#[test]
fn an_addition_in_between_is_lost_too_but_for_an_exchange_that_tries_again() {
    loses(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.fetch_add(1, SeqCst);
            },
            move |read| end.store(read + 1, SeqCst),
        );
        hits.load(SeqCst)
    });
    keeps(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.fetch_add(1, SeqCst);
            },
            move |mut read| {
                while let Err(now) = end.compare_exchange(read, read + 1, SeqCst, SeqCst) {
                    read = now;
                }
            },
        );
        hits.load(SeqCst)
    });
}

/// Claim: one writer alone loses nothing, however many look.
#[test]
fn one_writer_alone_loses_nothing() {
    keeps(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || {
                one.store(one.load(SeqCst) + 1, SeqCst);
                one.load(SeqCst)
            },
            move || {
                other.load(SeqCst);
            },
            move |read| end.store(read + 1, SeqCst),
        );
        hits.load(SeqCst)
    });
}

/// Claim: a write that follows a message is after what the sender wrote, and its twin that does not wait is not.
#[test]
fn a_write_that_follows_a_message_is_based_on_that() {
    fn write(waits: bool) -> u64 {
        let (hits, (sender, receiver)) = (Arc::new(AtomicU64::new(0)), channel());
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.store(1, SeqCst);
                sender.send(()).unwrap();
            },
            move |read| {
                if waits {
                    receiver.recv().unwrap();
                    end.store(2, SeqCst);
                } else {
                    end.store(read + 1, SeqCst);
                    receiver.recv().unwrap();
                }
            },
        );
        hits.load(SeqCst)
    }
    keeps(2, || write(true));
    loses(2, || write(false));
}

/// A counter that is accessed only under its lock.
type Guarded = Arc<(Mutex<()>, Shared<u64>)>;

fn guarded() -> Guarded {
    Arc::new((Mutex::new(()), Shared::new(0)))
}

fn add(counter: &(Mutex<()>, Shared<u64>)) {
    let _held = counter.0.lock();
    counter.1.update(|count| count + 1);
}

/// Claim: a lock around each access loses an update as no lock would, and a lock around both keeps it.
#[test]
fn a_lock_around_each_access_does_not_help_and_around_both_does() {
    loses(2, || {
        let counter = guarded();
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&counter));
        in_between(
            move || {
                let _held = one.0.lock();
                one.1.get()
            },
            move || add(&other),
            move |read| {
                let _held = end.0.lock();
                end.1.set(read + 1);
            },
        );
        counter.1.get()
    });
    keeps(2, || {
        let counter = guarded();
        let [one, other] = [(); 2].map(|()| Arc::clone(&counter));
        in_between(|| (), move || add(&other), move |()| add(&one));
        counter.1.get()
    });
}
