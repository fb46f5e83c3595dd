//! Opens the page in Chromium and uses it: what a click, a key and an address do, and that nothing else happens.
//!
//! Must not know: how the page is made.
//! INVARIANT: after every test the console is empty, and nothing but the page itself was asked for.

mod driver;
#[path = "../../../tests/unions/mod.rs"]
mod unions;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use cargo_gordian::format::html;
use cargo_gordian::union::Union;
use serde_json::json;

use driver::Browser;

/// A page in a browser.
struct Page {
    browser: Browser,
    file: PathBuf,
}

impl Page {
    /// Returns the page of `union`, at what `fragment` names in it.
    fn open(test: &str, union: &Union, fragment: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        unions::write_sources(&root);
        let file = root.join("page.html");
        fs::write(&file, html::page(union, &root)).unwrap();
        let page = Self { browser: Browser::start(), file };
        page.browser.open(&page.file, fragment);
        page
    }

    /// Loads the page anew, at what `fragment` names in it.
    fn open_again(&self, fragment: &str) {
        self.protocol("Page.navigate", json!({ "url": "about:blank" }));
        self.until("location.href === 'about:blank'");
        self.browser.open(&self.file, fragment);
    }

    /// Keeps a picture of what is shown beside the program, for whoever wants to look at it.
    fn keep(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), self.screenshot()).unwrap();
    }

    /// Holds the browser's logs against what every page promises.
    fn close(self) {
        assert_eq!(self.complaints(), Vec::<String>::new());
        let own = format!("file://{}", self.file.display());
        let asked = self.requests();
        assert!(asked.contains(&own), "the log of requests is kept: {asked:?}");
        let others: Vec<&String> =
            asked.iter().filter(|url| url.split('#').next() != Some(&own) && *url != "about:blank").collect();
        assert_eq!(others, Vec::<&String>::new());
    }
}

impl Deref for Page {
    type Target = Browser;
    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// What WebDriver calls the Enter key.
const ENTER: &str = "\u{e007}";

#[test]
fn a_click_on_a_finding_shows_both_stacks_and_both_sources() {
    let page = Page::open("click", &unions::workspace(), "");
    assert!(page.text("#detail h1").contains("requests sessions, which it holds itself"));
    page.click("#list a[href='#G010-261dd92c566278d4']");
    page.until("document.querySelectorAll('#detail .side').length === 2");
    let detail = page.text("#detail");
    for words in [
        "bank::transfer::Bank::transfer",
        "bank::transfer::Teller::serve",
        "audit::Auditor::balance",
        "audit::Auditor::run",
        "let mut accounts = self.accounts.lock().unwrap(); // debit first",
        "let accounts = self.bank.accounts.lock().unwrap();",
        "`ledger` is requested here",
        "waits for 'auditor'",
        "G010-261dd92c566278d4",
    ] {
        assert!(detail.contains(words), "{words}: {detail}");
    }
    // Each of the two waits for the other: two arrows, each with its tip.
    assert_eq!(page.count(".timeline svg path"), 4);
    page.close();
}

#[test]
fn an_address_names_a_finding() {
    let page = Page::open("address", &unions::workspace(), "#G030-0c44aa01d2e9b7f3");
    assert!(page.text("#detail h1").contains("writes hits"));
    assert!(page.text(".timeline").contains("nothing orders these two accesses"));
    assert_eq!(page.count(".timeline svg path"), 0);
    // One that the page does not have shows the worst instead.
    for unknown in ["#G030-ffffffffffffffff", "#%", "#lock-99x"] {
        page.open_again(unknown);
        assert!(page.text("#detail h1").contains("which it holds itself"), "{unknown}");
    }
    // A lock that it does not have shows the graph.
    page.open_again("#lock-99");
    assert!(page.text("#panel").contains("12 lock classes"));
    page.close();
}

#[test]
fn a_finding_of_the_union_names_the_process_of_each_side() {
    let page = Page::open("processes", &unions::workspace(), "#G011-7fe1209bb3c5a846");
    let heads = page.value("[...document.querySelectorAll('.timeline .head')].map(head => head.innerText)");
    assert!(
        heads[0].as_str().unwrap().contains("pid 4712") && heads[1].as_str().unwrap().contains("pid 4713"),
        "{heads}"
    );
    assert!(page.text("#detail").contains("only the union of the processes shows it"));
    assert!(page.text("#detail").contains("The source of r2d2-0.8.10/src/lib.rs was not at hand."));
    page.close();
}

#[test]
fn a_search_leaves_what_holds_all_its_words() {
    let page = Page::open("search", &unions::workspace(), "");
    assert_eq!(page.count("#list > li"), 6);
    for (words, left) in
        [("Auditor::balance", 1), ("AUDITOR teller", 1), ("teller seat", 0), ("session.rs", 4), ("", 6)]
    {
        page.value("document.getElementById('search').value = ''");
        page.write("#search", &format!("{words} "));
        page.until(&format!("document.querySelectorAll('#list > li').length === {left}"));
    }
    page.close();
}

#[test]
fn a_level_that_is_switched_off_is_not_listed() {
    let page = Page::open("levels", &unions::workspace(), "");
    page.click("#filters button:first-child");
    page.until("document.querySelectorAll('#list > li').length === 2");
    assert!(!page.text("#list").contains("deny"));
    page.click("#filters button:first-child");
    page.until("document.querySelectorAll('#list > li').length === 6");
    page.close();
}

#[test]
fn only_cycles_leaves_the_locks_of_cycles() {
    let page = Page::open("cycles", &unions::workspace(), "#graph");
    assert_eq!(page.count("#canvas .lock"), 12);
    page.click("#only-cycles");
    page.until("document.getElementById('all').hidden");
    assert_eq!((page.count("#canvas .lock"), page.count("#canvas .edge")), (9, 9));
    page.click("#only-cycles");
    page.until("document.getElementById('cycles').hidden");
    assert_eq!(page.count("#canvas .lock"), 12);
    page.close();
}

#[test]
fn a_lock_in_the_graph_tells_its_orders_and_an_order_its_witnesses() {
    let page = Page::open("lock", &unions::workspace(), "#graph");
    page.click("#all [data-class='1']");
    page.until("location.hash === '#lock-1'");
    let panel = page.text("#panel");
    for words in
        ["ledger", "Mutex<Vec<Entry>>", "crates/bank/src/transfer.rs:15", "G010 lock_order", "journal", "accounts"]
    {
        assert!(panel.contains(words), "{words}: {panel}");
    }
    // What is beside it is lit, and nothing else.
    assert_eq!(page.count("#all .lock.lit"), 3);
    page.click("#panel button.row");
    page.until("location.hash.startsWith('#order-')");
    assert_eq!((page.count("#all .lock.lit"), page.count("#all .edge.lit")), (2, 1));
    let panel = page.text("#panel");
    for words in ["thread 3 'auditor'", "bank-6f1c (pid 4711 on ci-3)", "crates/audit/src/lib.rs:17:39"] {
        assert!(panel.contains(words), "{words}: {panel}");
    }
    page.close();
}

#[test]
fn a_finding_and_its_cycle_lead_to_each_other() {
    let page = Page::open("cycle", &unions::workspace(), "#G010-93ac04e1b75d2f60");
    page.click(".bar .right button:last-child");
    page.until("location.hash === '#cycle-2'");
    assert_eq!((page.count("#all .lock.lit"), page.count("#all .edge.lit")), (5, 5));
    page.click("#panel a");
    page.until("document.querySelectorAll('#detail .side').length === 5");
    page.close();
}

#[test]
fn a_keyboard_is_enough() {
    let page = Page::open("keyboard", &unions::workspace(), "");
    page.write("body", "j");
    page.until("location.hash === '#G010-261dd92c566278d4'");
    page.write("body", "k");
    page.until("location.hash === '#G002-58b1c0a9f3e07d12'");
    page.write("body", "/");
    page.until("document.activeElement.id === 'search'");
    page.write("#search", &format!("auditor{ENTER}"));
    page.until("location.hash === '#G010-261dd92c566278d4'");
    page.value("location.hash = 'graph'");
    page.until("!document.getElementById('graph').hidden");
    let place = || page.value("document.querySelector('#all .world').getAttribute('transform')");
    for key in ["+", "-", "\u{e014}", "0"] {
        let before = place();
        page.write("#canvas", key);
        assert_ne!(place(), before, "{key:?}");
    }
    page.write("#all [data-class='0']", ENTER);
    page.until("location.hash === '#lock-0'");
    page.close();
}

#[test]
fn a_wheel_and_a_drag_move_the_graph_and_choose_nothing() {
    let page = Page::open("drag", &unions::workspace(), "#graph");
    let place = || page.value("document.querySelector('#all .world').getAttribute('transform')");
    let mouse = |kind: &str, x: u32, y: u32, more: serde_json::Value| {
        let mut event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        page.protocol("Input.dispatchMouseEvent", event);
    };
    let before = place();
    mouse("mouseWheel", 300, 400, json!({ "deltaX": 0, "deltaY": -240, "button": "none", "buttons": 0 }));
    page.until(&format!("document.querySelector('#all .world').getAttribute('transform') !== {before}"));
    let before = place();
    mouse("mousePressed", 300, 400, json!({}));
    mouse("mouseMoved", 360, 460, json!({}));
    mouse("mouseReleased", 360, 460, json!({}));
    assert_ne!(place(), before);
    assert_eq!(page.value("location.hash"), "#graph");
    page.close();
}

#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let page = Page::open("hostile", &unions::hostile(), "#G010-00000000000000ff");
    assert!(page.text("#detail h1").contains("</script><img src=x onerror=\"window.hacked=1\">"));
    assert!(page.text("#detail").contains("\\u{202e}evil"));
    assert!(page.text("#holes").contains("</script><img"));
    page.keep("hostile");
    page.value("location.hash = 'graph'");
    page.until("!document.getElementById('graph').hidden");
    page.click("#panel button.row");
    page.until("location.hash.startsWith('#lock-')");
    page.value("location.hash = 'order-0'");
    page.until("document.querySelector('#panel .witness')");
    page.value("location.hash = 'processes'");
    page.until("!document.getElementById('processes').hidden");
    assert_eq!(
        page.value("[window.hacked ?? null, document.images.length, document.scripts.length]"),
        json!([null, 0, 2])
    );
    // A name of a thousand letters makes no page that is wider than the window.
    for part in ["G010-00000000000000ff", "graph", "processes"] {
        page.value(&format!("location.hash = '{part}'"));
        page.until("document.documentElement.scrollWidth <= innerWidth");
    }
    page.close();
}

#[test]
fn a_thousand_locks_can_be_searched_and_opened() {
    let page = Page::open("thousand", &unions::many(1000), "#graph");
    // Of so many the cycles are shown first.
    assert_eq!(page.count("#canvas .lock"), 3);
    page.click("#only-cycles");
    page.until("document.getElementById('cycles').hidden");
    assert_eq!(page.count("#canvas .lock"), 1000);
    page.keep("thousand");
    page.write("#search", "part_77.rs files");
    page.until("document.querySelectorAll('#all .lock.match').length > 0");
    let matches = page.value("document.querySelectorAll('#all .lock.match').length").as_u64().unwrap();
    assert!(matches < 100, "{matches} locks match");
    page.write("#search", ENTER);
    page.until("location.hash.startsWith('#lock-')");
    assert!(page.text("#panel").contains("part_"));
    page.value("(document.getElementById('search').value = '', document.getElementById('search').dispatchEvent(new Event('input')))");
    page.value("location.hash = 'lock-101'");
    page.until("location.hash === '#lock-101' && document.querySelector('#all [data-class=\"101\"]').classList.contains('lit')");
    page.keep("thousand_lock");
    page.close();
}

#[test]
fn nothing_found_says_what_that_means() {
    let page = Page::open("one", &unions::one_lock(), "");
    assert_eq!(page.text("#verdict-text"), "Nothing was found");
    assert!(page.text("#detail").contains("Only one lock was seen"));
    page.value("location.hash = 'graph'");
    page.until("!document.getElementById('graph').hidden");
    assert_eq!(page.count("#canvas .lock"), 1);
    page.close();
    let page = Page::open("none", &Union::default(), "");
    assert_eq!(page.text("#verdict-text"), "No process was recorded");
    assert!(page.text("#detail").contains("no test was built with checked locks"));
    page.close();
}

#[test]
fn a_record_with_holes_says_so_before_it_says_that_nothing_was_found() {
    let mut union = unions::one_lock();
    union.holes.push("17 orders were lost, since a table was full".into());
    let page = Page::open("holes", &union, "");
    assert!(page.text("#holes").contains("17 orders were lost"));
    assert!(page.text("#verdict-text").starts_with("The record is incomplete"));
    assert!(!page.text("#detail").contains("No lock was requested in an order that could hang"));
    page.close();
}

#[test]
fn on_paper_every_finding_is_written_out() {
    let page = Page::open("paper", &unions::workspace(), "");
    let pdf = page.protocol("Page.printToPDF", json!({ "printBackground": true }));
    assert!(pdf["data"].as_str().unwrap().len() > 20_000);
    // What a print makes is gone after it; what it would make is seen by asking for it.
    assert_eq!(page.value("document.querySelectorAll('.printed').length"), 0);
    page.value("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(page.value("document.querySelectorAll('.printed').length"), 6);
    page.protocol("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.count(".printed h1"), 6);
    assert_eq!((page.count("#canvas .lock"), page.count("nav"), page.count("#list")), (12, 0, 0));
    page.keep("paper");
    page.close();
}

#[test]
fn it_is_light_or_dark_as_the_user_prefers() {
    let page = Page::open("pictures", &unions::workspace(), "#G010-261dd92c566278d4");
    let back = || page.value("getComputedStyle(document.body).backgroundColor");
    let light = back();
    page.keep("light");
    page.prefer("dark");
    assert_ne!(back(), light);
    page.keep("dark");
    for (scheme, fragment) in
        [("dark", "#graph"), ("light", "#graph"), ("light", "#lock-0"), ("light", "#G010-93ac04e1b75d2f60")]
    {
        page.prefer(scheme);
        page.open_again(fragment);
        page.keep(&format!("{scheme}_{}", &fragment[1..]));
    }
    page.close();
}
