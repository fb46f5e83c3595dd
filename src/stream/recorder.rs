//! Tells the record of the process what threads learn, and at exit how it ended.
//!
//! Must not know: how a record is written.
//! INVARIANT: the record is never written under a lock of the analyses; at exit nothing is waited for for long.

use super::thread::{Thread, here, order, try_order};
use crate::analysis::lock_order::Question;
use crate::config::{ConfigError, Settings};
use crate::rt::{at_exit, pause};
use crate::{policy, record};
use std::sync::Arc;
use std::time::Duration;

/// Begins the record, if these settings ask for one and there is none yet. Callers are inside the gate.
///
/// # Errors
/// If it cannot be written.
pub(super) fn begun(settings: Arc<Settings>) -> Result<Arc<Settings>, ConfigError> {
    if let Some(folder) = settings.out.as_deref().filter(|_| !record::is_begun()) {
        let begun = record::begin(folder, || at_exit(end));
        begun.map_err(|error| ConfigError::no_record(folder, &error))?;
    }
    Ok(settings)
}

impl Thread {
    /// Records what a request was made under. The gate is closed.
    pub(super) fn record(&self, asked: &Question<'_>) {
        // What runs under a collector is the business of who collects.
        if record::is_on() && !policy::collects(self.collector()) {
            let inherited = order(|order| order.segments.inherited(self.number()));
            record::asked(asked, &inherited);
        }
    }
}

/// The process ends.
extern "C" fn end() {
    let thread = here();
    // None if the detector itself ends the process, or an allocator that it calls: then it has its locks, too.
    let Some(_inside) = thread.gate.enter_always() else { return };
    // A panic may not leave a function that C calls.
    let _ = std::panic::catch_unwind(|| {
        let repeats = patiently(policy::try_repeats);
        let lost = patiently(|| try_order(|order| order.lost()));
        patiently(|| record::try_end(repeats.as_deref(), lost));
    });
}

/// Tries for a moment: threads that run on give the detector's locks back soon, and one that is gone never does.
fn patiently<R>(act: impl Fn() -> Option<R>) -> Option<R> {
    for _ in 0..TRIES {
        if let Some(result) = act() {
            return Some(result);
        }
        pause(MOMENT);
    }
    None
}

/// Together a tenth of a second: on a busy machine a thread may be put aside for so long while it has a lock.
const TRIES: u32 = 500;
const MOMENT: Duration = Duration::from_micros(200);
