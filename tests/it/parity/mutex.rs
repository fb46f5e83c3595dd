//! Calls every method and trait of `Mutex`, `MutexGuard`, `PoisonError` and `TryLockError`.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: the 1.95 documentation of `std::sync`; each literal text here was printed by std.
//! INVARIANT: every expectation holds for std.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

use super::sync::mpsc::channel;
use super::sync::{Arc, LockResult, Mutex, MutexGuard, PoisonError, TryLockError, TryLockResult};
use super::thread;
use crate::parity::panics::caught;

static IN_A_STATIC: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static IN_AN_ARRAY: [Mutex<u32>; 3] = [const { Mutex::new(5) }; 3];

thread_local! {
    static IN_A_THREAD_LOCAL: Mutex<u32> = const { Mutex::new(1) };
}

const fn built_in_a_const_fn() -> Mutex<u32> {
    Mutex::new(8)
}

trait Speak {
    fn speak(&mut self) -> String;
}

impl Speak for u32 {
    fn speak(&mut self) -> String {
        *self += 1;
        format!("I am {self}")
    }
}

/// Panics while `lock` is held, and so poisons it.
fn poison<T: ?Sized>(lock: &Mutex<T>) {
    let panic = caught(|| {
        let _guard = lock.lock();
        panic!("poisoned on purpose");
    });
    assert_eq!(panic.text, "poisoned on purpose");
}

#[test]
fn new_is_const() {
    static BUILT: Mutex<u32> = built_in_a_const_fn();
    IN_A_STATIC.lock().unwrap().push(3);
    assert_eq!(*IN_A_STATIC.lock().unwrap(), [3]);
    *IN_AN_ARRAY[1].lock().unwrap() += 1;
    assert_eq!(IN_AN_ARRAY.each_ref().map(|lock| *lock.lock().unwrap()), [5, 6, 5]);
    IN_A_THREAD_LOCAL.with(|lock| *lock.lock().unwrap() += 1);
    assert_eq!(IN_A_THREAD_LOCAL.with(|lock| *lock.lock().unwrap()), 2);
    assert_eq!(*BUILT.lock().unwrap(), 8);
}

#[test]
fn default_and_from_wrap_the_value() {
    assert_eq!(Mutex::<String>::default().into_inner().unwrap(), "");
    assert_eq!(Mutex::from("a").into_inner().unwrap(), "a");
    let lock: Mutex<u8> = 4.into();
    assert_eq!(*lock.lock().unwrap(), 4);
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn(u8) -> Mutex<u8> = Mutex::new;
    let lock: for<'a> fn(&'a Mutex<u8>) -> LockResult<MutexGuard<'a, u8>> = Mutex::lock;
    let try_lock: for<'a> fn(&'a Mutex<u8>) -> TryLockResult<MutexGuard<'a, u8>> = Mutex::try_lock;
    let get_mut: for<'a> fn(&'a mut Mutex<u8>) -> LockResult<&'a mut u8> = Mutex::get_mut;
    let into_inner: fn(Mutex<u8>) -> LockResult<u8> = Mutex::into_inner;
    let is_poisoned: fn(&Mutex<u8>) -> bool = Mutex::is_poisoned;
    let clear_poison: fn(&Mutex<u8>) = Mutex::clear_poison;

    let mut mutex = new(1);
    *lock(&mutex).unwrap() += 1;
    *try_lock(&mutex).unwrap() += 1;
    *get_mut(&mut mutex).unwrap() += 1;
    clear_poison(&mutex);
    assert!(!is_poisoned(&mutex));
    assert_eq!(into_inner(mutex).unwrap(), 4);
}

#[test]
fn lock_excludes_other_threads() {
    let lock = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let mut guard = lock.lock().unwrap();
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
fn lock_blocks_until_the_guard_is_dropped() {
    let lock = Mutex::new(0);
    let (about_to_lock, heard) = channel();
    thread::scope(|scope| {
        let mut guard = lock.lock().unwrap();
        let waiter = scope.spawn(|| {
            about_to_lock.send(()).unwrap();
            *lock.lock().unwrap()
        });
        heard.recv().unwrap();
        *guard = 9;
        drop(guard);
        assert_eq!(waiter.join().unwrap(), 9);
    });
}

#[test]
fn try_lock_would_block_on_any_held_lock() {
    let lock = Mutex::new(0);
    let guard = lock.lock().unwrap();
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    thread::scope(|scope| {
        let other = scope.spawn(|| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        assert!(other.join().unwrap());
    });
    drop(guard);
    *lock.try_lock().unwrap() = 2;
    assert_eq!(*lock.lock().unwrap(), 2);
}

#[test]
fn a_panic_under_the_guard_poisons() {
    let lock = Mutex::new(1);
    assert!(!lock.is_poisoned());
    poison(&lock);
    assert!(lock.is_poisoned());

    let error = lock.lock().unwrap_err();
    assert_eq!(**error.get_ref(), 1);
    drop(error);
    let Err(TryLockError::Poisoned(mut error)) = lock.try_lock() else { panic!("not poisoned") };
    **error.get_mut() = 2;
    assert_eq!(*error.into_inner(), 2);
    assert!(lock.is_poisoned(), "a poisoned lock stays so until it is cleared");

    lock.clear_poison();
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.lock().unwrap(), 2);
}

#[test]
fn a_panic_in_another_thread_poisons() {
    let lock = Arc::new(Mutex::new(1));
    let theirs = Arc::clone(&lock);
    let ended = thread::spawn(move || {
        let _guard = theirs.lock().unwrap();
        panic!("poisoned on purpose");
    });
    assert!(ended.join().is_err());
    assert!(lock.is_poisoned());
}

#[test]
fn a_guard_that_outlives_a_caught_panic_does_not_poison() {
    let lock = Mutex::new(1);
    let guard = lock.lock().unwrap();
    assert_eq!(caught(|| panic!("elsewhere")).text, "elsewhere");
    drop(guard);
    assert!(!lock.is_poisoned());
}

#[test]
fn a_guard_taken_while_panicking_does_not_poison() {
    struct LocksOnDrop<'a>(&'a Mutex<u32>);
    impl Drop for LocksOnDrop<'_> {
        fn drop(&mut self) {
            assert!(thread::panicking());
            *self.0.lock().unwrap() += 1;
            *self.0.try_lock().unwrap() += 1;
        }
    }
    let lock = Mutex::new(0);
    let panic = caught(|| {
        let _locks = LocksOnDrop(&lock);
        panic!("unwinding");
    });
    assert_eq!(panic.text, "unwinding");
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.lock().unwrap(), 2);
}

#[test]
fn get_mut_and_into_inner_report_poison_and_give_the_value() {
    let mut lock = Mutex::new(1);
    *lock.get_mut().unwrap() = 2;
    poison(&lock);
    **lock.get_mut().unwrap_err().get_mut() += 1;
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 3);

    let lock = Mutex::new(4);
    poison(&lock);
    lock.clear_poison();
    assert_eq!(lock.into_inner().unwrap(), 4);
}

#[test]
fn the_value_is_dropped_once() {
    let value = Rc::new(());
    drop(Mutex::new(Rc::clone(&value)));
    assert_eq!(Rc::strong_count(&value), 1);
    let inner = Mutex::new(Rc::clone(&value)).into_inner().unwrap();
    assert_eq!(Rc::strong_count(&value), 2);
    drop(inner);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_leaked_guard_keeps_the_lock_held() {
    let mut lock = Mutex::new(1);
    std::mem::forget(lock.lock());
    assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    assert_eq!(*lock.get_mut().unwrap(), 1);
}

#[test]
fn the_type_unsizes() {
    let speaker: Arc<Mutex<dyn Speak + Send>> = Arc::new(Mutex::new(1_u32));
    let theirs = Arc::clone(&speaker);
    let said = thread::spawn(move || theirs.lock().unwrap().speak()).join().unwrap();
    assert_eq!(said, "I am 2");
    assert_eq!(speaker.try_lock().unwrap().speak(), "I am 3");

    let mut sized = Mutex::new([1_u8, 2, 3]);
    let slice: &Mutex<[u8]> = &sized;
    slice.lock().unwrap()[0] = 9;
    assert_eq!(format!("{slice:?}"), "Mutex { data: [9, 2, 3], poisoned: false, .. }");
    poison(slice);
    assert!(slice.is_poisoned());
    slice.clear_poison();
    let slice: &mut Mutex<[u8]> = &mut sized;
    slice.get_mut().unwrap().reverse();
    assert_eq!(sized.into_inner().unwrap(), [3, 2, 9]);

    let boxed: Box<Mutex<dyn Fn(u8) -> u8>> = Box::new(Mutex::new(|x| x + 1));
    assert_eq!(boxed.lock().unwrap()(4), 5);
}

#[test]
fn debug_is_stds() {
    let lock = Mutex::new("a");
    assert_eq!(format!("{lock:?}"), r#"Mutex { data: "a", poisoned: false, .. }"#);
    assert_eq!(format!("{lock:#?}"), "Mutex {\n    data: \"a\",\n    poisoned: false,\n    ..\n}");
    let guard = lock.lock().unwrap();
    assert_eq!(format!("{lock:?}"), r#"Mutex { data: "<locked>", poisoned: false, .. }"#);
    drop(guard);
    poison(&lock);
    assert_eq!(format!("{lock:?}"), r#"Mutex { data: "a", poisoned: true, .. }"#);
    let error = lock.lock();
    assert_eq!(format!("{lock:?}"), r#"Mutex { data: "<locked>", poisoned: true, .. }"#);
    assert_eq!(format!("{error:?}"), "Err(PoisonError { .. })");
}

#[test]
fn debug_holds_the_lock_while_it_formats() {
    thread_local! {
        static SEEN: Cell<Option<&'static Mutex<Nosy>>> = const { Cell::new(None) };
    }
    struct Nosy;
    impl fmt::Debug for Nosy {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            let lock = SEEN.get().unwrap();
            assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
            out.write_str("Nosy")
        }
    }
    static LOCK: Mutex<Nosy> = Mutex::new(Nosy);
    SEEN.set(Some(&LOCK));
    assert_eq!(format!("{LOCK:?}"), "Mutex { data: Nosy, poisoned: false, .. }");
    assert!(LOCK.try_lock().is_ok());
}

#[test]
fn a_debug_impl_that_panics_poisons() {
    struct Explosive;
    impl fmt::Debug for Explosive {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("not printable")
        }
    }
    let lock = Mutex::new(Explosive);
    assert_eq!(caught(|| format!("{lock:?}")).text, "not printable");
    assert!(lock.is_poisoned());
    assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
}

#[test]
fn a_guard_derefs_and_prints_as_its_value() {
    let lock = Mutex::new(String::from("a"));
    let mut guard = lock.lock().unwrap();
    guard.push('b');
    let by_trait: &mut String = &mut guard;
    by_trait.push('c');
    assert_eq!(guard.len(), 3);
    assert_eq!(format!("{guard} {guard:?} {guard:>5} {guard:.1}"), r#"abc "abc"   abc a"#);
}

#[test]
fn a_guard_shortens_its_lifetime() {
    fn shorten<'short, 'long: 'short>(guard: MutexGuard<'long, u8>) -> MutexGuard<'short, u8> {
        guard
    }
    static LOCK: Mutex<u8> = Mutex::new(1);
    assert_eq!(*shorten(LOCK.lock().unwrap()), 1);
}

#[test]
fn a_guard_can_be_shared_with_another_thread() {
    let lock = Mutex::new(6);
    let guard = lock.lock().unwrap();
    let seen = thread::scope(|scope| scope.spawn(|| *guard).join().unwrap());
    assert_eq!(seen, 6);
}

#[test]
#[expect(clippy::needless_late_init, reason = "the lock must be declared before what it borrows")]
fn a_lock_may_borrow_what_is_dropped_before_it() {
    let lock;
    let text = String::from("a");
    lock = Mutex::new(&text);
    assert_eq!(**lock.lock().unwrap(), "a");
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated methods too")]
fn poison_error_is_stds() {
    let mut error = PoisonError::new(1);
    *error.get_mut() += 1;
    assert_eq!(*error.get_ref(), 2);
    assert_eq!(error.to_string(), "poisoned lock: another task failed inside");
    assert_eq!(format!("{error:?}"), "PoisonError { .. }");
    assert!(error.source().is_none() && error.cause().is_none());
    assert_eq!(error.description(), "description() is deprecated; use Display");
    let wrapped = TryLockError::from(error);
    assert!(matches!(wrapped, TryLockError::Poisoned(error) if *error.get_ref() == 2));
}

#[test]
#[expect(deprecated, reason = "parity reaches deprecated methods too")]
fn try_lock_error_is_stds() {
    let lock = Mutex::new(1);
    let guard = lock.lock().unwrap();
    let error = lock.try_lock().unwrap_err();
    assert_eq!(error.to_string(), "try_lock failed because the operation would block");
    assert_eq!(format!("{error:?}"), r#""WouldBlock""#);
    assert_eq!(error.description(), "description() is deprecated; use Display");
    assert!(error.source().is_none() && error.cause().is_none());
    drop(guard);
    poison(&lock);
    let error = lock.try_lock().unwrap_err();
    assert_eq!(error.to_string(), "poisoned lock: another task failed inside");
    assert_eq!(format!("{error:?}"), r#""Poisoned(..)""#);
    assert!(error.source().is_none());
}

#[test]
fn a_guard_question_mark_passes_the_poison_on() {
    fn add(lock: &Mutex<u32>) -> Result<u32, PoisonError<MutexGuard<'_, u32>>> {
        let mut guard = lock.lock()?;
        *guard += 1;
        Ok(*guard)
    }
    fn try_add(lock: &Mutex<u32>) -> Result<u32, TryLockError<MutexGuard<'_, u32>>> {
        *lock.lock()? += 1;
        Ok(*lock.try_lock()?)
    }
    let lock = Mutex::new(1);
    assert_eq!(add(&lock).unwrap(), 2);
    assert_eq!(try_add(&lock).unwrap(), 3);
    poison(&lock);
    assert!(add(&lock).is_err());
    assert!(matches!(try_add(&lock), Err(TryLockError::Poisoned(_))));
}
