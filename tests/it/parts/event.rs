//! `Event`.

use super::sync::{Arc, Event};
use super::thread;
use gordian::Named;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

#[test]
fn the_flag_is_down_at_first_and_goes_up_and_down() {
    let open = Event::new();
    assert!(!open.is_set());
    open.set();
    assert!(open.is_set());
    open.set();
    assert!(open.is_set());
    open.clear();
    assert!(!open.is_set());
    open.clear();
    assert!(!open.is_set());
    assert!(!Event::default().is_set());
}

#[test]
fn a_wait_for_a_flag_that_is_up_ends_at_once() {
    let open = Event::new();
    open.set();
    open.wait();
    open.wait();
    assert!(open.wait_timeout(Duration::ZERO));
    assert!(open.wait_timeout(Duration::MAX));
    assert!(open.is_set());
}

#[test]
fn a_wait_for_a_flag_that_stays_down_ends_by_its_limit() {
    let open = Event::new();
    assert!(!open.wait_timeout(Duration::ZERO));
    assert!(!open.wait_timeout(SOON));
    open.set();
    open.clear();
    assert!(!open.wait_timeout(SOON));
}

#[test]
fn all_who_wait_go_on_after_the_set() {
    let (open, opened) = (Event::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                open.wait();
                assert_eq!(opened.load(Ordering::SeqCst), 1);
            });
            scope.spawn(|| {
                assert!(open.wait_timeout(Duration::MAX));
                assert_eq!(opened.load(Ordering::SeqCst), 1);
            });
        }
        opened.store(1, Ordering::SeqCst);
        open.set();
    });
}

#[test]
fn a_wait_ends_by_a_set_however_soon_the_flag_is_lowered() {
    let (pulse, waits) = (Arc::new(Event::new()), Arc::new(AtomicUsize::new(0)));
    let waiter = {
        let (pulse, waits) = (Arc::clone(&pulse), Arc::clone(&waits));
        thread::spawn(move || {
            pulse.wait();
            waits.store(1, Ordering::SeqCst);
        })
    };
    // It may not have begun to wait yet, and then the next one is for it.
    while waits.load(Ordering::SeqCst) == 0 {
        pulse.set();
        pulse.clear();
        std::thread::yield_now();
    }
    waiter.join().unwrap();
    assert!(!pulse.is_set());
}

#[test]
fn two_threads_take_turns_by_two_flags() {
    const TURNS: usize = 300;
    let (ping, pong, turns) = (Event::new(), Event::new(), AtomicUsize::new(0));
    let play = |mine: &Event, theirs: &Event, odd: usize| {
        for turn in 0..TURNS {
            mine.wait();
            mine.clear();
            assert_eq!(turns.fetch_add(1, Ordering::SeqCst), 2 * turn + odd);
            theirs.set();
        }
    };
    ping.set();
    thread::scope(|scope| {
        scope.spawn(|| play(&ping, &pong, 0));
        scope.spawn(|| play(&pong, &ping, 1));
    });
    assert_eq!(turns.into_inner(), 2 * TURNS);
}

#[test]
fn an_event_stands_in_a_static_and_takes_a_name() {
    static OPEN: Event = Event::new();
    thread::scope(|scope| drop(scope.spawn(|| OPEN.set())));
    OPEN.wait();
    let named = Event::new().named("open");
    assert!(!named.is_set());
}

#[test]
fn debug_shows_the_flag() {
    let open = Event::new();
    assert_eq!(format!("{open:?}"), "Event { is_set: false, .. }");
    open.set();
    assert_eq!(format!("{open:?}"), "Event { is_set: true, .. }");
}
