//! What is found of locks between processes within one process.
//!
//! Must not know: how it is told; how processes are united is a matter of `cargo gordian`.

use super::{folder, path_of};
use gordian::checked::process::{Lock, RLock};
use gordian::checked::sync::Mutex;
use gordian::checked::thread;
use gordian::{Named, Report};
use std::path::Path;
// Not the checked one, which would order what is before and after it.
use std::sync::Barrier;

fn open(path: &Path) -> Lock {
    Lock::open(path).expect("it can be opened")
}

fn lints(found: &[Report]) -> Vec<&str> {
    found.iter().map(|report| report.lint).collect()
}

/// Runs both in threads that nothing orders, one after the other.
fn one_after_the_other(first: impl FnOnce() + Send, then: impl FnOnce() + Send) -> Vec<Report> {
    let done = Barrier::new(2);
    gordian::collect(|| {
        thread::scope(|scope| {
            scope.spawn(|| {
                first();
                done.wait();
            });
            scope.spawn(|| {
                done.wait();
                then();
            });
        });
    })
}

fn nest(outer: &Path, inner: &Path) {
    // Opened anew each time: the lock is the file.
    let _outer = open(outer).lock().unwrap();
    let _inner = open(inner).lock().unwrap();
}

#[test]
fn opposite_orders_are_found_by_path_and_one_order_is_none() {
    let folder = folder("orders");
    let [a, b, c] = ["a.lock", "b.lock", "c.lock"].map(|name| folder.join(name));
    let found = one_after_the_other(|| nest(&a, &b), || nest(&b, &a));
    assert_eq!(lints(&found), ["lock_order"]);
    let lock = &found[0].locks[0];
    let path = std::fs::canonicalize(&a).unwrap();
    assert!(found[0].locks.iter().any(|lock| lock.name == path.to_str()), "{:?}", found[0].locks);
    assert_eq!((lock.kind, lock.type_name.as_str()), ("process::Lock", "process::Lock"));
    assert!(lock.created.file.ends_with("processes/found.rs"));
    let text = found[0].to_string();
    assert!(text.contains("opened at ") && !text.contains("created at "), "{text}");
    let found = one_after_the_other(|| nest(&a, &c), || nest(&a, &c));
    assert_eq!(lints(&found), [""; 0]);
}

#[test]
fn an_order_with_a_mutex_is_one_like_any_other() {
    let path = path_of("mutex");
    let mutex = Mutex::new(()).named("cache");
    let under = || {
        let _file = open(&path).lock().unwrap();
        drop(mutex.lock());
    };
    let over = || {
        let _cache = mutex.lock();
        drop(open(&path).lock().unwrap());
    };
    assert_eq!(lints(&one_after_the_other(under, over)), ["lock_order"]);
    let other = Mutex::new(()).named("other");
    let under = || {
        let _file = open(&path).lock().unwrap();
        drop(other.lock());
    };
    assert_eq!(lints(&one_after_the_other(under, under)), [""; 0]);
}

#[test]
fn requests_that_give_up_ask_no_order_and_what_is_requested_under_them_does() {
    let folder = folder("give_up");
    let [a, b, c, d] = ["a.lock", "b.lock", "c.lock", "d.lock"].map(|name| folder.join(name));
    let tries = |outer: &Path, inner: &Path| {
        let _outer = open(outer).try_lock().unwrap();
        let _inner = open(inner).lock_timeout(std::time::Duration::ZERO).unwrap();
    };
    assert_eq!(lints(&one_after_the_other(|| tries(&a, &b), || nest(&b, &a))), [""; 0]);
    let tries_first = || {
        let _outer = open(&c).try_lock().unwrap();
        let _inner = open(&d).lock().unwrap();
    };
    assert_eq!(lints(&one_after_the_other(tries_first, || nest(&d, &c))), ["lock_order"]);
}

#[test]
fn a_lock_that_its_own_thread_requests_is_refused_through_any_object_and_an_rlock_is_not() {
    let path = path_of("again");
    let found = gordian::collect(|| {
        let _guard = open(&path).lock().unwrap();
        drop(open(&path).lock());
        unreachable!("it would wait for itself");
    });
    assert_eq!(lints(&found), ["self_deadlock"]);
    let text = found[0].to_string();
    assert!(text.contains("use `process::RLock`, which its holder may lock again"), "{text}");
    let found = gordian::collect(|| {
        let lock = RLock::open(&path).unwrap();
        let _levels = (lock.lock().unwrap(), RLock::open(&path).unwrap().lock().unwrap());
    });
    assert_eq!(lints(&found), [""; 0]);
    let is_free = thread::scope(|scope| scope.spawn(|| open(&path).try_lock().is_ok()).join().unwrap());
    assert!(is_free, "what was refused was given back");
}
