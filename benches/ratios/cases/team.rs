//! Workloads of several threads, and what a thread itself costs.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: a team's threads start before the first sample and wait at a barrier of std's between samples.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::ours::Queue;
use super::sync::mpsc::sync_channel;
use super::sync::{Arc, Condvar, Mutex};
use super::thread;
use crate::cases::pairs::Random;
use crate::measure::Side;

/// Each of two threads nests two locks of its own.
pub(crate) fn disjoint() -> Side {
    team(2, |_| {
        // On the thread's own stack, so that the two share no cache line.
        let [a, b] = [const { Mutex::new(0_u64) }; 2];
        move || {
            let _a = black_box(&a).lock().unwrap();
            *black_box(&b).lock().unwrap() += 1;
        }
    })
}

pub(crate) fn contended() -> Side {
    let lock = Arc::new(Mutex::new(0_u64));
    team(2, move |_| {
        let lock = Arc::clone(&lock);
        move || *black_box(&lock).lock().unwrap() += 1
    })
}

/// Each of eight threads walks all ordered pairs of 64 locks in a shuffle of its own; its first walk is not measured.
pub(crate) fn ordered_pairs() -> Side {
    let locks: Arc<Vec<Mutex<u64>>> = Arc::new((0..64).map(|_| Mutex::new(0)).collect());
    team(8, move |seed| {
        let locks = Arc::clone(&locks);
        let mut pairs: Vec<_> = (0..64).flat_map(|first| (first + 1..64).map(move |second| (first, second))).collect();
        Random::seeded(seed).shuffle(&mut pairs);
        let lock_both = move |&(first, second): &(usize, usize)| {
            let _first = black_box(&locks[first]).lock().unwrap();
            *black_box(&locks[second]).lock().unwrap() += 1;
        };
        pairs.iter().for_each(&lock_both);
        let mut next = 0;
        move || {
            lock_both(&pairs[next]);
            next = (next + 1) % pairs.len();
        }
    })
}

/// Two threads hand one turn to and fro; an operation is one round trip. Notified after the unlock, so that nobody wakes
/// only to wait for the mutex.
pub(crate) fn ping_pong() -> Side {
    #[derive(PartialEq)]
    enum Turn {
        Driver,
        Partner,
    }
    let table = Arc::new((Mutex::new(Turn::Driver), Condvar::new()));
    let partner = Arc::clone(&table);
    // It ends with the process.
    thread::spawn(move || {
        let (turn, changed) = &*partner;
        loop {
            let mut mine = changed.wait_while(turn.lock().unwrap(), |turn| *turn != Turn::Partner).unwrap();
            *mine = Turn::Driver;
            drop(mine);
            changed.notify_one();
        }
    });
    Side::of(move || {
        let (turn, changed) = &*table;
        *turn.lock().unwrap() = Turn::Partner;
        changed.notify_one();
        drop(changed.wait_while(turn.lock().unwrap(), |turn| *turn != Turn::Driver).unwrap());
    })
}

/// Two threads send and two receive; a step is one message of each.
pub(crate) fn channel() -> Side {
    let (sender, receiver) = sync_channel(PLACES);
    let receiver = Arc::new(Mutex::new(receiver));
    // Std's types cannot be shared, but cloned by their own thread.
    let sender = std::sync::Mutex::new(sender);
    team(4, move |number| {
        let (sender, receiver) = (sender.lock().unwrap().clone(), Arc::clone(&receiver));
        move || match number {
            0 | 1 => sender.send(black_box(number)).unwrap(),
            _ => _ = black_box(receiver.lock().unwrap().recv().unwrap()),
        }
    })
}

/// One thread sends and another one receives.
#[allow(dead_code, reason = "one side's twin is the queue below")]
pub(crate) fn pipe() -> Side {
    let (sender, receiver) = sync_channel(PLACES);
    let ends = std::sync::Mutex::new((Some(sender), Some(receiver)));
    team(2, move |number| {
        let mut ends = ends.lock().unwrap();
        let (sender, receiver) = if number == 0 { (ends.0.take(), None) } else { (None, ends.1.take()) };
        move || match (&sender, &receiver) {
            (Some(sender), _) => sender.send(black_box(number)).unwrap(),
            (_, receiver) => _ = black_box(receiver.as_ref().unwrap().recv().unwrap()),
        }
    })
}

/// One thread puts and another one gets.
pub(crate) fn queue() -> Side {
    let queue = Arc::new(Queue::new(PLACES));
    team(2, move |number| {
        let queue = Arc::clone(&queue);
        move || match number {
            0 => queue.put(black_box(number)),
            _ => _ = black_box(queue.get()),
        }
    })
}

const PLACES: usize = 64;

pub(crate) fn spawn_and_join() -> Side {
    Side::of(|| thread::spawn(|| {}).join().unwrap())
}

/// A side whose every thread does every step. `prepare` runs on the new thread, given its number, and returns the step.
fn team<S: FnMut()>(threads: usize, prepare: impl Fn(u64) -> S + Send + Sync + 'static) -> Side {
    let prepare = Arc::new(prepare);
    let board = Arc::new(Board::of(threads));
    for number in 0..threads {
        let (prepare, board) = (Arc::clone(&prepare), Arc::clone(&board));
        // It ends with the process, at the barrier.
        thread::spawn(move || {
            let mut step = prepare(number as u64);
            loop {
                board.work(&mut step);
            }
        });
    }
    Side::timing(move |steps| board.sample(steps))
}

/// Where the driver and a team agree on what to do next. It is std's on both sides, so it weighs the same.
struct Board {
    barrier: Barrier,
    steps: AtomicU64,
    spans: std::sync::Mutex<Vec<(Instant, Instant)>>,
}

impl Board {
    fn of(threads: usize) -> Board {
        Board {
            barrier: Barrier::new(threads + 1),
            steps: AtomicU64::new(0),
            spans: std::sync::Mutex::new(Vec::with_capacity(threads)),
        }
    }

    /// The driver's part: from the first thread's start to the last one's end, so that a slow wake-up is not counted.
    fn sample(&self, steps: u64) -> Duration {
        // ORDERING: Relaxed, here and in `work`; the barrier between the two orders them.
        self.steps.store(steps, Ordering::Relaxed);
        self.barrier.wait();
        self.barrier.wait();
        let spans: Vec<_> = self.spans.lock().unwrap().drain(..).collect();
        let start = spans.iter().map(|span| span.0).min().expect("a team has threads");
        let end = spans.iter().map(|span| span.1).max().expect("a team has threads");
        end - start
    }

    /// A thread's part.
    fn work(&self, step: &mut impl FnMut()) {
        self.barrier.wait();
        let steps = self.steps.load(Ordering::Relaxed);
        let start = Instant::now();
        for _ in 0..steps {
            step();
        }
        let span = (start, Instant::now());
        self.spans.lock().unwrap().push(span);
        self.barrier.wait();
    }
}
