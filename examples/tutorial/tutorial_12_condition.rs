//! Lesson 12: a letter that came before anybody waited for it.
//!
//! Run it with `cargo run --example tutorial_12_condition`. A condition has no memory: a notification that nobody waits for is gone.
//! This reader does not look whether the letter is there already, and waits; the postman came and went, and comes no more. To
//! look once, with `if`, would help here, and not against a wake-up for nothing. `wait_for` looks before each wait.
//!
//! What to look for: two findings, of which the one names the other's cause: the stall is the wait that nobody will end, and the
//! lost notify is where it was notified too early.

use gordian::sync::{Condition, Mutex};
use gordian::thread;

fn notified_before_the_wait() {
    let mail = Condition::new(Mutex::new(None));
    let postman = || {
        *mail.acquire().unwrap() = Some("a letter");
        mail.notify(1);
    };
    thread::scope(|scope| scope.spawn(postman).join().unwrap());
    let mut letter = mail.acquire().unwrap();
    letter.wait().unwrap();
    unreachable!("nobody is left to notify");
}

fn with_a_predicate() {
    let mail = Condition::new(Mutex::new(None));
    let postman = || {
        *mail.acquire().unwrap() = Some("a letter");
        mail.notify(1);
    };
    thread::scope(|scope| scope.spawn(postman).join().unwrap());
    let mut letter = mail.acquire().unwrap();
    letter.wait_for(|letter| letter.is_some(), None).unwrap();
    println!("with a predicate there is {}", letter.unwrap());
}

fn main() {
    let found = gordian::collect(notified_before_the_wait);
    let lints: Vec<&str> = found.iter().map(|report| report.lint).collect();
    assert_eq!(lints, ["lost_notify", "stall"]);
    found.iter().for_each(|report| println!("{report}\n"));

    let found = gordian::collect(with_a_predicate);
    assert!(found.is_empty(), "{found:?}");
    println!(
        "shown: lost_notify and stall of the condition mail, waited for without a look, and neither with a predicate"
    );
}
