//! Scenarios of lock order: what a script of lock operations shows, each with a twin that shows nothing or less.
//!
//! Must not know: how cycles are found.
//! INVARIANT: every script is rehearsed without threads and, unless it has a lock that std lacks (`%`), played on real
//! threads with checked locks; both show the same.

mod by_hand;
mod live;

use gordian::rehearsal::{Script, rehearse};
use std::collections::BTreeMap;
use std::process::Command;

/// Checks what a script shows.
#[track_caller]
pub(crate) fn check(script: &str, expected: &[&str]) {
    let rehearsed = rehearse(script).unwrap_or_else(|error| panic!("{script}: {error}"));
    assert_eq!(rehearsed, expected, "rehearsed: {script}");
    check_live(script, &rehearsed);
}

/// Checks that a script shows the same on real threads, if std has its locks.
#[track_caller]
pub(crate) fn check_live(script: &str, rehearsed: &[String]) {
    if script.contains('%') {
        return;
    }
    let parsed: Script = script.parse().unwrap();
    let played: Vec<(String, u64)> = if rehearsed.iter().any(|line| line.starts_with("self_deadlock")) {
        play_alone(script)
    } else {
        gordian::collect(|| live::play(&parsed))
            .iter()
            .map(|report| (live::told(report).to_string(), report.count))
            .collect()
    };
    // By default, what is gated is counted and not told.
    let is_told = |line: &&String| !line.starts_with("gated_order") || std::env::var_os(GATED_TOO).is_some();
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for line in rehearsed.iter().filter(is_told) {
        *expected.entry(without_numbers(line)).or_default() += 1;
    }
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for (line, count) in &played {
        assert!(rehearsed.contains(line), "live: {line}; rehearsed: {rehearsed:?}; {script}");
        // A finding that is told is told again when the request is repeated, an allowed one is not.
        let count = if line.starts_with("gated_order") { 1 } else { *count };
        *found.entry(without_numbers(line)).or_default() += count;
    }
    assert_eq!(found, expected, "live: {script}");
}

/// Set in a process that is to tell what is gated.
const GATED_TOO: &str = "SCENARIOS_GATED_TOO";
/// The script that a process is to play.
const ALONE: &str = "SCENARIOS_ALONE";

/// One report speaks of all locks of the same places.
fn without_numbers(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Plays a script in a process of its own, where a denied request panics instead of blocking for good.
fn play_alone(script: &str) -> Vec<(String, u64)> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scenarios::a_script_may_be_played_alone", "--nocapture"])
        .env(ALONE, script)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let lines = text.lines().filter_map(|line| line.split_once("found: ")?.1.split_once(" x "));
    lines.map(|(line, count)| (line.to_owned(), count.parse().unwrap())).collect()
}

/// The other side of `play_alone`; shows nothing by itself.
#[test]
fn a_script_may_be_played_alone() {
    if let Ok(script) = std::env::var(ALONE) {
        live::play(&script.parse().unwrap());
        for report in gordian::reports() {
            println!("found: {} x {}", live::told(&report), report.count);
        }
    }
}

/// Runs the other scenarios again where gated orders are told.
#[test]
fn what_is_gated_is_found_live_too() {
    if std::env::var_os(GATED_TOO).is_none() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["scenarios::", "--test-threads=2"])
            .env("GORDIAN", "gated_order=warn")
            .env(GATED_TOO, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && !text.contains("running 0 tests"), "{text}");
    }
}

#[test]
fn opposite_orders_are_an_inversion() {
    check("T1: +A +B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: +A +B -B -A; T2: +A +B", &[]);
    check("T1: +A -A +B -B; T2: +B -B +A", &[]);
}

#[test]
fn three_locks_make_a_ring() {
    check("T1: +A +B -B -A; T2: +B +C -C -B; T3: +C +A", &["lock_order A B C"]);
    check("T1: +A +B -B -A; T2: +B +C -C -B; T3: +A +C", &[]);
    // The order in which the edges come does not matter.
    check("T1: +B +C -C -B; T2: +C +A -A -C; T3: +A +B", &["lock_order A B C"]);
}

#[test]
fn a_ring_of_a_hundred_is_printed_in_full() {
    let name = |lock: usize| {
        let class = char::from(b'A' + (lock / 10) as u8);
        if lock.is_multiple_of(10) { class.to_string() } else { format!("{class}{}", lock % 10) }
    };
    let link = |from: usize| {
        let (from_name, to_name) = (name(from), name((from + 1) % 100));
        format!("T{}: +{from_name} +{to_name} -{to_name} -{from_name}", from + 1)
    };
    let open: Vec<String> = (0..99).map(link).collect();
    check(&open.join("; "), &[]);
    let closed: Vec<String> = (0..100).map(link).collect();
    let names: Vec<String> = (0..100).map(name).collect();
    check(&closed.join("; "), &[&format!("lock_order {}", names.join(" "))]);
    let script = closed.join("; ").parse().unwrap();
    let reports = gordian::collect(|| live::play(&script));
    assert_eq!((reports.len(), reports[0].sides.len()), (1, 100));
    let text = reports[0].to_string();
    assert!(reports[0].locks.iter().all(|lock| text.contains(&lock.label)), "{text}");
}

#[test]
fn the_smallest_cycle_is_told_first() {
    // C closes a ring of three by A, and one of two by B.
    check("T1: +C +D -D -C; T4: +D +A -A -D; T2: +C +B -B -C; T3: +A +B +C", &["lock_order B C"]);
    check("T1: +C +D -D -C; T4: +D +A -A -D; T3: +A +B +C", &["lock_order A C D"]);
    // The worse one before the smaller one.
    check("T1: +C +D -D -C; T4: +D +A -A -D; T2: &C &B -B -C; T3: +A &B &C", &["lock_order A C D"]);
}

#[test]
fn an_order_survives_its_middle_lock() {
    check("T1: +A +B +C -C -B -A xB; T2: +C +A", &["lock_order A C"]);
    check("T1: +A +B +C -B -C -A; T2: +C +A", &["lock_order A C"]);
    check("T1: +A +B +C -C -B -A xB; T2: +A +C", &[]);
}

#[test]
fn classes_keep_what_a_dead_lock_joined() {
    check("T1: +A +B -B -A; T2: +B +C -C -B xB; T3: +C +A", &["class_order A B C"]);
    check("T1: +A +B -B -A xB; T2: +B +C -C -B; T3: +C +A", &["class_order A B C"]);
    check("T1: +A +B -B -A; T2: +B +C -C -B; T3: +C +A", &["lock_order A B C"]);
    check("T1: +A +B -B -A; T2: +C +B -B -C xB; T3: +C +A", &[]);
}

#[test]
fn a_common_gate_makes_opposite_orders_safe() {
    check("T1: +G +A +B -B -A -G; T2: +G +B +A", &["gated_order A B"]);
    check("T1: +G +A +B -B -A -G; T2: +B +A", &["lock_order A B"]);
    check("T1: +G +A +B -B -A -G; T2: +H +B +A", &["lock_order A B"]);
    check("T1: +G +A -G +B -B -A; T2: +G +B +A", &["lock_order A B"]);
}

#[test]
fn a_gate_needs_a_writer() {
    check("T1: &G +A +B -B -A -G; T2: &G +B +A", &["lock_order A B"]);
    check("T1: &G +A +B -B -A -G; T2: +G +B +A", &["gated_order A B"]);
    check("T1: +G +A +B -B -A -G; T2: &G +B +A", &["gated_order A B"]);
    check("T1: %G +A +B -B -A -G; T2: %G +B +A", &["lock_order A B"]);
}

#[test]
fn one_thread_alone_does_not_meet_itself() {
    check("T1: +A +B -B -A +B +A", &["sequential_order A B"]);
    check("T1: +A +B -B -A +B +A -A -B; T2: +B +A", &["sequential_order A B", "lock_order A B"]);
    check("T1: +A +B -B -A +B +C -C -B; T2: +C +A", &["sequential_order A B C"]);
    check("T1: +A +B -B -A; T3: +B +C -C -B; T2: +C +A", &["lock_order A B C"]);
}

#[test]
fn two_excuses_together_are_silent() {
    check("T1: +G +A +B -B -A -G >T2; T2: +G +B +A", &[]);
    check("T1: +G +A +B -B -A +B +A", &[]);
    check("T1: &G +A +B -B -A +B +A", &["sequential_order A B"]);
    check("T1: &A &B -B -A &B &A", &[]);
    check("T1: &G &A &B -B -A -G; T2: +G &B &A", &[]);
}

#[test]
fn start_and_join_order_what_they_part() {
    check("T1: +A +B -B -A >T2; T2: +B +A", &["sequential_order A B"]);
    check("T1: >T2; T2: +A +B -B -A; T1: <T2 +B +A", &["sequential_order A B"]);
    check("T1: >T2 +A +B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: >T2; T2: +A +B -B -A; T1: +B +A", &["lock_order A B"]);
    // By way of a third thread.
    check("T1: +A +B -B -A >T2; T2: >T3; T3: +B +A", &["sequential_order A B"]);
    check("T1: >T2; T2: >T3; T1: +A +B -B -A; T3: +B +A", &["lock_order A B"]);
    check("T1: >T2; T2: +A +B -B -A; T1: <T2; T3: <T1 +B +A", &["sequential_order A B"]);
}

#[test]
fn an_order_begins_where_its_first_lock_was_taken() {
    // B was taken before the join, so T2's order may come in between.
    check("T1: >T2; T2: +A +B -B -A; T1: +B <T2 +A", &["lock_order A B"]);
    check("T1: >T2; T2: +A +B -B -A; T1: +B <T2 -B +B +A", &["sequential_order A B"]);
    check("T1: >T2; T2: +A +B -B -A; T1: +B <T2 +C -C -B +B +A", &["sequential_order A B"]);
}

#[test]
fn a_lock_held_over_a_thread_guards_it() {
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A; T1: <T2 -G", &["gated_order A B"]);
    check("T3: +G +B +A -A -B -G; T1: >T2; T2: +A +B -B -A; T1: +G <T2 -G", &["lock_order A B"]);
    check("T3: +G +B +A -A -B -G; T1: &G >T2; T2: +A +B -B -A; T1: <T2 -G", &["gated_order A B"]);
    check("T3: &G +B +A -A -B -G; T1: &G >T2; T2: +A +B -B -A; T1: <T2 -G", &["lock_order A B"]);
    // Two threads under one lock are not kept apart by it.
    check("T1: +G >T2 >T3; T2: +A +B -B -A; T3: +B +A -A -B; T1: <T2 <T3 -G", &["lock_order A B"]);
    // Nor is the thread that holds it.
    check("T1: +G >T2; T2: +A +B -B -A; T1: +B +A -A -B <T2 -G", &["lock_order A B"]);
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: >T4; T4: +A +B -B -A; T2: <T4; T1: <T2 -G", &["gated_order A B"]);
}

#[test]
fn a_guard_given_back_too_early_is_none() {
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A; T1: -G", &["gated_order A B", "lock_order A B"]);
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A; T1: <T2 -G", &["gated_order A B"]);
    // The thread has ended, and nobody has waited for it.
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A .; T1: -G", &["gated_order A B", "lock_order A B"]);
    check("T3: +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A .; T1: <T2 -G", &["gated_order A B"]);
    // A second hold goes on guarding.
    check(
        "T3: +G +B +A -A -B -G; T1: &G &G >T2; T2: +A +B -B -A; T1: -G <T2 -G",
        &["writer_between G", "gated_order A B"],
    );
    check("T1: +G >T2; T2: +A +B -B -A; T1: -G; T3: +G +B +A", &["lock_order A B"]);
    // The bug that was told before is not told again.
    check(
        "T4: +B +A -A -B; T3: +A +B -B -A +G +B +A -A -B -G; T1: +G >T2; T2: +A +B -B -A; T1: -G",
        &["lock_order A B", "sequential_order A B", "lock_order A B"],
    );
}

#[test]
fn a_try_lock_asks_nothing_and_holds() {
    check("T1: +A ?B -B -A; T2: +B +A", &[]);
    check("T1: +A ?B -B -A; T2: +B ?A", &[]);
    check("T1: ?A +B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: ?A +B -B -A; T2: ?B +A", &["lock_order A B"]);
    check("T1: ?&A +B -B -A; T2: +B &A", &["writer_between A B"]);
    check("T1: +G ?A +B -B -A -G; T2: ?G +B +A", &["gated_order A B"]);
}

#[test]
fn readers_wait_for_each_other_when_a_writer_comes_between() {
    check("T1: &A &B -B -A; T2: &B &A", &["writer_between A B"]);
    check("T1: %A %B -B -A; T2: %B %A", &[]);
    check("T1: &A &B -B -A; T2: &A &B", &[]);
    check("T1: &A %B -B -A; T2: &B &A", &[]);
    check("T1: &A &B -B -A; T2: %B &A", &["writer_between A B"]);
}

#[test]
fn one_writer_in_each_place_is_an_inversion() {
    check("T1: &A +B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: +A &B -B -A; T2: +B &A", &["lock_order A B"]);
    check("T1: &A +B -B -A; T2: &B +A", &["lock_order A B"]);
    check("T1: &A +B -B -A; T2: +B &A", &["writer_between A B"]);
    check("T1: &A &B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: %A %B -B -A; T2: +B +A", &["lock_order A B"]);
    check("T1: %A +B -B -A; T2: +B %A", &[]);
    check("T1: +A %B -B -A; T2: %B +A", &[]);
}

#[test]
fn a_reader_that_reads_again_needs_a_writer_between() {
    check("T1: &A &A -A -A", &["writer_between A"]);
    check("T1: &A -A &A -A", &[]);
    check("T1: %A %A -A -A", &[]);
    check("T1: %A &A -A -A", &["writer_between A"]);
    check("T1: &A %A -A -A", &[]);
    check("T1: &A ?&A -A -A", &[]);
}

#[test]
fn a_thread_that_waits_for_itself_is_told_before_it_blocks() {
    check("T1: +A +A", &["self_deadlock A"]);
    check("T1: &A +A", &["self_deadlock A"]);
    check("T1: +A &A", &["self_deadlock A"]);
    check("T1: +A +B +A -B -A", &["self_deadlock A"]);
    check("T1: +A -A +A", &[]);
    check("T1: +A +A2", &[]);
}

#[test]
fn classes_show_an_order_whose_sides_never_met() {
    check("T1: +A +B -B -A; T2: +B2 +A2", &["class_order A B"]);
    check("T1: +A +B -B -A; T2: +A2 +B2", &[]);
    check("T1: +A +B -B -A; T2: +B +A2", &["class_order A B"]);
    check("T1: +A +B -B -A +B2 +A2", &[]);
    check("T1: +G +A +B -B -A -G; T2: +G +B2 +A2", &[]);
    check("T1: +A +B -B -A >T2; T2: +B2 +A2", &[]);
    check("T1: &A &B -B -A; T2: &B2 &A2", &["class_order A B"]);
    check("T1: %A %B -B -A; T2: %B2 %A2", &[]);
}

#[test]
fn what_only_classes_show_is_worse_than_what_is_excused() {
    check("T2: +A2 +B2 -B2 -A2; T1: +A +B -B -A +B +A", &["class_order A B"]);
    check("T1: +A2 +B2 -B2 -A2 +A +B -B -A +B +A", &["sequential_order A B"]);
}

#[test]
fn classes_say_nothing_of_what_locks_showed() {
    check("T1: +A +B -B -A +A2 +B2 -B2 -A2; T2: +B +A -A -B; T3: +B2 +A2", &["lock_order A B", "lock_order A2 B2"]);
    check("T1: +A +B -B -A; T2: +B +A -A -B +B2 +A2", &["lock_order A B"]);
    check("T1: +A +B -B -A; T2: +B2 +A2 -A2 -B2 +B3 +A3", &["class_order A B"]);
    // What was excused is no reason to be silent.
    check("T1: +A +B -B -A +B +A -A -B; T2: +B2 +A2", &["sequential_order A B", "class_order A B"]);
    check("T1: +G +A +B -B -A -G; T2: +G +B +A -A -B -G; T3: +B2 +A2", &["gated_order A B", "class_order A B"]);
    // Nor is a lesser finding.
    check("T1: &A &B -B -A; T2: &B2 &A2 -A2 -B2; T3: +A3 +B3", &["class_order A B", "class_order A B"]);
    check("T1: +A +B -B -A; T2: +B2 +A2 -A2 -B2; T3: &A3 &B3", &["class_order A B"]);
}

#[test]
fn a_class_may_nest_in_itself() {
    check("T1: +A +A2 -A2 -A; T2: +A3 +A4", &[]);
    check("T1: +A +A2 -A2 -A; T2: +A2 +A3 -A3 -A2; T3: +A3 +A4", &[]);
    check("T1: +A +A2 -A2 -A; T2: +A2 +A", &["lock_order A A2"]);
    // Both locks of one class are held; each in its own mode.
    check("T1: &A2 +A +C -C; T3: +C %A2", &["class_order A C"]);
    check("T1: &A2 &A +C -C; T3: +C %A2", &[]);
}

#[test]
fn one_feasible_combination_of_contexts_is_enough() {
    // A before B: gated, in the same thread, and at last without an excuse.
    check("T2: +G +B +A -A -B -G; T1: +G +A +B -B -A -G", &["gated_order A B"]);
    check("T2: +G +B +A -A -B -G; T1: +G +A +B -B -A -G; T3: +A +B", &["gated_order A B", "lock_order A B"]);
    check("T1: +A +B -B -A; T2: +G +A +B -B -A -G +G +B +A", &["lock_order A B"]);
    check("T1: +G +A +B -B -A -G; T2: +G +A +B -B -A +B +A", &["gated_order A B"]);
    check(
        "T1: +G +A +B -B -A -G; T2: +H +A +B -B -A -H; T3: +G +H +B +A -A -B -H -G; T3: +H +B +A",
        &["gated_order A B", "lock_order A B"],
    );
}

#[test]
fn a_lock_remembers_its_first_order_by_itself() {
    // B2 is taken where another lock of its class was taken before: only the lock remembers that it was under A.
    check("T1: +A +B -B +B2 -B2 -A; T2: +B2 +A", &["lock_order A B2"]);
    check("T1: +A +B -B +B2 -B2 -A; T2: +A +B2 -B2 -A", &[]);
    check("T1: +A +B -B +B2 -A +C -C -B2; T2: +C +A", &["sequential_order A B2 C"]);
    check("T1: +A +B -B +B2 -B2 -A; T2: +B2 +C -C -B2; T3: +C +A", &["lock_order A B2 C"]);
    check("T1: +A +B -B +B2 -B2 -A; T2: +C +B2 -B2 -C; T3: +B2 +A", &["lock_order A B2"]);
    check("T1: +A +B -B +B2 -B2 -A +B2 -B2; T2: ?B2 +A", &["lock_order A B2"]);
    // The thread that knew it may be gone.
    check("T1: +A +B -B +B2 -B2 -A .; T2: +B2 +A", &["lock_order A B2"]);
    // So may another lock of that context.
    check("T1: +D +A +B -B +B2 -B2 -A -D xD; T2: +B2 +A", &["lock_order A B2"]);
    check("T1: +A +B -B +B2 -B2 -A xA; T2: +B2 +A", &["class_order A B"]);
}

#[test]
fn a_first_lock_is_remembered_in_its_segment_and_under_its_gates() {
    check("T1: +G +A +B -B +B2 -B2 -A -G; T2: +G +B2 +A", &["gated_order A B2"]);
    check("T1: +A +B -B +B2 -B2 -A >T2; T2: +B2 +A", &["sequential_order A B2"]);
    check("T1: &A &B -B &B2 -B2 -A; T2: &B2 &A", &["writer_between A B2"]);
    // T1 joined T2 before it took A again, in the same words as before.
    check("T1: +A; T2: +D; T1: +B -B -A; T2: -D; T1: +A <T2 -A +A +B2 -B2", &[]);
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    check("T1: +A +B -A -B; T2: +B +A", &["lock_order A B"]);
    check("T1: +A +B -A +C -C -B; T2: +C +B", &["lock_order B C"]);
    check("T1: +A +B -A +C -C -B; T2: +B +C", &[]);
    // A was released before C was requested, but both of these orders are T1's.
    check("T1: +A +B -A +C -C -B; T2: +C +A", &["sequential_order A B C"]);
    check("T1: +A +B -A +C -C -B; T3: +A +B -A -B; T2: +C +A", &["lock_order A B C"]);
}

#[test]
fn what_a_thread_keeps_for_ever_is_leaked() {
    check("T1: +A .", &["leaked_guard A"]);
    check("T1: +A -A .", &[]);
    check("T1: >T2; T2: +A &B; T1: <T2", &["leaked_guard A", "leaked_guard B"]);
    check("T1: +A xA", &["leaked_guard A"]);
    check("T1: +A -A xA", &[]);
    check("T1: +A +B xA +C -C -B; T2: +C +A", &["leaked_guard A"]);
}

#[test]
fn a_repeated_request_is_found_again() {
    check(
        "T1: +A +B -B -A; T2: +B +A -A -B +B +A -A -B +B +A",
        &["lock_order A B", "lock_order A B", "lock_order A B"],
    );
    check("T1: +G +A +B -B -A -G; T2: +G +B +A -A -B -G +G +B +A -A -B -G", &["gated_order A B"]);
}

#[test]
fn what_cannot_be_is_refused() {
    for (script, refused) in [
        ("T1: -A", "release of A, which T1 does not hold"),
        ("T1: +A -A -A", "release of A, which T1 does not hold"),
        ("T1: +A; T2: -A", "release of A, which T2 does not hold"),
        ("T1: +A; T2: +A", "T2 would wait for A, which T1 holds"),
        ("T1: &A; T2: +A", "T2 would wait for A, which T1 holds"),
        ("T1: +A; T2: ?&A", "T2 does not get A, which T1 holds"),
        ("T1: +A ?A", "T1 does not get A, which T1 holds"),
        ("T2: +A; T1: >T2", "T2 has not started"),
        ("T1: >T2 >T2", "T2 has started"),
        ("T1: . +A", "T1 has ended"),
        ("T1: <T1", "T1 would wait for itself"),
        ("T1: <T2 <T2", "T2 was joined"),
        ("T1: +A; T2: xA", "drop of A, which T1 holds"),
    ] {
        assert_eq!(rehearse(script).unwrap(), [refused], "{script}");
    }
    assert_eq!(rehearse("T1: &A; T2: &A").unwrap(), [""; 0]);
}
