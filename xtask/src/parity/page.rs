//! Turns facts about the builds into a page for users.
//!
//! Must not know: how the facts were found.
//! INVARIANT: the page says nothing of a name or a member that is not among the facts.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Whose item a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    Std,
    Gordian,
    Loom,
    Absent,
}

impl Origin {
    fn word(self) -> &'static str {
        match self {
            Self::Std => "std's",
            Self::Gordian => "gordian's",
            Self::Loom => "loom's",
            Self::Absent => "absent",
        }
    }
}

/// What was found about each name and each type, in the order of the page.
#[derive(Default)]
pub(super) struct Facts {
    /// For each module its names, each with what it is in the plain, the checked and the loom build.
    pub(super) modules: Vec<(String, Vec<Name>)>,
    pub(super) added: Vec<Name>,
    /// What types that are there lack in the checked and in the loom build.
    pub(super) lacking: [Vec<Lacking>; 2],
}

pub(super) struct Name {
    pub(super) name: String,
    pub(super) origins: [Origin; 3],
}

/// A member that a type of std has and its twin has not.
pub(super) struct Lacking {
    pub(super) module: String,
    pub(super) shown: String,
    pub(super) label: String,
}

/// Returns the page.
pub(super) fn write(facts: &Facts) -> String {
    let mut page = String::from(OPENING);
    for (module, names) in &facts.modules {
        let _ = write!(page, "\n## `{module}`\n\n| name | plain | checked | loom |\n|---|---|---|---|\n");
        names.iter().for_each(|name| row(&mut page, name, Origin::word));
    }
    page.push_str(ADDED);
    let presence = |origin| if origin == Origin::Absent { "absent" } else { "there" };
    facts.added.iter().for_each(|name| row(&mut page, name, presence));
    let [checked, loom] = &facts.lacking;
    page.push_str("\n## What checked types lack\n\n");
    lacking(&mut page, checked);
    page.push_str("\n## What loom's types lack\n\n");
    lacking(&mut page, loom);
    page.push_str(CLOSING);
    page
}

fn row(page: &mut String, Name { name, origins }: &Name, word: impl Fn(Origin) -> &'static str) {
    let [plain, checked, loom] = origins.map(word);
    let _ = writeln!(page, "| `{name}` | {plain} | {checked} | {loom} |");
}

/// Writes one row for all the types of a module that lack the same.
fn lacking(page: &mut String, found: &[Lacking]) {
    if found.is_empty() {
        page.push_str("Nothing: they have every method and every trait of std's that is looked for.\n");
        return;
    }
    let mut types: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    for Lacking { module, shown, label } in found {
        let key = (module.as_str(), shown.as_str());
        match types.iter_mut().find(|(known, _)| *known == key) {
            Some((_, labels)) => labels.push(label),
            None => types.push((key, vec![label])),
        }
    }
    let mut alike: BTreeMap<(&str, String), (usize, Vec<String>)> = BTreeMap::new();
    for (at, ((module, shown), labels)) in types.into_iter().enumerate() {
        alike.entry((module, labels.join(", "))).or_insert((at, Vec::new())).1.push(format!("`{shown}`"));
    }
    let mut rows: Vec<_> =
        alike.into_iter().map(|((module, labels), (at, types))| (at, module, types, labels)).collect();
    rows.sort_unstable();
    page.push_str("| module | type | absent |\n|---|---|---|\n");
    for (_, module, types, labels) in rows {
        let _ = writeln!(page, "| `{module}` | {} | {labels} |", types.join(", "));
    }
}

const OPENING: &str = "\
# What there is of std

Written by `cargo xtask parity`; do not edit. Each line was asked of the compiler: for each build of gordian, whether
`gordian::sync` and `gordian::thread` have the name, and whose it is.

| column | build |
|---|---|
| plain | without the feature `engine`; with it, a build without `debug_assertions` and without the feature `check` has the same types |
| checked | with `debug_assertions` or the feature `check`; also `gordian::checked` |
| loom | `--cfg loom` with the feature `loom`; see [Model checking with loom](loom.md) |

| word | what it says |
|---|---|
| std's | std's own item, re-exported: what takes one from `std` takes this |
| gordian's | gordian's twin of std's item |
| loom's | loom's own item, re-exported |
| absent | an unresolved name when it is imported, never something that panics when it is called |
";

const ADDED: &str = "
## What gordian adds

Paths are from `gordian`.

| name | plain | checked | loom |
|---|---|---|---|
";

const CLOSING: &str = "
Types that are absent are not listed again. Other words than names stand for what has none: `const` in `new` lets a `static` hold
a value, and unsized data is a `[u8]` behind a lock.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_row_and_types_that_lack_the_same_share_one() {
        let names = vec![Name { name: "Mutex".into(), origins: [Origin::Std, Origin::Gordian, Origin::Loom] }];
        let lacks =
            |shown: &str, label: &str| Lacking { module: "sync".into(), shown: shown.into(), label: label.into() };
        let loom = vec![lacks("A", "`x`"), lacks("A", "`y`"), lacks("B", "`x`"), lacks("C", "`x`"), lacks("C", "`y`")];
        let facts = Facts {
            modules: vec![("sync".into(), names)],
            added: vec![Name { name: "Lint".into(), origins: [Origin::Absent, Origin::Gordian, Origin::Absent] }],
            lacking: [Vec::new(), loom],
        };
        let page = write(&facts);
        for line in [
            "| `Mutex` | std's | gordian's | loom's |",
            "| `Lint` | absent | there | absent |",
            "Nothing: they have every method and every trait of std's that is looked for.",
            "| `sync` | `A`, `C` | `x`, `y` |",
            "| `sync` | `B` | `x` |",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(!write(&Facts::default()).contains("Mutex"), "no facts, no names");
    }
}
