//! Futures that are dropped leave nothing behind.

use crate::stage::{lints, play};
use gordian::checked::tokio::sync::{Mutex, RwLock, Semaphore};
use gordian::rehearsal::blocked_threads;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use tokio::task::yield_now;

const MANY: usize = 500;

#[test]
fn tasks_that_are_aborted_as_they_wait_leave_no_place_and_no_hold() {
    let reports = play(|| async {
        let (lock, rwlock, semaphore) =
            (Arc::new(Mutex::new(())), Arc::new(RwLock::new(())), Arc::new(Semaphore::new(1)));
        let (held, written) = (lock.lock().await, rwlock.write().await);
        let permit = semaphore.acquire().await;
        for round in 0..MANY {
            let (lock, rwlock, semaphore) = (lock.clone(), rwlock.clone(), semaphore.clone());
            let own = Arc::new(Mutex::new(()));
            let seen = own.clone();
            let waits = tokio::spawn(async move {
                let _own = own.lock().await;
                match round % 4 {
                    0 => drop(lock.lock().await),
                    1 => drop(rwlock.read().await),
                    2 => drop(rwlock.write().await),
                    _ => drop(semaphore.acquire().await),
                }
            });
            yield_now().await;
            assert!(seen.try_lock().is_err(), "it waits");
            waits.abort();
            assert!(waits.await.is_err_and(|error| error.is_cancelled()));
            assert!(seen.try_lock().is_ok());
        }
        // The other tests of this binary may have some, and not so many.
        assert!(blocked_threads() < MANY / 2, "{} are told as blocked", blocked_threads());
        drop((held, written, permit));
        drop((lock.lock().await, rwlock.write().await, semaphore.acquire().await));
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_wait_that_was_called_off_closes_no_circle() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (c, d) = (a.clone(), b.clone());
        let second = tokio::spawn(async move {
            let _b = d.lock().await;
            yield_now().await;
            drop(c.lock().await);
        });
        let first = tokio::spawn(async move {
            let _a = a.lock().await;
            {
                // Polled once, and dropped.
                let wait = pin!(b.lock());
                assert!(wait.poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
            yield_now().await;
            yield_now().await;
        });
        first.await.expect("it waited once");
        second.await.expect("it is not refused");
    });
    assert!(reports.iter().all(|report| report.lint != "deadlock"), "{reports:#?}");
}
