//! Calls every method and trait of `Once` and `OnceState`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use super::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use super::sync::mpsc::channel;
use super::sync::{Arc, Once, OnceState};
use super::thread;
use crate::parity::panics::caught;

const POISONED: &str = "Once instance has previously been poisoned";

static IN_A_STATIC: Once = Once::new();

/// Returns a `Once` whose first run panicked.
fn poisoned() -> Once {
    let once = Once::new();
    assert_eq!(caught(|| once.call_once(|| panic!("first run"))).text, "first run");
    once
}

#[test]
fn new_is_const() {
    let mut ran = false;
    IN_A_STATIC.call_once(|| ran = true);
    assert!(ran && IN_A_STATIC.is_completed());
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated names too")]
fn once_init_is_a_new_once() {
    static OLD_STYLE: Once = super::sync::ONCE_INIT;
    assert!(!OLD_STYLE.is_completed());
    OLD_STYLE.call_once(|| ());
    assert!(OLD_STYLE.is_completed());
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn() -> Once = Once::new;
    let call_once: fn(&Once, fn()) = Once::call_once::<fn()>;
    let call_once_force: fn(&Once, fn(&OnceState)) = Once::call_once_force::<fn(&OnceState)>;
    let is_completed: fn(&Once) -> bool = Once::is_completed;
    let wait: fn(&Once) = Once::wait;
    let wait_force: fn(&Once) = Once::wait_force;
    let is_poisoned: fn(&OnceState) -> bool = OnceState::is_poisoned;

    let once = new();
    call_once(&once, || ());
    call_once_force(&once, |_| ());
    wait(&once);
    wait_force(&once);
    assert!(is_completed(&once));
    Once::new().call_once_force(|state| assert!(!is_poisoned(state)));
}

#[test]
fn only_the_first_closure_runs() {
    let once = Once::new();
    let runs = AtomicU32::new(0);
    assert!(!once.is_completed());
    for _ in 0..2 {
        once.call_once(|| {
            runs.fetch_add(1, Ordering::Relaxed);
            assert!(!once.is_completed());
        });
        once.call_once_force(|_| {
            runs.fetch_add(10, Ordering::Relaxed);
        });
    }
    assert!(once.is_completed());
    assert_eq!(runs.into_inner(), 1);
}

#[test]
fn every_caller_returns_after_the_closure() {
    let once = Once::new();
    let done = AtomicBool::new(false);
    let (running, heard) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            once.call_once(|| {
                running.send(()).unwrap();
                for _ in 0..100 {
                    thread::yield_now();
                }
                // ORDERING: Relaxed; the `Once` orders it before every return from a call or wait.
                done.store(true, Ordering::Relaxed);
            });
        });
        heard.recv().unwrap();
        let seen = [
            scope.spawn(|| {
                once.call_once(|| unreachable!("the first closure is running"));
                done.load(Ordering::Relaxed)
            }),
            scope.spawn(|| {
                once.call_once_force(|_| unreachable!("the first closure is running"));
                done.load(Ordering::Relaxed)
            }),
            scope.spawn(|| {
                once.wait();
                done.load(Ordering::Relaxed)
            }),
            scope.spawn(|| {
                once.wait_force();
                done.load(Ordering::Relaxed)
            }),
        ];
        for waiter in seen {
            assert!(waiter.join().unwrap());
        }
    });
}

#[test]
fn waits_block_until_some_thread_calls() {
    let once = Arc::new(Once::new());
    let (about_to_wait, heard) = channel();
    let waiters = [Once::wait, Once::wait_force].map(|wait: fn(&Once)| {
        let (once, about_to_wait) = (Arc::clone(&once), about_to_wait.clone());
        thread::spawn(move || {
            about_to_wait.send(()).unwrap();
            wait(&once);
            once.is_completed()
        })
    });
    for _ in &waiters {
        heard.recv().unwrap();
    }
    once.call_once(|| ());
    for waiter in waiters {
        assert!(waiter.join().unwrap());
    }
}

#[test]
fn a_panic_in_the_closure_poisons() {
    let once = poisoned();
    assert!(!once.is_completed());
    let panic = caught(|| once.call_once(|| unreachable!("poisoned")));
    assert_eq!(panic.text, POISONED);
    assert_eq!(caught(|| once.wait()).text, POISONED);
    assert!(!once.is_completed());
}

#[test]
fn call_once_panics_at_its_caller() {
    let once = poisoned();
    let panic = caught(|| once.call_once(|| unreachable!("poisoned")));
    assert_eq!(panic.place(), (file!(), line!() - 1));
}

#[test]
fn call_once_force_sees_the_poison_and_heals_it() {
    let once = poisoned();
    let panic = caught(|| {
        once.call_once_force(|state| {
            assert!(state.is_poisoned());
            panic!("second run");
        });
    });
    assert_eq!(panic.text, "second run");
    assert!(!once.is_completed());

    let mut poison_seen = None;
    once.call_once_force(|state| poison_seen = Some(state.is_poisoned()));
    assert_eq!(poison_seen, Some(true));
    assert!(once.is_completed());
    once.call_once(|| unreachable!("completed"));
    once.wait();

    Once::new().call_once_force(|state| poison_seen = Some(state.is_poisoned()));
    assert_eq!(poison_seen, Some(false));
}

#[test]
fn wait_force_waits_through_the_poison() {
    let once = poisoned();
    let (about_to_wait, heard) = channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            about_to_wait.send(()).unwrap();
            once.wait_force();
            once.is_completed()
        });
        heard.recv().unwrap();
        // A wait that minds the poison ends in these yields; one that does not is still waiting after them.
        assert!((0..1000).all(|_| {
            thread::yield_now();
            !waiter.is_finished()
        }));
        once.call_once_force(|_| ());
        assert!(waiter.join().unwrap());
    });
}

#[test]
fn a_once_that_completes_while_unwinding_is_not_poisoned() {
    struct CallsOnDrop<'a>(&'a Once);
    impl Drop for CallsOnDrop<'_> {
        fn drop(&mut self) {
            self.0.call_once(|| assert!(thread::panicking()));
        }
    }
    let once = Once::new();
    let panic = caught(|| {
        let _calls = CallsOnDrop(&once);
        panic!("unwinding");
    });
    assert_eq!(panic.text, "unwinding");
    assert!(once.is_completed());
}

#[test]
fn debug_is_stds() {
    let once = Once::new();
    assert_eq!(format!("{once:?} {once:#?}"), "Once { .. } Once { .. }");
    let mut texts = Vec::new();
    once.call_once_force(|state| texts.push(format!("{state:?}")));
    poisoned().call_once_force(|state| texts.push(format!("{state:?}")));
    assert_eq!(texts, ["OnceState { poisoned: false }", "OnceState { poisoned: true }"]);
    assert_eq!(format!("{once:?}"), "Once { .. }");
}
