//! Workloads of a thousand threads that are blocked, and of one more that blocks.
//!
//! Must not know: which side it is compiled for.
//! Source: none; Linux tells in `/proc` whether a thread sleeps.
//! INVARIANT: nobody is stuck: whoever holds the first lock could be woken by the driver. They end with the process.

use std::fs::{self, File};
use std::hint::spin_loop;
use std::io::{Read, Seek};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::sync::{Arc, Mutex};
use super::thread;
use crate::measure::Side;

const THREADS: usize = 1000;
const MOST_SAMPLES: usize = 64;

/// All want one lock. An operation is one more that does.
pub(crate) fn star() -> Side {
    let hub = kept_by_a_sleeper();
    (0..THREADS).for_each(|_| _ = Guest::new(None, &hub).block());
    one_a_step(move || Guest::new(None, &hub).block())
}

/// Each wants what the next one holds. An operation is one more that wants what the first one holds.
pub(crate) fn chain() -> Side {
    let first = chained(&[]);
    one_a_step(move || Guest::new(None, &first).block())
}

/// The same, where the last one wants what a thread holds that runs. An operation is that thread's own block.
pub(crate) fn chain_end() -> Side {
    let wanted = lock();
    let mut end = Guest::new(Some(Arc::clone(&wanted)), &lock());
    chained_to(wanted, &[]);
    one_a_step(move || {
        let next = Guest::new(Some(Arc::clone(&end.wants)), &lock());
        std::mem::replace(&mut end, next).block()
    })
}

/// A chain, and one more for which somebody waits already. Only a closer look shows that it closes no circle.
pub(crate) fn between() -> Side {
    let mut spare: Vec<_> = (0..MOST_SAMPLES).map(|_| lock()).collect();
    let first = chained(&spare);
    one_a_step(move || {
        let mine = spare.pop().expect("there are not more samples");
        let between = Guest::new(Some(Arc::clone(&mine)), &first);
        Guest::new(None, &mine).block();
        between.block()
    })
}

/// The driver runs, and is known to: whoever never took a lock might as well not be there.
fn one_a_step(mut step: impl FnMut() -> Duration + 'static) -> Side {
    drop(lock().lock());
    Side::timing(move |steps| (0..steps).map(|_| step()).sum())
}

fn lock() -> Arc<Mutex<()>> {
    Arc::default()
}

/// Returns a lock whose holder waits for somebody who runs.
fn kept_by_a_sleeper() -> Arc<Mutex<()>> {
    let kept = lock();
    let (held, is_held) = channel();
    let theirs = Arc::clone(&kept);
    thread::spawn(move || {
        let _kept = theirs.lock();
        held.send(()).unwrap();
        loop {
            thread::park();
        }
    });
    is_held.recv().unwrap();
    kept
}

/// Returns the lock of the first thread in a chain of blocked ones.
fn chained(before: &[Arc<Mutex<()>>]) -> Arc<Mutex<()>> {
    chained_to(kept_by_a_sleeper(), before)
}

/// The last of the chain wants this lock. All orders are walked first, those of `before` too: what is measured is a block and
/// not what the lock order learns.
fn chained_to(last: Arc<Mutex<()>>, before: &[Arc<Mutex<()>>]) -> Arc<Mutex<()>> {
    let locks: Vec<_> = (0..THREADS).map(|_| lock()).collect();
    let walk = |outer: &Mutex<()>, inner: &Mutex<()>| {
        let _outer = outer.lock();
        drop(inner.lock());
    };
    before.iter().for_each(|before| walk(before, &locks[0]));
    locks.windows(2).for_each(|pair| walk(&pair[0], &pair[1]));
    let mut wanted = last;
    for mine in locks.into_iter().rev() {
        Guest::new(Some(Arc::clone(&mine)), &wanted).block();
        wanted = mine;
    }
    wanted
}

/// A thread that holds a lock, perhaps, and runs until it is sent to another one, for ever.
struct Guest {
    wants: Arc<Mutex<()>>,
    go: Sender<()>,
    start: Arc<OnceLock<Instant>>,
    stat: File,
}

impl Guest {
    fn new(holds: Option<Arc<Mutex<()>>>, wants: &Arc<Mutex<()>>) -> Guest {
        let ((go, goes), (ready, is_ready), start) = (channel(), channel(), Arc::<OnceLock<_>>::default());
        let (wanted, begins) = (Arc::clone(wants), Arc::clone(&start));
        let body = move || {
            let _held = holds.as_ref().map(|lock| lock.lock());
            ready.send(fs::read_link("/proc/thread-self").expect("Linux tells of threads")).unwrap();
            if goes.recv().is_err() {
                return;
            }
            begins.set(Instant::now()).unwrap();
            drop(wanted.lock());
        };
        thread::Builder::new().stack_size(1 << 20).spawn(body).expect("a thousand small threads can be started");
        let stat = File::open(fs::canonicalize("/proc").unwrap().join(is_ready.recv().unwrap()).join("stat")).unwrap();
        Guest { wants: Arc::clone(wants), go, start, stat }
    }

    /// Sends the thread to its lock. Returns how long it took to fall asleep there.
    fn block(mut self) -> Duration {
        self.go.send(()).unwrap();
        while self.start.get().is_none() {
            spin_loop();
        }
        let start = *self.start.get().expect("it was seen");
        while !self.sleeps() {}
        start.elapsed()
    }

    fn sleeps(&mut self) -> bool {
        let mut stat = [0; 64];
        self.stat.rewind().unwrap();
        let length = self.stat.read(&mut stat).unwrap();
        // `12 (name) S 1 2 3`: a thread's name holds no bracket here.
        stat[..length].windows(3).any(|window| window == b") S")
    }
}
