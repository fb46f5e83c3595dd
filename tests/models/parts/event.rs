//! `Event`: who goes on when it is set.
//!
//! A wait that began before a set, and ends by it even if the event is cleared at once, is in the crate's own models: only there
//! can be seen that a wait has begun.
//! Threads and bound: see the module above.

use super::handmade::{Loose, Shy};
use super::start;
use crate::{blocked_at_the_end_of, passes_every_interleaving_of};
use gordian::sync::{Arc, Event};
use std::time::Duration;

/// What threads wait for until it is raised.
pub(super) trait Flag: Send + Sync + 'static {
    fn raise(&self);
    fn stand_by(&self);
}

impl Flag for Event {
    fn raise(&self) {
        self.set();
    }

    fn stand_by(&self) {
        self.wait();
    }
}

/// So many wait for one flag.
fn wait_together<const N: usize>(flag: impl Flag) {
    let flag = Arc::new(flag);
    let others = [(); N].map(|()| start(&flag, |flag| flag.stand_by()));
    flag.raise();
    for other in others {
        other.join().unwrap();
    }
}

/// Claim: one set lets all who wait go on, and those who come later.
#[test]
fn one_set_is_for_all_who_wait() {
    passes_every_interleaving_of(|| wait_together::<2>(Event::new()));
}

/// Claim: the twin that lets one go on leaves the other one waiting.
#[test]
fn a_set_that_wakes_one_is_not_for_all() {
    assert_eq!(blocked_at_the_end_of(|| wait_together::<2>(Shy::new())), 2);
}

/// Claim: no wait falls between the set and what it wakes. One thread besides the one that runs the model.
#[test]
fn a_set_is_not_lost_to_one_who_is_about_to_wait() {
    passes_every_interleaving_of(|| wait_together::<1>(Event::new()));
}

/// Claim: the twin whose flag is raised without the lock is raised between a look and the wait after it, and is missed.
#[test]
fn a_set_without_the_lock_is_lost() {
    assert_eq!(blocked_at_the_end_of(|| wait_together::<1>(Loose::new())), 2);
}

/// One waits while another one sets twice, with a clear in between.
fn set_again(again: fn(&Event)) {
    let event = Arc::new(Event::new());
    let other = start(&event, |event| event.wait());
    event.set();
    event.clear();
    again(&event);
    other.join().unwrap();
}

/// Claim: whoever comes after the clear waits for the next set.
#[test]
fn one_who_comes_after_the_clear_waits_for_the_next_set() {
    passes_every_interleaving_of(|| set_again(Event::set));
}

/// Claim: the twin without a next set lets him wait for ever.
#[test]
fn one_who_comes_after_the_clear_does_not_see_the_set_before_it() {
    assert_eq!(blocked_at_the_end_of(|| set_again(|_| ())), 2);
}

/// One waits at most for no time at all.
fn in_no_time(end: fn(&Event)) {
    let event = Arc::new(Event::new());
    let other = start(&event, |event| event.wait_timeout(Duration::ZERO));
    end(&event);
    assert!(other.join().unwrap());
}

/// Claim: no time passes, so a wait with a limit ends by a set and not by its limit.
#[test]
fn a_wait_with_a_limit_waits_for_its_set() {
    passes_every_interleaving_of(|| in_no_time(Event::set));
}

/// Claim: the twin whose event is not set waits for ever.
#[test]
fn a_wait_with_a_limit_and_without_a_set_is_a_deadlock() {
    assert_eq!(blocked_at_the_end_of(|| in_no_time(Event::clear)), 2);
}
