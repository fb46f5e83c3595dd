//! Turns a union into one whose texts are safe to show: each is one line that can neither move a cursor nor reorder letters.
//!
//! Must not know: formats.
//! INVARIANT: only names, paths and words change; what was the same text before is the same text after.

use crate::union::{Standing, Union};
use anyhow::{Context, Result};
use gordian::Report;
use serde_json::Value;

/// Returns the same union with clean texts.
///
/// # Errors
/// If a report cannot be read again, which only one that is none of ours could bring about.
pub(super) fn cleaned(union: &Union) -> Result<Union> {
    let mut union = union.clone();
    for seen in &mut union.processes {
        let process = &mut seen.process;
        process.arguments.iter_mut().chain(&mut process.package).for_each(clean);
        [&mut process.program, &mut process.host].into_iter().for_each(clean);
    }
    for class in &mut union.classes {
        class.name.iter_mut().chain([&mut class.kind, &mut class.type_name, &mut class.created.file]).for_each(clean);
    }
    for witness in union.edges.iter_mut().flat_map(|edge| &mut edge.witnesses) {
        let places = [&mut witness.held_at.file, &mut witness.wanted_at.file];
        witness.thread_name.iter_mut().chain(places).for_each(clean);
        for frame in &mut witness.backtrace {
            clean(&mut frame.function);
            frame.place.iter_mut().for_each(|place| clean(&mut place.file));
        }
    }
    for found in &mut union.findings {
        found.report = of_report(&found.report)?;
        if let Standing::Suppressed(reason) = &mut found.standing {
            clean(reason);
        }
    }
    for krate in &mut union.unwatched {
        [&mut krate.package, &mut krate.krate, &mut krate.reason].into_iter().for_each(clean);
        // What a compiler says has lines.
        krate.details = krate.details.lines().map(line).collect::<Vec<_>>().join("\n");
    }
    union.holes.iter_mut().for_each(clean);
    Ok(union)
}

/// True for what a terminal or a reader could take for more than a letter, or not see at all: controls, marks that have no
/// width or reorder a line, and what XML cannot hold.
pub(super) fn is_sly(char: char) -> bool {
    let is_unseen =
        matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    char.is_control() || is_unseen || matches!(char, '\u{fffe}' | '\u{ffff}')
}

/// Cleans through the report's own JSON, which has all of its texts and will have those that are added.
fn of_report(report: &Report) -> Result<Report> {
    fn walk(value: &mut Value) {
        match value {
            Value::String(text) => clean(text),
            Value::Array(items) => items.iter_mut().for_each(walk),
            Value::Object(fields) => fields.values_mut().for_each(walk),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).context("a report cannot be written")?;
    walk(&mut value);
    serde_json::from_value(value).with_context(|| format!("the report {} cannot be read", report.fingerprint))
}

fn clean(text: &mut String) {
    if text.contains(is_sly) {
        *text = line(text);
    }
}

/// Returns text on one line, in which what cannot be seen is spelled out, as in Rust's source.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => line.push(' '),
            char if is_sly(char) => line.extend(char.escape_unicode()),
            char => line.push(char),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_clean_text_is_one_line_and_keeps_what_is_harmless() {
        assert_eq!(line("a\nb\u{1b}[31m\u{202e}ö]]>"), "a b\\u{1b}[31m\\u{202e}ö]]>");
    }

    #[test]
    fn no_text_of_a_cleaned_union_is_sly_but_for_line_breaks_in_what_a_compiler_said() {
        let union = fixture::union();
        let texts = |union: &Union| serde_json::to_string(union).unwrap();
        assert!(texts(&union).contains("\\u001b") && texts(&union).contains('\u{202e}'));
        let mut union = cleaned(&union).unwrap();
        assert_eq!(union.unwatched[0].details.lines().count(), 2);
        union.unwatched[0].details.clear();
        let text = texts(&union);
        assert!(!text.contains(is_sly) && !text.contains("\\u00") && !text.contains("\\n"), "{text}");
    }

    #[test]
    fn what_is_clean_stays_as_it_is() {
        let union = cleaned(&fixture::union()).unwrap();
        assert_eq!(serde_json::to_value(cleaned(&union).unwrap()).unwrap(), serde_json::to_value(&union).unwrap());
        let ring = fixture::ring(3);
        assert_eq!(serde_json::to_value(cleaned(&ring).unwrap()).unwrap(), serde_json::to_value(&ring).unwrap());
    }
}
