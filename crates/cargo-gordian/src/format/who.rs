//! Turns processes into words: which ones found something, and what to call them.
//!
//! Must not know: formats.

use crate::union::{Found, Union};
use gordian::record::format::Process;

/// Returns what to call a process: its program, with what else tells it from others.
pub(super) fn process(union: &Union, process: &Process) -> String {
    let mut notes = Vec::new();
    let program = program(&process.program);
    notes.extend(
        process.package.as_deref().filter(|package| *package != program).map(|package| format!("package {package}")),
    );
    notes.push(match union.processes.iter().any(|other| other.process.host != process.host) {
        true if process.host.is_empty() => format!("pid {} on an unknown host", process.pid),
        true => format!("pid {} on {}", process.pid, process.host),
        false => format!("pid {}", process.pid),
    });
    let arguments = process.arguments.join(" ");
    if !arguments.is_empty() {
        notes.push(cut(&arguments));
    }
    format!("`{program}` ({})", notes.join(", "))
}

/// Returns who found it, and `None` if no process did alone.
pub(super) fn finders(union: &Union, found: &Found) -> Option<String> {
    let known = found.processes.iter().filter_map(|&index| union.processes.get(index));
    let known: Vec<String> = known.map(|seen| process(union, &seen.process)).collect();
    let names = known.join(", ");
    match found.found_by {
        0 => None,
        1 if !known.is_empty() => Some(format!("found by {names}")),
        count if known.is_empty() => Some(format!("found by {}", self::count(count, "process"))),
        count if (known.len() as u64) < count => Some(format!("found by {count} processes, such as {names}")),
        count => Some(format!("found by {count} processes: {names}")),
    }
}

/// Returns a number with its noun, which takes `es` or `s` if there are more.
pub(super) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

/// Characters of a program's arguments that are shown.
const MOST: usize = 60;

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Returns a program's name: without folders, extension, and the hash that cargo gives a test.
fn program(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let name = file.strip_suffix(".exe").unwrap_or(file);
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_without_its_folder_and_hash() {
        assert_eq!(program("/w/target/debug/deps/transfers-0123456789abcdef"), "transfers");
        assert_eq!(program(r"C:\w\target\transfers-0123456789abcdef.exe"), "transfers");
        assert_eq!(program("/w/two-step"), "two-step");
        assert_eq!(program("x-0123456789abcde"), "x-0123456789abcde");
    }

    #[test]
    fn long_arguments_are_cut() {
        assert_eq!(cut(&"ö".repeat(MOST)), "ö".repeat(MOST));
        assert_eq!(cut(&"ö".repeat(MOST + 1)), "ö".repeat(MOST) + "...");
    }
}
