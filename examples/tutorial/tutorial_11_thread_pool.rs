//! Lesson 11: a pool of threads, built on a queue, that calls back when a job is done.
//!
//! Run it with `cargo run --example tutorial_11_thread_pool`. The worker counts what is done under the pool's lock, and calls back while
//! it is at it. That goes well until a callback submits another job, and `submit` wants the pool's lock too: the worker waits for
//! itself. Nothing in the callback looks wrong, and nothing in the pool; a lock that is held while foreign code runs is the mistake.
//!
//! What to look for: the backtrace of the request, which leads from the worker through the callback to `submit`. The fix gives the
//! lock back before it calls.

use gordian::sync::{Mutex, Queue};
use gordian::{Named, thread};

type Job = fn() -> u32;
type Callback = fn(&Pool, u32);

/// Jobs with their callbacks; `None` sends a worker home.
struct Pool {
    jobs: Queue<Option<(Job, Callback)>>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    submitted: u32,
    done: u32,
}

impl Pool {
    fn new() -> Self {
        Self { jobs: Queue::new(0).named("jobs"), counts: Mutex::new(Counts::default()).named("counts") }
    }

    fn submit(&self, job: Job, callback: Callback) {
        self.counts.lock().unwrap().submitted += 1;
        self.jobs.put(Some((job, callback)));
    }

    fn work_and_call_under_the_lock(&self) {
        while let Some((job, callback)) = self.jobs.get() {
            let result = job();
            let mut counts = self.counts.lock().unwrap();
            counts.done += 1;
            callback(self, result);
            drop(counts);
            self.jobs.task_done().unwrap();
        }
    }

    fn work(&self) {
        while let Some((job, callback)) = self.jobs.get() {
            let result = job();
            self.counts.lock().unwrap().done += 1;
            callback(self, result);
            self.jobs.task_done().unwrap();
        }
    }
}

fn once_more(pool: &Pool, result: u32) {
    println!("called back with {result}, and submits once more");
    pool.submit(|| 2, |_, result| println!("called back with {result}"));
}

fn called_under_the_lock() {
    let pool = Pool::new();
    pool.submit(|| 1, once_more);
    let ended = thread::scope(|scope| {
        let worker = || pool.work_and_call_under_the_lock();
        thread::Builder::new().name("worker".into()).spawn_scoped(scope, worker).unwrap().join()
    });
    assert!(ended.is_err(), "it waits for itself, and is refused");
}

fn called_without_the_lock() {
    let pool = Pool::new();
    pool.submit(|| 1, once_more);
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| pool.work()));
        pool.jobs.join();
        workers.iter().for_each(|_| pool.jobs.put(None));
    });
    let counts = pool.counts.into_inner().unwrap();
    assert_eq!((counts.submitted, counts.done), (2, 2));
}

fn main() {
    let found = gordian::collect(called_under_the_lock);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "self_deadlock");
    println!("\n{report}\n");

    let found = gordian::collect(called_without_the_lock);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: self_deadlock of counts by a callback that submits, and none if it is called without the lock");
}
