//! Reads the source lines that a page shows.
//!
//! Must not know: why a line is shown.
//! INVARIANT: only regular files named `.rs` are read, since a record may have come from anywhere; a file that cannot be
//! read is left out, and the page says so where its lines would be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::format::visible::visible;

/// A source file larger than this was made by a program, and is not shown.
const MOST_BYTES: u64 = 4 << 20;
const MOST_LETTERS: usize = 300;

/// The lines that are wanted, by file.
#[derive(Default)]
pub(super) struct Wanted {
    files: BTreeMap<String, (String, BTreeSet<u64>)>,
}

impl Wanted {
    /// Adds a line of the file at `path`, which the page calls `shown`, and `around` lines before and after it.
    pub(super) fn add(&mut self, shown: &str, path: &str, line: u64, around: u64) {
        let file = self.files.entry(shown.to_owned()).or_insert_with(|| (path.to_owned(), BTreeSet::new()));
        file.1.extend(line.saturating_sub(around).max(1)..=line.saturating_add(around));
    }

    /// Returns the lines there are: for each file, text by line.
    pub(super) fn read(&self, root: &Path) -> Value {
        let mut all = Map::new();
        for (shown, (path, lines)) in &self.files {
            if let Some(text) = text(&root.join(path)) {
                all.insert(shown.clone(), pick(&text, lines));
            }
        }
        Value::Object(all)
    }
}

fn pick(text: &str, lines: &BTreeSet<u64>) -> Value {
    let numbered = (1_u64..).zip(text.lines()).filter(|(line, _)| lines.contains(line));
    let shown = numbered.map(|(line, text)| {
        let text: String = text.chars().take(MOST_LETTERS).collect();
        (line.to_string(), json!(visible(&text)))
    });
    Value::Object(shown.collect())
}

fn text(path: &Path) -> Option<String> {
    let is_source = path.extension().is_some_and(|extension| extension == "rs");
    let is_small = || fs::metadata(path).is_ok_and(|of| of.is_file() && of.len() <= MOST_BYTES);
    if !is_source || !is_small() {
        return None;
    }
    Some(String::from_utf8_lossy(&fs::read(path).ok()?).into_owned())
}
