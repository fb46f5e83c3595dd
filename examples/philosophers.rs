//! Five philosophers sit at a round table, with a fork between each two; each takes the left fork, then the right one.
//!
//! Run it with `cargo run --example philosophers`. What to look for: all have taken their left forks before anybody reaches
//! for a right one, so all five wait for each other, for ever. gordian reports it when the last of them is about to sleep,
//! with every fork and every philosopher, and refuses that last request: the fifth fork is given back as the thread
//! unwinds, the others eat, and the program ends by itself.

use gordian::sync::{Arc, Barrier, Mutex};
use gordian::{Config, Level, Lint, Named, thread};
use std::process::ExitCode;

const NAMES: [&str; 5] = ["Hypatia", "Diogenes", "Plato", "Aspasia", "Zeno"];
const FORKS: [&str; 5] = ["fork 0", "fork 1", "fork 2", "fork 3", "fork 4"];

fn eat(left: &Mutex<u32>, right: &Mutex<u32>, all_sit: &Barrier) {
    let mut left = left.lock().unwrap();
    all_sit.wait();
    let mut right = right.lock().unwrap();
    *left += 1;
    *right += 1;
}

fn main() -> ExitCode {
    // By default the order of the forks alone would be refused, before it comes to a deadlock.
    Config::new().level(Lint::LockOrder, Level::Allow).install().expect("the GORDIAN variables are understood");

    let forks = Arc::new(FORKS.map(|name| Mutex::new(0).named(name)));
    let all_sit = Arc::new(Barrier::new(NAMES.len()));
    let philosophers: Vec<_> = (0..NAMES.len())
        .map(|seat| {
            let (forks, all_sit) = (Arc::clone(&forks), Arc::clone(&all_sit));
            let dine = move || eat(&forks[seat], &forks[(seat + 1) % FORKS.len()], &all_sit);
            thread::Builder::new().name(NAMES[seat].to_owned()).spawn(dine).expect("a thread starts")
        })
        .collect();
    let refused = philosophers.into_iter().filter_map(|philosopher| philosopher.join().err()).count();

    let is_found =
        gordian::reports().iter().any(|report| report.lint == "deadlock" && report.sides.len() == FORKS.len());
    if is_found && refused == 1 {
        println!("philosophers: four have eaten, and the deadlock of all five was reported above");
        ExitCode::SUCCESS
    } else {
        println!("philosophers: no deadlock was found; is this a build with checked locks, and is GORDIAN unset?");
        ExitCode::FAILURE
    }
}
