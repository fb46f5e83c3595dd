//! Atomics order by their orderings, and not by their values.
//!
//! Threads: one that writes a cell and releases, one that acquires and writes it too. Bound: see the module above; each claim
//! is of both judges.

use super::{Cell, in_two_threads, one_after_the_other};
use crate::judge::sync::Arc;
use crate::judge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::judge::sync::atomic::{AtomicU64, fence};
use crate::judge::{is_quiet, races, thread};

type Step = fn(&AtomicU64, Ordering);

/// Tries a release and an acquire, with their orderings, one after the other, and whether that is a race.
#[track_caller]
fn check(release: Step, acquire: Step, orders: [Ordering; 2], is_race: bool) {
    try_steps([release, acquire], orders, is_race, one_after_the_other);
}

/// Like `check`, where a fence would make a hand-over of the turn too: the acquire waits for the release by itself.
#[track_caller]
fn check_fenced(release: Step, acquire: Step, orders: [Ordering; 2], is_race: bool) {
    try_steps([release, acquire], orders, is_race, in_two_threads);
}

type Run = fn(Box<dyn FnOnce() + Send>, Box<dyn FnOnce() + Send>);

#[track_caller]
fn try_steps([release, acquire]: [Step; 2], [first, then]: [Ordering; 2], is_race: bool, run: Run) {
    let program = move || {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, same) = (cell.clone(), Arc::clone(&flag));
        let release = move || {
            theirs.write();
            release(&same, first);
        };
        let acquire = move || {
            acquire(&flag, then);
            cell.write();
        };
        run(Box::new(release), Box::new(acquire));
    };
    if is_race { races(program) } else { is_quiet(program) }
}

/// Waits for the flag to be set; a turn alone lets loom show the value that was before.
fn wait_for(value: u64) -> impl Fn(&AtomicU64, Ordering) {
    move |flag, order| {
        while flag.load(order) != value {
            thread::yield_now();
        }
    }
}

/// Claim: a store that releases hands over to a load that acquires, and no other pair does.
#[test]
fn a_store_that_releases_orders_a_load_that_acquires() {
    for (orders, is_race) in [
        ([Release, Acquire], false),
        ([SeqCst, SeqCst], false),
        ([Release, SeqCst], false),
        ([Relaxed, Acquire], true),
        ([Release, Relaxed], true),
        ([Relaxed, Relaxed], true),
    ] {
        check(|flag, order| flag.store(1, order), |flag, order| wait_for(1)(flag, order), orders, is_race);
    }
}

/// Claim: a read-modify-write releases by one half and acquires by the other.
#[test]
fn read_modify_writes_order_by_their_two_halves() {
    for (orders, is_race) in [
        ([AcqRel, AcqRel], false),
        ([Release, Acquire], false),
        ([SeqCst, SeqCst], false),
        ([Acquire, Acquire], true),
        ([Release, Release], true),
        ([Relaxed, Relaxed], true),
    ] {
        let add: Step = |flag, order| {
            flag.fetch_add(1, order);
        };
        let swap: Step = |flag, order| {
            flag.swap(1, order);
        };
        check(add, add, orders, is_race);
        check(swap, swap, orders, is_race);
    }
}

/// Claim: an exchange acquires by the ordering of its outcome.
#[test]
fn an_exchange_orders_by_the_ordering_of_its_outcome() {
    let release: Step = |flag, order| flag.store(1, order);
    let succeeds: Step = |flag, order| assert_eq!(flag.compare_exchange(1, 2, order, Relaxed), Ok(1));
    let fails: Step = |flag, order| assert_eq!(flag.compare_exchange(7, 2, Relaxed, order), Err(1));
    check(release, succeeds, [Release, Acquire], false);
    check(release, succeeds, [Release, Relaxed], true);
    check(release, fails, [Release, Acquire], false);
    check(release, fails, [Release, Relaxed], true);
}

/// Claim: an exchange that succeeds does not acquire by the ordering of a failure, nor the reverse.
#[test]
fn an_exchange_does_not_order_by_the_ordering_of_the_other_outcome() {
    let release: Step = |flag, order| flag.store(1, order);
    let succeeds: Step = |flag, order| assert_eq!(flag.compare_exchange(1, 2, Relaxed, order), Ok(1));
    let fails: Step = |flag, order| assert_eq!(flag.compare_exchange(7, 2, order, Relaxed), Err(1));
    check(release, succeeds, [Release, Acquire], true);
    check(release, fails, [Release, Acquire], true);
}

/// Claim: a read-modify-write goes on with what was released before it, whatever its own ordering.
#[test]
fn a_read_modify_write_goes_on_with_what_was_released() {
    let release: Step = |flag, order| {
        flag.store(1, order);
        flag.fetch_add(1, Relaxed);
    };
    let acquire: Step = |flag, order| wait_for(2)(flag, order);
    check(release, acquire, [Release, Acquire], false);
    check(release, acquire, [Relaxed, Acquire], true);
}

/// Claim: fences order through relaxed accesses, if both sides have one.
#[test]
fn fences_order_through_relaxed_accesses() {
    let store: Step = |flag, _| flag.store(1, Relaxed);
    let load: Step = |flag, _| wait_for(1)(flag, Relaxed);
    let release: Step = |flag, order| {
        fence(order);
        flag.store(1, Relaxed);
    };
    let acquire: Step = |flag, order| {
        wait_for(1)(flag, Relaxed);
        fence(order);
    };
    for orders in [[Release, Acquire], [AcqRel, AcqRel], [SeqCst, SeqCst]] {
        check_fenced(release, acquire, orders, false);
    }
    check_fenced(release, load, [Release, Relaxed], true);
    check_fenced(store, acquire, [Relaxed, Acquire], true);
}

/// Claim: a releasing fence comes before the store, and an acquiring one after the load. See also `differences`.
#[test]
fn fences_order_only_what_is_on_their_right_side() {
    let released_before: Step = |flag, order| {
        flag.store(1, Relaxed);
        fence(order);
    };
    let released: Step = |flag, order| {
        fence(order);
        flag.store(1, Relaxed);
    };
    let acquired: Step = |flag, order| {
        wait_for(1)(flag, Relaxed);
        fence(order);
    };
    let acquired_after: Step = |flag, order| {
        fence(order);
        wait_for(1)(flag, Relaxed);
    };
    check_fenced(released, acquired, [Release, Acquire], false);
    check_fenced(released_before, acquired, [Release, Acquire], true);
    check_fenced(released, acquired_after, [Release, Acquire], true);
}

/// Claim: a releasing fence covers what was before it, and not what comes between it and the store.
#[test]
fn a_releasing_fence_covers_what_was_before_it_only() {
    fn fenced(before: bool) {
        let (cell, flag) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let (theirs, same) = (cell.clone(), Arc::clone(&flag));
        in_two_threads(
            move || {
                if before {
                    theirs.write();
                }
                fence(Release);
                if !before {
                    theirs.write();
                }
                same.store(1, Relaxed);
            },
            move || {
                wait_for(1)(&flag, Acquire);
                cell.write();
            },
        );
    }
    is_quiet(|| fenced(true));
    races(|| fenced(false));
}

/// Claim: two atomics do not order for each other, though one is released and the other acquired.
#[test]
fn two_atomics_do_not_order_for_each_other() {
    fn write_in_turn(same: bool) {
        let (cell, flags) = (Cell::new(), [(); 2].map(|()| Arc::new(AtomicU64::new(0))));
        let (theirs, released) = (cell.clone(), Arc::clone(&flags[0]));
        let acquired = Arc::clone(&flags[usize::from(!same)]);
        one_after_the_other(
            move || {
                theirs.write();
                released.fetch_add(1, Release);
            },
            move || {
                acquired.fetch_add(1, Acquire);
                cell.write();
            },
        );
    }
    is_quiet(|| write_in_turn(true));
    races(|| write_in_turn(false));
}

/// Claim: a spin lock of one's own orders, unless it is given back by a relaxed store. Two threads, one section each.
#[test]
fn a_spin_lock_of_ones_own_orders() {
    fn spin(unlock: Ordering) {
        let (cell, lock) = (Cell::new(), Arc::new(AtomicU64::new(0)));
        let section = |cell: Cell, lock: Arc<AtomicU64>| {
            move || {
                while lock.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {
                    thread::yield_now();
                }
                cell.write();
                lock.store(0, unlock);
            }
        };
        one_after_the_other(section(cell.clone(), Arc::clone(&lock)), section(cell, lock));
    }
    is_quiet(|| spin(Release));
    races(|| spin(Relaxed));
}
