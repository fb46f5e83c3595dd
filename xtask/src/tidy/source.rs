//! A source file as the rules see it: its tokens, and which of its lines are tests.
//!
//! Must not know: any rule.
//! INVARIANT: a line counts as a test only from a `#[cfg(test)]` to the end of the item under it.

use std::ops::RangeInclusive;
use std::path::Path;

use super::tokens::{Kind, Token, tokens};

/// One Rust file.
pub(crate) struct Source<'a> {
    /// From the workspace's root, with `/`.
    pub(crate) path: &'a str,
    pub(crate) tokens: Vec<Token<'a>>,
    tests: Vec<RangeInclusive<usize>>,
    /// The files of test modules that are declared here and live elsewhere.
    pub(crate) test_files: Vec<String>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        let tokens = tokens(text);
        let mut source = Self { path, tests: Vec::new(), test_files: Vec::new(), tokens: Vec::new() };
        let code: Vec<Token<'_>> = tokens.iter().copied().filter(Token::is_code).collect();
        for start in 0..code.len() {
            source.find_test(&code, start);
        }
        source.tokens = tokens;
        source
    }

    /// Takes the whole file as a test.
    pub(crate) fn set_all_test(&mut self) {
        self.tests = vec![0..=usize::MAX];
    }

    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    /// Returns the tokens that are neither comments nor tests.
    pub(crate) fn code(&self) -> impl Iterator<Item = Token<'a>> {
        self.tokens.iter().copied().filter(|token| token.is_code() && !self.is_test(token.line))
    }

    pub(crate) fn is_under(&self, rooms: &[&str]) -> bool {
        rooms.iter().any(|room| self.path.starts_with(room))
    }

    /// Returns the path of the module in this file, such as `crate::rt::gate`.
    pub(crate) fn module(&self) -> String {
        let inner = self.path.split_once("src/").map_or(self.path, |(_, inner)| inner);
        let inner = inner.trim_end_matches(".rs").trim_end_matches("/mod");
        if matches!(inner, "lib" | "main") { "crate".into() } else { format!("crate::{}", inner.replace('/', "::")) }
    }

    fn find_test(&mut self, code: &[Token<'a>], start: usize) {
        let is = |at: usize, wanted: &[&str]| {
            code.get(at..at + wanted.len())
                .is_some_and(|these| these.iter().zip(wanted).all(|(token, text)| token.text == *text))
        };
        let whole_file = usize::from(is(start, &["#", "!"]));
        let at = start + whole_file;
        let alone = is(at + 1, &["[", "cfg", "(", "test", ")"]);
        let with_more = is(at + 1, &["[", "cfg", "(", "all", "(", "test", ","]);
        if !is(start, &["#"]) || !(alone || with_more) {
            return;
        }
        if whole_file == 1 {
            return self.set_all_test();
        }
        let mut end = at;
        while is(end, &["#"]) {
            end = closing(code, end + 1) + 1;
        }
        let item = end;
        while end < code.len() && !is(end, &[";"]) && !is(end, &["{"]) {
            end = if is(end, &["("]) || is(end, &["["]) { closing(code, end) } else { end } + 1;
        }
        if is(end, &["{"]) {
            end = closing(code, end);
        } else if is(item, &["mod"]) {
            self.test_files.extend(self.child(code[item + 1].text));
        }
        let last = code.get(end).map_or(usize::MAX, |token| token.line);
        self.tests.push(code[start].line..=last);
    }

    /// Returns where the module `name` that is declared here may live.
    fn child(&self, name: &str) -> [String; 2] {
        let path = Path::new(self.path);
        let stem = path.file_stem().unwrap_or_default();
        let folder = path.parent().unwrap_or(path);
        let folder =
            if ["mod", "lib", "main"].iter().any(|root| stem == *root) { folder.into() } else { folder.join(stem) };
        [format!("{name}.rs"), format!("{name}/mod.rs")].map(|end| folder.join(end).to_string_lossy().into_owned())
    }
}

/// Returns the index of the token that closes the bracket at `open`, or that of the last token.
pub(crate) fn closing(code: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in code.iter().enumerate().skip(open).filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_lines(text: &str) -> Vec<usize> {
        let source = Source::new("src/x/y.rs", text);
        (1..=text.lines().count()).filter(|&line| source.is_test(line)).collect()
    }

    #[test]
    fn a_test_module_ends_at_its_brace() {
        assert_eq!(test_lines("fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}"), [2, 3, 4, 5]);
        assert_eq!(
            test_lines("#[cfg(all(test, loom))]\n#[allow(dead_code)]\nfn a(b: [u8; 2]) {\n}\nfn c() {}"),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn other_cfgs_are_not_tests() {
        assert_eq!(test_lines("#[cfg(any(test, loom))]\nfn a() {}\n#[cfg(not(test))]\nfn b() {}"), [0; 0]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_known() {
        assert_eq!(
            Source::new("src/x/y.rs", "#[cfg(test)]\nmod models;\nfn a() {}").test_files,
            ["src/x/y/models.rs", "src/x/y/models/mod.rs"]
        );
        assert_eq!(Source::new("src/x/mod.rs", "#[cfg(test)] mod models;").test_files[0], "src/x/models.rs");
        assert_eq!(test_lines("#![cfg(test)]\n\nfn a() {}"), [1, 2, 3]);
    }

    #[test]
    fn a_file_is_a_module() {
        let module = |path| Source::new(path, "").module();
        assert_eq!(module("src/rt/gate.rs"), "crate::rt::gate");
        assert_eq!(module("src/rt/mod.rs"), "crate::rt");
        assert_eq!(module("src/lib.rs"), "crate");
    }
}
