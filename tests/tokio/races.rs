//! Watched cells in tasks: their runtime orders them by what is not seen, so nothing is invented.

use gordian::checked::cell::UnsafeCell;
use gordian::checked::tokio::sync::mpsc;
use std::sync::Arc;
use tokio::task::yield_now;

struct Cell(UnsafeCell<u64>);

// SAFETY: the tests order its accesses.
unsafe impl Sync for Cell {}

impl Cell {
    fn add(&self) -> u64 {
        self.0.with_mut(|value| {
            // SAFETY: the tests order its accesses.
            let value = unsafe { &mut *value };
            *value += 1;
            *value
        })
    }
}

#[test]
fn a_cell_used_across_awaits_of_a_task_that_migrates_is_no_race() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads");
    let before = gordian::reports().iter().filter(|report| report.lint == "data_race").count();
    runtime.block_on(async {
        let cells: Vec<_> = (0..4).map(|_| Arc::new(Cell(UnsafeCell::new(0)))).collect();
        let tasks: Vec<_> = cells
            .iter()
            .map(|cell| {
                let cell = cell.clone();
                tokio::spawn(async move {
                    for _ in 0..2_000 {
                        cell.add();
                        yield_now().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no race is invented");
        }
        // By a handle that gordian does not see.
        assert!(cells.iter().all(|cell| cell.add() == 2_001));
    });
    let after = gordian::reports().iter().filter(|report| report.lint == "data_race").count();
    assert_eq!(before, after);
}

#[test]
fn between_threads_a_channel_orders_accesses_and_nothing_else_does() {
    let access = |told: bool| {
        gordian::collect(move || {
            let cell = Arc::new(Cell(UnsafeCell::new(0)));
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let (plain, wait) = std::sync::mpsc::channel();
            let theirs = cell.clone();
            let first = gordian::checked::thread::spawn(move || {
                theirs.add();
                if told { sender.send(()).expect("it is open") } else { plain.send(()).expect("it is open") }
            });
            if told {
                receiver.blocking_recv()
            } else {
                wait.recv().ok()
            };
            cell.add();
            first.join().expect("it ends");
        })
    };
    assert_eq!(crate::stage::lints(&access(true)), []);
    assert_eq!(crate::stage::lints(&access(false)), [("data_race", "deny")]);
}

#[test]
fn between_threads_that_block_for_futures_what_is_not_seen_may_order_accesses() {
    let reports = gordian::collect(|| {
        let cell = Arc::new(Cell(UnsafeCell::new(0)));
        let (sender, mut receiver) = tokio::sync::watch::channel(());
        let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a thread");
        let theirs = cell.clone();
        let first = gordian::checked::thread::spawn(move || {
            runtime().block_on(async {
                theirs.add();
                sender.send(()).expect("somebody listens");
            });
        });
        let second = gordian::checked::thread::spawn(move || {
            runtime().block_on(async {
                receiver.changed().await.expect("it was sent");
                cell.add();
            });
        });
        first.join().expect("it ends");
        second.join().expect("no race is invented");
    });
    assert_eq!(crate::stage::lints(&reports), []);
}
