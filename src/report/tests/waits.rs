//! Reports of what threads wait for, held as text and as JSON.
//!
//! INVARIANT: as in `tests.rs`.

use super::report;
use super::stuck::{all, lock_and_join, ring, stall_of_one, stall_of_three, two_threads};
use crate::finding::Finding;
use crate::lint::{Level, Lint};
use crate::report::Report;

pub(super) fn snapshot(name: &str, text: String) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!(name, text);
    });
}

fn doubted(level: Level) -> Report {
    let finding = Finding { doubt: 1, ..stall_of_three() };
    Report::new(&finding, level, &finding.fingerprint(), 1)
}

#[test]
fn a_stall_with_doubt_reads_as_it_did() {
    snapshot("stall_with_doubt", doubted(Level::Warn).to_string());
}

#[test]
fn doubt_is_told_and_explains_a_warning_but_nothing_else() {
    let reasons = |report: Report| report.reasons.join(" ");
    let (doubt, why) = ("1 thread of this process has never used gordian", "That is why this is only a warning.");
    let warned = reasons(doubted(Level::Warn));
    assert!(warned.contains(doubt) && warned.contains(why), "{warned}");
    let denied = reasons(doubted(Level::Deny));
    assert!(denied.contains(doubt) && !denied.contains(why), "{denied}");
    let sure = report(&stall_of_three());
    assert!(!reasons(sure.clone()).contains("never used") && !sure.to_string().contains("gordian knows is left"));
}

/// What is told of a thread that closed a deadlock must be in the first lines: who, what, where, and by whom.
#[test]
fn the_first_lines_name_all_threads_what_they_wait_for_and_who_has_it() {
    for (name, finding) in all().into_iter().filter(|(_, finding)| finding.parties.len() <= 3) {
        let told = report(&finding);
        let text = told.to_string();
        let head = text.split("\nside 1").next().unwrap();
        for side in &told.sides {
            assert!(head.contains(&side.thread.to_string()), "{name}: {head}");
            for want in side.wants.iter().filter(|want| told.locks[want.lock].kind != "park") {
                assert!(head.contains(&told.locks[want.lock].label), "{name}: {head}");
                assert!(head.contains(&want.site.to_string()), "{name}: {head}");
            }
        }
    }
}

#[test]
fn only_what_is_stuck_is_said_to_be_so() {
    for (name, finding) in all() {
        let text = report(&finding).to_string();
        let is_stuck = matches!(finding.lint, Lint::Deadlock | Lint::Stall | Lint::LostNotify);
        let says_so = ["can ever go on", "can never go on", "nobody is left"].iter().any(|words| text.contains(words));
        assert_eq!(says_so, is_stuck, "{name}: {text}");
    }
}

#[test]
fn plain_locks_are_told_to_be_ordered_and_others_to_be_given_back() {
    let advice = |finding: &Finding| report(finding).advice.join(" ");
    assert!(advice(&two_threads()).starts_with("Take `accounts` before `ledger` in both places"));
    let joined = advice(&lock_and_join());
    assert!(joined.starts_with("Give `accounts` back before") && !joined.contains("in both places"), "{joined}");
    assert!(advice(&stall_of_one()).contains("drop(sender)") && !joined.contains("drop(sender)"));
}

#[test]
fn a_deadlock_of_50_is_drawn_in_full() {
    let text = report(&ring(50)).to_string();
    let branch = "Mutex created at src/report/fixture.rs:52";
    for number in 1..=50 {
        for row in [format!("holds {branch} #{number} "), format!("waits for {branch} #{number} ")] {
            assert!(text.contains(&row), "{row}");
        }
    }
    assert!(text.lines().count() < 150, "what is the same for all is said once");
}

#[test]
fn every_json_has_what_the_schema_names() {
    let lines: Vec<String> = all().iter().map(|(_, finding)| report(finding).to_json()).collect();
    snapshot("waits_as_json", lines.join("\n"));
}
