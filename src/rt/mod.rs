//! The cellar: everything dangerous, and nothing that knows what a lock class is.
//!
//! Must not know: any other room.
//! INVARIANT: nothing here calls user code, except that growing a [`HeldSet`] may call the global allocator.

mod backtrace;
mod counter;
mod exit;
mod flag;
mod gate;
mod gauge;
mod held;
mod known;
mod last_writes;
mod ledger;
mod local;
mod meta;
mod numbers;
mod ordering;
mod os;
mod prim;
mod raw_lock;
mod site;
mod sleeper;
mod slots;
mod stamped;
mod switches;
mod touched;

pub(crate) use self::backtrace::Backtrace;
pub(crate) use self::counter::Counter;
pub(crate) use self::exit::at_exit;
pub(crate) use self::flag::Flag;
pub(crate) use self::gate::{Gate, Inside};
pub(crate) use self::gauge::Gauges;
pub(crate) use self::held::{Entry, HeldSet, Top};
pub(crate) use self::known::KnownSet;
pub(crate) use self::last_writes::LastWrites;
pub(crate) use self::ledger::Ledger;
pub(crate) use self::local::Here;
pub(crate) use self::meta::{Birth, Meta};
pub(crate) use self::numbers::Numbers;
pub(crate) use self::ordering::Ordering;
pub(crate) use self::os::{main_may_wait_for_threads, os_threads, pause};
pub(crate) use self::raw_lock::RawLock;
pub(crate) use self::site::Site;
pub(crate) use self::sleeper::{By, Sleeper};
pub(crate) use self::slots::{Blocked, Sign, Slot, Slots, Standing};
pub(crate) use self::stamped::Stamped;
pub(crate) use self::switches::{Switch, Switched, Switches};
pub(crate) use self::touched::Touched;
