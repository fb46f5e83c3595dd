//! Notes of crates that could not be built with checked locks: a file each, kept as long as the build that it is about,
//! since cargo does not ask again for what it has built.
//!
//! Must not know: how crates are built.

use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use gordian::record::format::Unwatched;
use serde::{Deserialize, Serialize};

use super::call::Call;

/// A note, as it is kept.
#[derive(Serialize, Deserialize)]
struct Note {
    /// The package's folder: workspaces that are built in one place read their own notes only.
    folder: PathBuf,
    unwatched: Unwatched,
}

/// Where something is noted of one crate.
pub(super) struct Notes<'a> {
    path: PathBuf,
    call: &'a Call,
}

impl<'a> Notes<'a> {
    /// Returns the place for what is noted of the crate that a call builds.
    pub(super) fn new(folder: &Path, call: &'a Call) -> Self {
        let kind = if call.is_library { "lib" } else { &call.metadata };
        Self::at(folder, call, kind)
    }

    /// Returns the place for what is noted of the library whose examples a call builds.
    pub(super) fn of_library(folder: &Path, call: &'a Call) -> Self {
        Self::at(folder, call, "lib")
    }

    fn at(folder: &Path, call: &'a Call, kind: &str) -> Self {
        let Call { package, krate, .. } = call;
        // Packages of one name may be built in one place, from two workspaces.
        let hash = rustc_hash::FxBuildHasher.hash_one(&call.folder) & 0xffff_ffff_ffff;
        Self { path: folder.join(format!("{package}-{krate}-{hash:012x}-{kind}.json")), call }
    }

    /// True if it was built without checked locks.
    pub(super) fn exist(&self) -> bool {
        self.path.exists()
    }

    /// Notes why it was.
    pub(super) fn take(&self, messages: &[u8]) -> Result<()> {
        let unwatched = Unwatched {
            package: self.call.package.clone(),
            krate: self.call.krate.clone(),
            reason: reason(messages),
            details: rendered(messages),
        };
        let note = Note { folder: self.call.folder.clone(), unwatched };
        let text = serde_json::to_vec(&note).context("a note is told as JSON")?;
        let written =
            fs::create_dir_all(self.path.parent().unwrap_or(&self.path)).and_then(|()| fs::write(&self.path, text));
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// It is built with checked locks now.
    pub(super) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the notes of a folder about the crates that a build has, each crate once: `has` is asked for the folder of a
/// package, and the name of a crate in it. A folder that is not there has no notes.
///
/// # Errors
/// If one cannot be read.
pub fn read_all(folder: &Path, has: impl Fn(&Path, &str) -> bool) -> Result<Vec<Unwatched>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    let mut notes = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let note: Note =
            serde_json::from_slice(&text).with_context(|| format!("{} is not understood", path.display()))?;
        notes.extend(has(&note.folder, &note.unwatched.krate).then_some(note.unwatched));
    }
    notes.sort();
    notes.dedup_by(|one, other| (&one.package, &one.krate) == (&other.package, &other.krate));
    Ok(notes)
}

/// What is kept of the compiler's messages.
const MOST_DETAILS: usize = 4_000;

/// Returns the first error as the compiler tells it, with its place, and what it most often means.
fn reason(messages: &[u8]) -> String {
    let first = diagnostics(messages).find(|message| message["level"] == "error");
    let Some(error) = first else { return "the compiler did not say why".to_owned() };
    let mut reason = error["message"].as_str().unwrap_or_default().to_owned();
    let span = error["spans"].as_array().into_iter().flatten().find(|span| span["is_primary"] == true);
    if let Some(span) = span {
        let file = span["file_name"].as_str().unwrap_or_default();
        reason += &format!(" ({file}:{}:{})", span["line_start"], span["column_start"]);
    }
    if error["code"]["code"].as_str().is_some_and(|code| OF_TYPES.contains(&code)) {
        reason +=
            "; most often a dependency's signature names a lock of std's, and with `--all-crates` both are watched";
    }
    reason
}

/// What the compiler calls types that do not agree: mismatched, without a trait, without a method.
const OF_TYPES: [&str; 3] = ["E0277", "E0308", "E0599"];

/// Returns the errors in full.
fn rendered(messages: &[u8]) -> String {
    let errors = diagnostics(messages).filter(|message| message["level"] == "error");
    let rendered =
        errors.filter_map(|error| Some(anstream::adapter::strip_str(error["rendered"].as_str()?).to_string()));
    let mut details: String = rendered.collect();
    if let Some((end, _)) = details.char_indices().nth(MOST_DETAILS) {
        details.truncate(end);
    }
    details
}

fn diagnostics(messages: &[u8]) -> impl Iterator<Item = serde_json::Value> {
    messages.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"$message_type":"diagnostic","message":"unused","level":"warning","spans":[],"rendered":"warning: unused\n"}
{"$message_type":"diagnostic","message":"mismatched types","level":"error","code":{"code":"E0308"},"spans":[{"file_name":"src/lib.rs","line_start":7,"column_start":9,"is_primary":true}],"rendered":"error[E0308]: mismatched types\n"}
not JSON
{"$message_type":"diagnostic","message":"aborting","level":"error","spans":[],"rendered":"error: aborting\n"}
"#;

    #[test]
    fn the_reason_is_the_first_error_with_its_place() {
        let reason = reason(MESSAGES.as_bytes());
        assert!(reason.starts_with("mismatched types (src/lib.rs:7:9); most often"), "{reason}");
        assert_eq!(rendered(MESSAGES.as_bytes()), "error[E0308]: mismatched types\nerror: aborting\n");
    }

    #[test]
    fn messages_without_an_error_give_no_reason_and_no_details() {
        assert_eq!(reason(b"killed\n"), "the compiler did not say why");
        assert_eq!(rendered(b"killed\n"), "");
    }

    /// Notes, of packages `a` and `b` of one name in one folder, that a crate was built without checked locks.
    fn noted(folders: &[&str]) -> (tempfile::TempDir, Vec<Call>) {
        let place = tempfile::TempDir::new().unwrap();
        let call = |folder: &&str| {
            let mut call = Call::default();
            (call.package, call.folder) = ("bank".to_owned(), folder.into());
            call
        };
        let calls: Vec<Call> = folders.iter().map(call).collect();
        calls.iter().for_each(|call| Notes::new(place.path(), call).take(MESSAGES.as_bytes()).unwrap());
        (place, calls)
    }

    #[test]
    fn a_build_reads_the_notes_of_its_own_crates_only() {
        let (place, _) = noted(&["/a", "/b"]);
        let number_of = |has: &dyn Fn(&Path, &str) -> bool| read_all(place.path(), has).unwrap().len();
        assert_eq!(number_of(&|folder, _| folder == Path::new("/a")), 1);
        assert_eq!(number_of(&|_, krate| krate == "other"), 0);
        assert_eq!(number_of(&|_, _| true), 1, "crates of one name are told once");
    }

    #[test]
    fn a_crate_that_is_watched_now_takes_no_note_from_another_one_of_its_name() {
        let (place, calls) = noted(&["/a", "/b"]);
        Notes::new(place.path(), &calls[0]).clear().unwrap();
        assert!(!Notes::new(place.path(), &calls[0]).exist());
        assert!(Notes::new(place.path(), &calls[1]).exist());
    }

    #[test]
    fn details_have_no_colours() {
        let message = r#"{"message":"no","level":"error","spans":[],"rendered":"\u001b[1merror\u001b[0m: no\n"}"#;
        assert_eq!(rendered(message.as_bytes()), "error: no\n");
    }
}
