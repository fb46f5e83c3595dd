//! Turns what each build of gordian has of std into `docs/parity.md`, by asking the compiler.
//!
//! Must not know: how gordian is built inside; it is seen as a user's program sees it.
//! INVARIANT: whatever the page says was asked of the compiler in this run.

mod names;
mod page;
mod probe;

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::root;
use names::{ADDED, MODULES, Member, members};
use page::{Facts, Lacking, Name, Origin};
use probe::{Build, Question, refused};

const PAGE: &str = "docs/parity.md";

/// Writes the page or, if it is only to be checked, holds what is there against what would be written.
pub(crate) fn run(check: bool) -> Result<()> {
    let path = root().join(PAGE);
    let page = page::write(&facts()?);
    if !check {
        fs::write(&path, page).context(PAGE)?;
        println!("{PAGE} is written");
        return Ok(());
    }
    let present = fs::read_to_string(&path).context(PAGE)?;
    let differences = differences(&present, &page);
    if !differences.is_empty() {
        bail!("{PAGE} is not what `cargo xtask parity` writes:\n{}", differences.join("\n"));
    }
    println!("{PAGE} is up to date");
    Ok(())
}

fn facts() -> Result<Facts> {
    let members = members()?;
    let paths: Vec<String> = names().map(|(module, name)| format!("{module}::{name}")).collect();
    std_has_all(&paths, &members)?;
    let builds = [
        Build::check("plain", &["--no-default-features"], &[])?,
        Build::check("checked", &["--features", "check"], &[])?,
        Build::check_under_loom("loom", &["--features", "loom", "--release"], &["loom"])?,
    ];
    let mut facts = Facts::default();
    let mut origins = Vec::new();
    let mut added = Vec::new();
    for build in &builds {
        origins.push(origins_in(build, &paths)?);
        added.push(present(build, "gordian", ADDED.iter().copied())?);
    }
    for &(module, names) in MODULES {
        let of = |name: &&str| {
            let at =
                paths.iter().position(|path| *path == format!("{module}::{name}")).expect("made from the same list");
            Name { name: name.to_string(), origins: [0, 1, 2].map(|build| origins[build][at]) }
        };
        facts.modules.push((module.into(), names.iter().map(of).collect()));
    }
    for (at, name) in ADDED.iter().enumerate() {
        let origin = |build: usize| if added[build][at] { Origin::Gordian } else { Origin::Absent };
        let origins = [0, 1, 2].map(origin);
        ensure!(origins != [Origin::Absent; 3], "no build has gordian::{name}");
        facts.added.push(Name { name: name.to_string(), origins });
    }
    // Whatever is std's own has what std has, and in the plain build all is.
    ensure!(origins[0].iter().all(|&origin| origin == Origin::Std), "in the plain build something is not std's own");
    for (lacking, build) in facts.lacking.iter_mut().zip([1, 2]) {
        let twin = |path: &String| {
            let origin = paths.iter().position(|known| known == path).map(|at| origins[build][at]);
            matches!(origin, Some(Origin::Gordian | Origin::Loom))
        };
        let asked: Vec<&Member> = members.iter().filter(|member| twin(&member.owner)).collect();
        let texts: Vec<String> = asked.iter().map(|member| member.code("gordian")).collect();
        *lacking = refused(&builds[build], Question::Member, &texts)?.into_iter().map(|at| entry(asked[at])).collect();
    }
    Ok(facts)
}

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().flat_map(|&(module, names)| names.iter().map(move |&name| (module, name)))
}

fn entry(member: &Member) -> Lacking {
    let module = member.owner.rsplit_once("::").map_or("", |(module, _)| module);
    Lacking { module: module.into(), shown: member.shown.clone(), label: member.label.clone() }
}

/// An error if the lists hold something that std does not have.
fn std_has_all(paths: &[String], members: &[Member]) -> Result<()> {
    let std = Build::std();
    let present = present(&std, "std", paths.iter().map(String::as_str))?;
    let mut wrong: Vec<String> =
        paths.iter().zip(present).filter(|(_, is)| !is).map(|(path, _)| path.clone()).collect();
    let texts: Vec<String> = members.iter().map(|member| member.code("std")).collect();
    let refused = refused(&std, Question::Member, &texts)?;
    wrong.extend(refused.into_iter().map(|at| format!("{}: {}", members[at].shown, members[at].label)));
    ensure!(wrong.is_empty(), "the lists hold what std does not have:\n{}", wrong.join("\n"));
    Ok(())
}

/// Returns for each path below the crate `root` whether it is there.
fn present<'a>(build: &Build, root: &str, paths: impl Iterator<Item = &'a str>) -> Result<Vec<bool>> {
    let texts: Vec<String> = paths.map(|path| format!("{root}::{path}")).collect();
    let refused = refused(build, Question::Name, &texts)?;
    Ok((0..texts.len()).map(|at| !refused.contains(&at)).collect())
}

/// Returns for each of gordian's `paths` whose item it is.
fn origins_in(build: &Build, paths: &[String]) -> Result<Vec<Origin>> {
    let mut origins = vec![Origin::Absent; paths.len()];
    let here = present(build, "gordian", paths.iter().map(String::as_str))?;
    for (origin, _) in origins.iter_mut().zip(here).filter(|(_, here)| *here) {
        *origin = Origin::Gordian;
    }
    claim(build, paths, &mut origins, "std", Origin::Std)?;
    if build.has("loom") {
        claim(build, paths, &mut origins, "loom", Origin::Loom)?;
    }
    Ok(origins)
}

/// Marks as `origin` those of gordian's names that are the same item as the name in the crate `root`.
fn claim(build: &Build, paths: &[String], origins: &mut [Origin], root: &str, origin: Origin) -> Result<()> {
    let there = present(build, root, paths.iter().map(String::as_str))?;
    let both: Vec<usize> = (0..paths.len()).filter(|&at| origins[at] == Origin::Gordian && there[at]).collect();
    let texts: Vec<String> = both.iter().map(|&at| format!("gordian::{0} {root}::{0}", paths[at])).collect();
    let different = refused(build, Question::Same, &texts)?;
    for (at, &path) in both.iter().enumerate() {
        if !different.contains(&at) {
            origins[path] = origin;
        }
    }
    Ok(())
}

/// Returns the lines that only one of the two texts has, with their numbers, as a diff marks them.
fn differences(present: &str, wanted: &str) -> Vec<String> {
    let only = |one: &str, other: &str, mark: char| {
        let known: Vec<&str> = other.lines().collect();
        let lines = one.lines().enumerate().filter(|(_, line)| !known.contains(line));
        lines.map(|(at, line)| format!("{mark} line {}: {line}", at + 1)).collect::<Vec<_>>()
    };
    let mut found = only(present, wanted, '-');
    found.extend(only(wanted, present, '+'));
    if found.is_empty() && present != wanted {
        let first = present.lines().zip(wanted.lines()).take_while(|(one, other)| one == other).count();
        found.push(format!("from line {} on, the lines are in another order or number", first + 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_differs_is_told_by_its_lines() {
        assert_eq!(differences("a\nb\n", "a\nb\n"), [""; 0]);
        assert_eq!(differences("a\nx\n", "a\nb\nc\n"), ["- line 2: x", "+ line 2: b", "+ line 3: c"]);
        assert_eq!(differences("a\nb\n", "b\na\n"), ["from line 1 on, the lines are in another order or number"]);
        assert_eq!(differences("a\n", "a\na\n"), ["from line 2 on, the lines are in another order or number"]);
    }

    #[test]
    fn a_name_that_std_does_not_have_stops_the_run() {
        let members = members().expect("the rows can be read");
        let paths: Vec<String> = names().map(|(module, name)| format!("{module}::{name}")).collect();
        std_has_all(&paths, &members).expect("std has all of it");
        let wrong = std_has_all(&["sync::Mutexx".into()], &[]).expect_err("std has no such name").to_string();
        assert_eq!(wrong, "the lists hold what std does not have:\nsync::Mutexx");
    }
}
