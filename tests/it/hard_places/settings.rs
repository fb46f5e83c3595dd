//! Turns `GORDIAN_*` variables, good and bad, into what a process does.
//!
//! Must not know: how settings are kept.
//! INVARIANT: each value is tried in a process of its own, since variables are read once.

use super::{Lock, against, alone, nest, say};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// Writes a file of suppressions and returns its path.
fn suppressions(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.suppress"));
    std::fs::write(&path, text).expect("the folder for tests can be written");
    path.into_os_string().into_string().expect("the folder for tests has a readable name")
}

#[test]
fn an_unknown_value_is_refused_with_its_variable_and_what_is_accepted() {
    for (variable, value, accepted) in [
        ("GORDIAN", "on", "off, warn, deny"),
        ("GORDIAN", "lock_order=forbid", "allow, warn, deny"),
        ("GORDIAN", "lock_odor=warn", "lock_order"),
        ("GORDIAN", "lock_order", "lint=level"),
        ("GORDIAN_BACKTRACE", "2", "0, 1 (new edges), full"),
        ("GORDIAN_COLOR", "red", "auto, always, never"),
        ("GORDIAN_SUPPRESS", "no/such/file", "the path of a text file"),
    ] {
        let outcome = alone(&[(variable, value)], || drop(Lock::new(()).lock())).panics();
        let text = &outcome.stderr;
        assert!(text.contains(&format!("{variable}={value:?}")) && text.contains(accepted), "{variable}: {outcome}");
    }
}

#[test]
fn a_known_value_is_accepted() {
    let path = suppressions("known", "# a comment\n\nG010-0123456789abcdef # known\nlock_order src/bank.rs:12\n");
    for (variable, value) in [
        ("GORDIAN", "off"),
        ("GORDIAN", "warn"),
        ("GORDIAN", "deny"),
        ("GORDIAN", "lock_order=allow, G012=deny"),
        ("GORDIAN_BACKTRACE", "0"),
        ("GORDIAN_BACKTRACE", "1"),
        ("GORDIAN_BACKTRACE", "full"),
        ("GORDIAN_COLOR", "auto"),
        ("GORDIAN_COLOR", "always"),
        ("GORDIAN_COLOR", "never"),
        ("GORDIAN_SUPPRESS", &path),
    ] {
        alone(&[(variable, value)], || drop(Lock::new(()).lock())).passes();
    }
}

#[test]
fn installing_returns_the_refusal() {
    let body = || say("error", gordian::Config::new().install().expect_err("the variable is wrong"));
    let outcome = alone(&[("GORDIAN_COLOR", "red")], body).passes();
    assert!(outcome.said("error").contains("GORDIAN_COLOR=\"red\""), "{outcome}");
}

#[test]
fn a_bad_line_of_suppressions_is_named_with_its_file_and_place() {
    for (name, line) in
        [("one_word", "lock_order"), ("lint", "lock_odor src/bank.rs"), ("print", "G010-0123"), ("many", "G010 a b")]
    {
        let path = suppressions(name, &format!("# a comment\n{line}\n"));
        let outcome = alone(&[("GORDIAN_SUPPRESS", &path)], || drop(Lock::new(()).lock())).panics();
        let place = format!("{path}:2: {line:?}");
        assert!(outcome.stderr.contains(&place) && outcome.stderr.contains("a fingerprint"), "{outcome}");
    }
}

/// What a finding did.
fn done(act: impl FnOnce()) -> &'static str {
    let refused = catch_unwind(AssertUnwindSafe(act)).is_err();
    match (refused, gordian::reports().len()) {
        (false, 0) => "nothing",
        (false, 1) => "report",
        (true, 1) => "report and panic",
        _ => "something else",
    }
}

#[test]
fn a_denied_lint_does_what_its_level_says() {
    for (levels, expected) in [
        (None, "report and panic"),
        (Some("off"), "nothing"),
        (Some("warn"), "report"),
        (Some("deny"), "report and panic"),
        (Some("lock_order=warn"), "report"),
        (Some("lock_order=allow"), "nothing"),
        (Some("G010=warn"), "report"),
        (Some("sequential_order=allow"), "report and panic"),
        (Some("sequential_order=allow,G010=warn"), "report"),
    ] {
        let variables: Vec<_> = levels.map(|levels| ("GORDIAN", levels)).into_iter().collect();
        let outcome = alone(&variables, || {
            let (a, b) = (Lock::new(()), Lock::new(()));
            say("done", done(|| against(&a, &b, || nest(&b, &a))));
        });
        assert_eq!(outcome.passes().said("done"), expected, "GORDIAN={levels:?}");
    }
}

#[test]
fn a_warned_lint_does_what_its_level_says() {
    for (levels, expected) in [
        (None, "report"),
        (Some("off"), "nothing"),
        (Some("warn"), "report"),
        (Some("deny"), "report and panic"),
        (Some("sequential_order=deny"), "report and panic"),
        (Some("G012=allow"), "nothing"),
        (Some("lock_order=allow"), "report"),
    ] {
        let variables: Vec<_> = levels.map(|levels| ("GORDIAN", levels)).into_iter().collect();
        let outcome = alone(&variables, || {
            let (a, b) = (Lock::new(()), Lock::new(()));
            nest(&a, &b);
            say("done", done(|| nest(&b, &a)));
        });
        assert_eq!(outcome.passes().said("done"), expected, "GORDIAN={levels:?}");
    }
}

#[test]
fn variables_win_over_what_the_program_sets() {
    for (levels, expected) in [(None, "nothing"), (Some("lock_order=warn"), "report")] {
        let variables: Vec<_> = levels.map(|levels| ("GORDIAN", levels)).into_iter().collect();
        let outcome = alone(&variables, || {
            let config = gordian::Config::new().level(gordian::Lint::LockOrder, gordian::Level::Allow);
            config.install().expect("the variable is right");
            let (a, b) = (Lock::new(()), Lock::new(()));
            say("done", done(|| against(&a, &b, || nest(&b, &a))));
        });
        assert_eq!(outcome.passes().said("done"), expected, "GORDIAN={levels:?}");
    }
}

#[test]
fn reports_are_coloured_when_they_are_asked_to_be() {
    for (color, escapes) in [("always", true), ("never", false), ("auto", false)] {
        let outcome = alone(&[("GORDIAN", "warn"), ("GORDIAN_COLOR", color)], || {
            let (a, b) = (Lock::new(()), Lock::new(()));
            against(&a, &b, || nest(&b, &a));
        });
        let outcome = outcome.passes();
        assert!(outcome.stderr.contains("lock_order"), "{outcome}");
        assert_eq!(outcome.stderr.contains('\x1b'), escapes, "GORDIAN_COLOR={color}: {outcome}");
    }
}

#[test]
fn a_suppressed_finding_does_nothing() {
    // The line of the first lock, as the detector's report would name it.
    const LINE: u32 = line!() + 4;
    let run = |path: &str| {
        let variables = if path.is_empty() { vec![] } else { vec![("GORDIAN_SUPPRESS", path)] };
        let outcome = alone(&variables, || {
            let a = Lock::new(());
            let b = Lock::new(());
            say("done", done(|| against(&a, &b, || nest(&b, &a))));
            say("print", gordian::reports().first().map_or("none", |report| &report.fingerprint));
        });
        outcome.passes()
    };
    let told = run("");
    assert_eq!(told.said("done"), "report and panic");
    let print = told.said("print");
    for (name, line, expected) in [
        ("its_print", print.to_owned(), "nothing"),
        ("its_file", "lock_order hard_places/settings.rs".to_owned(), "nothing"),
        ("its_line", format!("G010 hard_places/settings.rs:{LINE}"), "nothing"),
        ("other_print", print.replace(|digit: char| digit.is_ascii_hexdigit(), "0"), "report and panic"),
        ("other_lint", "gated_order hard_places/settings.rs".to_owned(), "report and panic"),
        ("other_file", "lock_order hard_places/guards.rs".to_owned(), "report and panic"),
        ("other_line", format!("lock_order hard_places/settings.rs:{}", LINE + 9), "report and panic"),
    ] {
        let path = suppressions(name, &format!("# why it is safe\n{line}\n"));
        assert_eq!(run(&path).said("done"), expected, "{name}: {line}");
    }
}

#[test]
fn stacks_are_kept_as_asked() {
    for (backtrace, expected) in [
        (None, "request: true, acquisition: false"),
        (Some("1"), "request: true, acquisition: false"),
        (Some("full"), "request: true, acquisition: true"),
        (Some("0"), "request: false, acquisition: false"),
    ] {
        let mut variables = vec![("GORDIAN", "warn")];
        variables.extend(backtrace.map(|value| ("GORDIAN_BACKTRACE", value)));
        let outcome = alone(&variables, || {
            let (a, b) = (Lock::new(()), Lock::new(()));
            against(&a, &b, || nest(&b, &a));
            let reports = gordian::reports();
            let [report] = &reports[..] else { panic!("one report: {reports:?}") };
            let names_it = |frames: &[gordian::Frame]| frames.iter().any(|frame| frame.function.contains("nest"));
            let request = report.sides.iter().all(|side| names_it(&side.backtrace));
            let acquisition = report.sides.iter().all(|side| names_it(&side.held[side.holds.unwrap()].backtrace));
            let empty = |frames: &[gordian::Frame]| frames.is_empty();
            assert_eq!(request, !report.sides.iter().all(|side| empty(&side.backtrace)));
            assert_eq!(acquisition, !report.sides.iter().all(|side| empty(&side.held[side.holds.unwrap()].backtrace)));
            say("stacks", format_args!("request: {request}, acquisition: {acquisition}"));
        });
        assert_eq!(outcome.passes().said("stacks"), expected, "GORDIAN_BACKTRACE={backtrace:?}");
    }
}
