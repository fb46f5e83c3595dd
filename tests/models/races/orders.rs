//! Locks, messages and parked threads: what orders two accesses, and what looks as if it did.
//!
//! Threads and bound: see the module above; each claim is of both judges.

use super::{Cell, Turn, one_after_the_other};
use crate::judge::sync::mpsc::channel;
use crate::judge::sync::{Arc, Condvar, Mutex, RLock, RwLock};
use crate::judge::{is_quiet, races, thread};

/// Claim: no order at all is a race, whichever of the two accesses writes. Two threads, an access each.
#[test]
fn accesses_that_nothing_orders_race() {
    let write = |cell: Cell| move || cell.write();
    let read = |cell: Cell| {
        move || {
            cell.read();
        }
    };
    races(move || {
        let cell = Cell::new();
        one_after_the_other(write(cell.clone()), write(cell));
    });
    races(move || {
        let cell = Cell::new();
        one_after_the_other(write(cell.clone()), read(cell));
    });
    races(move || {
        let cell = Cell::new();
        one_after_the_other(read(cell.clone()), write(cell));
    });
    is_quiet(move || {
        let cell = Cell::new();
        one_after_the_other(read(cell.clone()), read(cell));
    });
}

fn write_under(mutex: &Arc<Mutex<()>>, cell: &Cell) -> impl FnOnce() + Send + 'static {
    let (mutex, cell) = (Arc::clone(mutex), cell.clone());
    move || {
        let _held = mutex.lock();
        cell.write();
    }
}

/// Claim: one mutex for both orders, a mutex for each does not. Two threads, one section each.
#[test]
fn a_common_mutex_orders_and_two_mutexes_do_not() {
    is_quiet(|| {
        let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
        one_after_the_other(write_under(&mutex, &cell), write_under(&mutex, &cell));
    });
    races(|| {
        let (cell, [one, other]) = (Cell::new(), [(); 2].map(|()| Arc::new(Mutex::new(()))));
        one_after_the_other(write_under(&one, &cell), write_under(&other, &cell));
    });
}

/// Claim: what comes after the release is not handed over by it. Two threads, an access and an empty section each.
#[test]
fn a_mutex_orders_what_was_before_its_release_only() {
    is_quiet(|| {
        let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
        let (theirs, same) = (cell.clone(), Arc::clone(&mutex));
        one_after_the_other(
            move || {
                theirs.write();
                drop(same.lock());
            },
            move || {
                drop(mutex.lock());
                cell.write();
            },
        );
    });
    races(|| {
        let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
        let (theirs, same) = (cell.clone(), Arc::clone(&mutex));
        one_after_the_other(
            move || {
                drop(same.lock());
                theirs.write();
            },
            move || {
                drop(mutex.lock());
                cell.write();
            },
        );
    });
}

/// Claim: a `try_lock` orders if it gets the lock, and a refusal does not. Two threads; a third one is the holder.
#[test]
fn a_try_lock_orders_if_it_gets_the_lock() {
    fn write_if_free(mutex: &Arc<Mutex<()>>, cell: &Cell) -> impl FnOnce() + Send + 'static {
        let (mutex, cell) = (Arc::clone(mutex), cell.clone());
        move || {
            let _held = mutex.try_lock().unwrap();
            cell.write();
        }
    }
    is_quiet(|| {
        let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
        one_after_the_other(write_if_free(&mutex, &cell), write_if_free(&mutex, &cell));
    });
    races(|| {
        let (cell, mutex) = (Cell::new(), Arc::new(Mutex::new(())));
        let _held = mutex.lock().unwrap();
        let (theirs, asked) = (cell.clone(), Arc::clone(&mutex));
        one_after_the_other(
            move || theirs.write(),
            move || {
                assert!(asked.try_lock().is_err());
                cell.write();
            },
        );
    });
}

/// Claim: a writer orders the readers after it, and readers a writer after them. Two threads, one section each.
///
/// Readers among themselves are in `differences`.
#[test]
fn writers_of_an_rwlock_order_readers_and_readers_writers() {
    fn reads(lock: &Arc<RwLock<()>>, cell: &Cell) -> impl FnOnce() + Send + 'static {
        let (lock, cell) = (Arc::clone(lock), cell.clone());
        move || {
            let _held = lock.read();
            cell.read();
        }
    }
    fn writes(lock: &Arc<RwLock<()>>, cell: &Cell) -> impl FnOnce() + Send + 'static {
        let (lock, cell) = (Arc::clone(lock), cell.clone());
        move || {
            let _held = lock.write();
            cell.write();
        }
    }
    is_quiet(|| {
        let (cell, lock) = (Cell::new(), Arc::new(RwLock::new(())));
        one_after_the_other(writes(&lock, &cell), reads(&lock, &cell));
    });
    is_quiet(|| {
        let (cell, lock) = (Cell::new(), Arc::new(RwLock::new(())));
        one_after_the_other(reads(&lock, &cell), writes(&lock, &cell));
    });
    races(|| {
        let (cell, [one, other]) = (Cell::new(), [(); 2].map(|()| Arc::new(RwLock::new(()))));
        one_after_the_other(writes(&one, &cell), reads(&other, &cell));
    });
}

/// Claim: an `RLock` orders by its first level, and two of them do not. Two threads, two levels each.
#[test]
fn an_rlock_orders_by_its_first_level() {
    fn write_inside(lock: &Arc<RLock<()>>, cell: &Cell) -> impl FnOnce() + Send + 'static {
        let (lock, cell) = (Arc::clone(lock), cell.clone());
        move || {
            let _outer = lock.lock();
            drop(lock.lock());
            cell.write();
        }
    }
    is_quiet(|| {
        let (cell, lock) = (Cell::new(), Arc::new(RLock::new(())));
        one_after_the_other(write_inside(&lock, &cell), write_inside(&lock, &cell));
    });
    races(|| {
        let (cell, [one, other]) = (Cell::new(), [(); 2].map(|()| Arc::new(RLock::new(()))));
        one_after_the_other(write_inside(&one, &cell), write_inside(&other, &cell));
    });
}

/// Claim: a wait orders what was before its mutex was released, and nothing after that. One thread and the one that waits.
#[test]
fn a_wait_orders_through_its_mutex() {
    fn wait_for(told: impl FnOnce(&(Mutex<bool>, Condvar), &Cell) + Send + 'static) {
        let (cell, flag, turn) = (Cell::new(), Arc::new((Mutex::new(false), Condvar::new())), Turn::new());
        let (theirs, same, done) = (cell.clone(), Arc::clone(&flag), turn.clone());
        let other = thread::spawn(move || {
            told(&same, &theirs);
            done.give();
        });
        drop(flag.1.wait_while(flag.0.lock().unwrap(), |set| !*set).unwrap());
        turn.take();
        cell.write();
        other.join().unwrap();
    }
    let tell = |flag: &(Mutex<bool>, Condvar)| {
        *flag.0.lock().unwrap() = true;
        flag.1.notify_one();
    };
    is_quiet(move || {
        wait_for(move |flag, cell| {
            cell.write();
            tell(flag);
        });
    });
    races(move || {
        wait_for(move |flag, cell| {
            tell(flag);
            cell.write();
        });
    });
}

/// Claim: a message orders what was before it was sent, and says nothing of later ones. One thread and the receiver.
#[test]
fn a_message_orders_what_was_before_it_was_sent() {
    is_quiet(|| {
        let (cell, (sender, receiver)) = (Cell::new(), channel());
        let theirs = cell.clone();
        let other = thread::spawn(move || {
            theirs.write();
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
        cell.write();
        other.join().unwrap();
    });
    races(|| {
        let (cell, (sender, receiver), turn) = (Cell::new(), channel(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let other = thread::spawn(move || {
            sender.send(1).unwrap();
            theirs.write();
            sender.send(2).unwrap();
            done.give();
        });
        turn.take();
        assert_eq!(receiver.recv(), Ok(1));
        cell.write();
        assert_eq!(receiver.recv(), Ok(2));
        other.join().unwrap();
    });
}

/// Claim: an unpark hands over what was before it, and nothing after it. One thread and the one that parks.
#[test]
fn an_unpark_orders_what_was_before_it() {
    is_quiet(|| {
        let (cell, me) = (Cell::new(), thread::current());
        let theirs = cell.clone();
        let other = thread::spawn(move || {
            theirs.write();
            me.unpark();
        });
        thread::park();
        cell.write();
        other.join().unwrap();
    });
    races(|| {
        let (cell, me, turn) = (Cell::new(), thread::current(), Turn::new());
        let (theirs, done) = (cell.clone(), turn.clone());
        let other = thread::spawn(move || {
            me.unpark();
            theirs.write();
            done.give();
        });
        thread::park();
        turn.take();
        cell.write();
        other.join().unwrap();
    });
}

/// Claim: an order goes through a thread that does not access, if that one looks before it tells. Two threads and the last.
#[test]
fn an_order_goes_through_a_third_thread() {
    type Flag = (Mutex<bool>, Condvar);
    fn tell(flag: &Flag) {
        *flag.0.lock().unwrap() = true;
        flag.1.notify_one();
    }
    fn look(flag: &Flag) {
        drop(flag.1.wait_while(flag.0.lock().unwrap(), |told| !*told).unwrap());
    }
    fn through(middle: fn(&Flag, &Flag)) {
        let (cell, flags) = (Cell::new(), Arc::new([(); 2].map(|()| Flag::default())));
        let (theirs, first) = (cell.clone(), Arc::clone(&flags));
        let writer = thread::spawn(move || {
            theirs.write();
            tell(&first[0]);
        });
        let both = Arc::clone(&flags);
        let between = thread::spawn(move || middle(&both[0], &both[1]));
        look(&flags[1]);
        cell.write();
        writer.join().unwrap();
        between.join().unwrap();
    }
    is_quiet(|| {
        through(|first, second| {
            look(first);
            tell(second);
        });
    });
    races(|| {
        through(|first, second| {
            tell(second);
            look(first);
        });
    });
}
