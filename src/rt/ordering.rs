//! Memory orderings, as the user names them.
//!
//! Must not know: what they order.

pub(crate) use std::sync::atomic::Ordering;
