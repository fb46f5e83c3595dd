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

#[test]
fn both_orders_in_one_task_are_sequential() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let task = tokio::spawn(async move {
            both(a.clone(), b.clone()).await;
            both(b, a).await;
        });
        task.await.expect("it is not refused");
    });
    assert_eq!(lints(&reports), [("sequential_order", "warn")]);
}

#[test]
fn opposite_orders_by_tasks_that_were_never_seen_alive_at_one_time_only_warn_and_say_why() {
    let reports = play(|| async {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        tokio::spawn(both(a.clone(), b.clone())).await.expect("it is not refused");
        tokio::spawn(both(b, a)).await.expect("it is not refused");
    });
    assert_eq!(lints(&reports), [("lock_order", "warn")]);
    assert!(reports[0].reasons.iter().any(|reason| reason.contains("not both alive")), "{reports:#?}");
}

#[test]
fn an_order_that_was_over_before_the_other_task_began_only_warns_though_both_live_on() {
    let reports = play(|| async {
        let [a, b, c] = [(); 3].map(|()| Arc::new(Mutex::new(())));
        let parent = tokio::spawn(async move {
            both(a.clone(), b.clone()).await;
            let theirs = c.clone();
            let child = tokio::spawn(async move {
                drop(theirs.lock().await);
                for _ in 0..4 {
                    yield_now().await;
                }
                both(b, a).await;
            });
            yield_now().await;
            drop(c.lock().await);
            child.await.expect("it is not refused");
        });
        parent.await.expect("it is not refused");
    });
    assert_eq!(lints(&reports), [("lock_order", "warn")]);
}

#[test]
fn opposite_orders_in_branches_of_a_task_only_warn_and_say_why() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (c, d) = (a.clone(), b.clone());
    let apart = async move {
        // What the first branch holds it gives back by itself, whatever the second one waits for.
        let holds = async {
            let _held = c.lock().await;
            yield_now().await;
        };
        tokio::join!(holds, async { drop(d.lock().await) });
    };
    let reports = two(apart, both(b, a));
    assert_eq!(lints(&reports), [("lock_order", "warn")]);
    assert!(reports[0].reasons.iter().any(|reason| reason.contains("by turns")), "{reports:#?}");
}

#[test]
fn readers_in_opposite_orders_need_a_writer_between_them() {
    let read = |first: Arc<RwLock<()>>, second: Arc<RwLock<()>>| async move {
        let _first = first.read().await;
        let _second = second.read().await;
    };
    let (a, b) = (Arc::new(RwLock::new(())), Arc::new(RwLock::new(())));
    let reports = two(read(a.clone(), b.clone()), read(b, a));
    assert_eq!(lints(&reports), [("writer_between", "warn")]);
}

#[test]
fn a_reader_and_a_writer_in_opposite_orders_are_found() {
    let (a, b) = (Arc::new(RwLock::new(())), Arc::new(RwLock::new(())));
    let (c, d) = (a.clone(), b.clone());
    let reads = async move {
        let _first = a.read().await;
        let _second = b.write().await;
    };
    let writes = async move {
        let _first = d.read().await;
        let _second = c.write().await;
    };
    assert_eq!(lints(&two(reads, writes)), [("lock_order", "deny")]);
}

async fn permit_first(semaphore: Arc<Semaphore>, mutex: Arc<Mutex<()>>) {
    let _permit = semaphore.acquire().await.expect("it is open");
    let _guard = mutex.lock().await;
}

async fn permit_last(semaphore: Arc<Semaphore>, mutex: Arc<Mutex<()>>) {
    let _guard = mutex.lock().await;
    let _permit = semaphore.acquire().await.expect("it is open");
}

#[test]
fn a_semaphore_with_one_permit_is_a_lock() {
    let (semaphore, mutex) = (Arc::new(Semaphore::new(1)), Arc::new(Mutex::new(())));
    let reports = two(permit_first(semaphore.clone(), mutex.clone()), permit_last(semaphore, mutex));
    assert_eq!(lints(&reports), [("lock_order", "deny")]);
}

#[test]
fn a_semaphore_with_many_permits_is_none() {
    let (semaphore, mutex) = (Arc::new(Semaphore::new(2)), Arc::new(Mutex::new(())));
    let reports = two(permit_first(semaphore.clone(), mutex.clone()), permit_last(semaphore, mutex));
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_semaphore_that_was_given_permits_is_none() {
    let (semaphore, mutex) = (Arc::new(Semaphore::new(1)), Arc::new(Mutex::new(())));
    semaphore.add_permits(1);
    let reports = two(permit_first(semaphore.clone(), mutex.clone()), permit_last(semaphore, mutex));
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_try_asks_nothing_and_what_is_requested_under_it_does() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (c, d) = (a.clone(), b.clone());
    let tries = async move {
        let _held = c.lock().await;
        drop(d.try_lock());
    };
    assert_eq!(lints(&two(tries, both(b, a))), []);

    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (c, d) = (a.clone(), b.clone());
    let under_a_try = async move {
        let _held = c.try_lock().expect("it is free");
        drop(d.lock().await);
    };
    assert_eq!(lints(&two(under_a_try, both(b, a))), [("lock_order", "deny")]);
}
