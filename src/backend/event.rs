//! Turns a state that threads wait at into a flag that they wait for: `Event`.
//!
//! Included by every backend beside its `bell`.
//! Must not know: which backend it is in.
//! Source: Python's `threading.Event`. We differ: a wait that began before `set` ends by it, always.
//! INVARIANT: `sets` grows with every change from down to up.

use super::bell::{Bell, Need, Part, Stamp, const_fn};
use super::monitor::{Monitor, State, Wake, Wakers};
use crate::named::Named;
use std::fmt;
use std::time::Duration;

/// A flag that threads wait for: down at first, raised by [`Event::set`], lowered by [`Event::clear`].
///
/// Whoever waits goes on when the flag is raised, however soon it is lowered again. All who wait go on, in no order. There are no
/// spurious wake-ups: a wait ends by a `set` or by its limit.
///
/// What was done before a `set` comes before what is done after a wait, or a look, that saw the flag up.
///
/// # Example
/// ```
/// use gordian::sync::{Arc, Event};
/// use gordian::thread;
///
/// # gordian::model(|| {
/// let open = Arc::new(Event::new());
/// let worker = {
///     let open = Arc::clone(&open);
///     thread::spawn(move || open.wait())
/// };
/// open.set();
/// worker.join().unwrap();
/// assert!(open.is_set());
/// # });
/// ```
pub struct Event {
    bell: Bell<1>,
    monitor: Monitor<Flag, 1>,
}

struct Flag {
    is_up: bool,
    sets: u64,
    handed: Stamp,
}

impl Flag {
    /// Returns what those handed over who raised it.
    fn take(&mut self) -> (Stamp, Wake) {
        (self.handed.clone(), Wake::Nobody)
    }
}

impl State for Flag {
    fn wakers(&self, _side: usize) -> Wakers<'_> {
        Wakers::Anyone
    }
}

impl Event {
    const_fn! {
        /// Returns an event whose flag is down. The caller's place is shown in reports.
        #[track_caller]
        pub fn new() -> Self {
            let flag = Flag { is_up: false, sets: 0, handed: Stamp::new() };
            Self { bell: Bell::new::<()>(Part::Event), monitor: Monitor::new(flag) }
        }
    }

    /// Raises the flag, and lets all who wait go on.
    ///
    /// # Cost
    /// A lock and an unlock, and a system call if somebody waits.
    #[track_caller]
    pub fn set(&self) {
        self.bell.signals(Need::Event);
        let stamp = Stamp::here();
        self.monitor.change(|flag| {
            flag.handed.join(stamp);
            if flag.is_up {
                return ((), Wake::Nobody);
            }
            flag.is_up = true;
            flag.sets = flag.sets.wrapping_add(1);
            ((), Wake::All(0))
        });
    }

    /// Lowers the flag: those who wait from now on wait for the next [`Event::set`].
    pub fn clear(&self) {
        self.monitor.change(|flag| (flag.is_up = false, Wake::Nobody));
    }

    /// Returns whether the flag is up.
    pub fn is_set(&self) -> bool {
        let seen = self.monitor.look(|flag| flag.is_up.then(|| flag.handed.clone()));
        self.saw(seen)
    }

    /// Waits until the flag is up; returns at once if it is.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[track_caller]
    pub fn wait(&self) {
        let sets = self.sets();
        let is_ready = move |flag: &Flag| flag.is_up || flag.sets != sets;
        let asleep = self.bell.sleeper(Need::Event, &self.monitor, 0, is_ready);
        let (seen, _) = self.monitor.wait(0, is_ready, Flag::take, asleep);
        self.saw(Some(seen));
    }

    /// Waits until the flag is up, at most for `limit`, and returns whether it came up.
    ///
    /// Under loom no time passes: it waits as [`Event::wait`] does.
    ///
    /// # Panics
    /// In checked builds if a finding is denied.
    #[track_caller]
    pub fn wait_timeout(&self, limit: Duration) -> bool {
        let sets = self.sets();
        let is_ready = move |flag: &Flag| flag.is_up || flag.sets != sets;
        let asleep = self.bell.sleeper(Need::Event, &self.monitor, 0, is_ready);
        self.saw(self.monitor.wait_timeout(0, limit, is_ready, Flag::take, &asleep))
    }

    fn sets(&self) -> u64 {
        self.monitor.look(|flag| flag.sets)
    }

    /// The running thread saw the flag up, if it was handed something.
    fn saw(&self, handed: Option<Stamp>) -> bool {
        if let Some(handed) = &handed {
            handed.take();
        }
        handed.is_some()
    }
}

impl Named for Event {
    fn named(mut self, name: &'static str) -> Self {
        self.bell.set_name(name);
        self
    }
}

impl Default for Event {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("is_set", &self.monitor.look(|flag| flag.is_up)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::bell::EXPLORED;
    use super::super::sync::Arc;
    use super::super::thread;
    use super::{Event, Flag, Need, Wake};
    use std::panic::catch_unwind;

    /// One waits, and once it does the event is set and at once cleared.
    fn set_and_clear(wait: fn(&Event)) {
        crate::model(move || {
            let event = Arc::new(Event::new());
            let theirs = Arc::clone(&event);
            let other = thread::spawn(move || wait(&theirs));
            while event.monitor.waiting(0) == 0 {
                thread::yield_now();
            }
            event.set();
            event.clear();
            other.join().unwrap();
            assert!(!event.is_set());
        });
    }

    #[test]
    fn in_a_model_a_wait_that_began_ends_by_a_set_however_soon_it_is_cleared() {
        set_and_clear(Event::wait);
    }

    #[test]
    fn in_a_model_a_wait_that_looks_at_the_flag_alone_misses_the_set() {
        // Elsewhere it waits for ever, or not, as it happens.
        if !EXPLORED {
            return;
        }
        let missed = catch_unwind(|| {
            set_and_clear(|event| {
                let is_up = |flag: &Flag| flag.is_up;
                let asleep = event.bell.sleeper(Need::Event, &event.monitor, 0, is_up);
                event.monitor.wait(0, is_up, |_| ((), Wake::Nobody), asleep);
            });
        });
        let panic = missed.expect_err("no interleaving missed the set");
        let text = panic.downcast_ref::<String>().expect("a text of loom's");
        assert!(text.starts_with("deadlock; threads = ["), "{text}");
    }
}
