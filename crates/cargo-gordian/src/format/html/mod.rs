//! Turns a union into one page that a browser shows from a file, with no network.
//!
//! Must not know: how the page draws what it is given; that is in `page.js` and its neighbours.
//! INVARIANT: the page names nothing outside of itself, and its policy forbids a browser to ask for anything; data stand in
//! one JSON element, from which they cannot escape, and the script only ever sets text.

mod data;
mod source;

use std::path::Path;

use crate::format::svg::{self, Reported, Scope};
use crate::union::Union;

/// Returns the page: findings, the lock-order graph and the processes, with the source lines found under `root`.
///
/// # Cost
/// Reads each source file that a finding names, once. 1 000 locks with 3 000 orders make a page of a few megabytes.
pub fn page(union: &Union, root: &Path) -> String {
    let reported = Reported::of(union);
    let data = data::json(union, &reported, root);
    let all = svg::picture(union, &reported, Scope::All);
    let cycles = svg::picture(union, &reported, Scope::Cycles);
    let script = [include_str!("page.js"), include_str!("finding.js"), include_str!("graph.js"), "\nstart();\n"];
    fill(&[
        ("{{style}}", include_str!("page.css")),
        ("{{graph}}", &all),
        ("{{cycles}}", &cycles),
        ("{{data}}", &data),
        ("{{script}}", &script.concat()),
    ])
}

/// Returns the template with each mark replaced once, in their order in it; a mark within what was put in is text.
fn fill(parts: &[(&str, &str)]) -> String {
    let (mut page, mut rest) = (String::new(), include_str!("page.html"));
    for (mark, text) in parts {
        let (before, after) = rest.split_once(mark).expect("the template has each mark, in this order");
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}
