//! Lesson 10: a producer that keeps a lock while it waits for room.
//!
//! Run it with `cargo run --example tutorial_10_producer_consumer`. A queue with room for one needs no lock around it: it has its own.
//! This producer takes one all the same, the journal's, and puts under it. The queue is full, so it waits for the consumer; and the
//! consumer wants to write into the journal before it takes. Each waits for the other. The put has a limit, so that
//! this run goes on; without one, both would wait for ever.
//!
//! What to look for: both sides and the lock between them. The fix writes into the journal first, and puts once the lock is back.

use gordian::sync::{Mutex, Queue};
use gordian::{Named, thread};
use std::sync::Barrier;
use std::time::Duration;

fn put_under_a_lock() {
    let (goods, journal) = (Queue::new(1).named("goods"), Mutex::new(Vec::new()).named("journal"));
    let producer_has_the_journal = Barrier::new(2);
    goods.put(0);
    thread::scope(|scope| {
        let producer = || {
            let mut journal = journal.lock().unwrap();
            journal.push("made 1");
            producer_has_the_journal.wait();
            let put = goods.put_timeout(1, Duration::from_millis(20));
            println!("the producer has put: {put:?}");
            assert!(put.is_err());
        };
        let consumer = || {
            producer_has_the_journal.wait();
            let mut journal = journal.lock().unwrap();
            journal.push("takes");
            goods.get();
        };
        thread::Builder::new().name("producer".into()).spawn_scoped(scope, producer).unwrap();
        thread::Builder::new().name("consumer".into()).spawn_scoped(scope, consumer).unwrap();
    });
}

fn put_without_the_lock() {
    let (goods, journal) = (Queue::new(1).named("goods"), Mutex::new(Vec::new()).named("journal"));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..3 {
                journal.lock().unwrap().push("made");
                goods.put(number);
            }
        });
        scope.spawn(|| {
            for number in 0..3 {
                journal.lock().unwrap().push("takes");
                assert_eq!(goods.get(), number);
            }
        });
    });
    assert_eq!(journal.into_inner().unwrap().len(), 6);
}

fn main() {
    let found = gordian::collect(put_under_a_lock);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "wait_while_holding");
    println!("\n{report}\n");

    let found = gordian::collect(put_without_the_lock);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: wait_while_holding of journal at the full queue goods, and none if it is put without the lock");
}
