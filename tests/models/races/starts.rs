//! Threads that start and end: both sides of a spawn and of a join.
//!
//! Threads and bound: see the module above; each claim is of both judges.

use super::{Cell, Turn};
use crate::judge::{is_quiet, is_quiet_in_a_row, races, thread};

/// Claim: a start orders what was before it, and a join what the thread did. One thread and the one that starts it.
#[test]
fn a_start_orders_what_was_before_it_and_a_join_what_the_thread_did() {
    is_quiet_in_a_row(|| {
        let cell = Cell::new();
        cell.write();
        let theirs = cell.clone();
        thread::spawn(move || theirs.write()).join().unwrap();
        cell.write();
    });
}

/// Claim: what is before the join is not ordered after the thread, though it has done all it does.
#[test]
fn an_access_before_the_join_races() {
    races(|| {
        let (cell, turn) = (Cell::new(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let started = thread::spawn(move || {
            theirs.write();
            done.give();
        });
        turn.take();
        cell.write();
        started.join().unwrap();
    });
}

/// Claim: what is after the start is not ordered before the thread, though it came first.
#[test]
fn an_access_after_the_start_races() {
    races(|| {
        let (cell, turn) = (Cell::new(), Turn::new());
        let (theirs, go) = (cell.clone(), turn.clone());
        let started = thread::spawn(move || {
            go.take();
            theirs.write();
        });
        cell.write();
        turn.give();
        started.join().unwrap();
    });
}

/// Claim: the join of one thread says nothing of another. Two threads, of which one writes.
#[test]
fn the_join_of_one_thread_says_nothing_of_another() {
    fn join(writer_first: bool) {
        let (cell, turn) = (Cell::new(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let writer = thread::spawn(move || {
            theirs.write();
            done.give();
        });
        let idle = thread::spawn(|| ());
        turn.take();
        let (now, later) = if writer_first { (writer, idle) } else { (idle, writer) };
        now.join().unwrap();
        cell.write();
        later.join().unwrap();
    }
    races(|| join(false));
    is_quiet(|| join(true));
}

/// Claim: a thread that is done and was not joined races with the next one. Two threads, one after the other.
#[test]
fn one_who_is_done_and_was_not_joined_still_races() {
    races(|| {
        let (cell, turn) = (Cell::new(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let ended = thread::spawn(move || {
            theirs.write();
            done.give();
        });
        turn.take();
        thread::spawn(move || cell.write()).join().unwrap();
        ended.join().unwrap();
    });
    is_quiet_in_a_row(|| {
        let cell = Cell::new();
        let theirs = cell.clone();
        thread::spawn(move || theirs.write()).join().unwrap();
        thread::spawn(move || cell.write()).join().unwrap();
    });
}
