//! Splits by hand, and against twins that keep everything and read the definitions off it.

use super::*;
use proptest::prelude::*;

const LOCK: LockId = LockId(1);

/// Feeds sections of one lock, such as `1r` or `2rw`, and returns the splits as places in the script.
fn sections(script: &str) -> Vec<[usize; 3]> {
    let mut sections = Sections::default();
    let ended = |(place, word): (usize, &str)| {
        let (thread, deeds) = word.split_at(1);
        let usage = deeds.chars().fold(Use::default(), |usage, deed| usage.then(way(deed)));
        let section = Section { thread: ThreadId(thread.parse().unwrap()), usage, who: place };
        sections.ended(LOCK, section).map(|split| [split.first, split.between, split.second])
    };
    script.split(' ').enumerate().filter_map(ended).collect()
}

/// Feeds accesses of one cell in the same way.
fn accesses(script: &str, stale_writes: StaleWrites) -> Vec<[usize; 3]> {
    let mut triples = Triples::new(stale_writes);
    let accessed = |(place, word): (usize, &str)| {
        let (thread, deed) = word.split_at(1);
        let thread = ThreadId(thread.parse().unwrap());
        let split = triples.accessed(thread, way(deed.chars().next().unwrap()), place);
        split.map(|split| [split.first, split.between, split.second])
    };
    script.split(' ').enumerate().filter_map(accessed).collect()
}

fn way(deed: char) -> Way {
    if deed == 'w' { Way::Write } else { Way::Read }
}

#[test]
fn a_look_and_a_blind_write_are_split_by_another_threads_write() {
    assert_eq!(sections("1r 2w 1w"), [[0, 1, 2]]);
    assert_eq!(sections("1r 2rw 1wr"), [[0, 1, 2]], "what it reads after its write comes too late");
    assert_eq!(sections("1r 2w 3w 1w"), [[0, 2, 3]], "the last one in between is told");
    assert_eq!(sections("2w 1r 3r 2w 3r 1w"), [[1, 3, 5]], "a third one's looks change nothing");
    assert_eq!(sections("1r 2r 3w 1w 2w"), [[0, 2, 3], [1, 3, 4]], "each look is split by itself");
}

#[test]
fn a_write_that_looks_first_or_that_nobody_came_before_is_quiet() {
    for script in ["1r 2w 1rw", "1r 1w", "1r 2r 1w", "2w 1r 1w", "1w 2w 1w", "1r 2w 1r", "1rw 2w 1w", "1r 2w 3w"] {
        assert!(sections(script).is_empty(), "{script}");
    }
    assert!(sections("1r 2w 1r 1w").is_empty(), "it has looked again");
    assert!(sections("1r 1w 2w 1w").is_empty(), "the look was acted upon before");
}

#[test]
fn a_section_that_does_nothing_is_no_section() {
    assert_eq!(sections("1r 1 2w 2 1 1w"), [[0, 2, 5]]);
    assert!(sections("1r 2 1w").is_empty());
}

#[test]
fn locks_do_not_mix_and_what_is_gone_splits_nothing() {
    let other = LockId(2);
    let section = |thread, usage| Section { thread: ThreadId(thread), usage, who: () };
    let mut sections = Sections::default();
    assert_eq!(sections.ended(LOCK, section(1, Use::Reads)), None);
    assert_eq!(sections.ended(other, section(2, Use::Writes)), None);
    assert_eq!(sections.ended(LOCK, section(1, Use::Writes)), None, "another lock was changed");
    sections.ended(LOCK, section(1, Use::Reads));
    sections.ended(LOCK, section(2, Use::Writes));
    sections.forget_thread(ThreadId(1));
    assert_eq!(sections.ended(LOCK, section(1, Use::Writes)), None, "its look is forgotten");
    sections.forget(LOCK);
    sections.forget(other);
    sections.forget_thread(ThreadId(1));
    sections.forget_thread(ThreadId(2));
    assert!(sections.writes.is_empty() && sections.looks.is_empty());
}

#[test]
fn a_thread_forgets_the_oldest_look_and_no_other() {
    let section = |thread, usage| Section { thread: ThreadId(thread), usage, who: () };
    let mut sections = Sections::default();
    let locks = (0..=MOST_LOOKS as u64).map(LockId);
    locks.clone().for_each(|lock| assert_eq!(sections.ended(lock, section(1, Use::Reads)), None));
    locks.clone().for_each(|lock| assert_eq!(sections.ended(lock, section(2, Use::Writes)), None));
    let split = locks.filter(|lock| sections.ended(*lock, section(1, Use::Writes)).is_some());
    assert_eq!(split.collect::<Vec<_>>(), (1..=MOST_LOOKS as u64).map(LockId).collect::<Vec<_>>());
}

#[test]
fn the_four_triples_of_avio_are_found_and_the_other_four_are_not() {
    let found = |script: &str| accesses(script, StaleWrites::Told) == [[0, 1, 2]];
    for script in ["1r 2w 1r", "1w 2w 1r", "1w 2r 1w", "1r 2w 1w"] {
        assert!(found(script), "{script}");
    }
    for script in ["1r 2r 1r", "1r 2r 1w", "1w 2r 1r", "1w 2w 1w"] {
        assert!(accesses(script, StaleWrites::Told).is_empty(), "{script}");
    }
}

#[test]
fn a_stale_write_can_be_left_to_another_lint_and_nothing_else() {
    assert!(accesses("1r 2w 1w", StaleWrites::Elsewhere).is_empty());
    for script in ["1r 2w 1r", "1w 2w 1r", "1w 2r 1w"] {
        assert_eq!(accesses(script, StaleWrites::Elsewhere).len(), 1, "{script}");
    }
}

#[test]
fn a_step_that_reads_and_writes_is_not_split_by_its_own_half() {
    assert!(accesses("1r 1w 2r 2w 1r 1w 2r 2w", StaleWrites::Told).iter().all(|[first, ..]| first % 2 == 1));
    assert!(accesses("1r 1w 1r 1w", StaleWrites::Told).is_empty());
}

#[test]
fn a_cell_forgets_the_thread_that_was_there_longest_ago() {
    let mut triples = Triples::new(StaleWrites::Told);
    let most = MOST_THREADS as u32;
    (0..=most).for_each(|thread| assert_eq!(triples.accessed(ThreadId(thread), Way::Read, thread), None));
    assert_eq!(triples.accessed(ThreadId(most), Way::Write, most), None);
    assert_eq!(triples.accessed(ThreadId(0), Way::Read, 0), None, "it is forgotten");
    assert!(triples.accessed(ThreadId(2), Way::Read, 2).is_some());
    assert_eq!(triples.last.len(), MOST_THREADS);
}

/// Keeps every section, and looks for the split of the last one.
fn dull_split(trace: &[(LockId, ThreadId, Use)]) -> Option<[usize; 3]> {
    let (&(lock, thread, usage), before) = trace.split_last()?;
    let own = |&place: &usize| (before[place].0, before[place].1) == (lock, thread) && before[place].2 != Use::Nothing;
    let first = (0..before.len()).rev().find(own)?;
    let writes = |usage: Use| matches!(usage, Use::Writes | Use::ReadsThenWrites);
    let is_write = |&place: &usize| before[place].0 == lock && before[place].1 != thread && writes(before[place].2);
    let between = (first..before.len()).rev().find(is_write)?;
    (before[first].2 == Use::Reads && usage == Use::Writes).then_some([first, between, before.len()])
}

/// What each read of a trace sees, and what is left behind: a write's value is its own number, and the first is none.
fn seen(order: &[(usize, Way)]) -> (Vec<(usize, Option<usize>)>, Option<usize>) {
    let mut value = None;
    let mut seen = Vec::new();
    for &(number, way) in order {
        match way {
            Way::Read => seen.push((number, value)),
            Way::Write => value = Some(number),
        }
    }
    seen.sort_unstable();
    (seen, value)
}

/// Keeps every access; for the last one and each that came between it and its thread's access before, tries both
/// serial orders.
fn dull_triples(trace: &[(ThreadId, Way)]) -> Vec<[usize; 3]> {
    let Some((&(thread, way), before)) = trace.split_last() else { return Vec::new() };
    let Some(first) = before.iter().rposition(|(other, _)| *other == thread) else { return Vec::new() };
    let is_split = |&between: &usize| {
        let [one, two, three] = [(0, before[first].1), (1, before[between].1), (2, way)];
        let happened = seen(&[one, two, three]);
        happened != seen(&[two, one, three]) && happened != seen(&[one, three, two])
    };
    (first + 1..before.len()).filter(is_split).map(|between| [first, between, before.len()]).collect()
}

fn any_way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Read), Just(Way::Write)]
}

fn any_use() -> impl Strategy<Value = Use> {
    prop_oneof![Just(Use::Nothing), Just(Use::Reads), Just(Use::Writes), Just(Use::ReadsThenWrites)]
}

proptest! {
    #[test]
    fn sections_are_split_as_the_whole_trace_says(
        trace in prop::collection::vec((0..3u64, 1..5u32, any_use()), 1..60),
    ) {
        let mut sections = Sections::default();
        let trace: Vec<_> = trace.into_iter().map(|(lock, thread, usage)| (LockId(lock), ThreadId(thread), usage)).collect();
        for (place, &(lock, thread, usage)) in trace.iter().enumerate() {
            let split = sections.ended(lock, Section { thread, usage, who: place });
            let split = split.map(|split| [split.first, split.between, split.second]);
            prop_assert_eq!(split, dull_split(&trace[..=place]), "{:?}", &trace[..=place]);
        }
    }

    #[test]
    fn a_triple_is_told_exactly_if_no_serial_order_explains_one(
        trace in prop::collection::vec((0..MOST_THREADS as u32, any_way()), 1..60),
    ) {
        let mut triples = Triples::new(StaleWrites::Told);
        let trace: Vec<_> = trace.into_iter().map(|(thread, way)| (ThreadId(thread), way)).collect();
        for (place, &(thread, way)) in trace.iter().enumerate() {
            let split = triples.accessed(thread, way, place).map(|split| [split.first, split.between, split.second]);
            // The last of those that split it is told.
            prop_assert_eq!(split, dull_triples(&trace[..=place]).pop(), "{:?}", &trace[..=place]);
        }
    }

    #[test]
    fn what_is_told_of_more_threads_than_a_cell_remembers_is_true(
        trace in prop::collection::vec((0..3 * MOST_THREADS as u32, any_way()), 1..90),
    ) {
        let mut triples = Triples::new(StaleWrites::Told);
        let trace: Vec<_> = trace.into_iter().map(|(thread, way)| (ThreadId(thread), way)).collect();
        for (place, &(thread, way)) in trace.iter().enumerate() {
            if let Some(split) = triples.accessed(thread, way, place) {
                let split = [split.first, split.between, split.second];
                prop_assert_eq!(Some(split), dull_triples(&trace[..=place]).pop(), "{:?}", &trace[..=place]);
            }
            prop_assert!(triples.last.len() <= MOST_THREADS);
        }
    }
}
