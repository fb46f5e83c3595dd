//! Turns the lock-order graph into DOT: a node a class, in a box a file; edges of a reported cycle are red.
//!
//! Must not know: layout.
//! Source: Graphviz's language and its `escString`, <https://graphviz.org/doc/info/lang.html>. By hand, as petgraph's `Dot`
//! has no clusters.
//! INVARIANT: identifiers are made of positions; all text from records stands in labels, escaped.

use super::{clean, cycle, holes, text, who};
use crate::union::{Class, Edge, Union};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Returns the graph.
pub(super) fn write(union: &Union) -> String {
    let mut dot = String::from("digraph gordian {\n");
    let label = holes(union).into_iter().chain([text::verdict(union).1]).collect::<Vec<_>>().join("\n");
    let _ = writeln!(dot, "  graph [label={}, labelloc=b, rankdir=LR, fontname=\"sans-serif\"];", quoted(&label));
    dot += "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\"];\n";
    dot += "  edge [color=gray40, fontname=\"sans-serif\", fontsize=10];\n";
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, class) in union.classes.iter().enumerate() {
        files.entry(&class.created.file).or_default().push(index);
    }
    for (number, (file, classes)) in files.iter().enumerate() {
        let _ =
            writeln!(dot, "  subgraph cluster_{number} {{\n    label={}; style=filled; color=gray92;", quoted(file));
        for &index in classes {
            let _ = writeln!(dot, "    c{index} [{}];", node(&union.classes[index]));
        }
        dot += "  }\n";
    }
    let told = union.findings.iter().filter(|found| text::is_told(found));
    let red: BTreeSet<usize> = told.flat_map(|found| cycle::edges_of(union, &found.report)).flatten().collect();
    for (index, edge) in union.edges.iter().enumerate() {
        let red = if red.contains(&index) { ", color=red, fontcolor=red, penwidth=2" } else { "" };
        let _ = writeln!(dot, "  c{} -> c{} [{}{red}];", edge.from, edge.to, of_edge(edge));
    }
    dot + "}\n"
}

fn node(class: &Class) -> String {
    let Class { created, name, type_name, .. } = class;
    let name = name.as_ref().map_or_else(|| format!("{}:{}", created.line, created.column), Clone::clone);
    let tooltip = format!("{type_name}, created at {created}");
    format!("label={}, tooltip={}", quoted(&format!("{name}\n{type_name}")), quoted(&tooltip))
}

fn of_edge(edge: &Edge) -> String {
    let (processes, contexts) = (who::count(edge.processes, "process"), who::count(edge.contexts, "context"));
    let sites = edge.witnesses.iter().map(|it| format!("{}, then {}", it.held_at, it.wanted_at));
    let tooltip = sites.collect::<Vec<_>>().join("\n");
    format!("label={}, tooltip={}", quoted(&format!("{processes}\n{contexts}")), quoted(&tooltip))
}

/// Returns text as a label.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' => quoted += "\\\"",
            // Before any other letter a backslash would begin an escape, such as the node's own name.
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            // Labels know HTML's entities.
            '&' => quoted += "&amp;",
            char if clean::is_sly(char) => quoted.push(char::REPLACEMENT_CHARACTER),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}
