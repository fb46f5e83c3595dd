//! Holds the page and the picture against what they promise: one file, nothing lost, nothing that can break out.

mod unions;

use std::path::{Path, PathBuf};

use cargo_gordian::format::{html, svg};
use cargo_gordian::union::{Standing, Union};
use serde_json::Value;

/// Returns a folder of the test's own, with the sources in it.
fn root(test: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    unions::write_sources(&root);
    root
}

/// Returns the page's data, read as a browser reads it: up to the first end of a script.
fn data(page: &str) -> Value {
    let (_, after) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("the page has data");
    let (json, _) = after.split_once("</script").expect("the data end");
    serde_json::from_str(json).expect("the data are JSON")
}

fn page(test: &str, union: &Union) -> String {
    html::page(union, &root(test))
}

fn all() -> [(&'static str, Union); 5] {
    let (many, one) = (unions::many(300), unions::one_lock());
    [
        ("workspace", unions::workspace()),
        ("hostile", unions::hostile()),
        ("many", many),
        ("one", one),
        ("none", Union::default()),
    ]
}

#[test]
fn equal_unions_give_equal_pages() {
    for (name, union) in all() {
        assert!(page("equal", &union) == page("equal", &union.clone()), "{name}");
    }
}

#[test]
fn a_page_asks_for_nothing_outside_of_itself() {
    // The hostile names hold all of these words as text; that they stay text is the next test's claim.
    for (name, union) in all().into_iter().filter(|(name, _)| *name != "hostile") {
        let page = page("outside", &union);
        assert!(page.contains("content=\"default-src 'none';"), "{name}");
        // The data are text; what stands around them is what a browser would follow.
        let (before, after) = page.split_once("id=\"data\">").unwrap();
        let around = before.to_owned() + after.split_once("</script>").unwrap().1;
        let around = around.replace("http://www.w3.org/2000/svg", "");
        for word in ["http:", "https:", "src=", "url(", "@import", "<link", "<base", "<form"] {
            let at = around.find(word);
            assert_eq!(at.map(|at| &around[at.saturating_sub(40)..at + 40]), None, "{name}: {word}");
        }
    }
}

#[test]
fn no_name_leaves_the_place_where_it_is_shown() {
    let union = unions::hostile();
    let page = page("hostile", &union);
    // The two scripts' ends and starts are the template's; `&lt;` is what a name's `<` became outside of the data.
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<script").count(), 2);
    for tag in ["<img", "<svg onload", "<b>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    let name = data(&page)["union"]["processes"][0]["program"].as_str().unwrap().to_owned();
    assert!(name.contains("</script><img src=x"), "{name}");
}

#[test]
fn what_cannot_be_seen_is_in_no_page_and_no_picture() {
    let union = unions::hostile();
    let hidden = |letter: &char| (letter.is_control() && *letter != '\n') || *letter == '\u{202e}';
    for text in [page("hidden", &union), svg::graph(&union)] {
        assert_eq!(text.chars().find(hidden), None);
    }
    assert!(page("hidden", &union).contains("\\\\u{202e}evil"));
}

#[test]
fn a_mark_of_the_template_in_a_name_is_a_name() {
    let classes = data(&page("mark", &unions::hostile()))["union"]["classes"].clone();
    assert!(classes[1]["name"].as_str().unwrap().contains("{{data}}"), "{classes}");
}

#[test]
fn a_page_has_the_source_of_what_it_names_and_no_other() {
    let data = data(&page("source", &unions::workspace()));
    let bank = &data["sources"]["crates/bank/src/transfer.rs"];
    assert_eq!(bank["20"], "        let mut accounts = self.accounts.lock().unwrap(); // debit first");
    assert_eq!(bank["1"], Value::Null);
    assert_eq!(data["sources"]["r2d2-0.8.10/src/lib.rs"], Value::Null);
}

#[test]
fn only_sources_are_read() {
    let root = root("secret");
    std::fs::write(root.join("secret.txt"), "secret\n").unwrap();
    std::fs::write(root.join("open.rs"), "shown\n").unwrap();
    let mut union = unions::one_lock();
    let shown = |union: &Union| data(&html::page(union, &root))["sources"].clone();
    union.classes[0].created.line = 1;
    union.classes[0].created.file = "open.rs".into();
    assert_eq!(shown(&union)["open.rs"]["1"], "shown");
    for file in ["secret.txt", "missing.rs", "crates", ""] {
        union.classes[0].created.file = file.into();
        assert_eq!(shown(&union), serde_json::json!({}), "{file}");
    }
}

#[test]
fn a_registry_s_host_is_in_no_page_and_no_picture() {
    let union = unions::workspace();
    for text in [page("host", &union), svg::graph(&union)] {
        assert!(!text.contains("example.org") && !text.contains("/opt/cargo"));
        assert!(text.contains("r2d2 0.8.10"));
    }
}

#[test]
fn a_path_under_the_root_is_told_from_there() {
    let root = root("absolute");
    let mut union = unions::one_lock();
    union.classes[0].created.file = root.join("crates/bank/src/transfer.rs").display().to_string();
    let data = data(&html::page(&union, &root));
    assert_eq!(data["union"]["classes"][0]["created"]["file"], "crates/bank/src/transfer.rs");
    assert_eq!(data["origins"]["crates/bank/src/transfer.rs"][0], "bank");
    assert_ne!(data["sources"]["crates/bank/src/transfer.rs"]["14"], Value::Null);
}

#[test]
fn each_side_of_a_union_s_finding_has_the_process_that_saw_it() {
    let union = unions::workspace();
    let at = union.findings.iter().position(|found| found.found_by == 0).unwrap();
    let data = data(&page("sides", &union));
    assert_eq!(data["sides"][at], serde_json::json!([1, 2]));
}

/// Returns the verdict's state, whether the record is whole, and its words.
fn verdict(union: &Union) -> (String, bool, String) {
    let verdict = data(&page("verdict", union))["verdict"].clone();
    let text = |key: &str| verdict[key].as_str().unwrap().to_owned();
    (text("state"), verdict["is_whole"].as_bool().unwrap(), text("text"))
}

#[test]
fn a_record_with_holes_is_never_clean() {
    let mut union = unions::one_lock();
    assert_eq!(verdict(&union), ("clean".into(), true, "Nothing was found".into()));
    union.processes[0].is_whole = false;
    assert_eq!(verdict(&union).0, "incomplete");
    union.processes[0].is_whole = true;
    union.holes.push("17 orders were lost".into());
    assert_eq!(verdict(&union).0, "incomplete");
    assert_eq!(verdict(&Union::default()).0, "empty");
}

#[test]
fn only_new_findings_at_deny_fail() {
    let mut union = unions::workspace();
    assert_eq!(verdict(&union), ("fails".into(), false, "3 findings fail this run".into()));
    union.findings.retain(|found| found.report.level == "warn");
    assert_eq!(verdict(&union).0, "warns");
    union.findings.iter_mut().for_each(|found| found.standing = Standing::Known);
    assert_eq!(verdict(&union).0, "incomplete");
    union.processes.iter_mut().for_each(|seen| seen.is_whole = true);
    assert_eq!(verdict(&union), ("clean".into(), true, "Nothing new was found".into()));
}

/// Returns how many elements of a class a picture has.
fn count(picture: &str, class: &str) -> usize {
    picture.matches(&format!("<g class=\"{class}\"")).count()
}

#[test]
fn a_picture_has_every_lock_and_every_order_once() {
    for (name, union) in all() {
        let picture = svg::graph(&union);
        for at in 0..union.classes.len() {
            assert_eq!(picture.matches(&format!("data-class=\"{at}\"")).count(), 1, "{name}: class {at}");
        }
        for at in 0..union.edges.len() {
            assert_eq!(picture.matches(&format!("data-edge=\"{at}\"")).count(), 1, "{name}: order {at}");
        }
    }
}

#[test]
fn only_orders_that_findings_are_about_are_red() {
    let mut union = unions::workspace();
    let red = |union: &Union| (count(&svg::graph(union), "edge cycle"), count(&svg::graph(union), "lock cycle"));
    // Two, two, and the ring of five; the locks of the same.
    assert_eq!(red(&union), (9, 9));
    union.findings.iter_mut().for_each(|found| found.standing = Standing::Suppressed("known".into()));
    assert_eq!(red(&union), (0, 0));
    union.findings.clear();
    assert_eq!(red(&union), (0, 0));
}

#[test]
fn a_thousand_locks_make_a_page_of_a_few_megabytes() {
    let union = unions::many(1000);
    assert!(svg::graph(&union).len() < 2_500_000);
    assert!(page("thousand", &union).len() < 6_000_000);
}
