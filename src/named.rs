//! Names for locks and cells in reports.
//!
//! Must not know: what a name is used for.

use crate::backend::plain::sync;

/// Gives a lock or a watched cell the name that reports call it by.
///
/// On std's own types, and so in plain mode, it does nothing.
///
/// # Example
/// ```
/// use gordian::Named;
/// use gordian::sync::Mutex;
///
/// let accounts = Mutex::new(vec![100, 50]).named("accounts");
/// assert_eq!(accounts.lock().unwrap().len(), 2);
/// ```
pub trait Named: Sized {
    /// Returns it under its name.
    #[must_use]
    fn named(self, name: &'static str) -> Self {
        let _ = name;
        self
    }
}

impl<T> Named for sync::Mutex<T> {}
impl<T> Named for sync::RwLock<T> {}
impl<T> Named for sync::OnceLock<T> {}
impl<T, F> Named for sync::LazyLock<T, F> {}
impl Named for sync::Once {}
