//! Decides what a finding does: count, collect, print, call back, panic.
//!
//! Must not know: how findings are made, how threads are watched.
//! INVARIANT: no lock of the detector is held while user code runs or a panic begins; one report a fingerprint.

use crate::config::{self, Color, Settings};
use crate::finding::Finding;
use crate::lint::{Level, Lint};
use crate::record;
use crate::report::{Report, Style};
use crate::rt::RawLock;
use rustc_hash::FxHashMap;
use std::any::Any;
use std::panic::AssertUnwindSafe;

/// Who collects the findings of a thread; 0 is nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Collector(pub u32);

/// What was found so far.
#[derive(Default)]
struct Found {
    /// How often each fingerprint was found outside of a collector, and its report if it was told.
    told: FxHashMap<String, (u64, Option<Report>)>,
    collected: FxHashMap<Collector, Vec<Report>>,
    collectors: u32,
}

static FOUND: RawLock<Option<Found>> = RawLock::new(None);

/// A request that is not granted.
#[must_use]
pub(crate) struct Refusal {
    text: String,
    /// Unwind without calling the panic hook: the finding is a collector's.
    quietly: bool,
}

/// Counts a finding. Returns its report, if it is to be published, and the refusal of its request, if it is denied.
///
/// A finding that is left to a collector or to `cargo gordian` is refused only where the program would hang for certain.
/// Callers are inside the gate.
#[cold]
pub(crate) fn judge(finding: &Finding, collector: Collector) -> (Option<Report>, Option<Refusal>) {
    let Ok(settings) = config::settings() else { return (None, None) };
    let level = settings.level(finding.lint);
    let level = if finding.doubt == 0 && finding.reservation.is_none() { level } else { level.min(Level::Warn) };
    let fingerprint = finding.fingerprint();
    let is_told = level != Level::Allow && !is_suppressed(&settings, finding, &fingerprint);
    let text = || {
        let (lint, title) = (finding.lint.title(), Report::new_title(finding));
        format!("gordian: {lint}: {title} [{fingerprint}; the report was made when it was first found]")
    };
    let report = || Report::new(finding, level, &fingerprint, 1);
    let is_denied = is_told && level == Level::Deny;
    let hangs = is_denied && matches!(finding.lint, Lint::SelfDeadlock | Lint::Deadlock | Lint::Stall);
    if collects(collector)
        && (!is_told
            || with_found(|found| found.count_collected(collector, &fingerprint))
            || collect(report(), collector))
    {
        return (None, hangs.then(|| Refusal { text: text(), quietly: true }));
    }
    let is_first = with_found(|found| {
        let (count, _) = found.told.entry(fingerprint.clone()).or_default();
        *count += 1;
        *count == 1
    });
    let news = (is_told && is_first).then(report);
    if let Some(report) = &news {
        record::found(report);
        with_found(|found| found.told.entry(fingerprint.clone()).or_default().1 = Some(report.clone()));
    }
    let is_refused = if is_left_to_cargo(&settings) { hangs } else { is_denied };
    (news, is_refused.then(|| Refusal { text: text(), quietly: false }))
}

/// True if `cargo gordian` reports what this process records.
fn is_left_to_cargo(settings: &Settings) -> bool {
    settings.workspace.is_some() && record::is_on()
}

/// Gives a report to a collector. False if that is gone meanwhile: making a report takes its time.
fn collect(report: Report, collector: Collector) -> bool {
    with_found(|found| {
        // Another thread may have been faster.
        if found.count_collected(collector, &report.fingerprint) {
            return true;
        }
        found.collected.get_mut(&collector).map(|reports| reports.push(report)).is_some()
    })
}

impl Found {
    /// Counts a repeat of what was collected. False if it was not.
    fn count_collected(&mut self, collector: Collector, fingerprint: &str) -> bool {
        let mut reports = self.collected.get_mut(&collector).into_iter().flatten();
        let known = reports.find(|report| report.fingerprint == fingerprint);
        known.map(|report| report.count += 1).is_some()
    }
}

/// Prints a report, or hands it to the user's handler.
///
/// Calls user code: no lock of the detector may be held, and the gate is open.
#[cold]
pub(crate) fn publish(report: &Report) {
    let Ok(settings) = config::settings() else { return };
    match &settings.on_report {
        // A panic that left a destructor while another one unwinds would abort. Its text was told by the panic hook.
        Some(act) if std::thread::panicking() => drop(std::panic::catch_unwind(AssertUnwindSafe(|| act(report)))),
        Some(act) => act(report),
        None if is_left_to_cargo(&settings) => {}
        None => {
            let style = match settings.color {
                Color::Always => Style::Colored,
                Color::Never => Style::Plain,
                Color::Auto => Style::of_stderr(),
            };
            // `eprint!`, so that a test's output is caught with the test; it panics if nobody reads it any more.
            drop(std::panic::catch_unwind(|| eprint!("{}", report.render(style))));
        }
    }
}

/// Uses what was found. Callers are inside the gate.
fn with_found<R>(act: impl FnOnce(&mut Found) -> R) -> R {
    act(FOUND.lock().get_or_insert_default())
}

/// What a quiet refusal unwinds with: its finding is a collector's, who ends it.
pub(crate) struct QuietRefusal;

impl Refusal {
    /// A refusal for another reason than a finding.
    pub(crate) fn new(text: String) -> Self {
        Self { text, quietly: false }
    }

    /// Panics, at the user's request. The thread is not panicking yet.
    #[track_caller]
    pub(crate) fn panic(self) -> ! {
        if self.quietly {
            std::panic::resume_unwind(Box::new(QuietRefusal));
        }
        panic!("{}", self.text);
    }
}

/// Fails the caller's test.
#[track_caller]
pub(crate) fn fail(text: &str) -> ! {
    panic!("{text}");
}

/// Goes on with a panic of the user's.
pub(crate) fn resume(panic: Box<dyn Any + Send>) -> ! {
    std::panic::resume_unwind(panic)
}

/// Returns a collector that nobody else has.
pub(crate) fn begin_collecting() -> Collector {
    with_found(|found| {
        found.collectors += 1;
        let collector = Collector(found.collectors);
        found.collected.insert(collector, Vec::new());
        collector
    })
}

/// Returns what was collected. What comes late is told as if there had been no collector.
pub(crate) fn end_collecting(collector: Collector) -> Vec<Report> {
    with_found(|found| found.collected.remove(&collector)).unwrap_or_default()
}

/// Returns what was told so far, with counts up to date.
pub(crate) fn told() -> Vec<Report> {
    let mut reports: Vec<Report> = with_found(|found| {
        let told = found.told.values();
        told.filter_map(|(count, report)| report.clone().map(|report| Report { count: *count, ..report })).collect()
    });
    reports.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
    reports
}

/// Returns how often each fingerprint was told that came again, if nobody else looks just now.
pub(crate) fn try_repeats() -> Option<Vec<(String, u64)>> {
    let found = FOUND.try_lock()?;
    let told = found.iter().flat_map(|found| &found.told).filter(|(_, (count, _))| *count > 1);
    Some(told.map(|(fingerprint, (count, _))| (fingerprint.clone(), *count)).collect())
}

/// True if what a thread shows goes to this collector.
pub(crate) fn collects(collector: Collector) -> bool {
    collector != Collector(0) && with_found(|found| found.collected.contains_key(&collector))
}

fn is_suppressed(settings: &Settings, finding: &Finding, fingerprint: &str) -> bool {
    let places: Vec<(&str, u32)> = finding.sites().map(|site| (site.file(), site.line())).collect();
    settings.suppressions.iter().any(|suppression| suppression.silences(finding.lint, fingerprint, &places))
}
