//! Tests of `gordian::tokio`, in a binary of their own, since the runtime's threads are nobody's.
#![cfg(not(all(loom, feature = "loom")))]

mod orders;
mod stage;
