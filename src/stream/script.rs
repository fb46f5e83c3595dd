//! The one-line language of scenarios: `T1: +A +B -B -A; T2: +B +A`.
//!
//! Must not know: what an analysis makes of it.
//! INVARIANT: what is shown reads back as the same script.

use crate::event::Mode;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What threads do with locks and with other things that are waited for, in the order in which it happens.
///
/// Blocks are separated by `;`, and a thread may have several: `T1: +A; T2: +B; T1: -A`. The words of a block are
/// listed at [`Act`]. A lock is a letter, its class, and perhaps a number from 1: `A` and `A2` are of one class. Other
/// things are small letters. A thread that waits does nothing until what it waits for has come; then it goes on at once.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Script(pub Vec<Step>);

/// One operation of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Step {
    /// The thread that acts.
    pub thread: ThreadName,
    /// What it does.
    pub act: Act,
}

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// `+A`, `&A`, `%A`: takes the lock alone; with other readers; with other readers, past a waiting writer.
    Lock(LockName, Mode),
    /// `?A`, `?&A`, `?%A`: takes the lock by a `try_lock` that succeeds.
    Try(LockName, Mode),
    /// `-A`: gives back the newest hold.
    Release(LockName),
    /// `>T2`: starts a thread, which does nothing before. A thread that nobody starts is there from the beginning.
    Start(ThreadName),
    /// `<T2`: waits for a thread's end. It ends now, unless it has ended already or waits itself.
    Join(ThreadName),
    /// `<<T2`: waits for a thread's end, whenever that is.
    Await(ThreadName),
    /// `xA`: drops the lock. The next `A` is a new lock of that class.
    Drop(LockName),
    /// `.`: the thread ends. What it holds then it has leaked.
    End,
    /// `~cA`: waits on a condition variable with a mutex that it holds.
    Wait(ThingName, LockName),
    /// `?~cA`: the same, for a time, which is over when the thread is to do something else.
    WaitBriefly(ThingName, LockName),
    /// `!c`: wakes one who waits on a condition variable.
    NotifyOne(ThingName),
    /// `!!c`: wakes all who wait on a condition variable.
    NotifyAll(ThingName),
    /// `>q`, `>q2`: sends into a channel; into one with room for two messages.
    Send(ThingName),
    /// `<q`, `<q2`: receives from a channel.
    Receive(ThingName),
    /// `=b3`: waits at a barrier until three are there.
    Arrive(ThingName),
    /// `(o`: begins to initialise, or waits for the one who does. Nothing if it is done.
    Begin(ThingName),
    /// `)o`: is done with it.
    Finish(ThingName),
    /// `~o`: waits until it is done, by whomever.
    Complete(ThingName),
    /// `_`: waits to be unparked.
    Park,
    /// `^T2`: unparks a thread.
    Unpark(ThreadName),
}

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

/// A word that is not understood, and what is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptError(String);

const ACCEPTED: &str = "+A (lock), &A (read), %A (recursive read), ?A or ?&A or ?%A (try), -A (release), \
                        >T2 (start), <T2 (end and join), <<T2 (join), xA (drop), . (end), ~cA (wait), ?~cA (for a time), \
                        !c (notify one), !!c (notify all), >q or >q2 (send), <q or <q2 (receive), =b2 (arrive), \
                        (o (initialise), )o (done), ~o (until it is done), _ (park), ^T2 (unpark)";

impl Script {
    /// Returns the threads that act or are named, in ascending order.
    pub fn threads(&self) -> Vec<ThreadName> {
        let named = self.0.iter().flat_map(|step| match step.act {
            Act::Start(other) | Act::Join(other) | Act::Await(other) | Act::Unpark(other) => vec![step.thread, other],
            _ => vec![step.thread],
        });
        let mut threads: Vec<_> = named.collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// True if some thread starts this one.
    pub fn starts(&self, thread: ThreadName) -> bool {
        self.0.iter().any(|step| step.act == Act::Start(thread))
    }
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let (mut steps, mut things) = (Vec::new(), BTreeMap::new());
        for block in text.split(';').filter(|block| !block.trim().is_empty()) {
            let (thread, acts) = block.split_once(':').ok_or_else(|| {
                ScriptError::explain(block.trim(), "a thread and a colon before the operations, as `T1: +A`")
            })?;
            let thread = thread.trim().parse()?;
            for word in acts.split_whitespace() {
                let step = Step { thread, act: word.parse()? };
                let (kind, thing) = step.act.thing().unzip();
                if let (Some(kind), Some(thing)) = (kind, thing)
                    && *things.entry(thing.letter).or_insert((kind, thing)) != (kind, thing)
                {
                    let before = things[&thing.letter];
                    return Err(ScriptError::explain(word, &format!("{}, {}, as before", before.1, before.0)));
                }
                steps.push(step);
            }
        }
        Ok(Self(steps))
    }
}

impl Act {
    /// Returns what the thing of this word is, if it has one.
    fn thing(self) -> Option<(&'static str, ThingName)> {
        match self {
            Self::Wait(thing, _) | Self::WaitBriefly(thing, _) | Self::NotifyOne(thing) | Self::NotifyAll(thing) => {
                Some(("a condition variable", thing))
            }
            Self::Send(thing) | Self::Receive(thing) => Some(("a channel", thing)),
            Self::Arrive(thing) => Some(("a barrier", thing)),
            Self::Begin(thing) | Self::Finish(thing) | Self::Complete(thing) => Some(("what is initialised", thing)),
            _ => None,
        }
    }
}

impl FromStr for Act {
    type Err = ScriptError;

    fn from_str(word: &str) -> Result<Self, ScriptError> {
        let mode = |word: &str| -> Result<(LockName, Mode), ScriptError> {
            let mode = match word.chars().next() {
                Some('&') => Mode::Shared,
                Some('%') => Mode::SharedRecursive,
                _ => return Ok((word.parse()?, Mode::Exclusive)),
            };
            Ok((word[1..].parse()?, mode))
        };
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        let is_thing = rest.starts_with(|letter: char| letter.is_ascii_lowercase());
        match first {
            "+" => Ok(Self::Lock(rest.parse()?, Mode::Exclusive)),
            "&" | "%" => mode(word).map(|(lock, mode)| Self::Lock(lock, mode)),
            "?" if rest.starts_with('~') => with_mutex(&rest[1..]).map(|(thing, lock)| Self::WaitBriefly(thing, lock)),
            "?" => mode(rest).map(|(lock, mode)| Self::Try(lock, mode)),
            "-" => Ok(Self::Release(rest.parse()?)),
            ">" if is_thing => Ok(Self::Send(rest.parse()?)),
            ">" => Ok(Self::Start(rest.parse()?)),
            "<" if is_thing => Ok(Self::Receive(rest.parse()?)),
            "<" => Ok(rest
                .strip_prefix('<')
                .map_or_else(|| rest.parse().map(Self::Join), |it| it.parse().map(Self::Await))?),
            "x" => Ok(Self::Drop(rest.parse()?)),
            "." if rest.is_empty() => Ok(Self::End),
            "~" if rest.len() > 1 => with_mutex(rest).map(|(thing, lock)| Self::Wait(thing, lock)),
            "~" => plain(rest).map(Self::Complete),
            "!" => rest
                .strip_prefix('!')
                .map_or_else(|| plain(rest).map(Self::NotifyOne), |it| plain(it).map(Self::NotifyAll)),
            "=" => Some(rest.parse()?)
                .filter(|it: &ThingName| it.size.is_some_and(|size| size > 0))
                .map(Self::Arrive)
                .ok_or_else(|| {
                    ScriptError::explain(rest, "a barrier with its size: a small letter and a number from 1, as b2")
                }),
            "(" => plain(rest).map(Self::Begin),
            ")" => plain(rest).map(Self::Finish),
            "_" if rest.is_empty() => Ok(Self::Park),
            "^" => Ok(Self::Unpark(rest.parse()?)),
            _ => Err(ScriptError::explain(word, ACCEPTED)),
        }
    }
}

/// Reads `cA`.
fn with_mutex(word: &str) -> Result<(ThingName, LockName), ScriptError> {
    let (thing, lock) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    Ok((plain(thing)?, lock.parse()?))
}

/// Reads a thing without a size.
fn plain(word: &str) -> Result<ThingName, ScriptError> {
    let name = Some(word.parse()?).filter(|name: &ThingName| name.size.is_none());
    name.ok_or_else(|| ScriptError::explain(word, "a small letter alone, as c"))
}

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

impl ScriptError {
    fn explain(word: &str, accepted: &str) -> Self {
        Self(format!("{word:?} is not understood; accepted: {accepted}"))
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for Step { thread, act } in &self.0 {
            match before.replace(*thread) {
                None => write!(f, "{thread}:")?,
                Some(before) if before != *thread => write!(f, "; {thread}:")?,
                Some(_) => {}
            }
            write!(f, " {act}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(lock, Mode::Exclusive) => write!(f, "+{lock}"),
            Self::Lock(lock, mode) => write!(f, "{}{lock}", sign(*mode)),
            Self::Try(lock, mode) => write!(f, "?{}{lock}", sign(*mode)),
            Self::Release(lock) => write!(f, "-{lock}"),
            Self::Start(thread) => write!(f, ">{thread}"),
            Self::Join(thread) => write!(f, "<{thread}"),
            Self::Await(thread) => write!(f, "<<{thread}"),
            Self::Drop(lock) => write!(f, "x{lock}"),
            Self::End => write!(f, "."),
            Self::Wait(condvar, mutex) => write!(f, "~{condvar}{mutex}"),
            Self::WaitBriefly(condvar, mutex) => write!(f, "?~{condvar}{mutex}"),
            Self::NotifyOne(condvar) => write!(f, "!{condvar}"),
            Self::NotifyAll(condvar) => write!(f, "!!{condvar}"),
            Self::Send(channel) => write!(f, ">{channel}"),
            Self::Receive(channel) => write!(f, "<{channel}"),
            Self::Arrive(barrier) => write!(f, "={barrier}"),
            Self::Begin(once) => write!(f, "({once}"),
            Self::Finish(once) => write!(f, "){once}"),
            Self::Complete(once) => write!(f, "~{once}"),
            Self::Park => write!(f, "_"),
            Self::Unpark(thread) => write!(f, "^{thread}"),
        }
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

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScriptError {}

fn sign(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        Mode::Shared => "&",
        Mode::SharedRecursive => "%",
        Mode::Permit => "~",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_shown_as_it_was_read() {
        let text = "T1: +A &B2 %C ?D ?&E ?%F -A >T12 xA .; T12: +A; T1: <T12 <<T12";
        assert_eq!(text.parse::<Script>().unwrap().to_string(), text);
        let text = "T1: ~cA2 ?~cA !c !!c >q <q >p0 <p0 =b3 (o )o ~o _ ^T2";
        assert_eq!(text.parse::<Script>().unwrap().to_string(), text);
        assert_eq!(" ; ".parse::<Script>(), Ok(Script::default()));
    }

    #[test]
    fn a_wrong_word_is_named_with_what_is_accepted() {
        for (text, word, accepted) in [
            ("+A", "+A", "T1: +A"),
            ("X1: +A", "X1", "T and a number"),
            ("T0: +A", "T0", "number from 1"),
            ("T1: A", "A", "+A (lock)"),
            ("T1: +a", "a", "A to Z"),
            ("T1: +A0", "A0", "number from 1"),
            ("T1: +A02", "A02", "number from 1"),
            ("T1: ?+A", "+A", "A to Z"),
            ("T1: ?", "", "A to Z"),
            ("T1: >A", "A", "as T1"),
            ("T1: ..", "..", ". (end)"),
            ("T1: +Ä", "Ä", "A to Z"),
            ("T1: ~c+A", "+A", "A to Z"),
            ("T1: ~c2", "2", "A to Z"),
            ("T1: ~", "", "a to z"),
            ("T1: !C", "C", "a to z"),
            ("T1: (o2", "o2", "alone"),
            ("T1: =b", "b", "b2"),
            ("T1: =b0", "b0", "b2"),
            ("T1: >q02", "q02", "q2"),
            ("T1: <<q", "q", "as T1"),
            ("T1: __", "__", "_ (park)"),
            ("T1: >q2; T2: <q", "<q", "q2, a channel, as before"),
            ("T1: >q !q", "!q", "q, a channel, as before"),
        ] {
            let error = text.parse::<Script>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{word:?} is not")) && error.contains(accepted), "{text}: {error}");
        }
    }
}
