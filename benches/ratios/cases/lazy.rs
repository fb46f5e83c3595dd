//! `OnceLock` and `LazyLock` long after their initialisation.
//!
//! Must not know: which side it is compiled for.
//! Source: none.
//! INVARIANT: the initialiser has run before the first sample.

use std::hint::black_box;

use super::sync::{LazyLock, OnceLock};
use crate::measure::Side;

pub(crate) fn once_lock() -> Side {
    let cell = OnceLock::new();
    cell.get_or_init(|| 7_u64);
    Side::of(move || {
        black_box(black_box(&cell).get());
    })
}

pub(crate) fn lazy_lock() -> Side {
    let lazy: LazyLock<u64> = LazyLock::new(|| 7);
    LazyLock::force(&lazy);
    Side::of(move || {
        black_box(**black_box(&lazy));
    })
}
