//! Random programs over watched cells: correct ones, which must be quiet, and the same with two accesses planted that nothing
//! orders, which must be told.
//!
//! Must not know: how the detector finds anything.
//! INVARIANT: a program is made of its seed alone; how its threads meet is left to the scheduler. `GORDIAN_STRESS_SEED` is
//! where the seeds begin (printed at the start), `GORDIAN_STRESS_SECONDS` how long new programs are begun (3).
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

#[expect(dead_code, reason = "other tests ask more of it")]
#[path = "stress/random.rs"]
mod random;

use gordian::checked::cell::{Shared, UnsafeCell};
use gordian::checked::sync::atomic::{AtomicU64, Ordering, fence};
use gordian::checked::sync::mpsc::{Receiver, SyncSender, sync_channel};
use gordian::checked::sync::{Barrier, Condvar, Mutex, OnceLock, RwLock};
use gordian::checked::thread;
use gordian::{Lint, Report};
use random::Random;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a cell is protected by.
enum Order {
    Mutex(Mutex<()>),
    RwLock(RwLock<()>),
    /// A lock of the program's own, by exchanges that acquire and stores that release.
    Spin(AtomicU64),
    /// The same, by relaxed operations between fences.
    Fences(AtomicU64, Ordering),
    /// Whose turn it is, by number.
    Turn(AtomicU64),
    /// Whose turn it is, under a mutex.
    Bell(Mutex<u64>, Condvar),
    /// Whose turn it is has the message. Each thread has a channel.
    Token(Vec<(SyncSender<()>, Mutex<Receiver<()>>)>),
    /// One thread a round, and nobody goes on before all are there.
    Rounds(Barrier),
    /// Written once, then read.
    Once(OnceLock<()>),
}

struct Cell {
    order: Order,
    value: UnsafeCell<u64>,
}

// SAFETY: `Order` admits one writer at a time, or readers.
unsafe impl Sync for Cell {}

/// Threads, each of which accesses every cell in every round.
struct Program {
    threads: u64,
    rounds: u64,
    cells: Vec<Cell>,
}

/// Where two threads access one more cell, which is at no time ordered: before all, or after all that they do.
#[derive(Clone, Copy, Debug)]
enum Planted {
    Nowhere,
    AtBegins,
    AtEnds,
}

impl Program {
    fn of(random: &mut Random) -> Self {
        let (threads, rounds, cells) = (2 + random.below(3), 1 + random.below(6), 1 + random.below(5));
        let cell = |_| Cell { order: Order::of(random, threads), value: UnsafeCell::new(0) };
        Self { threads: threads as u64, rounds: rounds as u64, cells: (0..cells).map(cell).collect() }
    }

    fn run(&self, planted: Planted) {
        let cell = &Shared::new(0);
        thread::scope(|scope| {
            for me in 0..self.threads {
                scope.spawn(move || {
                    if matches!(planted, Planted::AtBegins) && me < 2 {
                        cell.set(me);
                    }
                    for round in 0..self.rounds {
                        self.cells.iter().for_each(|cell| cell.access(me, round, self));
                    }
                    if matches!(planted, Planted::AtEnds) && me < 2 {
                        cell.set(me);
                    }
                });
            }
        });
        self.cells.iter().for_each(|cell| _ = cell.read());
    }
}

impl Order {
    fn of(random: &mut Random, threads: usize) -> Self {
        match random.below(9) {
            0 => Self::Mutex(Mutex::new(())),
            1 => Self::RwLock(RwLock::new(())),
            2 => Self::Spin(AtomicU64::new(0)),
            3 => Self::Fences(AtomicU64::new(0), [Ordering::AcqRel, Ordering::SeqCst][random.below(2)]),
            4 => Self::Turn(AtomicU64::new(0)),
            5 => Self::Bell(Mutex::new(0), Condvar::new()),
            6 => {
                // A place for the message at least: who is a cell ahead does not wait for who is to take it.
                let room = 1 + random.below(2);
                let channels = (0..threads).map(|_| sync_channel(room)).map(|(tx, rx)| (tx, Mutex::new(rx)));
                Self::Token(channels.collect())
            }
            7 => Self::Rounds(Barrier::new(threads)),
            _ => Self::Once(OnceLock::new()),
        }
    }
}

impl Cell {
    fn read(&self) -> u64 {
        // SAFETY: nobody writes meanwhile: `Order` admits readers.
        self.value.with(|value| unsafe { *value })
    }

    fn write(&self) {
        // SAFETY: `Order` admits this thread alone.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn access(&self, me: u64, round: u64, program: &Program) {
        let next = (me + 1) % program.threads;
        match &self.order {
            Order::Mutex(lock) => {
                let _held = lock.lock();
                self.write();
            }
            Order::RwLock(lock) if (me + round).is_multiple_of(2) => {
                let _held = lock.read();
                self.read();
            }
            Order::RwLock(lock) => {
                let _held = lock.write();
                self.write();
            }
            Order::Spin(lock) => {
                spin(|| lock.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok());
                self.write();
                lock.store(0, Ordering::Release);
            }
            Order::Fences(lock, order) => {
                spin(|| lock.compare_exchange_weak(0, 1, Ordering::Relaxed, Ordering::Relaxed).is_ok());
                fence(*order);
                self.write();
                fence(*order);
                lock.store(0, Ordering::Relaxed);
            }
            Order::Turn(turn) => {
                spin(|| turn.load(Ordering::Acquire) == me);
                self.write();
                turn.store(next, Ordering::Release);
            }
            Order::Bell(turn, bell) => {
                let turn_here = turn.lock().expect("nobody panics");
                let mut turn_here = bell.wait_while(turn_here, |turn| *turn != me).expect("nobody panics");
                self.write();
                *turn_here = next;
                bell.notify_all();
            }
            Order::Token(channels) => {
                if (me, round) != (0, 0) {
                    channels[me as usize].1.lock().expect("nobody panics").recv().expect("the senders are there");
                }
                self.write();
                if (next, round + 1) != (0, program.rounds) {
                    channels[next as usize].0.send(()).expect("the receivers are there");
                }
            }
            Order::Rounds(barrier) => {
                if round % program.threads == me {
                    self.write();
                }
                barrier.wait();
            }
            Order::Once(once) => {
                once.get_or_init(|| self.write());
                self.read();
            }
        }
    }
}

fn spin(mut is_over: impl FnMut() -> bool) {
    while !is_over() {
        std::thread::yield_now();
    }
}

#[test]
fn correct_programs_are_quiet_and_planted_races_are_told() {
    let first = variable("GORDIAN_STRESS_SEED").unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_nanos() as u64 % 1_000_000_000)
    });
    let time = Duration::from_secs(variable("GORDIAN_STRESS_SECONDS").unwrap_or(3));
    say(&format!("races: GORDIAN_STRESS_SEED={first}, for {} s", time.as_secs()));
    let (start, mut programs) = (Instant::now(), 0);
    while programs == 0 || start.elapsed() < time {
        let seed = first + programs;
        for planted in [Planted::Nowhere, Planted::AtBegins, Planted::AtEnds] {
            let program = Program::of(&mut Random::seeded(seed));
            let found = gordian::collect(|| program.run(planted));
            let told: Vec<_> = found.iter().map(|report| report.lint).collect();
            let wanted = if matches!(planted, Planted::Nowhere) { &[][..] } else { &[Lint::DataRace.name()] };
            let all: String = found.iter().map(Report::to_string).collect();
            assert_eq!(told, wanted, "seed {seed}, planted {planted:?}\n{all}");
        }
        programs += 1;
    }
    say(&format!("races: {programs} correct programs, and twice as many with a race"));
}

/// Not `eprintln`, which the harness keeps to itself until the test has ended.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value:?} is not a number")))
}
