//! A place in the source, as `#[track_caller]` gives it.
//!
//! Must not know: what happened there.
//! Source: `std::panic::Location`.
//! INVARIANT: two sites are equal when file, line and column are; comparing pointers is only a shortcut, since one
//! place may have several `Location`s (one a codegen unit).

use std::panic::Location;

/// A place in the source: one pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Site(&'static Location<'static>);

impl Site {
    /// Returns the caller's place.
    #[inline(always)]
    #[track_caller]
    pub(crate) const fn caller() -> Self {
        Self(Location::caller())
    }

    pub(super) fn as_ptr(self) -> *mut Location<'static> {
        std::ptr::from_ref(self.0).cast_mut()
    }

    /// # Safety
    /// The pointer is null or came from [`Site::as_ptr`].
    pub(super) unsafe fn from_ptr(place: *mut Location<'static>) -> Option<Self> {
        // SAFETY: the caller's promise; a site's place lives for ever and is never changed.
        unsafe { place.as_ref() }.map(Self)
    }

    /// Returns the path of the source file as the compiler was given it.
    pub(crate) fn file(self) -> &'static str {
        self.0.file()
    }

    /// Returns the line, from 1.
    pub(crate) fn line(self) -> u32 {
        self.0.line()
    }

    /// Returns the column, from 1.
    pub(crate) fn column(self) -> u32 {
        self.0.column()
    }

    /// Returns a number that differs for different `Location`s of this process.
    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        std::ptr::from_ref(self.0).addr() as u64
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for Site {
    /// Writes `file:line:column`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
