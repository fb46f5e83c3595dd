//! Turns the path of a source file into the crate it is of, and into what to call it.
//!
//! Must not know: files; it reads only the path.
//! INVARIANT: what it calls a file names no folder of the machine it was built on, if it is a dependency's or std's.

/// Folders that cargo looks for sources in, below the folder of a package.
const TARGETS: [&str; 3] = ["tests", "examples", "benches"];

/// Where a file comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Origin {
    /// Its crate: a name, with a version if the crate is a dependency; empty for the package at the workspace's root.
    pub(super) krate: String,
    /// Its path within the crate.
    pub(super) file: String,
    /// Its path, as short as it can be told from others.
    pub(super) path: String,
}

impl Origin {
    /// Returns where the file at `path`, as the compiler was given it, comes from.
    pub(super) fn of(path: &str) -> Self {
        let path = path.replace('\\', "/");
        if let Some((_, below)) = path.split_once("/registry/src/")
            && let Some((package, file)) = below.split_once('/').and_then(|(_host, rest)| rest.split_once('/'))
        {
            let krate = match version(package) {
                Some(at) => format!("{} {}", &package[..at], &package[at + 1..]),
                None => package.to_owned(),
            };
            return Self { krate, file: file.to_owned(), path: format!("{package}/{file}") };
        }
        if let Some((_, below)) = path.split_once("/git/checkouts/")
            && let [repository, _revision, file] = below.splitn(3, '/').collect::<Vec<_>>()[..]
        {
            let krate = repository.rsplit_once('-').map_or(repository, |(name, _hash)| name);
            return Self { krate: krate.to_owned(), file: file.to_owned(), path: format!("{krate}/{file}") };
        }
        if let Some((_, below)) = path.split_once("/library/")
            && (path.starts_with("/rustc/") || path.contains("/rustlib/src/"))
            && let Some((krate, file)) = below.split_once('/')
        {
            return Self { krate: krate.to_owned(), file: file.to_owned(), path: below.to_owned() };
        }
        let parts: Vec<&str> = path.split('/').collect();
        let folders = &parts[..parts.len() - 1];
        let target = folders.iter().rposition(|&part| part == "src");
        let target = target.or_else(|| folders.iter().rposition(|part| TARGETS.contains(part)));
        let (krate, file) = match target {
            Some(at) if at > 0 => (parts[at - 1].to_owned(), parts[at..].join("/")),
            _ => (String::new(), path.clone()),
        };
        Self { krate, file, path }
    }
}

/// Returns `text` without the folders before a dependency's own, wherever it names a file of one.
pub(super) fn shorten(text: &str) -> String {
    const MARK: &str = "/registry/src/";
    let (mut short, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(MARK) {
        let is_edge = |letter: char| letter.is_whitespace() || "\"'`(<[".contains(letter);
        let start = rest[..at].char_indices().rev().find(|&(_, letter)| is_edge(letter));
        short.push_str(&rest[..start.map_or(0, |(before, letter)| before + letter.len_utf8())]);
        let below = &rest[at + MARK.len()..];
        rest = below.split_once('/').map_or(below, |(_host, below)| below);
    }
    short + rest
}

/// Returns where the `-` before the version stands in `tokio-1.2.3`.
fn version(package: &str) -> Option<usize> {
    let starts = package.match_indices('-').map(|(at, _)| at);
    starts.into_iter().find(|&at| {
        let rest = &package[at + 1..];
        rest.starts_with(|first: char| first.is_ascii_digit()) && rest.contains('.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> (String, String, String) {
        let Origin { krate, file, path } = Origin::of(path);
        (krate, file, path)
    }

    fn words(krate: &str, file: &str, path: &str) -> (String, String, String) {
        (krate.into(), file.into(), path.into())
    }

    #[test]
    fn a_member_s_file_is_of_the_folder_above_its_sources() {
        let bank = "crates/bank/src/lib.rs";
        assert_eq!(told(bank), words("bank", "src/lib.rs", bank));
        let test = "crates/bank/tests/it/main.rs";
        assert_eq!(told(test), words("bank", "tests/it/main.rs", test));
        assert_eq!(told("crates\\bank\\src\\lib.rs"), words("bank", "src/lib.rs", bank));
    }

    #[test]
    fn the_root_package_has_no_folder_to_be_named_by() {
        assert_eq!(told("src/lib.rs"), words("", "src/lib.rs", "src/lib.rs"));
        assert_eq!(told("build.rs"), words("", "build.rs", "build.rs"));
        assert_eq!(told(""), words("", "", ""));
    }

    #[test]
    fn a_dependency_has_a_version_and_no_machine() {
        let path = "/opt/cargo/registry/src/example.org-1949cf8c6b5b557f/tokio-1.2.3/src/sync/mutex.rs";
        assert_eq!(told(path), words("tokio 1.2.3", "src/sync/mutex.rs", "tokio-1.2.3/src/sync/mutex.rs"));
        let early = "/opt/cargo/registry/src/example.org-1/rand-core-0.10.0-rc.1/src/lib.rs";
        assert_eq!(told(early).0, "rand-core 0.10.0-rc.1");
        let checkout = "/opt/cargo/git/checkouts/dash-map-09ab/77fe/src/lib.rs";
        assert_eq!(told(checkout), words("dash-map", "src/lib.rs", "dash-map/src/lib.rs"));
    }

    #[test]
    fn std_is_named_without_the_compiler_s_folder() {
        let path = "/rustc/0123abcd/library/std/src/thread/mod.rs";
        assert_eq!(told(path), words("std", "src/thread/mod.rs", "std/src/thread/mod.rs"));
    }

    #[test]
    fn a_sentence_names_no_registry_s_host() {
        let host = "/opt/cargo/registry/src/example.org-19";
        let text = format!("`Mutex ({host}/a-1.0.0/src/a.rs:3)` before {host}/b-2.0.0/src/b.rs:4");
        assert_eq!(shorten(&text), "`Mutex (a-1.0.0/src/a.rs:3)` before b-2.0.0/src/b.rs:4");
        assert_eq!(shorten("src/lib.rs:3 is unchanged"), "src/lib.rs:3 is unchanged");
    }
}
