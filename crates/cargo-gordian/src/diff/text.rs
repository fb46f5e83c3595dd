//! Turns a diff into text.
//!
//! Must not know: how it was made.
//! INVARIANT: colour adds nothing that the words do not say.

use super::Diff;
use crate::union::{Class, Edge, Found, Standing, Witness};
use anstyle::{AnsiColor, Style};
use std::fmt;

const DENY: Style = AnsiColor::Red.on_default().bold();
const WARN: Style = AnsiColor::Yellow.on_default().bold();
const GONE: Style = AnsiColor::Green.on_default().bold();
const HEAD: Style = Style::new().bold();

impl fmt::Display for Diff<'_> {
    /// Writes the text, coloured: print it through `anstream`, which takes the colours out where they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (which, union) in [("base", self.base), ("new report", self.new)] {
            for hole in &union.holes {
                writeln!(f, "{WARN}the {which} is incomplete:{WARN:#} {hole}")?;
            }
        }
        for found in &self.findings {
            let style = if found.fails() { DENY } else { WARN };
            let (level, code, lint) = (found.report.level, found.report.code, found.report.lint);
            writeln!(f, "{style}new finding, {level}: {lint} ({code}):{style:#} {}", found.report.title)?;
            write_finding(f, found)?;
        }
        for moved in &self.moved {
            writeln!(f, "{HEAD}moved:{HEAD:#} {}", moved.to.report.title)?;
            writeln!(f, "    {}, was {}", moved.to.report.fingerprint, moved.from.report.fingerprint)?;
        }
        for found in &self.gone {
            writeln!(f, "{GONE}gone:{GONE:#} {}", found.report.title)?;
            writeln!(f, "    {}", found.report.fingerprint)?;
        }
        for class in &self.classes {
            writeln!(f, "{HEAD}new lock:{HEAD:#} {}", Named(class))?;
        }
        for edge in &self.edges {
            let [from, to] = [edge.from, edge.to].map(|class| Named(&self.new.classes[class]));
            writeln!(f, "{HEAD}new order:{HEAD:#} {from}, then {to}")?;
            self.write_evidence(f, edge)?;
        }
        let counts = [
            count(self.findings.len(), "new finding"),
            format!("{} moved", self.moved.len()),
            format!("{} gone", self.gone.len()),
            count(self.classes.len(), "new lock"),
            count(self.edges.len(), "new order"),
        ];
        writeln!(f, "{HEAD}{}{HEAD:#}", counts.join(", "))
    }
}

impl Diff<'_> {
    fn write_evidence(&self, f: &mut fmt::Formatter<'_>, edge: &Edge) -> fmt::Result {
        if let Some(Witness { thread, thread_name, held_at, wanted_at, process, .. }) = edge.witnesses.first() {
            let name = thread_name.as_ref().map(|name| format!(" '{name}'")).unwrap_or_default();
            writeln!(f, "    held since {held_at}, requested at {wanted_at}, by thread {thread}{name}")?;
            if let Some(seen) = self.new.processes.get(*process) {
                writeln!(f, "    in process {} of {}", seen.process.pid, seen.process.program)?;
            }
        }
        match edge.processes {
            0 | 1 => Ok(()),
            more => writeln!(f, "    seen in {more} processes"),
        }
    }
}

fn write_finding(f: &mut fmt::Formatter<'_>, found: &Found) -> fmt::Result {
    let report = &found.report;
    for (index, side) in report.sides.iter().enumerate() {
        let hold = side.holds.and_then(|holds| side.held.get(holds));
        let label = |lock: usize| report.locks.get(lock).map_or("a lock", |lock| &lock.label);
        let hold = hold.map(|hold| format!("holds {} since {}", label(hold.lock), hold.site));
        let wants = side.wants.as_ref();
        let wants = wants.map(|wants| format!("{} of {} at {}", wants.deed, label(wants.lock), wants.site));
        let parts: Vec<String> = hold.into_iter().chain(wants).collect();
        writeln!(f, "    side {}, {}: {}", index + 1, side.thread, parts.join("; "))?;
    }
    match &found.standing {
        Standing::New => writeln!(f, "    {}", report.fingerprint),
        Standing::Known => writeln!(f, "    {}, known to the baseline", report.fingerprint),
        Standing::Suppressed(reason) => writeln!(f, "    {}, suppressed: {reason}", report.fingerprint),
    }
}

/// A class as a reader knows it.
struct Named<'a>(&'a Class);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Class { created, name, type_name, .. } = self.0;
        match name {
            Some(name) => write!(f, "`{name}`, {type_name} of {created}"),
            None => write!(f, "{type_name} of {created}"),
        }
    }
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
