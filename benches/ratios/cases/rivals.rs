//! What others have in place of the parts that std lacks.
//!
//! Must not know: limits.
//! Source: `parking_lot`, `tokio`, and std.
//! INVARIANT: a workload here is done as its namesake in `parts` does it.

use std::hint::black_box;
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Condvar, Mutex};
use std::time::Instant;

use parking_lot::ReentrantMutex;

use crate::measure::Side;

pub(crate) fn rlock() -> Side {
    let lock = ReentrantMutex::new(0_u64);
    Side::of(move || drop(black_box(black_box(&lock).lock())))
}

pub(crate) fn rlock_again() -> Side {
    let lock = ReentrantMutex::new(0_u64);
    Side::timing(move |steps| {
        let _first = lock.lock();
        let start = Instant::now();
        for _ in 0..steps {
            drop(black_box(black_box(&lock).lock()));
        }
        start.elapsed()
    })
}

/// Tokio's or the one of std's parts, whichever is slower here.
pub(crate) fn semaphore() -> Side {
    let mut sides = [tokio(), built_of_std()];
    let times = sides.each_mut().map(|side| {
        (side.run)(10_000);
        (side.run)(100_000)
    });
    let [tokio, std] = sides;
    if times[0] > times[1] { tokio } else { std }
}

pub(crate) fn tokio() -> Side {
    let places = tokio::sync::Semaphore::new(8);
    Side::of(move || drop(black_box(black_box(&places).try_acquire())))
}

/// As one writes it by hand.
fn built_of_std() -> Side {
    struct Places(Mutex<usize>, Condvar);
    struct Permit<'a>(&'a Places);

    impl Places {
        fn acquire(&self) -> Permit<'_> {
            let mut left = self.1.wait_while(self.0.lock().unwrap(), |left| *left == 0).unwrap();
            *left -= 1;
            Permit(self)
        }
    }

    impl Drop for Permit<'_> {
        fn drop(&mut self) {
            *self.0.0.lock().unwrap() += 1;
            self.0.1.notify_one();
        }
    }

    let places = Places(Mutex::new(8), Condvar::new());
    Side::of(move || drop(black_box(black_box(&places).acquire())))
}

pub(crate) fn queue() -> Side {
    let (sender, receiver) = channel();
    Side::of(move || {
        black_box(&sender).send(black_box(7_u64)).unwrap();
        black_box(black_box(&receiver).recv().unwrap());
    })
}

pub(crate) fn bounded_queue() -> Side {
    let (sender, receiver) = sync_channel(64);
    Side::of(move || {
        black_box(&sender).send(black_box(7_u64)).unwrap();
        black_box(black_box(&receiver).recv().unwrap());
    })
}
