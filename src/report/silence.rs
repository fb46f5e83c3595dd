//! How a finding is silenced, where its report is read.
//!
//! Must not know: findings, formats.

use super::Place;
use super::explain::short;
use crate::lint::{Level, Lint};

/// Where a finding can be silenced.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silencer {
    /// In the program, and by its variables.
    Program,
    /// In the settings of `cargo gordian`.
    Workspace,
}

impl Silencer {
    /// Returns how to silence a finding, the narrowest way first.
    pub(super) fn ways(self, lint: Lint, level: &str, place: &Place) -> Vec<String> {
        let place = short(place);
        let mut ways = vec![match self {
            Self::Program => format!(
                "this finding: its fingerprint, or `{lint} {place}`, on a line of a file that GORDIAN_SUPPRESS names"
            ),
            Self::Workspace => format!(
                "this finding: in gordian.toml, [[suppress]] with `fingerprint`, or with `lint = \"{lint}\"` and \
                 `site = \"{place}\"`; and with a `reason`"
            ),
        }];
        let lower = match Level::find(level) {
            Some(Level::Deny) => Some(Level::Warn),
            Some(Level::Warn) => Some(Level::Allow),
            _ => None,
        };
        ways.extend(lower.map(|lower| match self {
            Self::Program => {
                format!("the lint: GORDIAN={lint}={lower}, or `Config::new().level(Lint::{lint:?}, Level::{lower:?})`")
            }
            Self::Workspace => format!("the lint: in gordian.toml, [levels] with `{lint} = \"{lower}\"`"),
        }));
        ways
    }
}
