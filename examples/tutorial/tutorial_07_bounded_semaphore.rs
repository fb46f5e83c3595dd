//! Lesson 7: a parking place that is given back twice.
//!
//! Run it with `cargo run --example tutorial_07_bounded_semaphore`. A `Semaphore` may be released by anyone, as often as one likes:
//! that is how permits are made. So who gives back too much makes a place that does not exist, and sooner or later two cars stand
//! on it. No lock is misused, so gordian is silent there. A `BoundedSemaphore` knows how many places there are.
//!
//! What to look for: the first park has 3 places in the end, without a word. The second one's error names both numbers. The third
//! one cannot be released too often: its permits are guards, which are dropped once.

use gordian::sync::{BoundedSemaphore, ReleaseError, Semaphore};
use gordian::{Named, thread};

fn given_back_twice() {
    let places = Semaphore::new(2).named("places");
    places.acquire().forget();
    places.release(1); // at the gate
    places.release(1); // and at the till
    println!("a Semaphore of 2 places has {} now", places.available());
    assert_eq!(places.available(), 3);
}

fn given_back_twice_if_bounded() -> ReleaseError {
    let places = BoundedSemaphore::new(2).named("places");
    places.acquire().forget();
    places.release(1).unwrap();
    let error = places.release(1).unwrap_err();
    assert_eq!(places.available(), 2);
    error
}

fn given_back_by_guards() {
    let places = BoundedSemaphore::new(2).named("places");
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| drop(places.acquire()));
        }
    });
    println!("after 5 cars with guards there are {} places", places.available());
    assert_eq!(places.available(), 2);
}

fn main() {
    let found = gordian::collect(given_back_twice);
    assert!(found.is_empty(), "{found:?}");

    let mut error = None;
    let found = gordian::collect(|| error = Some(given_back_twice_if_bounded()));
    assert!(found.is_empty(), "{found:?}");
    let error = error.expect("it has run").to_string();
    assert_eq!(error, "semaphore released too often: 3 permits of 2");
    println!("a BoundedSemaphore of 2 places: {error}");

    let found = gordian::collect(given_back_by_guards);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: a Semaphore of 2 grows to 3 in silence, and a BoundedSemaphore refuses 3 permits of 2");
}
