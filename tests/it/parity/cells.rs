//! Cells, and memory watched by hand: one body for every backend that runs threads for real.
//!
//! Must not know: which backend it is compiled against; the last lines say.
//! Source: `std::cell::{UnsafeCell, Cell}` for what is theirs; loom's `UnsafeCell` for its shape.
//! INVARIANT: every two accesses of one cell are ordered, so that nothing is to be reported.

/// Compares the traits of a cell in scope with those of std's.
macro_rules! same_as_std {
    ($($payload:ty),+) => {$(
        assert_eq!(traits_of!(UnsafeCell<$payload>), traits_of!(cell::UnsafeCell<$payload>), stringify!($payload));
    )+};
}

/// The claims, over one of the crate's rooms.
macro_rules! claims {
    ($backend:ident) => {
        mod $backend {
            use crate::parity::panics::caught;
            use crate::parity::traits::traits_of;
            use gordian::Named;
            use gordian::$backend::cell::{Shared, UnsafeCell};
            use gordian::$backend::sync::{Arc, Mutex};
            use gordian::$backend::{thread, watch};
            use std::cell::{self, Cell};
            use std::rc::Rc;

            /// Says what only its user knows: its accesses are ordered.
            struct Ordered(UnsafeCell<u32>);

            // SAFETY: the one thread that uses it is that of its test.
            unsafe impl Sync for Ordered {}

            static IN_A_STATIC: Ordered = Ordered(UnsafeCell::new(3));
            static SHARED_IN_A_STATIC: Shared<u32> = Shared::new(3);

            #[test]
            fn statics_hold_cells() {
                // SAFETY: see `Ordered`.
                IN_A_STATIC.0.with_mut(|value| unsafe { *value += 1 });
                // SAFETY: see `Ordered`.
                assert_eq!(IN_A_STATIC.0.with(|value| unsafe { *value }), 4);
                SHARED_IN_A_STATIC.update(|value| value + 1);
                assert_eq!(SHARED_IN_A_STATIC.get(), 4);
            }

            #[test]
            fn every_way_into_a_cell_leads_to_one_value() {
                let mut cell = UnsafeCell::new(vec![1]);
                // SAFETY: the test's thread has the cell alone, and no other reference to the value.
                cell.with_mut(|value| unsafe { (*value).push(2) });
                cell.get_mut().push(3);
                // SAFETY: as above.
                assert_eq!(cell.with(|value| unsafe { (*value).len() }), 3);
                let (read, written) = (cell.with(<*const _>::addr), cell.with_mut(<*mut _>::addr));
                assert_eq!(read, written);
                assert_eq!(cell.into_inner(), [1, 2, 3]);
            }

            #[test]
            fn reads_may_overlap() {
                let cell = UnsafeCell::new(4);
                // SAFETY: nobody writes.
                let sum = cell.with(|one| cell.with(|other| unsafe { *one } + unsafe { *other }));
                assert_eq!(sum, 8);
            }

            #[test]
            fn a_closure_that_panics_leaves_the_cell_usable() {
                let cell = UnsafeCell::new(1);
                assert_eq!(caught(|| cell.with_mut(|_| panic!("inside"))).text, "inside");
                // SAFETY: the test's thread has the cell alone.
                assert_eq!(cell.with(|value| unsafe { *value }), 1);
                let shared = Shared::new(1);
                assert_eq!(caught(|| shared.update(|_| panic!("inside"))).text, "inside");
                assert_eq!(shared.get(), 1);
            }

            #[test]
            fn a_cell_drops_its_value_once() {
                let value = Rc::new(());
                drop(UnsafeCell::new(Rc::clone(&value)));
                assert_eq!(Rc::strong_count(&value), 1);
                let inner = UnsafeCell::new(Rc::clone(&value)).into_inner();
                assert_eq!(Rc::strong_count(&value), 2);
                drop(inner);
                assert_eq!(Rc::strong_count(&value), 1);
            }

            #[test]
            fn a_cell_unsizes() {
                let mut cell = UnsafeCell::new([1_u8, 2, 3]);
                let slice: &UnsafeCell<[u8]> = &cell;
                assert_eq!(slice.with(|bytes| bytes.len()), 3);
                let slice: &mut UnsafeCell<[u8]> = &mut cell;
                slice.get_mut().reverse();
                assert_eq!(cell.into_inner(), [3, 2, 1]);
            }

            #[test]
            fn a_cell_is_shown_as_stds_is() {
                struct Opaque;
                assert_eq!(format!("{:?}", UnsafeCell::new(Opaque)), format!("{:?}", cell::UnsafeCell::new(Opaque)));
                assert_eq!(format!("{:#?}", UnsafeCell::new(1)), "UnsafeCell { .. }");
                assert_eq!(format!("{:?}", Shared::new('a')), "Shared { value: 'a' }");
                assert_eq!(format!("{:#?}", Shared::new(1)), "Shared {\n    value: 1,\n}");
            }

            #[test]
            fn default_from_and_named_wrap_the_value() {
                assert_eq!(UnsafeCell::<String>::default().into_inner(), "");
                assert_eq!(UnsafeCell::from("a").named("letters").into_inner(), "a");
                assert_eq!(Shared::<u8>::default().into_inner(), 0);
                assert_eq!(Shared::from('a').named("letter").into_inner(), 'a');
            }

            #[test]
            fn a_cell_has_stds_traits() {
                same_as_std! {
                    u8, String, Cell<u8>, Rc<u8>, *mut u8, &'static mut u8, &'static Cell<u8>,
                    std::sync::MutexGuard<'static, u8>, std::marker::PhantomPinned, [u8; 40], str, [u8], dyn Fn(),
                    dyn std::fmt::Debug + Send
                }
                assert!(!traits_of!(UnsafeCell<u8>).contains("sync"), "not `Sync`, however harmless what is inside");
            }

            #[test]
            fn a_shared_cell_is_sync_if_its_value_is_send() {
                let shared = "send sync unpin unwind_safe ref_unwind_safe debug default";
                assert_eq!(traits_of!(Shared<u8>), shared);
                assert_eq!(traits_of!(Shared<[u64; 40]>), "send sync unpin unwind_safe ref_unwind_safe debug");
                assert_eq!(traits_of!(Shared<*mut u8>), "unpin unwind_safe ref_unwind_safe debug default");
                assert_eq!(traits_of!(Shared<&'static Cell<u8>>), "unpin unwind_safe ref_unwind_safe debug");
            }

            #[test]
            fn a_shared_value_is_copied_in_and_out() {
                let mut shared = Shared::new((1, 'a'));
                assert_eq!(shared.get(), (1, 'a'));
                shared.set((2, 'b'));
                shared.update(|(number, letter)| (number + 1, letter));
                shared.get_mut().1 = 'c';
                assert_eq!(shared.get(), (3, 'c'));
                assert_eq!(shared.into_inner(), (3, 'c'));
            }

            #[test]
            fn what_is_written_during_an_update_is_lost() {
                let shared = Shared::new(1);
                shared.update(|found| {
                    shared.set(100);
                    assert_eq!(shared.get(), 100, "no lock is held meanwhile");
                    found + 1
                });
                assert_eq!(shared.get(), 2);
            }

            #[test]
            fn cells_under_a_lock_keep_every_increment() {
                let counters = Arc::new((Mutex::new(()), Ordered(UnsafeCell::new(0)), Shared::new(0)));
                let threads = [(); 4].map(|()| {
                    let counters = Arc::clone(&counters);
                    thread::spawn(move || {
                        for _ in 0..100 {
                            let _guard = counters.0.lock().unwrap();
                            // SAFETY: the lock is held.
                            counters.1.0.with_mut(|value| unsafe { *value += 1 });
                            counters.2.update(|value| value + 1);
                        }
                    })
                });
                for thread in threads {
                    thread.join().unwrap();
                }
                // SAFETY: the other threads have been joined.
                assert_eq!(counters.1.0.with(|value| unsafe { *value }), 400);
                assert_eq!(counters.2.get(), 400);
            }

            #[test]
            fn memory_that_is_watched_is_not_touched() {
                let mut bytes = [1_u8, 2, 3, 4];
                for ptr in [bytes.as_mut_ptr().cast_const(), std::ptr::without_provenance(8)] {
                    watch::write(ptr, 4);
                    watch::read(ptr, 4);
                    watch::read(ptr, 0);
                    watch::forget(ptr, 4);
                }
                assert_eq!(bytes, [1, 2, 3, 4]);
            }
        }
    };
}

claims!(plain);
#[cfg(feature = "engine")]
claims!(checked);

#[test]
fn a_plain_cell_is_as_large_as_its_value() {
    assert_eq!(size_of::<gordian::plain::cell::UnsafeCell<u64>>(), 8);
    assert_eq!(size_of::<gordian::plain::cell::UnsafeCell<[u8; 3]>>(), 3);
}

/// Plain, since a checked cell would report what is done here.
#[test]
fn a_value_is_never_torn() {
    use gordian::plain::cell::Shared;
    let shared = Shared::new([0_u64; 8]);
    std::thread::scope(|scope| {
        for writer in 1..=2 {
            let shared = &shared;
            scope.spawn(move || {
                for turn in 0..2000 {
                    shared.set([writer * 10_000 + turn; 8]);
                }
            });
        }
        for _ in 0..2000 {
            let [first, rest @ ..] = shared.get();
            assert_eq!(rest, [first; 7]);
        }
    });
}

#[test]
fn the_front_room_is_one_of_the_two() {
    use std::any::TypeId;
    let chosen = TypeId::of::<gordian::cell::UnsafeCell<u8>>();
    let is_checked = cfg!(all(feature = "engine", any(debug_assertions, feature = "check")));
    assert_eq!(chosen == TypeId::of::<gordian::plain::cell::UnsafeCell<u8>>(), !is_checked);
}
