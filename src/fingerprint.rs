//! Turns what a bug is made of into its name, which is the same in every run.
//!
//! Must not know: findings, threads, ids, addresses.
//! Source: FNV-1a (Fowler, Noll, Vo); std promises no hash that is the same in every release.
//! INVARIANT: fingerprints stand in files of users, so no change may move one.

use std::fmt::Display;

/// Returns the fingerprint of what these parts make up, in this order: the lint's code and a hash.
pub(crate) fn of(code: &str, parts: &[String]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{code}-{hash:016x}")
}

/// Returns the part of one side of a cycle of orders: where its first lock was created, and where it and the next one
/// were requested, each as `file:line:column`.
pub(crate) fn side(created: &dyn Display, held_at: &dyn Display, wanted_at: &dyn Display) -> String {
    format!("{created} {held_at} {wanted_at}; ")
}

/// Rotates a cycle to the same start, whichever side it is told from.
pub(crate) fn rotate(sides: &mut [String]) {
    let first = (0..sides.len()).min_by_key(|&first| [&sides[first..], &sides[..first]].concat()).unwrap_or(0);
    sides.rotate_left(first);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_cycle(sides: &[[u32; 3]]) -> String {
        let mut sides: Vec<String> = sides.iter().map(|[a, b, c]| side(a, b, c)).collect();
        rotate(&mut sides);
        of("G010", &sides)
    }

    #[test]
    fn a_cycle_has_one_fingerprint_from_every_side_and_a_turned_one_has_another() {
        let [one, two, three] = [[1, 2, 3], [1, 2, 4], [1, 2, 5]];
        assert_eq!(of_cycle(&[one, two, three]), of_cycle(&[three, one, two]));
        assert_ne!(of_cycle(&[one, two, three]), of_cycle(&[three, two, one]));
    }

    #[test]
    fn fingerprints_never_move() {
        assert_eq!(of("G010", &["src/main.rs:1:2 ".into(), "src/main.rs:3:4; ".into()]), "G010-ad258a04a03263b0");
    }
}
