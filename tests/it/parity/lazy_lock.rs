//! Calls every method and trait of `LazyLock`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use std::rc::Rc;

use super::sync::atomic::{AtomicU32, Ordering};
use super::sync::mpsc::channel;
use super::sync::{Barrier, LazyLock};
use super::thread;
use crate::parity::panics::caught;

const POISONED: &str = "LazyLock instance has previously been poisoned";

static IN_A_STATIC: LazyLock<String> = LazyLock::new(|| "a".repeat(3));

/// Returns a lazy value whose initialiser panicked.
fn poisoned() -> LazyLock<u8> {
    let lazy: LazyLock<u8> = LazyLock::new(|| panic!("no value"));
    assert_eq!(caught(|| *LazyLock::force(&lazy)).text, "no value");
    lazy
}

#[test]
fn new_is_const_and_takes_a_function_pointer_by_default() {
    assert_eq!(*IN_A_STATIC, "aaa");
    assert_eq!(IN_A_STATIC.len(), 3);
    let explicit: LazyLock<u8, fn() -> u8> = LazyLock::<u8>::new(|| 4);
    assert_eq!(*explicit, 4);
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn(fn() -> u8) -> LazyLock<u8> = LazyLock::new;
    let force: for<'a> fn(&'a LazyLock<u8>) -> &'a u8 = LazyLock::force;
    let force_mut: for<'a> fn(&'a mut LazyLock<u8>) -> &'a mut u8 = LazyLock::force_mut;
    let get: for<'a> fn(&'a LazyLock<u8>) -> Option<&'a u8> = LazyLock::get;
    let get_mut: for<'a> fn(&'a mut LazyLock<u8>) -> Option<&'a mut u8> = LazyLock::get_mut;

    let mut lazy = new(|| 1);
    assert_eq!(get(&lazy), None);
    assert_eq!(get_mut(&mut lazy), None);
    assert_eq!((*force(&lazy), get(&lazy)), (1, Some(&1)));
    *force_mut(&mut lazy) += 1;
    assert_eq!(get_mut(&mut lazy), Some(&mut 2));
}

#[test]
fn the_initialiser_runs_at_the_first_use_only() {
    let runs = AtomicU32::new(0);
    let lazy = LazyLock::new(|| runs.fetch_add(1, Ordering::Relaxed) + 10);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    assert_eq!((*lazy, *LazyLock::force(&lazy), *lazy), (10, 10, 10));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn one_initialiser_runs_and_all_threads_see_its_value() {
    let runs = AtomicU32::new(0);
    let lazy = LazyLock::new(|| runs.fetch_add(1, Ordering::Relaxed) + 10);
    let together = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                together.wait();
                assert_eq!(*lazy, 10);
            });
        }
    });
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn get_and_debug_do_not_start_or_await_the_initialiser() {
    let (started, heard) = channel();
    let (go_on, released) = channel::<()>();
    let lazy = LazyLock::new(move || {
        started.send(()).unwrap();
        released.recv().unwrap();
        1
    });
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    thread::scope(|scope| {
        // Moved into the scope: an assertion that fails drops `go_on`, and the scope need not wait for ever.
        let go_on = go_on;
        let first = scope.spawn(|| *lazy);
        heard.recv().unwrap();
        assert_eq!(LazyLock::get(&lazy), None);
        assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), 1);
    });
    assert_eq!(LazyLock::get(&lazy), Some(&1));
}

#[test]
fn mutable_access_initialises_or_asks() {
    let mut lazy: LazyLock<u8> = LazyLock::new(|| 1);
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
    *LazyLock::force_mut(&mut lazy) += 1;
    *lazy += 1;
    *LazyLock::get_mut(&mut lazy).unwrap() += 1;
    assert_eq!(*lazy, 4);

    let mut lazy: LazyLock<u8> = LazyLock::new(|| 1);
    *lazy += 1;
    assert_eq!(LazyLock::get(&lazy), Some(&2));
}

#[test]
fn an_initialiser_that_panics_poisons() {
    let mut lazy = poisoned();
    assert_eq!(caught(|| *LazyLock::force(&lazy)).text, POISONED);
    assert_eq!(caught(|| *lazy).text, POISONED);
    assert_eq!(caught(|| *LazyLock::force_mut(&mut lazy)).text, POISONED);
    assert_eq!(caught(|| *lazy = 1).text, POISONED);
    assert_eq!((LazyLock::get(&lazy), format!("{lazy:?}").as_str()), (None, "LazyLock(<uninit>)"));
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
}

#[test]
fn an_initialiser_that_panics_under_force_mut_poisons() {
    let mut lazy: LazyLock<u8> = LazyLock::new(|| panic!("no value"));
    assert_eq!(caught(|| *LazyLock::force_mut(&mut lazy)).text, "no value");
    assert_eq!(caught(|| *LazyLock::force_mut(&mut lazy)).text, POISONED);
    assert_eq!(caught(|| *LazyLock::force(&lazy)).text, POISONED);
}

#[test]
fn default_initialises_with_the_default_value() {
    let lazy = LazyLock::<String>::default();
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!(*lazy, "");
}

#[test]
fn debug_is_stds() {
    let lazy: LazyLock<&str> = LazyLock::new(|| "a");
    assert_eq!(format!("{lazy:?} {lazy:#?}"), "LazyLock(<uninit>) LazyLock(\n    <uninit>,\n)");
    LazyLock::force(&lazy);
    assert_eq!(format!("{lazy:?} {lazy:#?}"), "LazyLock(\"a\") LazyLock(\n    \"a\",\n)");
}

#[test]
fn value_and_initialiser_are_dropped_once() {
    let value = Rc::new(());
    let unused = Rc::clone(&value);
    drop(LazyLock::new(move || unused));
    assert_eq!(Rc::strong_count(&value), 1);

    let used = Rc::clone(&value);
    let lazy = LazyLock::new(move || used);
    assert_eq!(Rc::strong_count(LazyLock::force(&lazy)), 2);
    drop(lazy);
    assert_eq!(Rc::strong_count(&value), 1);
}
