//! Turns findings into annotations of a GitHub workflow: at the line where a side requests, and only there.
//!
//! Must not know: how a workflow fails.
//! Source: `packages/core/src/command.ts` of GitHub's `actions/toolkit`, for what is escaped.
//! INVARIANT: one annotation is one line, and nothing in a name can begin another command.

use super::{Shown, holes, path, text, unwatched, who};
use crate::union::{Found, Union};
use gordian::{Level, Lint, Report};

/// Returns the annotations and, as the log's last line, the verdict.
pub(super) fn write(union: &Union, shown: &Shown) -> String {
    let holes = holes(union).into_iter().map(|hole| command("notice", &[("title", "gordian: incomplete")], &hole));
    let unwatched = unwatched(union);
    let unwatched =
        (!unwatched.is_empty()).then(|| command("notice", &[("title", "gordian: not watched")], &unwatched.join("\n")));
    let told = union.findings.iter().filter(|found| text::is_told(found));
    let found = told.map(|found| annotation(union, found, shown));
    let lines: String = holes.chain(unwatched).chain(found).collect();
    format!("{lines}{}\n", text::verdict(union).1)
}

fn annotation(union: &Union, found: &Found, shown: &Shown) -> String {
    let report = &found.report;
    let level = if report.level == Level::Deny.name() { "error" } else { "warning" };
    let title = Lint::find(report.lint).map_or(report.lint, Lint::title);
    let title = format!("gordian: {title} [{} {}]", report.code, report.lint);
    let first = path::first_inside(shown, report);
    let sides = report.sides.iter().enumerate().filter_map(|(index, side)| Some((index, path::site(side)?)));
    let (line, column);
    let mut properties = Vec::new();
    if let Some((_, place, file)) = &first {
        (line, column) = (place.line.to_string(), place.column.to_string());
        properties.extend([("file", file.as_str()), ("line", &line), ("col", &column)]);
    }
    properties.push(("title", &title));
    let shown_side = first.as_ref().map(|(index, ..)| *index);
    let others = sides.filter(|(index, _)| Some(*index) != shown_side);
    let others = others
        .take(MOST_SIDES)
        .map(|(index, place)| format!("Side {}: {} at {place}", index + 1, report.sides[index].thread));
    let mut lines = vec![format!("{}.", report.title)];
    lines.extend(others);
    lines.extend(left_out(report, shown_side));
    lines.extend(report.advice.first().cloned());
    lines.extend(who::finders(union, found));
    lines.push(format!("fingerprint: {}", report.fingerprint));
    command(level, &properties, &lines.join("\n"))
}

/// Other sides than this are counted.
const MOST_SIDES: usize = 4;

fn left_out(report: &Report, shown: Option<usize>) -> Option<String> {
    let others = report.sides.len() - usize::from(shown.is_some());
    let left = others.checked_sub(MOST_SIDES).filter(|left| *left > 0)?;
    Some(format!("and {left} more"))
}

fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties = properties.iter().map(|(key, value)| format!("{key}={}", property(value)));
    format!("::{name} {}::{}\n", properties.collect::<Vec<_>>().join(","), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runner_would_read_as_its_own_is_escaped() {
        assert_eq!(
            command("error", &[("file", "a,b:c%\n")], "x::y,%\r\n"),
            "::error file=a%2Cb%3Ac%25%0A::x::y,%25%0D%0A\n"
        );
    }
}
