//! `RLock`, one body for every backend that runs threads for real.

/// The claims, over a path that has `sync` and `thread`.
macro_rules! claims {
    ($backend:ident, $($root:ident)::+) => {
        mod $backend {
            use $($root)::+::sync::{Arc, RLock, RLockGuard};
            use $($root)::+::thread;
            use std::cell::{Cell, RefCell};
            use std::mem::forget;
            use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
            use std::rc::Rc;

            /// Asks from a thread that holds nothing.
            fn is_free<T: ?Sized + Send>(lock: &RLock<T>) -> bool {
                thread::scope(|scope| scope.spawn(|| lock.try_lock().is_some()).join().unwrap())
            }

            #[test]
            fn another_thread_is_refused_until_the_last_level_ends() {
                let lock = RLock::new(());
                assert!(is_free(&lock));
                let outer = lock.lock();
                assert!(!is_free(&lock));
                let inner = lock.lock();
                assert!(!is_free(&lock));
                drop(inner);
                assert!(!is_free(&lock));
                drop(outer);
                assert!(is_free(&lock));
            }

            #[test]
            fn no_increment_is_lost_between_threads() {
                const THREADS: usize = 4;
                const EACH: usize = 2_000;
                let counter = RLock::new(Cell::new(0));
                thread::scope(|scope| {
                    for _ in 0..THREADS {
                        scope.spawn(|| {
                            for _ in 0..EACH {
                                let outer = counter.lock();
                                let read = outer.get();
                                let inner = counter.lock();
                                inner.set(read + 1);
                            }
                        });
                    }
                });
                assert_eq!(counter.into_inner().get(), THREADS * EACH);
            }

            #[test]
            fn a_thread_that_waits_is_let_in() {
                let lock = RLock::new(Cell::new(1));
                let guard = lock.lock();
                thread::scope(|scope| {
                    let other = scope.spawn(|| lock.lock().replace(3));
                    guard.set(2);
                    drop(guard);
                    assert_eq!(other.join().unwrap(), 2);
                });
                assert_eq!(lock.lock().get(), 3);
            }

            #[test]
            fn count_is_the_levels_of_the_thread_that_asks() {
                let lock = RLock::new(());
                assert_eq!(lock.count(), 0);
                let first = lock.lock();
                assert_eq!(lock.count(), 1);
                let second = lock.try_lock();
                assert_eq!(lock.count(), 2);
                assert_eq!(thread::scope(|scope| scope.spawn(|| lock.count()).join().unwrap()), 0);
                drop(first);
                assert_eq!(lock.count(), 1);
                drop(second);
                assert_eq!(lock.count(), 0);
            }

            #[test]
            fn guards_end_in_any_order() {
                for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                    let lock = RLock::new(7);
                    let mut guards = [Some(lock.lock()), Some(lock.lock()), Some(lock.lock())];
                    for (ended, which) in order.into_iter().enumerate() {
                        assert_eq!(lock.count(), 3 - ended, "{order:?}");
                        assert!(!is_free(&lock), "{order:?}");
                        assert_eq!(guards[which].as_deref(), Some(&7));
                        guards[which] = None;
                    }
                    assert_eq!(lock.count(), 0, "{order:?}");
                    assert!(is_free(&lock), "{order:?}");
                }
            }

            #[test]
            fn the_holder_is_never_refused() {
                let lock = RLock::new(5);
                let first = lock.try_lock().expect("the lock is free");
                let second = lock.try_lock().expect("this thread holds the lock");
                assert_eq!((*first, *second, lock.count()), (5, 5, 2));
            }

            #[test]
            fn a_leaked_guard_keeps_the_lock_wherever_it_moves() {
                let lock = RLock::new(String::from("kept"));
                forget(lock.lock());
                assert!(!is_free(&lock));
                drop(lock.lock());
                assert_eq!(lock.count(), 1);
                let moved = Box::new(lock);
                assert!(!is_free(&moved));
                assert_eq!(moved.lock().as_str(), "kept");
                assert_eq!(moved.count(), 1);
                assert_eq!(moved.into_inner(), "kept");
            }

            #[test]
            fn a_thread_that_ends_while_it_holds_the_lock_keeps_it() {
                let lock = RLock::new(());
                thread::scope(|scope| scope.spawn(|| forget(lock.lock())).join().unwrap());
                assert_eq!(lock.count(), 0);
                assert!(lock.try_lock().is_none());
                // A thread that starts now may sit where the ended one did, and is not taken for it.
                assert!(!is_free(&lock));
            }

            #[test]
            fn a_panic_gives_back_its_levels_and_poisons_nothing() {
                let lock = RLock::new(Cell::new(1));
                let outer = lock.lock();
                let panic = catch_unwind(AssertUnwindSafe(|| {
                    let inner = lock.lock();
                    inner.set(2);
                    panic!("while {} levels are held", lock.count());
                }))
                .unwrap_err();
                assert_eq!(panic.downcast_ref::<String>().unwrap(), "while 2 levels are held");
                assert_eq!(lock.count(), 1);
                drop(outer);
                let panic = catch_unwind(AssertUnwindSafe(|| {
                    let _only = lock.lock();
                    panic!("while {} level is held", lock.count());
                }))
                .unwrap_err();
                assert_eq!(panic.downcast_ref::<String>().unwrap(), "while 1 level is held");
                assert!(is_free(&lock));
                assert_eq!(lock.lock().get(), 2);
            }

            #[test]
            fn a_lock_can_be_taken_while_the_threads_locals_are_dropped() {
                static LOCK: RLock<Cell<usize>> = RLock::new(Cell::new(0));
                struct LocksOnDrop;
                impl Drop for LocksOnDrop {
                    fn drop(&mut self) {
                        let outer = LOCK.lock();
                        let inner = LOCK.lock();
                        inner.set(outer.get() + LOCK.count());
                    }
                }
                thread_local!(static LOCAL: RefCell<Option<LocksOnDrop>> = const { RefCell::new(None) });
                thread::spawn(|| {
                    LOCAL.set(Some(LocksOnDrop));
                    assert_eq!(LOCK.count(), 0);
                })
                .join()
                .unwrap();
                assert_eq!(LOCK.lock().get(), 2);
            }

            #[test]
            fn the_data_is_reached_without_a_lock_by_its_only_owner() {
                let mut lock = RLock::from(1);
                *lock.get_mut() += 1;
                assert_eq!(lock.into_inner(), 2);
                assert_eq!(RLock::<String>::default().into_inner(), "");
            }

            #[test]
            fn debug_shows_the_data_to_the_holder_and_locked_to_others() {
                let lock = RLock::new(1);
                assert_eq!(format!("{lock:?}"), "RLock { data: 1, .. }");
                let guard = lock.lock();
                assert_eq!(format!("{lock:?} {guard:?} {guard}"), "RLock { data: 1, .. } 1 1");
                let others = thread::scope(|scope| scope.spawn(|| format!("{lock:?}")).join().unwrap());
                assert_eq!(others, "RLock { data: <locked>, .. }");
                assert_eq!(lock.count(), 1);
            }

            #[test]
            fn the_data_may_be_unsized() {
                let shown: Arc<RLock<dyn std::fmt::Display + Send>> = Arc::new(RLock::new(7));
                let guard = shown.lock();
                assert_eq!((guard.to_string().as_str(), shown.count()), ("7", 1));
                let numbers: &RLock<[i32]> = &RLock::new([1, 2, 3]);
                assert_eq!(numbers.lock().len(), 3);
            }

            #[test]
            fn a_guard_lends_its_data_to_other_threads() {
                let lock = RLock::new(vec![1, 2, 3]);
                let guard = lock.lock();
                let sum = thread::scope(|scope| scope.spawn(|| guard.iter().sum::<i32>()).join().unwrap());
                assert_eq!(sum, 6);
            }

            #[test]
            fn the_auto_traits_are_those_of_a_reentrant_lock() {
                fn is_send_and_sync<T: Send + Sync>() {}
                fn is_sync<T: Sync>() {}
                fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
                is_send_and_sync::<RLock<Cell<i32>>>();
                is_sync::<RLockGuard<'static, i32>>();
                is_unwind_safe::<RLock<i32>>();

                // Each call names one implementation only as long as the type lacks the trait.
                trait UnlessSend<Marker> {
                    fn lacks_it() {}
                }
                trait UnlessSync<Marker> {
                    fn lacks_it() {}
                }
                struct HasIt;
                impl<T: ?Sized> UnlessSend<()> for T {}
                impl<T: ?Sized + Send> UnlessSend<HasIt> for T {}
                impl<T: ?Sized> UnlessSync<()> for T {}
                impl<T: ?Sized + Sync> UnlessSync<HasIt> for T {}
                <RLockGuard<'static, i32> as UnlessSend<_>>::lacks_it();
                <RLockGuard<'static, Cell<i32>> as UnlessSync<_>>::lacks_it();
                <RLock<Rc<i32>> as UnlessSend<_>>::lacks_it();
                <RLock<Rc<i32>> as UnlessSync<_>>::lacks_it();
            }
        }
    };
}

claims!(plain, gordian::plain);
#[cfg(feature = "engine")]
claims!(checked, gordian::checked);
