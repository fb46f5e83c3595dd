//! Holds every format against a union with one of everything, and against the least and the most that there can be.

use super::*;
use crate::fixture;
use crate::union::Standing;
use clap::ValueEnum as _;
use serde_json::Value;

/// A workspace in a folder of a repository, with the bank's source in it.
struct Workspace {
    _folder: tempfile::TempDir,
    shown: Shown,
}

fn workspace() -> Workspace {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("rust");
    fixture::write_source(&root);
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    let shown = Shown::new(&root, false);
    Workspace { _folder: folder, shown }
}

fn written(format: Format, union: &Union) -> String {
    render(format, union, &workspace().shown).unwrap()
}

fn parsed(format: Format, union: &Union) -> Value {
    serde_json::from_str(&written(format, union)).unwrap()
}

/// What every format must be able to say.
fn unions() -> Vec<Union> {
    let only_holes = Union { holes: vec!["A hole.".to_owned()], ..Union::default() };
    vec![Union::default(), only_holes, fixture::clean(), fixture::union(), fixture::ring(100), fixture::kept()]
}

#[test]
fn the_checkout_is_the_repository_or_else_the_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("rust");
    assert_eq!(Shown::new(&root, false).checkout, root);
    std::fs::write(folder.path().join(".git"), "gitdir: elsewhere").unwrap();
    assert_eq!(Shown::new(&root, false).checkout, folder.path());
}

/// The page has tests of its own, and nobody could review it as a snapshot.
fn reviewed() -> impl Iterator<Item = Format> {
    Format::value_variants().iter().copied().filter(|format| *format != Format::Html)
}

#[test]
fn every_format_tells_the_same_run() {
    for format in reviewed() {
        let name = format!("{format:?}").to_lowercase();
        let mut text = written(format, &fixture::union());
        if format == Format::Sarif {
            // The rules are the lints' pages.
            let mut log: Value = serde_json::from_str(&text).unwrap();
            log["runs"][0]["tool"]["driver"]["rules"] = Value::Null;
            text = serde_json::to_string_pretty(&log).unwrap();
        }
        let text = text.replace(concat!('"', env!("CARGO_PKG_VERSION"), '"'), "\"[version]\"");
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_format_tells_a_run_without_findings() {
    for format in reviewed() {
        if !matches!(format, Format::Sarif | Format::Json) {
            insta::assert_snapshot!(format!("clean_{format:?}").to_lowercase(), written(format, &fixture::clean()));
        }
    }
}

#[test]
fn every_format_ends_its_last_line_and_carries_no_control_character() {
    for union in unions() {
        for &format in Format::value_variants() {
            let text = written(format, &union);
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{format:?}");
            // JSON keeps texts as they are, and escapes controls by itself.
            let is_wrong = |char: char| clean::is_sly(char) && char != '\n' && format != Format::Json;
            assert_eq!(text.find(is_wrong), None, "{format:?}");
        }
    }
}

#[test]
fn a_run_with_a_hole_is_never_called_clean() {
    let mut torn = fixture::clean();
    torn.processes[1].is_whole = false;
    let holes = Union { holes: vec!["A hole.".to_owned()], ..fixture::clean() };
    for (union, is_whole) in [(torn, false), (holes, false), (fixture::clean(), true)] {
        let verdict = written(Format::Text, &union).lines().last().unwrap().to_owned();
        assert_eq!(verdict.contains("the record is incomplete"), !is_whole, "{verdict}");
        let suite = quick_junit::Report::deserialize_from_str(&written(Format::Junit, &union)).unwrap();
        assert_eq!(suite.errors, usize::from(!is_whole));
        let log = parsed(Format::Sarif, &union);
        assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], is_whole);
        assert_eq!(written(Format::Github, &union).contains("::notice"), !is_whole);
        assert_eq!(written(Format::Dot, &union).contains("incomplete"), !is_whole);
    }
}

#[test]
fn holes_stand_before_the_verdict_and_the_verdict_is_the_last_line() {
    let text = written(Format::Text, &fixture::union());
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}"));
    assert!(at("has no end") < at("gordian: 3 findings"));
    assert_eq!(
        text.lines().last(),
        Some(
            "gordian: 3 findings (2 deny, 1 warn) in 3 processes; 5 lock classes, 5 orders; 1 crate not watched; the \
             record is incomplete"
        )
    );
}

#[test]
fn a_run_without_processes_says_that_nothing_was_watched() {
    let nothing = "no process used a checked lock, so nothing was watched";
    for format in [Format::Text, Format::Github, Format::Junit, Format::Sarif, Format::Dot] {
        assert!(written(format, &Union::default()).contains(nothing), "{format:?}");
        assert!(!written(format, &fixture::clean()).contains(nothing), "{format:?}");
    }
}

#[test]
fn coloured_text_is_the_plain_text_in_colour() {
    let Workspace { _folder, shown } = workspace();
    for union in unions() {
        let plain = render(Format::Text, &union, &shown).unwrap();
        let colored = render(Format::Text, &union, &Shown { color: true, ..shown.clone() }).unwrap();
        assert_ne!(colored, plain);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }
}

#[test]
fn json_fits_its_schema_and_is_read_again() {
    let text = |path: &str| std::fs::read_to_string(format!("{FORMATS}/{path}")).unwrap();
    let schema = |path: &str| serde_json::from_str::<Value>(&text(path)).unwrap();
    let report = schema("report.schema.json");
    let registry = jsonschema::Registry::new().add("https://gordian.invalid/report.schema.json", &report).unwrap();
    let registry = registry.prepare().unwrap();
    let schema = schema("union.schema.json");
    let options =
        jsonschema::options().with_registry(&registry).with_base_uri("https://gordian.invalid/union.schema.json");
    let validator = options.build(&schema).unwrap();
    for union in unions() {
        let value = parsed(Format::Json, &union);
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0]);
        let read: Union = serde_json::from_value(value).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&union).unwrap());
    }
    let mut wrong = parsed(Format::Json, &fixture::union());
    wrong["findings"][0]["report"]["fingerprint"] = "G010".into();
    assert!(!validator.is_valid(&wrong), "the report's own schema is not asked");
    let mut wrong = parsed(Format::Json, &fixture::union());
    wrong["format"][0] = 2.into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn sarif_fits_the_published_schema() {
    let schema = std::fs::read_to_string(format!("{FORMATS}/third-party/sarif-schema-2.1.0.json")).unwrap();
    // As published, the pattern of languages is no regular expression to a strict reader: a `]` stands alone.
    let schema: Value = serde_json::from_str(&schema.replace("{2}]?$", r"{2}\\]?$")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for union in unions() {
        let log = parsed(Format::Sarif, &union);
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0]);
    }
    let mut wrong = parsed(Format::Sarif, &fixture::union());
    wrong["runs"][0]["results"][0]["level"] = "deny".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn every_sarif_result_points_at_its_rule_and_has_a_flow_a_side() {
    for union in [fixture::union(), fixture::ring(100), fixture::kept()] {
        let log = parsed(Format::Sarif, &union);
        let run = &log["runs"][0];
        for (result, found) in run["results"].as_array().unwrap().iter().zip(&union.findings) {
            let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let flows = result["codeFlows"][0]["threadFlows"].as_array().unwrap();
            assert_eq!(flows.len(), found.report.sides.len());
            let orders = flows.iter().flat_map(|flow| flow["locations"].as_array().unwrap());
            let mut orders: Vec<u64> = orders.map(|location| location["executionOrder"].as_u64().unwrap()).collect();
            orders.sort_unstable();
            assert_eq!(orders, (1..=orders.len() as u64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn accesses_come_in_turn_and_locks_are_held_before_any_is_requested() {
    let orders = |union: &Union, at: usize| {
        let log = parsed(Format::Sarif, union);
        let flows = log["runs"][0]["results"][at]["codeFlows"][0]["threadFlows"].as_array().unwrap().clone();
        let order = |location: &Value| location["executionOrder"].as_u64().unwrap();
        let orders = |flow: &Value| flow["locations"].as_array().unwrap().iter().map(order).collect::<Vec<_>>();
        flows.iter().map(orders).collect::<Vec<_>>()
    };
    assert_eq!(orders(&fixture::union(), 0), [[1, 3], [2, 4]]);
    let kept = fixture::kept();
    let lost = kept.findings.iter().position(|found| found.report.lint == "lost_update").unwrap();
    assert_eq!(orders(&kept, lost), [[1], [2], [3]]);
}

#[test]
fn without_a_known_finding_sarif_claims_no_baseline() {
    let mut union = fixture::union();
    let states = |union: &Union| {
        let log = parsed(Format::Sarif, union);
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        results.map(|result| result["baselineState"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states(&union), ["new", "new", "new", "unchanged", "new", "new"]);
    union.findings.retain(|found| found.standing != Standing::Known);
    assert_eq!(states(&union), [(); 5].map(|()| Value::Null));
}

#[test]
fn junit_fails_for_what_fails_the_run_and_for_nothing_else() {
    let read = |union: &Union| quick_junit::Report::deserialize_from_str(&written(Format::Junit, union)).unwrap();
    let report = read(&fixture::union());
    // The record, and all findings but the one at allow.
    assert_eq!((report.tests, report.failures, report.errors), (6, 2, 1));
    let suite = &report.test_suites[0];
    let text = format!("{:?}", suite.test_cases[1].status);
    assert!(text.contains("bank::audit") && text.contains("found by 3 processes"), "{text}");
    let report = read(&fixture::clean());
    assert_eq!((report.tests, report.failures, report.errors), (1, 0, 0));
}

#[test]
fn an_annotation_stands_where_a_side_lies_in_the_checkout() {
    let text = written(Format::Github, &fixture::union());
    let annotations: Vec<&str> =
        text.lines().filter(|line| line.starts_with("::error") || line.starts_with("::warning")).collect();
    assert_eq!(annotations.len(), 3, "{text}");
    assert!(annotations[0].starts_with("::error file=rust/crates/bank/src/lib.rs,line=14,col=34,title="), "{text}");
    assert!(annotations[0].contains("thread 2 'teller' at crates/bank/src/lib.rs:8:"), "{text}");
    assert!(annotations[1].starts_with("::error file=out.rs,line=31,col=5,title="), "{text}");
    assert!(annotations[2].starts_with("::warning title="), "{text}");
}

#[test]
fn dot_is_read_by_a_parser_that_finds_every_class_and_edge() {
    use graphviz_rust::dot_structures::{Graph, Stmt, Subgraph};
    fn count(stmts: &[Stmt], counts: &mut [usize; 3]) {
        for stmt in stmts {
            match stmt {
                Stmt::Node(_) => counts[0] += 1,
                Stmt::Edge(_) => counts[1] += 1,
                Stmt::Subgraph(Subgraph { stmts, .. }) => {
                    counts[2] += 1;
                    count(stmts, counts);
                }
                _ => {}
            }
        }
    }
    for (union, files) in unions().iter().zip([0, 0, 3, 3, 0, 0]) {
        let text = written(Format::Dot, union);
        let graph = graphviz_rust::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let Graph::DiGraph { stmts, .. } = graph else { panic!("{text}") };
        let mut counts = [0; 3];
        count(&stmts, &mut counts);
        assert_eq!(counts, [union.classes.len(), union.edges.len(), files]);
    }
}

#[test]
fn edges_of_a_told_cycle_are_red_and_others_are_not() {
    let text = written(Format::Dot, &fixture::union());
    let is_red =
        |edge: &str| text.lines().find(|line| line.trim_start().starts_with(edge)).unwrap().contains("color=red");
    for edge in ["c0 -> c1", "c1 -> c0", "c2 -> c3", "c3 -> c2"] {
        assert!(is_red(edge), "{edge}");
    }
    assert!(!is_red("c3 -> c4"));
}

const FORMATS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats");
