//! Which level each lint has: what `gordian.toml` says, what the command's flags add, and what the variable says, which wins.
//!
//! Must not know: what a level does.

use anyhow::{Result, anyhow};
use gordian::Lint;

use crate::merge;
use crate::settings::Settings;

/// The levels of a run.
pub(super) struct Levels {
    /// The variable `GORDIAN` for its processes.
    pub(super) variable: Option<String>,
    /// The levels of what only the merge finds.
    pub(super) merged: merge::Levels,
}

impl Levels {
    /// Returns the levels of a run, or of what is made of its records.
    ///
    /// # Errors
    /// If a variable is not understood.
    pub(super) fn of(settings: &Settings, races: bool) -> Result<Self> {
        let given = std::env::var_os("GORDIAN").filter(|given| !given.is_empty());
        let given = given.map(|given| given.to_string_lossy().into_owned());
        let variable = united(races, settings.as_variable(), given);
        let level = |lint| gordian::record::level_under(variable.as_deref(), lint).map_err(|error| anyhow!(error));
        let merged = merge::Levels { class_order: level(Lint::ClassOrder)?, lock_order: level(Lint::LockOrder)? };
        Ok(Self { merged, variable })
    }
}

/// Returns the parts as one value of the variable; later ones win.
fn united(races: bool, settings: Option<String>, given: Option<String>) -> Option<String> {
    let races = races.then(|| format!("{}=warn,{}=warn", Lint::LostUpdate, Lint::Atomicity));
    let (given, list): (_, Vec<String>) = match given {
        // Only a list can be a part of a list; a word stands for all lints.
        Some(word) if !word.contains('=') => (Some(word), Vec::new()),
        given => (None, [races, settings, given].into_iter().flatten().collect()),
    };
    given.or_else(|| (!list.is_empty()).then(|| list.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gordian::Level;

    fn of(races: bool, settings: &str, given: &str) -> Option<String> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        united(races, some(settings), some(given))
    }

    #[test]
    fn the_variable_comes_last_so_that_it_wins() {
        assert_eq!(of(false, "G041=warn", "G041=deny"), Some("G041=warn,G041=deny".to_owned()));
        let level = |text| gordian::record::level_under(Some(text), Lint::LongHold).unwrap();
        assert_eq!((level("G041=warn,G041=deny"), level("G041=deny,G041=warn")), (Level::Deny, Level::Warn));
    }

    #[test]
    fn a_word_for_all_lints_stands_alone() {
        assert_eq!(of(true, "G041=warn", "off"), Some("off".to_owned()));
    }

    #[test]
    fn races_are_asked_for_first_so_that_all_else_wins() {
        assert_eq!(
            of(true, "lost_update=deny", ""),
            Some("lost_update=warn,atomicity=warn,lost_update=deny".to_owned())
        );
        assert_eq!(of(false, "", ""), None);
    }

    #[test]
    fn a_value_that_is_not_understood_is_an_error() {
        assert!(gordian::record::level_under(Some("deyn"), Lint::ClassOrder).unwrap_err().to_string().contains("deyn"));
    }
}
