//! Programs of which loom and the run-time checker say different things, and what std promises.
//!
//! Threads and bound: see the module above. A claim that fails here says that one of the two has changed.

use super::{Cell, Turn, in_two_threads, one_after_the_other};
use crate::judge::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::judge::sync::atomic::{AtomicBool, AtomicU64, fence};
use crate::judge::sync::{Arc, Condvar, Event, Mutex, Queue, RwLock, Semaphore};
use crate::judge::{in_between, is_quiet, keeps, only_a_run_sees, only_loom_loses, only_loom_sees, races, thread};

/// Claim: a reader that ended orders no reader after it; loom's releases and acquires the lock as a writer does. Two threads.
#[test]
fn a_reader_of_an_rwlock_does_not_order_the_next_reader() {
    only_a_run_sees(|| {
        let (cell, lock) = (Cell::new(), Arc::new(RwLock::new(())));
        let under_read = |cell: Cell, lock: Arc<RwLock<()>>| {
            move || {
                let _held = lock.read();
                cell.write();
            }
        };
        one_after_the_other(under_read(cell.clone(), Arc::clone(&lock)), under_read(cell, lock));
    });
}

/// Claim: loom sees it where the two readers are inside at one time. Two threads, and a step with a choice inside.
#[test]
fn readers_that_are_inside_together_race() {
    races(|| {
        let (cell, lock) = (Cell::new(), Arc::new(RwLock::new(())));
        let threads = [(); 2].map(|()| {
            let (cell, lock) = (cell.clone(), Arc::clone(&lock));
            thread::spawn(move || {
                let _held = lock.read();
                cell.write();
                thread::yield_now();
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Claim: a notification that was heard orders, for both; std does not promise it. One thread and the one that waits.
#[test]
fn a_notification_that_was_heard_orders() {
    is_quiet(|| {
        let (cell, flag, done) =
            (Cell::new(), Arc::new((Mutex::new(false), Condvar::new())), Arc::new(AtomicBool::new(false)));
        let (theirs, same, written) = (cell.clone(), Arc::clone(&flag), Arc::clone(&done));
        let other = thread::spawn(move || {
            while !*same.0.lock().unwrap() {
                thread::yield_now();
            }
            // The other one waits, and has given the mutex back: it takes it again without what follows.
            theirs.write();
            // ORDERING: Relaxed; that the write is done is all that the predicate may say.
            written.store(true, Relaxed);
            same.1.notify_one();
        });
        let mut waits = flag.0.lock().unwrap();
        *waits = true;
        drop(flag.1.wait_while(waits, |_| !done.load(Relaxed)).unwrap());
        cell.write();
        other.join().unwrap();
    });
}

/// Claim: an unpark orders nothing for a thread that does not park; loom's does. One thread and the one that could park.
#[test]
fn an_unpark_does_not_order_without_a_park() {
    only_a_run_sees(|| {
        let (cell, me, turn) = (Cell::new(), thread::current(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let other = thread::spawn(move || {
            theirs.write();
            me.unpark();
            done.give();
        });
        turn.take();
        cell.write();
        other.join().unwrap();
    });
}

/// Claim: two `SeqCst` fences order nothing by themselves, with the store before the one; for loom they do. Two threads.
#[test]
fn a_fence_after_the_store_does_not_order() {
    only_a_run_sees(|| {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, same) = (cell.clone(), Arc::clone(&flag));
        in_two_threads(
            move || {
                theirs.write();
                same.store(1, Relaxed);
                fence(SeqCst);
            },
            move || {
                while flag.load(Relaxed) != 1 {
                    thread::yield_now();
                }
                fence(SeqCst);
                cell.write();
            },
        );
    });
}

/// Claim: a relaxed store ends what was released before it; the run-time checker goes on with it. Two threads.
///
/// Since C++20 only a read-modify-write goes on with a release, whoever stores.
#[test]
fn a_relaxed_store_ends_what_was_released() {
    only_loom_sees(|| {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, same) = (cell.clone(), Arc::clone(&flag));
        in_two_threads(
            move || {
                theirs.write();
                same.store(1, Release);
                same.store(2, Relaxed);
            },
            move || {
                while flag.load(Acquire) != 2 {
                    thread::yield_now();
                }
                cell.write();
            },
        );
    });
}

/// Claim: a fence acquires what its own thread has loaded; for loom also what a thread before it has. Two threads and the last.
#[test]
fn a_fence_does_not_acquire_what_another_thread_loaded() {
    only_a_run_sees(|| {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, stored) = (cell.clone(), Arc::clone(&flag));
        let writer = thread::spawn(move || {
            theirs.write();
            stored.store(1, Release);
        });
        let looker = thread::spawn(move || {
            while flag.load(Relaxed) != 1 {
                thread::yield_now();
            }
        });
        looker.join().unwrap();
        fence(Acquire);
        cell.write();
        writer.join().unwrap();
    });
    is_quiet(|| {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, stored) = (cell.clone(), Arc::clone(&flag));
        in_two_threads(
            move || {
                theirs.write();
                stored.store(1, Release);
            },
            move || {
                while flag.load(Relaxed) != 1 {
                    thread::yield_now();
                }
                fence(Acquire);
                cell.write();
            },
        );
    });
}

/// Claim: a second look before the write is good in the run that was seen; loom tries the change after that look too.
#[test]
fn a_second_look_before_the_write_only_makes_the_gap_smaller() {
    only_loom_loses(2, || {
        let hits = Arc::new(AtomicU64::new(0));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&hits));
        in_between(
            move || one.load(SeqCst),
            move || other.store(other.load(SeqCst) + 1, SeqCst),
            move |_| end.store(end.load(SeqCst) + 1, SeqCst),
        );
        hits.load(SeqCst)
    });
}

/// Claim: a toggle is lost like any update; in a run it is a flag that both have set, and that is no bug as a rule.
#[test]
fn a_toggle_is_lost_and_looks_like_a_flag_that_both_set() {
    only_loom_loses(0, || {
        let flag = Arc::new(AtomicBool::new(false));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&flag));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.fetch_xor(true, SeqCst);
            },
            move |read| end.store(!read, SeqCst),
        );
        u64::from(flag.load(SeqCst))
    });
    keeps(0, || {
        let flag = Arc::new(AtomicBool::new(false));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&flag));
        in_between(
            move || one.load(SeqCst),
            move || {
                other.fetch_xor(true, SeqCst);
            },
            move |_| {
                end.fetch_xor(true, SeqCst);
            },
        );
        u64::from(flag.load(SeqCst))
    });
}

/// Claim: a part is no order by itself: what is not handed over is not ordered, though loom sees the mutex inside. Two threads, an
/// operation each.
#[test]
fn a_look_at_a_part_orders_nothing() {
    only_a_run_sees(|| look_and_write(Semaphore::new(2), |places| assert_eq!(places.available(), 2)));
    only_a_run_sees(|| look_and_write(Event::new(), Event::clear));
    only_a_run_sees(|| look_and_write(Queue::<u8>::new(0), |queue| assert!(queue.is_empty())));
}

fn look_and_write<T: Send + Sync + 'static>(part: T, look: fn(&T)) {
    let (cell, part) = (Cell::new(), Arc::new(part));
    let (theirs, same) = (cell.clone(), Arc::clone(&part));
    one_after_the_other(
        move || {
            theirs.write();
            look(&same);
        },
        move || {
            look(&part);
            cell.write();
        },
    );
}
