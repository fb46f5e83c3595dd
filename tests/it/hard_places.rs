//! Turns the places where a detector may hang, abort or lie into tests.
//!
//! Must not know: how the detector is built.
//! Source: the trap table of `docs/architecture.md`.
//! INVARIANT: each claim has a twin in which the opposite happens; nothing is ordered by a pause.
//!
//! Settings and findings belong to a process, so nearly every body runs [`alone`].

mod alone;
mod barriers;
mod findings;
mod guards;
mod panics;
mod parts;
mod records;
mod reentry;
mod settings;
mod threads;

use alone::{alone, say};
use gordian::Named;
use gordian::checked::sync::Mutex;
use gordian::checked::thread;
use std::panic::{AssertUnwindSafe, catch_unwind};
// Not the checked one, which would order what is before and after it.
use std::sync::Barrier;

/// A lock with nothing in it.
type Lock = Mutex<()>;

/// Takes `outer`, and `inner` under it.
fn nest(outer: &Lock, inner: &Lock) {
    let _outer = outer.lock();
    let _inner = inner.lock();
}

/// Runs `act` after another thread has taken `outer` and `inner` under it; neither start nor join orders the two.
fn against<R>(outer: &Lock, inner: &Lock, act: impl FnOnce() -> R) -> R {
    let taken = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            nest(outer, inner);
            taken.wait();
        });
        taken.wait();
        act()
    })
}

/// Runs `act`, which must be refused, and returns the text of the refusal.
#[track_caller]
fn refused<R>(act: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(act)) else { panic!("it was not refused") };
    *payload.downcast::<String>().expect("a refusal is a `String`")
}

/// Returns the names of the locks that the detector believes to be in this thread's hands, in any order.
///
/// # Panics
/// If the detector does not hear this thread.
#[track_caller]
fn held_now() -> Vec<&'static str> {
    let [outer, inner, leaf] = ["outer probe", "inner probe", "leaf probe"].map(|name| Mutex::new(()).named(name));
    let _outer = outer.lock();
    let _inner = inner.lock();
    // A lock is in the graph as soon as another one was requested under it.
    let _leaf = leaf.lock();
    let snapshot = gordian::lock_graph();
    let graph = snapshot.graph();
    let mut over_inner = Vec::new();
    for edge in graph.edge_indices() {
        let (from, to) = graph.edge_endpoints(edge).expect("the edge is in the graph");
        if graph[to].name == Some("inner probe") {
            over_inner.push(graph[from].name.unwrap_or("a lock without a name"));
        }
    }
    let heard = over_inner.iter().position(|&name| name == "outer probe").expect("the detector hears this thread");
    over_inner.swap_remove(heard);
    over_inner.sort_unstable();
    over_inner
}

/// Returns the lints of what was told so far.
fn lints_told() -> Vec<&'static str> {
    gordian::reports().iter().map(|report| report.lint).collect()
}

/// Returns whether a thread that holds nothing could take the lock, and whether it is poisoned.
fn state(lock: &Lock) -> (Availability, Health) {
    thread::scope(|scope| {
        let asked = scope.spawn(|| match lock.try_lock() {
            Ok(_) => (Availability::Free, Health::Clean),
            Err(std::sync::TryLockError::Poisoned(_)) => (Availability::Free, Health::Poisoned),
            Err(std::sync::TryLockError::WouldBlock) if lock.is_poisoned() => (Availability::Held, Health::Poisoned),
            Err(std::sync::TryLockError::WouldBlock) => (Availability::Held, Health::Clean),
        });
        asked.join().expect("asking does not panic")
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Availability {
    Free,
    Held,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Health {
    Clean,
    Poisoned,
}

const FREE: (Availability, Health) = (Availability::Free, Health::Clean);
const POISONED: (Availability, Health) = (Availability::Free, Health::Poisoned);
const HELD: (Availability, Health) = (Availability::Held, Health::Clean);
