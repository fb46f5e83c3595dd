//! Lesson 1: two threads add to one counter, and one of the additions is lost.
//!
//! Run it with `cargo run --example tutorial_01_counter`. Python's `count += 1` is three steps: read, add, write. So is this one, on
//! an atomic: no access is torn, and still the counter says 1 after 2 visitors. The barrier is std's, and so unseen by gordian: it
//! plays the bad luck for which a real program waits a week.
//!
//! What to look for: the report has the three accesses in their order, each with its thread and its value, and a sum that says
//! what was lost: `0 + 1 over 0 + 1`. In one step nothing is lost, and nothing is reported.

use gordian::sync::atomic::{AtomicU64, Ordering};
use gordian::thread;
use std::sync::Barrier;

fn lost_updates() {
    let (count, both_have_read) = (AtomicU64::new(0), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let seen = count.load(Ordering::SeqCst);
                both_have_read.wait();
                count.store(seen + 1, Ordering::SeqCst);
            });
        }
    });
    println!("read and written: {} of 2 visitors", count.into_inner());
}

fn in_one_step() {
    let (count, both_are_here) = (AtomicU64::new(0), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                both_are_here.wait();
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    println!("in one step: {} of 2 visitors", count.into_inner());
}

fn main() {
    let found = gordian::collect(lost_updates);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "lost_update");
    println!("\n{report}\n");

    let found = gordian::collect(in_one_step);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: lost_update of the counter, 1 of 2 visitors, and none lost in one step");
}
