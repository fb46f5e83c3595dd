//! `Condition` over a `Mutex`, an `RLock`, and references to them.

use super::sync::{Arc, Condition, Mutex, RLock};
use super::thread;
use gordian::Named;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(1);

#[test]
fn a_guard_reads_and_writes_what_the_lock_guards() {
    let condition = Condition::new(Mutex::new(1));
    *condition.acquire().unwrap() += 1;
    let guard = condition.acquire().unwrap();
    assert_eq!((*guard, format!("{guard:?}")), (2, "2".to_owned()));
    drop(guard);
    assert_eq!(condition.into_inner().into_inner().unwrap(), 2);
    let shared = Condition::new(RLock::new(Cell::new(1).into_inner()));
    assert_eq!(*shared.acquire().unwrap(), 1);
}

#[test]
fn who_waits_goes_on_once_notified_and_finds_what_was_changed() {
    let mail = Condition::new(Mutex::new(None));
    thread::scope(|scope| {
        scope.spawn(|| {
            *mail.acquire().unwrap() = Some("letter");
            mail.notify(1);
        });
        let mut letter = mail.acquire().unwrap();
        while letter.is_none() {
            letter.wait().unwrap();
        }
        assert_eq!(*letter, Some("letter"));
    });
}

#[test]
fn a_holder_may_notify_by_its_guard() {
    let count = Condition::new(Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut guard = count.acquire().unwrap();
                assert!(guard.wait_for(|count| *count > 0, None).unwrap());
                *guard += 1;
                guard.notify(1);
            });
        }
        let mut guard = count.acquire().unwrap();
        *guard = 1;
        guard.notify_all();
        assert!(guard.wait_for(|count| *count == 3, None).unwrap());
    });
}

#[test]
fn a_wait_for_what_is_true_already_looks_once_and_does_not_wait() {
    let condition = Condition::new(Mutex::new(7));
    let mut looks = 0;
    let mut guard = condition.acquire().unwrap();
    for timeout in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
        let looked = |value: &i32| {
            looks += 1;
            *value == 7
        };
        assert!(guard.wait_for(looked, timeout).unwrap());
    }
    assert_eq!(looks, 3);
}

#[test]
fn a_wait_for_what_stays_false_ends_by_its_limit() {
    let condition = Condition::new(Mutex::new(7));
    let mut guard = condition.acquire().unwrap();
    assert!(!guard.wait_for(|value| *value == 8, Some(Duration::ZERO)).unwrap());
    assert!(!guard.wait_for(|value| *value == 8, Some(SOON)).unwrap());
    assert_eq!(*guard, 7);
    drop(guard);
    let reentrant = Condition::new(RLock::new(7));
    let mut guard = reentrant.acquire().unwrap();
    assert!(!guard.wait_for(|value| *value == 8, Some(SOON)).unwrap());
}

#[test]
fn a_wait_with_a_limit_ends_by_a_notification_too() {
    let condition = Condition::new(Mutex::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            *condition.acquire().unwrap() = 1;
            condition.notify_all();
        });
        let mut guard = condition.acquire().unwrap();
        assert!(guard.wait_for(|value| *value == 1, Some(Duration::MAX)).unwrap());
    });
}

#[test]
fn a_notification_that_nobody_waits_for_does_nothing() {
    let condition = Condition::new(Mutex::new(0));
    for n in [0, 1, usize::MAX] {
        condition.notify(n);
        condition.acquire().unwrap().notify(n);
    }
    condition.notify_all();
    condition.acquire().unwrap().notify_all();
    assert!(!condition.acquire().unwrap().wait_for(|value| *value == 1, Some(SOON)).unwrap());
}

/// How many of three who wait have gone on once `notify` was called, and then all of them.
fn woken(notify: impl Fn(&Condition<Mutex<(usize, usize)>>)) {
    let turns = Condition::new(Mutex::new((0, 0)));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut guard = turns.acquire().unwrap();
                guard.0 += 1;
                assert!(guard.wait_for(|turns| turns.1 > 0, None).unwrap());
                guard.1 -= 1;
            });
        }
        // Whoever is counted has given the lock back, so it waits.
        while turns.acquire().unwrap().0 < 3 {
            std::thread::yield_now();
        }
        turns.acquire().unwrap().1 = 3;
        notify(&turns);
    });
    assert_eq!(turns.into_inner().into_inner().unwrap(), (3, 0));
}

#[test]
fn as_many_are_woken_as_are_notified() {
    woken(|turns| turns.notify(3));
    woken(|turns| {
        turns.notify(2);
        turns.notify(1);
    });
    woken(|turns| turns.notify(usize::MAX));
    woken(|turns| turns.notify_all());
    woken(|turns| {
        turns.notify(0);
        (0..3).for_each(|_| turns.notify(1));
    });
}

#[test]
fn an_rlock_is_given_back_with_all_levels_and_taken_again_with_as_many() {
    let lock = RLock::new(AtomicUsize::new(0));
    let condition = Condition::new(&lock);
    thread::scope(|scope| {
        let outer = lock.lock();
        let middle = lock.lock();
        let mut inner = condition.acquire().unwrap();
        assert_eq!(lock.count(), 3);
        scope.spawn(|| {
            // It could not be had if a level were still out.
            condition.acquire().unwrap().store(1, Ordering::Relaxed);
            condition.notify_all();
        });
        assert!(inner.wait_for(|value| value.load(Ordering::Relaxed) == 1, None).unwrap());
        assert_eq!(lock.count(), 3);
        let is_free = || thread::scope(|scope| scope.spawn(|| lock.try_lock().is_some()).join().unwrap());
        assert!(!is_free());
        assert!(!inner.wait_for(|_| false, Some(SOON)).unwrap());
        assert_eq!(lock.count(), 3);
        drop(inner);
        drop(outer);
        assert!(!is_free());
        drop(middle);
        assert!(is_free());
        assert_eq!(lock.count(), 0);
    });
}

#[test]
fn a_predicate_that_panics_gives_all_levels_back_in_their_turn() {
    let lock = RLock::new(());
    let condition = Condition::new(&lock);
    let outer = lock.lock();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = condition.acquire().unwrap();
        let look = |_: &()| -> bool { resume_unwind(Box::new("looked")) };
        drop(guard.wait_for(look, None));
    }));
    assert!(panic.is_err());
    assert_eq!(lock.count(), 1);
    drop(outer);
    assert_eq!(lock.count(), 0);
}

#[test]
fn two_conditions_share_a_lock() {
    const ITEMS: usize = 200;
    let lock = Mutex::new(VecDeque::new());
    let (has_items, has_room) = (Condition::new(&lock), Condition::new(&lock));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for item in 0..ITEMS {
                    let mut items = has_room.acquire().unwrap();
                    items.wait_for(|items| items.len() < 2, None).unwrap();
                    items.push_back(item);
                    drop(items);
                    has_items.notify(1);
                }
            });
        }
        let mut sum = 0;
        for _ in 0..2 * ITEMS {
            let mut items = has_items.acquire().unwrap();
            items.wait_for(|items| !items.is_empty(), None).unwrap();
            sum += items.pop_front().unwrap();
            drop(items);
            has_room.notify(1);
        }
        assert_eq!(sum, ITEMS * (ITEMS - 1));
    });
}

#[test]
fn a_lock_may_be_shared_by_counting() {
    let lock = Arc::new(Mutex::new(0));
    let (one, other) = (Condition::new(Arc::clone(&lock)), Condition::new(Arc::clone(&lock)));
    *one.acquire().unwrap() += 1;
    *other.acquire().unwrap() += 1;
    assert_eq!(*lock.lock().unwrap(), 2);
    let deep = Condition::new(&lock);
    assert_eq!(*deep.acquire().unwrap(), 2);
}

#[test]
fn a_panic_poisons_the_mutex_below_and_all_who_come_later_are_told() {
    let condition = Condition::new(Mutex::new(1));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let mut guard = condition.acquire().unwrap();
        *guard = 2;
        resume_unwind(Box::new("while it is held"));
    }));
    assert!(panic.is_err());
    let mut guard = condition.acquire().unwrap_err().into_inner();
    assert_eq!(*guard, 2);
    // What is true already needs no wait, and the wait would say it.
    assert!(guard.wait_for(|value| *value == 2, None).unwrap());
    let poisoned = guard.wait_for(|value| *value == 3, Some(SOON)).unwrap_err();
    assert!(!poisoned.into_inner());
    *guard = 4;
    drop(guard);
    condition.into_inner().clear_poison();
}

#[test]
fn a_wait_tells_that_its_mutex_was_poisoned_meanwhile() {
    let condition = Condition::new(Mutex::new(0));
    thread::scope(|scope| {
        let mut guard = condition.acquire().unwrap();
        let panics = scope.spawn(|| {
            let mut guard = condition.acquire().unwrap();
            *guard = 1;
            guard.notify_all();
            resume_unwind(Box::new("while it is held"));
        });
        while *guard == 0 {
            match guard.wait() {
                Ok(()) => assert_eq!(*guard, 0),
                Err(_) => assert_eq!(*guard, 1),
            }
        }
        // The lock is held all the same.
        assert!(condition.is_held());
        drop(guard);
        assert!(panics.join().is_err());
    });
    assert!(condition.acquire().is_err());
}

trait IsHeld {
    fn is_held(&self) -> bool;
}

impl IsHeld for Condition<Mutex<i32>> {
    fn is_held(&self) -> bool {
        format!("{self:?}").contains("<locked>")
    }
}

#[test]
fn an_rlock_is_not_poisoned() {
    let condition = Condition::new(RLock::new(1));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _guard = condition.acquire().unwrap();
        resume_unwind(Box::new("while it is held"));
    }));
    assert!(panic.is_err());
    assert_eq!(*condition.acquire().unwrap(), 1);
}

#[test]
fn a_wait_may_begin_while_the_threads_locals_are_dropped() {
    static LOCK: RLock<()> = RLock::new(());
    static CONDITION: Condition<&RLock<()>> = Condition::new(&LOCK);
    struct WaitsOnDrop;
    impl Drop for WaitsOnDrop {
        fn drop(&mut self) {
            assert!(!CONDITION.acquire().unwrap().wait_for(|()| false, Some(SOON)).unwrap());
        }
    }
    thread_local!(static LOCAL: RefCell<Option<WaitsOnDrop>> = const { RefCell::new(None) });
    thread::spawn(|| LOCAL.set(Some(WaitsOnDrop))).join().unwrap();
    assert_eq!(LOCK.count(), 0);
    assert!(LOCK.try_lock().is_some());
}

#[test]
fn a_condition_stands_in_a_static_over_a_lock_with_a_name() {
    static CONDITION: Condition<Mutex<i32>> = Condition::new(Mutex::new(1));
    *CONDITION.acquire().unwrap() += 1;
    assert_eq!(*CONDITION.acquire().unwrap(), 2);
    let named = Condition::new(Mutex::new(1).named("mail"));
    assert_eq!(*named.acquire().unwrap(), 1);
}

#[test]
fn debug_shows_the_lock() {
    let condition = Condition::new(Mutex::new(1));
    assert_eq!(format!("{condition:?}"), "Condition { lock: Mutex { data: 1, poisoned: false, .. }, .. }");
    let _held = condition.acquire().unwrap();
    assert_eq!(format!("{condition:?}"), "Condition { lock: Mutex { data: \"<locked>\", poisoned: false, .. }, .. }");
    let reentrant = Condition::new(RLock::new(1));
    assert_eq!(format!("{reentrant:?}"), "Condition { lock: RLock { data: 1, .. }, .. }");
}
