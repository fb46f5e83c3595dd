//! A `Shared` copies its value in and out, so what cannot be copied does not fit.

use gordian::checked::cell::Shared;

fn main() {
    let _list: Shared<Vec<u8>>;
}
