//! Compiles the programs in `tests/ui`, each of which misuses a checked type, and compares what rustc says with the `.stderr`.
//!
//! Must not know: why a program is wrong; its own first line says so.
//! Source: the compiler that `rust-version` names. Another one may use other words.
//! INVARIANT: a program is wrong in the way of its file's name and in no other.

#![cfg(feature = "engine")]

#[test]
fn misuse_of_a_checked_type_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
