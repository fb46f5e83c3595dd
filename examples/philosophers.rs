//! Five philosophers sit at a round table, with a fork between each two; each takes the left fork, then the right one.
//!
//! Run it with `cargo run --example philosophers`. What to look for: they eat one after the other here, so nobody
//! starves. But no two of them disagree about a pair of forks; only all five together close the circle, and gordian
//! reports it with every fork and every philosopher. All sides are the same line of code, so the report shows it once.

use gordian::sync::{Arc, Barrier, Mutex};
use gordian::{Config, Level, Lint, Named, thread};
use std::process::ExitCode;

const NAMES: [&str; 5] = ["Hypatia", "Diogenes", "Plato", "Aspasia", "Zeno"];
const FORKS: [&str; 5] = ["fork 0", "fork 1", "fork 2", "fork 3", "fork 4"];

fn eat(left: &Mutex<u32>, right: &Mutex<u32>) {
    let mut left = left.lock().unwrap();
    let mut right = right.lock().unwrap();
    *left += 1;
    *right += 1;
}

fn main() -> ExitCode {
    // By default the last philosopher's second fork would be refused with a panic; here everybody eats.
    Config::new().level(Lint::LockOrder, Level::Warn).install().expect("the GORDIAN variables are understood");

    let forks = Arc::new(FORKS.map(|name| Mutex::new(0).named(name)));
    let turns = Arc::new(Barrier::new(NAMES.len()));
    let philosophers: Vec<_> = (0..NAMES.len())
        .map(|seat| {
            let (forks, turns) = (Arc::clone(&forks), Arc::clone(&turns));
            let dine = move || {
                for turn in 0..NAMES.len() {
                    if turn == seat {
                        eat(&forks[seat], &forks[(seat + 1) % FORKS.len()]);
                    }
                    turns.wait();
                }
            };
            thread::Builder::new().name(NAMES[seat].to_owned()).spawn(dine).expect("a thread starts")
        })
        .collect();
    for philosopher in philosophers {
        philosopher.join().unwrap();
    }

    if gordian::reports().iter().any(|report| report.lint == "lock_order" && report.sides.len() == FORKS.len()) {
        println!("philosophers: all have eaten, and the circle in which all can starve was reported above");
        ExitCode::SUCCESS
    } else {
        println!("philosophers: nothing was found; is this a build with checked locks, and is GORDIAN unset?");
        ExitCode::FAILURE
    }
}
