//! `Semaphore` and `BoundedSemaphore`: how many are inside, and who is woken by what comes back.
//!
//! Threads and bound: see the module above.

use super::handmade::Hasty;
use super::start;
use crate::{blocked_at_the_end_of, failure_of, passes_every_interleaving_of};
use gordian::cell::Shared;
use gordian::sync::atomic::{AtomicUsize, Ordering};
use gordian::sync::{Arc, BoundedSemaphore, Semaphore, SemaphorePermit};
use std::time::Duration;

/// A room, and a count of those inside.
struct Room {
    door: Semaphore,
    inside: AtomicUsize,
}

impl Room {
    fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { door: Semaphore::new(places), inside: AtomicUsize::new(0) })
    }

    fn visit(&self, places: usize) {
        // ORDERING: SeqCst; the count is to be right, whatever the door orders.
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(inside <= places, "{inside} inside, and {places} places");
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Three threads, the one that runs the model included, go through the door.
fn three_visits(go: fn(&Room)) {
    let room = Room::new(2);
    let others = [(); 2].map(|()| start(&room, go));
    go(&room);
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(room.door.available(), 2);
}

/// Claim: with two permits there are never three threads inside, and whoever waits gets in.
#[test]
fn two_permits_let_two_in_at_a_time() {
    passes_every_interleaving_of(|| {
        three_visits(|room| {
            let _permit = room.door.acquire();
            room.visit(2);
        });
    });
}

/// Claim: the twin that gives its permit back at the door is caught.
#[test]
fn a_permit_that_is_given_back_at_once_lets_a_third_one_in() {
    let text = failure_of(|| {
        three_visits(|room| {
            drop(room.door.acquire());
            room.visit(2);
        });
    });
    assert_eq!(text, "3 inside, and 2 places");
}

/// Claim: one who may not wait stays outside rather than be the third.
#[test]
fn whoever_is_refused_a_permit_stays_out() {
    passes_every_interleaving_of(|| {
        three_visits(|room| {
            if let Some(_permit) = room.door.try_acquire() {
                room.visit(2);
            }
        });
    });
}

/// Claim: the twin that looks at what is left, and goes in without taking it, is caught.
#[test]
fn a_look_at_what_is_left_is_no_permit() {
    let text = failure_of(|| {
        three_visits(|room| {
            if room.door.available() > 0 {
                room.visit(2);
            }
        });
    });
    assert_eq!(text, "3 inside, and 2 places");
}

/// Two threads add one to a number that has no lock but the semaphore.
fn two_updates(permits: usize) {
    let guarded = Arc::new((Semaphore::new(permits), Shared::new(0)));
    let add = |guarded: &(Semaphore, Shared<u32>)| {
        let _permit = guarded.0.acquire();
        guarded.1.update(|number| number + 1);
    };
    let others = [(); 2].map(|()| start(&guarded, add));
    for other in others {
        other.join().unwrap();
    }
    assert_eq!(guarded.1.get(), 2);
}

/// Claim: a semaphore of one permit is a lock: it excludes, and orders.
#[test]
fn one_permit_is_a_lock() {
    passes_every_interleaving_of(|| two_updates(1));
}

/// Claim: the twin with two permits is no lock.
#[test]
fn two_permits_are_no_lock() {
    let text = failure_of(|| two_updates(2));
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// A count of permits that are taken and given back by hand.
pub(super) trait Permits: Send + Sync + 'static {
    fn take(&self, n: usize);
    fn give(&self, n: usize);
}

impl Permits for Semaphore {
    fn take(&self, n: usize) {
        self.acquire_many(n).forget();
    }

    fn give(&self, n: usize) {
        self.release(n);
    }
}

/// One wants two permits and one wants one, and there is only one until the second has his.
fn a_small_wish_beside_a_great_one(permits: impl Permits) {
    let permits = Arc::new(permits);
    let great = start(&permits, |permits| permits.take(2));
    let small = start(&permits, |permits| permits.take(1));
    permits.give(1);
    small.join().unwrap();
    permits.give(2);
    great.join().unwrap();
}

/// Claim: a permit that is not enough for the one who waits for two is not lost to the one who waits for one.
///
/// He may be passed: the one who waits for two gets them once both are there.
#[test]
fn a_permit_reaches_whoever_it_is_enough_for() {
    passes_every_interleaving_of(|| a_small_wish_beside_a_great_one(Semaphore::new(0)));
}

/// Claim: the twin that wakes one for one permit may wake the wrong one, and both wait for ever.
#[test]
fn a_permit_whose_wake_up_goes_to_the_wrong_one_is_lost() {
    assert_eq!(blocked_at_the_end_of(|| a_small_wish_beside_a_great_one(Hasty::new(0))), 3);
}

/// Two wait for a permit, and both permits come at once.
fn two_wishes_and_two_permits(permits: impl Permits) {
    let permits = Arc::new(permits);
    let others = [(); 2].map(|()| start(&permits, |permits| permits.take(1)));
    permits.give(2);
    for other in others {
        other.join().unwrap();
    }
}

/// Claim: permits that come at once wake as many.
#[test]
fn permits_that_come_at_once_are_enough_for_all_who_wait() {
    passes_every_interleaving_of(|| two_wishes_and_two_permits(Semaphore::new(0)));
}

/// Claim: the twin that wakes one, however many permits come, leaves the other one waiting.
#[test]
fn permits_that_come_at_once_and_wake_one_are_lost() {
    assert_eq!(blocked_at_the_end_of(|| two_wishes_and_two_permits(Hasty::new(0))), 2);
}

/// Claim: guards that end one after the other let in one who waits for all they had, and one who waits for less.
#[test]
fn guards_of_one_permit_each_let_in_one_who_waits_for_both() {
    passes_every_interleaving_of(|| {
        let places = Arc::new(Semaphore::new(2));
        let first = places.acquire();
        let second = places.acquire();
        let great = start(&places, |places| drop(places.acquire_many(2)));
        let small = start(&places, |places| drop(places.acquire()));
        drop(first);
        drop(second);
        great.join().unwrap();
        small.join().unwrap();
        assert_eq!(places.available(), 2);
    });
}

/// Claim: the twin that keeps one of the guards while it waits for the others is a deadlock that can be caught and read.
#[test]
fn a_guard_that_is_kept_keeps_the_one_who_waits_for_both() {
    let blocked = blocked_at_the_end_of(|| {
        let places = Arc::new(Semaphore::new(2));
        let _first = places.acquire();
        start(&places, |places| drop(places.acquire_many(2))).join().unwrap();
    });
    assert_eq!(blocked, 2);
}

/// One forgets its permit, another one waits for it.
fn forgotten_by_one(end: fn(&Semaphore)) {
    let places = Arc::new(Semaphore::new(1));
    let one = start(&places, |places| places.acquire().forget());
    one.join().unwrap();
    let other = start(&places, |places| drop(places.acquire()));
    end(&places);
    other.join().unwrap();
    assert_eq!(places.available(), 1);
}

/// Claim: a permit that one thread forgot is given back by another one.
#[test]
fn a_forgotten_permit_is_given_back_by_any_thread() {
    passes_every_interleaving_of(|| forgotten_by_one(|places| places.release(1)));
}

/// Claim: the twin in which nobody gives it back waits for ever.
#[test]
fn a_forgotten_permit_is_missed() {
    assert_eq!(blocked_at_the_end_of(|| forgotten_by_one(|_| ())), 2);
}

/// Claim: of two threads that give one permit back, one hears that there are too many, and there are not.
#[test]
fn one_of_two_releases_is_one_too_many() {
    passes_every_interleaving_of(|| {
        let places = Arc::new(BoundedSemaphore::new(1));
        places.acquire().forget();
        let others = [(); 2].map(|()| start(&places, |places| places.release(1)));
        let [one, other] = others.map(|other| other.join().unwrap());
        let error = one.and(other).expect_err("two releases of one permit");
        assert_eq!(error.to_string(), "semaphore released too often: 2 permits of 1");
        assert!(one.is_ok() || other.is_ok());
        assert_eq!(places.available(), 1);
    });
}

/// Claim: the twin that looks whether there is room, and then gives back, has room for both.
#[test]
fn a_look_before_a_release_is_no_bound() {
    let text = failure_of(|| {
        let places = Arc::new(Semaphore::new(0));
        let give = |places: &Semaphore| {
            if places.available() < 1 {
                places.release(1);
            }
        };
        for other in [(); 2].map(|()| start(&places, give)) {
            other.join().unwrap();
        }
        let available = places.available();
        assert!(available == 1, "{available} permits of 1");
    });
    assert_eq!(text, "2 permits of 1");
}

/// Claim: permits in guards count: what is out is no room, also while it comes back.
#[test]
fn a_release_beside_a_guard_is_one_too_many() {
    passes_every_interleaving_of(|| {
        let places = Arc::new(BoundedSemaphore::new(1));
        let other = start(&places, |places| drop(places.acquire()));
        assert!(places.release(1).is_err());
        other.join().unwrap();
        assert_eq!(places.available(), 1);
    });
}

/// One waits at most for no time at all, and the permit comes or does not.
fn in_no_time(end: fn(SemaphorePermit<'_>)) {
    let places = Arc::new(Semaphore::new(1));
    let permit = places.acquire();
    let other = start(&places, |places| places.acquire_timeout(Duration::ZERO).is_some());
    end(permit);
    assert!(other.join().unwrap());
}

/// Claim: no time passes, so a wait with a limit ends by a permit and not by its limit.
#[test]
fn a_wait_with_a_limit_waits_for_its_permit() {
    passes_every_interleaving_of(|| in_no_time(|permit| drop(permit)));
}

/// Claim: the twin to which no permit comes waits for ever.
#[test]
fn a_wait_with_a_limit_and_without_a_permit_is_a_deadlock() {
    assert_eq!(blocked_at_the_end_of(|| in_no_time(|permit| permit.forget())), 2);
}
