//! Tasks that wait for each other, now.

use crate::stage::{lints, play};
use gordian::checked::tokio::sync::{Mutex, RwLock};
use std::sync::Arc;
use tokio::task::yield_now;

/// Takes one lock, lets the others run, takes the other one.
async fn slowly(first: Arc<Mutex<()>>, second: Arc<Mutex<()>>) {
    let _first = first.lock().await;
    yield_now().await;
    let _second = second.lock().await;
}

#[test]
fn two_tasks_that_wait_for_each_other_are_told_at_once_and_one_is_refused() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (one, two) = (tokio::spawn(slowly(a.clone(), b.clone())), tokio::spawn(slowly(b, a)));
        let ended = [one.await, two.await];
        assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{ended:?}");
    });
    assert_eq!(lints(&reports), [("deadlock", "deny")]);
    assert!(reports[0].title.contains("task "), "{}", reports[0].title);
}

#[test]
fn two_tasks_that_wait_in_one_order_are_quiet() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (one, two) = (tokio::spawn(slowly(a.clone(), b.clone())), tokio::spawn(slowly(a, b)));
        one.await.expect("it ends");
        two.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn three_tasks_in_a_ring_are_told() {
    let reports = play(|| async {
        let locks: [_; 3] = std::array::from_fn(|_| Arc::new(Mutex::new(())));
        let tasks: Vec<_> =
            (0..3).map(|place| tokio::spawn(slowly(locks[place].clone(), locks[(place + 1) % 3].clone()))).collect();
        let mut refused = 0;
        for task in tasks {
            refused += usize::from(task.await.is_err());
        }
        assert_eq!(refused, 1);
    });
    assert_eq!(lints(&reports), [("deadlock", "deny")]);
    assert_eq!(reports[0].sides.len(), 3);
}

#[test]
fn a_task_that_locks_twice_is_refused() {
    let reports = play(|| async {
        let lock = Arc::new(Mutex::new(()));
        let task = tokio::spawn(async move {
            let _first = lock.lock().await;
            let _second = lock.lock().await;
        });
        assert!(task.await.is_err());
    });
    assert_eq!(lints(&reports), [("self_deadlock", "deny")]);
}

#[test]
fn a_task_that_locks_again_after_it_gave_back_is_quiet() {
    let reports = play(|| async {
        let lock = Arc::new(Mutex::new(()));
        let task = tokio::spawn(async move {
            drop(lock.lock().await);
            drop(lock.lock().await);
        });
        task.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn branches_of_one_task_that_share_a_lock_are_quiet() {
    let reports = play(|| async {
        let lock = Mutex::new(0);
        let add = || async {
            let mut held = lock.lock().await;
            yield_now().await;
            *held += 1;
        };
        tokio::join!(add(), add(), add());
        assert_eq!(lock.into_inner(), 3);
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn branches_that_hold_and_wait_for_each_others_task_are_not_refused() {
    // Each task holds one lock in one branch, which gives it back by itself, and waits for the other one in another branch.
    let branches = |mine: Arc<Mutex<()>>, theirs: Arc<Mutex<()>>| async move {
        let holds = async {
            let _held = mine.lock().await;
            yield_now().await;
            yield_now().await;
        };
        tokio::join!(holds, async { drop(theirs.lock().await) });
    };
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (one, two) = (tokio::spawn(branches(a.clone(), b.clone())), tokio::spawn(branches(b, a)));
        one.await.expect("it is not refused");
        two.await.expect("it is not refused");
    });
    assert!(reports.iter().all(|report| report.level == "warn"), "{reports:#?}");
}

#[test]
fn a_reader_behind_a_writer_that_waits_for_the_reader_is_told() {
    let reports = play(|| async {
        let (lock, other) = (Arc::new(RwLock::new(())), Arc::new(Mutex::new(())));
        let (theirs, gate) = (lock.clone(), other.clone());
        let reads = tokio::spawn(async move {
            let _read = theirs.read().await;
            yield_now().await;
            drop(gate.lock().await);
        });
        let writes = tokio::spawn(async move {
            let _gate = other.lock().await;
            drop(lock.write().await);
        });
        let refused = [reads.await.is_err(), writes.await.is_err()];
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1);
    });
    assert_eq!(lints(&reports), [("deadlock", "deny")]);
}

#[test]
fn a_reader_that_was_let_in_and_has_not_run_yet_is_not_behind_a_writer_that_came_later() {
    let reports = play(|| async {
        let (lock, other) = (Arc::new(RwLock::new(())), Arc::new(Mutex::new(())));
        let written = lock.clone().write_owned().await;
        let (first, gate) = (lock.clone(), other.clone());
        let outer = tokio::spawn(async move {
            let _read = first.read().await;
            drop(gate.lock().await);
        });
        let second = lock.clone();
        let inner = tokio::spawn(async move {
            let _gate = other.lock().await;
            drop(second.read().await);
        });
        yield_now().await;
        yield_now().await;
        // It runs before the readers, which are let in by now.
        let writes = tokio::spawn(async move { drop(lock.write().await) });
        drop(written);
        for task in [outer, inner, writes] {
            task.await.expect("it is not refused");
        }
    });
    assert!(reports.iter().all(|report| report.level == "warn"), "{reports:#?}");
}

#[test]
fn readers_of_one_lock_do_not_wait_for_each_other() {
    let reports = play(|| async {
        let lock = Arc::new(RwLock::new(()));
        let read = |lock: Arc<RwLock<()>>| async move {
            let _read = lock.read().await;
            yield_now().await;
        };
        let (one, two) = (tokio::spawn(read(lock.clone())), tokio::spawn(read(lock)));
        one.await.expect("it ends");
        two.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_task_that_was_told_of_its_order_and_got_its_lock_is_not_blocked() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (c, d) = (a.clone(), b.clone());
        let (e, f) = (a.clone(), b.clone());
        let first = tokio::spawn(async move {
            drop(a.lock().await);
            yield_now().await;
            let _a = a.lock().await;
            drop(b.lock().await);
        });
        let second = tokio::spawn(async move {
            drop(c.lock().await);
            yield_now().await;
            let _d = d.lock().await;
            drop(c.lock().await);
            // It holds one still, and gives it back by itself.
            yield_now().await;
            yield_now().await;
        });
        let third = tokio::spawn(async move {
            yield_now().await;
            let _e = e.lock().await;
            drop(f.lock().await);
        });
        first.await.expect("it is not refused");
        second.await.expect("it is not refused");
        third.await.expect("it is not refused");
    });
    assert_eq!(lints(&reports), [("lock_order", "deny"); 2]);
}

#[test]
fn threads_that_block_for_each_other_outside_of_tasks_are_told() {
    let reports = gordian::collect(|| {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let both = Arc::new(std::sync::Barrier::new(2));
        let start = |first: Arc<Mutex<()>>, second: Arc<Mutex<()>>| {
            let both = both.clone();
            gordian::checked::thread::spawn(move || {
                let _first = first.blocking_lock();
                both.wait();
                drop(second.blocking_lock());
            })
        };
        let threads = [start(a.clone(), b.clone()), start(b, a)];
        let refused = threads.into_iter().filter_map(|thread| thread.join().err()).count();
        assert_eq!(refused, 1);
    });
    assert_eq!(lints(&reports), [("deadlock", "deny")]);
}

#[test]
fn on_several_threads_the_task_that_closes_the_circle_is_refused_with_the_report() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("threads");
    runtime.block_on(async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let both = Arc::new(tokio::sync::Barrier::new(2));
        let task = |first: Arc<Mutex<()>>, second: Arc<Mutex<()>>| {
            let both = both.clone();
            tokio::spawn(async move {
                let _first = first.lock().await;
                both.wait().await;
                let _second = second.lock().await;
            })
        };
        let (one, two) = (task(a.clone(), b.clone()), task(b, a));
        let texts: Vec<String> = [one.await, two.await].into_iter().filter_map(text_of).collect();
        assert!(matches!(&texts[..], [text] if text.starts_with("gordian: deadlock")), "{texts:?}");
    });
}

/// The text that a task panicked with.
fn text_of(ended: Result<(), tokio::task::JoinError>) -> Option<String> {
    ended.err()?.into_panic().downcast::<String>().ok().map(|text| *text)
}

#[test]
fn a_local_set_in_one_branch_that_waits_for_another_branch_is_quiet() {
    let reports = play(|| async {
        let lock = Arc::new(Mutex::new(()));
        let (holds, waits) = (lock.clone(), lock);
        let local = tokio::task::LocalSet::new();
        tokio::join!(
            async {
                let _held = holds.lock().await;
                yield_now().await;
            },
            local.run_until(async move { drop(waits.lock().await) })
        );
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_local_sets_own_task_that_locks_twice_is_refused() {
    let reports = play(|| async {
        let local = tokio::task::LocalSet::new();
        let task = local.spawn_local(async {
            let lock = Mutex::new(());
            let _first = lock.lock().await;
            drop(lock.lock().await);
        });
        assert!(local.run_until(task).await.is_err());
    });
    assert_eq!(lints(&reports), [("self_deadlock", "deny")]);
}

#[test]
fn futures_of_an_executor_that_is_not_tokios_may_wait_for_each_other_on_one_thread() {
    use std::task::{Context, Waker};
    let lock = Arc::new(Mutex::new(0));
    let reports = gordian::collect(|| {
        let add = |lock: Arc<Mutex<u32>>| async move {
            let mut held = lock.lock().await;
            yield_now().await;
            *held += 1;
        };
        let mut queue: std::collections::VecDeque<_> = (0..3).map(|_| Box::pin(add(lock.clone()))).collect();
        while let Some(mut future) = queue.pop_front() {
            if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                queue.push_back(future);
            }
        }
    });
    assert_eq!(lints(&reports), []);
    assert_eq!(*lock.blocking_lock(), 3);
}

#[test]
fn a_thread_that_blocks_for_what_it_holds_is_refused() {
    let reports = gordian::collect(|| {
        let lock = Arc::new(Mutex::new(()));
        let held = lock.blocking_lock();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(lock.blocking_lock()))).is_err());
        drop(held);
    });
    assert_eq!(lints(&reports), [("self_deadlock", "deny")]);
}

#[test]
fn very_many_tasks_that_wait_for_one_lock_take_no_time_that_grows_with_their_square() {
    // Thirty thousand looks at thirty thousand others would take minutes.
    let reports = play(|| async {
        let lock = Arc::new(Mutex::new(0));
        let held = lock.clone().lock_owned().await;
        let add = |lock: Arc<Mutex<u32>>| async move { *lock.lock().await += 1 };
        let tasks: Vec<_> = (0..30_000).map(|_| tokio::spawn(add(lock.clone()))).collect();
        yield_now().await;
        drop(held);
        for task in tasks {
            task.await.expect("it ends");
        }
    });
    assert_eq!(lints(&reports), []);
}
