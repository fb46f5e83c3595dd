//! What a process leaves behind for a later reader: its orders between classes, its findings, its end.
//!
//! Must not know: how orders are judged, what is done with a record.
//! INVARIANT: a record is only ever appended to, a whole line at a time, so what was written survives the process.

pub mod format;
