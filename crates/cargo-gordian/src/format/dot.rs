//! Turns the lock-order graph into DOT: a node a class, in a box a file; edges of a reported cycle are red.
//!
//! Must not know: layout.
//! Source: Graphviz's language and its `escString`, <https://graphviz.org/doc/info/lang.html>. By hand, as petgraph's `Dot`
//! has no clusters.
//! INVARIANT: identifiers are made of positions; all text from records stands in labels, escaped.

use super::{cycle, holes, text, who};
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

/// Returns text as a label. It has been cleaned, so that line breaks are its only controls.
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
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a label as Graphviz does: the quotes end where no backslash stands before them, then come the escapes, then
    /// HTML's entities.
    fn read(label: &str) -> Option<String> {
        let (mut text, mut chars) = (String::new(), label.strip_prefix('"')?.strip_suffix('"')?.chars());
        while let Some(char) = chars.next() {
            text.push(match (char, char == '\\') {
                ('"', _) => return None,
                (_, true) => match chars.next()? {
                    'n' => '\n',
                    char @ ('"' | '\\') => char,
                    _ => return None,
                },
                (char, false) => char,
            });
        }
        Some(text.replace("&amp;", "&"))
    }

    #[test]
    fn what_graphviz_would_read_otherwise_is_escaped() {
        assert_eq!(quoted("a\\N\"\n&lt;"), r#""a\\N\"\n&amp;lt;""#);
    }

    proptest! {
        #[test]
        fn a_label_reads_as_its_text(text in r#"(["\\\\\n&;]|amp|lt|[a-zö<>{}|])*"#) {
            prop_assert_eq!(read(&quoted(&text)), Some(text));
        }
    }
}
