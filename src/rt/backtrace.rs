//! Raw stack frames, caught quickly and resolved much later.
//!
//! Must not know: which frames matter.
//! Source: the `backtrace` crate.

use std::ffi::c_void;

/// Instruction addresses of a stack, innermost first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Backtrace(Box<[usize]>);

/// Frames beyond this are cut off.
const MOST_FRAMES: usize = 128;

impl Backtrace {
    /// Catches the running thread's stack.
    ///
    /// # Cost
    /// Microseconds; takes the unwinder's locks, so no lock of the detector may be held.
    #[cold]
    pub(crate) fn capture() -> Self {
        let mut frames = Vec::with_capacity(32);
        backtrace::trace(|frame| {
            frames.push(frame.ip().addr());
            frames.len() < MOST_FRAMES
        });
        Self(frames.into_boxed_slice())
    }

    /// Returns the return addresses, innermost first.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.0
    }

    /// Calls `each` with the symbols of every frame, innermost first.
    ///
    /// # Cost
    /// Reads debug information: up to a second for the first call in a large program.
    pub(crate) fn resolve(&self, mut each: impl FnMut(&backtrace::Symbol)) {
        for &address in &self.0 {
            // `resolve` itself steps back from the return address to the call.
            let address = std::ptr::without_provenance_mut::<c_void>(address);
            backtrace::resolve(address, |symbol| each(symbol));
        }
    }
}
