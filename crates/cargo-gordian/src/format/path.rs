//! Turns a place's path, as the compiler was given it, into one that a tool of CI finds in the checkout.
//!
//! Must not know: formats, whether a file is there.
//! INVARIANT: a path inside of the checkout has no root, no `..` and only forward slashes.

use super::Shown;
use gordian::{Place, Report, Side};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Where a file lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Whereabouts {
    /// In the checkout, from whose root the path goes.
    Inside(String),
    /// Elsewhere: such as the standard library, or a dependency.
    Outside(String),
}

impl Whereabouts {
    /// Returns where a file lies that the workspace's compiler was given.
    pub(super) fn of(shown: &Shown, file: &str) -> Self {
        let (root, checkout) = (shown.root.to_string_lossy(), shown.checkout.to_string_lossy());
        let path = match file.replace('\\', "/") {
            file if is_absolute(&file) => normal(&file),
            file => normal(&format!("{}/{file}", root.replace('\\', "/"))),
        };
        let checkout = normal(&checkout.replace('\\', "/"));
        match path.strip_prefix(checkout.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => Self::Inside(rest.to_owned()),
            None => Self::Outside(path),
        }
    }

    /// Returns the path as a URI: relative to the checkout, or else absolute.
    pub(super) fn uri(&self) -> String {
        match self {
            Self::Inside(path) => encoded(path),
            // A drive's letter is a part of the path; a share's host is none.
            Self::Outside(path) if path.starts_with("//") => format!("file:{}", encoded(path)),
            Self::Outside(path) if path.starts_with('/') => format!("file://{}", encoded(path)),
            Self::Outside(path) => format!("file:///{}", encoded(path)),
        }
    }
}

/// Returns the first side whose site lies in the checkout, with that site and its path from there.
pub(super) fn first_inside<'a>(shown: &Shown, report: &'a Report) -> Option<(usize, &'a Place, String)> {
    report.sides.iter().enumerate().find_map(|(index, side)| {
        let place = site(side)?;
        match Whereabouts::of(shown, &place.file) {
            Whereabouts::Inside(path) => Some((index, place, path)),
            Whereabouts::Outside(_) => None,
        }
    })
}

/// Returns where a side is stuck, or did what the finding is about: what it wants, or else what it holds.
pub(super) fn site(side: &Side) -> Option<&Place> {
    let held = || side.held.get(side.holds.unwrap_or(0)).map(|held| &held.site);
    side.wants.as_ref().map(|want| &want.site).or_else(held)
}

/// What RFC 3986 lets stand in a path as it is, without the colon, which would make a scheme of a first folder.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, KEPT).to_string()
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || matches!(path.as_bytes(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// Returns a path without `.`, `..`, empty folders and Windows's verbatim prefix.
fn normal(path: &str) -> String {
    let path = path.strip_prefix("//?/").unwrap_or(path);
    let lead = ["//", "/"].into_iter().find(|lead| path.starts_with(lead)).unwrap_or("");
    let mut folders: Vec<&str> = Vec::new();
    for folder in path.split('/') {
        match folder {
            "" | "." => {}
            ".." => drop(folders.pop()),
            folder => folders.push(folder),
        }
    }
    format!("{lead}{}", folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(root: &str, checkout: &str) -> Shown {
        Shown { root: root.into(), checkout: checkout.into(), color: false }
    }

    fn uri(root: &str, checkout: &str, file: &str) -> String {
        Whereabouts::of(&shown(root, checkout), file).uri()
    }

    #[test]
    fn a_file_of_the_workspace_is_named_from_the_checkout() {
        assert_eq!(uri("/w/rust", "/w", "src/lib.rs"), "rust/src/lib.rs");
        assert_eq!(uri("/w", "/w", "./a/../src//lib.rs"), "src/lib.rs");
        assert_eq!(uri("/w", "/w", "/w/src/lib.rs"), "src/lib.rs");
        assert_eq!(uri("/", "/", "/src/lib.rs"), "src/lib.rs");
        assert_eq!(uri(r"C:\w", r"C:\w", r"src\bank\lib.rs"), "src/bank/lib.rs");
        assert_eq!(uri(r"C:\w", r"\\?\C:\w", r"C:\w\src\lib.rs"), "src/lib.rs");
    }

    #[test]
    fn a_file_elsewhere_keeps_its_whole_path() {
        assert_eq!(uri("/w", "/w", "/rustc/1f/library/std/x.rs"), "file:///rustc/1f/library/std/x.rs");
        assert_eq!(uri("/w", "/w", "/w2/src/lib.rs"), "file:///w2/src/lib.rs");
        assert_eq!(uri("/w/rust", "/w/rust", "../other/lib.rs"), "file:///w/other/lib.rs");
        assert_eq!(uri("/w", "/w", r"D:\x y\lib.rs"), "file:///D%3A/x%20y/lib.rs");
        assert_eq!(uri("/w", "/w", r"\\host\share\lib.rs"), "file://host/share/lib.rs");
    }

    #[test]
    fn what_a_uri_would_read_otherwise_is_encoded() {
        assert_eq!(uri("/w", "/w", "a:b/ö #?%\".rs"), "a%3Ab/%C3%B6%20%23%3F%25%22.rs");
    }
}
