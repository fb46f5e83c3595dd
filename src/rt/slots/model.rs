//! Models of the table: threads that block at once, end, and wait one after the other, each with its broken twin.
//!
//! Must not know: what the stream's rooms do with a slot, but for the looks that are played here.
//! INVARIANT: the truth of the model is kept beside the table, where no thread may act on it.

use super::*;
use loom::sync::MutexGuard as UserGuard;
use std::mem::ManuallyDrop;
// std's: loom's own aborts when it is dropped after a deadlock.
use std::sync::Arc;

/// What a thread waits for and what it holds: places of locks.
#[derive(Clone, Copy, Default)]
struct Wait {
    wants: usize,
    holds: usize,
}

/// The user's locks, and the table of slots.
struct House {
    slots: Slots<Wait>,
    locks: Vec<loom::sync::Mutex<()>>,
    /// What no thread of the model may act on, so it is std's.
    truth: std::sync::Mutex<Truth>,
    steps: AtomicU64,
    rules: Rules,
}

struct Truth {
    /// Who has each lock.
    owners: Vec<Option<usize>>,
    /// Who gave up. Several may see one circle, and all of them are right, although the first one opens it.
    refused: Vec<usize>,
}

/// What is done right, or wrong in a broken twin.
#[derive(Clone, Copy)]
struct Rules {
    has_fence: bool,
    reads_twice: bool,
    /// Whether only one who is waited for looks closer. Left out where one reading is to show its mistake: there
    /// the last wait begins after another is over, and whoever has seen it reads nothing older any more.
    asks_who_waits: bool,
}

const RIGHT: Rules = Rules { has_fence: true, reads_twice: true, asks_who_waits: true };

/// A lock that a thread has.
struct Taken<'a> {
    house: &'a House,
    lock: usize,
    _guard: UserGuard<'a, ()>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.house.truth.lock().unwrap().owners[self.lock] = None;
    }
}

impl House {
    /// As many locks as threads, each thread with its slot.
    fn of(threads: usize, rules: Rules) -> Arc<Self> {
        let house = Self {
            slots: Slots::new(),
            locks: (0..threads).map(|_| loom::sync::Mutex::new(())).collect(),
            truth: std::sync::Mutex::new(Truth { owners: vec![None; threads], refused: Vec::new() }),
            steps: AtomicU64::new(0),
            rules,
        };
        (0..threads).for_each(|place| assert!(house.slots.take(place as u64, Wait::default).is_some()));
        Arc::new(house)
    }

    fn take(&self, me: usize, lock: usize) -> Taken<'_> {
        let taken = Taken { house: self, lock, _guard: self.locks[lock].lock().unwrap() };
        self.truth.lock().unwrap().owners[lock] = Some(me);
        taken
    }

    /// Tells that the thread waits for a lock, as a request does that found it taken. Then takes it, unless the table
    /// shows a circle. There is no try before, since loom holds a thread back that tries (`docs/loom.md`); whoever
    /// tells without need must be in no false circle either.
    fn request(&self, me: usize, holds: usize, wants: usize) -> Option<Taken<'_>> {
        self.step();
        let write = |wait: &mut Wait| {
            *wait = Wait { wants, holds };
            Sign { filter: 1 << holds, wanted: wants as u64 }
        };
        let slot = self.slot(me);
        let blocked = if self.rules.has_fence { slot.block(None, write) } else { slot.tell(None, write) };
        // A deadlock ends this thread at the lock below, and then nothing of loom's can be used any more.
        let blocked = ManuallyDrop::new(blocked);
        let taken = match self.find_circle(me, holds, wants) {
            None => Some(self.take(me, wants)),
            Some(circle) => {
                let is_true = self.give_up(me, &circle);
                assert!(is_true, "a circle that is none");
                None
            }
        };
        self.step();
        drop(ManuallyDrop::into_inner(blocked));
        taken
    }

    /// False if the circle is none in truth.
    fn give_up(&self, me: usize, circle: &[(usize, usize)]) -> bool {
        let Truth { owners, refused } = &mut *self.truth.lock().unwrap();
        let is_true = circle.iter().all(|&(place, lock)| owners[lock] == Some(place));
        let was_true = circle.iter().any(|(place, _)| refused.contains(place));
        refused.push(me);
        is_true || was_true
    }

    /// As the stream's rooms do it: two quick looks at the signs, then two readings that agree. Returns who has which
    /// lock that is waited for.
    fn find_circle(&self, me: usize, holds: usize, wants: usize) -> Option<Vec<(usize, usize)>> {
        let keeps = |slot: &Slot<Wait>| slot.standing().is_blocked() && slot.filter() & (1 << wants) != 0;
        self.slots.iter().find(|slot| keeps(slot))?;
        let waits = |slot: &Slot<Wait>| slot.standing().is_blocked() && slot.wanted() == holds as u64;
        if self.rules.asks_who_waits {
            self.slots.iter().find(|slot| waits(slot))?;
        }
        let read = |place: usize| {
            self.step();
            self.slot(place).read(|wait, _| *wait)
        };
        loop {
            let rows: Vec<_> = (0..self.locks.len()).map(read).collect();
            let circle = circle(me, &rows)?;
            let is_same = |&(place, _): &(usize, usize)| read(place).map(|row| row.0) == rows[place].map(|row| row.0);
            if !self.rules.reads_twice || circle.iter().all(is_same) {
                return Some(circle);
            }
        }
    }

    fn slot(&self, place: usize) -> &Slot<Wait> {
        self.slots.get(place as u64).expect("it was taken")
    }

    /// Makes loom try the steps of all threads in each order: of an atomic it compares an access with the last one only,
    /// and a load by the thread that stores hides those of others.
    fn step(&self) {
        // ORDERING: Relaxed; it must order nothing that the table does not.
        self.steps.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns who keeps whom, from the thread back to it.
fn circle(me: usize, rows: &[Option<(Standing, Wait)>]) -> Option<Vec<(usize, usize)>> {
    let mut way = Vec::new();
    let mut waiter = me;
    while way.len() < rows.len() {
        let lock = rows[waiter]?.1.wants;
        waiter = rows.iter().position(|row| row.is_some_and(|(_, wait)| wait.holds == lock))?;
        way.push((waiter, lock));
        if waiter == me {
            return Some(way);
        }
    }
    None
}

/// Each thread takes its own lock and then the next one's, and gives up if that closes a circle.
fn ring(threads: usize, rules: Rules) {
    let take_two = |house: &House, me: usize| {
        let _mine = house.take(me, me);
        drop(house.request(me, me, (me + 1) % house.locks.len()));
    };
    loom::model(move || {
        let house = House::of(threads, rules);
        let start = |me: usize| {
            let house = house.clone();
            loom::thread::spawn(move || take_two(&house, me))
        };
        let others: Vec<_> = (1..threads).map(start).collect();
        take_two(&house, 0);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

/// A program that always ends. Thread 0 has lock 0 and wants lock 1; thread 1 has lock 1 and wants lock 2; thread 2 waits
/// for the end of thread 1, and only then has lock 2 and wants lock 0.
fn one_after_the_other(rules: Rules) {
    loom::model(move || {
        let house = House::of(3, rules);
        let start = |me: usize, first: usize, then: usize| {
            let house = house.clone();
            loom::thread::spawn(move || {
                let _first = house.take(me, first);
                assert!(house.request(me, first, then).is_some(), "nobody is to give up");
            })
        };
        let (zero, one) = (start(0, 0, 1), start(1, 1, 2));
        one.join().unwrap();
        {
            let _first = house.take(2, 2);
            assert!(house.request(2, 2, 0).is_some(), "nobody is to give up");
        }
        zero.join().unwrap();
    });
}

/// One thread blocks, and waits for anyone; the other one, the last that could wake it, ends. Counts those that see that
/// nobody is left.
fn the_last_one_ends(has_fence: bool) {
    loom::model(move || {
        let slots: Arc<Slots<Wait>> = Arc::new(Slots::new());
        let seen = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let [sleeper, ender] = [0, 1].map(|place| slots.take(place, Wait::default).is_some());
        assert!(sleeper && ender);
        let look =
            |slots: &Slots<Wait>, other: u64, seen: &std::sync::atomic::AtomicU32, is_left: fn(Standing) -> bool| {
                if is_left(slots.get(other).expect("it was taken").standing()) {
                    seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            };
        let other = {
            let (slots, seen) = (slots.clone(), seen.clone());
            loom::thread::spawn(move || {
                let slot = slots.get(1).expect("it was taken");
                if has_fence {
                    slot.free()
                } else {
                    slot.leave()
                }
                look(&slots, 0, &seen, Standing::is_blocked);
            })
        };
        let blocked = slots.get(0).expect("it was taken").block(None, |_| Sign { filter: 0, wanted: 0 });
        look(&slots, 1, &seen, Standing::is_free);
        other.join().unwrap();
        drop(blocked);
        assert_ne!(seen.load(std::sync::atomic::Ordering::SeqCst), 0, "nobody saw it");
    });
}

fn failure(model: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let failed = std::panic::catch_unwind(model).unwrap_err();
    let text = failed.downcast_ref::<String>().cloned();
    text.or(failed.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
}

/// Claim: no deadlock is missed and none is invented: if all block, one of them sees all. Two threads, default bound.
#[test]
fn one_of_two_that_block_at_once_sees_the_circle() {
    ring(2, RIGHT);
}

/// Claim: as for two. Three threads, default bound.
#[test]
fn one_of_three_that_block_at_once_sees_the_circle() {
    ring(3, RIGHT);
}

/// The broken twin: without the fence each may look before the other's word has arrived.
#[test]
fn without_the_fence_a_circle_is_missed() {
    let text = failure(|| ring(2, Rules { has_fence: false, ..RIGHT }));
    assert!(text.contains("deadlock"), "{text}");
}

/// Claim: what two equal readings show was so at one moment. Three threads, default bound.
#[test]
fn waits_one_after_the_other_are_no_circle() {
    one_after_the_other(RIGHT);
}

/// The broken twin: one reading puts together what never was at one moment.
#[test]
fn one_reading_shows_a_circle_that_is_none() {
    let text = failure(|| one_after_the_other(Rules { reads_twice: false, asks_who_waits: false, ..RIGHT }));
    assert!(text.contains("a circle that is none"), "{text}");
}

/// Claim: of one that blocks and one that ends, at least one sees the other. Two threads, default bound.
#[test]
fn a_wait_and_the_end_of_the_last_waker_see_each_other() {
    the_last_one_ends(true);
}

/// The broken twin: without its fence the one that ends may look before its word has arrived.
#[test]
fn without_the_fence_of_an_end_nobody_sees_it() {
    let text = failure(|| the_last_one_ends(false));
    assert!(text.contains("nobody saw it"), "{text}");
}
