//! Guards that go places.

use crate::stage::{lints, play};
use gordian::checked::sync::Mutex as ThreadMutex;
use gordian::checked::tokio::sync::{Mutex, OwnedMutexGuard, RwLock};
use std::sync::Arc;
use tokio::task::{LocalSet, spawn_local, yield_now};

#[test]
fn a_guard_that_is_dropped_in_another_task_is_held_by_nobody() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (c, d) = (a.clone(), b.clone());
        let (sender, receiver) = tokio::sync::oneshot::channel::<OwnedMutexGuard<()>>();
        let gives = tokio::spawn(async move {
            assert!(sender.send(c.clone().lock_owned().await).is_ok());
            yield_now().await;
            yield_now().await;
            // The lock is given back by now, so this is under nothing.
            drop(d.lock().await);
            drop(c.lock().await);
        });
        let takes = tokio::spawn(async move { drop(receiver.await) });
        takes.await.expect("it ends");
        gives.await.expect("it ends");
        let other = tokio::spawn(async move {
            let _b = b.lock().await;
            drop(a.lock().await);
        });
        other.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_guard_that_another_task_writes_through_is_that_tasks() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let guard = a.clone().lock_owned().await;
        let theirs = b.clone();
        let writes = tokio::spawn(async move {
            let mut guard = guard;
            *guard += 1;
            drop(theirs.lock().await);
            for _ in 0..3 {
                yield_now().await;
            }
        });
        yield_now().await;
        let opposite = tokio::spawn(async move {
            let _b = b.lock().await;
            drop(a.lock().await);
        });
        writes.await.expect("it is not refused");
        opposite.await.expect("it is not refused");
    });
    // An owned guard may go on to a third one.
    assert_eq!(lints(&reports), [("lock_order", "warn")]);
    assert!(reports[0].reasons.iter().any(|reason| reason.contains("owned one")), "{reports:#?}");
}

#[test]
fn a_task_that_gave_an_owned_guard_to_another_one_may_lock_again() {
    let reports = play(|| async {
        let (mutex, rw_lock) = (Arc::new(Mutex::new(1)), Arc::new(RwLock::new(1)));
        let task = tokio::spawn(async move {
            let (guard, read) = (mutex.clone().lock_owned().await, rw_lock.clone().read_owned().await);
            let given = tokio::spawn(async move {
                yield_now().await;
                assert_eq!(*guard + *read, 2);
            });
            drop((mutex.lock().await, rw_lock.write().await));
            given.await.expect("it ends");
        });
        task.await.expect("it is not refused");
    });
    assert!(lints(&reports).iter().all(|found| *found == ("self_deadlock", "warn")), "{reports:#?}");
    assert!(reports[0].reasons.iter().any(|reason| reason.contains("owned one")), "{reports:#?}");
}

#[test]
fn a_circle_through_an_owned_guard_that_was_given_away_is_not_refused() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (c, d) = (a.clone(), b.clone());
        let gives = tokio::spawn(async move {
            let guard = a.lock_owned().await;
            tokio::spawn(async move {
                for _ in 0..6 {
                    yield_now().await;
                }
                drop(guard);
            });
            yield_now().await;
            drop(b.lock().await);
        });
        let waits = tokio::spawn(async move {
            let _d = d.lock().await;
            drop(c.lock().await);
        });
        gives.await.expect("it is not refused");
        waits.await.expect("it is not refused");
    });
    assert!(!reports.is_empty() && reports.iter().all(|report| report.level == "warn"), "{reports:#?}");
}

#[test]
fn a_task_that_goes_from_thread_to_thread_keeps_what_it_holds() {
    // A future is polled by hand in one thread and then in another, as a runtime with several workers may do.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("threads");
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let ended = runtime.block_on(async {
        let (c, d) = (a.clone(), b.clone());
        let keeps = tokio::spawn(async move {
            let _a = c.lock().await;
            let first = std::thread::current().id();
            // Until another worker has it, or a while has passed: then it shows the same with one.
            for _ in 0..10_000 {
                yield_now().await;
                if std::thread::current().id() != first {
                    break;
                }
            }
            drop(d.lock().await);
            let again = c.lock().await;
            drop(again);
        });
        keeps.await
    });
    let text = ended.expect_err("it locks twice").into_panic();
    assert!(text.downcast_ref::<String>().is_some_and(|text| text.starts_with("gordian: self-deadlock")));
}

#[test]
fn a_threads_guard_across_an_await_that_another_task_there_needs_is_told_with_both_sides() {
    let reports = gordian::collect(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
        let local = LocalSet::new();
        let (lock, awaited) = (std::rc::Rc::new(ThreadMutex::new(())), Arc::new(Mutex::new(())));
        let refused = local.block_on(&runtime, async move {
            let held = awaited.clone().lock_owned().await;
            let theirs = lock.clone();
            let keeps = spawn_local(async move {
                let _guard = theirs.lock();
                drop(awaited.lock().await);
            });
            yield_now().await;
            let needs = spawn_local(async move { drop(lock.lock()) });
            let refused = needs.await.is_err();
            drop(held);
            keeps.await.expect("it goes on, since the other one was refused");
            refused
        });
        assert!(refused);
    });
    assert_eq!(lints(&reports), [("wait_while_holding", "warn"), ("self_deadlock", "deny")]);
    assert!(reports[0].title.ends_with("neither can go on"), "{}", reports[0].title);
    let sites: Vec<u32> = reports[0].sides.iter().filter_map(|side| Some(side.wants.as_ref()?.site.line)).collect();
    assert_eq!(sites.len(), 2, "{reports:#?}");
}

#[test]
fn a_threads_guard_around_a_whole_runtime_is_quiet() {
    let reports = gordian::collect(|| {
        let lock = ThreadMutex::new(());
        let _guard = lock.lock();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a thread");
        runtime.block_on(async {
            let awaited = Arc::new(Mutex::new(()));
            let theirs = awaited.clone();
            let task = tokio::spawn(async move {
                let _held = theirs.lock().await;
                yield_now().await;
            });
            yield_now().await;
            drop(awaited.lock().await);
            task.await.expect("it ends");
        });
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_guard_that_was_forgotten_goes_with_its_lock() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let task = tokio::spawn(async move {
            std::mem::forget(a.try_lock());
            drop(a);
            drop(b.lock().await);
        });
        task.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_thread_may_block_for_what_a_task_holds() {
    let reports = gordian::collect(|| {
        let lock = Arc::new(Mutex::new(0));
        *lock.blocking_lock() += 1;
        let guard = lock.clone().blocking_lock_owned();
        assert!(lock.try_lock().is_err());
        let theirs = lock.clone();
        let waits = gordian::checked::thread::spawn(move || *theirs.blocking_lock());
        drop(guard);
        assert_eq!(waits.join().expect("it ends"), 1);
    });
    assert_eq!(lints(&reports), []);
}
