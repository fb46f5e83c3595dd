//! Compares the lock-order analysis with its definitions, on scripts made of bytes.
//!
//! Must not know: how either side finds cycles.
//! INVARIANT: after each step both sides have said the same: the lint, and one of the cycles that are equally bad.

use crate::oracle::Oracle;
use gordian::rehearsal::{Act, LockName, Mode, Outcome, Rehearsal, Script, Step, ThingName, ThreadName};

/// Whether a script could be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Both sides agree on every step.
    Agreed,
    /// A table of the analysis was full, so it may know less than the definitions do.
    Skipped,
}

/// Longer scripts only take longer.
const MOST_STEPS: usize = 60;
const LOCKS: [LockName; 4] = [
    LockName { class: 'A', number: 0 },
    LockName { class: 'A', number: 2 },
    LockName { class: 'B', number: 0 },
    LockName { class: 'C', number: 0 },
];

const SEMAPHORE: ThingName = ThingName { letter: 's', size: Some(1) };

/// Plays a script on both sides.
///
/// # Errors
/// If they differ; the text has the smallest such script that is this one without some steps.
pub fn compare(script: &Script) -> Result<Verdict, String> {
    let mut script = script.clone();
    let mut difference = match play(&script) {
        Ok(verdict) => return Ok(verdict),
        Err(difference) => difference,
    };
    let mut without = 0;
    while without < script.0.len() {
        let mut smaller = script.clone();
        smaller.0.remove(without);
        match play(&smaller) {
            Ok(_) => without += 1,
            Err(text) => (script, difference, without) = (smaller, text, 0),
        }
    }
    Err(difference)
}

fn play(script: &Script) -> Result<Verdict, String> {
    let mut rehearsal = Rehearsal::new(script);
    let mut oracle = Oracle::new(script);
    for (done, &step) in script.0.iter().enumerate() {
        // Who waits for whom is another question, with a twin of its own.
        if oracle.would_wait(step) {
            continue;
        }
        let mut outcomes = rehearsal.step(step);
        outcomes.retain(is_about_locks);
        if !rehearsal.is_complete() {
            return Ok(Verdict::Skipped);
        }
        let so_far = || Script(script.0[..=done].to_vec());
        oracle.step(step, &outcomes).map_err(|difference| format!("{}\n  {difference}", so_far()))?;
    }
    let outcomes: Vec<Outcome> = rehearsal.finish();
    oracle.finish(&outcomes).map_err(|difference| format!("{script}, at its end\n  {difference}"))?;
    Ok(Verdict::Agreed)
}

/// False if it is about what threads wait for, which the definitions say nothing of.
fn is_about_locks(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Found(told) if !told.threads.is_empty())
}

/// Returns the script that the bytes stand for: four locks of three classes, of which one may be reentrant and one a semaphore
/// of one permit; four threads.
///
/// Most operations can be done: what is locked is free, what is released is held, what is started was not there.
pub fn script(bytes: &[u8]) -> Script {
    let Some((&kind, bytes)) = bytes.split_first() else { return Script::default() };
    let mut steps: Vec<Step> = Vec::new();
    let mut requested: [Vec<LockName>; 5] = Default::default();
    let mut started: Vec<ThreadName> = vec![ThreadName(1)];
    started.extend((2..=4).filter(|thread| kind >> thread & 1 == 0).map(ThreadName));
    for pair in bytes.chunks_exact(2).take(MOST_STEPS) {
        let thread = started[usize::from(pair[0]) % started.len()];
        // Most often a lock that nobody has: a thread that would wait for itself or another shows little.
        let insists = pair[1] >> 5 == 7;
        let mut choice = (0..LOCKS.len()).map(|next| LOCKS[(usize::from(pair[0] >> 4) + next) % LOCKS.len()]);
        let is_free = |lock: &LockName| insists || !requested.iter().flatten().any(|held| held == lock);
        let lock = choice.clone().find(is_free).or(choice.next()).unwrap_or(LOCKS[0]);
        let holds = &mut requested[thread.0 as usize];
        let act = match pair[1] % 32 {
            0..=9 => Act::Lock(lock, Mode::Exclusive),
            10..=12 => Act::Lock(lock, Mode::Shared),
            13 => Act::Lock(lock, Mode::SharedRecursive),
            14 => Act::Try(lock, Mode::Exclusive),
            15 => Act::Try(lock, Mode::Shared),
            16..=27 if !holds.is_empty() => {
                // Most often the newest, as guards do it.
                let newest = holds.len() - 1;
                Act::Release(holds[newest.saturating_sub(usize::from(pair[1] >> 6))])
            }
            28 | 29 if started.len() < 4 => {
                let Some(child) = (2..=4).map(ThreadName).find(|child| !started.contains(child)) else { continue };
                started.push(child);
                Act::Start(child)
            }
            28..=30 => Act::Join(ThreadName(u32::from(pair[1] >> 5) % 4 + 1)),
            31 if pair[1] >> 5 == 0 => Act::End,
            _ => Act::Drop(lock),
        };
        // One class in the other words that there are for a lock.
        let (is_reentrant, is_semaphore) = (kind >> 5 & 1 == 1, kind >> 6 & 1 == 1);
        let act = match (act, lock.class) {
            (Act::Lock(lock, _), 'B') if is_reentrant => Act::Enter(lock),
            (Act::Try(lock, _), 'B') if is_reentrant => Act::TryEnter(lock),
            (Act::Lock(..), 'C') if is_semaphore => Act::Acquire(SEMAPHORE),
            (Act::Try(..), 'C') if is_semaphore => Act::TryAcquire(SEMAPHORE),
            (Act::Drop(lock), _) if is_semaphore && lock.class == 'C' => continue,
            (act, _) => act,
        };
        let act = match act {
            Act::Release(lock) if is_semaphore && lock.class == 'C' => {
                holds.iter().rposition(|held| *held == lock).map(|place| holds.remove(place));
                Act::GiveBack(SEMAPHORE)
            }
            act => act,
        };
        match act {
            Act::Enter(_) | Act::TryEnter(_) | Act::Acquire(_) | Act::TryAcquire(_) => holds.push(lock),
            Act::Lock(lock, _) | Act::Try(lock, _) => holds.push(lock),
            Act::Release(lock) => {
                holds.iter().rposition(|held| *held == lock).map(|place| holds.remove(place));
            }
            _ => {}
        }
        steps.push(Step { thread, act });
    }
    Script(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gordian::Lint;
    use gordian::rehearsal::rehearse;
    use proptest::prelude::*;
    use proptest::test_runner::{TestError, TestRunner};
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Tally {
        compared: u32,
        skipped: u32,
        told: BTreeMap<String, u32>,
    }

    #[test]
    fn the_analysis_agrees_with_its_definitions() {
        let tally = RefCell::new(Tally::default());
        let scripts = prop::collection::vec(any::<u8>(), 0..=2 * MOST_STEPS + 1);
        let config =
            ProptestConfig { max_shrink_iters: 1_000, failure_persistence: None, ..ProptestConfig::with_cases(20_000) };
        let result = TestRunner::new(config).run(&scripts, |bytes| {
            let script = script(&bytes);
            let verdict = compare(&script).map_err(TestCaseError::fail)?;
            let mut tally = tally.borrow_mut();
            *(if verdict == Verdict::Agreed { &mut tally.compared } else { &mut tally.skipped }) += 1;
            for line in rehearse(&script.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))? {
                *tally.told.entry(line.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
            Ok(())
        });
        if let Err(TestError::Fail(difference, _)) = result {
            panic!("{difference}");
        }
        let Tally { compared, skipped, told } = tally.into_inner();
        assert!(compared > 10_000 && skipped * 10 < compared, "{skipped} skipped, {compared} compared");
        // A target that never comes near the rare branches proves nothing.
        let about_locks = [
            Lint::SelfDeadlock,
            Lint::LockOrder,
            Lint::ClassOrder,
            Lint::SequentialOrder,
            Lint::GatedOrder,
            Lint::WriterBetween,
            Lint::LeakedGuard,
        ];
        let rare: Vec<_> =
            about_locks.iter().filter(|lint| told.get(lint.name()).is_none_or(|count| *count < 100)).collect();
        assert!(rare.is_empty(), "found less than 100 times: {rare:?} in {told:?}");
    }
}
