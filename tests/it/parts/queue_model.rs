//! The queues beside dull twins, one thread's random steps.

use super::sync::{Empty, Full, LifoQueue, PriorityQueue, Queue};
use proptest::prelude::*;
use std::time::Duration;

#[derive(Clone, Debug)]
enum Step {
    Put(u8),
    PutTimeout(u8),
    Get,
    GetTimeout,
    TaskDone,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u8>().prop_map(|item| Step::Put(item % 8)),
        1 => any::<u8>().prop_map(|item| Step::PutTimeout(item % 8)),
        3 => Just(Step::Get),
        1 => Just(Step::GetTimeout),
        2 => Just(Step::TaskDone),
    ]
}

/// A list of items, and how many are not done. `next` says which one comes out.
struct Twin {
    maxsize: usize,
    items: Vec<(u8, usize)>,
    put: usize,
    unfinished: usize,
    next: fn(&[(u8, usize)]) -> Option<usize>,
}

impl Twin {
    fn is_full(&self) -> bool {
        self.maxsize != 0 && self.items.len() == self.maxsize
    }

    fn put(&mut self, item: (u8, usize)) -> Result<(), Full<(u8, usize)>> {
        if self.is_full() {
            return Err(Full(item));
        }
        self.items.push(item);
        self.put += 1;
        self.unfinished += 1;
        Ok(())
    }

    fn get(&mut self) -> Result<(u8, usize), Empty> {
        (self.next)(&self.items).map(|place| self.items.remove(place)).ok_or(Empty)
    }

    fn task_done(&mut self) -> Result<(), String> {
        let left = self.unfinished.checked_sub(1);
        let put = self.put;
        self.unfinished = left.ok_or_else(|| {
            format!("task_done called too often: all of the {put} items that were put are done already")
        })?;
        Ok(())
    }
}

/// An item that is compared by its first part alone, so that the second one shows which of equals it is.
#[derive(Clone, Copy, Debug)]
struct Tagged(u8, usize);

impl PartialEq for Tagged {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Tagged {}

impl PartialOrd for Tagged {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tagged {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Tagged {
    fn parts(self) -> (u8, usize) {
        (self.0, self.1)
    }
}

macro_rules! agrees {
    ($test:ident, $queue:ident, $next:expr) => {
        proptest! {
            #[test]
            fn $test(maxsize in 0usize..4, steps in prop::collection::vec(step(), 0..60)) {
                let queue = $queue::new(maxsize);
                let mut twin = Twin { maxsize, items: Vec::new(), put: 0, unfinished: 0, next: $next };
                for (tag, step) in steps.into_iter().enumerate() {
                    match step {
                        Step::Put(item) => prop_assert_eq!(
                            queue.try_put(Tagged(item, tag)).map_err(|Full(back)| Full(back.parts())),
                            twin.put((item, tag))
                        ),
                        Step::PutTimeout(item) => prop_assert_eq!(
                            queue
                                .put_timeout(Tagged(item, tag), Duration::ZERO)
                                .map_err(|Full(back)| Full(back.parts())),
                            twin.put((item, tag))
                        ),
                        Step::Get => prop_assert_eq!(queue.try_get().map(Tagged::parts), twin.get()),
                        Step::GetTimeout => {
                            prop_assert_eq!(queue.get_timeout(Duration::ZERO).map(Tagged::parts), twin.get())
                        }
                        Step::TaskDone => {
                            prop_assert_eq!(queue.task_done().map_err(|error| error.to_string()), twin.task_done())
                        }
                    }
                    prop_assert_eq!(queue.len(), twin.items.len());
                    prop_assert_eq!(queue.is_empty(), twin.items.is_empty());
                    prop_assert_eq!(queue.is_full(), twin.is_full());
                    if twin.unfinished == 0 {
                        queue.join();
                    }
                }
                while let Ok(item) = twin.get() {
                    prop_assert_eq!(queue.get().parts(), item);
                }
                prop_assert_eq!(queue.try_get().map(Tagged::parts), Err(Empty));
            }
        }
    };
}

agrees!(a_queue_is_a_list_that_gives_its_first, Queue, |items| (!items.is_empty()).then_some(0));
agrees!(a_lifo_queue_is_a_list_that_gives_its_last, LifoQueue, |items| items.len().checked_sub(1));
agrees!(a_priority_queue_is_a_list_that_gives_its_first_smallest, PriorityQueue, |items| {
    // Of several, `min_by_key` gives the first.
    (0..items.len()).min_by_key(|&place| items[place].0)
});
