//! Turns a stack into whether its task does one thing at a time.
//!
//! Must not know: findings.
//! Source: none. Between a future that is polled and the runtime that polls its task lie the bodies of async functions, which
//! the compiler makes and names as closures, and futures that somebody wrote by hand. The former await one future at a time.
//! The latter may poll several by turns, and of those one may hold what another one waits for.
//! INVARIANT: a task is alone only if its whole stack was seen by name.

use crate::finding::Reservation;
use crate::rt::Backtrace;

/// What one call in a stack says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Frame {
    /// Nothing.
    Silent,
    /// From here on it is the runtime, or what called it.
    Outside,
    /// A thread begins, and no runtime that is known runs on it.
    Unknown,
    /// A future that may poll several others.
    Branches,
}

/// Returns what the stack of a task's wait leaves to doubt; `None` if the task waits for this alone. The gate is closed.
///
/// # Cost
/// Reads debug information: up to a second for the first call in a large program.
pub(super) fn reservation(stack: Option<&Backtrace>) -> Option<Reservation> {
    let Some(stack) = stack else { return Some(Reservation::Unseen) };
    let (mut is_seen, mut end) = (false, None);
    stack.resolve(|symbol| {
        if end.is_some() {
            return;
        }
        let Some(name) = symbol.name() else { return };
        let name = format!("{name:#}");
        match frame(&name) {
            Frame::Silent => is_seen |= symbol.filename().is_some() && !is_foreign(&name),
            found => {
                // It blocks for one of gordian's own futures, and nothing of the user's is before it.
                is_seen |= name.starts_with(RUNTIME[1]);
                end = Some(found);
            }
        }
    });
    match end {
        // An executor of somebody else's runs several futures on one thread, and gordian takes them for that thread.
        Some(Frame::Branches | Frame::Unknown) => Some(Reservation::Branches),
        // Where calls are compiled into each other, only debug information tells of them.
        Some(_) if is_seen => None,
        _ => Some(Reservation::Unseen),
    }
}

/// True if a function is of a crate that is built with its own settings.
fn is_foreign(function: &str) -> bool {
    let of = function.trim_start_matches(['<', '&']);
    ["gordian::", "core::", "alloc::", "std::", "backtrace::"].iter().any(|root| of.starts_with(root))
}

/// Types whose `poll` polls one future, or that of their only one.
const ALONE: [&str; 12] = [
    "core::pin::Pin<",
    "alloc::boxed::Box<",
    "&mut ",
    "core::panic::unwind_safe::AssertUnwindSafe<",
    "core::option::Option<",
    "tokio::time::timeout::Timeout<",
    "tokio::task::task_local::TaskLocalFuture<",
    "tokio::task::coop::unconstrained::Unconstrained<",
    // What it spawns is polled by the runtime proper.
    "tokio::task::local::",
    "tracing::instrument::Instrumented<",
    "gordian::",
    "dyn core::future::future::Future",
];

/// Where a task or a whole runtime begins, or a thread blocks for one future.
const RUNTIME: [&str; 2] = ["tokio::runtime::", "gordian::backend::checked::tokio::block_on"];

fn frame(function: &str) -> Frame {
    let of = function.trim_start_matches(['<', '&']);
    if RUNTIME.iter().any(|runtime| of.starts_with(runtime)) {
        return Frame::Outside;
    }
    if function.contains("__rust_begin_short_backtrace") {
        return Frame::Unknown;
    }
    // Who looks only once gives up at once.
    if function.contains("::now_or_never") {
        return Frame::Branches;
    }
    let Some(of) = polled(function) else { return Frame::Silent };
    if ALONE.iter().any(|alone| of.starts_with(alone)) { Frame::Silent } else { Frame::Branches }
}

/// Returns the type whose `poll`, `poll_next` or the like a function is, or is a closure in.
fn polled(function: &str) -> Option<&str> {
    let is_poll = function.split("::").any(|part| part == "poll" || part.starts_with("poll_"));
    let of = function.trim_start_matches('<');
    // The body of an async function is a closure in it and polled by its own name.
    is_poll.then_some(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_async_functions_and_boxes_say_nothing() {
        for function in [
            "bank::transfer::{{closure}}",
            "bank::main::{{closure}}::{{closure}}",
            "<core::pin::Pin<P> as core::future::future::Future>::poll",
            "<tokio::time::timeout::Timeout<T> as core::future::future::Future>::poll",
            "<gordian::backend::checked::tokio::ask::Ask<F> as core::future::future::Future>::poll",
            "<tokio::task::local::RunUntil<T> as core::future::future::Future>::poll::{{closure}}",
            "core::ops::function::FnOnce::call_once",
        ] {
            assert_eq!(frame(function), Frame::Silent, "{function}");
        }
    }

    #[test]
    fn futures_made_by_hand_may_poll_several() {
        for function in [
            "<core::future::poll_fn::PollFn<F> as core::future::future::Future>::poll",
            "<futures_util::future::join_all::JoinAll<F> as core::future::future::Future>::poll",
            "<futures_util::stream::futures_unordered::FuturesUnordered<Fut> as futures_core::stream::Stream>::poll_next",
            "<bank::Race as core::future::future::Future>::poll",
        ] {
            assert_eq!(frame(function), Frame::Branches, "{function}");
        }
    }

    #[test]
    fn the_runtime_ends_a_task() {
        for function in [
            "tokio::runtime::task::core::Core<T,S>::poll::{{closure}}",
            "<tokio::runtime::task::core::Core<T,S>>::poll::{closure#0}",
            "gordian::backend::checked::tokio::block_on",
        ] {
            assert_eq!(frame(function), Frame::Outside, "{function}");
        }
    }

    #[test]
    fn a_type_of_the_runtimes_in_somebody_elses_is_not_the_runtime() {
        let function = "<bank::Race<tokio::runtime::task::join::JoinHandle<()>> as core::future::future::Future>::poll";
        assert_eq!(frame(function), Frame::Branches);
    }

    #[test]
    fn a_thread_that_no_known_runtime_runs_on_may_run_several() {
        assert_eq!(frame("std::sys::backtrace::__rust_begin_short_backtrace"), Frame::Unknown);
    }

    #[test]
    fn without_a_stack_nothing_is_sure() {
        assert_eq!(reservation(None), Some(Reservation::Unseen));
    }
}
