//! The programs of a first course on threads, with the parts that they are written with.
//!
//! The counter and the two locks are in `counter` and `two_locks`, the emptied list in `races::sections` and, as a queue, in
//! `queue`.
//! Threads and bound: see the module above.

use super::start;
use crate::{blocked_at_the_end_of, failure_of, passes_every_interleaving_of};
use gordian::cell::Shared;
use gordian::sync::{Arc, Event, Mutex, Queue, Semaphore};

/// A boss, who says what to do and when to begin, and what workers made of it.
struct Office {
    begin: Event,
    order: Shared<u32>,
    made: Queue<u32>,
}

fn two_workers(speak: fn(&Office)) {
    let office = Arc::new(Office { begin: Event::new(), order: Shared::new(0), made: Queue::new(0) });
    let workers = [1, 2].map(|worker| {
        start(&office, move |office| {
            office.begin.wait();
            office.made.put(office.order.get() + worker);
        })
    });
    speak(&office);
    let made = office.made.get() + office.made.get();
    assert_eq!(made, 23);
    for worker in workers {
        worker.join().unwrap();
    }
}

/// Claim: workers that wait for the boss's word know what it is about.
#[test]
fn workers_begin_with_the_bosss_order() {
    passes_every_interleaving_of(|| {
        two_workers(|office| {
            office.order.set(10);
            office.begin.set();
        });
    });
}

/// Claim: the twin that lets them begin before it says what to do is a race.
#[test]
fn workers_that_begin_too_early_do_not_know_the_order() {
    let text = failure_of(|| {
        two_workers(|office| {
            office.begin.set();
            office.order.set(10);
        });
    });
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// A producer tells a consumer by `None` that nothing more comes.
fn produce(end: fn(&Queue<Option<u32>>)) {
    let belt = Arc::new(Queue::new(1));
    let consumer = start(&belt, |belt| std::iter::from_fn(|| belt.get()).collect::<Vec<_>>());
    belt.put(Some(1));
    belt.put(Some(2));
    end(&belt);
    assert_eq!(consumer.join().unwrap(), [1, 2]);
}

/// Claim: a consumer gets all that a producer made, and ends after it. One thread besides the one that runs the model.
#[test]
fn a_consumer_ends_after_its_producer() {
    passes_every_interleaving_of(|| produce(|belt| belt.put(None)));
}

/// Claim: the twin that does not say so leaves its consumer waiting.
#[test]
fn a_consumer_that_is_not_told_the_end_waits_for_ever() {
    assert_eq!(blocked_at_the_end_of(|| produce(|_| ())), 2);
}

/// What a pool of two workers does: adds up, or ends.
enum Job {
    Add(u32),
    End,
}

fn pool(ends: usize) {
    let shared = Arc::new((Queue::new(0), Mutex::new(0)));
    let workers = [(); 2].map(|()| {
        start(&shared, |(jobs, sum): &(Queue<Job>, Mutex<u32>)| {
            while let Job::Add(number) = jobs.get() {
                *sum.lock().unwrap() += number;
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
    passes_every_interleaving_of(|| pool(2));
}

/// Claim: the twin with one end for two workers leaves one of them waiting.
#[test]
fn a_pool_with_one_end_for_two_workers_does_not_end() {
    assert_eq!(blocked_at_the_end_of(|| pool(1)), 2);
}

/// Two eat with the same two forks, which they take in opposite orders, at a table for so many.
fn dinner(places: usize) {
    struct Table {
        places: Semaphore,
        forks: [Mutex<()>; 2],
    }
    let table = Arc::new(Table { places: Semaphore::new(places), forks: [(); 2].map(Mutex::new) });
    let eaters = [0, 1].map(|left| {
        start(&table, move |table| {
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
    passes_every_interleaving_of(|| dinner(1));
}

/// Claim: the twin with a place for each lets them starve, permits in their hands.
#[test]
fn a_place_for_each_lets_them_starve() {
    assert_eq!(blocked_at_the_end_of(|| dinner(2)), 3);
}
