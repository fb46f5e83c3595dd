//! What the queues have alike: items that go in and come out, in an order of their own, and threads that wait for them.
//!
//! Must not know: which backend it is in, or what the queues are called.
//! INVARIANT: `unfinished` is what was put and not yet told as done. Nothing of the user's is dropped under the lock.

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
    items: O,
    /// Items that were ever put.
    put: u64,
    unfinished: u64,
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

/// An item on its way.
pub(super) struct Item<T> {
    // First, so that whoever throws an item away unseen knows what was before it when the value is dropped.
    carried: Carried,
    value: T,
}

/// In which order items come out.
pub(super) trait Store {
    type Value;

    fn len(&self) -> usize;
    /// `number` is how many items came in before.
    fn push(&mut self, item: Item<Self::Value>, number: u64);
    fn pop(&mut self) -> Option<Item<Self::Value>>;
}

/// An item that smaller ones pass.
pub(super) struct Ranked<T>(Item<T>, u64);

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
                items,
                put: 0,
                unfinished: 0,
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
    fn add(&self, stock: &mut Stock<O>, value: O::Value, me: Me) -> ((), Wake) {
        if self.maxsize != 0 {
            self.placed(stock);
        }
        stock.putters.note(me);
        let number = stock.put;
        stock.put += 1;
        stock.unfinished += 1;
        // COST: made where it goes; an item that is moved as a whole costs as much as the lock does.
        let item = Item { carried: Carried::here(), value };
        // Last: if items are compared and that panics, this one is in all the same.
        stock.items.push(item, number);
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
    pub(super) fn put(&self, value: O::Value) {
        self.bell.signals(Need::Item);
        let (me, is_ready) = (Me::here(), |stock: &Stock<O>| self.has_room(stock));
        let asleep = self.bell.sleeper(Need::Place, &self.monitor, PLACES, &is_ready);
        let add = |stock: &mut Stock<O>| self.add(stock, value, me);
        let ((), waited) = self.monitor.wait(PLACES, is_ready, add, asleep);
        self.waited(waited);
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_put(&self, value: O::Value) -> Result<(), Full<O::Value>> {
        self.bell.signals(Need::Item);
        let me = Me::here();
        self.monitor.change(|stock| {
            if !self.has_room(stock) {
                return (Err(Full(value)), Wake::Nobody);
            }
            let ((), wake) = self.add(stock, value, me);
            (Ok(()), wake)
        })
    }

    #[track_caller]
    pub(super) fn put_timeout(&self, value: O::Value, limit: Duration) -> Result<(), Full<O::Value>> {
        self.bell.signals(Need::Item);
        let (me, is_ready) = (Me::here(), |stock: &Stock<O>| self.has_room(stock));
        let asleep = self.bell.sleeper(Need::Place, &self.monitor, PLACES, &is_ready);
        let mut value = Some(value);
        let add = |stock: &mut Stock<O>| {
            let value = value.take().expect("it is put once");
            self.add(stock, value, me)
        };
        self.monitor.wait_timeout(PLACES, limit, is_ready, add, &asleep);
        match value {
            Some(value) => Err(Full(value)),
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

    /// Tells that the running thread is about to free a place, and what it hands over with it, if places count.
    #[inline(always)]
    #[track_caller]
    fn getting(&self, here: &mut Option<Stamp>) {
        if self.maxsize == 0 {
            // Whoever takes an item is known from then on: it is one who owes.
            return self.bell.prepare();
        }
        self.bell.signals(Need::Place);
        self.bell.gives(Need::Place);
        *here = Some(Stamp::here());
    }

    #[inline(always)]
    fn remove(stock: &mut Stock<O>, me: Me, here: &mut Option<Stamp>, taken: &mut Taken<O::Value>) -> ((), Wake) {
        // COST: apart at once; see `add`.
        let Some(Item { carried, value }) = stock.items.pop() else { return ((), Wake::Nobody) };
        (taken.carried, taken.value) = (Some(carried), Some(value));
        stock.debtors.add(me);
        let Some(here) = here.take() else { return ((), Wake::Nobody) };
        stock.getters.note(me);
        stock.freed.join(here);
        ((), Wake::One(PLACES))
    }

    #[inline]
    #[track_caller]
    pub(super) fn get(&self) -> O::Value {
        let mut here = None;
        self.getting(&mut here);
        let me = Me::here();
        let is_ready = |stock: &Stock<O>| Self::is_there(stock);
        let asleep = self.bell.sleeper(Need::Item, &self.monitor, ITEMS, &is_ready);
        let mut taken = Taken::nothing();
        let remove = |stock: &mut Stock<O>| Self::remove(stock, me, &mut here, &mut taken);
        self.monitor.wait(ITEMS, is_ready, remove, asleep);
        taken.open().expect("there is an item once the wait for one is over")
    }

    #[inline]
    #[track_caller]
    pub(super) fn try_get(&self) -> Result<O::Value, Empty> {
        let mut here = None;
        self.getting(&mut here);
        let me = Me::here();
        let mut taken = Taken::nothing();
        self.monitor.change(|stock| Self::remove(stock, me, &mut here, &mut taken));
        taken.open().ok_or(Empty)
    }

    #[track_caller]
    pub(super) fn get_timeout(&self, limit: Duration) -> Result<O::Value, Empty> {
        let mut here = None;
        self.getting(&mut here);
        let me = Me::here();
        let is_ready = |stock: &Stock<O>| Self::is_there(stock);
        let asleep = self.bell.sleeper(Need::Item, &self.monitor, ITEMS, &is_ready);
        let mut taken = Taken::nothing();
        let remove = |stock: &mut Stock<O>| Self::remove(stock, me, &mut here, &mut taken);
        self.monitor.wait_timeout(ITEMS, limit, is_ready, remove, &asleep);
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
            let Some(left) = stock.unfinished.checked_sub(1) else {
                return (Err(TaskDoneError { put: stock.put }), Wake::Nobody);
            };
            stock.unfinished = left;
            stock.debtors.pay(me);
            stock.done.join(here);
            (Ok(()), if left == 0 { Wake::All(DONE) } else { Wake::Nobody })
        })
    }

    #[track_caller]
    pub(super) fn join(&self) {
        let is_ready = |stock: &Stock<O>| stock.unfinished == 0;
        let asleep = self.bell.sleeper(Need::Done, &self.monitor, DONE, &is_ready);
        let take = |stock: &mut Stock<O>| (stock.done.clone(), Wake::Nobody);
        let (done, _) = self.monitor.wait(DONE, is_ready, take, asleep);
        done.take();
    }
}

/// An item that may have been taken.
struct Taken<T> {
    carried: Option<Carried>,
    value: Option<T>,
}

impl<T> Taken<T> {
    #[inline(always)]
    fn nothing() -> Self {
        Self { carried: None, value: None }
    }

    /// Returns what was taken, after what was before it.
    #[inline(always)]
    fn open(self) -> Option<T> {
        let Self { carried, value } = self;
        if let Some(carried) = carried {
            carried.open();
        }
        value
    }
}

impl<T> Store for VecDeque<Item<T>> {
    type Value = T;

    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn push(&mut self, item: Item<T>, _number: u64) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<Item<T>> {
        self.pop_front()
    }
}

impl<T> Store for Vec<Item<T>> {
    type Value = T;

    fn len(&self) -> usize {
        self.len()
    }

    #[inline]
    fn push(&mut self, item: Item<T>, _number: u64) {
        self.push(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<Item<T>> {
        self.pop()
    }
}

impl<T: Ord> Store for BinaryHeap<Ranked<T>> {
    type Value = T;

    fn len(&self) -> usize {
        self.len()
    }

    fn push(&mut self, item: Item<T>, number: u64) {
        self.push(Ranked(item, number));
    }

    fn pop(&mut self) -> Option<Item<T>> {
        self.pop().map(|Ranked(item, _)| item)
    }
}

impl<T: Ord> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives its greatest first.
        other.0.value.cmp(&self.0.value).then_with(|| other.1.cmp(&self.1))
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
