//! Waits for what is no lock, under locks that the waker needs.

use crate::stage::{lints, play};
use gordian::checked::tokio::sync::{Mutex, Notify, mpsc, oneshot};
use std::sync::Arc;
use tokio::task::yield_now;

#[test]
fn a_wait_for_a_notification_under_a_lock_that_the_notifier_needs_warns() {
    let reports = play(|| async {
        let shared = Arc::new((Mutex::new(()), Notify::new()));
        let theirs = shared.clone();
        // It notifies first, and under the lock: the permit that it leaves lets the waiter through this time.
        let notifies = tokio::spawn(async move {
            let _held = theirs.0.lock().await;
            theirs.1.notify_one();
            theirs.1.notify_one();
        });
        notifies.await.expect("it ends");
        let theirs = shared.clone();
        let waits = tokio::spawn(async move {
            let _held = theirs.0.lock().await;
            theirs.1.notified().await;
            theirs.1.notified().await;
        });
        yield_now().await;
        yield_now().await;
        waits.abort();
        assert!(waits.await.is_err_and(|error| error.is_cancelled()));
    });
    assert_eq!(lints(&reports), [("wait_while_holding", "warn")]);
}

#[test]
fn a_wait_for_a_notification_under_no_lock_is_quiet() {
    let reports = play(|| async {
        let shared = Arc::new((Mutex::new(()), Notify::new()));
        let theirs = shared.clone();
        let waits = tokio::spawn(async move {
            theirs.1.notified().await;
            drop(theirs.0.lock().await);
        });
        yield_now().await;
        let _held = shared.0.lock().await;
        shared.1.notify_one();
        drop(_held);
        waits.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

#[test]
fn a_wait_under_a_lock_that_some_wake_without_is_quiet() {
    let reports = play(|| async {
        let shared = Arc::new((Mutex::new(()), Notify::new()));
        let theirs = shared.clone();
        let waits = tokio::spawn(async move {
            let _held = theirs.0.lock().await;
            theirs.1.notified().await;
        });
        yield_now().await;
        shared.1.notify_one();
        waits.await.expect("it ends");
    });
    assert_eq!(lints(&reports), []);
}

/// Sends once under a lock, and receives twice under it: the second receive is called off.
async fn receives_under_what_the_sender_needs<S, R>(send: impl FnOnce() + Send + 'static, receive: R)
where
    R: FnOnce(Arc<Mutex<()>>) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    let lock = Arc::new(Mutex::new(()));
    let theirs = lock.clone();
    let sends = tokio::spawn(async move {
        let _held = theirs.lock().await;
        send();
    });
    sends.await.expect("it ends");
    let receives = tokio::spawn(receive(lock));
    yield_now().await;
    yield_now().await;
    receives.abort();
    assert!(receives.await.is_err_and(|error| error.is_cancelled()));
}

#[test]
fn a_receive_under_a_lock_that_the_sender_needs_warns() {
    let reports = play(|| async {
        let (sender, mut receiver) = mpsc::channel(4);
        let kept = sender.clone();
        receives_under_what_the_sender_needs(
            move || sender.try_send(1).expect("there is room"),
            |lock| async move {
                // A message orders what came before it, so the lock is taken before it comes.
                let _held = lock.lock().await;
                assert_eq!(receiver.recv().await, Some(1));
                receiver.recv().await;
            },
        )
        .await;
        drop(kept);
    });
    assert_eq!(lints(&reports), [("wait_while_holding", "warn")]);
}

#[test]
fn a_receive_from_a_channel_without_a_bound_warns_alike() {
    let reports = play(|| async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let kept = sender.clone();
        receives_under_what_the_sender_needs(
            move || sender.send(1).expect("it is open"),
            |lock| async move {
                let _held = lock.lock().await;
                assert_eq!(receiver.recv().await, Some(1));
                receiver.recv().await;
            },
        )
        .await;
        drop(kept);
    });
    assert_eq!(lints(&reports), [("wait_while_holding", "warn")]);
}

#[test]
fn a_message_orders_what_was_locked_before_it() {
    let orders = |told: bool| {
        play(move || async move {
            let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
            let (c, d) = (a.clone(), b.clone());
            let (sender, receiver) = oneshot::channel();
            let (plain, wait) = tokio::sync::oneshot::channel();
            let first = tokio::spawn(async move {
                let _a = a.lock().await;
                drop(b.lock().await);
                drop(_a);
                if told {
                    sender.send(()).expect("it is awaited");
                } else {
                    plain.send(()).expect("it is awaited");
                }
                yield_now().await;
                drop(b.lock().await);
            });
            let second = tokio::spawn(async move {
                if told {
                    receiver.await.expect("it comes");
                } else {
                    wait.await.expect("it comes");
                }
                let _d = d.lock().await;
                drop(c.lock().await);
            });
            first.await.expect("it is not refused");
            second.await.expect("it is not refused");
        })
    };
    assert_eq!(lints(&orders(true)), [("sequential_order", "warn")]);
    assert!(orders(false).iter().all(|report| report.lint != "sequential_order"));
}

#[test]
fn channels_carry_their_messages() {
    let reports = play(|| async {
        let (sender, mut receiver) = mpsc::channel(1);
        let other = sender.clone();
        let sends = tokio::spawn(async move {
            for number in 0..5 {
                sender.send(number).await.expect("it is open");
            }
            let permit = sender.reserve().await.expect("it is open");
            permit.send(5);
        });
        let mut got = Vec::new();
        drop(other);
        while let Some(number) = receiver.recv().await {
            got.push(number);
        }
        sends.await.expect("it ends");
        assert_eq!(got, [0, 1, 2, 3, 4, 5]);

        let (sender, mut receiver) = mpsc::unbounded_channel();
        sender.send("a").expect("it is open");
        assert_eq!((receiver.len(), receiver.try_recv()), (1, Ok("a")));
        assert_eq!(receiver.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        let weak = sender.downgrade();
        drop(sender);
        assert!(weak.upgrade().is_none() && receiver.recv().await.is_none());

        let (sender, mut receiver) = oneshot::channel();
        assert_eq!(receiver.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        sender.send(1).expect("it is awaited");
        assert_eq!(receiver.await, Ok(1));
        let (sender, receiver) = oneshot::channel::<u8>();
        drop(receiver);
        assert!(sender.is_closed() && sender.send(1) == Err(1));
    });
    assert_eq!(lints(&reports), []);
}
