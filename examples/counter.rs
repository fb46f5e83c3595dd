//! The first counter everybody writes for threads: read it, be slow, write it back.
//!
//! Run it with `cargo run --example counter`. What to look for: two visitors are counted, and the counter says one. It is an
//! atomic, so there is no data race; what is broken is that the read and the write are two steps, and another thread's write
//! comes in between. A std barrier, unseen by gordian, plays the bad luck for which a real program waits a week. The report
//! names the three accesses with their values. Counted with `fetch_add`, which is one step, both visitors are there.

use gordian::sync::Arc;
use gordian::sync::atomic::{AtomicU64, Ordering};
use gordian::thread;
use std::process::ExitCode;
use std::sync::Barrier;

#[derive(Default)]
struct Visitors {
    count: AtomicU64,
}

impl Visitors {
    fn enter(&self, be_slow: impl FnOnce()) {
        let count = self.count.load(Ordering::SeqCst);
        be_slow();
        self.count.store(count + 1, Ordering::SeqCst);
    }

    fn enter_in_one_step(&self, be_slow: impl FnOnce()) {
        be_slow();
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Two visitors enter at one time.
fn count(enter: fn(&Visitors, &Barrier)) -> u64 {
    let (visitors, both) = (Arc::new(Visitors::default()), Arc::new(Barrier::new(2)));
    let doors = ["left door", "right door"].map(|name| {
        let (visitors, both) = (Arc::clone(&visitors), Arc::clone(&both));
        let body = move || enter(&visitors, &both);
        thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread starts")
    });
    doors.into_iter().for_each(|door| door.join().expect("nobody panics"));
    visitors.count.load(Ordering::SeqCst)
}

fn main() -> ExitCode {
    let wrong = count(|visitors, both| visitors.enter(|| _ = both.wait()));
    let lost = gordian::reports().iter().filter(|report| report.lint == "lost_update").count();
    println!("counter: {wrong} of 2 visitors, and {lost} lost update reported");

    let right = count(|visitors, both| visitors.enter_in_one_step(|| _ = both.wait()));
    let still = gordian::reports().iter().filter(|report| report.lint == "lost_update").count();
    println!("counter: {right} of 2 visitors in one step");
    if (wrong, lost, right, still) == (1, 1, 2, 1) {
        println!("counter: the update that was lost was reported above, and the one that was not was not");
        ExitCode::SUCCESS
    } else {
        println!("counter: that is not what it should be; is this a build with checked locks, and is GORDIAN unset?");
        ExitCode::FAILURE
    }
}
