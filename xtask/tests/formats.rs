//! Holds the JSON of real reports against its published schema.
//!
//! Here and not in the library, so that only this crate builds a schema validator.
//! INVARIANT: every lint about lock orders is reported by a program that has the bug. What would hang, or rest on time or
//! on who is faster, is told by the library's own tests, which keep it as JSON.

use gordian::checked::sync::{Arc, Mutex, RwLock};
use gordian::checked::thread;
use gordian::{Lint, Report};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Barrier, LazyLock};

/// One report a line, after a head.
const WAITS: &str = include_str!("../../src/report/snapshots/waits_as_json.snap");
const RACES: &str = include_str!("../../src/report/snapshots/races_as_json.snap");
const SCHEMA: &str = include_str!("../../docs/formats/report.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The same schema, and no field that it does not name.
fn strict() -> jsonschema::Validator {
    fn close(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if fields.contains_key("properties") {
                    fields.insert("additionalProperties".into(), json!(false));
                }
                fields.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut schema = schema();
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

/// Runs one after the other, in two threads that are alive together.
fn one_after_the_other(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    let turn = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            first();
            turn.wait();
        });
        scope.spawn(|| {
            turn.wait();
            second();
        });
    });
}

fn nest(outer: &Mutex<u8>, inner: &Mutex<u8>) {
    let _outer = outer.lock();
    let _inner = inner.lock();
}

/// Made once: tests that make the same orders side by side would find each other's.
static REPORTS: LazyLock<Vec<Report>> = LazyLock::new(find_all);

fn find_all() -> Vec<Report> {
    let pair = || (Mutex::new(0), Mutex::new(0));
    let mut reports = gordian::collect(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        one_after_the_other(|| nest(&a, &b), || nest(&b, &a));
    });
    reports.extend(gordian::collect(|| {
        let ((a, b), (c, d)) = (pair(), pair());
        one_after_the_other(|| nest(&a, &b), || nest(&d, &c));
    }));
    reports.extend(gordian::collect(|| {
        let (a, b) = (Mutex::new(0), Mutex::new(0));
        nest(&a, &b);
        nest(&b, &a);
    }));
    reports.extend(gordian::collect(|| {
        let lock = RwLock::new(0);
        let _one = lock.read();
        let _two = lock.read();
    }));
    reports.extend(gordian::collect(|| {
        let lock = Mutex::new(0);
        let _one = lock.lock();
        let _two = lock.lock();
    }));
    reports.extend(gordian::collect(|| {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        thread::spawn(move || std::mem::forget(theirs.lock())).join().unwrap();
    }));
    reports
}

fn told(report: &Report) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

#[test]
fn every_report_fits_and_has_no_field_that_is_not_described() {
    let (validator, reports) = (strict(), &*REPORTS);
    let found: Vec<&str> = reports.iter().map(|report| report.lint).collect();
    let wanted = ["lock_order", "class_order", "sequential_order", "writer_between", "self_deadlock", "leaked_guard"];
    assert_eq!(found, wanted);
    // What is only counted by default has no report here.
    let kept: BTreeSet<&str> = kept(WAITS).iter().chain(&kept(RACES)).map(lint_of).collect();
    assert_eq!(wanted.len() + 1 + kept.len(), Lint::all().count());
    for report in reports {
        let errors: Vec<String> = validator.iter_errors(&told(report)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", report.lint);
    }
    assert!(!reports[0].sides[0].backtrace.is_empty(), "a stack is part of what is checked");
}

/// Returns the reports that the library's tests keep.
fn kept(snapshot: &str) -> Vec<Value> {
    snapshot.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lint_of(report: &Value) -> &'static str {
    let name = report["lint"].as_str().unwrap();
    Lint::all().map(Lint::name).find(|lint| *lint == name).unwrap()
}

#[test]
fn every_report_of_a_wait_fits_and_has_no_field_that_is_not_described() {
    let validator = strict();
    assert!(kept(WAITS).len() > 20, "the snapshot holds one report a line");
    for report in kept(WAITS) {
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", report["title"]);
    }
    let mut report = kept(WAITS).remove(0);
    for (pointer, broken) in [
        ("/sides/0/wants/wakers/who", json!("nobody")),
        ("/sides/0/wants/wakers/threads", json!(["one"])),
        ("/sides/0/wants/deed", json!(1)),
        ("/sides/0/holds", json!(-1)),
        ("/sides/0/lasted_ms", json!("long")),
        ("/doubt", json!(null)),
    ] {
        let before = std::mem::replace(report.pointer_mut(pointer).unwrap(), broken);
        assert!(!validator.is_valid(&report), "{pointer}");
        *report.pointer_mut(pointer).unwrap() = before;
    }
    assert!(validator.is_valid(&report));
}

#[test]
fn every_report_of_an_access_fits_and_tells_its_values_as_text() {
    let validator = strict();
    let reports = kept(RACES);
    assert!(reports.len() > 10, "the snapshot holds one report a line");
    for report in &reports {
        let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", report["title"]);
    }
    let is_lost = |report: &&Value| lint_of(report) == "lost_update";
    let mut lost = reports.iter().find(is_lost).unwrap().clone();
    let values: Vec<&Value> = lost["sides"].as_array().unwrap().iter().map(|side| &side["value"]).collect();
    assert_eq!(values, ["5", "6", "6"]);
    lost["sides"][0]["value"] = json!(5);
    assert!(!validator.is_valid(&lost));
}

#[test]
fn what_is_broken_does_not_fit() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let told = told(&REPORTS[0]);
    assert!(validator.is_valid(&told));
    for (pointer, broken) in [
        ("/format", json!([3, 0])),
        ("/code", json!("E010")),
        ("/level", json!("forbid")),
        ("/fingerprint", json!("G010-xyz")),
        ("/count", json!(0)),
        ("/locks/0/created/line", json!(0)),
        ("/sides/0/thread/number", json!("one")),
        ("/sides/0/wants", json!(1)),
        ("/sides/0/held/0/mode", json!("write")),
        ("/sides", json!([])),
    ] {
        let mut told = told.clone();
        *told.pointer_mut(pointer).unwrap() = broken;
        assert!(!validator.is_valid(&told), "{pointer}");
    }
    for field in told.as_object().unwrap().keys() {
        let mut told = told.clone();
        told.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&told), "without {field}");
    }
}

#[test]
fn a_minor_version_may_add_fields() {
    let mut told = told(&REPORTS[0]);
    told["format"] = json!([2, 7]);
    told["more"] = json!("of it");
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&told));
}
