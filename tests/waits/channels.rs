//! Messages, from empty channels and to full ones.
//!
//! Must not know: how a case is run.

use super::Case;
use super::actors::{lock, meet, until_blocked, wait_with_a_lock, wait_with_another_lock};
use gordian::checked::sync::{Arc, Condvar, Mutex, mpsc};
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

cases! {
    a_receive_with_a_lock_that_the_sender_needs finds [deadlock] {
        let (sender, receiver) = mpsc::channel();
        wait_with_a_lock(move || drop(receiver.recv()), move || drop(sender.send(1)));
    }
    a_receive_with_a_lock_that_nobody_needs finds [] {
        let (sender, receiver) = mpsc::channel();
        wait_with_another_lock(move || drop(receiver.recv()), move || drop(sender.send(1)));
    }
    a_timed_receive_with_a_lock_that_the_sender_needs finds [wait_while_holding] {
        let (sender, receiver) = mpsc::channel();
        let is_held = std::sync::Barrier::new(2);
        let a = lock("a");
        thread::scope(|scope| {
            scope.spawn(|| {
                let _a = a.lock();
                is_held.wait();
                drop(receiver.recv_timeout(Duration::from_millis(60)));
                drop(receiver);
            });
            is_held.wait();
            let _a = a.lock();
            drop(sender.send(1));
        });
    }
    a_receive_by_one_who_keeps_a_sender finds [stall] {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        thread::spawn(move || drop(other.send(1))).join().unwrap();
        drop(catch_unwind(AssertUnwindSafe(|| receiver.iter().count())));
        drop(sender);
    }
    a_receive_by_one_who_gave_all_senders_away finds [] {
        let (sender, receiver) = mpsc::channel::<u32>();
        thread::spawn(move || drop(sender.send(1))).join().unwrap();
        assert_eq!(receiver.iter().count(), 1);
    }
    the_end_of_the_last_thread_that_could_send finds [stall] {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        let last = thread::spawn(move || { until_blocked(1); drop(other); });
        drop(catch_unwind(AssertUnwindSafe(|| receiver.recv())));
        drop((sender, last));
    }
    the_end_of_the_last_thread_that_could_notify finds [stall] {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let _last = thread::spawn(|| until_blocked(1));
        drop(catch_unwind(AssertUnwindSafe(|| drop(pair.1.wait(pair.0.lock().unwrap())))));
    }
    a_send_to_a_full_channel_with_a_lock_that_the_receiver_needs finds [deadlock] {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(0).unwrap();
        wait_with_a_lock(move || drop(sender.send(1)), move || drop(receiver.recv()));
    }
    a_send_to_a_full_channel_with_a_lock_that_nobody_needs finds [] {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(0).unwrap();
        wait_with_another_lock(move || drop(sender.send(1)), move || assert_eq!(receiver.iter().count(), 2));
    }
    a_rendezvous_with_a_lock_that_the_receiver_needs finds [deadlock] {
        let (sender, receiver) = mpsc::sync_channel(0);
        wait_with_a_lock(move || drop(sender.send(1)), move || drop(receiver.recv()));
    }
    a_rendezvous finds [] {
        let (sender, receiver) = mpsc::sync_channel(0);
        wait_with_another_lock(move || drop(sender.send(1)), move || assert_eq!(receiver.iter().count(), 1));
    }
    two_who_wait_for_each_others_messages finds [stall] {
        let ((to_them, mine), (to_me, theirs)) = (mpsc::channel::<u32>(), mpsc::channel::<u32>());
        meet(move || { drop(mine.recv()); drop(to_me.send(1)); }, move || { drop(theirs.recv()); drop(to_them.send(1)); });
    }
}
