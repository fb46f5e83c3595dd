//! Locks between processes, in the hands of those who wait, or of another process.
//!
//! Must not know: how a case is run.

use super::actors::{lock, meet};
use super::{Case, told, watch};
use gordian::checked::process::{Lock, RLock};
use gordian::checked::sync::{Condvar, Mutex};
use gordian::checked::thread;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

cases! {
    two_process_locks_in_opposite_orders finds [deadlock] {
        let [a, b] = ["a", "b"].map(open);
        let held = b.lock();
        meet(|| drop((a.lock(), b.lock())), || { let _b = held; drop(a.lock()); });
    }
    two_process_locks_in_one_order finds [] {
        let [a, b] = ["a", "b"].map(open);
        meet(|| drop((a.lock(), b.lock())), || drop((a.lock(), b.lock())));
    }
    a_process_rlock_of_one_who_waits_for_a_mutex finds [deadlock] {
        let (a, b) = (RLock::open(path("a")).unwrap(), lock("b"));
        let held = b.lock();
        let twice = || { let _outer = a.lock(); let _inner = a.lock(); drop(b.lock()); };
        meet(twice, || { let _b = held; drop(a.lock()); });
    }
    a_process_lock_that_its_own_thread_requests finds [self_deadlock] {
        let a = open("a");
        let _a = a.lock();
        drop(std::panic::catch_unwind(|| drop(a.lock())));
    }
    a_process_rlock_that_its_own_thread_requests finds [] {
        let a = RLock::open(path("a")).unwrap();
        let _a = a.lock();
        drop(a.lock());
    }
    a_process_lock_of_another_process_while_all_others_wait finds [] {
        let a = path("a");
        if env::var_os(HOLDER).is_some() {
            hold(&a);
        }
        let mut other = holder(&a);
        drop(other.stdin.take());
        let (is_over, over) = (Mutex::new(false), Condvar::new());
        thread::scope(|scope| {
            scope.spawn(|| drop(over.wait_while(is_over.lock().unwrap(), |is_over| !*is_over)));
            drop(Lock::open(&a).unwrap().lock().expect("the other process ends"));
            *is_over.lock().unwrap() = true;
            over.notify_one();
        });
        assert!(other.wait().is_ok_and(|status| status.success()));
    }
    a_long_wait_for_another_process finds [long_hold] {
        let a = path("a");
        if env::var_os(HOLDER).is_some() {
            hold(&a);
        }
        watch(Duration::from_millis(5));
        let mut other = holder(&a);
        thread::scope(|scope| {
            scope.spawn(|| drop(Lock::open(&a).unwrap().lock()));
            while told() == 0 {
                std::thread::yield_now();
            }
            drop(other.stdin.take());
        });
        let said = format!("is held by process {} (", other.id());
        let reasons = &gordian::reports()[0].reasons;
        assert!(reasons.iter().any(|reason| reason.contains(&said)), "{said}: {reasons:?}");
        assert!(other.wait().is_ok_and(|status| status.success()));
    }
    a_wait_for_nobody_under_a_process_lock finds [stall] {
        let a = open("a");
        let (is_over, over) = (Mutex::new(false), Condvar::new());
        let _a = a.lock();
        let wait = || drop(over.wait_while(is_over.lock().unwrap(), |is_over| !*is_over));
        drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(wait)));
    }
}

/// Names the path that a child holds.
const HOLDER: &str = "WAITS_HOLDER";

/// Longer than a set of sleepers is looked at before it is told. If it is too short, nothing is seen, and nothing fails.
const WHILE: Duration = Duration::from_millis(100);

fn path(name: &str) -> PathBuf {
    // A child has its parent's.
    match env::var_os(HOLDER) {
        Some(path) => path.into(),
        None => {
            let case = env::var(super::CASE).expect("cases have names");
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}_{name}.lock"))
        }
    }
}

fn open(name: &str) -> Lock {
    Lock::open(path(name)).expect("the folder for tests can be written")
}

/// Starts this case again as a process that has the lock of this path for a while, and until it is told to end.
fn holder(path: &std::path::Path) -> Child {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    let mut child = command
        .env(HOLDER, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started again");
    let mut said = String::new();
    let output = child.stdout.as_mut().expect("piped");
    BufReader::new(output).read_line(&mut said).expect("it says when it has the lock");
    assert_eq!(said, "held\n");
    child
}

fn hold(path: &std::path::Path) -> ! {
    let held = Lock::open(path).unwrap().lock().unwrap();
    println!("held");
    let start = Instant::now();
    while start.elapsed() < WHILE {
        std::thread::yield_now();
    }
    // And until nobody wants it to.
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).expect("the end is seen");
    drop(held);
    std::process::exit(0);
}
