//! Critical sections that only make sense together.
//!
//! Threads: one that checks and acts, one that acts. Bound: see the module above. loom tries every place for the other act, the
//! run-time checker is given the one between the check and the act.

use crate::judge::sync::{Arc, Condvar, Mutex, RwLock};
use crate::judge::{cell::Shared, holds, in_between, splits};

/// Claim: a list that was looked at under one hold of its mutex may be empty under the next; one hold for both is good.
#[test]
fn a_check_and_an_act_under_two_holds_of_a_mutex() {
    splits("sections::a_check_and_an_act_under_two_holds_of_a_mutex", || {
        let list = Arc::new(Mutex::new(vec![1]));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&list));
        in_between(
            move || !one.lock().unwrap().is_empty(),
            move || {
                other.lock().unwrap().pop();
            },
            move |looked| !looked || end.lock().unwrap().pop().is_some(),
        )
    });
}

/// Claim: the fix of the above, one hold for both, is never split.
#[test]
fn a_check_and_an_act_under_one_hold_of_a_mutex() {
    holds("sections::a_check_and_an_act_under_one_hold_of_a_mutex", || {
        let list = Arc::new(Mutex::new(vec![1]));
        let [other, end] = [(); 2].map(|()| Arc::clone(&list));
        in_between(
            || (),
            move || {
                other.lock().unwrap().pop();
            },
            move |()| {
                let mut list = end.lock().unwrap();
                list.is_empty() || list.pop().is_some()
            },
        )
    });
}

/// Claim: a second check under the second hold makes the first one good.
#[test]
fn a_check_and_a_second_check_with_the_act() {
    holds("sections::a_check_and_a_second_check_with_the_act", || {
        let list = Arc::new(Mutex::new(vec![1]));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&list));
        in_between(
            move || !one.lock().unwrap().is_empty(),
            move || {
                other.lock().unwrap().pop();
            },
            move |_| {
                let mut list = end.lock().unwrap();
                list.is_empty() || list.pop().is_some()
            },
        )
    });
}

/// Claim: a list that was looked at by a reader may be empty for the writer that the reader becomes.
#[test]
fn a_check_by_a_reader_and_an_act_by_a_writer() {
    splits("sections::a_check_by_a_reader_and_an_act_by_a_writer", || {
        let list = Arc::new(RwLock::new(vec![1]));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&list));
        in_between(
            move || !one.read().unwrap().is_empty(),
            move || {
                other.write().unwrap().pop();
            },
            move |looked| !looked || end.write().unwrap().pop().is_some(),
        )
    });
}

/// Claim: the fix of the above: the writer checks for itself.
#[test]
fn a_check_and_an_act_by_one_writer() {
    holds("sections::a_check_and_an_act_by_one_writer", || {
        let list = Arc::new(RwLock::new(vec![1]));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&list));
        in_between(
            move || !one.read().unwrap().is_empty(),
            move || {
                other.write().unwrap().pop();
            },
            move |_| {
                let mut list = end.write().unwrap();
                list.is_empty() || list.pop().is_some()
            },
        )
    });
}

/// Claim: the predicate of a wait is a check under the hold that acts.
#[test]
fn the_predicate_of_a_wait_is_a_check() {
    holds("sections::the_predicate_of_a_wait_is_a_check", || {
        let list = Arc::new((Mutex::new(vec![1, 2]), Condvar::new()));
        let [one, other, end] = [(); 3].map(|()| Arc::clone(&list));
        in_between(
            move || !one.0.lock().unwrap().is_empty(),
            move || {
                other.0.lock().unwrap().pop();
            },
            move |_| {
                let held = end.1.wait_while(end.0.lock().unwrap(), |list| list.is_empty());
                held.unwrap().pop().is_some()
            },
        )
    });
}

/// A number that is accessed only under its lock.
fn guarded() -> [Arc<(Mutex<()>, Shared<u64>)>; 3] {
    let cell = Arc::new((Mutex::new(()), Shared::new(0)));
    [(); 3].map(|()| Arc::clone(&cell))
}

fn read(cell: &(Mutex<()>, Shared<u64>)) -> u64 {
    let _held = cell.0.lock();
    cell.1.get()
}

fn write(cell: &(Mutex<()>, Shared<u64>)) {
    let _held = cell.0.lock();
    cell.1.set(7);
}

/// Claim: two reads under two holds may differ.
#[test]
fn two_reads_under_two_holds() {
    splits("sections::two_reads_under_two_holds", || {
        let [one, other, end] = guarded();
        in_between(move || read(&one), move || write(&other), move |first| first == read(&end))
    });
}

/// Claim: two reads under one hold do not.
#[test]
fn two_reads_under_one_hold() {
    holds("sections::two_reads_under_one_hold", || {
        let [_, other, end] = guarded();
        in_between(
            || (),
            move || write(&other),
            move |()| {
                let _held = end.0.lock();
                end.1.get() == end.1.get()
            },
        )
    });
}
