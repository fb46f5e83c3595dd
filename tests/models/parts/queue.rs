//! `Queue`, `LifoQueue` and `PriorityQueue`: what comes out, in which order, and who waits.
//!
//! Threads and bound: see the module above.

use super::handmade::{Slip, Slips};
use super::start;
use crate::{blocked_at_the_end_of, failure_of, passes_every_interleaving_of};
use gordian::sync::{Arc, Empty, Full, LifoQueue, PriorityQueue, Queue};
use gordian::thread;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What threads put items into and get them out of.
pub(super) trait Line<T>: Send + Sync + 'static {
    fn put(&self, item: T);
    fn get(&self) -> T;
    fn len(&self) -> usize;
}

macro_rules! lines {
    ($($queue:ident)*) => {
        $(impl<T: Ord + Send + 'static> Line<T> for $queue<T> {
            fn put(&self, item: T) {
                self.put(item);
            }

            fn get(&self) -> T {
                self.get()
            }

            fn len(&self) -> usize {
                self.len()
            }
        })*
    };
}
lines!(Queue LifoQueue PriorityQueue);

/// One puts three items, another one gets them.
fn three_in_a_row(queue: impl Line<u32>) {
    let queue = Arc::new(queue);
    let other = start(&queue, |queue| [1, 2, 3].map(|item| queue.put(item)));
    let items = [(); 3].map(|()| queue.get());
    other.join().unwrap();
    assert!(items == [1, 2, 3], "got {items:?}");
}

/// Claim: what one thread puts another one gets in the same order, also if each has to wait for the other. One thread besides
/// the one that runs the model.
#[test]
fn a_queue_keeps_the_order() {
    passes_every_interleaving_of(|| three_in_a_row(Queue::new(1)));
    passes_every_interleaving_of(|| three_in_a_row(Queue::new(2)));
    passes_every_interleaving_of(|| three_in_a_row(Queue::new(0)));
}

/// Claim: the twin that is a stack does not, if there is room for two.
#[test]
fn a_stack_does_not_keep_the_order() {
    passes_every_interleaving_of(|| three_in_a_row(LifoQueue::new(1)));
    let text = failure_of(|| three_in_a_row(LifoQueue::new(2)));
    assert_eq!(text, "got [2, 1, 3]");
}

/// Claim: whoever waits for a place is woken by the next free one; the twin whose `get` wakes nobody leaves him there.
#[test]
fn a_place_that_is_free_is_told() {
    assert_eq!(blocked_at_the_end_of(|| three_in_a_row(Slip::new(Slips::ForgetsPlaces, 1))), 2);
}

/// Claim: of what is there a stack gives the last, wherever the other thread puts it, and both ends of the race are explored.
#[test]
fn a_stack_gives_the_last_that_is_there() {
    static LATER: AtomicUsize = AtomicUsize::new(0);
    static EARLIER: AtomicUsize = AtomicUsize::new(0);
    passes_every_interleaving_of(|| {
        let plates = Arc::new(LifoQueue::new(0));
        plates.put(1);
        let other = start(&plates, |plates| plates.put(2));
        let first = plates.get();
        other.join().unwrap();
        let gathered = if first == 2 { &LATER } else { &EARLIER };
        // ORDERING: Relaxed; the interleavings of a model follow one another on one thread.
        gathered.fetch_add(1, Ordering::Relaxed);
        assert_eq!(first + plates.get(), 3);
    });
    assert!(LATER.load(Ordering::Relaxed) > 0 && EARLIER.load(Ordering::Relaxed) > 0);
}

/// Two put an urgent call and two that are equal; once all are there they are taken.
fn calls(queue: impl Line<Call>) {
    let queue = Arc::new(queue);
    let equal = start(&queue, |queue| {
        queue.put(Call(2, "first"));
        queue.put(Call(2, "second"));
    });
    let urgent = start(&queue, |queue| queue.put(Call(1, "urgent")));
    equal.join().unwrap();
    urgent.join().unwrap();
    let order = [(); 3].map(|()| queue.get().1);
    assert!(order == ["urgent", "first", "second"], "got {order:?}");
}

/// A call that is ranked by its number alone.
struct Call(u32, &'static str);

impl Ord for Call {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Call {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Call {}

/// Claim: the smallest comes first whenever it came in, and equal ones in the order in which they did.
#[test]
fn a_priority_queue_gives_the_smallest_and_of_equal_ones_the_first() {
    passes_every_interleaving_of(|| calls(PriorityQueue::new(0)));
}

/// Claim: the twins without priorities, or with the last first, are caught.
#[test]
fn other_queues_do_not_know_what_is_urgent() {
    let text = failure_of(|| calls(Queue::new(0)));
    assert_eq!(text, r#"got ["first", "second", "urgent"]"#);
    let text = failure_of(|| calls(LifoQueue::new(0)));
    assert_eq!(text, r#"got ["urgent", "second", "first"]"#);
}

/// Puts an item into a queue for one, and counts what is there.
fn put_into_one(queue: &impl Line<u32>, item: u32) {
    queue.put(item);
    let len = queue.len();
    assert!(len <= 1, "{len} items in a queue for 1");
}

/// Two put an item each, and one gets both; there is room for one.
fn two_producers(queue: impl Line<u32>) {
    let queue = Arc::new(queue);
    let others = [1, 2].map(|item| start(&queue, move |queue| put_into_one(queue, item)));
    let mut items = [(); 2].map(|()| queue.get());
    for other in others {
        other.join().unwrap();
    }
    items.sort_unstable();
    assert!(items == [1, 2], "got {items:?}");
}

/// Claim: what two put is there once, and never more of it than there is room for.
#[test]
fn two_producers_lose_nothing_and_wait_for_room() {
    passes_every_interleaving_of(|| two_producers(Queue::new(1)));
    passes_every_interleaving_of(|| two_producers(LifoQueue::new(1)));
    passes_every_interleaving_of(|| two_producers(PriorityQueue::new(1)));
}

/// Two put an item each into a full queue, and one gets all; there is room for one.
fn overfill(queue: impl Line<u32>) {
    let queue = Arc::new(queue);
    queue.put(0);
    let others = [1, 2].map(|item| start(&queue, move |queue| put_into_one(queue, item)));
    let mut items = [(); 3].map(|()| queue.get());
    for other in others {
        other.join().unwrap();
    }
    items.sort_unstable();
    assert!(items == [0, 1, 2], "got {items:?}");
}

/// Claim: a full queue stays full and no more, whoever takes the place that one was woken for.
#[test]
fn a_place_that_somebody_else_took_is_waited_for_again() {
    passes_every_interleaving_of(|| overfill(Queue::new(1)));
}

/// Claim: the twins that look once, or let go of the lock after the look, put one item too many.
#[test]
fn a_place_that_is_not_looked_for_again_is_used_twice() {
    for slips in [Slips::PutLooksOnce, Slips::PutLetsGo] {
        let text = failure_of(move || overfill(Slip::new(slips, 1)));
        assert_eq!(text, "2 items in a queue for 1");
    }
}

/// Two get an item each, which the one that runs the model puts.
fn two_consumers(queue: impl Line<u32>) {
    let queue = Arc::new(queue);
    let others = [(); 2].map(|()| start(&queue, |queue| queue.get()));
    queue.put(1);
    queue.put(2);
    let mut items = others.map(|other| other.join().unwrap());
    items.sort_unstable();
    assert!(items == [1, 2], "got {items:?}");
}

/// Claim: what two get is two things, and both who wait are woken.
#[test]
fn two_consumers_double_nothing_and_wait_for_items() {
    passes_every_interleaving_of(|| two_consumers(Queue::new(1)));
    passes_every_interleaving_of(|| two_consumers(LifoQueue::new(0)));
    passes_every_interleaving_of(|| two_consumers(PriorityQueue::new(0)));
}

/// Claim: the twins that look once, or let go of the lock after the look, find nothing where an item was.
#[test]
fn an_item_that_is_not_looked_for_again_is_gone() {
    for slips in [Slips::GetLooksOnce, Slips::GetLetsGo] {
        let text = failure_of(move || two_consumers(Slip::new(slips, 2)));
        assert_eq!(text, "woken for an item that is not there");
    }
}

/// Claim: the twin in which both sides wait together wakes the wrong one, and all wait for ever.
#[test]
fn an_item_whose_wake_up_goes_to_the_wrong_side_is_lost() {
    let blocked = blocked_at_the_end_of(|| two_consumers(Slip::new(Slips::WakesAnyone, 1)));
    assert!(blocked >= 2, "{blocked}");
}

/// Claim: of two that put into the last place without waiting one is refused, and has its item back.
#[test]
fn one_of_two_is_refused_the_last_place_and_has_its_item_back() {
    passes_every_interleaving_of(|| {
        let queue = Arc::new(Queue::new(1));
        let others = [1, 2].map(|item| start(&queue, move |queue| queue.try_put(item)));
        let [one, other] = others.map(|other| other.join().unwrap());
        match (one, other) {
            (Ok(()), Err(Full(2))) => assert_eq!(queue.get(), 1),
            (Err(Full(1)), Ok(())) => assert_eq!(queue.get(), 2),
            results => panic!("{results:?}"),
        }
        assert_eq!(queue.try_get(), Err(Empty));
    });
}

/// Claim: the twin that takes a refusal for done loses the item.
#[test]
fn an_item_that_came_back_and_is_thrown_away_is_lost() {
    let text = failure_of(|| {
        let queue = Arc::new(Queue::new(1));
        let others = [1, 2].map(|item| start(&queue, move |queue| queue.try_put(item).is_ok()));
        let first = queue.get();
        for other in others {
            other.join().unwrap();
        }
        let second = queue.try_get();
        assert!(second.is_ok(), "only {first} came");
    });
    assert_eq!(text, "only 1 came");
}

/// Two take, without waiting, what they find.
fn two_take(look: fn(&Queue<u32>) -> Option<u32>) {
    let queue = Arc::new(Queue::new(0));
    queue.put(1);
    let others = [(); 2].map(|()| start(&queue, look));
    let items = others.map(|other| other.join().unwrap());
    assert!(items == [Some(1), None] || items == [None, Some(1)], "{items:?}");
}

/// Claim: of two that take the last item without waiting one gets it and one hears that there is none.
#[test]
fn one_of_two_gets_the_last_item() {
    passes_every_interleaving_of(|| two_take(|queue| queue.try_get().ok()));
}

/// Claim: the twin that looks first and then waits for what it saw waits for ever, once the other one took it.
#[test]
fn a_look_into_a_queue_is_no_item() {
    let blocked = blocked_at_the_end_of(|| two_take(|queue| (!queue.is_empty()).then(|| queue.get())));
    assert_eq!(blocked, 2);
}

/// One puts twice with a limit and another one gets so, if it does, into and out of a queue for one.
fn in_no_time(get: fn(&Queue<u32>)) {
    let queue = Arc::new(Queue::new(1));
    let other = start(&queue, move |queue| {
        get(queue);
        get(queue);
    });
    queue.put_timeout(1, Duration::ZERO).unwrap();
    queue.put_timeout(2, Duration::ZERO).unwrap();
    other.join().unwrap();
}

/// Claim: no time passes, so waits with a limit end by a place or an item and not by their limit.
#[test]
fn waits_with_a_limit_wait_for_their_place_and_their_item() {
    passes_every_interleaving_of(|| in_no_time(|queue| assert!(queue.get_timeout(Duration::ZERO).is_ok())));
}

/// Claim: the twin that nobody gets from waits for ever.
#[test]
fn a_wait_with_a_limit_and_without_a_place_is_a_deadlock() {
    assert_eq!(blocked_at_the_end_of(|| in_no_time(|_| thread::yield_now())), 1);
}
