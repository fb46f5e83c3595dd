//! Lesson 9: three queues, and the counting of what is done.
//!
//! Run it with `cargo run --example tutorial_09_queues`. What was put in as 2, 3, 1 comes out of a `Queue` in the order in which it
//! came, of a `LifoQueue` the other way round, of a `PriorityQueue` the smallest first. Each counts what was put and what was told
//! as done: `join` waits for the rest. Told too seldom, `join` waits for ever; told too often, it would return too early.
//!
//! What to look for: the stall, which is the `join` that nobody will end, refused; and the error of the other mistake, which says how
//! many there were.

use gordian::sync::{LifoQueue, PriorityQueue, Queue};
use gordian::{Named, thread};

fn in_three_orders() {
    let (queue, stack, ranks) = (Queue::new(0), LifoQueue::new(0), PriorityQueue::new(0));
    for number in [2, 3, 1] {
        queue.put(number);
        stack.put(number);
        ranks.put(number);
    }
    let [first, last, least] =
        [[(); 3].map(|()| queue.get()), [(); 3].map(|()| stack.get()), [(); 3].map(|()| ranks.get())];
    println!("2, 3, 1 comes out of a Queue as {first:?}, of a LifoQueue as {last:?}, of a PriorityQueue as {least:?}");
    assert_eq!((first, last, least), ([2, 3, 1], [1, 3, 2], [1, 2, 3]));
}

fn never_told_as_done() {
    let jobs = Queue::new(0).named("jobs");
    jobs.put("a job");
    thread::scope(|scope| drop(scope.spawn(|| jobs.get()).join()));
    jobs.join();
    unreachable!("nobody is left to tell the job as done");
}

fn told_too_often() {
    let jobs = Queue::new(0).named("jobs");
    jobs.put("a job");
    thread::scope(|scope| {
        scope.spawn(|| {
            jobs.get();
            jobs.task_done().unwrap();
            let error = jobs.task_done().unwrap_err();
            println!("an error: {error}");
        });
    });
}

fn told_once_each() {
    let jobs = Queue::new(2).named("jobs");
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..5 {
                jobs.get();
                jobs.task_done().unwrap();
            }
        });
        (0..5).for_each(|job| jobs.put(job));
        jobs.join();
        assert!(jobs.is_empty());
    });
}

fn main() {
    let found = gordian::collect(in_three_orders);
    assert!(found.is_empty(), "{found:?}");

    let found = gordian::collect(never_told_as_done);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "stall");
    println!("\n{report}\n");

    let found = gordian::collect(|| {
        told_too_often();
        told_once_each();
    });
    assert!(found.is_empty(), "{found:?}");
    println!("shown: stall of a join at the queue jobs, an error for one task_done too many, and three orders");
}
