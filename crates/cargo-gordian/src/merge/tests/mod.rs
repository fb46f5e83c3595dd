//! Records that the tests write themselves, and what their union says.

mod cross;
mod reading;
mod twin;

use super::{Levels, read};
use crate::union::Union;
use gordian::record::format::{Edge, Mode, Process};
use gordian::{Level, Report};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that records are written to.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn read(&self) -> Union {
        read(&[self.path()], Levels::all(Level::Warn)).unwrap()
    }
}

/// A process's record, line by line.
#[derive(Clone)]
pub(super) struct Script(Vec<Value>);

/// Returns a process that is told of a lock at each of lines 0 to 9 of `locks.rs`, of places 0 to 99 of `main.rs`, and of
/// threads 1 and 2.
pub(super) fn process(program: &str, pid: u32) -> Script {
    let head = Process {
        format: (1, 0),
        gordian: "0.1.0".into(),
        host: "north".into(),
        pid,
        started_ms: 7,
        program: format!("target/debug/deps/{program}-0123456789abcdef"),
        arguments: Vec::new(),
        package: None,
    };
    let mut lines = vec![json!({ "process": head })];
    let place = |file: &str, line: u32| json!({ "place": { "file": file, "line": line, "column": 5 } });
    lines.extend((0..100).map(|line| place("main.rs", line)));
    lines.extend((0..10).map(|line| place("locks.rs", line)));
    lines.extend((100..110).map(
        |created| json!({ "class": { "name": null, "kind": "Mutex", "type_name": "Mutex<u8>", "created": created } }),
    ));
    lines.push(json!({ "thread": { "number": 1, "name": "main" } }));
    lines.push(json!({ "thread": { "number": 2, "name": null } }));
    Script(lines)
}

/// Returns a request of lock `to` under lock `from`, both exclusive, at places of the same numbers, in thread 1.
pub(super) fn order(from: u32, to: u32) -> Edge {
    let exclusive = Mode::Exclusive;
    let (held, wanted) = (exclusive, exclusive);
    Edge { from, to, held, wanted, held_at: from, wanted_at: to, gates: Vec::new(), thread: 1, stack: None }
}

impl Script {
    pub(super) fn line(mut self, line: Value) -> Self {
        self.0.push(line);
        self
    }

    pub(super) fn edge(self, edge: Edge) -> Self {
        self.line(json!({ "edge": edge }))
    }

    pub(super) fn end(self) -> Self {
        self.line(json!({ "end": { "holes": [] } }))
    }

    /// Changes the first line.
    pub(super) fn head(mut self, key: &str, value: Value) -> Self {
        self.0[0]["process"][key] = value;
        self
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(super) fn write(&self, folder: &Folder) -> PathBuf {
        folder.write(&format!("{}-7.json", self.0[0]["process"]["pid"]), &self.text())
    }
}

/// Returns the reports of a union, as far as the merge made them.
pub(super) fn crossing(union: &Union) -> Vec<&Report> {
    union.findings.iter().filter(|found| found.found_by == 0).map(|found| &found.report).collect()
}

/// Writes these processes and returns their union.
pub(super) fn united(scripts: impl IntoIterator<Item = Script>) -> Union {
    let folder = Folder::new();
    scripts.into_iter().for_each(|script| drop(script.write(&folder)));
    folder.read()
}

/// Returns a file's name.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
