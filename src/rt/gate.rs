//! Says whether the running thread is inside the detector.
//!
//! Must not know: what the detector does inside.
//! INVARIANT: a thread that is inside hears nothing of its own probes, so the detector never waits for itself.

use std::cell::Cell;

/// The gate of one thread, state words that only its thread touches.
pub(crate) struct Gate {
    state: Cell<State>,
    attentive: Cell<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// This thread has not been seen yet.
    Unborn,
    /// Probes are heard.
    Open,
    /// Probes are heard, and nothing is quiet: every acquisition is looked at.
    Attentive,
    /// Probes are heard, but a panic of the detector's own may still be unwinding.
    Unwinding,
    /// This thread is inside the detector: probes are silent.
    Inside,
    /// This thread is ending, or the detector is off: probes are silent for good.
    Ended,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self { state: Cell::new(State::Unborn), attentive: Cell::new(false) }
    }

    /// True on the quiet path: heard, and nothing unusual.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.state.get() == State::Open
    }

    /// True before [`Gate::open_first`] or [`Gate::end`].
    pub(crate) fn is_unborn(&self) -> bool {
        self.state.get() == State::Unborn
    }

    /// True while this thread is inside the detector.
    pub(crate) fn is_inside(&self) -> bool {
        self.state.get() == State::Inside
    }

    /// True once probes are silent for good.
    pub(crate) fn has_ended(&self) -> bool {
        self.state.get() == State::Ended
    }

    /// Unborn → Inside while the thread is made known. `None` if it is known, ended or inside.
    pub(crate) fn enter_first(&self) -> Option<Inside<'_>> {
        self.is_unborn().then(|| self.inside(State::Open))
    }

    /// From now on no acquisition is quiet.
    pub(crate) fn be_attentive(&self) {
        self.attentive.set(true);
    }

    /// Open → Attentive: something is to be done before the next acquisition.
    pub(crate) fn call_attention(&self) {
        if self.state.get() == State::Open {
            self.state.set(State::Attentive);
        }
    }

    /// Attentive → Open, unless no acquisition is quiet.
    pub(crate) fn attention_ended(&self) {
        if self.state.get() == State::Attentive {
            self.state.set(self.heard());
        }
    }

    /// True if no acquisition is quiet.
    pub(crate) fn is_attentive(&self) -> bool {
        self.attentive.get()
    }

    /// Open, Attentive or Unwinding → Inside. `None` if probes are silent here.
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        // `then`, not `then_some`: an `Inside` built and dropped on the way would reopen the gate.
        let state = self.state.get();
        matches!(state, State::Open | State::Attentive | State::Unwinding).then(|| self.inside(state))
    }

    /// Anything but Inside → Inside, for what must be done whether or not this thread is heard. `None` if it is inside.
    pub(crate) fn enter_always(&self) -> Option<Inside<'_>> {
        let state = self.state.get();
        (state != State::Inside).then(|| self.inside(state))
    }

    /// Open or Attentive → Unwinding: the detector is about to panic in this thread.
    pub(crate) fn own_panic_begins(&self) {
        if matches!(self.state.get(), State::Open | State::Attentive) {
            self.state.set(State::Unwinding);
        }
    }

    /// Unwinding → Open, once the panic is known to be over.
    pub(crate) fn own_panic_ended(&self) {
        if self.state.get() == State::Unwinding {
            self.state.set(self.heard());
        }
    }

    /// True if the panic that unwinds this thread, if any, is the detector's own.
    pub(crate) fn is_own_panic(&self) -> bool {
        self.state.get() == State::Unwinding
    }

    fn heard(&self) -> State {
        if self.attentive.get() { State::Attentive } else { State::Open }
    }

    fn inside(&self, after: State) -> Inside<'_> {
        self.state.set(State::Inside);
        Inside { gate: self, after }
    }
}

/// Proof that this thread is inside; the gate reopens when it is dropped.
pub(crate) struct Inside<'a> {
    gate: &'a Gate,
    after: State,
}

impl Inside<'_> {
    /// Leaves as if it had never entered: the thread is still to be made known.
    pub(crate) fn fail(mut self) {
        self.after = State::Unborn;
    }

    /// Leaves for good: the gate goes to Ended instead of reopening.
    pub(crate) fn end(mut self) {
        self.after = State::Ended;
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let after = if self.after == State::Open { self.gate.heard() } else { self.after };
        self.gate.state.set(after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_inside_cannot_enter_again() {
        let gate = Gate::new();
        assert!(gate.enter().is_none(), "unborn");
        drop(gate.enter_first());
        let inside = gate.enter();
        assert!(inside.is_some() && gate.enter().is_none() && !gate.is_open());
        drop(inside);
        assert!(gate.is_open());
    }

    #[test]
    fn a_visit_that_is_always_possible_changes_nothing_but_is_not_made_twice() {
        let gate = Gate::new();
        let visit = || assert!(gate.enter_always().is_some_and(|_inside| gate.enter_always().is_none()));
        visit();
        assert!(gate.is_unborn());
        drop(gate.enter_first());
        visit();
        assert!(gate.is_open());
        gate.enter().expect("open").end();
        visit();
        assert!(gate.has_ended());
    }

    #[test]
    fn an_ended_gate_stays_silent() {
        let gate = Gate::new();
        gate.enter_first().expect("unborn").end();
        assert!(gate.enter().is_none() && gate.enter_first().is_none());
    }

    #[test]
    fn an_own_panic_outlives_a_visit() {
        let gate = Gate::new();
        drop(gate.enter_first());
        gate.own_panic_begins();
        drop(gate.enter());
        assert!(gate.is_own_panic());
        gate.own_panic_ended();
        assert!(gate.is_open());
    }
}
