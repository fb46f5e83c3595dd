//! Threads come and go, and some were never heard of.

use super::{Cell, found, is_quiet, races, turn};
use gordian::Lint;
use gordian::checked::sync::Mutex;
use gordian::checked::thread;
use std::sync::Arc;

#[test]
fn a_thread_that_takes_an_ended_ones_place_knows_no_less_than_it_must() {
    // More threads than places that rest, so that places are used again.
    let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
    is_quiet(|| {
        for _ in 0..300 {
            let (cell, mutex) = (Arc::clone(&cell), Arc::clone(&mutex));
            let started = thread::spawn(move || {
                let _held = mutex.lock();
                cell.write();
            });
            started.join().unwrap();
        }
    });
    let theirs = Arc::clone(&cell);
    races(|| {
        let (done, go) = turn();
        let started = thread::spawn(move || {
            theirs.write();
            done.send(()).unwrap();
        });
        go.recv().unwrap();
        cell.write();
        started.join().unwrap();
    });
}

#[test]
fn one_who_has_ended_and_was_not_joined_still_races() {
    let cell = Cell::new();
    races(|| {
        let theirs = Arc::clone(&cell);
        let ended = thread::spawn(move || theirs.write());
        while !ended.is_finished() {
            std::thread::yield_now();
        }
        let theirs = Arc::clone(&cell);
        thread::spawn(move || theirs.write()).join().unwrap();
        ended.join().unwrap();
    });
}

#[test]
fn what_was_before_a_foreign_thread_was_heard_of_does_not_race_with_it() {
    let cell = Cell::new();
    is_quiet(|| {
        cell.write();
        std::thread::scope(|scope| {
            scope.spawn(|| cell.write());
        });
        // Nobody was told of its end, either.
        cell.write();
    });
}

#[test]
fn a_race_with_a_foreign_thread_is_told_with_a_doubt() {
    let cell = Cell::new();
    let reports = found(|| {
        let ((done, go), (over, end)) = (turn(), turn());
        let theirs = Arc::clone(&cell);
        let foreign = std::thread::spawn(move || {
            theirs.write();
            done.send(()).unwrap();
            end.recv().unwrap();
        });
        go.recv().unwrap();
        cell.write();
        over.send(()).unwrap();
        foreign.join().unwrap();
    });
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((report.lint, report.level, report.doubt), (Lint::DataRace.name(), "warn", 1));
}

#[test]
fn what_was_before_a_foreign_thread_is_handed_on_by_its_first_act() {
    use gordian::checked::sync::atomic::{AtomicBool, Ordering};
    // Two threads of ours that meet only by way of a foreign one, of which nothing else was ever heard.
    let meet = |act: &(dyn Fn(&AtomicBool, &Cell) + Sync), acquire: Ordering| {
        let (cell, flag) = (Cell::new(), AtomicBool::new(false));
        let (done, go) = turn();
        thread::scope(|scope| {
            let (cell, flag) = (&cell, &flag);
            scope.spawn(move || {
                go.recv().unwrap();
                flag.load(acquire);
                cell.write();
            });
            cell.write();
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    act(flag, cell);
                    done.send(()).unwrap();
                });
            });
        });
    };
    is_quiet(|| meet(&|flag, _| flag.store(true, Ordering::Release), Ordering::Acquire));
    races(|| meet(&|flag, _| flag.store(true, Ordering::Release), Ordering::Relaxed));
    is_quiet(|| {
        let (cell, theirs) = (Cell::new(), ());
        let () = theirs;
        cell.write();
        let child = std::thread::spawn(move || thread::spawn(move || cell.write()));
        child.join().unwrap().join().unwrap();
    });
}
