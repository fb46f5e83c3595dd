//! Orders of requests by tasks.

use crate::stage::{lints, play};
use gordian::checked::tokio::sync::{Mutex, RwLock, Semaphore};
use std::sync::Arc;
use tokio::task::yield_now;

/// Plays two tasks that are seen alive at one time, one through with its part before the other one begins with its own.
fn two<A, B>(first: A, second: B) -> Vec<gordian::Report>
where
    A: Future<Output = ()> + Send + 'static,
    B: Future<Output = ()> + Send + 'static,
{
    play(|| async {
        let gate = Arc::new(Mutex::new(()));
        let (one, two) = (gate.clone(), gate.clone());
        let first = tokio::spawn(async move {
            drop(one.lock().await);
            yield_now().await;
            first.await;
        });
        let second = tokio::spawn(async move {
            drop(two.lock().await);
            yield_now().await;
            second.await;
        });
        first.await.expect("it is not refused");
        second.await.expect("it is not refused");
    })
}

async fn both(first: Arc<Mutex<()>>, second: Arc<Mutex<()>>) {
    let _first = first.lock().await;
    let _second = second.lock().await;
}

#[test]
fn opposite_orders_by_two_tasks_are_found() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let reports = two(both(a.clone(), b.clone()), both(b, a));
    assert_eq!(lints(&reports), [("lock_order", "deny")], "{reports:#?}");
    assert!(reports[0].title.contains("task "), "{}", reports[0].title);
}

#[test]
fn one_order_by_two_tasks_is_quiet() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let reports = two(both(a.clone(), b.clone()), both(a, b));
    assert_eq!(lints(&reports), []);
}
