//! Calls every method and trait of `Barrier` and of what its wait returns.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use super::sync::atomic::{AtomicU32, Ordering};
use super::sync::{Barrier, BarrierWaitResult};
use super::thread;

static IN_A_STATIC: Barrier = Barrier::new(1);

/// Lets `threads` of them wait `rounds` times; returns how often one was the leader.
fn leaders(barrier: &Barrier, threads: u32, rounds: u32) -> u32 {
    let leaders = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..rounds {
                    leaders.fetch_add(u32::from(barrier.wait().is_leader()), Ordering::Relaxed);
                }
            });
        }
    });
    leaders.into_inner()
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn(usize) -> Barrier = Barrier::new;
    let wait: for<'a> fn(&'a Barrier) -> BarrierWaitResult = Barrier::wait;
    let is_leader: for<'a> fn(&'a BarrierWaitResult) -> bool = BarrierWaitResult::is_leader;
    assert!(is_leader(&wait(&new(1))));
}

#[test]
fn new_is_const_and_one_member_waits_for_nobody() {
    assert!(IN_A_STATIC.wait().is_leader());
    assert!(IN_A_STATIC.wait().is_leader(), "every time");
}

#[test]
fn a_barrier_of_nobody_keeps_nobody() {
    let barrier = Barrier::new(0);
    assert!(barrier.wait().is_leader() && barrier.wait().is_leader());
}

#[test]
fn exactly_one_leads_each_round() {
    assert_eq!(leaders(&Barrier::new(2), 2, 1), 1);
    assert_eq!(leaders(&Barrier::new(5), 5, 1), 1);
    assert_eq!(leaders(&Barrier::new(3), 3, 50), 50);
}

#[test]
fn more_threads_than_members_make_more_rounds() {
    assert_eq!(leaders(&Barrier::new(2), 6, 1), 3);
    assert_eq!(leaders(&Barrier::new(3), 6, 1), 2);
}

#[test]
fn nobody_goes_on_before_the_last_has_arrived() {
    let (barrier, arrived) = (Barrier::new(4), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 1..=20 {
                    // ORDERING: Relaxed, here and below; the barrier is what orders them.
                    arrived.fetch_add(1, Ordering::Relaxed);
                    barrier.wait();
                    assert_eq!(arrived.load(Ordering::Relaxed), 4 * round);
                    barrier.wait();
                }
            });
        }
    });
}

#[test]
fn debug_is_stds() {
    let barrier = Barrier::new(1);
    assert_eq!(format!("{barrier:?}"), "Barrier { .. }");
    assert_eq!(format!("{:?}", barrier.wait()), "BarrierWaitResult { is_leader: true }");
    let barrier = Barrier::new(2);
    let texts = thread::scope(|scope| {
        let waits = [(); 2].map(|()| scope.spawn(|| format!("{:?}", barrier.wait())));
        waits.map(|wait| wait.join().unwrap())
    });
    assert!(texts.contains(&"BarrierWaitResult { is_leader: false }".to_owned()), "{texts:?}");
    assert_ne!(texts[0], texts[1]);
}
