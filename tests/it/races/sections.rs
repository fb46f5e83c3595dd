//! Critical sections that only make sense together.

use super::turn;
use gordian::checked::cell::UnsafeCell;
use gordian::checked::sync::{Condvar, Mutex, RwLock};
use gordian::checked::thread;
use gordian::{Config, Level, Lint, Report};
use std::process::Command;

fn in_own_process(test: &str, program: impl FnOnce()) {
    alone(&format!("races::sections::{test}"), program);
}

/// Runs a test again in a process of its own, in which the lint is on.
#[track_caller]
pub(crate) fn alone(test: &str, program: impl FnOnce()) {
    if std::env::var_os("GORDIAN_TEST_ALONE").is_some() {
        Config::new().level(Lint::Atomicity, Level::Warn).install().unwrap();
        return program();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("GORDIAN_TEST_ALONE", "1")
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn in_between(first: impl FnOnce() + Send, between: impl FnOnce() + Send, last: impl FnOnce() + Send) -> Vec<Report> {
    gordian::collect(|| {
        let ((begun, go), (done, end)) = (turn(), turn());
        thread::scope(|scope| {
            scope.spawn(move || {
                first();
                begun.send(()).unwrap();
                end.recv().unwrap();
                last();
            });
            scope.spawn(move || {
                go.recv().unwrap();
                between();
                done.send(()).unwrap();
            });
        });
    })
}

#[test]
fn a_check_and_an_act_that_another_write_splits_are_reported() {
    in_own_process("a_check_and_an_act_that_another_write_splits_are_reported", || {
        let list = Mutex::new(vec![1]);
        let is_empty = || assert!(!list.lock().unwrap().is_empty());
        let pop = || {
            list.lock().unwrap().pop();
        };
        let found = in_between(is_empty, pop, pop);
        assert_eq!(found.iter().map(|report| report.lint).collect::<Vec<_>>(), [Lint::Atomicity.name()]);
        let lines: Vec<u32> = found[0].sides.iter().map(|side| side.wants.as_ref().unwrap().site.line).collect();
        assert!(lines[0] < lines[1] && lines[1] == lines[2], "{lines:?}");

        let list = RwLock::new(vec![1]);
        let is_empty = || assert!(!list.read().unwrap().is_empty());
        let pop = || {
            list.write().unwrap().pop();
        };
        assert_eq!(in_between(is_empty, pop, pop).len(), 1);
    });
}

#[test]
fn a_second_check_under_the_second_lock_makes_it_good() {
    in_own_process("a_second_check_under_the_second_lock_makes_it_good", || {
        let list = Mutex::new(vec![1]);
        let is_empty = || assert!(!list.lock().unwrap().is_empty());
        let pop = || {
            let mut list = list.lock().unwrap();
            if !list.is_empty() {
                list.pop();
            }
        };
        assert!(in_between(is_empty, pop, pop).is_empty());
    });
}

#[test]
fn a_check_that_nobody_came_after_is_quiet() {
    in_own_process("a_check_that_nobody_came_after_is_quiet", || {
        let list = Mutex::new(vec![1]);
        let is_empty = || assert!(!list.lock().unwrap().is_empty());
        let pop = || {
            list.lock().unwrap().pop();
        };
        assert!(in_between(is_empty, is_empty, pop).is_empty());
        assert!(in_between(pop, pop, pop).is_empty());
    });
}

#[test]
fn the_predicate_of_a_wait_is_a_check() {
    in_own_process("the_predicate_of_a_wait_is_a_check", || {
        let (list, bell) = (Mutex::new(vec![1, 2, 3]), Condvar::new());
        let is_empty = || assert!(!list.lock().unwrap().is_empty());
        let pop = || {
            let list = bell.wait_while(list.lock().unwrap(), |list| list.is_empty());
            list.unwrap().pop();
        };
        assert!(in_between(is_empty, pop, pop).is_empty());
    });
}

/// A cell that its test's locks guard.
struct Guarded(UnsafeCell<u64>);

// SAFETY: all accesses are under a lock.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn read(&self, mutex: &Mutex<()>) {
        let _held = mutex.lock();
        // SAFETY: under the lock.
        self.0.with(|value| unsafe { *value });
    }

    fn write(&self, mutex: &Mutex<()>) {
        let _held = mutex.lock();
        // SAFETY: under the lock.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }
}

#[test]
fn two_reads_that_another_write_splits_may_differ() {
    in_own_process("two_reads_that_another_write_splits_may_differ", || {
        let (cell, mutex) = (Guarded(UnsafeCell::new(0)), Mutex::new(()));
        let found = in_between(|| cell.read(&mutex), || cell.write(&mutex), || cell.read(&mutex));
        assert_eq!(found.iter().map(|report| report.lint).collect::<Vec<_>>(), [Lint::Atomicity.name()]);
        let cell = Guarded(UnsafeCell::new(0));
        assert!(in_between(|| cell.read(&mutex), || cell.read(&mutex), || cell.read(&mutex)).is_empty());
    });
}
