//! Turns the values of a lost update into words: what was read, what came in between, what overwrote it.
//!
//! Must not know: widths, colours, formats.
//! INVARIANT: sums are told only of numbers that are all known.

use super::{again, here, value_word};
use crate::event::Value;
use crate::finding::Finding;
use crate::report::{Report, Side};

/// The values of a lost update, as far as they are known.
pub(super) struct Lost {
    stale: Option<Value>,
    between: Option<Value>,
    written: Option<Value>,
}

/// A change up to this is a small one.
const SMALL: u64 = 16;

impl Lost {
    pub(super) fn new(finding: &Finding) -> Self {
        let values: Vec<Option<Value>> = finding.parties.iter().map(|party| party.value).collect();
        let value = |party: usize| values.get(party).copied().flatten();
        Self { stale: value(0), between: value(1), written: value(2) }
    }

    /// Returns by how much the value was changed in between, and by the write.
    fn changes(&self) -> Option<[i64; 2]> {
        let changes = [change(self.stale?, self.between?)?, change(self.stale?, self.written?)?];
        changes.iter().all(|change| *change != 0).then_some(changes)
    }

    /// True if a number was changed in between, and nothing is left of that.
    fn is_gone(&self) -> bool {
        let theirs = self.stale.zip(self.between).and_then(|(stale, new)| change(stale, new));
        theirs.is_some_and(|theirs| theirs != 0) && self.written.is_some() && !self.is_same()
    }

    /// True if both left the same value behind.
    fn is_same(&self) -> bool {
        self.between.is_some() && self.between == self.written
    }

    /// Returns what was found.
    pub(super) fn title(&self, report: &Report, [read, between, write]: [&Side; 3]) -> String {
        let (thing, word) = (report.said_of(read), |value: Option<Value>| value.map(value_word));
        let reads =
            word(self.stale).map_or_else(|| format!("reads {thing}"), |stale| format!("reads {stale} from {thing}"));
        let changes = match word(self.between) {
            None => "changes it".to_owned(),
            Some(new) if self.between == self.stale => format!("writes {new}"),
            Some(new) => format!("changes it to {new}"),
        };
        let overwrites =
            word(self.written).map_or_else(|| "overwrites that".into(), |new| format!("overwrites that with {new}"));
        let end = match self.changes() {
            Some([theirs, own]) if theirs == own => "the result has one of the two changes".to_owned(),
            _ if self.is_gone() => format!("the change of {} is gone", again(between)),
            _ => format!("the change of {} is overwritten unseen", again(between)),
        };
        format!("{} {reads}, {} {changes}, and {} {overwrites}: {end}", read.thread, between.thread, again(write))
    }

    /// Returns what speaks for a bug, and what against one.
    pub(super) fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        match (self.stale, self.changes(), self.written) {
            (Some(stale), Some([theirs, own]), Some(written)) => {
                let (first, second, result) = (sum(stale, own), sum(stale, theirs), value_word(written));
                reasons.push(match theirs == own {
                    true => format!("{first} over {second}: the result, {result}, has one of the two changes."),
                    false => format!(
                        "{first} over {second}: with both changes the result would be {first}{}, and not {result}.",
                        added(theirs)
                    ),
                });
            }
            (Some(stale), None, _) if self.between.is_some_and(|replaced| replaced != stale) => {
                let replaced = self.between.map(value_word).unwrap_or_default();
                reasons.push(format!(
                    "What was overwritten was {replaced}, and no longer the {} that was read.",
                    value_word(stale)
                ));
            }
            _ => {}
        }
        reasons.push(
            "It happened in this run, in this order. Each access is one step; the read and the write together are not, \
             and whatever comes in between is overwritten."
                .to_owned(),
        );
        let is_small =
            self.changes().is_some_and(|changes| changes.iter().all(|change| change.unsigned_abs() <= SMALL));
        let counts = if is_small { "; both changes are small here, as a counter's are" } else { "" };
        reasons.push(format!(
            "It is a bug if what was written was made from what was read, as with a count, a sum or the head of a \
             list{counts}."
        ));
        let equal = match self.written {
            Some(written) if self.is_same() => {
                format!("; both wrote {} here, as with a flag that either may set", value_word(written))
            }
            _ => String::new(),
        };
        reasons.push(format!(
            "It is none if the two have nothing to do with each other, as with a flag or a time stamp that is set \
             after a look{equal}."
        ));
        reasons
    }

    /// Returns what to do.
    pub(super) fn advice(&self, report: &Report, read: &Side, write: &Side) -> Vec<String> {
        let places = format!("in place of the read at {} and the write at {}", here(read), here(write));
        let any = "For any other change: `fetch_update`, or a loop of `compare_exchange`, which sees what came in between \
                   and tries again.";
        let mut advice = match (report.kind_of(read), self.stale.or(self.written)) {
            ("atomic", Some(Value::Address(_))) => vec![format!(
                "Use a loop of `compare_exchange` {places}: it sees what came in between, and tries again."
            )],
            ("atomic", Some(Value::Bool(_))) => {
                vec![format!("Use one step, `swap`, `fetch_or` or `fetch_and`, {places}."), any.to_owned()]
            }
            ("atomic", _) => {
                vec![format!("Use one step, such as `fetch_add` or `fetch_max`, {places}."), any.to_owned()]
            }
            _ => vec![
                "If it is a number, a flag or a pointer: make it an atomic, and change it by `fetch_add`, \
                 `fetch_update` or the like."
                    .to_owned(),
            ],
        };
        advice
            .push("Or put one lock around the read and the write, and take it for every other change, too.".to_owned());
        advice
    }
}

/// Returns by how much a number was changed, as numbers of 64 bits wrap.
fn change(stale: Value, new: Value) -> Option<i64> {
    match (stale, new) {
        (Value::Signed(stale), Value::Signed(new)) => Some(new.wrapping_sub(stale)),
        (Value::Unsigned(stale), Value::Unsigned(new)) => Some(new.wrapping_sub(stale).cast_signed()),
        _ => None,
    }
}

/// Returns a changed number as it is written: `5 + 1`.
fn sum(stale: Value, change: i64) -> String {
    value_word(stale) + &added(change)
}

fn added(change: i64) -> String {
    format!(" {} {}", if change < 0 { '-' } else { '+' }, change.unsigned_abs())
}
