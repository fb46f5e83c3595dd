//! Which findings count, and what is told beside them.

use super::*;
use crate::sample::{found, union_of};
use crate::union::Found;
use jiff::civil::date;

const SIDE: crate::sample::Side = ["/w/src/bank.rs:3", "/w/src/pay.rs:12", "/w/src/log.rs:4", "/w/src/pay.rs:13"];

fn orders() -> Union {
    union_of(vec![
        found(Lint::LockOrder, 1, &[SIDE]),
        found(Lint::LockOrder, 2, &[["a.rs:1", "a.rs:2", "b.rs:1", "a.rs:3"]]),
    ])
}

fn settings(text: &str) -> Settings {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("gordian.toml"), text).unwrap();
    Settings::read(root.path()).unwrap()
}

fn baseline(text: &str) -> Result<Baseline> {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("known");
    fs::write(&path, text).unwrap();
    let read = Baseline::read(&path).map(|baseline| Baseline { file: "known".to_owned(), ..baseline });
    read.map_err(|error| anyhow!("{}", error.to_string().replace(&path.display().to_string(), "known")))
}

fn standings(union: &Union) -> Vec<Standing> {
    union.findings.iter().map(|found| found.standing.clone()).collect()
}

fn judged(settings: &Settings, baseline: Option<&Baseline>) -> (Vec<Standing>, Vec<String>) {
    let mut union = orders();
    let notes = apply(&mut union, settings, baseline, date(2027, 1, 31));
    (standings(&union), notes)
}

fn suppressed(reason: &str) -> Standing {
    Standing::Suppressed(reason.to_owned())
}

#[test]
fn without_settings_and_baseline_every_finding_counts() {
    assert_eq!(judged(&Settings::default(), None), (vec![Standing::New, Standing::New], Vec::new()));
}

#[test]
fn a_baseline_knows_its_findings_and_no_others() {
    let known = baseline("# known in 2026\nG010-0000000000000002 # see #12\n").unwrap();
    assert_eq!(judged(&Settings::default(), Some(&known)), (vec![Standing::New, Standing::Known], Vec::new()));
}

#[test]
fn a_known_finding_that_does_not_come_is_told() {
    let known = baseline("G010-0000000000000002\nG010-0000000000000003\nG010-0000000000000004\n").unwrap();
    let (standings, notes) = judged(&Settings::default(), Some(&known));
    assert_eq!(standings, [Standing::New, Standing::Known]);
    insta::assert_snapshot!(notes.join("\n"), @"2 of the 3 findings of the baseline known did not come: if they are mended, write it anew.");
}

#[test]
fn a_report_is_a_baseline_of_what_counted_in_it() {
    let mut union = orders();
    union.findings[0].standing = Standing::Known;
    union.findings.push(Found { standing: suppressed("for now"), ..found(Lint::LockOrder, 3, &[SIDE]) });
    let mut report = serde_json::to_value(&union).unwrap();
    report["format"] = serde_json::json!([1, 7]);
    report["a later field"] = serde_json::json!("is skipped");
    let read = baseline(&report.to_string()).unwrap();
    assert_eq!(Vec::from_iter(read.known), ["G010-0000000000000001", "G010-0000000000000002"]);
}

#[test]
fn a_baseline_that_is_not_understood_is_named() {
    let texts = [
        "G010-0123456789abcdef\nlock_order src/bank.rs\n",
        "{\"findings\": []}",
        "{\"format\": [2, 0], \"findings\": []}",
        "{\"format\": [1, 0], \"findings\": [",
    ];
    let mut told: Vec<String> = texts.iter().map(|text| baseline(text).unwrap_err().to_string()).collect();
    told.push(Baseline::read(Path::new("no/such/file")).unwrap_err().to_string());
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_site_silences_what_is_created_held_or_requested_there() {
    for site in ["bank.rs:3", "src/pay.rs:12", "log.rs:4", "w/src/pay.rs:13", "log.rs"] {
        let settings = settings(&format!("[[suppress]]\nlint = \"G010\"\nsite = \"{site}\"\nreason = \"known\""));
        assert_eq!(judged(&settings, None), (vec![suppressed("known"), Standing::New], Vec::new()), "{site}");
    }
    for site in ["bank.rs:12", "ank.rs:3", "other.rs"] {
        let settings = settings(&format!("[[suppress]]\nlint = \"lock_order\"\nsite = \"{site}\"\nreason = \"known\""));
        let (standings, notes) = judged(&settings, None);
        assert_eq!(standings, [Standing::New, Standing::New], "{site}");
        assert_eq!(notes, [format!("gordian.toml:1: the suppression of lock_order {site} (known) silenced nothing.")]);
    }
}

#[test]
fn a_lock_that_is_only_held_beside_the_finding_is_no_place_of_it() {
    let mut union = orders();
    let mut report = serde_json::to_value(&union.findings[0].report).unwrap();
    let mut beside = report["sides"][0]["held"][0].clone();
    beside["site"]["file"] = serde_json::json!("beside.rs");
    report["sides"][0]["held"].as_array_mut().unwrap().push(beside);
    union.findings[0].report = serde_json::from_value(report).unwrap();
    let settings = settings("[[suppress]]\nlint = \"lock_order\"\nsite = \"beside.rs\"\nreason = \"known\"");
    apply(&mut union, &settings, None, date(2027, 1, 31));
    assert_eq!(standings(&union), [Standing::New, Standing::New]);
}

#[test]
fn a_suppression_holds_on_its_last_day_and_not_after() {
    let until = |hash: &str, day: &str| {
        settings(&format!("[[suppress]]\nfingerprint = \"{hash}\"\nreason = \"known\"\nuntil = \"{day}\""))
    };
    let holds = until("G010-0000000000000001", "2027-01-31");
    assert_eq!(judged(&holds, None), (vec![suppressed("known"), Standing::New], Vec::new()));
    let (over, told) = judged(&until("G010-0000000000000001", "2027-01-30"), None);
    let (unneeded, also_told) = judged(&until("G010-0000000000000009", "2027-01-30"), None);
    assert_eq!((&over[..], &unneeded), (&[Standing::New, Standing::New][..], &over));
    insta::assert_snapshot!([told, also_told].concat().join("\n"), @r"
    gordian.toml:1: the suppression of G010-0000000000000001 (known) was over after 2027-01-30: what it silenced counts again.
    gordian.toml:1: the suppression of G010-0000000000000009 (known) was over after 2027-01-30, and nothing needs it: remove it.
    ");
}

#[test]
fn a_baseline_knows_what_an_old_suppression_no_longer_silences() {
    let settings = settings(
        "[[suppress]]\nfingerprint = \"G010-0000000000000001\"\nreason = \"known\"\nuntil = \"2027-01-30\"\n\
         [[suppress]]\nfingerprint = \"G010-0000000000000002\"\nreason = \"never both\"",
    );
    let known = baseline("G010-0000000000000001\nG010-0000000000000002\n").unwrap();
    assert_eq!(judged(&settings, Some(&known)).0, [Standing::Known, suppressed("never both")]);
}

#[test]
fn a_suppression_file_silences_too_and_says_which() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("known");
    fs::write(&path, "lock_order src/bank.rs\nlock_order never.rs\n").unwrap();
    let mut settings = Settings::default();
    settings.add_suppression_file(&path).unwrap();
    let listed = suppressed(&format!("listed in {}", path.display()));
    assert_eq!(judged(&settings, None), (vec![listed, Standing::New], Vec::new()));
}
