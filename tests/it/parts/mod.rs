//! Turns what the parts that std lacks promise into tests: one body of code, compiled against checked and plain.
//!
//! Must not know: how a backend works.
//! INVARIANT: the two lists of modules below are the same list.
//!
//! Nothing here asks whether a thread sleeps: who is let go on sees what was done before, or it was let go on too early.

#[cfg(feature = "engine")]
mod quiet;

#[path = "."]
mod on_plain {
    use gordian::plain::{sync, thread};

    mod condition;
    mod event;
    mod queue;
    mod queue_model;
    mod semaphore;
    mod traits;
}

#[cfg(feature = "engine")]
#[expect(clippy::duplicate_mod, reason = "one body of code, two backends")]
#[path = "."]
mod on_checked {
    use gordian::checked::{sync, thread};

    mod condition;
    mod event;
    mod queue;
    mod queue_model;
    mod semaphore;
    mod traits;
}
