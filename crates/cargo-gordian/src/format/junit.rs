//! Turns the union into a JUnit test suite: a case a finding, and one for the record itself.
//!
//! Must not know: cargo, the program's own tests.
//! INVARIANT: the suite fails if and only if a finding fails the run or the record is incomplete.

use super::{Shown, holes, text, unwatched};
use crate::union::{Found, Standing, Union};
use anyhow::{Context, Result};
use gordian::{Level, Lint};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// Returns the suite as XML.
pub(super) fn write(union: &Union, shown: &Shown) -> Result<String> {
    let shown = Shown { color: false, ..shown.clone() };
    let mut suite = TestSuite::new("gordian");
    suite.add_test_case(of_record(union));
    let told = union.findings.iter().filter(|found| found.report.level != Level::Allow.name());
    suite.add_test_cases(told.map(|found| of_finding(union, found, &shown)));
    let mut report = Report::new("gordian");
    report.add_test_suite(suite);
    report.to_string().context("the report cannot be written as JUnit XML")
}

fn of_record(union: &Union) -> TestCase {
    let holes = holes(union);
    let status = if holes.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message("the record is incomplete").set_type("incomplete").set_description(holes.join("\n"));
        status
    };
    let mut case = TestCase::new("every record is whole", status);
    let lines: Vec<String> = unwatched(union).into_iter().chain([text::verdict(union).1]).collect();
    case.set_classname("gordian").set_system_out(lines.join("\n"));
    case
}

fn of_finding(union: &Union, found: &Found, shown: &Shown) -> TestCase {
    let report = &found.report;
    let (mut status, mut out) = (TestCaseStatus::success(), None);
    match &found.standing {
        Standing::New if found.fails() => {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(&report.title).set_type(report.lint);
            status.set_description(text::finding(union, found, shown).trim_end());
        }
        Standing::New => out = Some(text::finding(union, found, shown).trim_end().to_owned()),
        Standing::Known => {
            status = TestCaseStatus::skipped();
            status.set_message("known from the baseline");
        }
        Standing::Suppressed(reason) => {
            status = TestCaseStatus::skipped();
            status.set_message(format!("suppressed: {reason}"));
        }
    }
    // No thread's number and no place is in the name, so that a server knows the case again in its next run.
    let title = Lint::find(report.lint).map_or(report.lint, Lint::title);
    let mut case = TestCase::new(format!("{title} {}", report.fingerprint), status);
    case.set_classname(format!("gordian.{}", report.lint));
    if let Some(out) = out {
        case.set_system_out(out);
    }
    case
}
