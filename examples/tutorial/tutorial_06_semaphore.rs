//! Lesson 6: cars, parking places, and a gate.
//!
//! Run it with `cargo run --example tutorial_06_semaphore`. A semaphore is a number of places. Where there is one, it is a lock as
//! any other: a car that has the place and wants the gate, to leave, and a car that has the gate and wants the place, to enter, take
//! two locks in opposite orders. The one comes when the other is gone, since a barrier, which is std's and so unseen by gordian,
//! plays luck; it is reported all the same. Of several places no order is kept, for who leaves one need not be the one who is
//! waited for. But when both places are taken by cars that want the gate, and the car at the gate wants a place, nobody can go on:
//! gordian knows who holds the permits, and refuses the last request.
//!
//! What to look for: the place and the gate, side by side, as if both were locks; then the cars that hold the two places. In the
//! fix a car has the gate only while it passes, and its place before that.

use gordian::sync::{Mutex, Semaphore};
use gordian::{Named, thread};
use std::sync::Barrier;

fn one_after_the_other() {
    let (place, gate) = (Semaphore::new(1).named("place"), Mutex::new(()).named("gate"));
    let the_other_has_left = Barrier::new(2);
    thread::scope(|scope| {
        let leave = || {
            let parked = place.acquire();
            let open = gate.lock().unwrap();
            drop((open, parked));
            the_other_has_left.wait();
        };
        let enter = || {
            the_other_has_left.wait();
            let _open = gate.lock().unwrap();
            let _parked = place.acquire();
        };
        thread::Builder::new().name("who leaves".into()).spawn_scoped(scope, leave).unwrap();
        thread::Builder::new().name("who enters".into()).spawn_scoped(scope, enter).unwrap();
    });
}

fn at_the_same_time() {
    let (places, gate) = (Semaphore::new(2).named("places"), Mutex::new(()).named("gate"));
    let all_are_there = Barrier::new(3);
    let refused = thread::scope(|scope| {
        let leave = || {
            let _parked = places.acquire();
            all_are_there.wait();
            let _open = gate.lock().unwrap();
        };
        let enter = || {
            let _open = gate.lock().unwrap();
            all_are_there.wait();
            let _parked = places.acquire();
        };
        let cars = [scope.spawn(leave), scope.spawn(leave), scope.spawn(enter)];
        cars.map(|car| car.join()).iter().filter(|ended| ended.is_err()).count()
    });
    println!("nothing hung: the cars that were refused gave back what they had, and the others passed");
    assert!(refused > 0);
}

fn a_place_first() {
    let (places, gate) = (Semaphore::new(2).named("places"), Mutex::new(()).named("gate"));
    let park = || {
        let _parked = places.acquire();
        drop(gate.lock().unwrap()); // in
        assert!(places.available() < 2);
        drop(gate.lock().unwrap()); // out
    };
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(park);
        }
    });
    assert_eq!(places.available(), 2);
}

fn main() {
    let found = gordian::collect(one_after_the_other);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "lock_order");
    println!("{report}\n");

    let found = gordian::collect(at_the_same_time);
    let report = found.iter().find(|report| report.lint == "deadlock").expect("the deadlock is found");
    println!("{} {}: {}\n", report.code, report.lint, report.title);

    let found = gordian::collect(a_place_first);
    assert!(found.is_empty(), "{found:?}");
    println!(
        "shown: lock_order of place and gate, deadlock of two places and gate, and neither if a place comes first"
    );
}
