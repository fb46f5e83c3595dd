//! `Semaphore`, `BoundedSemaphore` and their permits.

use super::sync::{BoundedSemaphore, Semaphore, SemaphorePermit};
use super::thread;
use crate::parity::panics::caught;
use gordian::Named;
use std::error::Error;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

#[test]
fn permits_go_out_until_none_is_left_and_come_back_by_their_guards() {
    let places = Semaphore::new(3);
    assert_eq!(places.available(), 3);
    let (one, two) = (places.acquire(), places.try_acquire().unwrap());
    assert_eq!(places.available(), 1);
    let three = places.acquire_timeout(Duration::ZERO).unwrap();
    assert_eq!(places.available(), 0);
    assert!(places.try_acquire().is_none());
    assert!(places.acquire_timeout(Duration::ZERO).is_none());
    assert!(places.acquire_timeout(SOON).is_none());
    drop(two);
    assert_eq!(places.available(), 1);
    drop((one, three));
    assert_eq!(places.available(), 3);
}

#[test]
fn permits_of_a_bounded_semaphore_go_out_and_come_back_alike() {
    let places = BoundedSemaphore::new(2);
    let (one, two) = (places.acquire(), places.acquire_timeout(Duration::MAX).unwrap());
    assert!(places.try_acquire().is_none());
    assert!(places.acquire_timeout(Duration::ZERO).is_none());
    drop(one);
    assert_eq!(places.available(), 1);
    drop(two);
    drop(places.acquire_many(2));
    assert_eq!(places.available(), 2);
}

#[test]
fn permits_taken_together_come_back_together() {
    let places = Semaphore::new(4);
    let three = places.acquire_many(3);
    assert_eq!(places.available(), 1);
    drop(three);
    assert_eq!(places.available(), 4);
    let all = places.acquire_many(4);
    assert_eq!(places.available(), 0);
    drop(all);
}

#[test]
fn no_permits_are_always_there() {
    let closed = Semaphore::new(0);
    let none = closed.acquire_many(0);
    assert_eq!(closed.available(), 0);
    assert!(closed.try_acquire().is_none());
    drop(none);
    closed.acquire_many(0).forget();
    closed.release(0);
    assert_eq!(closed.available(), 0);
    let bounded = BoundedSemaphore::new(0);
    drop(bounded.acquire_many(0));
    bounded.release(0).unwrap();
    assert_eq!(bounded.available(), 0);
    assert!(bounded.acquire_timeout(SOON).is_none());
}

#[test]
fn a_forgotten_permit_stays_out_until_a_release() {
    let places = Semaphore::new(1);
    places.acquire().forget();
    assert_eq!(places.available(), 0);
    assert!(places.try_acquire().is_none());
    thread::scope(|scope| drop(scope.spawn(|| places.release(1))));
    assert_eq!(places.available(), 1);
    let many = Semaphore::new(3);
    many.acquire_many(3).forget();
    assert_eq!(many.available(), 0);
    many.release(2);
    assert_eq!(many.available(), 2);
}

#[test]
fn a_leaked_permit_stays_out_for_good() {
    let places = BoundedSemaphore::new(2);
    forget(places.acquire());
    assert_eq!(places.available(), 1);
    // It is still one of the two.
    assert_eq!(places.release(1).unwrap_err().to_string(), "semaphore released too often: 3 permits of 2");
}

#[test]
fn a_release_adds_permits_that_never_were() {
    let places = Semaphore::new(0);
    places.release(2);
    let both = places.acquire_many(2);
    places.release(1);
    assert_eq!(places.available(), 1);
    drop(both);
    assert_eq!(places.available(), 3);
}

#[test]
fn more_permits_than_can_be_counted_are_refused_and_change_nothing() {
    let places = Semaphore::new(usize::MAX);
    let text = "gordian: more permits than a usize can count";
    assert_eq!(caught(|| places.release(1)).text, text);
    let one = places.acquire();
    // Permits in guards come back, so they count too.
    assert_eq!(caught(|| places.release(1)).text, text);
    assert_eq!(places.available(), usize::MAX - 1);
    one.forget();
    places.release(1);
    assert_eq!(places.available(), usize::MAX);
    places.release(0);
    let all = places.acquire_many(usize::MAX);
    assert_eq!(places.available(), 0);
    drop(all);
    assert_eq!(places.available(), usize::MAX);
}

#[test]
fn a_bounded_semaphore_refuses_a_release_above_what_it_had_and_names_both_numbers() {
    let places = BoundedSemaphore::new(2);
    let error = places.release(1).unwrap_err();
    assert_eq!(error.to_string(), "semaphore released too often: 3 permits of 2");
    assert_eq!(format!("{error:?}"), "ReleaseError { permits: 3, initial: 2 }");
    assert!(error.source().is_none());
    assert_eq!(error, places.release(1).unwrap_err());
    assert_ne!(error, places.release(2).unwrap_err());
    let held = places.acquire();
    assert_eq!(places.release(1).unwrap_err(), error);
    assert_eq!(places.available(), 1);
    held.forget();
    assert_eq!(places.release(2).unwrap_err(), error);
    places.release(1).unwrap();
    assert_eq!(places.available(), 2);
    let full = BoundedSemaphore::new(usize::MAX);
    assert_eq!(caught(|| full.release(1)).text, "gordian: more permits than a usize can count");
    assert_eq!(full.available(), usize::MAX);
}

#[test]
fn more_permits_than_a_bounded_semaphore_has_are_refused_at_once() {
    let places = BoundedSemaphore::new(2);
    let panic = caught(|| drop(places.acquire_many(3)));
    let line = line!() - 1;
    assert_eq!(panic.text, "gordian: 3 permits wanted of a semaphore that has 2");
    assert_eq!(panic.place(), (file!(), line));
    assert_eq!(places.available(), 2);
}

#[test]
fn who_waits_goes_on_once_a_permit_comes_back() {
    let (places, came_back) = (Semaphore::new(1), AtomicUsize::new(0));
    let only = places.acquire();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let _permit = places.acquire();
                assert_eq!(came_back.load(Ordering::SeqCst), 1);
            });
            scope.spawn(|| {
                let _permit = places.acquire_timeout(Duration::MAX).unwrap();
                assert_eq!(came_back.load(Ordering::SeqCst), 1);
            });
        }
        came_back.store(1, Ordering::SeqCst);
        drop(only);
    });
    assert_eq!(places.available(), 1);
}

#[test]
fn who_waits_for_many_goes_on_though_they_come_back_one_by_one() {
    let places = Semaphore::new(0);
    thread::scope(|scope| {
        let many = scope.spawn(|| places.acquire_many(3).forget());
        let one = scope.spawn(|| places.acquire().forget());
        (0..4).for_each(|_| places.release(1));
        many.join().unwrap();
        one.join().unwrap();
    });
    assert_eq!(places.available(), 0);
}

#[test]
fn who_waits_for_one_is_not_forgotten_beside_who_waits_for_many() {
    // Often enough that the one who waits for many falls asleep first, and is woken first.
    for _ in 0..200 {
        let places = Semaphore::new(0);
        thread::scope(|scope| {
            let many = scope.spawn(|| places.acquire_many(2).forget());
            (0..20).for_each(|_| std::thread::yield_now());
            let one = scope.spawn(|| places.acquire().forget());
            (0..20).for_each(|_| std::thread::yield_now());
            places.release(1);
            one.join().unwrap();
            places.release(2);
            many.join().unwrap();
        });
    }
}

#[test]
fn a_release_of_many_lets_as_many_go_on() {
    let places = Semaphore::new(0);
    thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| places.acquire().forget())));
        places.release(4);
    });
    assert_eq!(places.available(), 0);
}

#[test]
fn a_panic_gives_a_permit_back_and_poisons_nothing() {
    let places = Semaphore::new(1);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _permit = places.acquire();
        resume_unwind(Box::new("while a permit is out"));
    }));
    assert!(panic.is_err());
    assert_eq!(places.available(), 1);
    drop(places.acquire());
}

#[test]
fn a_thread_that_ends_with_a_leaked_permit_keeps_it() {
    let places = Semaphore::new(1);
    thread::scope(|scope| scope.spawn(|| forget(places.acquire())).join().unwrap());
    assert!(places.try_acquire().is_none());
    places.release(1);
    drop(places.acquire());
}

#[test]
fn a_permit_can_be_taken_while_the_threads_locals_are_dropped() {
    static PLACES: Semaphore = Semaphore::new(1);
    struct TakesOnDrop;
    impl Drop for TakesOnDrop {
        fn drop(&mut self) {
            PLACES.acquire().forget();
        }
    }
    thread_local!(static LOCAL: TakesOnDrop = const { TakesOnDrop });
    thread::spawn(|| LOCAL.with(|_| ())).join().unwrap();
    assert_eq!(PLACES.available(), 0);
}

#[test]
fn both_stand_in_statics_and_take_names() {
    static PLACES: Semaphore = Semaphore::new(1);
    static BOUNDED: BoundedSemaphore = BoundedSemaphore::new(1);
    let _kept: (SemaphorePermit<'static>, SemaphorePermit<'static>) = (PLACES.acquire(), BOUNDED.acquire());
    assert_eq!((PLACES.available(), BOUNDED.available()), (0, 0));
    assert_eq!(Semaphore::new(2).named("places").available(), 2);
    assert_eq!(BoundedSemaphore::new(2).named("places").available(), 2);
}

#[test]
fn debug_shows_what_is_left() {
    let (places, bounded) = (Semaphore::new(3), BoundedSemaphore::new(3));
    let (two, one) = (places.acquire_many(2), bounded.acquire());
    assert_eq!(format!("{places:?}"), "Semaphore { available: 1, .. }");
    assert_eq!(format!("{bounded:?}"), "BoundedSemaphore { available: 2, initial: 3, .. }");
    assert_eq!(format!("{two:?} {one:?}"), "SemaphorePermit { count: 2, .. } SemaphorePermit { count: 1, .. }");
}

#[test]
fn never_more_are_in_than_there_are_permits() {
    const THREADS: usize = 4;
    const EACH: usize = 500;
    let (places, inside, sum) = (Semaphore::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for me in 0..THREADS {
            let (places, inside, sum) = (&places, &inside, &sum);
            scope.spawn(move || {
                for turn in 0..EACH {
                    let count = 1 + (me + turn) % 2;
                    let permit = match turn % 3 {
                        0 if count == 1 => places.acquire_timeout(Duration::MAX).unwrap(),
                        _ => places.acquire_many(count),
                    };
                    assert!(inside.fetch_add(count, Ordering::SeqCst) + count <= 2);
                    sum.fetch_add(1, Ordering::Relaxed);
                    inside.fetch_sub(count, Ordering::SeqCst);
                    if turn % 5 == 0 {
                        permit.forget();
                        places.release(count);
                    }
                }
            });
        }
    });
    assert_eq!((sum.into_inner(), inside.into_inner(), places.available()), (THREADS * EACH, 0, 2));
}
