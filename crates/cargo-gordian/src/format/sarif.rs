//! Turns the union into a SARIF 2.1.0 log: lints are its rules, findings its results, sides its thread flows.
//!
//! Must not know: who reads it.
//! Source: OASIS SARIF 2.1.0 with Errata 01.
//! INVARIANT: the log names no folder of the machine that wrote it, but for files outside of the checkout.

mod flow;
mod place;
mod rule;

use self::place::Places;
use super::{Shown, holes, text, unwatched, who};
use crate::union::{Found, Standing, Union};
use anyhow::{Context, Result};
use gordian::{Level, Lint};
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, PropertyBag, Result as Finding, ResultLevel, Run, Sarif,
    Suppression, Tool, ToolComponent,
};
use std::collections::BTreeMap;

/// Returns the log.
pub(super) fn write(union: &Union, shown: &Shown) -> Result<String> {
    let log = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run(union, shown)]).build();
    Ok(serde_json::to_string_pretty(&log).context("the report cannot be written as SARIF")? + "\n")
}

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

fn run(union: &Union, shown: &Shown) -> Run {
    let rules: Vec<_> = Lint::all().map(rule::of).collect();
    let driver = ToolComponent::builder()
        .name("gordian")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules)
        .build();
    let about = "The root of the checkout: the repository's folder, or else the workspace's.";
    let root = ArtifactLocation::builder().description(message(about)).build();
    // Without a baseline nothing is known to be new.
    let has_baseline = union.findings.iter().any(|found| found.standing == Standing::Known);
    let results: Vec<Finding> =
        union.findings.iter().map(|found| finding(union, found, &Places(shown), has_baseline)).collect();
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation(union)])
        .original_uri_base_ids(BTreeMap::from([(place::ROOT.to_owned(), root)]))
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build()
}

/// Returns what is missing in the record and what was not watched, before all results.
fn invocation(union: &Union) -> Invocation {
    let note = |level, text: String| Notification::builder().message(message(&text)).level(json!(level)).build();
    let holes: Vec<_> = holes(union).into_iter().map(|hole| note("error", hole)).collect();
    let is_whole = holes.is_empty();
    let unwatched = unwatched(union).into_iter().map(|crates| note("warning", crates));
    let verdict = [note("note", text::verdict(union).1)];
    let notes: Vec<_> = holes.into_iter().chain(unwatched).chain(verdict).collect();
    Invocation::builder().execution_successful(is_whole).tool_execution_notifications(notes).build()
}

fn finding(union: &Union, found: &Found, places: &Places<'_>, has_baseline: bool) -> Finding {
    let report = &found.report;
    let level = match Level::find(report.level) {
        Some(Level::Deny) => ResultLevel::Error,
        Some(Level::Warn) => ResultLevel::Warning,
        _ => ResultLevel::Note,
    };
    let mut text = format!("{}.", report.title);
    text.extend(report.advice.first().map(|advice| format!("\n{advice}")));
    text.extend(who::finders(union, found).map(|finders| format!("\n{finders}")));
    let properties = PropertyBag::builder().additional_properties(BTreeMap::from([
        ("reasons".to_owned(), json!(report.reasons)),
        ("advice".to_owned(), json!(report.advice)),
        ("holes".to_owned(), json!(report.holes)),
        ("processes".to_owned(), json!(found.found_by)),
    ]));
    let result = Finding::builder()
        .rule_id(report.code)
        .level(level)
        .message(message(&text))
        .occurrence_count(i64::try_from(report.count).unwrap_or(i64::MAX))
        .partial_fingerprints(BTreeMap::from([("gordianFingerprint/v1".to_owned(), report.fingerprint.clone())]))
        .locations(flow::locations(report, places))
        .related_locations(flow::created(report, places))
        .code_flows(flow::code_flows(report, places))
        .stacks(flow::stacks(report, places))
        .suppressions(suppressions(&found.standing))
        .properties(properties.build());
    let mut result = result.build();
    result.rule_index =
        Lint::all().position(|lint| lint.code() == report.code).and_then(|index| i64::try_from(index).ok());
    let state = if found.standing == Standing::Known { "unchanged" } else { "new" };
    result.baseline_state = has_baseline.then(|| json!(state));
    result
}

fn suppressions(standing: &Standing) -> Vec<Suppression> {
    let Standing::Suppressed(reason) = standing else { return Vec::new() };
    let suppression = Suppression::builder().kind(json!("external")).status(json!("accepted"));
    vec![suppression.justification(reason).build()]
}

fn message(text: &str) -> Message {
    Message::builder().text(text).build()
}
