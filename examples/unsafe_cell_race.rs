//! A buffer of its own making: one thread fills it, another one reads it, and an atomic says when it is full.
//!
//! Run it with `cargo run --example unsafe_cell_race`. What to look for: the flag is stored and loaded `Relaxed`, which is
//! enough on many machines on most days, and is a data race all the same: nothing says that whoever sees the flag also sees
//! what was written before it. gordian tells so from the orderings, in this run, in which the value was seen. With `Release`
//! and `Acquire` the flag hands over what was before it, and nothing is reported.

use gordian::cell::UnsafeCell;
use gordian::sync::Arc;
use gordian::sync::atomic::{AtomicBool, Ordering};
use gordian::{Config, Level, Lint, Named, thread};
use std::process::ExitCode;

struct Letter {
    text: UnsafeCell<[u8; 5]>,
    is_written: AtomicBool,
}

// SAFETY: the reader waits for the flag, if the orderings are right; that they are is what is tried here.
unsafe impl Sync for Letter {}

/// One thread writes a letter, another one reads it. Returns what it read.
fn send(store: Ordering, load: Ordering) -> String {
    let letter =
        Arc::new(Letter { text: UnsafeCell::new(*b".....").named("letter"), is_written: AtomicBool::new(false) });
    let theirs = Arc::clone(&letter);
    let write = move || {
        // SAFETY: nobody reads before the flag is up.
        theirs.text.with_mut(|text| unsafe { *text = *b"hello" });
        theirs.is_written.store(true, store);
    };
    let writer = thread::Builder::new().name("writer".to_owned()).spawn(write).expect("a thread starts");
    while !letter.is_written.load(load) {
        thread::yield_now();
    }
    // SAFETY: nobody writes after the flag is up.
    let text = letter.text.with(|text| unsafe { *text });
    writer.join().expect("nobody panics");
    String::from_utf8_lossy(&text).into_owned()
}

fn reported() -> usize {
    gordian::reports().iter().filter(|report| report.lint == "data_race").count()
}

fn main() -> ExitCode {
    // By default the reader's access would panic; here the program goes on.
    Config::new().level(Lint::DataRace, Level::Warn).install().expect("the GORDIAN variables are understood");

    let (text, found) = (send(Ordering::Relaxed, Ordering::Relaxed), reported());
    println!("unsafe_cell_race: read {text:?}, and {found} data race was reported");
    let (text, still) = (send(Ordering::Release, Ordering::Acquire), reported());
    println!("unsafe_cell_race: read {text:?} with Release and Acquire");
    if (found, still) == (1, 1) {
        println!("unsafe_cell_race: the race was reported above, and its fix was not");
        ExitCode::SUCCESS
    } else {
        println!("unsafe_cell_race: that is not what it should be; is this a build with checked locks?");
        ExitCode::FAILURE
    }
}
