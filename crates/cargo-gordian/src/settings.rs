//! Turns `gordian.toml` into levels, excludes and suppressions.
//!
//! Must not know: findings, and what their standing does.
//! INVARIANT: what is not understood is an error that names file, line, text and what is accepted, and never ignored.

use crate::nearest::did_you_mean;
use anyhow::{Context, Result, anyhow, ensure};
use gordian::suppression::{self, Suppression};
use gordian::{Level, Lint};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// The file's name, at the workspace's root.
pub const FILE: &str = "gordian.toml";

/// What a workspace asks of `cargo gordian`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    levels: BTreeMap<Lint, Level>,
    excludes: Vec<Exclude>,
    /// Those of `gordian.toml`, in its order.
    pub(crate) silences: Vec<Silence>,
    /// Those of a suppression file (`GORDIAN_SUPPRESS`), each with the file's name.
    pub(crate) listed: Vec<(String, Suppression)>,
}

/// A package that is built without checked locks.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Exclude {
    package: String,
    place: Place,
}

/// A `[[suppress]]` of `gordian.toml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Silence {
    pub(crate) what: Suppression,
    pub(crate) reason: String,
    /// Its last day.
    pub(crate) until: Option<Date>,
    /// Where it is written, such as `gordian.toml:12`.
    pub(crate) written: String,
}

/// A line of the settings, for errors.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    file: String,
    line: usize,
    text: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
    #[serde(default)]
    levels: BTreeMap<Spanned<String>, toml::Value>,
    #[serde(default)]
    suppress: Vec<Spanned<WrittenSilence>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSilence {
    fingerprint: Option<Spanned<String>>,
    lint: Option<Spanned<String>>,
    site: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
    /// A string, or a date of TOML's own.
    until: Option<Spanned<toml::Value>>,
}

/// Returns today's date. It is the same on all machines: days begin and end as in UTC.
pub fn today() -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date()
}

impl Settings {
    /// Returns what `gordian.toml` in this folder asks for; the default settings if there is no such file.
    ///
    /// # Errors
    /// If the file cannot be read, or something in it is not understood.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        let name = path.display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&name, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("{name} cannot be read; accepted: a text file, in TOML")),
        }
    }

    /// Adds what a suppression file silences, as `GORDIAN_SUPPRESS` names one.
    ///
    /// Processes do so themselves; this is for what only the merge finds.
    ///
    /// # Errors
    /// If the file cannot be read, or a line of it is not understood.
    pub fn add_suppression_file(&mut self, path: &Path) -> Result<()> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "the suppression file {name} cannot be read; accepted: a text file of fingerprints or `lint site` lines"
            )
        })?;
        let lines = suppression::read(&name, &text).map_err(|error| anyhow!(error))?;
        self.listed.extend(lines.into_iter().map(|line| (name.clone(), line)));
        Ok(())
    }

    /// Returns what a finding of this lint does.
    pub fn level(&self, lint: Lint) -> Level {
        self.levels.get(&lint).copied().unwrap_or(lint.default_level())
    }

    /// Returns the levels that are set as a value of the variable `GORDIAN`. `None` if none is.
    pub fn as_variable(&self) -> Option<String> {
        let levels: Vec<String> = self.levels.iter().map(|(lint, level)| format!("{lint}={level}")).collect();
        (!levels.is_empty()).then(|| levels.join(","))
    }

    /// Returns the packages that are built without checked locks.
    pub fn excludes(&self) -> impl Iterator<Item = &str> {
        self.excludes.iter().map(|exclude| exclude.package.as_str())
    }

    /// Checks that every exclude is one of these packages.
    ///
    /// # Errors
    /// If one is not: it would be watched after all.
    pub fn check_excludes<'a>(&self, packages: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        for Exclude { package, place } in &self.excludes {
            let hint = || did_you_mean(package, packages.clone());
            ensure!(
                packages.clone().any(|known| known == package),
                place.refuse(&format!("no package is named {package:?}; accepted: packages of this build{}", hint()))
            );
        }
        Ok(())
    }

    fn parse(file: &str, text: &str) -> Result<Self> {
        let place = |span: Range<usize>| Place::new(file, text, span.start);
        let written: Written = toml::from_str(text).map_err(|error| {
            let message = error.message();
            place(error.span().unwrap_or_default()).refuse(message)
        })?;
        let mut settings = Self::default();
        for (lint, level) in &written.levels {
            let refuse = |what: &str| place(lint.span()).refuse(what);
            let found = Lint::find(lint.get_ref()).ok_or_else(|| refuse(&no_such_lint(lint.get_ref())))?;
            let known = level.as_str().and_then(Level::find);
            let level = known.ok_or_else(|| refuse("this is no level; accepted: \"allow\", \"warn\", \"deny\""))?;
            let twice = settings.levels.insert(found, level);
            ensure!(twice.is_none(), refuse(&format!("{found} is {}, and its level is set twice", found.code())));
        }
        for package in written.exclude {
            let place = place(package.span());
            settings.excludes.push(Exclude { package: package.into_inner(), place });
        }
        for silence in written.suppress {
            let header = place(silence.span());
            settings.silences.push(silence.into_inner().understood(&header, &place)?);
        }
        Ok(settings)
    }
}

impl WrittenSilence {
    fn understood(self, header: &Place, place: &dyn Fn(Range<usize>) -> Place) -> Result<Silence> {
        let what = match (self.fingerprint, self.lint, self.site) {
            (Some(print), None, None) => {
                let accepted = "this is no fingerprint; accepted: a report's last line, as G010-0123456789abcdef";
                ensure!(suppression::is_fingerprint(print.get_ref()), place(print.span()).refuse(accepted));
                Suppression::Fingerprint(print.into_inner())
            }
            (None, Some(lint), Some(site)) => {
                let found = Lint::find(lint.get_ref());
                let found = found.ok_or_else(|| place(lint.span()).refuse(&no_such_lint(lint.get_ref())))?;
                let is_path = !site.get_ref().trim().is_empty() && site.get_ref().trim() == site.get_ref();
                let accepted =
                    "this is no site; accepted: the end of a path, with a line or without, as src/bank.rs:12";
                ensure!(is_path, place(site.span()).refuse(accepted));
                Suppression::Site(found, site.into_inner())
            }
            (None, Some(lint), None) => {
                let accepted =
                    "a lint is silenced at a `site`; to silence all of it, set its level to \"allow\" in [levels]";
                return Err(place(lint.span()).refuse(accepted));
            }
            _ => {
                let accepted = "a suppression names one `fingerprint`, or a `lint` and a `site`";
                return Err(header.refuse(accepted));
            }
        };
        let accepted = "a suppression has a `reason`: why the finding is no fault, or who will mend it";
        let reason = self.reason.ok_or_else(|| header.refuse(accepted))?;
        ensure!(!reason.get_ref().trim().is_empty(), place(reason.span()).refuse(accepted));
        let until = self.until.map(|until| {
            let accepted = "this is no day; accepted: the last day on which it holds, as \"2027-01-31\"";
            let text = match until.get_ref() {
                toml::Value::String(text) => Some(text.clone()),
                toml::Value::Datetime(day) => Some(day.to_string()),
                _ => None,
            };
            let day = text.and_then(|text| Date::strptime("%Y-%m-%d", text).ok());
            day.ok_or_else(|| place(until.span()).refuse(accepted))
        });
        let written = format!("{FILE}:{}", header.line);
        Ok(Silence { what, reason: reason.into_inner(), until: until.transpose()?, written })
    }
}

impl Place {
    fn new(file: &str, text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        Self { file: file.to_owned(), line: before.matches('\n').count() + 1, text: line.trim().to_owned() }
    }

    fn refuse(&self, why: &str) -> anyhow::Error {
        anyhow!("{}:{}: `{}`: {why}", self.file, self.line, self.text)
    }
}

fn no_such_lint(name: &str) -> String {
    // A key behind a table's head belongs to the table, which surprises in TOML.
    if ["exclude", "suppress"].contains(&name) {
        let why = "this is no level of a lint; write it above [levels], whose lines end where another table begins";
        return why.to_owned();
    }
    let lints: Vec<&str> = Lint::all().map(Lint::name).collect();
    let hint = did_you_mean(name, lints.iter().copied());
    format!("there is no lint {name:?}; accepted: {}, or their codes{hint}", lints.join(", "))
}

#[cfg(test)]
mod tests;
