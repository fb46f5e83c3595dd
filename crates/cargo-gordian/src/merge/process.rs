//! Turns a process into the words that reports and holes call it by.
//!
//! Must not know: records, what processes did.

use gordian::record::format::Process;

/// Returns a process as a sentence names it: `` `bank` (process 12)``.
pub(super) fn said(process: &Process) -> String {
    format!("`{}` (process {})", program(process), process.pid)
}

/// Returns the program's name: without its folder, `.exe`, and the hash that cargo gives to a test's file.
pub(super) fn program(process: &Process) -> &str {
    let file = process.program.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = file.strip_suffix(".exe").unwrap_or(file);
    match name.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => name,
    }
}

/// Returns the test that a process was started for, if it was one test alone: `tests::a --exact`, as nextest does it.
pub(super) fn test(process: &Process) -> Option<&str> {
    let is_exact = process.arguments.iter().any(|argument| argument == "--exact");
    let mut names = process.arguments.iter().filter(|argument| !argument.starts_with('-'));
    match (names.next(), names.next()) {
        (Some(name), None) if is_exact => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(program: &str, arguments: &[&str]) -> Process {
        Process {
            format: (1, 0),
            gordian: "0.1.0".into(),
            host: "north".into(),
            pid: 12,
            started_ms: 1,
            program: program.into(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            package: None,
        }
    }

    #[test]
    fn a_program_loses_its_folder_and_the_hash_that_cargo_gave_it() {
        for (path, name) in [
            ("target/debug/deps/bank-0123456789abcdef", "bank"),
            ("target\\debug\\two-locks.exe", "two-locks"),
            ("bank-0123456789abcdeg", "bank-0123456789abcdeg"),
            ("bank-abcdef", "bank-abcdef"),
            ("", ""),
        ] {
            assert_eq!(program(&process(path, &[])), name);
        }
    }

    #[test]
    fn a_test_is_named_if_it_was_the_only_one() {
        let of = |arguments: &[&str]| test(&process("bank", arguments)).map(str::to_owned);
        assert_eq!(of(&["tests::a", "--exact", "--nocapture"]).as_deref(), Some("tests::a"));
        assert_eq!(of(&["--exact", "tests::a"]).as_deref(), Some("tests::a"));
        for others in [&["tests::a"][..], &["tests::a", "tests::b", "--exact"], &["--exact"], &[]] {
            assert_eq!(of(others), None, "{others:?}");
        }
    }
}
