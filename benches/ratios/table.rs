//! Turns rows into Markdown and JSON.
//!
//! Must not know: how a row was measured.
//! Source: none.
//! INVARIANT: a line has as many cells as the heading above it.

use std::process::Command;
use std::{fs, thread};

use serde_json::{Value, json};

use crate::cases::{CASES, Case, Limit, Unit};
use crate::measure::{Figure, Row};

/// One line about the machine, its load at the start, and the build. The date is the caller's.
pub(crate) fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cpu = cpu.unwrap_or_else(|| format!("unknown {} cpu", std::env::consts::ARCH));
    let cores = thread::available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|text| text.split(' ').next()).unwrap_or("unknown");
    let rustc = Command::new("rustc").arg("-V").output().ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let rustc = rustc.as_deref().map_or("rustc unknown", str::trim);
    let build = if cfg!(debug_assertions) { "debug build: these figures mean nothing" } else { "optimised build" };
    format!("{cpu}, {cores} cores, load {load}, {rustc}, {build}")
}

pub(crate) fn heading(check: bool) -> String {
    let names = cells("case", ["std", "checked", "ratio", "quartiles"].map(str::to_owned));
    let rule = cells(&"-".repeat(width()), ["--:", "--:", "--:", "--:"].map(str::to_owned));
    if check { format!("{names} limit | verdict |\n{rule} --: | --- |") } else { format!("{names}\n{rule}") }
}

pub(crate) fn line(case: &Case, row: &Row, check: bool) -> String {
    let unit = case.unit();
    let ratio = row.ratio.map_or("-".to_owned(), |ratio| format!("{:.2}x", ratio.value));
    // The ratio's, or the checked side's own where the limit is absolute.
    let quartiles = match (case.limit, row.ratio) {
        (Limit::Nanoseconds(_), _) => spread(row.checked, |value| format!("{} ns", amount(value))),
        (_, Some(ratio)) if case.is_timing() => spread(ratio, |value| format!("{value:.2}")),
        _ => "-".to_owned(),
    };
    let [plain, checked] = [row.plain, row.checked].map(|side| format!("{} {}", amount(side.value), unit.symbol()));
    let line = cells(case.name, [plain, checked, ratio, quartiles]);
    let limit = match case.limit {
        Limit::None => "-".to_owned(),
        Limit::Ratio(limit) => format!("{limit:.2}x"),
        Limit::Nanoseconds(limit) | Limit::Bytes(limit) => format!("{limit} {}", unit.symbol()),
    };
    let verdict = match case.limit {
        Limit::None => "-",
        _ if case.is_over(row) => "over",
        _ => "ok",
    };
    if check { format!("{line} {limit} | {verdict} |") } else { line }
}

/// The line of a case whose process failed, so that a hole in the table is seen.
pub(crate) fn failed_line(case: &Case, check: bool) -> String {
    let line = cells(case.name, ["-", "-", "-", "-"].map(str::to_owned));
    if check { format!("{line} - | failed |") } else { format!("{line} failed |") }
}

pub(crate) fn json(case: &Case, row: &Row) -> Value {
    let limit = match case.limit {
        Limit::None => Value::Null,
        Limit::Ratio(limit) => json!({ "ratio": limit }),
        Limit::Nanoseconds(limit) => json!({ "ns": limit }),
        Limit::Bytes(limit) => json!({ "B": limit }),
    };
    json!({
        "case": case.name,
        "unit": case.unit().symbol(),
        "std": row.plain,
        "checked": row.checked,
        "ratio": row.ratio,
        "limit": limit,
        "over": case.is_over(row),
    })
}

impl Unit {
    fn symbol(self) -> &'static str {
        match self {
            Unit::Nanoseconds => "ns",
            Unit::Bytes => "B",
        }
    }
}

fn cells(name: &str, rest: [String; 4]) -> String {
    let [plain, checked, ratio, quartiles] = rest;
    format!("| {name:width$} | {plain:>10} | {checked:>10} | {ratio:>7} | {quartiles:>17} |", width = width())
}

fn width() -> usize {
    CASES.iter().map(|case| case.name.chars().count()).max().unwrap_or(0)
}

fn spread(figure: Figure, show: impl Fn(f64) -> String) -> String {
    format!("{} to {}", show(figure.lower), show(figure.upper))
}

/// Three digits or the whole part, whichever is more.
fn amount(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
