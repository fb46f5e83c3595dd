//! Runs the examples, and holds what one prints against what the README shows of it.
//!
//! Must not know: what an example is about.
//! INVARIANT: a README that shows nothing of an example it names is an error, not a match.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::cargo::{cargo, root, show};

/// Runs an example, which must exit with 0, and returns what it printed.
pub(crate) fn run(name: &str) -> Result<String> {
    show(&cargo(["run", "--package", "gordian", "--example", name]).env("GORDIAN_COLOR", "never"))
}

/// Runs an example whose output the README shows.
pub(crate) fn run_as_shown(name: &str) -> Result<()> {
    let readme = fs::read_to_string(root().join("README.md")).context("README.md")?;
    let shown = shown(&readme, &format!("cargo run --example {name}"))?;
    compare(&shown, &run(name)?)
}

/// Returns the lines below `command` in its code block or, if there are none, the code block after it.
fn shown<'a>(readme: &'a str, command: &str) -> Result<Vec<&'a str>> {
    let mut blocks = code_blocks(readme).into_iter();
    let calls = |block: &Vec<&str>| block.iter().position(|line| line.contains(command));
    let same = blocks.by_ref().find_map(|block| calls(&block).map(|at| block[at + 1..].to_vec())).unwrap_or_default();
    let mut lines = if same.is_empty() { blocks.next().unwrap_or_default() } else { same };
    // A README leaves lines out with `...`, and a blank line says nothing.
    lines.retain(|line| !matches!(line.trim(), "" | "..." | "…"));
    if lines.is_empty() {
        bail!("README.md shows no output of `{command}`");
    }
    Ok(lines)
}

fn code_blocks(markdown: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = markdown.lines().collect();
    let stretches = lines.split(|line| line.trim_start().starts_with("```"));
    // Text and code alternate, and a page begins with text, be it none.
    stretches.skip(1).step_by(2).map(<[_]>::to_vec).collect()
}

/// Every line that is shown was printed, in this order; spaces and what follows a `...` within a line do not matter.
fn compare(shown: &[&str], printed: &str) -> Result<()> {
    let mut rest = printed.lines().map(words);
    for line in shown {
        let wanted = words(line);
        let wanted = wanted.split("...").next().unwrap_or_default().split('…').next().unwrap_or_default();
        if !rest.any(|line| line.starts_with(wanted.trim_end())) {
            bail!("README.md shows a line that was not printed, or not after the one before it: {line:?}");
        }
    }
    Ok(())
}

fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "Try it:\n```sh\ncargo run --example two_locks\n```\nIt prints\n```text\nerror[G010]:  a\n   ...\n  done\n```\nthe end\n";
    const SHOWN: [&str; 2] = ["error[G010]:  a", "  done"];

    #[test]
    fn the_block_after_the_command_is_what_the_readme_shows() -> Result<()> {
        assert_eq!(shown(README, "cargo run --example two_locks")?, SHOWN);
        for between in ["```\n```text\n", ""] {
            let readme = README.replace("```\nIt prints\n```text\n", between);
            assert_eq!(shown(&readme, "cargo run --example two_locks")?, SHOWN);
        }
        Ok(())
    }

    #[test]
    fn a_readme_that_shows_nothing_is_an_error() {
        assert!(shown(README, "cargo run --example counter").is_err());
        assert!(shown("```sh\ncargo run --example counter\n```\n", "cargo run --example counter").is_err());
    }

    #[test]
    fn lines_left_out_and_spaces_do_not_matter() -> Result<()> {
        compare(&SHOWN, "first\nerror[G010]: a\nmore\ndone\n")?;
        compare(&["thread 'main' at ..."], "thread 'main' at src/x.rs:1:1\n")
    }

    #[test]
    fn a_missing_line_or_another_order_is_an_error() {
        assert!(compare(&SHOWN, "error[G010]: a\n").is_err());
        assert!(compare(&SHOWN, "done\nerror[G010]: a\n").is_err());
    }
}
