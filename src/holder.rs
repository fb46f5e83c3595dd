//! Turns the holder of a lock between processes into a note beside its file, and the note back into the holder.
//!
//! Must not know: how the lock is taken, who asks.
//! Source: the pid files of daemons. We differ: the note only explains; what is locked is the system's own lock.
//! INVARIANT: only the holder of the lock writes or removes its note, and a reader sees a whole note or none.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Who holds a lock between processes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The program's path; empty if the system does not tell.
    pub program: String,
    /// The thread's name, if it has one.
    pub thread: Option<String>,
    /// Where it took the lock, as `file:line:column`.
    pub site: String,
    /// When it took it.
    ///
    /// # Units
    /// Milliseconds, by the clock of its machine.
    pub since: SystemTime,
}

impl Holder {
    /// Returns the running thread as one that takes a lock at this place.
    pub(crate) fn here(at: &Location<'_>) -> Self {
        Self {
            pid: std::process::id(),
            program: std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default(),
            thread: std::thread::current().name().map(str::to_owned),
            site: at.to_string(),
            since: SystemTime::now(),
        }
    }

    /// Reads the note of the lock on `path`. `None` if there is none, or if its process is gone.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let holder = Self::parse(&fs::read_to_string(beside(path)).ok()?)?;
        (!is_gone(holder.pid)).then_some(holder)
    }

    /// Leaves a note beside the lock on `path`.
    ///
    /// # Errors
    /// If the folder cannot be written. There may be an earlier note then, of a process that could.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut new = beside(path).into_os_string();
        new.push(".new");
        // A process that died while it wrote leaves one. A new file follows no link that somebody has put there.
        let _ = fs::remove_file(&new);
        File::create_new(&new)?.write_all(self.text().as_bytes())?;
        fs::rename(&new, beside(path))
    }

    /// Removes the note of the lock on `path`.
    pub(crate) fn remove(path: &Path) {
        // What cannot be removed is not believed once nobody holds the lock.
        let _ = fs::remove_file(beside(path));
    }

    fn text(&self) -> String {
        let Self { pid, program, thread, site, since } = self;
        let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let thread = thread.as_deref().map_or("null".to_owned(), quoted);
        let (program, site) = (quoted(program), quoted(site));
        format!("{{\"pid\":{pid},\"program\":{program},\"thread\":{thread},\"site\":{site},\"since_ms\":{since}}}\n")
    }

    /// Reads what `text` writes. Programs have no JSON here: plain mode has no dependencies.
    fn parse(text: &str) -> Option<Self> {
        let (pid, rest) = text.strip_prefix("{\"pid\":")?.split_once(",\"program\":")?;
        let (program, rest) = unquoted(rest)?;
        let rest = rest.strip_prefix(",\"thread\":")?;
        let (thread, rest) = match rest.strip_prefix("null") {
            Some(rest) => (None, rest),
            None => unquoted(rest).map(|(name, rest)| (Some(name), rest))?,
        };
        let (site, rest) = unquoted(rest.strip_prefix(",\"site\":")?)?;
        let since = rest.strip_prefix(",\"since_ms\":")?.strip_suffix("}\n")?;
        let since = UNIX_EPOCH.checked_add(Duration::from_millis(since.parse().ok()?))?;
        Some(Self { pid: pid.parse().ok()?, program, thread, site, since })
    }
}

/// Says it as the end of a sentence: `process 4711 (/usr/bin/bank), thread 'main', at src/main.rs:12:5, for 3.2 s`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, program, thread, site, since } = self;
        write!(f, "process {pid}")?;
        if !program.is_empty() {
            write!(f, " ({})", program.escape_debug())?;
        }
        if let Some(thread) = thread {
            write!(f, ", thread '{}'", thread.escape_debug())?;
        }
        write!(f, ", at {}", site.escape_debug())?;
        match since.elapsed() {
            Ok(held) => write!(f, ", for {:.1} s", held.as_secs_f32()),
            Err(_) => Ok(()),
        }
    }
}

/// Returns where the note of a lock is.
fn beside(path: &Path) -> PathBuf {
    let mut note = OsString::from(path);
    note.push(".holder");
    note.into()
}

/// True if there is no such process. Where the system does not list them, nobody is known to be gone.
fn is_gone(pid: u32) -> bool {
    let all = Path::new("/proc");
    all.join("self").exists() && !all.join(pid.to_string()).exists()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_ascii_control() => quoted += &format!("\\u{:04x}", u32::from(char)),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

/// Returns the text that stands quoted at the beginning, and what comes after it.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = quoted.strip_prefix('"')?.chars();
    loop {
        match chars.next()? {
            '"' => return Some((text, chars.as_str())),
            '\\' => match chars.next()? {
                'u' => {
                    let digits = chars.as_str().get(..4)?;
                    text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                    chars = chars.as_str()[4..].chars();
                }
                char => text.push(char),
            },
            char => text.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(program: &str, thread: Option<&str>) -> Holder {
        let since = UNIX_EPOCH + Duration::from_millis(1_795_280_744_488);
        let thread = thread.map(str::to_owned);
        Holder { pid: 4711, program: program.to_owned(), thread, site: "src/main.rs:12:5".to_owned(), since }
    }

    #[test]
    fn a_note_is_json_and_is_read_as_it_was_written() {
        for holder in
            [holder("/usr/bin/bank", Some("main")), holder("a \"b\" \\ \n\u{1b} ä", None), holder("", Some(""))]
        {
            let text = holder.text();
            assert_eq!(Holder::parse(&text).as_ref(), Some(&holder), "{text}");
        }
        assert_eq!(
            holder("/usr/bin/bank", Some("main")).text(),
            "{\"pid\":4711,\"program\":\"/usr/bin/bank\",\"thread\":\"main\",\"site\":\"src/main.rs:12:5\",\
             \"since_ms\":1795280744488}\n"
        );
    }

    #[test]
    fn half_a_note_is_none() {
        let text = holder("/usr/bin/bank", Some("main")).text();
        for end in 0..text.len() {
            assert_eq!(Holder::parse(&text[..end]), None, "{}", &text[..end]);
        }
    }

    #[test]
    fn a_holder_cannot_move_the_cursor_of_its_reader() {
        let text = holder("a\u{1b}[31mb", Some("\n")).to_string();
        assert!(text.starts_with("process 4711 (a\\u{1b}[31mb), thread '\\n', at src/main.rs:12:5, for "), "{text}");
    }
}
