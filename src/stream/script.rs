//! The one-line language of scenarios: `T1: +A +B -B -A; T2: +B +A`.
//!
//! Must not know: what an analysis makes of it.
//! INVARIANT: what is shown reads back as the same script.

mod names;

pub use self::names::{LockName, ThingName, ThreadName};
use crate::event::Mode;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What threads do with locks and with other things that are waited for, in the order in which it happens.
///
/// Blocks are separated by `;`, and a thread may have several: `T1: +A; T2: +B; T1: -A`. The words of a block are
/// listed at [`Act`]. A lock is a letter, its class, and perhaps a number from 1: `A` and `A2` are of one class. Other
/// things are small letters, semaphores with how many permits they have at first. A thread that waits does nothing until what it waits for has come; then it goes on at once.
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
    /// `++A`: takes one level of a reentrant lock; `-A` gives one back.
    Enter(LockName),
    /// `?++A`: the same, by a `try_lock` that succeeds.
    TryEnter(LockName),
    /// `+s2`: acquires a permit of a semaphore, with a guard.
    Acquire(ThingName),
    /// `?s2`: the same, by a `try_acquire` that succeeds.
    TryAcquire(ThingName),
    /// `-s2`: gives back the newest guard.
    GiveBack(ThingName),
    /// `xs2`: forgets the newest guard: its permit stays out.
    Forget(ThingName),
    /// `!s2`: releases a permit by hand, which no guard had.
    Free(ThingName),
    /// `*e`: sets an event.
    Set(ThingName),
    /// `/e`: clears it.
    Clear(ThingName),
    /// `@e`: waits until it is set.
    WaitEvent(ThingName),
    /// `>>q`, `>>q2`: puts into a queue; into one with room for two items.
    Put(ThingName),
    /// `<<q`, `<<q2`: gets from a queue.
    Get(ThingName),
    /// `.q`, `.q2`: tells one item as done.
    TaskDone(ThingName),
    /// `<.q`, `<.q2`: waits until all items are done.
    JoinTasks(ThingName),
}

/// A word that is not understood, and what is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptError(String);

const CONDVAR: &str = "a condition variable";

const ACCEPTED: &str = "+A (lock), &A (read), %A (recursive read), ?A or ?&A or ?%A (try), -A (release), \
                        >T2 (start), <T2 (end and join), <<T2 (join), xA (drop), . (end), ~cA (wait), ?~cA (for a time), \
                        !c (notify one), !!c (notify all), >q or >q2 (send), <q or <q2 (receive), =b2 (arrive), \
                        (o (initialise), )o (done), ~o (until it is done), _ (park), ^T2 (unpark), \
                        ++A (enter), ?++A (try), +s2 (acquire), ?s2 (try), -s2 (give back), xs2 (forget), \
                        !s2 (release by hand), *e (set), /e (clear), @e (wait), >>q or >>q2 (put), <<q or <<q2 (get), \
                        .q or .q2 (task done), <.q or <.q2 (until all are done)";

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
                for (kind, thing) in step.act.things() {
                    let before = *things.entry(thing.letter).or_insert((kind, thing));
                    if before != (kind, thing) {
                        return Err(ScriptError::explain(word, &format!("{}, {}, as before", before.1, before.0)));
                    }
                }
                steps.push(step);
            }
        }
        Ok(Self(steps))
    }
}

impl Act {
    /// Returns what the things of this word are; of a lock, what its class is.
    fn things(self) -> Vec<(&'static str, ThingName)> {
        let is = |kind, thing| vec![(kind, thing)];
        let lock = |kind, lock: LockName| (kind, ThingName { letter: lock.class, size: None });
        let once = |name| lock("a lock that its holder does not get again", name);
        match self {
            Self::Lock(name, _) | Self::Try(name, _) => vec![once(name)],
            Self::Enter(name) | Self::TryEnter(name) => vec![lock("a reentrant lock", name)],
            Self::Wait(thing, mutex) | Self::WaitBriefly(thing, mutex) => vec![(CONDVAR, thing), once(mutex)],
            Self::NotifyOne(thing) | Self::NotifyAll(thing) => is(CONDVAR, thing),
            Self::Send(thing) | Self::Receive(thing) => is("a channel", thing),
            Self::Arrive(thing) => is("a barrier", thing),
            Self::Begin(thing) | Self::Finish(thing) | Self::Complete(thing) => is("what is initialised", thing),
            Self::Acquire(thing)
            | Self::TryAcquire(thing)
            | Self::GiveBack(thing)
            | Self::Forget(thing)
            | Self::Free(thing) => is("a semaphore", thing),
            Self::Set(thing) | Self::Clear(thing) | Self::WaitEvent(thing) => is("an event", thing),
            Self::Put(thing) | Self::Get(thing) | Self::TaskDone(thing) | Self::JoinTasks(thing) => {
                is("a queue", thing)
            }
            Self::Release(_) | Self::Drop(_) | Self::End | Self::Park => Vec::new(),
            Self::Start(_) | Self::Join(_) | Self::Await(_) | Self::Unpark(_) => Vec::new(),
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
            "+" if is_thing => permits(rest).map(Self::Acquire),
            "+" => Ok(match rest.strip_prefix('+') {
                Some(rest) => Self::Enter(rest.parse()?),
                None => Self::Lock(rest.parse()?, Mode::Exclusive),
            }),
            "&" | "%" => mode(word).map(|(lock, mode)| Self::Lock(lock, mode)),
            "?" if rest.starts_with('~') => with_mutex(&rest[1..]).map(|(thing, lock)| Self::WaitBriefly(thing, lock)),
            "?" if rest.starts_with("++") => Ok(Self::TryEnter(rest[2..].parse()?)),
            "?" if is_thing => permits(rest).map(Self::TryAcquire),
            "?" => mode(rest).map(|(lock, mode)| Self::Try(lock, mode)),
            "-" if is_thing => permits(rest).map(Self::GiveBack),
            "-" => Ok(Self::Release(rest.parse()?)),
            ">" if is_thing => Ok(Self::Send(rest.parse()?)),
            ">" => Ok(match rest.strip_prefix('>') {
                Some(rest) => Self::Put(rest.parse()?),
                None => Self::Start(rest.parse()?),
            }),
            "<" if is_thing => Ok(Self::Receive(rest.parse()?)),
            "<" => Ok(match (rest.strip_prefix('<'), rest.strip_prefix('.')) {
                (Some(rest), _) if rest.starts_with('T') => Self::Await(rest.parse()?),
                (Some(rest), _) => Self::Get(rest.parse()?),
                (_, Some(rest)) => Self::JoinTasks(rest.parse()?),
                _ => Self::Join(rest.parse()?),
            }),
            "x" if is_thing => permits(rest).map(Self::Forget),
            "x" => Ok(Self::Drop(rest.parse()?)),
            "." if is_thing => Ok(Self::TaskDone(rest.parse()?)),
            "." if rest.is_empty() => Ok(Self::End),
            "~" if rest.len() > 1 => with_mutex(rest).map(|(thing, lock)| Self::Wait(thing, lock)),
            "~" => plain(rest).map(Self::Complete),
            "!" if is_thing && rest.len() > 1 => permits(rest).map(Self::Free),
            "!" => rest
                .strip_prefix('!')
                .map_or_else(|| plain(rest).map(Self::NotifyOne), |it| plain(it).map(Self::NotifyAll)),
            "=" => {
                sized(rest, 1, "a barrier with its size: a small letter and a number from 1, as b2").map(Self::Arrive)
            }
            "(" => plain(rest).map(Self::Begin),
            ")" => plain(rest).map(Self::Finish),
            "_" if rest.is_empty() => Ok(Self::Park),
            "^" => Ok(Self::Unpark(rest.parse()?)),
            "*" => plain(rest).map(Self::Set),
            "/" => plain(rest).map(Self::Clear),
            "@" => plain(rest).map(Self::WaitEvent),
            _ => Err(ScriptError::explain(word, ACCEPTED)),
        }
    }
}

/// Reads `cA`.
fn with_mutex(word: &str) -> Result<(ThingName, LockName), ScriptError> {
    let (thing, lock) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
    Ok((plain(thing)?, lock.parse()?))
}

/// Reads a semaphore.
fn permits(word: &str) -> Result<ThingName, ScriptError> {
    sized(word, 0, "a semaphore with its permits: a small letter and a number, as s1")
}

/// Reads a thing with a size that is large enough.
fn sized(word: &str, least: u16, accepted: &str) -> Result<ThingName, ScriptError> {
    let name = Some(word.parse()?).filter(|name: &ThingName| name.size.is_some_and(|size| size >= least));
    name.ok_or_else(|| ScriptError::explain(word, accepted))
}

/// Reads a thing without a size.
fn plain(word: &str) -> Result<ThingName, ScriptError> {
    let name = Some(word.parse()?).filter(|name: &ThingName| name.size.is_none());
    name.ok_or_else(|| ScriptError::explain(word, "a small letter alone, as c"))
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
            Self::Enter(lock) => write!(f, "++{lock}"),
            Self::TryEnter(lock) => write!(f, "?++{lock}"),
            Self::Acquire(semaphore) => write!(f, "+{semaphore}"),
            Self::TryAcquire(semaphore) => write!(f, "?{semaphore}"),
            Self::GiveBack(semaphore) => write!(f, "-{semaphore}"),
            Self::Forget(semaphore) => write!(f, "x{semaphore}"),
            Self::Free(semaphore) => write!(f, "!{semaphore}"),
            Self::Set(event) => write!(f, "*{event}"),
            Self::Clear(event) => write!(f, "/{event}"),
            Self::WaitEvent(event) => write!(f, "@{event}"),
            Self::Put(queue) => write!(f, ">>{queue}"),
            Self::Get(queue) => write!(f, "<<{queue}"),
            Self::TaskDone(queue) => write!(f, ".{queue}"),
            Self::JoinTasks(queue) => write!(f, "<.{queue}"),
        }
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
        let text = "T1: ++A2 ?++A2 -A2 +s1 ?s1 -s1 xs1 !s1 +r0 *e /e @e >>q <<q .q <.q >>p2 <<p2 .p2 <.p2";
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
            ("T1: &a", "a", "A to Z"),
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
            ("T1: <<Q", "Q", "a to z"),
            ("T1: <<T", "T", "as T1"),
            ("T1: +s", "s", "as s1"),
            ("T1: @e1", "e1", "alone"),
            ("T1: <.T2", "T2", "a to z"),
            ("T1: +++A", "+A", "A to Z"),
            ("T1: ++A +A2", "+A2", "A, a reentrant lock, as before"),
            ("T1: +A; T2: ++A", "++A", "A, a lock that its holder does not get again, as before"),
            ("T1: +s2; T2: -s1", "-s1", "s2, a semaphore, as before"),
            ("T1: !c !c1", "!c1", "c, a condition variable, as before"),
            ("T1: __", "__", "_ (park)"),
            ("T1: >q2; T2: <q", "<q", "q2, a channel, as before"),
            ("T1: >q !q", "!q", "q, a channel, as before"),
        ] {
            let error = text.parse::<Script>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{word:?} is not")) && error.contains(accepted), "{text}: {error}");
        }
    }
}
