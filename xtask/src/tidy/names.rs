//! Turns a source file into the names it uses: whole paths, macros, and two keywords.
//!
//! Must not know: which names are allowed where.
//! INVARIANT: a name in a `use` tree and the same name written out give the same path; `core` and `alloc` are read as `std`.

use super::source::Source;
use super::tokens::{Kind, Token};

/// A name and the line it stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Name {
    pub(crate) line: usize,
    /// `crate::rt::Gate`, `std::sync::Mutex`, `println!`, `unsafe` or `static`.
    pub(crate) path: String,
}

impl Name {
    /// True if this is `prefix` or something inside it.
    pub(crate) fn is_within(&self, prefix: &str) -> bool {
        self.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// Returns every name that `source` uses outside its tests.
pub(crate) fn names(source: &Source<'_>) -> Vec<Name> {
    let code: Vec<Token<'_>> = source.code().collect();
    let mut reader = Reader { code: &code, at: 0, module: source.module(), found: Vec::new() };
    while reader.at < code.len() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    code: &'a [Token<'a>],
    at: usize,
    module: String,
    found: Vec<Name>,
}

impl Reader<'_> {
    fn is(&self, text: &str) -> bool {
        self.code.get(self.at).is_some_and(|token| token.text == text && token.kind != Kind::Literal)
    }

    fn step(&mut self) {
        let token = self.code[self.at];
        self.at += 1;
        if token.kind != Kind::Word {
            return;
        }
        match token.text {
            // Not the `use<'a>` of a precise capture.
            "use" if !self.is("<") => return self.tree(""),
            "unsafe" | "static" => self.found.push(Name { line: token.line, path: token.text.into() }),
            _ => {}
        }
        let mut path = String::from(token.text);
        let mut last = token.text;
        while self.is("::") && self.code.get(self.at + 1).is_some_and(|next| next.kind == Kind::Word) {
            last = self.code[self.at + 1].text;
            path = format!("{path}::{last}");
            self.at += 2;
        }
        if path.contains("::") {
            self.push(token.line, &path);
        }
        if self.is("!") && self.code.get(self.at + 1).is_none_or(|next| next.text != "=") {
            self.found.push(Name { line: token.line, path: format!("{last}!") });
        }
    }

    /// Reads one branch of a `use` tree below `prefix`, up to its `,`, `}` or `;`.
    fn tree(&mut self, prefix: &str) {
        let mut path = String::from(prefix);
        while let Some(&token) = self.code.get(self.at) {
            self.at += 1;
            match token.text {
                "::" => {}
                "{" => return self.branches(&path),
                "," | "}" | ";" => {
                    self.at -= 1;
                    return;
                }
                // `self` at the end of a tree is the module itself.
                "self" if !path.is_empty() => {}
                // A new name for the same thing.
                "as" => {
                    self.at += 1;
                    continue;
                }
                part => path = if path.is_empty() { part.into() } else { format!("{path}::{part}") },
            }
            if [",", "}", ";", "as"].iter().any(|end| self.is(end)) {
                self.push(token.line, &path);
            }
        }
    }

    fn branches(&mut self, prefix: &str) {
        while self.at < self.code.len() && !self.is("}") {
            self.tree(prefix);
            if self.is(",") {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn push(&mut self, line: usize, path: &str) {
        self.found.push(Name { line, path: absolute(&self.module, path) });
    }
}

/// Returns `path`, written in `module`, from its root.
fn absolute(module: &str, path: &str) -> String {
    let (mut base, mut rest) = (module, path);
    if let Some(below) = rest.strip_prefix("self::") {
        return format!("{module}::{below}");
    }
    while let Some(above) = rest.strip_prefix("super::") {
        base = base.rsplit_once("::").map_or(base, |(parent, _)| parent);
        rest = above;
    }
    match path.split_once("::") {
        Some(("super", _)) => format!("{base}::{rest}"),
        Some(("core" | "alloc", below)) => format!("std::{below}"),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        names(&Source::new("src/rt/gate.rs", text)).into_iter().map(|name| name.path).collect()
    }

    #[test]
    fn a_tree_is_every_path_in_it() {
        assert_eq!(
            paths("use std::{sync::{self, atomic::{AtomicU8, Ordering as O}}, thread};\nuse crate::event;"),
            ["std::sync", "std::sync::atomic::AtomicU8", "std::sync::atomic::Ordering", "std::thread", "crate::event"]
        );
    }

    #[test]
    fn a_path_is_read_where_it_stands() {
        assert_eq!(
            paths("fn a(b: crate::event::Event<std::sync::Arc<u8>>) {}"),
            ["crate::event::Event", "std::sync::Arc"]
        );
        assert_eq!(
            paths("use super::slot::Slot; use super::super::probe::Held; use self::a::b; fn f() { core::time::x() }"),
            ["crate::rt::slot::Slot", "crate::probe::Held", "crate::rt::gate::a::b", "std::time::x"]
        );
    }

    #[test]
    fn macros_and_keywords_are_names() {
        assert_eq!(
            paths("static A: &'static str = \"static\"; fn f() { if a != b { std::println!(\"panic!\") } unsafe {} }"),
            ["static", "std::println", "println!", "unsafe"]
        );
    }

    #[test]
    fn a_prefix_ends_at_a_whole_word() {
        let name = Name { line: 1, path: "std::sync::atomic".into() };
        assert!(name.is_within("std::sync") && !name.is_within("std::syn"));
    }
}
