//! Lesson 8: two threads empty a list. Each looks whether there is something in it, and then takes it.
//!
//! Run it with `cargo run --example tutorial_08_list`. Every access is under the lock, and still one of the two takes from an empty
//! list: what it saw under the first lock is no longer so under the second. The barrier is std's, and so unseen by gordian: it lets
//! both look before either takes.
//!
//! What to look for: the look, the other thread's take in between, and the take that it spoils. The lint is off by default, because a
//! look before a write that does not depend on it is the same to gordian; here it is raised to `warn`. Under one lock, the look
//! holds until the take.

use gordian::sync::Mutex;
use gordian::{Config, Level, Lint, Named, thread};
use std::sync::Barrier;

fn look_and_then_take() {
    let list = Mutex::new(vec!["the last one"]).named("list");
    let both_have_looked = Barrier::new(2);
    let take = || {
        let is_empty = list.lock().unwrap().is_empty();
        both_have_looked.wait();
        if is_empty { None } else { Some(list.lock().unwrap().pop()) }
    };
    let taken = thread::scope(|scope| {
        let threads =
            ["Ada", "Ben"].map(|name| thread::Builder::new().name(name.into()).spawn_scoped(scope, take).unwrap());
        threads.map(|thread| thread.join().unwrap())
    });
    let disappointed = taken.iter().filter(|taken| **taken == Some(None)).count();
    println!("{disappointed} of two saw something in the list, and took nothing from it");
    assert_eq!(disappointed, 1);
}

fn look_and_take_under_one_lock() {
    let list = Mutex::new(vec!["the last one"]).named("list");
    let take = || {
        let mut list = list.lock().unwrap();
        if list.is_empty() { None } else { Some(list.pop()) }
    };
    let taken = thread::scope(|scope| [scope.spawn(take), scope.spawn(take)].map(|thread| thread.join().unwrap()));
    assert!(!taken.contains(&Some(None)));
}

fn main() {
    Config::new().level(Lint::Atomicity, Level::Warn).install().expect("the GORDIAN variables are understood");

    let found = gordian::collect(look_and_then_take);
    let [report] = &found[..] else { panic!("one finding is expected: {found:?}") };
    assert_eq!(report.lint, "atomicity");
    println!("\n{report}\n");

    let found = gordian::collect(look_and_take_under_one_lock);
    assert!(found.is_empty(), "{found:?}");
    println!("shown: atomicity of list, looked at and then taken from, and none under one lock");
}
