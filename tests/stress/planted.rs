//! Turns random numbers into threads that wait for each other in a ring.
//!
//! Must not know: the detector.
//! INVARIANT: whatever the scheduler does, all of the threads block, none of them can be woken but by another one, and a
//! refusal of any of them lets the others go on.

use crate::random::Random;
use gordian::checked::sync::{Mutex, Once, RwLock};
use gordian::checked::thread::{self, Builder};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, mpsc};

/// A ring: each thread holds its own thing and waits for the next one's.
#[derive(Debug)]
pub(crate) struct Planted {
    /// The thing of each thread, 2 to 6.
    things: Vec<Thing>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Thing {
    Mutex,
    /// Held and wanted alone.
    Write,
    /// Held by a reader, wanted by a writer.
    ReadThenWrite,
    WriteThenRead,
    /// An initialiser that runs, and one who needs what it makes.
    Once,
    /// A reader holds it, and a reader wants it behind a writer, who is a thread of the ring too and has no other thing.
    BehindWriter,
    /// The thread's own end, for which the one before it joins it.
    End,
}

struct Ring {
    things: Vec<Thing>,
    mutexes: Vec<Mutex<()>>,
    rwlocks: Vec<RwLock<()>>,
    onces: Vec<Once>,
    /// std's, so that who waits here runs.
    all_hold: Barrier,
}

/// A thread that will not go on says with what.
type Ends = mpsc::Sender<Result<(), Box<dyn Any + Send>>>;

impl Planted {
    pub(crate) fn of(random: &mut Random) -> Self {
        let common = [Thing::Mutex, Thing::Write, Thing::ReadThenWrite, Thing::WriteThenRead];
        let mut things: Vec<Thing> = (0..2 + random.below(5)).map(|_| common[random.below(4)]).collect();
        let last = things.len() - 1;
        match random.below(4) {
            0 => things[last] = Thing::End,
            1 => things[last] = Thing::Once,
            2 => {
                // The writer is one of the threads.
                things.pop();
                things[0] = Thing::BehindWriter;
            }
            _ => {}
        }
        Self { things }
    }

    /// The names of its threads, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let has_writer = self.things.contains(&Thing::BehindWriter);
        (0..self.things.len() + usize::from(has_writer)).map(name).collect()
    }

    /// Runs it to its end. Returns how many threads were refused.
    pub(crate) fn run(self) -> usize {
        let threads = self.things.len();
        let holders = threads - usize::from(self.things.contains(&Thing::End));
        let ring = Arc::new(Ring {
            mutexes: (0..threads).map(|_| Mutex::new(())).collect(),
            rwlocks: (0..threads).map(|_| RwLock::new(())).collect(),
            onces: (0..threads).map(|_| Once::new()).collect(),
            all_hold: Barrier::new(holders),
            things: self.things,
        });
        let (ends, ended) = mpsc::channel();
        for me in 0..holders {
            start(&ring, me, &ends, move |ring, ends| ring.hold(me, || ring.want_next(me, ends)));
        }
        drop(ends);
        let panics: Vec<_> = ended.iter().filter_map(Result::err).collect();
        for panic in &panics {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            assert_eq!(text, None, "a thread panicked by itself");
        }
        panics.len()
    }
}

fn name(thread: usize) -> String {
    format!("planted {thread}")
}

fn start(
    ring: &Arc<Ring>,
    me: usize,
    ends: &Ends,
    run: impl FnOnce(&Arc<Ring>, &Ends) + Send + 'static,
) -> thread::JoinHandle<()> {
    let (ring, ends) = (Arc::clone(ring), ends.clone());
    let run = move || {
        let ended = catch_unwind(AssertUnwindSafe(|| run(&ring, &ends)));
        drop(ring);
        drop(ends.send(ended));
    };
    Builder::new().name(name(me)).spawn(run).expect("a thread starts")
}

impl Ring {
    fn hold(self: &Arc<Self>, me: usize, then: impl FnOnce()) {
        let then = || {
            self.all_hold.wait();
            then();
        };
        match self.things[me] {
            Thing::Mutex => {
                let _held = self.mutexes[me].lock().expect("a refusal poisons nothing");
                then();
            }
            Thing::Write | Thing::WriteThenRead => {
                let _held = self.rwlocks[me].write().expect("a refusal poisons nothing");
                then();
            }
            Thing::ReadThenWrite | Thing::BehindWriter => {
                let _held = self.rwlocks[me].read().expect("a refusal poisons nothing");
                then();
            }
            Thing::Once => self.onces[me].call_once(then),
            Thing::End => then(),
        }
    }

    fn want_next(self: &Arc<Self>, me: usize, ends: &Ends) {
        let next = (me + 1) % self.things.len();
        match self.things[next] {
            Thing::Mutex => drop(self.mutexes[next].lock().expect("a refusal poisons nothing")),
            Thing::Write | Thing::ReadThenWrite => drop(self.rwlocks[next].write().expect("a refusal poisons nothing")),
            Thing::WriteThenRead => drop(self.rwlocks[next].read().expect("a refusal poisons nothing")),
            // A refused initialiser leaves it poisoned.
            Thing::Once => self.onces[next].call_once_force(|_| ()),
            Thing::BehindWriter => {
                let lock = &self.rwlocks[next];
                start(self, self.things.len(), ends, move |ring, _| drop(ring.rwlocks[next].write()));
                // The writer is in the queue once a reader is not let in.
                while lock.try_read().is_ok() {
                    std::thread::yield_now();
                }
                drop(lock.read().expect("a refusal poisons nothing"));
            }
            Thing::End => {
                let child = start(self, next, ends, move |ring, ends| ring.want_next(next, ends));
                child.join().expect("it catches its panics");
            }
        }
    }
}
