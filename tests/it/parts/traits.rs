//! The traits of the parts, those that they must not have included.

use crate::parity::traits::traits_of;
use std::cell::Cell;
use std::rc::Rc;

/// The types under test, with lifetimes filled in.
mod ours {
    use super::super::sync;

    pub(super) use sync::{
        BoundedSemaphore, Condition, Empty, Event, Full, LifoQueue, Mutex, PriorityQueue, Queue, RLock, ReleaseError,
        Semaphore, TaskDoneError,
    };
    pub(super) type Permit = sync::SemaphorePermit<'static>;
    pub(super) type Guard<L> = sync::ConditionGuard<'static, L>;
}

const SHARED: &str = "send sync unpin unwind_safe ref_unwind_safe debug";

#[test]
fn semaphores_and_events_are_shared_and_a_permit_stays_on_its_thread() {
    assert_eq!(traits_of!(ours::Semaphore), SHARED);
    assert_eq!(traits_of!(ours::BoundedSemaphore), SHARED);
    assert_eq!(traits_of!(ours::Event), format!("{SHARED} default"));
    assert_eq!(traits_of!(ours::Permit), "sync unpin unwind_safe ref_unwind_safe debug");
}

/// What holds of every queue.
macro_rules! queue {
    ($queue:ident) => {
        assert_eq!(traits_of!(ours::$queue<u8>), SHARED);
        // An item is one thread's at a time, so it need not be shareable, and must be able to travel.
        assert_eq!(traits_of!(ours::$queue<Cell<u8>>), SHARED);
        let stays = "unpin unwind_safe ref_unwind_safe debug";
        assert_eq!(traits_of!(ours::$queue<Rc<u8>>), stays);
        assert_eq!(traits_of!(ours::$queue<*const u8>), stays);
        assert_eq!(traits_of!(ours::$queue<&'static u8>), SHARED);
    };
}

#[test]
fn queues_are_shared_if_their_items_can_travel() {
    queue!(Queue);
    queue!(LifoQueue);
    queue!(PriorityQueue);
    struct Opaque;
    assert_eq!(traits_of!(ours::Queue<Opaque>), SHARED);
    assert_eq!(traits_of!(ours::LifoQueue<Opaque>), SHARED);
}

#[test]
fn a_condition_is_as_shared_as_its_lock_and_its_guard_stays() {
    assert_eq!(traits_of!(ours::Condition<ours::Mutex<Cell<u8>>>), SHARED);
    assert_eq!(traits_of!(ours::Condition<ours::RLock<Cell<u8>>>), "send sync unpin unwind_safe debug");
    assert_eq!(traits_of!(ours::Condition<&'static ours::Mutex<u8>>), SHARED);
    assert_eq!(traits_of!(ours::Condition<ours::Mutex<Rc<u8>>>), "unpin unwind_safe ref_unwind_safe debug");
    let guard = "sync unpin unwind_safe ref_unwind_safe debug";
    assert_eq!(traits_of!(ours::Guard<ours::Mutex<u8>>), guard);
    assert_eq!(traits_of!(ours::Guard<ours::RLock<u8>>), guard);
    assert_eq!(traits_of!(ours::Guard<ours::Mutex<Cell<u8>>>), "unpin unwind_safe ref_unwind_safe debug");
}

#[test]
fn errors_are_plain_values() {
    let plain = "send sync unpin unwind_safe ref_unwind_safe clone copy debug display error partial_eq eq";
    assert_eq!(traits_of!(ours::Empty), plain);
    assert_eq!(traits_of!(ours::Full<u8>), plain);
    assert_eq!(traits_of!(ours::ReleaseError), plain);
    assert_eq!(traits_of!(ours::TaskDoneError), plain);
    assert_eq!(
        traits_of!(ours::Full<String>),
        "send sync unpin unwind_safe ref_unwind_safe clone debug display error partial_eq eq"
    );
}
