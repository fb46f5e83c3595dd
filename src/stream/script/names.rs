//! The names of a script: threads, locks, and other things.
//!
//! Must not know: what is done with what they name.
//! INVARIANT: what is shown reads back as the same name, and nothing else does.

use super::ScriptError;
use std::fmt;
use std::str::FromStr;

/// A thing that is waited for and is no lock. A number is a channel's bound, or a barrier's size.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThingName {
    /// From `a` to `z`.
    pub letter: char,
    /// How many fit in, or are needed.
    pub size: Option<u16>,
}

/// A lock: its class, and which lock of the class; number 0 is not written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LockName {
    /// From `A` to `Z`.
    pub class: char,
    /// From 0.
    pub number: u16,
}

/// A thread; `T1` is number 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThreadName(pub u32);

impl FromStr for ThingName {
    type Err = ScriptError;

    fn from_str(word: &str) -> Result<Self, ScriptError> {
        let parts = word.chars().next().filter(char::is_ascii_lowercase).and_then(|letter| {
            let size = match &word[1..] {
                "" => None,
                digits => Some(digits.parse().ok()?),
            };
            Some(Self { letter, size })
        });
        let name = parts.filter(|name| name.to_string() == word);
        name.ok_or_else(|| ScriptError::explain(word, "a thing: a letter a to z and perhaps a size, as q or q2"))
    }
}

impl FromStr for LockName {
    type Err = ScriptError;

    fn from_str(word: &str) -> Result<Self, ScriptError> {
        let parts = word.chars().next().filter(char::is_ascii_uppercase).and_then(|class| {
            let number = match &word[1..] {
                "" => 0,
                digits => digits.parse().ok().filter(|number| *number != 0)?,
            };
            Some(Self { class, number })
        });
        // `A02` and `A+2` would be other spellings of `A2`.
        let name = parts.filter(|name| name.to_string() == word);
        name.ok_or_else(|| {
            ScriptError::explain(word, "a lock: a letter A to Z and perhaps a number from 1, as A or A2")
        })
    }
}

impl FromStr for ThreadName {
    type Err = ScriptError;

    fn from_str(word: &str) -> Result<Self, ScriptError> {
        let number = word.strip_prefix('T').and_then(|digits| digits.parse().ok()).filter(|number| *number != 0);
        let name = number.map(Self).filter(|name| name.to_string() == word);
        name.ok_or_else(|| ScriptError::explain(word, "a thread: T and a number from 1, as T1"))
    }
}

impl fmt::Display for LockName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => write!(f, "{}", self.class),
            number => write!(f, "{}{number}", self.class),
        }
    }
}

impl fmt::Display for ThingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter)?;
        self.size.map_or(Ok(()), |size| write!(f, "{size}"))
    }
}

impl fmt::Display for ThreadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}
