//! Locks that are awaited, by hand: alone, nested; and messages.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: nothing is ever pending, so that no runtime is measured.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::tasks_sync::{Mutex, mpsc};
use crate::measure::Side;

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nobody else has it"),
    }
}

pub(crate) fn one() -> Side {
    let lock = Mutex::const_new(0_u64);
    Side::of(move || now(async { *black_box(&lock).lock().await += 1 }))
}

pub(crate) fn nested_2() -> Side {
    let locks = [const { Mutex::const_new(0_u64) }; 2];
    Side::of(move || {
        let [a, b] = black_box(&locks);
        now(async {
            let _a = a.lock().await;
            *b.lock().await += 1;
        });
    })
}

pub(crate) fn message() -> Side {
    let (sender, mut receiver) = mpsc::channel(1);
    Side::of(move || {
        now(async {
            sender.send(1).await.expect("there is room");
            assert_eq!(receiver.recv().await, Some(1));
        });
    })
}
