//! Calls every method and trait of the atomics, on the same values as std's.
//!
//! Must not know: which backend it is compiled against; `super` says.
//! Source: `std::sync::atomic` itself, and for texts, what std printed; 1.95.
//! INVARIANT: every expectation holds for std.

use std::sync::atomic as stds;

use super::sync::atomic as ours;
use super::thread;
use crate::parity::panics::caught;
use ours::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use ours::{AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};

/// What an operation that reads and writes may be ordered by.
const ORDERINGS: [Ordering; 5] = [Relaxed, Release, Acquire, AcqRel, SeqCst];

/// Calls `$check` with each atomic of an integer, and with values for it.
macro_rules! for_each_integer {
    ($check:ident) => {
        $check!(AtomicI8 holds i8: [i8::MIN, -1, 0, 85, i8::MAX]);
        $check!(AtomicI16 holds i16: [i16::MIN, -1, 0, 85, i16::MAX]);
        $check!(AtomicI32 holds i32: [i32::MIN, -1, 0, 85, i32::MAX]);
        $check!(AtomicI64 holds i64: [i64::MIN, -1, 0, 85, i64::MAX]);
        $check!(AtomicIsize holds isize: [isize::MIN, -1, 0, 85, isize::MAX]);
        $check!(AtomicU8 holds u8: [0, 1, 85, u8::MAX - 1, u8::MAX]);
        $check!(AtomicU16 holds u16: [0, 1, 85, u16::MAX - 1, u16::MAX]);
        $check!(AtomicU32 holds u32: [0, 1, 85, u32::MAX - 1, u32::MAX]);
        $check!(AtomicU64 holds u64: [0, 1, 85, u64::MAX - 1, u64::MAX]);
        $check!(AtomicUsize holds usize: [0, 1, 85, usize::MAX - 1, usize::MAX]);
    };
}

/// The same with each atomic.
macro_rules! for_each_atomic {
    ($check:ident) => {
        for_each_integer!($check);
        $check!(AtomicBool holds bool: [false, true]);
        $check!(AtomicPtr holds *mut u32: [std::ptr::null_mut(), std::ptr::without_provenance_mut(85)]);
    };
}

/// Does the same to ours and to std's, and compares what is returned and what is left.
macro_rules! same {
    ($kind:ident, $old:expr, $atomic:ident.$($does:tt)+) => {{
        let $atomic = ours::$kind::new($old);
        let our = ($atomic.$($does)+, $atomic.into_inner());
        let $atomic = stds::$kind::new($old);
        let std = ($atomic.$($does)+, $atomic.into_inner());
        assert_eq!(our, std, "{} of {:?}: {}", stringify!($kind), $old, stringify!($($does)+));
    }};
}

#[test]
fn what_each_value_is_loaded_stored_and_replaced_by_is_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let values: [$value; _] = $values;
            for old in values {
                for order in [Relaxed, Acquire, SeqCst] {
                    same!($kind, old, atomic.load(order));
                }
                for new in values {
                    for order in [Relaxed, Release, SeqCst] {
                        same!($kind, old, atomic.store(new, order));
                    }
                    for order in ORDERINGS {
                        same!($kind, old, atomic.swap(new, order));
                    }
                }
            }
        };
    }
    for_each_atomic!(check);
}

#[test]
fn what_is_exchanged_for_an_expected_value_is_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let values: [$value; _] = $values;
            for old in values {
                for expected in values {
                    for order in ORDERINGS {
                        for failure in [Relaxed, Acquire, SeqCst] {
                            same!($kind, old, atomic.compare_exchange(expected, values[1], order, failure));
                            if old != expected {
                                same!($kind, old, atomic.compare_exchange_weak(expected, values[1], order, failure));
                            }
                        }
                        #[allow(deprecated, reason = "std has it still")]
                        {
                            same!($kind, old, atomic.compare_and_swap(expected, values[1], order));
                        }
                    }
                }
                // A weak exchange may fail for no reason, so only its outcome after some tries is std's.
                let atomic = ours::$kind::new(old);
                while let Err(found) = atomic.compare_exchange_weak(old, values[0], SeqCst, Relaxed) {
                    assert_eq!(found, old);
                }
                assert_eq!(atomic.into_inner(), values[0]);
            }
        };
    }
    for_each_atomic!(check);
}

#[test]
fn arithmetic_is_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let values: [$value; _] = $values;
            for old in values {
                for with in values {
                    for order in ORDERINGS {
                        same!($kind, old, atomic.fetch_add(with, order));
                        same!($kind, old, atomic.fetch_sub(with, order));
                        same!($kind, old, atomic.fetch_and(with, order));
                        same!($kind, old, atomic.fetch_nand(with, order));
                        same!($kind, old, atomic.fetch_or(with, order));
                        same!($kind, old, atomic.fetch_xor(with, order));
                        same!($kind, old, atomic.fetch_max(with, order));
                        same!($kind, old, atomic.fetch_min(with, order));
                    }
                }
            }
        };
    }
    for_each_integer!(check);
}

#[test]
fn logic_is_stds() {
    for (old, with) in [(false, false), (false, true), (true, false), (true, true)] {
        for order in ORDERINGS {
            same!(AtomicBool, old, atomic.fetch_and(with, order));
            same!(AtomicBool, old, atomic.fetch_nand(with, order));
            same!(AtomicBool, old, atomic.fetch_or(with, order));
            same!(AtomicBool, old, atomic.fetch_xor(with, order));
            same!(AtomicBool, old, atomic.fetch_not(order));
        }
    }
}

#[test]
fn arithmetic_of_pointers_is_stds() {
    let mut place = [1_u32, 2, 3];
    let first = place.as_mut_ptr();
    for old in [std::ptr::null_mut(), first, first.wrapping_add(2)] {
        for with in [0, 1, 2, 7] {
            for order in ORDERINGS {
                same!(AtomicPtr, old, atomic.fetch_ptr_add(with, order));
                same!(AtomicPtr, old, atomic.fetch_ptr_sub(with, order));
                same!(AtomicPtr, old, atomic.fetch_byte_add(with, order));
                same!(AtomicPtr, old, atomic.fetch_byte_sub(with, order));
                same!(AtomicPtr, old, atomic.fetch_or(with, order));
                same!(AtomicPtr, old, atomic.fetch_and(with, order));
                same!(AtomicPtr, old, atomic.fetch_xor(with, order));
            }
        }
    }
}

#[test]
fn updates_by_a_closure_are_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let values: [$value; _] = $values;
            for old in values {
                for new in values {
                    for order in ORDERINGS {
                        for fetch in [Relaxed, Acquire, SeqCst] {
                            let unless_it_is_there = |found: $value| (found != new).then_some(new);
                            same!($kind, old, atomic.fetch_update(order, fetch, unless_it_is_there));
                            same!($kind, old, atomic.try_update(order, fetch, unless_it_is_there));
                            same!($kind, old, atomic.update(order, fetch, |_| new));
                        }
                    }
                }
            }
        };
    }
    for_each_atomic!(check);
}

#[test]
fn an_update_by_a_closure_starts_again_when_another_one_came_between() {
    let counter = AtomicUsize::new(0);
    let mut seen = Vec::new();
    let replaced = counter.update(SeqCst, SeqCst, |found| {
        if seen.is_empty() {
            counter.store(10, SeqCst);
        }
        seen.push(found);
        found + 1
    });
    assert_eq!((replaced, counter.load(SeqCst)), (10, 11));
    seen.dedup();
    assert_eq!(seen, [0, 10]);
}

#[test]
fn updates_of_several_threads_are_all_there() {
    let (added, updated) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    added.fetch_add(1, Relaxed);
                    updated.update(Relaxed, Relaxed, |found| found + 1);
                }
            });
        }
    });
    assert_eq!((added.into_inner(), updated.into_inner()), (4000, 4000));
}

#[test]
fn a_release_store_hands_over_to_an_acquire_load() {
    let (data, ready) = (AtomicU64::new(0), AtomicBool::new(false));
    let (fenced_data, fenced) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            data.store(5, Relaxed);
            ready.store(true, Release);
            fenced_data.store(6, Relaxed);
            fence(Release);
            fenced.store(true, Relaxed);
        });
        while !ready.load(Acquire) {
            thread::yield_now();
        }
        assert_eq!(data.load(Relaxed), 5);
        while !fenced.load(Relaxed) {
            thread::yield_now();
        }
        fence(Acquire);
        assert_eq!(fenced_data.load(Relaxed), 6);
    });
}

#[test]
fn an_ordering_that_makes_no_sense_panics_with_stds_words() {
    /// Panics in ours and in std's, each time with `$text`; what they hold stays.
    macro_rules! refused {
        ($text:literal: $atomic:ident.$($does:tt)+) => {
            let $atomic = ours::AtomicU8::new(3);
            assert_eq!(caught(|| $atomic.$($does)+).text, $text);
            assert_eq!($atomic.into_inner(), 3);
            let $atomic = stds::AtomicU8::new(3);
            assert_eq!(caught(|| $atomic.$($does)+).text, $text);
        };
    }
    // Variables, since the compiler refuses such orderings where it can see them.
    let [_, release, acquire, acq_rel, _] = std::hint::black_box(ORDERINGS);
    refused!("there is no such thing as a release load": atomic.load(release));
    refused!("there is no such thing as an acquire-release load": atomic.load(acq_rel));
    refused!("there is no such thing as an acquire store": atomic.store(4, acquire));
    refused!("there is no such thing as an acquire-release store": atomic.store(4, acq_rel));
    refused!("there is no such thing as a release failure ordering": atomic.compare_exchange(3, 4, SeqCst, release));
    refused!("there is no such thing as an acquire-release failure ordering": atomic.compare_exchange(3, 4, SeqCst, acq_rel));
    refused!("there is no such thing as a release failure ordering": atomic.compare_exchange_weak(3, 4, SeqCst, release));
    refused!("there is no such thing as a release load": atomic.fetch_update(SeqCst, release, Some));
    refused!("there is no such thing as a release load": atomic.try_update(SeqCst, release, Some));
    refused!("there is no such thing as an acquire-release load": atomic.update(SeqCst, acq_rel, |found| found));
}

#[test]
fn a_relaxed_fence_panics_with_stds_words() {
    let [relaxed, others @ ..] = std::hint::black_box(ORDERINGS);
    assert_eq!(caught(|| fence(relaxed)).text, "there is no such thing as a relaxed fence");
    for order in others {
        fence(order);
        ours::compiler_fence(order);
    }
}

static COUNTER: AtomicUsize = AtomicUsize::new(7);
static FLAGS: [AtomicBool; 2] = [const { AtomicBool::new(true) }; 2];
static NOWHERE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

#[test]
fn statics_hold_atomics() {
    assert_eq!(COUNTER.fetch_add(1, SeqCst), 7);
    assert_eq!(COUNTER.load(SeqCst), 8);
    assert!(FLAGS[1].swap(false, SeqCst));
    assert_eq!(FLAGS.each_ref().map(|flag| flag.load(SeqCst)), [true, false]);
    assert!(NOWHERE.load(SeqCst).is_null());
}

#[test]
#[allow(deprecated, reason = "std has them still")]
fn the_old_initial_values_have_the_types_of_this_module() {
    static FLAG: AtomicBool = ours::ATOMIC_BOOL_INIT;
    static SIGNED: ours::AtomicIsize = ours::ATOMIC_ISIZE_INIT;
    static UNSIGNED: AtomicUsize = ours::ATOMIC_USIZE_INIT;
    assert_eq!((FLAG.load(SeqCst), SIGNED.load(SeqCst), UNSIGNED.load(SeqCst)), (false, 0, 0));
}

#[test]
fn what_std_can_do_in_a_const_can_be_done_in_a_const() {
    const INNER: u8 = AtomicU8::new(9).into_inner();
    const fn address(atomic: &AtomicU8) -> *mut u8 {
        atomic.as_ptr()
    }
    const unsafe fn at<'a>(ptr: *mut u8) -> &'a AtomicU8 {
        // SAFETY: the caller's promise.
        unsafe { AtomicU8::from_ptr(ptr) }
    }
    let atomic = AtomicU8::new(INNER);
    // SAFETY: `atomic` is alive, and reached by no other way meanwhile.
    let same = unsafe { at(address(&atomic)) };
    assert_eq!(same.fetch_add(1, SeqCst), 9);
    assert_eq!(atomic.into_inner(), 10);
}

#[test]
fn pointers_and_exclusive_references_reach_the_value() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let values: [$value; _] = $values;
            let mut value = values[0];
            // SAFETY: `value` is reached through the atomic alone while the atomic is used, and is aligned on this platform.
            let atomic = unsafe { ours::$kind::from_ptr(&raw mut value) };
            atomic.store(values[1], SeqCst);
            assert_eq!(value, values[1]);

            let mut atomic = ours::$kind::from(values[0]);
            *atomic.get_mut() = values[1];
            assert_eq!(atomic.load(SeqCst), values[1]);
            assert_eq!(atomic.as_ptr().addr(), (&raw const atomic).addr());
            // SAFETY: no other thread has the atomic.
            assert_eq!(unsafe { atomic.as_ptr().read() }, values[1]);
        };
    }
    for_each_atomic!(check);
}

#[test]
fn size_and_alignment_are_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            let (our, std) = (ours::$kind::from($values[0] as $value), stds::$kind::from($values[0] as $value));
            assert_eq!((size_of_val(&our), align_of_val(&our)), (size_of_val(&std), align_of_val(&std)));
        };
    }
    for_each_atomic!(check);
}

#[test]
fn debug_default_and_from_are_stds() {
    macro_rules! check {
        ($kind:ident holds $value:ty: $values:expr) => {
            for value in $values as [$value; _] {
                let (our, std) = (ours::$kind::from(value), stds::$kind::from(value));
                assert_eq!(format!("{our:?} {our:#?} {our:04x?}"), format!("{std:?} {std:#?} {std:04x?}"));
            }
            let std: $value = stds::$kind::default().into_inner();
            assert_eq!(ours::$kind::default().into_inner(), std);
        };
    }
    for_each_atomic!(check);
    assert_eq!(format!("{:?} {:?}", AtomicI64::new(-3), AtomicBool::new(true)), "-3 true");
    assert_eq!(format!("{:p} {:?}", NOWHERE, NOWHERE), "0x0 0x0");
}

#[test]
fn methods_have_stds_signatures() {
    let new: fn(u8) -> AtomicU8 = AtomicU8::new;
    let from_ptr: unsafe fn(*mut u8) -> &'static AtomicU8 = AtomicU8::from_ptr;
    let get_mut: for<'a> fn(&'a mut AtomicU8) -> &'a mut u8 = AtomicU8::get_mut;
    let compare_exchange: fn(&AtomicU8, u8, u8, Ordering, Ordering) -> Result<u8, u8> = AtomicU8::compare_exchange;
    let fetch_update = AtomicU8::fetch_update::<fn(u8) -> Option<u8>>;
    let fetch_ptr_add: fn(&AtomicPtr<u16>, usize, Ordering) -> *mut u16 = AtomicPtr::fetch_ptr_add;

    let mut atomic = new(1);
    *get_mut(&mut atomic) += 1;
    assert_eq!(compare_exchange(&atomic, 2, 3, SeqCst, SeqCst), Ok(2));
    assert_eq!(fetch_update(&atomic, SeqCst, SeqCst, |found: u8| found.checked_add(1)), Ok(3));
    let leaked = Box::leak(Box::new(4_u8));
    // SAFETY: what is leaked lives for ever, and only the atomic has it.
    assert_eq!(unsafe { from_ptr(leaked) }.load(SeqCst), 4);
    assert!(fetch_ptr_add(&AtomicPtr::default(), 1, SeqCst).is_null());
}
