//! What messages and the ends of channels order, and what they do not.

use super::{Cell, is_quiet, one_after_the_other, races, turn};
use gordian::checked::sync::mpsc::{RecvTimeoutError, TryRecvError, channel, sync_channel};
use gordian::checked::thread;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_message_orders_what_was_before_it_was_sent() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = channel();
        let (cell, theirs) = (&cell, &cell);
        thread::scope(|scope| {
            scope.spawn(move || {
                theirs.write();
                sender.send(()).unwrap();
            });
            receiver.recv().unwrap();
            cell.write();
        });
    });
    let cell = Cell::new();
    races(|| {
        let (sender, receiver) = channel();
        let (done, go) = turn();
        let (cell, theirs) = (&cell, &cell);
        thread::scope(|scope| {
            scope.spawn(move || {
                sender.send(()).unwrap();
                theirs.write();
                done.send(()).unwrap();
                drop(sender);
            });
            go.recv().unwrap();
            receiver.recv().unwrap();
            cell.write();
        });
    });
}

#[test]
fn a_message_says_nothing_of_later_ones() {
    let cell = Cell::new();
    races(|| {
        let (sender, receiver) = channel();
        let (done, go) = turn();
        let (cell, theirs) = (&cell, &cell);
        thread::scope(|scope| {
            scope.spawn(move || {
                sender.send(1).unwrap();
                theirs.write();
                sender.send(2).unwrap();
                done.send(()).unwrap();
            });
            go.recv().unwrap();
            assert_eq!(receiver.try_recv(), Ok(1));
            cell.write();
        });
    });
}

#[test]
fn a_place_that_a_receive_frees_orders_the_send_into_it() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = sync_channel(1);
        sender.send(1).unwrap();
        let (cell, theirs) = (&cell, &cell);
        thread::scope(|scope| {
            scope.spawn(move || {
                theirs.write();
                receiver.recv().unwrap();
                receiver.recv().unwrap();
            });
            sender.send(2).unwrap();
            cell.write();
        });
    });
    let cell = Cell::new();
    races(|| {
        let (sender, receiver) = channel();
        sender.send(1).unwrap();
        // Shared, so that it lives on.
        let receiver = std::sync::Mutex::new(receiver);
        one_after_the_other(
            || {
                cell.write();
                receiver.lock().unwrap().recv().unwrap();
            },
            || {
                // There is always a place in this one.
                sender.send(2).unwrap();
                cell.write();
            },
        );
    });
}

#[test]
fn the_end_of_all_senders_orders_what_they_did() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = channel::<()>();
        let (cell, theirs) = (&cell, &cell);
        thread::scope(|scope| {
            scope.spawn(move || {
                theirs.write();
                drop(sender);
            });
            assert!(receiver.recv().is_err());
            cell.write();
        });
    });
    let cell = Cell::new();
    races(|| {
        let (sender, receiver) = channel::<()>();
        let theirs = &cell;
        one_after_the_other(
            || cell.write(),
            move || {
                assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
                theirs.write();
            },
        );
        drop(sender);
    });
}

#[test]
fn the_end_of_the_receiver_orders_what_it_did() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = channel();
        let theirs = &cell;
        one_after_the_other(
            move || {
                theirs.write();
                drop(receiver);
            },
            || {
                assert!(sender.send(()).is_err());
                cell.write();
            },
        );
    });
}

#[test]
fn a_wait_for_a_message_that_ends_without_one_orders_nothing() {
    let cell = Cell::new();
    races(|| {
        let (sender, receiver) = channel::<()>();
        let theirs = &cell;
        one_after_the_other(
            || cell.write(),
            move || {
                assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
                theirs.write();
            },
        );
        drop(sender);
    });
}

/// A value whose destructor accesses a cell.
struct Touches(Arc<Cell>);

impl Drop for Touches {
    fn drop(&mut self) {
        self.0.write();
    }
}

#[test]
fn a_message_that_nobody_received_is_dropped_after_it_was_sent() {
    let cell = Cell::new();
    is_quiet(|| {
        let (sender, receiver) = channel();
        one_after_the_other(
            || {
                cell.write();
                sender.send(Touches(Arc::clone(&cell))).unwrap();
            },
            move || drop(receiver),
        );
    });
}
