//! Turns a global allocator that takes a checked lock at every call into claims that nothing hangs and all is still found.
//!
//! Must not know: when the detector allocates.
//! INVARIANT: from the first line of a body on, every allocation of its process goes through the lock.
#![cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]

#[expect(dead_code, reason = "other tests ask more of a process")]
#[path = "it/hard_places/alone.rs"]
mod alone;

use alone::alone;
use gordian::checked::sync::{Condition, Event, Mutex, PriorityQueue, Queue, RLock, Semaphore};
use gordian::checked::{thread, watch};
use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::{AssertUnwindSafe, catch_unwind};
// Not the checked one, which would order what is before and after it.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, PoisonError};

/// `System`, under a checked lock.
struct Locked;

#[global_allocator]
static LOCKED: Locked = Locked;
/// How often memory was asked for.
static ASKED: Mutex<u64> = Mutex::new(0);
/// False in the process that watches the bodies, so that it does not hang with them.
static IS_LOCKED: AtomicBool = AtomicBool::new(false);
/// True if what is given back is watched no more.
static FORGETS: AtomicBool = AtomicBool::new(false);

/// Takes the lock for the length of `act`.
fn locked(act: impl FnOnce(&mut u64)) {
    // ORDERING: Relaxed; what matters is the thread of the body, which wrote it itself.
    if IS_LOCKED.load(Ordering::Relaxed) {
        act(&mut ASKED.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn begin() {
    // ORDERING: Relaxed; as in `locked`.
    IS_LOCKED.store(true, Ordering::Relaxed);
}

// SAFETY: every call is passed on to `System`.
unsafe impl GlobalAlloc for Locked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        locked(|asked| *asked += 1);
        // SAFETY: the caller keeps `alloc`'s contract, which is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // ORDERING: Relaxed; as in `locked`.
        if FORGETS.load(Ordering::Relaxed) {
            watch::forget(block, layout.size());
        }
        locked(|_| ());
        // SAFETY: `block` came from `System` by way of `alloc`, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Takes `inner` under `outer`, and memory under both.
fn nest(outer: &Mutex<Vec<u8>>, inner: &Mutex<Vec<u8>>) {
    let mut outer = outer.lock().expect("nobody panics under it");
    let mut inner = inner.lock().expect("nobody panics under it");
    outer.extend(std::iter::repeat_n(0, 100));
    inner.extend(std::iter::repeat_n(0, 100));
}

/// Takes two new locks in opposite orders, in two threads that nothing orders.
fn invert() {
    let (a, b) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let taken = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            nest(&a, &b);
            taken.wait();
        });
        taken.wait();
        nest(&b, &a);
    });
}

#[test]
fn an_inversion_is_found_under_an_allocator_that_takes_a_checked_lock() {
    alone(&[], || {
        begin();
        let payload = catch_unwind(AssertUnwindSafe(invert)).expect_err("the inversion is denied");
        let text = payload.downcast_ref::<String>().expect("a refusal is a `String`");
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!(gordian::reports().iter().map(|report| report.lint).collect::<Vec<_>>(), ["lock_order"]);
        assert!(*ASKED.lock().expect("nobody panics under it") > 0, "the allocator was asked");
    })
    .passes();
}

/// Installs settings, starts threads of both kinds, prints, and reads the graph.
fn do_everything() {
    let outer = Mutex::new(());
    let guard = outer.lock();
    gordian::Config::new().on_report(|report| drop(report.to_string())).install().expect("the variables are right");
    thread::spawn(invert).join().expect("a warning does not panic");
    std::thread::spawn(invert).join().expect("a warning does not panic");
    drop(guard);
    assert!(gordian::lock_graph().graph().edge_count() > 0);
    assert_eq!(gordian::reports().iter().map(|report| report.lint).collect::<Vec<_>>(), ["lock_order"]);
}

#[test]
fn everything_works_under_an_allocator_that_takes_a_checked_lock() {
    let records = concat!(env!("CARGO_TARGET_TMPDIR"), "/records/allocator");
    for variable in [("GORDIAN_BACKTRACE", "0"), ("GORDIAN_BACKTRACE", "1"), ("GORDIAN_OUT", records)] {
        alone(&[variable, ("GORDIAN", "warn")], || {
            begin();
            do_everything();
        })
        .passes();
    }
}

#[test]
fn stacks_of_acquisitions_are_kept_under_an_allocator_that_takes_a_checked_lock() {
    alone(&[("GORDIAN_BACKTRACE", "full"), ("GORDIAN", "warn")], || {
        begin();
        do_everything();
    })
    .passes();
}

#[test]
fn one_order_is_quiet_under_an_allocator_that_takes_a_checked_lock() {
    alone(&[], || {
        begin();
        let (a, b) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..1_000).for_each(|_| nest(&a, &b)));
            }
        });
        gordian::assert_clean();
    })
    .passes();
}

#[test]
fn memory_that_the_allocator_forgets_is_watched_anew() {
    alone(&[("GORDIAN", "warn")], || {
        begin();
        // ORDERING: Relaxed; whoever is to see it is started by this thread.
        FORGETS.store(true, Ordering::Relaxed);
        thread::scope(|scope| {
            for _ in 0..2 {
                // Unordered, and often at addresses that the other thread had.
                scope.spawn(|| {
                    for size in 1..500 {
                        let bytes = vec![0_u8; size];
                        watch::write(bytes.as_ptr(), bytes.len());
                        watch::read(bytes.as_ptr(), bytes.len());
                    }
                });
            }
        });
        gordian::assert_clean();
    })
    .passes();
}

/// Uses every part that std lacks, from two threads at once.
fn use_all_parts() {
    let (semaphore, event, queue) = (Semaphore::new(1), Event::new(), Queue::new(1));
    let (ranked, condition) = (PriorityQueue::new(0), Condition::new(RLock::new(AtomicBool::new(false))));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..1_000 {
                drop(semaphore.acquire());
                queue.put(vec![number]);
                ranked.put((number, vec![number]));
            }
            event.set();
            condition.acquire().expect("it is not poisoned").store(true, Ordering::SeqCst);
            condition.notify_all();
        });
        for _ in 0..1_000 {
            drop(semaphore.acquire());
            drop((queue.get(), ranked.get()));
            queue.task_done().expect("it was put");
        }
        event.wait();
        let mut held = condition.acquire().expect("it is not poisoned");
        held.wait_for(|is_set| is_set.load(Ordering::SeqCst), None).expect("it is not poisoned");
        drop(held);
        queue.join();
        semaphore.acquire().forget();
        semaphore.release(1);
    });
    drop(semaphore.acquire());
}

#[test]
fn all_parts_work_under_an_allocator_that_takes_a_checked_lock() {
    alone(&[], || {
        begin();
        use_all_parts();
        gordian::assert_clean();
    })
    .passes();
}
