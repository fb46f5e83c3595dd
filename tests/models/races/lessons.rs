//! The programs of a first course on threads, with the parts that they are written with.
//!
//! The counter and the two locks are in `counter` and `two_locks` of the models, the emptied list in `sections`. Twins that wait for
//! ever are for loom alone, in `parts`: a run would not come back from them.
//! Threads and bound: see the module above; two threads besides the one that runs the model.

use crate::judge::cell::Shared;
use crate::judge::sync::{Arc, Event, Mutex, Queue, Semaphore};
use crate::judge::{is_quiet, races, thread};

/// A boss, who says what to do and when to begin, and what workers made of it.
struct Office {
    begin: Event,
    order: Shared<u32>,
    made: Queue<u32>,
}

fn two_workers(speak: fn(&Office)) -> u32 {
    let office = Arc::new(Office { begin: Event::new(), order: Shared::new(0), made: Queue::new(0) });
    let workers = [1, 2].map(|worker| {
        let office = Arc::clone(&office);
        thread::spawn(move || {
            office.begin.wait();
            office.made.put(office.order.get() + worker);
        })
    });
    speak(&office);
    let made = office.made.get() + office.made.get();
    for worker in workers {
        worker.join().unwrap();
    }
    made
}

/// Claim: workers that wait for the boss's word know what it is about.
#[test]
fn workers_begin_with_the_bosss_order() {
    is_quiet(|| {
        let made = two_workers(|office| {
            office.order.set(10);
            office.begin.set();
        });
        assert_eq!(made, 23);
    });
}

/// Claim: the twin that lets them begin before it says what to do is a race.
#[test]
fn workers_that_begin_too_early_do_not_know_the_order() {
    races(|| {
        two_workers(|office| {
            office.begin.set();
            office.order.set(10);
        });
    });
}

/// A producer tells a consumer by `None` that nothing more comes.
pub(crate) fn produce(end: fn(&Queue<Option<u32>>)) {
    let belt = Arc::new(Queue::new(1));
    let theirs = Arc::clone(&belt);
    let consumer = thread::spawn(move || std::iter::from_fn(|| theirs.get()).collect::<Vec<_>>());
    belt.put(Some(1));
    belt.put(Some(2));
    end(&belt);
    assert_eq!(consumer.join().unwrap(), [1, 2]);
}

/// Claim: a consumer gets all that a producer made, and ends after it. One thread besides the one that runs the model.
#[test]
fn a_consumer_ends_after_its_producer() {
    is_quiet(|| produce(|belt| belt.put(None)));
}

/// What a pool of two workers does: adds up, or ends.
enum Job {
    Add(u32),
    End,
}

pub(crate) fn pool(ends: usize) {
    let shared = Arc::new((Queue::new(0), Mutex::new(0)));
    let workers = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            while let Job::Add(number) = shared.0.get() {
                *shared.1.lock().unwrap() += number;
            }
        })
    });
    shared.0.put(Job::Add(1));
    shared.0.put(Job::Add(2));
    for _ in 0..ends {
        shared.0.put(Job::End);
    }
    for worker in workers {
        worker.join().unwrap();
    }
    assert_eq!(*shared.1.lock().unwrap(), 3);
}

/// Claim: each job is done once, by whichever worker, and each worker gets an end of its own.
#[test]
fn a_pool_does_every_job_once_and_ends() {
    is_quiet(|| pool(2));
}

/// Two eat with the same two forks, which they take in opposite orders, at a table for so many.
pub(crate) fn dinner(places: usize) {
    struct Table {
        places: Semaphore,
        forks: [Mutex<()>; 2],
    }
    let table = Arc::new(Table { places: Semaphore::new(places), forks: [(); 2].map(Mutex::new) });
    let eaters = [0, 1].map(|left| {
        let table = Arc::clone(&table);
        thread::spawn(move || {
            let _place = table.places.acquire();
            let _left = table.forks[left].lock().unwrap();
            let _right = table.forks[1 - left].lock().unwrap();
        })
    });
    for eater in eaters {
        eater.join().unwrap();
    }
}

/// Claim: a table with a place less than there are forks lets all eat, whatever fork they take first.
#[test]
fn a_place_less_than_there_are_forks_lets_all_eat() {
    is_quiet(|| dinner(1));
}
