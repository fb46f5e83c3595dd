//! Small unions for tests, made from places.
//!
//! Must not know: what is tested with them.

use crate::union::{Class, Edge, Found, Standing, Union, Witness};
use gordian::record::format::Mode;
use gordian::{Lint, Place, Report};
use serde_json::json;

/// A held lock's creation and request, then a wanted lock's creation and request, each as `file:line`.
pub(crate) type Side = [&'static str; 4];

/// Returns the place of `file:line`, in column 5.
pub(crate) fn place(at: &str) -> Place {
    let (file, line) = at.rsplit_once(':').expect("a place is `file:line`");
    let line: u32 = line.parse().expect("a line is a number");
    serde_json::from_value(json!({ "file": file, "line": line, "column": 5 })).expect("a place has these fields")
}

/// Returns a finding that is new; `hash` is the end of its fingerprint.
pub(crate) fn found(lint: Lint, hash: u64, sides: &[Side]) -> Found {
    let locks = sides.iter().flat_map(|[held, _, wanted, _]| [held, wanted]);
    let locks = locks.map(|at| {
        json!({
            "label": at, "name": null, "kind": "Mutex", "type_name": "Mutex<u8>", "created": place(at),
        })
    });
    let threads = sides.iter().enumerate().map(|(index, [_, held_at, _, wanted_at])| {
        json!({
            "thread": { "number": index + 2, "name": null },
            "held": [{ "lock": index * 2, "mode": "exclusive", "site": place(held_at), "backtrace": [] }],
            "holds": 0,
            "wants": {
                "lock": index * 2 + 1, "deed": "request", "mode": "exclusive", "site": place(wanted_at), "wakers": null,
            },
            "lasted_ms": null, "value": null, "backtrace": [],
        })
    });
    let report = json!({
        "format": [2, 1], "code": lint.code(), "lint": lint.name(), "level": lint.default_level().name(),
        "title": format!("finding {hash}"), "fingerprint": format!("{}-{hash:016x}", lint.code()), "count": 1,
        "locks": locks.collect::<Vec<_>>(), "sides": threads.collect::<Vec<_>>(),
        "writer": null, "doubt": 0, "reasons": [], "advice": [], "holes": [],
    });
    let report: Report = serde_json::from_value(report).expect("a report has these fields");
    Found { report, processes: Vec::new(), found_by: 0, standing: Standing::New }
}

/// Returns the class of a `Mutex<u8>`.
pub(crate) fn class(created: &str) -> Class {
    Class { created: place(created), name: None, kind: "Mutex".to_owned(), type_name: "Mutex<u8>".to_owned() }
}

/// Returns an edge with one witness; both its requests are at `at`.
pub(crate) fn edge(from: usize, to: usize, at: &str) -> Edge {
    let witness = Witness {
        process: 0,
        thread: 2,
        thread_name: Some("payer".to_owned()),
        held: Mode::Exclusive,
        wanted: Mode::Exclusive,
        held_at: place(at),
        wanted_at: place(at),
        gates: Vec::new(),
        backtrace: Vec::new(),
    };
    Edge { from, to, processes: 1, contexts: 1, witnesses: vec![witness] }
}

/// Returns a union of these findings alone.
pub(crate) fn union_of(findings: Vec<Found>) -> Union {
    Union { findings, ..Union::default() }
}
