//! Holds the JSON of real reports against its published schema.
//!
//! Here and not in the library, so that only this crate builds a schema validator.
//! INVARIANT: every lint is reported by a program that has the bug, none is made up.

use gordian::checked::sync::{Arc, Mutex, RwLock};
use gordian::checked::thread;
use gordian::{Lint, Report};
use serde_json::{Value, json};
use std::sync::{Barrier, LazyLock};

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
    assert_eq!(wanted.len() + 1, Lint::all().count());
    for report in reports {
        let errors: Vec<String> = validator.iter_errors(&told(report)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", report.lint);
    }
    assert!(!reports[0].sides[0].backtrace.is_empty(), "a stack is part of what is checked");
}

#[test]
fn what_is_broken_does_not_fit() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let told = told(&REPORTS[0]);
    assert!(validator.is_valid(&told));
    for (pointer, broken) in [
        ("/format", json!([2, 0])),
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
    told["format"] = json!([1, 7]);
    told["more"] = json!("of it");
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&told));
}
