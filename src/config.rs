//! Settings: from code, and from `GORDIAN_*` variables, which win.
//!
//! Must not know: findings.
//! INVARIANT: variables are read once; a value that is not understood is an error that names it, and never ignored.

use crate::lint::{Level, Lint};
use crate::report::Report;
use crate::rt::{RawLock, Switch, Switches};
use crate::suppression::{self, Suppression};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Builds the settings of the process.
///
/// Variables (`GORDIAN`, `GORDIAN_BACKTRACE`, `GORDIAN_COLOR`, `GORDIAN_OUT`, `GORDIAN_SUPPRESS`) win over what is set here, so that
/// who runs a program need not edit it.
///
/// # Example
/// ```
/// use gordian::{Config, Level, Lint};
/// Config::new().level(Lint::ClassOrder, Level::Deny).on_report(|report| eprintln!("{report}")).install()?;
/// # Ok::<(), gordian::ConfigError>(())
/// ```
#[derive(Clone, Default)]
#[must_use = "settings hold once they are installed"]
pub struct Config {
    settings: Settings,
}

/// When stacks are caught.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Backtraces {
    /// Never.
    Off,
    /// At each new edge of the lock-order graph, for the request that made it.
    #[default]
    NewEdges,
    /// At each acquisition too, so that reports show where each held lock was taken. Slow.
    Full,
}

/// Whether reports on the terminal are coloured.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// What holds for the process.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub off: bool,
    levels: [Option<Level>; Lint::COUNT],
    pub backtraces: Backtraces,
    pub watchdog: Option<Duration>,
    pub color: Color,
    pub suppressions: Vec<Suppression>,
    /// The folder that processes leave their records in.
    pub out: Option<PathBuf>,
    /// The root of the workspace, if `cargo gordian` runs the process and reports what it records.
    pub workspace: Option<PathBuf>,
    pub on_report: Option<OnReport>,
}

pub(crate) type OnReport = Arc<dyn Fn(&Report) + Send + Sync>;

/// A setting that is not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError(String);

/// What is watched beyond the order of locks.
pub(crate) static WATCHED: Switches = Switches::new();

static INSTALLED: RawLock<Option<Result<Arc<Settings>, ConfigError>>> = RawLock::new(None);

impl Config {
    /// Returns the default settings: every lint at its default level, reports on standard error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a lint does.
    pub fn level(mut self, lint: Lint, level: Level) -> Self {
        self.settings.levels[lint.index()] = Some(level);
        self
    }

    /// Sets when stacks are caught.
    pub fn backtrace(mut self, backtraces: Backtraces) -> Self {
        self.settings.backtraces = backtraces;
        self
    }

    /// Watches how long locks are held and waited for: longer than `limit` is a `long_hold`, which is then at `warn` unless
    /// another level was set.
    ///
    /// A thread of gordian's own looks around four times within the limit. Holds are watched in threads that first meet
    /// gordian after [`Config::install`], waits in all.
    ///
    /// # Cost
    /// No acquisition is quiet any more: each takes the detector's lock.
    pub fn watchdog(mut self, limit: Duration) -> Self {
        self.settings.watchdog = Some(limit);
        self.settings.levels[Lint::LongHold.index()].get_or_insert(Level::Warn);
        self
    }

    /// Calls `act` with each new report, instead of printing it.
    ///
    /// It runs in the thread whose request showed the finding, may take any lock, and may panic.
    pub fn on_report(mut self, act: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.settings.on_report = Some(Arc::new(act));
        self
    }

    /// Makes these the settings of the process, in place of earlier ones.
    ///
    /// # Errors
    /// If a `GORDIAN_*` variable is not understood, the suppression file cannot be read, or the folder for records cannot
    /// be made.
    pub fn install(self) -> Result<(), ConfigError> {
        let settings = self.settings.overridden(&from_environment).map(Arc::new);
        // REENTRANCY: the settings before may own a handler of the user's, which is dropped once the lock is given back.
        let before = INSTALLED.lock().replace(settings.clone());
        drop(before);
        settings.iter().for_each(|settings| settings.turn_on());
        settings.map(drop)
    }
}

/// Returns what holds for the process; reads the variables if nobody installed settings.
pub(crate) fn settings() -> Result<Arc<Settings>, ConfigError> {
    if let Some(settings) = &*INSTALLED.lock() {
        return settings.clone();
    }
    let settings = Settings::default().overridden(&from_environment).map(Arc::new);
    settings.iter().for_each(|settings| settings.turn_on());
    INSTALLED.lock().get_or_insert(settings).clone()
}

/// Returns the level of a lint in processes whose variable `GORDIAN` has this value, with all other variables as they are.
///
/// # Errors
/// If one of the variables is not understood.
pub fn level_under(levels: Option<&str>, lint: Lint) -> Result<Level, ConfigError> {
    let lookup = |variable: &str| match variable {
        "GORDIAN" => levels.map(ToOwned::to_owned),
        // They are about a process of its own.
        "GORDIAN_OUT" | "GORDIAN_CARGO" => None,
        other => from_environment(other),
    };
    Ok(Settings::default().overridden(&lookup)?.level(lint))
}

/// Returns a variable. What is no UTF-8 is shown as well as can be, and is then not understood.
fn from_environment(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned())
}

impl Settings {
    /// Returns what a finding of this lint does.
    pub(crate) fn level(&self, lint: Lint) -> Level {
        self.levels[lint.index()].unwrap_or(lint.default_level())
    }

    /// Turns on what the quiet paths are to watch.
    fn turn_on(&self) {
        let is_on = |lint| !self.off && self.level(lint) != Level::Allow;
        WATCHED.set(Switch::Updates, is_on(Lint::LostUpdate));
        WATCHED.set(Switch::Sections, is_on(Lint::Atomicity));
        WATCHED.set(Switch::Cells, is_on(Lint::DataRace));
    }

    fn overridden(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        if let Some(value) = variable("GORDIAN") {
            self.read_levels(&value).ok_or_else(|| {
                let lints: Vec<&str> = Lint::all().map(Lint::name).collect();
                let accepted = format!(
                    "off, warn, deny, or a list lint=level,... of lints ({}, or their codes) and levels (allow, warn, deny)",
                    lints.join(", ")
                );
                ConfigError::explain("GORDIAN", &value, &accepted)
            })?;
        }
        if let Some(value) = variable("GORDIAN_BACKTRACE") {
            self.backtraces = match value.as_str() {
                "0" => Backtraces::Off,
                "1" => Backtraces::NewEdges,
                "full" => Backtraces::Full,
                _ => return Err(ConfigError::explain("GORDIAN_BACKTRACE", &value, "0, 1 (new edges), full")),
            };
        }
        if let Some(value) = variable("GORDIAN_COLOR") {
            self.color = match value.as_str() {
                "auto" => Color::Auto,
                "always" => Color::Always,
                "never" => Color::Never,
                _ => return Err(ConfigError::explain("GORDIAN_COLOR", &value, "auto, always, never")),
            };
        }
        if let Some(path) = variable("GORDIAN_SUPPRESS") {
            let text = std::fs::read_to_string(&path).map_err(|error| {
                ConfigError(format!(
                    "GORDIAN_SUPPRESS={path:?} cannot be read: {error}; accepted: the path of a text file"
                ))
            })?;
            self.suppressions = suppression::read(&path, &text).map_err(ConfigError)?;
        }
        if let Some(folder) = variable("GORDIAN_OUT").filter(|_| !self.off) {
            let whole = std::path::absolute(&folder).and_then(|whole| std::fs::create_dir_all(&whole).map(|()| whole));
            self.out = Some(whole.map_err(|error| ConfigError::no_record(Path::new(&folder), &error))?);
        }
        if let Some(root) = variable("GORDIAN_CARGO") {
            let is_path = Path::new(&root).is_absolute();
            let path = is_path.then(|| PathBuf::from(&root));
            self.workspace = Some(path.ok_or_else(|| {
                ConfigError::explain("GORDIAN_CARGO", &root, "the path of a workspace's root, from the file system's")
            })?);
        }
        Ok(self)
    }

    fn read_levels(&mut self, value: &str) -> Option<()> {
        match value.trim() {
            "off" => self.off = true,
            "warn" => self.change_levels(Level::Deny, Level::Warn),
            "deny" => self.change_levels(Level::Warn, Level::Deny),
            list => {
                for setting in list.split(',').map(str::trim).filter(|setting| !setting.is_empty()) {
                    let (lint, level) = setting.split_once('=')?;
                    self.levels[Lint::find(lint.trim())?.index()] = Some(Level::find(level.trim())?);
                }
            }
        }
        Some(())
    }

    fn change_levels(&mut self, from: Level, to: Level) {
        for lint in Lint::all().filter(|&lint| self.level(lint) == from).collect::<Vec<_>>() {
            self.levels[lint.index()] = Some(to);
        }
    }
}

impl ConfigError {
    /// The folder that `GORDIAN_OUT` names cannot take a record.
    pub(crate) fn no_record(folder: &Path, error: &std::io::Error) -> Self {
        Self(format!("GORDIAN_OUT={folder:?} cannot be written: {error}; accepted: a folder, which is made if need be"))
    }

    fn explain(variable: &str, value: &str, accepted: &str) -> Self {
        Self(format!("{variable}={value:?} is not understood; accepted: {accepted}"))
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gordian: {}", self.0)
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { levels, backtraces, .. } = &self.settings;
        f.debug_struct("Config").field("levels", levels).field("backtraces", backtraces).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variable: &str, value: &str) -> Result<Settings, String> {
        let lookup = |asked: &str| (asked == variable).then(|| value.to_owned());
        Settings::default().overridden(&lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn levels_are_set_alone_and_in_lists() {
        assert!(with("GORDIAN", "off").unwrap().off);
        let warned = with("GORDIAN", "warn").unwrap();
        assert_eq!((warned.level(Lint::LockOrder), warned.level(Lint::GatedOrder)), (Level::Warn, Level::Allow));
        assert_eq!(with("GORDIAN", "deny").unwrap().level(Lint::ClassOrder), Level::Deny);
        let listed = with("GORDIAN", "lock_order=allow, G013=deny").unwrap();
        assert_eq!((listed.level(Lint::LockOrder), listed.level(Lint::GatedOrder)), (Level::Allow, Level::Deny));
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_value_and_what_is_accepted() {
        for (variable, value, accepted) in [
            ("GORDIAN", "on", "off, warn, deny"),
            ("GORDIAN", "lock_order=forbid", "allow, warn, deny"),
            ("GORDIAN", "lock_odor=warn", "lock_order"),
            ("GORDIAN_BACKTRACE", "2", "0, 1"),
            ("GORDIAN_COLOR", "red", "always"),
            ("GORDIAN_SUPPRESS", "no/such/file", "path"),
            ("GORDIAN_OUT", "Cargo.toml", "folder"),
            ("GORDIAN_OUT", "", "folder"),
            ("GORDIAN_CARGO", "src", "root"),
        ] {
            let error = with(variable, value).map(drop).unwrap_err();
            assert!(error.contains(variable) && error.contains(value) && error.contains(accepted), "{error}");
        }
    }
}
