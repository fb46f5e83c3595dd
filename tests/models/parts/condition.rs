//! `Condition`, over a mutex and over an `RLock`: who is woken, and what is given back meanwhile.
//!
//! Threads and bound: see the module above.

use super::start;
use crate::{blocked_at_the_end_of, failure_of, passes_every_interleaving_of};
use gordian::cell::Shared;
use gordian::sync::{Arc, Condition, Mutex, RLock};
use gordian::thread;
use std::time::Duration;

type Told = Condition<Mutex<bool>>;

/// One waits to be told, another one tells. One thread besides the one that runs the model.
fn tell_one(wait: fn(&Told), tell: fn(&Told)) {
    let told = Arc::new(Condition::new(Mutex::new(false)));
    let other = start(&told, wait);
    tell(&told);
    other.join().unwrap();
}

fn wait_until_told(told: &Told) {
    assert!(told.acquire().unwrap().wait_for(|told| *told, None).unwrap());
}

fn change_and_notify(told: &Told) {
    let mut guard = told.acquire().unwrap();
    *guard = true;
    guard.notify(1);
}

/// Claim: a wait with a predicate ends, whether the notification comes before it or after, under the lock or behind it.
#[test]
fn a_wait_with_a_predicate_needs_no_luck() {
    passes_every_interleaving_of(|| tell_one(wait_until_told, change_and_notify));
    passes_every_interleaving_of(|| {
        tell_one(wait_until_told, |told| {
            *told.acquire().unwrap() = true;
            told.notify_all();
        });
    });
}

/// Claim: the twin that notifies before the change wakes somebody who finds nothing, and who then waits for ever.
#[test]
fn a_notification_before_the_change_is_lost() {
    let blocked = blocked_at_the_end_of(|| {
        tell_one(wait_until_told, |told| {
            told.notify(1);
            *told.acquire().unwrap() = true;
        });
    });
    assert_eq!(blocked, 2);
}

/// Claim: the twin that waits without a look misses what came before.
#[test]
fn a_wait_without_a_look_misses_the_notification() {
    let blocked = blocked_at_the_end_of(|| {
        tell_one(|told| told.acquire().unwrap().wait().unwrap(), change_and_notify);
    });
    assert_eq!(blocked, 2);
}

/// Claim: no time passes, so a wait with a limit ends by its predicate.
#[test]
fn a_wait_with_a_limit_waits_for_its_predicate() {
    fn in_no_time(told: &Told) {
        assert!(told.acquire().unwrap().wait_for(|told| *told, Some(Duration::ZERO)).unwrap());
    }
    passes_every_interleaving_of(|| tell_one(in_no_time, change_and_notify));
    assert_eq!(blocked_at_the_end_of(|| tell_one(in_no_time, |_| thread::yield_now())), 2);
}

/// Two wait for a letter each, and both are woken for the first one.
fn two_letters(fetch: fn(&Condition<Mutex<usize>>)) {
    let letters = Arc::new(Condition::new(Mutex::new(0)));
    let others = [(); 2].map(|()| start(&letters, fetch));
    for _ in 0..2 {
        let mut guard = letters.acquire().unwrap();
        *guard += 1;
        guard.notify_all();
    }
    for other in others {
        other.join().unwrap();
    }
}

/// Claim: whoever was woken for what another one took waits again.
#[test]
fn a_letter_that_somebody_else_took_is_waited_for_again() {
    passes_every_interleaving_of(|| {
        two_letters(|letters| {
            let mut guard = letters.acquire().unwrap();
            guard.wait_for(|letters| *letters > 0, None).unwrap();
            *guard -= 1;
        });
    });
}

/// Claim: the twin that looks once takes what is not there.
#[test]
fn a_letter_that_is_not_looked_for_again_is_gone() {
    let text = failure_of(|| {
        two_letters(|letters| {
            let mut guard = letters.acquire().unwrap();
            if *guard == 0 {
                guard.wait().unwrap();
            }
            *guard = guard.checked_sub(1).expect("woken for a letter that is not there");
        });
    });
    assert_eq!(text, "woken for a letter that is not there");
}

/// Steps that are counted under a lock, which says whether it was opened.
struct House {
    lock: Arc<RLock<Shared<bool>>>,
    opened: Condition<Arc<RLock<Shared<bool>>>>,
    elsewhere: Told,
    steps: Shared<u32>,
}

impl House {
    fn step(&self) {
        self.steps.update(|steps| steps + 1);
    }
}

/// One waits with two levels until another one, who needs the lock for it, has opened; both take a step.
fn wait_with_two_levels(wait: fn(&House)) {
    let lock = Arc::new(RLock::new(Shared::new(false)));
    let opened = Condition::new(Arc::clone(&lock));
    let elsewhere = Condition::new(Mutex::new(false));
    let house = Arc::new(House { lock, opened, elsewhere, steps: Shared::new(0) });
    let other = start(&house, wait);
    let guard = house.opened.acquire().unwrap();
    guard.set(true);
    guard.notify(1);
    drop(guard);
    let guard = house.lock.lock();
    house.step();
    drop(guard);
    change_and_notify(&house.elsewhere);
    other.join().unwrap();
    assert_eq!(house.steps.get(), 2);
}

/// Claim: a wait gives all levels back, and has as many again at its end, so that nobody is let in before the last one ends.
#[test]
fn a_wait_gives_all_levels_back_and_takes_them_again() {
    passes_every_interleaving_of(|| {
        wait_with_two_levels(|house| {
            let outer = house.opened.acquire().unwrap();
            let mut inner = house.opened.acquire().unwrap();
            inner.wait_for(Shared::get, None).unwrap();
            assert_eq!(house.lock.count(), 2);
            drop(inner);
            assert_eq!(house.lock.count(), 1);
            house.step();
            drop(outer);
        });
    });
}

/// Claim: the twin that gives both levels back before its step is a race.
#[test]
fn levels_that_are_given_back_too_early_let_the_other_thread_in() {
    let text = failure_of(|| {
        wait_with_two_levels(|house| {
            let outer = house.opened.acquire().unwrap();
            let mut inner = house.opened.acquire().unwrap();
            inner.wait_for(Shared::get, None).unwrap();
            drop((outer, inner));
            house.step();
        });
    });
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// Claim: the twin that waits at a condition of another lock keeps its levels, and both wait for ever.
#[test]
fn a_wait_at_another_lock_keeps_all_levels() {
    let blocked = blocked_at_the_end_of(|| {
        wait_with_two_levels(|house| {
            let outer = house.lock.lock();
            let inner = house.lock.lock();
            wait_until_told(&house.elsewhere);
            house.step();
            drop((outer, inner));
        });
    });
    assert_eq!(blocked, 2);
}

/// Claim: the twin that nobody notifies waits for ever, and its levels end without a lock to give back. Only the thread that runs
/// the model.
#[test]
fn a_wait_that_nobody_ends_is_a_deadlock_with_levels_in_hand() {
    let blocked = blocked_at_the_end_of(|| {
        let opened = Condition::new(RLock::new(()));
        let _outer = opened.acquire().unwrap();
        opened.acquire().unwrap().wait().unwrap();
    });
    assert_eq!(blocked, 1);
}

/// Two stand in line until all are there and so many are told to go.
fn go(n: usize) {
    struct Line {
        stands: Condition<Arc<Mutex<u32>>>,
        goes: Condition<Arc<Mutex<u32>>>,
    }
    let count = Arc::new(Mutex::new(0));
    let [stands, goes] = [(); 2].map(|()| Condition::new(Arc::clone(&count)));
    let line = Arc::new(Line { stands, goes });
    let others = [(); 2].map(|()| {
        start(&line, |line| {
            let mut guard = line.goes.acquire().unwrap();
            *guard += 1;
            line.stands.notify(1);
            guard.wait().unwrap();
        })
    });
    line.stands.acquire().unwrap().wait_for(|count| *count == 2, None).unwrap();
    line.goes.notify(n);
    for other in others {
        other.join().unwrap();
    }
}

/// Claim: `notify(n)` wakes `n`, or all if there are fewer.
#[test]
fn so_many_are_notified_as_were_asked_for() {
    passes_every_interleaving_of(|| go(2));
    passes_every_interleaving_of(|| go(usize::MAX));
}

/// Claim: and no more: the twins that ask for fewer leave the others waiting, beside the one that runs the model.
#[test]
fn no_more_are_notified_than_were_asked_for() {
    assert_eq!(blocked_at_the_end_of(|| go(1)), 2);
    assert_eq!(blocked_at_the_end_of(|| go(0)), 3);
}

type Slot = Condition<&'static Mutex<Option<u32>>>;

/// A place for one item, with a condition for each side of it.
struct Place {
    is_free: Slot,
    is_full: Slot,
}

/// One puts two items and one gets them; each tells the side that `tell` chooses of its own and the other one.
fn two_conditions(tell: fn(own: &Slot, other: &Slot)) {
    // A reference that a thread may have: loom's threads are not scoped.
    let slot: &'static Mutex<Option<u32>> = Box::leak(Box::new(Mutex::new(None)));
    let place = Arc::new(Place { is_free: Condition::new(slot), is_full: Condition::new(slot) });
    let other = start(&place, move |place| {
        for item in [1, 2] {
            let mut guard = place.is_free.acquire().unwrap();
            guard.wait_for(Option::is_none, None).unwrap();
            *guard = Some(item);
            tell(&place.is_free, &place.is_full);
        }
    });
    for item in [1, 2] {
        let mut guard = place.is_full.acquire().unwrap();
        guard.wait_for(Option::is_some, None).unwrap();
        assert_eq!(guard.take(), Some(item));
        tell(&place.is_full, &place.is_free);
    }
    other.join().unwrap();
}

/// Claim: two conditions over one lock wake each its own side. One thread besides the one that runs the model.
#[test]
fn two_conditions_share_a_lock() {
    passes_every_interleaving_of(|| two_conditions(|_, other| other.notify(1)));
}

/// Claim: the twin in which each tells its own side wakes nobody.
#[test]
fn a_notification_of_the_wrong_condition_wakes_nobody() {
    assert_eq!(blocked_at_the_end_of(|| two_conditions(|own, _| own.notify_all())), 2);
}
