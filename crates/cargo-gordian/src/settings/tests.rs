//! What `gordian.toml` may say, and what it is told when it says something else.

use super::*;

fn parse(text: &str) -> Settings {
    Settings::parse(FILE, text).unwrap()
}

fn refused(text: &str) -> String {
    Settings::parse(FILE, text).unwrap_err().to_string()
}

const FULL: &str = r#"
exclude = ["build-tool", "fuzz"]

[levels]
class_order = "deny"
G041 = "warn"

[[suppress]]
fingerprint = "G010-0123456789abcdef"
reason = "guarded by the scheduler, see #123"
until = "2027-01-31"

[[suppress]]
lint = "lock_order"
site = "src/bank.rs:12"
reason = "one importer at a time"
"#;

#[test]
fn a_full_file_is_understood() {
    let settings = parse(FULL);
    assert_eq!(settings.excludes().collect::<Vec<_>>(), ["build-tool", "fuzz"]);
    assert_eq!(settings.as_variable().as_deref(), Some("class_order=deny,long_hold=warn"));
    let [print, site] = &settings.silences[..] else { panic!("{settings:?}") };
    assert_eq!(print.what, Suppression::Fingerprint("G010-0123456789abcdef".to_owned()));
    assert_eq!((print.until, print.written.as_str()), (Some(jiff::civil::date(2027, 1, 31)), "gordian.toml:8"));
    assert_eq!(site.what, Suppression::Site(Lint::LockOrder, "src/bank.rs:12".to_owned()));
    assert_eq!((site.until, site.reason.as_str()), (None, "one importer at a time"));
}

#[test]
fn a_level_that_is_not_set_is_the_lints_own() {
    let settings = parse("levels.class_order = \"deny\"");
    assert_eq!((settings.level(Lint::ClassOrder), settings.level(Lint::LockOrder)), (Level::Deny, Level::Deny));
    assert_eq!(settings.level(Lint::GatedOrder), Level::Allow);
    assert_eq!(parse("").level(Lint::ClassOrder), Level::Warn);
    assert_eq!(parse("").as_variable(), None);
}

#[test]
fn the_variable_says_what_the_library_reads() {
    let all: String = Lint::all().map(|lint| format!("{lint} = \"deny\"\n")).collect();
    let variable = parse(&format!("[levels]\n{all}")).as_variable().unwrap();
    for setting in variable.split(',') {
        let (lint, level) = setting.split_once('=').unwrap();
        assert!(Lint::find(lint).is_some() && Level::find(level) == Some(Level::Deny), "{setting}");
    }
    assert_eq!(variable.split(',').count(), Lint::all().count());
}

#[test]
fn a_day_may_be_a_date_of_tomls_own() {
    let text = FULL.replace("\"2027-01-31\"", "2027-01-31");
    assert_eq!(parse(&text), parse(FULL));
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    let silence = |lines: &str| format!("[[suppress]]\n{lines}\n");
    let reason = "reason = \"known\"";
    let texts = [
        "levels = 3".to_owned(),
        "level = {}".to_owned(),
        "exclude = \"a\"".to_owned(),
        "exclude = [\"a\", 3]".to_owned(),
        "[levels".to_owned(),
        "[levels]\nclas_order = \"deny\"".to_owned(),
        "[levels]\nG999 = \"deny\"".to_owned(),
        "[levels]\nclass_order = \"forbid\"".to_owned(),
        "[levels]\nclass_order = 1".to_owned(),
        "[levels]\nclass_order = \"deny\"\nG011 = \"warn\"".to_owned(),
        "[levels]\nclass_order = \"deny\"\n\nexclude = [\"a\"]".to_owned(),
        "[levels]\nexclude = \"a\"".to_owned(),
        silence(reason),
        silence("fingerprint = \"G010-0123456789abcdef\""),
        silence("fingerprint = \"G010-0123456789abcdef\"\nreason = \" \""),
        silence(&format!("fingerprint = \"G010\"\n{reason}")),
        silence(&format!("fingerprint = \"G010-0123456789abcdef\"\nlint = \"lock_order\"\n{reason}")),
        silence(&format!("lint = \"lock_order\"\n{reason}")),
        silence(&format!("site = \"src/bank.rs\"\n{reason}")),
        silence(&format!("lint = \"lock_odor\"\nsite = \"src/bank.rs\"\n{reason}")),
        silence(&format!("lint = \"lock_order\"\nsite = \"\"\n{reason}")),
        silence(&format!("fingerprint = \"G010-0123456789abcdef\"\n{reason}\nuntil = \"31.1.2027\"")),
        silence(&format!("fingerprint = \"G010-0123456789abcdef\"\n{reason}\nuntil = 2027-01-31T00:00:00Z")),
        silence(&format!("fingerprint = \"G010-0123456789abcdef\"\n{reason}\nuntil = 2027")),
        silence(&format!("fingerprint = \"G010-0123456789abcdef\"\n{reason}\nexpires = \"2027-01-31\"")),
    ];
    let told: Vec<String> = texts.iter().map(|text| refused(text)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_folder_without_settings_has_the_default_ones_and_a_folder_in_their_place_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(Settings::read(root.path()).unwrap(), Settings::default());
    fs::write(root.path().join(FILE), FULL).unwrap();
    assert_eq!(Settings::read(root.path()).unwrap().silences, parse(FULL).silences);
    fs::remove_file(root.path().join(FILE)).unwrap();
    fs::create_dir(root.path().join(FILE)).unwrap();
    let error = Settings::read(root.path()).unwrap_err().to_string();
    assert!(error.contains(FILE) && error.contains("accepted: a text file"), "{error}");
}

#[test]
fn an_exclude_that_is_no_package_is_named_and_one_that_is_passes() {
    let settings = parse("exclude = [\"fuz\"]");
    settings.check_excludes(["bank", "fuz"].into_iter()).unwrap();
    let error = settings.check_excludes(["bank", "fuzz"].into_iter()).unwrap_err().to_string();
    insta::assert_snapshot!(error, @r#"gordian.toml:1: `exclude = ["fuz"]`: no package is named "fuz"; accepted: packages of this build; did you mean "fuzz"?"#);
}

#[test]
fn a_suppression_file_is_read_and_a_bad_one_is_named() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("known");
    let mut settings = Settings::default();
    let missing = settings.add_suppression_file(&path).unwrap_err().to_string();
    assert!(missing.contains("known") && missing.contains("fingerprints"), "{missing}");
    fs::write(&path, "G010-0123456789abcdef # known\nlock_odor src/bank.rs\n").unwrap();
    let bad = settings.add_suppression_file(&path).unwrap_err().to_string();
    assert!(bad.contains("known:2: \"lock_odor src/bank.rs\""), "{bad}");
    assert_eq!(settings, Settings::default());
    fs::write(&path, "G010-0123456789abcdef # known\nlock_order src/bank.rs\n").unwrap();
    settings.add_suppression_file(&path).unwrap();
    assert_eq!(settings.listed.len(), 2);
}
