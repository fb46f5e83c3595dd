//! Turns a store with room for so many items into a queue that threads wait at: `Queue`, `LifoQueue`, `PriorityQueue`.
//!
//! Included by every backend beside its `bell`.
//! Must not know: which backend it is in.
//! Source: Python's `queue`. We differ: `task_done` that comes too often is an error and no exception; equal items of a
//! `PriorityQueue` come out in the order in which they came in.
//! INVARIANT: all three are one `Line`, and differ in its store.

#[path = "line.rs"]
mod line;

use self::line::{Line, Ranked};
use super::bell::{Bell, Part, const_fn};
use crate::named::Named;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;
use std::time::Duration;

/// A queue was full; the item that it had no room for comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

/// A queue was empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Empty;

/// `task_done` was called more often than there were items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaskDoneError {
    put: u64,
}

/// What the queues offer, for each order.
macro_rules! queue {
    ($(#[$docs:meta])* $name:ident<T $(: $bound:ident)?>, $store:ty) => {
        $(#[$docs])*
        ///
        /// Whoever puts into a full queue waits for a place, whoever gets from an empty one for an item; a queue without a limit is
        /// never full. Who waits is served in no order; there are no spurious wake-ups, and a panic poisons nothing. What was done
        /// before a `put` comes before what is done after the `get` of that item, and what was done before the last `task_done`
        /// comes before what is done after `join`.
        ///
        /// In checked builds a wait names those who used the other end so far; and a `join`, those who took items and have not
        /// told them as done.
        pub struct $name<T>(Line<$store>);

        impl<T $(: $bound)?> $name<T> {
            const_fn! {
                /// Returns an empty queue with room for `maxsize` items; 0 is no limit. The caller's place is shown in reports.
                #[track_caller]
                pub fn new(maxsize: usize) -> Self {
                    Self(Line::new(Bell::new::<T>(Part::$name), <$store>::new(), maxsize))
                }
            }

            /// Puts an item, and waits while there is no room.
            ///
            /// # Panics
            /// In checked builds if a finding is denied. The item is dropped then.
            ///
            /// # Cost
            /// A lock and an unlock of a mutex, and a system call if somebody waits for an item.
            #[inline]
            #[track_caller]
            pub fn put(&self, item: T) {
                self.0.put(item);
            }

            /// Puts an item if there is room.
            ///
            /// # Errors
            /// If there is none; the item is in the error.
            #[inline]
            #[track_caller]
            pub fn try_put(&self, item: T) -> Result<(), Full<T>> {
                self.0.try_put(item)
            }

            /// Puts an item, and waits for room at most for `limit`. Under loom no time passes: it waits as `put` does.
            ///
            /// # Errors
            /// If there was no room in time; the item is in the error.
            #[track_caller]
            pub fn put_timeout(&self, item: T, limit: Duration) -> Result<(), Full<T>> {
                self.0.put_timeout(item, limit)
            }

            /// Takes the next item, and waits while there is none.
            ///
            /// # Panics
            /// In checked builds if a finding is denied.
            ///
            /// # Cost
            /// As `put`.
            #[inline]
            #[track_caller]
            pub fn get(&self) -> T {
                self.0.get()
            }

            /// Takes the next item if there is one.
            ///
            /// # Errors
            /// If there is none.
            #[inline]
            #[track_caller]
            pub fn try_get(&self) -> Result<T, Empty> {
                self.0.try_get()
            }

            /// Takes the next item, and waits for it at most for `limit`. Under loom no time passes: it waits as `get` does.
            ///
            /// # Errors
            /// If there was none in time.
            #[track_caller]
            pub fn get_timeout(&self, limit: Duration) -> Result<T, Empty> {
                self.0.get_timeout(limit)
            }

            /// Tells that an item that was taken is dealt with.
            ///
            /// # Errors
            /// If all that were put have been told as done already.
            #[track_caller]
            pub fn task_done(&self) -> Result<(), TaskDoneError> {
                self.0.task_done()
            }

            /// Waits until every item that was put has been told as done.
            ///
            /// # Panics
            /// In checked builds if a finding is denied.
            #[track_caller]
            pub fn join(&self) {
                self.0.join();
            }

            /// Returns how many items wait to be taken just now.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Returns whether no item waits to be taken just now.
            pub fn is_empty(&self) -> bool {
                self.0.len() == 0
            }

            /// Returns whether there is no room just now.
            pub fn is_full(&self) -> bool {
                self.0.is_full()
            }
        }

        impl<T> Named for $name<T> {
            fn named(mut self, name: &'static str) -> Self {
                self.0.bell_mut().set_name(name);
                self
            }
        }

        impl<T $(: $bound)?> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                shown.field("len", &self.len()).field("maxsize", &self.0.maxsize()).finish_non_exhaustive()
            }
        }
    };
}

queue! {
    /// A queue: first in, first out.
    ///
    /// # Example
    /// ```
    /// use gordian::sync::{Arc, Queue};
    /// use gordian::thread;
    ///
    /// # gordian::model(|| {
    /// let jobs = Arc::new(Queue::new(2));
    /// let worker = {
    ///     let jobs = Arc::clone(&jobs);
    ///     thread::spawn(move || {
    ///         let job: u32 = jobs.get();
    ///         jobs.task_done().unwrap();
    ///         job
    ///     })
    /// };
    /// jobs.put(7);
    /// jobs.join(); // until every job is done
    /// assert_eq!(worker.join().unwrap(), 7);
    /// # });
    /// ```
    Queue<T>, VecDeque<T>
}

queue! {
    /// A stack that threads wait at: last in, first out.
    ///
    /// # Example
    /// ```
    /// # gordian::model(|| {
    /// let plates = gordian::sync::LifoQueue::new(0);
    /// plates.put("first");
    /// plates.put("second");
    /// assert_eq!(plates.get(), "second");
    /// # });
    /// ```
    LifoQueue<T>, Vec<T>
}

queue! {
    /// A queue whose smallest item comes first; of equal ones, the one that was put first.
    ///
    /// Items are compared while the queue is locked: their `Ord` must not use the queue. `std::cmp::Reverse` turns the order.
    ///
    /// # Example
    /// ```
    /// # gordian::model(|| {
    /// let calls = gordian::sync::PriorityQueue::new(0);
    /// calls.put((2, "leak"));
    /// calls.put((1, "fire"));
    /// assert_eq!(calls.get(), (1, "fire"));
    /// # });
    /// ```
    PriorityQueue<T: Ord>, BinaryHeap<Ranked<T>>
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room in a full queue")
    }
}

impl<T> std::error::Error for Full<T> {}

impl fmt::Display for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no item in an empty queue")
    }
}

impl std::error::Error for Empty {}

impl fmt::Display for TaskDoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task_done called too often: all of the {} items that were put are done already", self.put)
    }
}

impl std::error::Error for TaskDoneError {}
