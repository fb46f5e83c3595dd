//! Turns addresses of one program into frames, by its debug information or, without any, its symbol table.
//!
//! Must not know: records.
//! Source: the `addr2line` crate; split debug information is found as debuggers find it.
//! INVARIANT: each address is looked up once.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::UNIX_EPOCH;

use addr2line::{Loader, demangle_auto};
use gordian::Frame;
use gordian::record::frames::{frame, users};
use object::{Object, ObjectSegment, ReadCache};
use rustc_hash::FxHashMap;

/// A program's file.
pub(super) struct Program<'a> {
    loader: Loader,
    /// Where it asks to be loaded; 0 if that may be anywhere.
    base: u64,
    /// When it was last written, in milliseconds since 1970.
    pub(super) changed_ms: u64,
    /// The folder that source files are told from.
    root: &'a Path,
    /// The calls at an address, innermost first; several if some were inlined.
    known: FxHashMap<u64, Vec<Frame>>,
}

/// Why there are no frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Unresolved {
    /// The program's file is not there any more.
    Gone,
    /// It was written after the process had started.
    Changed,
    /// The process ran on another machine.
    Elsewhere,
    /// It cannot be read as a program.
    Unreadable,
    /// No address has a name in it.
    Nameless,
}

impl<'a> Program<'a> {
    /// Opens a program.
    ///
    /// # Errors
    /// If it is gone, or cannot be read.
    ///
    /// # Cost
    /// Reads its symbol table; debug information is read where addresses ask for it.
    pub(super) fn open(path: &Path, root: &'a Path) -> Result<Self, Unresolved> {
        let about = fs::metadata(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Unresolved::Gone,
            _ => Unresolved::Unreadable,
        })?;
        // Where the system does not tell, nothing is known of a change.
        let changed = about.modified().ok().and_then(|changed| changed.duration_since(UNIX_EPOCH).ok());
        let changed_ms = changed.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let base = base(path).ok_or(Unresolved::Unreadable)?;
        let loader = Loader::new(path).map_err(|_| Unresolved::Unreadable)?;
        Ok(Self { loader, base, changed_ms, root, known: FxHashMap::default() })
    }

    /// Returns the user's frames of a stack of return addresses, counted from where the program was loaded. Both are
    /// innermost first.
    pub(super) fn frames(&mut self, addresses: &[u64]) -> Vec<Frame> {
        for &address in addresses {
            if !self.known.contains_key(&address) {
                let calls = self.calls(address);
                self.known.insert(address, calls);
            }
        }
        users(addresses.iter().flat_map(|address| &self.known[address])).into_iter().cloned().collect()
    }

    /// Returns the calls that return to an address; none if it has no name.
    fn calls(&self, address: u64) -> Vec<Frame> {
        // What is behind a call may be of another line, or even of another function.
        let Some(call) = self.base.checked_add(address).and_then(|address| address.checked_sub(1)) else {
            return Vec::new();
        };
        let symbol = self.loader.find_symbol(call).map(|name| demangle_auto(Cow::Borrowed(name), None));
        let mut frames = Vec::new();
        // Debug information that is wrong ends a list early.
        if let Ok(mut calls) = self.loader.find_frames(call) {
            while let Ok(Some(call)) = calls.next() {
                let name = match &call.function {
                    Some(function) => function.demangle().ok(),
                    None => symbol.clone(),
                };
                let place = call.location.and_then(|at| Some((Path::new(at.file?), at.line?, at.column)));
                frames.extend(name.map(|name| frame(&name, place, self.root)));
            }
        }
        if frames.is_empty() {
            frames.extend(symbol.map(|name| frame(&name, None, self.root)));
        }
        frames
    }
}

/// Returns where a program asks to be loaded: the start of its first part. `None` if it cannot be read as a program.
fn base(path: &Path) -> Option<u64> {
    let file = ReadCache::new(File::open(path).ok()?);
    let program = object::File::parse(&file).ok()?;
    program.segments().map(|segment| segment.address()).min()
}

impl Unresolved {
    /// Returns the reason as the end of a sentence about one program, or about several.
    pub(super) fn said(self, is_one: bool) -> &'static str {
        match (self, is_one) {
            (Self::Gone, true) => "it is gone",
            (Self::Gone, false) => "they are gone",
            (Self::Changed, true) => "it has changed after it was run",
            (Self::Changed, false) => "they have changed after they were run",
            (Self::Elsewhere, true) => "it ran on another machine",
            (Self::Elsewhere, false) => "they ran on another machine",
            (Self::Unreadable, true) => "its file cannot be read as a program",
            (Self::Unreadable, false) => "their files cannot be read as programs",
            (Self::Nameless, true) => "it has no names for their addresses",
            (Self::Nameless, false) => "they have no names for their addresses",
        }
    }
}
