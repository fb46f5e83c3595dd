//! Turns a panic into what a test compares: its text, its payload and the place that it names.
//!
//! Must not know: locks, threads, which backend runs.
//! Source: `std::panic::set_hook`, installed once and chained to the hook that was there.
//! INVARIANT: a panic outside `caught` reaches the earlier hook unchanged.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Runs `body`, which must panic, and returns the panic.
pub(crate) fn caught<R>(body: impl FnOnce() -> R) -> Caught {
    HOOK.call_once(install_hook);
    let outer = WATCHED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    WATCHED.set(outer);
    let Err(payload) = result else { panic!("nothing panicked") };
    let (file, line) = PLACE.take();
    Caught { text: text(&*payload), file, line }
}

/// A panic: what it said, and where it says that it happened.
pub(crate) struct Caught {
    pub(crate) text: String,
    file: String,
    line: u32,
}

impl Caught {
    /// The place as `(file!(), line!())` writes it.
    pub(crate) fn place(&self) -> (&str, u32) {
        (&self.file, self.line)
    }
}

/// Returns the text of a payload, as the default panic hook finds it.
pub(crate) fn text(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<String>(), payload.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).to_owned(),
        _ => "a payload that is no text".to_owned(),
    }
}

static HOOK: Once = Once::new();

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<(String, u32)> = const { RefCell::new((String::new(), 0)) };
}

fn install_hook() {
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !WATCHED.get() {
            return earlier(info);
        }
        if let Some(place) = info.location() {
            PLACE.set((place.file().to_owned(), place.line()));
        }
    }));
}
