//! What the queues have alike: items that go in and come out, in an order of their own, and threads that wait for them.
//!
//! Must not know: which backend it is in, or what the queues are called.
//! INVARIANT: no more is told as done than was put. Nothing of the user's is dropped under the lock. As long
//! as an item is in, its key is its own.

use super::super::bell::{Bell, Carried, Me, Need, Stamp, Users, const_fn};
use super::super::monitor::{Monitor, State, Wake, Wakers};
use super::{Empty, Full, TaskDoneError};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

/// A queue without its name.
pub(super) struct Line<O> {
    bell: Bell<3>,
    monitor: Monitor<Stock<O>, 3>,
    maxsize: usize,
}

struct Stock<O> {
    // First, so that whoever throws items away unseen knows what was before them when they are dropped.
    carried: Carried,
    items: O,
    /// Items that were ever put, and those of them that were told as done.
    put: u64,
    finished: u64,
    putters: Users,
    getters: Users,
    /// Who took items and has not told them as done.
    debtors: Users,
    /// What those handed over who freed a place.
    freed: Stamp,
    /// What those handed over who told an item as done.
    done: Stamp,
}

const ITEMS: usize = 0;
const PLACES: usize = 1;
const DONE: usize = 2;

/// In which order items come out.
pub(super) trait Store {
    type Item;

    fn len(&self) -> usize;
    /// Returns the key of the next item that comes in, as which `put` came in before.
    fn key(&self, put: u64) -> u64;
    fn push(&mut self, item: Self::Item, key: u64);
    /// Returns the next item with its key.
    fn pop(&mut self, put: u64) -> Option<(u64, Self::Item)>;
}

/// An item that smaller ones pass.
pub(super) struct Ranked<T>(T, u64);

impl<O> State for Stock<O> {
    fn wakers(&self, side: usize) -> Wakers<'_> {
        match side {
            ITEMS => Wakers::Users(&self.putters),
            PLACES => Wakers::Users(&self.getters),
            _ => Wakers::Debtors(&self.debtors),
        }
    }
}

impl<O> Line<O> {
    const_fn! {
        pub(super) fn new(bell: Bell<3>, items: O, maxsize: usize) -> Self {
            let stock = Stock {
                carried: Carried::new(),
                items,
                put: 0,
                finished: 0,
                putters: Users::new(),
                getters: Users::new(),
                debtors: Users::new(),
                freed: Stamp::new(),
                done: Stamp::new(),
            };
            Self { bell, monitor: Monitor::new(stock), maxsize }
        }
    }

    pub(super) fn bell_mut(&mut self) -> &mut Bell<3> {
        &mut self.bell
    }

    pub(super) fn maxsize(&self) -> usize {
        self.maxsize
    }
}

impl<O: Store> Line<O> {
    #[inline]
    fn has_room(&self, stock: &Stock<O>) -> bool {
        self.maxsize == 0 || stock.items.len() < self.maxsize
    }

    /// Puts an item; there is room.
    #[inline(always)]
    fn add(&self, stock: &mut Stock<O>, item: O::Item, me: Me) -> ((), Wake) {
        if self.maxsize != 0 {
            self.placed(stock);
        }
        stock.putters.note(me);
        let key = stock.items.key(stock.put);
        stock.put += 1;
        stock.carried.give(key);
        // Last: if items are compared and that panics, this one is in all the same.
        stock.items.push(item, key);
        ((), Wake::One(ITEMS))
    }

    /// An item is about to go in, which knows from then on what those knew who made the room for it.
    #[inline]
    fn placed(&self, stock: &Stock<O>) {
        self.bell.takes(Need::Place);
        // The last place is there only since all others were freed that ever were.
        if stock.items.len() + 1 == self.maxsize {
            stock.freed.take();
        }
    }

    #[inline]
    #[track_caller]
    pub(super) fn put(&self, item: O::Item) {
        self.bell.signals(Need::Item);
        let (me, is_ready) = (Me::here(), move |stock: &Stock<O>| self.has_room(stock));
        let asleep = self.bell.sleeper(Need::Place, &self.monitor, PLACES, is_ready);
        let add = move |stock: &mut Stock<O>| self.add(stock, item, me);
        let ((), waited) = self.monitor.wait(PLACES, is_ready, add, asleep);
        self.waited(waited);
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_put(&self, item: O::Item) -> Result<(), Full<O::Item>> {
        self.bell.signals(Need::Item);
        let me = Me::here();
        self.monitor.change(|stock| {
            if !self.has_room(stock) {
                return (Err(Full(item)), Wake::Nobody);
            }
            let ((), wake) = self.add(stock, item, me);
            (Ok(()), wake)
        })
    }

    #[track_caller]
    pub(super) fn put_timeout(&self, item: O::Item, limit: Duration) -> Result<(), Full<O::Item>> {
        self.bell.signals(Need::Item);
        let (me, is_ready) = (Me::here(), move |stock: &Stock<O>| self.has_room(stock));
        let asleep = self.bell.sleeper(Need::Place, &self.monitor, PLACES, is_ready);
        let mut item = Some(item);
        let add = |stock: &mut Stock<O>| {
            let item = item.take().expect("it is put once");
            self.add(stock, item, me)
        };
        self.monitor.wait_timeout(PLACES, limit, is_ready, add, &asleep);
        match item {
            Some(item) => Err(Full(item)),
            None => {
                self.waited(true);
                Ok(())
            }
        }
    }

    /// An item went in, perhaps after a wait for the place.
    #[inline]
    fn waited(&self, waited: bool) {
        if waited {
            // Whoever made room has handed this over by now, with the place.
            self.monitor.look(|stock| stock.freed.clone()).take();
        }
    }

    #[inline]
    fn is_there(stock: &Stock<O>) -> bool {
        stock.items.len() != 0
    }

    /// Tells that the running thread is about to take an item, which frees a place, if places count.
    #[inline(always)]
    #[track_caller]
    fn getting(&self) -> Me {
        if self.maxsize == 0 {
            // Whoever takes an item is known from then on: it is one who owes.
            self.bell.prepare();
        } else {
            self.bell.signals(Need::Place);
        }
        Me::here()
    }

    #[inline(always)]
    fn remove(&self, stock: &mut Stock<O>, me: Me, taken: &mut Taken<O::Item>) -> ((), Wake) {
        let Some((key, item)) = stock.items.pop(stock.put) else { return ((), Wake::Nobody) };
        taken.item = Some(item);
        stock.carried.take(key, &mut taken.before);
        stock.debtors.add(me);
        if self.maxsize == 0 {
            return ((), Wake::Nobody);
        }
        stock.getters.note(me);
        self.bell.gives(Need::Place);
        stock.freed.join(Stamp::here());
        ((), Wake::One(PLACES))
    }

    #[inline]
    #[track_caller]
    pub(super) fn get(&self) -> O::Item {
        let me = self.getting();
        let is_ready = |stock: &Stock<O>| Self::is_there(stock);
        let asleep = self.bell.sleeper(Need::Item, &self.monitor, ITEMS, is_ready);
        let mut taken = Taken::nothing();
        let into = &mut taken;
        self.monitor.wait(ITEMS, is_ready, move |stock| self.remove(stock, me, into), asleep);
        taken.open().expect("there is an item once the wait for one is over")
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_get(&self) -> Result<O::Item, Empty> {
        let me = self.getting();
        let mut taken = Taken::nothing();
        self.monitor.change(|stock| self.remove(stock, me, &mut taken));
        taken.open().ok_or(Empty)
    }

    #[track_caller]
    pub(super) fn get_timeout(&self, limit: Duration) -> Result<O::Item, Empty> {
        let me = self.getting();
        let is_ready = |stock: &Stock<O>| Self::is_there(stock);
        let asleep = self.bell.sleeper(Need::Item, &self.monitor, ITEMS, is_ready);
        let mut taken = Taken::nothing();
        self.monitor.wait_timeout(ITEMS, limit, is_ready, |stock| self.remove(stock, me, &mut taken), &asleep);
        taken.open().ok_or(Empty)
    }

    pub(super) fn len(&self) -> usize {
        self.monitor.look(|stock| stock.items.len())
    }

    pub(super) fn is_full(&self) -> bool {
        self.maxsize != 0 && self.len() >= self.maxsize
    }

    #[track_caller]
    pub(super) fn task_done(&self) -> Result<(), TaskDoneError> {
        self.bell.signals(Need::Done);
        let (here, me) = (Stamp::here(), Me::here());
        self.monitor.change(|stock| {
            if stock.finished == stock.put {
                return (Err(TaskDoneError { put: stock.put }), Wake::Nobody);
            }
            stock.finished += 1;
            stock.debtors.pay(me);
            stock.done.join(here);
            (Ok(()), if stock.finished == stock.put { Wake::All(DONE) } else { Wake::Nobody })
        })
    }

    #[track_caller]
    pub(super) fn join(&self) {
        let is_ready = |stock: &Stock<O>| stock.finished == stock.put;
        let asleep = self.bell.sleeper(Need::Done, &self.monitor, DONE, is_ready);
        let take = |stock: &mut Stock<O>| (stock.done.clone(), Wake::Nobody);
        let (done, _) = self.monitor.wait(DONE, is_ready, take, asleep);
        done.take();
    }
}

/// An item that may have been taken.
// COST: filled under the lock; what is returned from there is copied at once, and that as a whole, which waits for its parts.
struct Taken<T> {
    before: Stamp,
    item: Option<T>,
}

impl<T> Taken<T> {
    #[inline(always)]
    fn nothing() -> Self {
        Self { before: Stamp::new(), item: None }
    }

    /// Returns what was taken, after what was before it.
    #[inline(always)]
    fn open(&mut self) -> Option<T> {
        let item = self.item.take()?;
        self.before.take();
        Some(item)
    }
}

// By how many came in before.
impl<T> Store for VecDeque<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn key(&self, put: u64) -> u64 {
        put
    }

    #[inline]
    fn push(&mut self, item: T, _key: u64) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self, put: u64) -> Option<(u64, T)> {
        let key = put - self.len() as u64;
        Some((key, self.pop_front()?))
    }
}

// By how many lie below.
impl<T> Store for Vec<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn key(&self, _put: u64) -> u64 {
        self.len() as u64
    }

    #[inline]
    fn push(&mut self, item: T, _key: u64) {
        self.push(item);
    }

    #[inline]
    fn pop(&mut self, _put: u64) -> Option<(u64, T)> {
        let item = self.pop()?;
        Some((self.len() as u64, item))
    }
}

// By how many came in before: an item knows that, since of equal ones the first comes out first.
impl<T: Ord> Store for BinaryHeap<Ranked<T>> {
    type Item = T;

    fn len(&self) -> usize {
        self.len()
    }

    fn key(&self, put: u64) -> u64 {
        put
    }

    fn push(&mut self, item: T, key: u64) {
        self.push(Ranked(item, key));
    }

    fn pop(&mut self, _put: u64) -> Option<(u64, T)> {
        self.pop().map(|Ranked(item, key)| (key, item))
    }
}

impl<T: Ord> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives its greatest first.
        other.0.cmp(&self.0).then_with(|| other.1.cmp(&self.1))
    }
}

impl<T: Ord> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ord> Eq for Ranked<T> {}
