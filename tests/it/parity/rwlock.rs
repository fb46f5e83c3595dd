//! Calls every method and trait of `RwLock`, `RwLockReadGuard` and `RwLockWriteGuard`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use std::rc::Rc;

use super::sync::mpsc::channel;
use super::sync::{Arc, Barrier, LockResult, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult};
use super::thread;
use crate::parity::panics::caught;

static IN_A_STATIC: RwLock<Vec<u32>> = RwLock::new(Vec::new());
static IN_AN_ARRAY: [RwLock<u32>; 2] = [const { RwLock::new(5) }; 2];

/// Panics while `lock` is held for writing, and so poisons it.
fn poison<T: ?Sized>(lock: &RwLock<T>) {
    let panic = caught(|| {
        let _guard = lock.write();
        panic!("poisoned on purpose");
    });
    assert_eq!(panic.text, "poisoned on purpose");
}

#[test]
fn new_is_const() {
    IN_A_STATIC.write().unwrap().push(3);
    assert_eq!(*IN_A_STATIC.read().unwrap(), [3]);
    *IN_AN_ARRAY[1].write().unwrap() += 1;
    assert_eq!(IN_AN_ARRAY.each_ref().map(|lock| *lock.read().unwrap()), [5, 6]);
}

#[test]
fn default_and_from_wrap_the_value() {
    assert_eq!(RwLock::<String>::default().into_inner().unwrap(), "");
    assert_eq!(RwLock::from("a").into_inner().unwrap(), "a");
    let lock: RwLock<u8> = 4.into();
    assert_eq!(*lock.read().unwrap(), 4);
}

#[test]
fn methods_have_stds_signatures() {
    type Read<'a> = RwLockReadGuard<'a, u8>;
    type Write<'a> = RwLockWriteGuard<'a, u8>;
    let new: fn(u8) -> RwLock<u8> = RwLock::new;
    let read: for<'a> fn(&'a RwLock<u8>) -> LockResult<Read<'a>> = RwLock::read;
    let try_read: for<'a> fn(&'a RwLock<u8>) -> TryLockResult<Read<'a>> = RwLock::try_read;
    let write: for<'a> fn(&'a RwLock<u8>) -> LockResult<Write<'a>> = RwLock::write;
    let try_write: for<'a> fn(&'a RwLock<u8>) -> TryLockResult<Write<'a>> = RwLock::try_write;
    let downgrade: fn(Write<'_>) -> Read<'_> = |guard| RwLockWriteGuard::downgrade(guard);
    let get_mut: for<'a> fn(&'a mut RwLock<u8>) -> LockResult<&'a mut u8> = RwLock::get_mut;
    let into_inner: fn(RwLock<u8>) -> LockResult<u8> = RwLock::into_inner;
    let is_poisoned: fn(&RwLock<u8>) -> bool = RwLock::is_poisoned;
    let clear_poison: fn(&RwLock<u8>) = RwLock::clear_poison;

    let mut lock = new(1);
    *write(&lock).unwrap() += 1;
    *try_write(&lock).unwrap() += 1;
    assert_eq!(*read(&lock).unwrap(), 3);
    assert_eq!(*try_read(&lock).unwrap(), 3);
    assert_eq!(*downgrade(write(&lock).unwrap()), 3);
    *get_mut(&mut lock).unwrap() += 1;
    clear_poison(&lock);
    assert!(!is_poisoned(&lock));
    assert_eq!(into_inner(lock).unwrap(), 4);
}

#[test]
fn readers_share() {
    let lock = RwLock::new(7);
    let all_read = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let guard = lock.read().unwrap();
                // Each of the three holds its guard here, so one that excluded another would hang.
                all_read.wait();
                assert_eq!(*guard, 7);
            });
        }
    });
}

#[test]
fn a_writer_excludes_everybody() {
    let lock = RwLock::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let mut guard = lock.write().unwrap();
                    let read = *guard;
                    thread::yield_now();
                    *guard = read + 1;
                }
            });
        }
    });
    assert_eq!(lock.into_inner().unwrap(), 400);
}

#[test]
fn read_and_write_block_until_the_writer_is_done() {
    let lock = RwLock::new(0);
    let (about_to_lock, heard) = channel();
    thread::scope(|scope| {
        let mut guard = lock.write().unwrap();
        let reader = scope.spawn(|| {
            about_to_lock.send(()).unwrap();
            *lock.read().unwrap()
        });
        let writer = scope.spawn(|| {
            about_to_lock.send(()).unwrap();
            *lock.write().unwrap()
        });
        heard.recv().unwrap();
        heard.recv().unwrap();
        *guard = 9;
        drop(guard);
        assert_eq!((reader.join().unwrap(), writer.join().unwrap()), (9, 9));
    });
}

#[test]
fn try_read_and_try_write_answer_at_once() {
    let lock = RwLock::new(0);
    let reader = lock.read().unwrap();
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    assert_eq!(*lock.try_read().unwrap(), 0);
    drop(reader);
    let writer = lock.write().unwrap();
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    drop(writer);
    *lock.try_write().unwrap() = 2;
    assert_eq!(*lock.try_read().unwrap(), 2);
}

#[test]
fn the_lock_is_free_for_a_writer_when_the_last_reader_leaves() {
    let lock = RwLock::new(0);
    let (first, second) = (lock.read().unwrap(), lock.try_read().unwrap());
    drop(first);
    assert!(lock.try_write().is_err());
    drop(second);
    assert!(lock.try_write().is_ok());
}

#[test]
fn downgrade_lets_readers_in_and_keeps_writers_out() {
    let lock = RwLock::new(1);
    let (about_to_lock, heard) = channel();
    thread::scope(|scope| {
        let mut writer = lock.write().unwrap();
        let other = scope.spawn(|| {
            about_to_lock.send(()).unwrap();
            *lock.write().unwrap() = 3;
        });
        heard.recv().unwrap();
        *writer = 2;
        let reader = RwLockWriteGuard::downgrade(writer);
        assert_eq!(*reader, 2, "no writer came between");
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        drop(reader);
        other.join().unwrap();
    });
    assert_eq!(*lock.read().unwrap(), 3);

    let reader = RwLockWriteGuard::downgrade(lock.write().unwrap());
    assert_eq!((*reader, *lock.try_read().unwrap()), (3, 3));
    drop(reader);
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_panic_under_a_write_guard_poisons() {
    let lock = RwLock::new(1);
    assert!(!lock.is_poisoned());
    poison(&lock);
    assert!(lock.is_poisoned());

    assert_eq!(**lock.read().unwrap_err().get_ref(), 1);
    **lock.write().unwrap_err().get_mut() = 2;
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(e)) if **e.get_ref() == 2));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(e)) if **e.get_ref() == 2));
    assert!(lock.is_poisoned(), "a poisoned lock stays so until it is cleared");

    lock.clear_poison();
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.read().unwrap(), 2);
    assert_eq!(*lock.write().unwrap(), 2);
}

#[test]
fn a_panic_under_a_read_guard_does_not_poison() {
    let lock = RwLock::new(1);
    let panic = caught(|| {
        let _guard = lock.read().unwrap();
        panic!("reading");
    });
    assert_eq!(panic.text, "reading");
    assert!(!lock.is_poisoned());

    let panic = caught(|| {
        let _guard = RwLockWriteGuard::downgrade(lock.write().unwrap());
        panic!("downgraded");
    });
    assert_eq!(panic.text, "downgraded");
    assert!(!lock.is_poisoned());
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_guard_taken_while_panicking_does_not_poison() {
    struct WritesOnDrop<'a>(&'a RwLock<u32>);
    impl Drop for WritesOnDrop<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.0.write().unwrap() += 1;
            *self.0.try_write().unwrap() += 1;
            assert_eq!(*self.0.read().unwrap(), 2);
        }
    }
    let lock = RwLock::new(0);
    let panic = caught(|| {
        let _writes = WritesOnDrop(&lock);
        panic!("unwinding");
    });
    assert_eq!(panic.text, "unwinding");
    assert!(!lock.is_poisoned());
}

#[test]
fn get_mut_and_into_inner_report_poison_and_give_the_value() {
    let mut lock = RwLock::new(1);
    *lock.get_mut().unwrap() = 2;
    poison(&lock);
    **lock.get_mut().unwrap_err().get_mut() += 1;
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 3);
}

#[test]
fn the_value_is_dropped_once() {
    let value = Rc::new(());
    drop(RwLock::new(Rc::clone(&value)));
    assert_eq!(Rc::strong_count(&value), 1);
    drop(RwLock::new(Rc::clone(&value)).into_inner());
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn the_type_unsizes() {
    let boxed: Box<RwLock<dyn Fn() -> u8>> = Box::new(RwLock::new(|| 4));
    assert_eq!(boxed.read().unwrap()(), 4);
    assert_eq!(boxed.write().unwrap()(), 4);

    let shared: Arc<RwLock<dyn ToString + Send + Sync>> = Arc::new(RwLock::new(12));
    let theirs = Arc::clone(&shared);
    let said = thread::spawn(move || theirs.read().unwrap().to_string()).join().unwrap();
    assert_eq!(said, "12");

    let mut sized = RwLock::new([1_u8, 2, 3]);
    let slice: &RwLock<[u8]> = &sized;
    slice.write().unwrap()[0] = 9;
    assert_eq!(RwLockWriteGuard::downgrade(slice.write().unwrap()).len(), 3);
    assert_eq!(format!("{slice:?}"), "RwLock { data: [9, 2, 3], poisoned: false, .. }");
    poison(slice);
    slice.clear_poison();
    let slice: &mut RwLock<[u8]> = &mut sized;
    slice.get_mut().unwrap().reverse();
    assert_eq!(sized.into_inner().unwrap(), [3, 2, 9]);
}

#[test]
fn debug_is_stds() {
    let lock = RwLock::new("a");
    assert_eq!(format!("{lock:?}"), r#"RwLock { data: "a", poisoned: false, .. }"#);
    assert_eq!(format!("{lock:#?}"), "RwLock {\n    data: \"a\",\n    poisoned: false,\n    ..\n}");
    let reader = lock.read().unwrap();
    assert_eq!(format!("{lock:?}"), r#"RwLock { data: "a", poisoned: false, .. }"#);
    drop(reader);
    let writer = lock.write().unwrap();
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked>, poisoned: false, .. }");
    drop(writer);
    poison(&lock);
    assert_eq!(format!("{lock:?}"), r#"RwLock { data: "a", poisoned: true, .. }"#);
}

#[test]
fn guards_deref_and_print_as_their_value() {
    let lock = RwLock::new(String::from("a"));
    let mut writer = lock.write().unwrap();
    writer.push('b');
    let by_trait: &mut String = &mut writer;
    by_trait.push('c');
    assert_eq!(format!("{writer} {writer:?} {writer:>5}"), r#"abc "abc"   abc"#);
    drop(writer);
    let reader = lock.read().unwrap();
    assert_eq!(reader.len(), 3);
    assert_eq!(format!("{reader} {reader:?} {reader:.1}"), r#"abc "abc" a"#);
}

#[test]
fn guards_shorten_their_lifetimes() {
    fn shorten_write<'short, 'long: 'short>(guard: RwLockWriteGuard<'long, u8>) -> RwLockWriteGuard<'short, u8> {
        guard
    }
    static LOCK: RwLock<u8> = RwLock::new(1);
    assert_eq!(*shorten_write(LOCK.write().unwrap()), 1);
}

#[test]
fn a_read_guard_is_covariant_in_its_value() {
    fn shorten_read<'short, 'long: 'short>(
        guard: RwLockReadGuard<'short, &'long str>,
    ) -> RwLockReadGuard<'short, &'short str> {
        guard
    }
    let lock = RwLock::new("a");
    assert_eq!(*shorten_read(lock.read().unwrap()), "a");
}

#[test]
fn guards_can_be_shared_with_another_thread() {
    let lock = RwLock::new(6);
    let guard = lock.write().unwrap();
    assert_eq!(thread::scope(|scope| scope.spawn(|| *guard).join().unwrap()), 6);
    let guard = RwLockWriteGuard::downgrade(guard);
    assert_eq!(thread::scope(|scope| scope.spawn(|| *guard).join().unwrap()), 6);
}

#[test]
#[expect(clippy::needless_late_init, reason = "the lock must be declared before what it borrows")]
fn a_lock_may_borrow_what_is_dropped_before_it() {
    let lock;
    let text = String::from("a");
    lock = RwLock::new(&text);
    assert_eq!(**lock.read().unwrap(), "a");
}
