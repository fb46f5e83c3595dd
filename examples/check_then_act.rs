//! Two threads empty a list: each looks whether there is something in it, and then takes it.
//!
//! Run it with `cargo run --example check_then_act`. What to look for: every access is under the lock, and still one of the
//! threads takes from an empty list, because what it saw under the first lock was no longer so under the second. A std
//! barrier, unseen by gordian, lets both look before either takes. The report names the look, the other thread's take in
//! between, and the take that it spoils. Looked at again under the lock under which it is taken, nothing is wrong.

use gordian::sync::{Arc, Mutex};
use gordian::{Config, Level, Lint, Named, thread};
use std::process::ExitCode;
use std::sync::Barrier;

type List = Mutex<Vec<&'static str>>;

/// Returns false if there was nothing to take after all.
fn take(list: &List, both_have_looked: &Barrier) -> bool {
    let is_empty = list.lock().unwrap().is_empty();
    both_have_looked.wait();
    is_empty || list.lock().unwrap().pop().is_some()
}

/// The same with the look and the take under one lock.
fn take_at_once(list: &List, both_are_here: &Barrier) -> bool {
    both_are_here.wait();
    let mut list = list.lock().unwrap();
    list.is_empty() || list.pop().is_some()
}

/// Returns how many of two threads took from an empty list.
fn disappointed(take: fn(&List, &Barrier) -> bool) -> usize {
    let list = Arc::new(Mutex::new(vec!["the last one"]).named("list"));
    let both = Arc::new(Barrier::new(2));
    let threads = ["Ada", "Ben"].map(|name| {
        let (list, both) = (Arc::clone(&list), Arc::clone(&both));
        let body = move || take(&list, &both);
        thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread starts")
    });
    let got = threads.map(|thread| thread.join().expect("nobody panics"));
    got.into_iter().filter(|got| !got).count()
}

fn reported() -> usize {
    gordian::reports().iter().filter(|report| report.lint == "atomicity").count()
}

fn main() -> ExitCode {
    // Off by default: a look before a write that does not depend on it is the same to gordian.
    Config::new().level(Lint::Atomicity, Level::Warn).install().expect("the GORDIAN variables are understood");

    let (wrong, found) = (disappointed(take), reported());
    println!("check_then_act: {wrong} thread took from an empty list, and {found} split check was reported");
    let (right, still) = (disappointed(take_at_once), reported());
    println!("check_then_act: under one lock it was {right}");
    if (wrong, found, right, still) == (1, 1, 0, 1) {
        println!("check_then_act: the check that another thread came after was reported above");
        ExitCode::SUCCESS
    } else {
        println!("check_then_act: that is not what it should be; is this a build with checked locks?");
        ExitCode::FAILURE
    }
}
