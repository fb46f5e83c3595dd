//! Turns a union into the JSON that the page's script reads.
//!
//! Must not know: elements, styles.
//! INVARIANT: the JSON has no `<`, so that no text in it can end its element; its texts show all of themselves.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::source::Wanted;
use crate::format::origin::{Origin, shorten};
use crate::format::svg::Reported;
use crate::format::visible::visible;
use crate::union::{Standing, Union};

/// Lines shown before and after a place that a finding is about.
const AROUND: u64 = 4;

/// Returns the data of the page.
pub(super) fn json(union: &Union, reported: &Reported, root: &Path) -> String {
    // INVARIANT: all keys are text, and all values text, numbers, lists and objects of these.
    let mut shown = serde_json::to_value(union).expect("a union has nothing that JSON lacks");
    let (mut wanted, mut origins) = (Wanted::default(), Map::new());
    walk(&mut shown, "", root, &mut wanted, &mut origins);
    let orders: Map<String, Value> = reported.orders.iter().map(|(at, of)| (at.to_string(), json!(of))).collect();
    let data = json!({
        "verdict": verdict(union),
        "union": shown,
        "origins": origins,
        "sources": wanted.read(root),
        "classes": reported.classes,
        "sides": reported.processes,
        "orders": orders,
        "version": env!("CARGO_PKG_VERSION"),
    });
    data.to_string().replace('<', "\\u003c")
}

/// Makes every text one that can be shown, every place one that names no machine, and notes which lines are wanted.
fn walk(value: &mut Value, key: &str, root: &Path, wanted: &mut Wanted, origins: &mut Map<String, Value>) {
    match value {
        Value::String(text) => *text = visible(&shorten(text)),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, key, root, wanted, origins)),
        Value::Object(fields) => {
            if let (Some(file), Some(line)) =
                (fields.get("file").and_then(Value::as_str), fields.get("line").and_then(Value::as_u64))
            {
                let inside = Path::new(file).strip_prefix(root).ok().and_then(Path::to_str).unwrap_or(file);
                let origin = Origin::of(inside);
                let path = visible(&origin.path);
                let around = if key == "site" { AROUND } else { 0 };
                wanted.add(&path, file, line, around);
                origins.entry(&path).or_insert_with(|| json!([visible(&origin.krate), visible(&origin.file)]));
                fields.insert("file".into(), path.into());
                return;
            }
            fields.iter_mut().for_each(|(key, value)| walk(value, key, root, wanted, origins));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns what the page says first. What is missing comes before what was not found.
fn verdict(union: &Union) -> Value {
    let failing = union.findings.iter().filter(|found| found.fails()).count();
    let new = union.findings.iter().filter(|found| found.standing == Standing::New).count();
    let is_whole = union.holes.is_empty() && union.processes.iter().all(|seen| seen.is_whole);
    let (state, text) = match (failing, new) {
        (1, _) => ("fails", "1 finding fails this run".to_owned()),
        (2.., _) => ("fails", format!("{failing} findings fail this run")),
        _ if union.processes.is_empty() => ("empty", "No process was recorded".to_owned()),
        (_, 1) => ("warns", "1 finding, and it does not fail the run".to_owned()),
        (_, 2..) => ("warns", format!("{new} findings, and none fails the run")),
        _ if !is_whole => ("incomplete", "The record is incomplete; nothing new was found in what is there".to_owned()),
        _ if union.findings.is_empty() => ("clean", "Nothing was found".to_owned()),
        _ => ("clean", "Nothing new was found".to_owned()),
    };
    json!({ "state": state, "text": text, "is_whole": is_whole })
}
