//! Calls every method and trait of the channels.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync::mpsc`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use super::sync::Arc;
use super::sync::atomic::{AtomicUsize, Ordering};
use super::sync::mpsc::{
    IntoIter, Iter, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender, TryIter, TryRecvError,
    TrySendError, channel, sync_channel,
};
use super::thread;
use std::rc::Rc;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);
/// Much longer than anything here takes.
const LATER: Duration = Duration::from_secs(60);

/// Counts its drops.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn methods_have_stds_signatures() {
    let (sender, receiver): (Sender<u8>, Receiver<u8>) = channel();
    let send: for<'a> fn(&'a Sender<u8>, u8) -> Result<(), SendError<u8>> = Sender::send;
    let recv: for<'a> fn(&'a Receiver<u8>) -> Result<u8, RecvError> = Receiver::recv;
    let try_recv: for<'a> fn(&'a Receiver<u8>) -> Result<u8, TryRecvError> = Receiver::try_recv;
    let recv_timeout: for<'a> fn(&'a Receiver<u8>, Duration) -> Result<u8, RecvTimeoutError> = Receiver::recv_timeout;
    let iter: for<'a> fn(&'a Receiver<u8>) -> Iter<'a, u8> = Receiver::iter;
    let try_iter: for<'a> fn(&'a Receiver<u8>) -> TryIter<'a, u8> = Receiver::try_iter;
    let into_iter: fn(Receiver<u8>) -> IntoIter<u8> = Receiver::into_iter;
    for value in 0..5 {
        send(&sender, value).unwrap();
    }
    assert_eq!((recv(&receiver), try_recv(&receiver), recv_timeout(&receiver, SOON)), (Ok(0), Ok(1), Ok(2)));
    assert_eq!((iter(&receiver).next(), try_iter(&receiver).next()), (Some(3), Some(4)));
    drop(sender);
    assert_eq!(into_iter(receiver).next(), None);

    let (sender, receiver): (SyncSender<u8>, Receiver<u8>) = sync_channel(2);
    let send: for<'a> fn(&'a SyncSender<u8>, u8) -> Result<(), SendError<u8>> = SyncSender::send;
    let try_send: for<'a> fn(&'a SyncSender<u8>, u8) -> Result<(), TrySendError<u8>> = SyncSender::try_send;
    assert_eq!(
        (send(&sender, 1), try_send(&sender, 2), try_send(&sender, 3)),
        (Ok(()), Ok(()), Err(TrySendError::Full(3)))
    );
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_empty_channel_tells_whether_more_can_come() {
    let (sender, receiver) = channel::<u8>();
    assert_eq!(
        (receiver.try_recv(), receiver.recv_timeout(SOON)),
        (Err(TryRecvError::Empty), Err(RecvTimeoutError::Timeout))
    );
    let other = sender.clone();
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "one sender is left");
    other.send(1).unwrap();
    drop(other);
    assert_eq!(receiver.recv(), Ok(1), "what was sent comes first");
    assert_eq!(receiver.recv(), Err(RecvError));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.recv_timeout(LATER), Err(RecvTimeoutError::Disconnected));
    assert_eq!(receiver.iter().next(), None);
}

#[test]
fn a_message_without_a_receiver_comes_back() {
    let (sender, receiver) = channel();
    drop(receiver);
    assert_eq!(sender.send(7), Err(SendError(7)));
    let (sender, receiver) = sync_channel(1);
    drop(receiver);
    assert_eq!((sender.send(7), sender.try_send(8)), (Err(SendError(7)), Err(TrySendError::Disconnected(8))));
}

#[test]
fn who_waits_is_woken_by_a_message_and_by_the_last_sender() {
    let (sender, receiver) = channel();
    let other = sender.clone();
    thread::scope(|scope| {
        let all = scope.spawn(move || receiver.into_iter().sum::<u32>());
        sender.send(1).unwrap();
        drop(sender);
        other.send(2).unwrap();
        drop(other);
        assert_eq!(all.join().unwrap(), 3);
    });
}

#[test]
fn who_waits_for_room_is_woken_by_a_receive_and_by_the_receivers_end() {
    let (sender, receiver) = sync_channel(1);
    thread::scope(|scope| {
        let sent = scope.spawn(move || (0..).map_while(|value| sender.send(value).ok()).count());
        assert_eq!([receiver.recv(), receiver.recv(), receiver.recv()], [Ok(0), Ok(1), Ok(2)]);
        drop(receiver);
        assert!((3..=4).contains(&sent.join().unwrap()), "what was received, and perhaps what was in the channel");
    });
}

#[test]
fn a_channel_without_room_hands_over_in_person() {
    let (sender, receiver) = sync_channel(0);
    assert_eq!(sender.try_send(1), Err(TrySendError::Full(1)));
    thread::scope(|scope| {
        scope.spawn(move || (0..3).for_each(|value| sender.send(value).unwrap()));
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2]);
    });
    let (sender, receiver) = sync_channel::<u8>(0);
    thread::scope(|scope| {
        scope.spawn(move || sender.send(1));
        assert_eq!(receiver.recv_timeout(LATER), Ok(1));
    });
}

#[test]
fn every_message_comes_once_and_those_of_one_sender_in_order() {
    fn check(senders: Vec<impl Fn((usize, usize)) + Send>, receiver: Receiver<(usize, usize)>) {
        let count = senders.len();
        thread::scope(|scope| {
            for (number, send) in senders.into_iter().enumerate() {
                scope.spawn(move || (0..500).for_each(|value| send((number, value))));
            }
            let mut next = vec![0; count];
            for (sender, value) in &receiver {
                assert_eq!(value, next[sender]);
                next[sender] += 1;
            }
            assert_eq!(next, vec![500; count]);
        });
    }
    let (sender, receiver) = channel();
    let senders = (0..4).map(|_| sender.clone()).map(|sender| move |it| sender.send(it).unwrap()).collect();
    drop(sender);
    check(senders, receiver);
    for bound in [0, 1, 3] {
        let (sender, receiver) = sync_channel(bound);
        let senders = (0..4).map(|_| sender.clone()).map(|sender| move |it| sender.send(it).unwrap()).collect();
        drop(sender);
        check(senders, receiver);
    }
}

#[test]
fn a_message_is_dropped_once_wherever_it_ends() {
    let drops = Arc::new(AtomicUsize::new(0));
    let counted = || Counted(Arc::clone(&drops));
    let (sender, receiver) = sync_channel(2);
    sender.send(counted()).unwrap();
    sender.send(counted()).unwrap();
    drop(sender.try_send(counted()));
    assert_eq!(drops.load(Ordering::Relaxed), 1, "the one that found no room");
    drop(receiver.recv());
    assert_eq!(drops.load(Ordering::Relaxed), 2, "the one that was received");
    drop(receiver);
    assert_eq!(drops.load(Ordering::Relaxed), 3, "the one that was not");
    drop(sender.send(counted()));
    assert_eq!(drops.load(Ordering::Relaxed), 4, "the one that came back");
}

#[test]
fn one_thread_may_send_itself_what_no_other_may_have() {
    let (sender, receiver) = channel();
    sender.send(Rc::new(1)).unwrap();
    assert_eq!(*receiver.recv().unwrap(), 1);
}

#[test]
fn debug_shows_no_message() {
    let (sender, receiver) = channel::<u8>();
    let (sync_sender, _other) = sync_channel::<u8>(1);
    assert_eq!(format!("{sender:?} {sync_sender:?} {receiver:?}"), "Sender { .. } SyncSender { .. } Receiver { .. }");
    assert_eq!(
        format!("{:?} {:?}", receiver.iter(), receiver.try_iter()),
        "Iter { rx: Receiver { .. } } TryIter { rx: Receiver { .. } }"
    );
    assert_eq!(format!("{:?}", receiver.into_iter()), "IntoIter { rx: Receiver { .. } }");
}
