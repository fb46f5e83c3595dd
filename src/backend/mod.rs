//! Turns the build's settings into one set of types: plain, checked or loom's.
//!
//! Must not know: what any of them does. This is the only place that names them all.
//! Source: the swap that loom's users write by hand. We differ: it is made here, once, and needs the cfg and the feature both,
//! so a program's own loom runs keep its gordian types as they are.
//! INVARIANT: `chosen` is exactly one sibling, and `plain` is compiled in every build.
#![allow(clippy::duplicate_mod, reason = "some sources are one for all, compiled against each backend's lock")]

#[cfg(all(feature = "engine", not(all(loom, feature = "loom"))))]
pub(crate) mod checked;
#[cfg(all(loom, feature = "loom"))]
pub(crate) mod loom;
mod need;
pub(crate) mod plain;
mod token;
mod untold;

mod lock_file;

#[cfg(all(feature = "engine", any(debug_assertions, feature = "check"), not(all(loom, feature = "loom"))))]
pub(crate) use checked as chosen;
#[cfg(all(loom, feature = "loom"))]
pub(crate) use loom as chosen;
#[cfg(not(any(all(loom, feature = "loom"), all(feature = "engine", any(debug_assertions, feature = "check")))))]
pub(crate) use plain as chosen;

/// True if [`run_model`] runs its closure once for every interleaving, and not just once.
pub(crate) const EXPLORES: bool = cfg!(all(loom, feature = "loom"));

/// Runs `model` as often as the chosen backend can order its threads differently.
#[cfg(all(loom, feature = "loom"))]
pub(crate) fn run_model(model: impl Fn() + Sync + Send + 'static) {
    ::loom::model(model);
}

/// Runs `model` once: no other backend can choose the order of its threads.
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) fn run_model(model: impl Fn() + Sync + Send + 'static) {
    model();
}
