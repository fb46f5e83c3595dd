//! Workloads that deadlock: philosophers of whom the last one closes the circle.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: all but the last are told as blocked before the clock starts.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::sync::{Arc, Mutex};
use super::{close_circle, thread, until_blocked};
use crate::measure::Side;

pub(crate) fn two() -> Side {
    philosophers(2)
}

pub(crate) fn five() -> Side {
    philosophers(5)
}

pub(crate) fn fifty() -> Side {
    philosophers(50)
}

/// An operation is the last one's request, until its report is there as text.
fn philosophers(count: usize) -> Side {
    Side::timing(move |steps| (0..steps).map(|_| dine(count)).sum())
}

fn dine(count: usize) -> Duration {
    let forks: Arc<Vec<Mutex<()>>> = Arc::new((0..count).map(|_| Mutex::new(())).collect());
    let seated = Arc::new(Barrier::new(count));
    let guest = |place: usize| {
        let (forks, seated) = (Arc::clone(&forks), Arc::clone(&seated));
        thread::spawn(move || {
            let _left = forks[place].lock();
            seated.wait();
            drop(forks[place + 1].lock());
        })
    };
    let guests: Vec<_> = (0..count - 1).map(guest).collect();
    let left = forks[count - 1].lock();
    seated.wait();
    until_blocked(count - 1);
    let start = Instant::now();
    close_circle(&forks[0], count);
    let taken = start.elapsed();
    drop(left);
    guests.into_iter().for_each(|guest| guest.join().unwrap());
    taken
}
