//! Turns user code that runs in odd moments, and takes locks there, into claims that nothing aborts, hangs or stays held.
//!
//! Must not know: how the detector keeps its own calls silent.
//! INVARIANT: each odd moment really comes: the user code says so.

use super::{FREE, Lock, POISONED, against, alone, held_now, lints_told, nest, refused, say, state};
use gordian::Named;
use gordian::checked::sync::Mutex;
use gordian::checked::thread;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

static A: Lock = Mutex::new(());
static B: Lock = Mutex::new(());
static C: Lock = Mutex::new(());
static D: Lock = Mutex::new(());
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Counts how often the odd moment came.
fn came() {
    // ORDERING: Relaxed; read after a join, or in the same thread.
    RUNS.fetch_add(1, Ordering::Relaxed);
}

fn times() -> usize {
    // ORDERING: Relaxed; as in `came`.
    RUNS.load(Ordering::Relaxed)
}

/// Takes nested locks when it is dropped.
struct NestsInDrop(&'static Lock, &'static Lock);

impl Drop for NestsInDrop {
    fn drop(&mut self) {
        nest(self.0, self.1);
        came();
    }
}

thread_local! {
    static LATE: NestsInDrop = const { NestsInDrop(&A, &B) };
}

/// When a thread first uses the thread-local whose destructor takes locks.
#[derive(Clone, Copy)]
enum First {
    /// Before its first lock: so before any thread-local of the detector's own.
    ThreadLocal,
    Lock,
    /// It takes no lock before its destructors run.
    OnlyThreadLocal,
}

impl First {
    fn live(self) {
        match self {
            Self::ThreadLocal => {
                LATE.with(|_| ());
                nest(&C, &D);
            }
            Self::Lock => {
                nest(&C, &D);
                LATE.with(|_| ());
            }
            Self::OnlyThreadLocal => LATE.with(|_| ()),
        }
    }
}

#[test]
fn locks_in_a_destructor_of_a_thread_local_leave_nothing_behind() {
    alone(&[], || {
        for first in [First::ThreadLocal, First::Lock, First::OnlyThreadLocal] {
            thread::spawn(move || first.live()).join().expect("a thread of gordian's");
            std::thread::spawn(move || first.live()).join().expect("a thread of std's");
        }
        assert_eq!(times(), 6, "the destructors ran");
        assert!(held_now().is_empty());
        assert_eq!([&A, &B, &C, &D].map(state), [FREE; 4]);
        assert!(lints_told().is_empty());
    })
    .passes();
}

#[test]
fn an_inversion_in_a_destructor_of_a_thread_local_does_not_abort() {
    alone(&[], || {
        against(&B, &A, || {
            for first in [First::ThreadLocal, First::Lock, First::OnlyThreadLocal] {
                thread::spawn(move || first.live()).join().expect("the destructor ran after the thread");
            }
        });
        assert_eq!(times(), 3, "the destructors ran");
        assert!(held_now().is_empty());
        assert_eq!([&A, &B].map(state), [FREE; 2]);
    })
    .passes();
}

#[test]
fn a_finding_in_a_drop_while_unwinding_is_printed_and_not_panicked() {
    let outcome = alone(&[], || {
        let payload = against(&A, &B, || {
            catch_unwind(|| {
                let _late = NestsInDrop(&B, &A);
                std::panic::panic_any("the user's own");
            })
        });
        assert_eq!(payload.expect_err("the user panics").downcast_ref(), Some(&"the user's own"));
        assert_eq!((times(), lints_told()), (1, vec!["lock_order"]));
        assert!(held_now().is_empty());
        assert_eq!([&A, &B].map(state), [FREE; 2]);
    });
    let outcome = outcome.passes();
    assert!(outcome.stderr.contains("lock_order"), "{outcome}");
}

#[test]
fn a_finding_in_a_drop_while_nothing_unwinds_is_panicked() {
    alone(&[], || {
        let text = refused(|| against(&A, &B, || drop(NestsInDrop(&B, &A))));
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!((times(), lints_told()), (0, vec!["lock_order"]));
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn a_finding_in_a_panic_hook_is_printed_and_not_panicked() {
    alone(&[], || {
        std::panic::set_hook(Box::new(|_| {
            nest(&B, &A);
            came();
        }));
        let payload = against(&A, &B, || catch_unwind(|| std::panic::panic_any(7)));
        assert_eq!(payload.expect_err("the user panics").downcast_ref(), Some(&7));
        assert_eq!((times(), lints_told()), (1, vec!["lock_order"]));
        assert!(held_now().is_empty());
        assert_eq!([&A, &B].map(state), [FREE; 2]);
    })
    .passes();
}

#[test]
fn a_panic_hook_may_take_locks_while_the_detector_refuses() {
    alone(&[], || {
        std::panic::set_hook(Box::new(|_| {
            nest(&C, &D);
            came();
        }));
        let text = refused(|| against(&A, &B, || nest(&B, &A)));
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert_eq!((times(), held_now()), (1, vec![]));
        assert_eq!([&A, &B, &C, &D].map(state), [FREE; 4]);
    })
    .passes();
}

#[test]
fn a_handler_may_take_locks_and_ask_the_detector() {
    alone(&[("GORDIAN", "warn")], || {
        let act = |report: &gordian::Report| {
            came();
            // The handler's own inversion is a finding too: it is told in here, once.
            let (c, d) = (Lock::new(()), Lock::new(()));
            against(&c, &d, || nest(&d, &c));
            assert!(!gordian::collect(|| nest(&d, &c)).is_empty());
            assert!(gordian::reports().iter().any(|told| told.fingerprint == report.fingerprint));
            assert!(gordian::lock_graph().graph().edge_count() >= 2);
        };
        gordian::Config::new().on_report(act).install().expect("the variable is right");
        against(&A, &B, || nest(&B, &A));
        assert_eq!(times(), 2, "once for the program's finding, once for the handler's");
        assert_eq!(lints_told(), ["lock_order"; 2]);
        assert!(held_now().is_empty());
    })
    .passes();
}

#[test]
fn a_handler_may_panic_and_nothing_stays_held() {
    alone(&[], || {
        let act = |_: &gordian::Report| {
            came();
            panic!("the handler's own");
        };
        gordian::Config::new().on_report(act).install().expect("no variable is set");
        let payload = catch_unwind(AssertUnwindSafe(|| against(&A, &B, || nest(&B, &A))));
        assert_eq!(payload.expect_err("the handler panics").downcast_ref(), Some(&"the handler's own"));
        assert_eq!((times(), held_now()), (1, vec![]));
        // The panic is the user's, and it went through the guard of `B`.
        assert_eq!([&A, &B].map(state), [FREE, POISONED]);
    })
    .passes();
}

#[test]
fn a_handler_that_panics_while_another_panic_unwinds_does_not_abort() {
    alone(&[], || {
        let act = |_: &gordian::Report| {
            came();
            panic!("the handler's own");
        };
        gordian::Config::new().on_report(act).install().expect("no variable is set");
        let payload = against(&A, &B, || {
            catch_unwind(|| {
                let _late = NestsInDrop(&B, &A);
                std::panic::panic_any("the user's own");
            })
        });
        assert_eq!(payload.expect_err("the user panics").downcast_ref(), Some(&"the user's own"));
        assert_eq!((times(), held_now()), (2, vec![]));
    })
    .passes();
}

#[test]
fn a_replaced_handler_may_take_locks_when_it_is_dropped() {
    alone(&[], || {
        let late = NestsInDrop(&A, &B);
        let config = gordian::Config::new().on_report(move |_| _ = &late);
        config.install().expect("no variable is set");
        gordian::Config::new().install().expect("no variable is set");
        assert_eq!((times(), held_now()), (1, vec![]));
    })
    .passes();
}

/// Takes nested locks when it is shown.
struct NestsInDebug(&'static Lock, &'static Lock);

impl fmt::Debug for NestsInDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        nest(self.0, self.1);
        came();
        f.write_str("shown")
    }
}

#[test]
fn locks_in_a_debug_impl_leave_nothing_behind() {
    alone(&[], || {
        let shown = Mutex::new(NestsInDebug(&A, &B)).named("shown");
        assert!(format!("{shown:?}").contains("shown"));
        let guard = shown.lock().expect("not poisoned");
        assert_eq!(format!("{guard:?} {shown:?}"), "shown Mutex { data: \"<locked>\", poisoned: false, .. }");
        assert_eq!((times(), held_now()), (2, vec!["shown"]));
        drop(guard);
        assert!(held_now().is_empty() && lints_told().is_empty());
    })
    .passes();
}

#[test]
fn a_refusal_in_a_debug_impl_leaves_nothing_behind() {
    alone(&[], || {
        let shown = Mutex::new(NestsInDebug(&B, &A)).named("shown");
        let text = refused(|| against(&A, &B, || format!("{shown:?}")));
        assert!(text.starts_with("gordian: lock-order inversion"), "{text}");
        assert!(held_now().is_empty() && !shown.is_poisoned());
    })
    .passes();
}

#[test]
fn a_process_that_exits_while_threads_hold_locks_just_ends() {
    let outcome = alone(&[], || {
        let _a = A.lock();
        let _b = B.lock();
        let exiting = thread::spawn(|| {
            let _c = C.lock();
            let _d = D.lock();
            std::process::exit(7);
        });
        exiting.join().expect("the process ends before this");
    });
    let outcome = outcome.exits(7);
    // They are held until the end, but nobody forgot them.
    assert!(!outcome.stderr.contains("leaked_guard"), "{outcome}");
}

#[test]
fn a_process_that_exits_in_an_unwinding_thread_just_ends() {
    alone(&[], || {
        struct Exits;
        impl Drop for Exits {
            fn drop(&mut self) {
                let _a = A.lock();
                std::process::exit(7);
            }
        }
        let unwinding = thread::spawn(|| {
            let _b = B.lock();
            let _exits = Exits;
            panic!("the user's own");
        });
        drop(unwinding.join());
    })
    .exits(7);
}

#[cfg(unix)]
#[test]
fn locks_in_a_handler_of_the_exit_are_taken_and_given_back() {
    #![expect(unsafe_code, reason = "std has no static destructors; C's are what other libraries use")]
    // SAFETY: C's own declaration.
    unsafe extern "C" {
        safe fn atexit(act: extern "C" fn()) -> i32;
    }
    extern "C" fn nests() {
        nest(&A, &B);
        nest(&C, &A);
        say("state", format!("{:?}", [&A, &B, &C].map(|lock| lock.try_lock().is_ok())));
    }
    let outcome = alone(&[], || {
        assert_eq!(atexit(nests), 0, "registered");
        nest(&C, &D);
    });
    assert_eq!(outcome.passes().said("state"), "[true, true, true]");
}
