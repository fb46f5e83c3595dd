//! The first lock everybody writes, a counter, and the first mistake everybody makes with it.
//!
//! Run it with `cargo run --example counter`. What to look for: four threads count to 4000 and nothing is reported,
//! since one lock alone has no order to get wrong. Then `add_all` holds the counter and calls `add`, which locks it
//! again. With std's `Mutex` the program would stop there for ever, and with `GORDIAN=off` it does. gordian ends the
//! request with a panic instead, and its report shows where the lock is held and where it is requested again.

use gordian::sync::{Mutex, PoisonError};
use gordian::thread;
use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

#[derive(Default)]
struct Counter {
    count: Mutex<u32>,
}

impl Counter {
    fn add(&self) {
        *self.count.lock().unwrap() += 1;
    }

    fn add_all(&self, times: u32) {
        let before = self.count.lock().unwrap();
        for _ in 0..times {
            self.add();
        }
        println!("{times} more than {before}");
    }

    fn get(&self) -> u32 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() -> ExitCode {
    if TypeId::of::<Mutex<u32>>() == TypeId::of::<std::sync::Mutex<u32>>() {
        println!("counter: the locks of this build are std's, which would hang here; run it as a debug build");
        return ExitCode::FAILURE;
    }
    let counter = Counter::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| counter.add()));
        }
    });
    println!("counter: {} of 4000, and {} reports", counter.get(), gordian::reports().len());

    let refused = catch_unwind(AssertUnwindSafe(|| counter.add_all(2))).is_err();
    let found = gordian::reports().iter().any(|report| report.lint == "self_deadlock");
    if refused && found && counter.get() == 4000 {
        println!("counter: the lock inside the lock was refused and reported above; the counter is unharmed");
        ExitCode::SUCCESS
    } else {
        println!("counter: the lock inside the lock was not refused; what is GORDIAN set to?");
        ExitCode::FAILURE
    }
}
