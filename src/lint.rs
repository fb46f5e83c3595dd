//! The closed list of lints: codes, names, default levels, one line each.
//!
//! Must not know: how any of them is found.
//! INVARIANT: codes and names are public and never change their meaning.

use std::fmt;

/// What can be found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Lint {
    /// G001: these threads wait for each other, now.
    Deadlock,
    /// G002: a thread requests what it holds itself.
    SelfDeadlock,
    /// G003: every thread waits and nobody is left to wake them.
    Stall,
    /// G010: the same locks were taken in opposite orders by threads that could meet.
    LockOrder,
    /// G011: the same, seen only between locks created at the same places.
    ClassOrder,
    /// G012: opposite orders, but all in one thread, or one side ordered before the other by a hand-over between threads.
    SequentialOrder,
    /// G013: opposite orders, each time under one common lock.
    GatedOrder,
    /// G014: readers that deadlock when a writer queues between them.
    WriterBetween,
    /// G020: a thread waits while it holds a lock that the one who would wake it was seen to need.
    WaitWhileHolding,
    /// G021: a notification nobody could hear, and a wait that it was meant for.
    LostNotify,
    /// G022: one condition variable used with two mutexes.
    CondvarTwoMutexes,
    /// G030: two accesses, one of them a write, with no order between them.
    DataRace,
    /// G031: a value was read, changed by another thread, and overwritten after the stale read.
    LostUpdate,
    /// G032: two critical sections or accesses that may only make sense together were split by another thread.
    Atomicity,
    /// G040: a lock that is held for ever because its guard was forgotten.
    LeakedGuard,
    /// G041: held, or waited for, longer than the set limit.
    LongHold,
}

/// What a finding does, as for rustc's lints.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Counted only.
    Allow,
    /// Reported; the program goes on.
    Warn,
    /// Reported; then a panic at the request, before the lock is taken.
    Deny,
}

struct Row {
    lint: Lint,
    code: &'static str,
    name: &'static str,
    level: Level,
    title: &'static str,
}

#[rustfmt::skip]
const TABLE: [Row; 16] = [
    Row { lint: Lint::Deadlock, code: "G001", name: "deadlock", level: Level::Deny, title: "deadlock" },
    Row { lint: Lint::SelfDeadlock, code: "G002", name: "self_deadlock", level: Level::Deny, title: "self-deadlock" },
    Row { lint: Lint::Stall, code: "G003", name: "stall", level: Level::Deny, title: "stall" },
    Row { lint: Lint::LockOrder, code: "G010", name: "lock_order", level: Level::Deny, title: "lock-order inversion" },
    Row { lint: Lint::ClassOrder, code: "G011", name: "class_order", level: Level::Warn, title: "lock-order inversion between classes" },
    Row { lint: Lint::SequentialOrder, code: "G012", name: "sequential_order", level: Level::Warn, title: "opposite lock orders, one after the other" },
    Row { lint: Lint::GatedOrder, code: "G013", name: "gated_order", level: Level::Allow, title: "opposite lock orders under a common lock" },
    Row { lint: Lint::WriterBetween, code: "G014", name: "writer_between", level: Level::Warn, title: "readers deadlock when a writer queues between them" },
    Row { lint: Lint::WaitWhileHolding, code: "G020", name: "wait_while_holding", level: Level::Warn, title: "wait while holding a lock that the waker needs" },
    Row { lint: Lint::LostNotify, code: "G021", name: "lost_notify", level: Level::Warn, title: "lost notification" },
    Row { lint: Lint::CondvarTwoMutexes, code: "G022", name: "condvar_two_mutexes", level: Level::Deny, title: "condition variable with two mutexes" },
    Row { lint: Lint::DataRace, code: "G030", name: "data_race", level: Level::Deny, title: "data race" },
    Row { lint: Lint::LostUpdate, code: "G031", name: "lost_update", level: Level::Warn, title: "lost update" },
    Row { lint: Lint::Atomicity, code: "G032", name: "atomicity", level: Level::Allow, title: "broken atomicity" },
    Row { lint: Lint::LeakedGuard, code: "G040", name: "leaked_guard", level: Level::Warn, title: "leaked guard" },
    Row { lint: Lint::LongHold, code: "G041", name: "long_hold", level: Level::Allow, title: "long hold" },
];

impl Lint {
    /// Returns every lint, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.lint)
    }

    /// Returns the lint with this name or code. `None` if there is none.
    pub fn find(name_or_code: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name_or_code || row.code == name_or_code).map(|row| row.lint)
    }

    /// Returns the code, such as `G010`.
    pub fn code(self) -> &'static str {
        self.row().code
    }

    /// Returns the name, such as `lock_order`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the level that holds unless the user sets another.
    pub fn default_level(self) -> Level {
        self.row().level
    }

    /// Returns what it says, in a few words.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Returns the index of `docs/lints/`, in Markdown: a table of all lints, then what they have in common.
    #[doc(hidden)]
    pub fn overview() -> &'static str {
        include_str!("../docs/lints/README.md")
    }

    /// Returns its page of `docs/lints/`, in Markdown.
    // COST: a function and not a column of the table, so that only programs that call it carry the pages.
    #[doc(hidden)]
    pub fn page(self) -> &'static str {
        match self {
            Self::Deadlock => include_str!("../docs/lints/deadlock.md"),
            Self::SelfDeadlock => include_str!("../docs/lints/self_deadlock.md"),
            Self::Stall => include_str!("../docs/lints/stall.md"),
            Self::LockOrder => include_str!("../docs/lints/lock_order.md"),
            Self::ClassOrder => include_str!("../docs/lints/class_order.md"),
            Self::SequentialOrder => include_str!("../docs/lints/sequential_order.md"),
            Self::GatedOrder => include_str!("../docs/lints/gated_order.md"),
            Self::WriterBetween => include_str!("../docs/lints/writer_between.md"),
            Self::WaitWhileHolding => include_str!("../docs/lints/wait_while_holding.md"),
            Self::LostNotify => include_str!("../docs/lints/lost_notify.md"),
            Self::CondvarTwoMutexes => include_str!("../docs/lints/condvar_two_mutexes.md"),
            Self::DataRace => include_str!("../docs/lints/data_race.md"),
            Self::LostUpdate => include_str!("../docs/lints/lost_update.md"),
            Self::Atomicity => include_str!("../docs/lints/atomicity.md"),
            Self::LeakedGuard => include_str!("../docs/lints/leaked_guard.md"),
            Self::LongHold => include_str!("../docs/lints/long_hold.md"),
        }
    }

    pub(crate) const COUNT: usize = TABLE.len();

    /// Returns the lint's place in [`Lint::all`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    fn row(self) -> &'static Row {
        &TABLE[self.index()]
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Level {
    /// Returns `allow`, `warn` or `deny`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// Returns the level with this name. `None` if there is none.
    pub fn find(name: &str) -> Option<Self> {
        [Self::Allow, Self::Warn, Self::Deny].into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_and_every_row_of_the_index_is_its_own_lints() {
        for lint in Lint::all() {
            let title = lint.page().lines().next().unwrap_or_default();
            assert!(title.starts_with("# ") && title.contains(lint.name()), "{lint}: {title}");
            let row = format!("| {} | [{lint}]({lint}.md) | {} |", lint.code(), lint.default_level());
            assert!(Lint::overview().contains(&row), "{row}");
        }
    }

    #[test]
    fn every_lint_is_found_by_its_own_name_and_code_only() {
        for (index, lint) in Lint::all().enumerate() {
            assert_eq!(lint.index(), index);
            assert_eq!((Lint::find(lint.name()), Lint::find(lint.code())), (Some(lint), Some(lint)));
        }
        assert_eq!(Lint::find("g010"), None);
        assert_eq!(Level::find("Deny"), None);
    }
}
