//! The list of cases: what is compared and what it may cost.
//!
//! Must not know: output.
//! Source: the limits are the project's own promise; `docs/performance.md` says what each case does.
//! INVARIANT: `plain` and `checked` compile the same files, so a case differs from its twin in nothing but the types.

mod checked;
mod pairs;
mod plain;
mod rivals;

use crate::measure::{Figure, Row, Side};
use crate::{live_bytes, measure};

/// Every case, in the table's order: first those with a limit, then what is good to know.
pub(crate) const CASES: &[Case] = &[
    case("one Mutex, uncontended", twins!(mutex::one)).at_most(Limit::Ratio(1.25)),
    case("2 nested Mutexes, order known", twins!(mutex::nested_2)).at_most(Limit::Ratio(1.35)),
    case("4 nested Mutexes, order known", twins!(mutex::nested_4)).at_most(Limit::Ratio(1.35)),
    case("8 nested Mutexes, order known", twins!(mutex::nested_8)).at_most(Limit::Ratio(1.35)),
    case("RwLock read", twins!(rwlock::read)).at_most(Limit::Ratio(1.5)),
    case("RwLock write", twins!(rwlock::write)).at_most(Limit::Ratio(1.3)),
    case("RwLock read under a Mutex", twins!(rwlock::read_under_mutex)).at_most(Limit::Ratio(1.5)),
    case("20 000 ordered pairs of 1 000 locks", twins!(order::known_pairs)).one_generation().at_most(Limit::Ratio(2.0)),
    case("create, lock, drop", twins!(mutex::short_lived)).at_most(Limit::Ratio(1.4)),
    case("create, lock, drop under a lock", twins!(mutex::short_lived_under_one)).at_most(Limit::Ratio(2.0)),
    case("2 threads, disjoint nested locks", twins!(team::disjoint)).at_most(Limit::Ratio(1.3)),
    case("2 threads, one lock", twins!(team::contended)).at_most(Limit::Ratio(1.3)),
    case("8 threads, ordered pairs of 64 locks", twins!(team::ordered_pairs)).at_most(Limit::Ratio(1.5)),
    case("Condvar, there and back, on one core", twins!(team::ping_pong)).on_one_core().at_most(Limit::Ratio(1.2)),
    case("bounded channel, 2 producers, 2 consumers", twins!(team::channel)).at_most(Limit::Ratio(1.3)),
    case("1 000 threads want one lock, one more", apart!(blocked::star)).at_most(Limit::Nanoseconds(100_000.0)),
    case("1 000 threads in a chain, one more joins", apart!(blocked::chain)).at_most(Limit::Nanoseconds(100_000.0)),
    case("1 000 threads in a chain, its end blocks", apart!(blocked::chain_end)).at_most(Limit::Nanoseconds(100_000.0)),
    case("1 000 threads in a chain, one more waited for", apart!(blocked::between))
        .at_most(Limit::Nanoseconds(100_000.0)),
    case("deadlock of 2 threads, told", apart!(stuck::two)).at_most(Limit::Nanoseconds(1_000_000.0)),
    case("deadlock of 5 threads, told", apart!(stuck::five)).at_most(Limit::Nanoseconds(1_000_000.0)),
    case("deadlock of 50 threads, told", apart!(stuck::fifty)).at_most(Limit::Nanoseconds(1_000_000.0)),
    case("new edge among 4 000 locks", fresh!(order::new_edges))
        .without_backtraces()
        .at_most(Limit::Nanoseconds(1500.0)),
    case("new edge among 4 000 locks, against creation", fresh!(order::new_edges_shuffled))
        .without_backtraces()
        .at_most(Limit::Nanoseconds(1500.0)),
    case("memory of a Mutex<u64> used as a leaf", bytes!(memory::leaf)).at_most(Limit::Bytes(48.0)),
    case("memory left by 300 000 short-lived locks", bytes!(memory::left_by_leaves)).at_most(Limit::Bytes(0.0)),
    case("memory left by the next 300 000", bytes!(memory::left_by_more_leaves)),
    case("memory left by 300 000 short-lived middle locks", bytes!(memory::left_by_middle_locks)),
    case("races watched: Mutex", twins!(races::mutex)).at_most(Limit::Ratio(2.0)),
    case("races watched: fetch_add", twins!(races::fetch_add)).at_most(Limit::Ratio(2.0)),
    case("races watched: load", twins!(races::load)).at_most(Limit::Ratio(3.0)),
    case("races watched: cell read, same epoch", twins!(races::read)).at_most(Limit::Nanoseconds(5.0)),
    case("races watched: cell write, same epoch", twins!(races::write)).at_most(Limit::Nanoseconds(5.0)),
    case("races watched: store", twins!(races::store)),
    case("races watched: Mutex, and a write each turn", twins!(races::mutex_and_access)),
    case("races watched: Shared update", twins!(races::shared)),
    case("new edge with its backtrace", fresh!(order::new_edges_few)).with_backtraces(),
    case("OnceLock get, initialised", twins!(lazy::once_lock)),
    case("LazyLock deref, initialised", twins!(lazy::lazy_lock)),
    case("RLock, first level (std: Mutex)", steady(plain::mutex::one, checked::parts::rlock)),
    case("RLock, locked again (std: Mutex)", steady(plain::mutex::one, checked::parts::rlock_again)),
    case("plain RLock, first level (parking_lot)", steady(rivals::rlock, plain::parts::rlock))
        .at_most(Limit::Ratio(1.3)),
    case("plain RLock, locked again (parking_lot)", steady(rivals::rlock_again, plain::parts::rlock_again))
        .at_most(Limit::Ratio(1.1)),
    case("plain Semaphore, acquire (tokio or std)", steady(rivals::semaphore, plain::parts::semaphore_of_8))
        .at_most(Limit::Ratio(1.3)),
    case("plain Queue, put and get (mpsc::channel)", steady(rivals::queue, plain::parts::queue))
        .at_most(Limit::Ratio(1.5)),
    case("RLock, first level", twins!(parts::rlock)).at_most(Limit::Ratio(1.5)),
    case("RLock, locked again", twins!(parts::rlock_again)).at_most(Limit::Ratio(1.5)),
    case("Semaphore of 1, acquire", twins!(parts::semaphore_of_1)).at_most(Limit::Ratio(1.5)),
    case("Semaphore of 8, acquire", twins!(parts::semaphore_of_8)).at_most(Limit::Ratio(1.5)),
    case("Queue, put and get", twins!(parts::queue)).at_most(Limit::Ratio(1.5)),
    case("bounded Queue, put and get", twins!(parts::bounded_queue)),
    case("plain bounded Queue, put and get (sync_channel)", steady(rivals::bounded_queue, plain::parts::bounded_queue)),
    case("plain Queue, producer and consumer (sync_channel)", steady(plain::team::pipe, plain::team::queue)),
    case("Queue, producer and consumer", twins!(team::queue)),
    case("plain Semaphore, try_acquire (tokio)", steady(rivals::tokio, plain::parts::semaphore_tried)),
    case("Semaphore of 8, try_acquire", twins!(parts::semaphore_tried)),
    case("LifoQueue, put and get", twins!(parts::lifo_queue)),
    case("PriorityQueue of 100, put and get", twins!(parts::priority_queue)),
    case("Event, set and clear", twins!(parts::event_set_and_clear)),
    case("Event, is_set", twins!(parts::event_is_set)),
    case("Event, wait when up", twins!(parts::event_wait)),
    case("Condition, acquire", twins!(parts::condition)),
    case("thread, spawn and join", twins!(team::spawn_and_join)),
    #[cfg(feature = "tokio")]
    case("tasks: one Mutex, uncontended", twins!(tasks::one)),
    #[cfg(feature = "tokio")]
    case("tasks: 2 nested Mutexes, order known", twins!(tasks::nested_2)),
    #[cfg(feature = "tokio")]
    case("tasks: bounded channel, one message", twins!(tasks::message)),
    case("noise: std on both sides", steady(plain::mutex::one, plain::mutex::one)),
];

/// How often a case's locks and threads are made anew. Where a lock lies and on which core a thread wakes can weigh
/// more than the limits are apart, and does so for as long as the lock or the thread lives.
// COST: 2026-11-21, std on both sides, 2 cores, "2 threads, one lock": one generation 0.18x to 1.09x, eight 0.98x to 1.02x.
const GENERATIONS: usize = 8;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) limit: Limit,
    pub(crate) work: Work,
    /// What `GORDIAN_BACKTRACE` is set to; unset where it is `None`.
    pub(crate) backtrace: Option<&'static str>,
    /// Whether all its threads share one core, where the wake-up of a second one would weigh more than all else.
    pub(crate) on_one_core: bool,
}

/// What a case may cost at most.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    None,
    /// Checked to std.
    Ratio(f64),
    /// The checked side alone, for one operation.
    Nanoseconds(f64),
    /// The checked side alone.
    Bytes(f64),
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
}

pub(crate) enum Work {
    /// Can be repeated at will.
    Steady { plain: fn() -> Side, checked: fn() -> Side, generations: usize },
    /// Every step is new work.
    Once { plain: fn() -> Side, checked: fn() -> Side },
    /// Every step is new work, and as much as the others.
    Apart { plain: fn() -> Side, checked: fn() -> Side },
    /// Counts bytes.
    Memory { plain: fn() -> f64, checked: fn() -> f64 },
}

impl Work {
    pub(crate) fn measure(&self, samples: usize) -> Row {
        match *self {
            Work::Steady { plain, checked, generations } => measure::steady(plain, checked, generations, samples),
            Work::Once { plain, checked } => measure::once(plain, checked, samples),
            Work::Apart { plain, checked } => measure::apart(plain, checked, samples),
            Work::Memory { plain, checked } => {
                live_bytes::start();
                let (plain, checked) = (plain(), checked());
                let ratio = (plain != 0.0).then(|| Figure::exact(checked / plain));
                Row { plain: Figure::exact(plain), checked: Figure::exact(checked), ratio }
            }
        }
    }
}

impl Case {
    pub(crate) fn is_over(&self, row: &Row) -> bool {
        match self.limit {
            Limit::None => false,
            Limit::Ratio(limit) => row.ratio.is_none_or(|ratio| ratio.value > limit),
            Limit::Nanoseconds(limit) | Limit::Bytes(limit) => row.checked.value > limit,
        }
    }

    pub(crate) fn is_timing(&self) -> bool {
        matches!(self.unit(), Unit::Nanoseconds)
    }

    pub(crate) fn unit(&self) -> Unit {
        match self.work {
            Work::Steady { .. } | Work::Once { .. } | Work::Apart { .. } => Unit::Nanoseconds,
            Work::Memory { .. } => Unit::Bytes,
        }
    }

    const fn at_most(self, limit: Limit) -> Case {
        Case { limit, ..self }
    }

    /// For a case that says how many locks and pairs the detector knows.
    const fn one_generation(self) -> Case {
        match self.work {
            Work::Steady { plain, checked, .. } => {
                Case { work: Work::Steady { plain, checked, generations: 1 }, ..self }
            }
            _ => panic!("only a steady case has generations"),
        }
    }

    const fn without_backtraces(self) -> Case {
        Case { backtrace: Some("0"), ..self }
    }

    const fn on_one_core(self) -> Case {
        Case { on_one_core: true, ..self }
    }

    const fn with_backtraces(self) -> Case {
        Case { backtrace: Some("1"), ..self }
    }
}

const fn case(name: &'static str, work: Work) -> Case {
    Case { name, limit: Limit::None, work, backtrace: None, on_one_core: false }
}

const fn steady(plain: fn() -> Side, checked: fn() -> Side) -> Work {
    Work::Steady { plain, checked, generations: GENERATIONS }
}

/// One workload on both sides, repeated.
macro_rules! twins {
    ($file:ident::$workload:ident) => {
        steady(plain::$file::$workload, checked::$file::$workload)
    };
}

/// One workload on both sides, never the same step twice.
macro_rules! fresh {
    ($file:ident::$workload:ident) => {
        Work::Once { plain: plain::$file::$workload, checked: checked::$file::$workload }
    };
}

/// One workload on both sides, every step new and alike.
macro_rules! apart {
    ($file:ident::$workload:ident) => {
        Work::Apart { plain: plain::$file::$workload, checked: checked::$file::$workload }
    };
}

/// One count on both sides.
macro_rules! bytes {
    ($file:ident::$workload:ident) => {
        Work::Memory { plain: plain::$file::$workload, checked: checked::$file::$workload }
    };
}

use {apart, bytes, fresh, twins};
