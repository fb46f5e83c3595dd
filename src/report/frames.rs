//! Turns a caught stack into the calls of the user's own code.
//!
//! Must not know: findings.
//! INVARIANT: a stack that has names gives at least one frame.

use super::{Frame, Place};
use crate::config;
use crate::rt::Backtrace;
use std::path::Path;

/// Returns the named frames of a stack, innermost first, trimmed to the user's.
///
/// # Cost
/// Reads debug information: up to a second for the first call in a large program.
pub(super) fn resolve(stack: &Backtrace) -> Vec<Frame> {
    let workspace = config::settings().ok().and_then(|settings| settings.workspace.clone());
    let here = workspace.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let mut frames = Vec::new();
    stack.resolve(|symbol| {
        let Some(name) = symbol.name() else { return };
        let place = symbol.filename().zip(symbol.lineno()).map(|(file, line)| (file, line, symbol.colno()));
        frames.push(frame(&format!("{name:#}"), place, &here));
    });
    users(&frames).into_iter().cloned().collect()
}

/// Returns a call of a function, named without its mangling, with its place: a file as seen from `here` if it is in
/// there, a line, and a column.
pub fn frame(function: &str, place: Option<(&Path, u32, Option<u32>)>, here: &Path) -> Frame {
    let place =
        place.map(|(file, line, column)| Place { file: within(here, file), line, column: column.unwrap_or(1).max(1) });
    Frame { function: readable(function), place }
}

/// Returns those frames of a stack that are the user's; all of them if none is. Innermost first.
pub fn users<'a>(frames: impl IntoIterator<Item = &'a Frame> + Clone) -> Vec<&'a Frame> {
    let inside = frames.clone().into_iter().take_while(|frame| !frame.function.contains(FIRST_CALL));
    let mut trimmed: Vec<&Frame> = inside.filter(|frame| is_users(&frame.function)).collect();
    // A function without a path is the user's C code if Rust called it, and else what started the thread.
    while trimmed.pop_if(|last| !last.function.contains("::")).is_some() {}
    if trimmed.is_empty() { frames.into_iter().collect() } else { trimmed }
}

/// Crates whose functions are not the user's.
const FOREIGN: [&str; 6] = ["gordian", "std", "core", "alloc", "backtrace", "tokio"];

/// What calls `main`, a thread's body or a test; whatever is outside of it is the runtime.
const FIRST_CALL: &str = "__rust_begin_short_backtrace";

/// True if the function, its type or its trait belongs to a crate of the user's.
fn is_users(function: &str) -> bool {
    if function.starts_with("__rust") || function.starts_with("rust_") {
        return false;
    }
    let (of, by) = match function.strip_prefix('<') {
        Some(qualified) => of_type(qualified),
        None => (function, None),
    };
    let mut roots = [Some(of), by].into_iter().flatten().filter_map(root).peekable();
    match roots.peek() {
        Some(_) => roots.any(|root| !FOREIGN.contains(&root)),
        None => !function.starts_with('<'),
    }
}

/// Splits `Type as Trait>::function` into its type and its trait.
fn of_type(qualified: &str) -> (&str, Option<&str>) {
    let mut depth = 1;
    let mut split = None;
    for (index, char) in qualified.char_indices() {
        match char {
            '<' => depth += 1,
            '>' if !qualified[..index].ends_with('-') => depth -= 1,
            ' ' if depth == 1 && qualified[index..].starts_with(" as ") => split = Some(index),
            _ => {}
        }
        if depth == 0 {
            return match split {
                Some(at) => (&qualified[..at], Some(&qualified[at + 4..index])),
                None => (&qualified[..index], None),
            };
        }
    }
    (qualified, None)
}

/// Returns the crate that a path begins with. `None` for a primitive type or a type parameter.
fn root(path: &str) -> Option<&str> {
    let mut path = path;
    while let Some(rest) =
        ["&", "*const ", "*mut ", "mut ", "dyn ", "(", "[", "<"].iter().find_map(|sign| path.strip_prefix(sign))
    {
        path = rest;
    }
    let end = path.find(|char: char| !char.is_alphanumeric() && char != '_')?;
    path[end..].starts_with("::").then_some(&path[..end])
}

/// Returns a function's path without what the compiler added.
fn readable(function: &str) -> String {
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = match function.rsplit_once("::h") {
        Some((path, hash)) if is_hash(hash) => path,
        _ => function,
    };
    path.replace("{{closure}}", "{closure}")
}

/// Returns a path as seen from a folder, if it is in there.
fn within(here: &Path, file: &Path) -> String {
    let shown = if here.as_os_str().is_empty() { file } else { file.strip_prefix(here).unwrap_or(file) };
    let shown = shown.strip_prefix(".").unwrap_or(shown);
    shown.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(functions: &[&str]) -> Vec<String> {
        let frames: Vec<Frame> = functions.iter().map(|function| frame(function, None, Path::new(""))).collect();
        users(&frames).into_iter().map(|frame| frame.function.clone()).collect()
    }

    #[test]
    fn the_users_frames_stay_and_all_others_go() {
        let stack = [
            "backtrace::backtrace::trace::h0123456789abcdef",
            "gordian::rt::backtrace::Backtrace::capture::h0123456789abcdef",
            "gordian::backend::checked::mutex::Mutex<T>::lock",
            "<gordian::backend::checked::mutex::Mutex<T>>::lock",
            "<gordian::backend::checked::mutex::Mutex<bank::Vault>>::lock",
            "bank::Vault::open::h0123456789abcdef",
            "<bank::Vault as core::ops::drop::Drop>::drop",
            "core::ptr::drop_in_place::<bank::Vault>",
            "<alloc::vec::Vec<u8> as bank::Locked>::take",
            "<alloc::boxed::Box<dyn bank::Job> as core::ops::function::FnOnce<()>>::call_once",
            "<F as core::ops::function::FnOnce<()>>::call_once",
            "<&mut F as core::ops::function::FnMut<(u8,)>>::call_mut",
            "<bank::main::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
            "on_message",
            "bank::main::{{closure}}",
            "gordian::thread::spawn::<bank::main::{closure#0}, ()>::{closure#0}",
            "__rust_try",
            "std::sys::backtrace::__rust_begin_short_backtrace",
            "bank::never::shown",
            "start_thread",
        ];
        assert_eq!(
            kept(&stack),
            [
                "bank::Vault::open",
                "<bank::Vault as core::ops::drop::Drop>::drop",
                "<alloc::vec::Vec<u8> as bank::Locked>::take",
                "<bank::main::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
                "on_message",
                "bank::main::{closure}",
            ]
        );
    }

    #[test]
    fn crates_whose_names_only_begin_alike_are_the_users() {
        let stack =
            ["gordian_demo::main", "stdx::lock", "two_locks::main", "it::parity::mutex::lock", "core_bank::run"];
        assert_eq!(kept(&stack), stack);
    }

    #[test]
    fn what_starts_a_foreign_thread_is_cut_off() {
        assert_eq!(kept(&["std::sync::Mutex<T>::lock", "bank::on_event", "run_loop", "clone3"]), ["bank::on_event"]);
    }

    #[test]
    fn a_stack_of_foreign_frames_only_stays_whole() {
        let stack = ["gordian::report::tests::make", "std::rt::lang_start", "main"];
        assert_eq!(kept(&stack), stack);
    }

    #[test]
    fn only_a_hash_is_taken_for_one() {
        assert_eq!(readable("bank::hash::hfeedbeef"), "bank::hash::hfeedbeef");
        assert_eq!(readable("bank::pay::hfeedbeef01234567"), "bank::pay");
    }

    #[test]
    fn paths_are_shown_from_the_current_directory_if_they_are_in_it() {
        let here = Path::new("bank");
        assert_eq!(within(here, Path::new("bank/src/lib.rs")), "src/lib.rs");
        assert_eq!(within(here, Path::new("banknote/src/lib.rs")), "banknote/src/lib.rs");
        assert_eq!(within(Path::new(""), Path::new("./src/lib.rs")), "src/lib.rs");
    }

    #[test]
    fn a_real_stack_has_names_and_places() {
        let frames = resolve(&Backtrace::capture());
        let this = frames.iter().find(|frame| frame.function.contains("a_real_stack_has_names_and_places"));
        let place = this.map(|frame| frame.place.as_ref().is_some_and(|place| place.file.ends_with("frames.rs")));
        // Without debug information, as in an ordinary release build, there are names only.
        assert_eq!(place, Some(cfg!(debug_assertions)));
    }
}
