//! `join` and `task_done`: when all is done, and who hears of it.
//!
//! Threads and bound: see the module above.

use super::start;
use crate::{blocked_at_the_end_of, failure_of, passes_every_interleaving_of};
use gordian::cell::Shared;
use gordian::sync::{Arc, Queue};

/// Jobs, and what is made of each.
struct Work {
    jobs: Queue<usize>,
    made: [Shared<usize>; 2],
}

/// The one that runs the model hands two jobs to so many workers, and looks at what was made once all is done.
fn hand_out<const WORKERS: usize>(do_one: fn(&Work)) {
    let work = Arc::new(Work { jobs: Queue::new(0), made: [(); 2].map(|()| Shared::new(0)) });
    let workers = [(); WORKERS].map(|()| {
        start(&work, move |work| {
            for _ in 0..2 / WORKERS {
                do_one(work);
            }
        })
    });
    work.jobs.put(0);
    work.jobs.put(1);
    work.jobs.join();
    let made = [work.made[0].get(), work.made[1].get()];
    assert!(made == [10, 11], "made {made:?}");
    for worker in workers {
        worker.join().unwrap();
    }
}

impl Work {
    fn make(&self, job: usize) {
        self.made[job].set(10 + job);
    }
}

fn do_and_tell(work: &Work) {
    let job = work.jobs.get();
    work.make(job);
    work.jobs.task_done().unwrap();
}

/// Claim: once `join` is over every job is done, and what was made of each is seen; by one worker or two.
#[test]
fn a_join_ends_when_the_last_job_is_done() {
    passes_every_interleaving_of(|| hand_out::<1>(do_and_tell));
    passes_every_interleaving_of(|| hand_out::<2>(do_and_tell));
}

/// Claim: the twins that tell before they have done it are caught: by the order that is missing.
#[test]
fn a_job_that_is_told_before_it_is_done_is_seen_undone() {
    fn tell_and_do(work: &Work) {
        let job = work.jobs.get();
        work.jobs.task_done().unwrap();
        work.make(job);
    }
    for model in [hand_out::<1>, hand_out::<2>] {
        let text = failure_of(move || model(tell_and_do));
        assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
    }
}

/// Claim: the twin that does not tell of its jobs lets `join` wait for ever.
#[test]
fn a_job_that_is_never_told_is_waited_for() {
    let blocked = blocked_at_the_end_of(|| {
        hand_out::<1>(|work| {
            let job = work.jobs.get();
            work.make(job);
        });
    });
    assert_eq!(blocked, 1);
}

/// Claim: an emptied queue is not a done one: the twin that waits until nothing is left to take is too early.
#[test]
fn an_empty_queue_is_not_a_done_one() {
    let text = failure_of(|| {
        let work = Arc::new(Work { jobs: Queue::new(0), made: [(); 2].map(|()| Shared::new(0)) });
        work.jobs.put(0);
        let worker = start(&work, do_and_tell);
        if work.jobs.is_empty() {
            let made = work.made[0].get();
            assert!(made == 10, "made {made}");
        }
        worker.join().unwrap();
    });
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}

/// Two wait for one job.
fn two_joins(end: fn(&Queue<()>)) {
    let jobs = Arc::new(Queue::new(0));
    jobs.put(());
    let others = [(); 2].map(|()| start(&jobs, |jobs| jobs.join()));
    jobs.get();
    end(&jobs);
    for other in others {
        other.join().unwrap();
    }
    jobs.join();
}

/// Claim: all who wait for the end hear of it, and a `join` after it ends at once.
#[test]
fn the_end_is_told_to_all_who_wait() {
    passes_every_interleaving_of(|| two_joins(|jobs| jobs.task_done().unwrap()));
}

/// Claim: the twin without an end keeps them all.
#[test]
fn an_end_that_is_not_told_keeps_all_who_wait() {
    assert_eq!(blocked_at_the_end_of(|| two_joins(|_| ())), 3);
}

/// Claim: of two that tell one job as done, one hears that it was one too many.
#[test]
fn one_of_two_that_tell_the_same_job_is_one_too_many() {
    passes_every_interleaving_of(|| {
        let jobs = Arc::new(Queue::new(0));
        jobs.put(());
        let others = [(); 2].map(|()| start(&jobs, |jobs| jobs.task_done()));
        let [one, other] = others.map(|other| other.join().unwrap());
        let error = one.and(other).expect_err("one job");
        assert_eq!(error.to_string(), "task_done called too often: all of the 1 items that were put are done already");
        assert!(one.is_ok() || other.is_ok());
    });
}

/// Claim: the twin that tells one job twice ends the `join` for another job that nobody has done.
#[test]
fn a_job_that_is_told_twice_hides_one_that_is_not_done() {
    let text = failure_of(|| {
        hand_out::<1>(|work| {
            let job = work.jobs.get();
            work.make(job);
            // The second time is an error if it comes too early; nobody looks at it.
            for _ in 0..2 {
                let _ = work.jobs.task_done();
            }
        });
    });
    assert!(text.starts_with("Causality violation: Concurrent "), "{text}");
}
